/** The part of a suggestion that one command takes: its next word, or its next line. */

/** Blanks, then a name, a number, or signs that belong together. */
const WORD = /^\s*(?:[\p{L}\p{M}\p{N}_]+|[^\p{L}\p{M}\p{N}_\s]+)/u;
const LINE = /^\n*[^\n]*/;

export function nextWord(text: string): string {
  return WORD.exec(text)?.[0] ?? text;
}

export function nextLine(text: string): string {
  return LINE.exec(text)?.[0] ?? text;
}

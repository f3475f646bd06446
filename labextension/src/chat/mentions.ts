/**
 * What "@" and "/" complete to in a message, and what the mentions of a finished message attach. Pure.
 */

import { SLASH_NAMES } from './slash-commands';

export interface ISuggestion {
  /** What stands in the message once it is chosen. */
  readonly insert: string;
  readonly label: string;
  readonly detail: string;
}

/** The fragment before the cursor that is being completed, null where nothing is. */
export interface IFragment {
  readonly sign: '@' | '/';
  readonly start: number;
  readonly word: string;
}

/** Everything that can be mentioned. */
export interface IMentionable {
  readonly variables: readonly { readonly name: string; readonly text: string }[];
  readonly cells: readonly { readonly index: number; readonly firstLine: string }[];
  readonly files: readonly string[];
  readonly hasSelection: boolean;
}

export interface IMentions {
  readonly variables: readonly string[];
  readonly files: readonly string[];
  /** Indexes of cells. */
  readonly cells: readonly number[];
  readonly selection: boolean;
}

const MOST = 12;
const WORD = /(?:^|[\s(])([@/])([^\s@]*)$/;
const MENTION = /(?:^|[\s(])@([^\s@]+)/g;
const TRAILING = /[),.;:!?]+$/;

export function fragmentAt(text: string, cursor: number): IFragment | null {
  const found = WORD.exec(text.slice(0, cursor));
  if (!found) {
    return null;
  }
  const sign = found[1] as '@' | '/';
  const start = cursor - found[2].length - 1;
  // A command stands at the beginning; elsewhere "/" is a path or a fraction.
  return sign === '/' && text.slice(0, start).trim() !== '' ? null : { sign, start, word: found[2] };
}

export function suggestions(fragment: IFragment, known: IMentionable, about: (name: string) => string): ISuggestion[] {
  const word = fragment.word.toLowerCase();
  if (fragment.sign === '/') {
    return SLASH_NAMES.filter(name => name.startsWith(word))
.map(name => ({
      insert: `/${name} `,
      label: `/${name}`,
      detail: about(name)
    }));
  }
  const all: ISuggestion[] = [
    ...(known.hasSelection ? [suggestion('selection', about('selection'))] : []),
    ...known.variables.map(({ name, text }) => suggestion(name, firstLine(text))),
    ...known.cells.map(({ index, firstLine }) => suggestion(`cell:${index}`, firstLine)),
    ...known.files.map(name => suggestion(name, about('file')))
  ];
  const begins = all.filter(one => one.label.toLowerCase().startsWith(`@${word}`));
  const holds = all.filter(one => !begins.includes(one) && one.label.toLowerCase().includes(word));
  return [...begins, ...holds].slice(0, MOST);
}

/** The message with the fragment completed, and where the cursor stands then. */
export function completed(text: string, fragment: IFragment, chosen: ISuggestion) {
  const end = fragment.start + 1 + fragment.word.length;
  const after = text.slice(end);
  const insert = after.startsWith(' ') ? chosen.insert.trimEnd() : chosen.insert;
  const message = text.slice(0, fragment.start) + insert + after;
  return { text: message, cursor: fragment.start + insert.length };
}

export function mentionsIn(text: string, known: IMentionable): IMentions {
  const variables = new Set<string>();
  const files = new Set<string>();
  const cells = new Set<number>();
  let selection = false;
  for (const [, written] of text.matchAll(MENTION)) {
    const word = known.files.includes(written) ? written : written.replace(TRAILING, '');
    const cell = /^cell:?(\d+)$/.exec(word);
    if (word === 'selection') {
      selection = known.hasSelection;
    } else if (cell && known.cells.some(one => one.index === Number(cell[1]))) {
      cells.add(Number(cell[1]));
    } else if (known.variables.some(one => one.name === word)) {
      variables.add(word);
    } else if (known.files.includes(word)) {
      files.add(word);
    }
  }
  return { variables: [...variables], files: [...files], cells: [...cells], selection };
}

function suggestion(word: string, detail: string): ISuggestion {
  return { insert: `@${word} `, label: `@${word}`, detail };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0].slice(0, 80);
}

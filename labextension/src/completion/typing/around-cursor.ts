/**
 * What of a cell goes with a key: the whole of it, or of a long one the part around the cursor, in bytes of its JSON.
 */

export interface IAround {
  readonly source: string;
  /** Code points of `source` before the cursor: strings here count otherwise. */
  readonly offset: number;
  readonly isCut: boolean;
  /** A line was cut too: half a secret would be no secret to whoever looks for them. */
  readonly isBroken: boolean;
}

const WHOLE = 6000;
const BEFORE = 4500;
const AFTER = 1500;

/** `at` is the cursor's place as strings here count. */
export function aroundCursor(text: string, at: number): IAround {
  const before = text.slice(0, at);
  const after = text.slice(at);
  if (text.length <= WHOLE && bytesOf(text) <= WHOLE) {
    return { source: text, offset: codePoints(before), isCut: false, isBroken: false };
  }
  const head = endOf(before, BEFORE);
  const tail = beginningOf(after, AFTER);
  const isBroken = !isWhole(before, before.length - head.length - 1) || !isWhole(after, tail.length);
  return { source: head + tail, offset: codePoints(head), isCut: true, isBroken };
}

/** Whether a text ends, or a line does, at this place. */
function isWhole(text: string, at: number): boolean {
  return at < 0 || at >= text.length || text[at] === '\n';
}

export function codePoints(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at++) {
    if (isHigh(text.charCodeAt(at)) && isLow(text.charCodeAt(at + 1))) {
      count -= 1;
      at += 1;
    }
  }
  return count;
}

/** The place, as strings here count, behind so many code points. */
export function placeOf(offset: number, text: string): number {
  let at = 0;
  for (let left = offset; left > 0 && at < text.length; left--) {
    at += isHigh(text.charCodeAt(at)) && isLow(text.charCodeAt(at + 1)) ? 2 : 1;
  }
  return at;
}

function endOf(text: string, limit: number): string {
  let bytes = 0;
  let start = text.length;
  while (start > 0 && (bytes += cost(text.charCodeAt(start - 1))) <= limit) {
    start -= 1;
  }
  if (start === 0) {
    return text;
  }
  const line = text.indexOf('\n', start);
  // Half a pair has no meaning.
  return line >= 0 ? text.slice(line + 1) : text.slice(start + (isLow(text.charCodeAt(start)) ? 1 : 0));
}

function beginningOf(text: string, limit: number): string {
  let bytes = 0;
  let end = 0;
  while (end < text.length && (bytes += cost(text.charCodeAt(end))) <= limit) {
    end += 1;
  }
  if (end === text.length) {
    return text;
  }
  const line = text.lastIndexOf('\n', end);
  return line > 0 ? text.slice(0, line) : text.slice(0, end - (isHigh(text.charCodeAt(end - 1)) ? 1 : 0));
}

function bytesOf(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    bytes += cost(text.charCodeAt(at));
  }
  return bytes;
}

/** Bytes of one unit of a string in JSON and UTF-8. */
function cost(code: number): number {
  if (code < 0x20) {
    return code === 10 || code === 9 || code === 13 ? 2 : 6;
  }
  if (code < 0x80) {
    return code === 34 || code === 92 ? 2 : 1;
  }
  return code < 0x800 || isHigh(code) || isLow(code) ? 2 : 3;
}

function isHigh(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}

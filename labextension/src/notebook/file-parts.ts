/**
 * A text file as cells: what is selected, in whole lines, is one of its own. Where an edit belongs in the text as it is
 * now. Pure.
 */

import type { IEdit } from '../protocol/edit';

export interface IPart {
  readonly id: string;
  readonly source: string;
}

export interface IRange {
  readonly start: number;
  readonly end: number;
}

export const WHOLE = 'file';
export const SELECTED = 'selection';

/** The parts of a text, in order; `range` is what is selected. */
export function partsOf(text: string, range: IRange): IPart[] {
  const { start, end } = wholeLines(text, range);
  const selected = text.slice(start, end);
  if (text.slice(range.start, range.end).trim() === '' || selected.trim() === text.trim()) {
    return [{ id: WHOLE, source: text }];
  }
  const parts = [
    { id: 'before', source: text.slice(0, Math.max(0, start - 1)) },
    { id: SELECTED, source: selected },
    { id: 'after', source: text.slice(end + 1) }
  ];
  return parts.filter(({ id, source }) => id === SELECTED || source.trim() !== '');
}

/** The one that a question is about. */
export function subjectOf(parts: readonly IPart[]): string {
  return parts.some(part => part.id === SELECTED) ? SELECTED : WHOLE;
}

/** Where the text stands that an edit replaces: nowhere, or at more than one place, is null. */
export function placeOf(text: string, edit: IEdit): IRange | null {
  const { before } = edit;
  if (text === before) {
    return { start: 0, end: text.length };
  }
  const start = before === '' ? -1 : text.indexOf(before);
  if (start < 0 || text.indexOf(before, start + 1) >= 0) {
    return null;
  }
  const end = start + before.length;
  // Half a line is something else than what was asked about.
  const isWhole = (start === 0 || text[start - 1] === '\n') && (end === text.length || /[\r\n]/.test(text[end]));
  return isWhole ? { start, end } : null;
}

function wholeLines(text: string, { start, end }: IRange): IRange {
  const first = text.lastIndexOf('\n', start - 1) + 1;
  // A selection that ends before a line's first letter does not mean that line.
  const last = end > start && text[end - 1] === '\n' ? end - 1 : text.indexOf('\n', end);
  return { start: start === 0 ? 0 : first, end: last < 0 ? text.length : last };
}

/** Changes of cells as they travel and as they are kept; see `core/edits/edit.py`. */

import { oneOf, record } from './json-values';

export const EDIT_OPS = ['replace', 'insert', 'delete'] as const;
export type EditOp = (typeof EDIT_OPS)[number];

export const CELL_KINDS = ['code', 'markdown'] as const;
export type CellKind = (typeof CELL_KINDS)[number];

/** One change to one cell; an insert stands after `cellId`. "" is the cell that ran. */
export interface IEdit {
  readonly op: EditOp;
  readonly cellId: string;
  readonly before: string;
  readonly source: string;
  readonly kind: CellKind;
}

/** The edits, or null when one of them is not understood: half of a fix is worse than none. */
export function readEdits(data: unknown): IEdit[] | null {
  if (!Array.isArray(data)) {
    return null;
  }
  const edits = data.map(readEdit);
  return edits.includes(null) ? null : (edits as IEdit[]);
}

function readEdit(data: unknown): IEdit | null {
  const { op, cell_id: cellId, before = '', source = '', kind = 'code' } = record(data);
  const read = { op: oneOf(EDIT_OPS, op, null), kind: oneOf(CELL_KINDS, kind, null) };
  if (read.op === null || read.kind === null) {
    return null;
  }
  if (typeof cellId !== 'string' || typeof before !== 'string' || typeof source !== 'string') {
    return null;
  }
  return { op: read.op, kind: read.kind, cellId, before, source };
}

/** As the other half writes it. */
export function writeEdit({ op, cellId, before, source, kind }: IEdit): object {
  return { op, cell_id: cellId, before, source, kind };
}

/** Changes of cells as they travel and as they are kept; see `core/edits/edit.py`. */

import { count, oneOf, record, texts } from './json-values';

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
  readonly loss?: ILoss;
}

/** What a cell no longer has when its new source takes the place of the old one. */
export interface ILoss {
  readonly names: readonly string[];
  readonly changes: readonly string[];
  readonly removed: number;
  readonly of: number;
  /** Kinds of errors that it passes over. */
  readonly hides: readonly string[];
  /** Decorators, checks, docstrings, comments, magics. */
  readonly drops: readonly string[];
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
  const { op, cell_id: cellId, before = '', source = '', kind = 'code', loss } = record(data);
  const read = { op: oneOf(EDIT_OPS, op, null), kind: oneOf(CELL_KINDS, kind, null) };
  if (!read.op || !read.kind || typeof cellId !== 'string' || typeof before !== 'string' || typeof source !== 'string') {
    return null;
  }
  const lost = readLoss(loss);
  return { ...(read as Pick<IEdit, 'op' | 'kind'>), cellId, before, source, ...(lost && { loss: lost }) };
}

function readLoss(data: unknown): ILoss | null {
  const { names, changes, removed, of, hides, drops } = record(data);
  const loss = {
    names: texts(names),
    changes: texts(changes),
    removed: count(removed),
    of: count(of),
    hides: texts(hides),
    drops: texts(drops)
  };
  return Object.values(loss).flat().some(Boolean) ? loss : null;
}

/** As the other half writes it. */
export function writeEdit({ op, cellId, before, source, kind }: IEdit): object {
  return { op, cell_id: cellId, before, source, kind };
}

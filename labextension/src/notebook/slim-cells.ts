/**
 * Cells as they are sent, made once and again only when they change: a notebook of a thousand cells is asked for with
 * every step of the user.
 */

import type { ISharedCell } from '@jupyter/ydoc';
import { PUSH_LIMIT, slimCell, withoutOutputs } from './notebook-push';

type Json = Record<string, unknown>;

interface ISlim {
  readonly json: Json;
  /** In characters. */
  readonly size: number;
}

const made = new WeakMap<ISharedCell, ISlim>();
const watched = new WeakSet<ISharedCell>();

/** The cells within the limit of a push, null when they are too large. What did not change is the same object. */
export function slimCells(cells: readonly ISharedCell[], limit = PUSH_LIMIT): Json[] | null {
  const slim = cells.map(slimOf);
  const size = slim.reduce((sum, one) => sum + one.size, 0);
  const whole = slim.map(one => one.json);
  return size <= limit ? whole : withoutOutputs(whole, limit);
}

function slimOf(cell: ISharedCell): ISlim {
  let slim = made.get(cell);
  if (!slim) {
    const json = slimCell({ ...cell.toJSON(), id: cell.id });
    slim = { json, size: JSON.stringify(json).length };
    made.set(cell, slim);
    if (!watched.has(cell)) {
      watched.add(cell);
      cell.changed.connect(() => made.delete(cell));
    }
  }
  return slim;
}

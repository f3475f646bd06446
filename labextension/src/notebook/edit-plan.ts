/**
 * Whether edits can be carried out on a notebook, and as which steps. Decides on plain data, touches no cell.
 */

import type { CellKind, IEdit } from '../protocol/edit';

/** What a decision needs to know of a cell. */
export interface ICellFacts {
  readonly id: string;
  readonly source: string;
  readonly isLocked?: boolean;
}

/** Steps in an order in which no index moves before it is used: from the end of the notebook to its beginning. */
export type Step =
  | { readonly op: 'set'; readonly index: number; readonly source: string }
  | { readonly op: 'insert'; readonly index: number; readonly source: string; readonly kind: CellKind }
  | { readonly op: 'delete'; readonly index: number };

export type Refusal = 'nothing' | 'read-only' | 'missing' | 'locked' | 'changed' | 'twice' | 'already';

export type Refused = { readonly ok: false; readonly why: Refusal; readonly cellId: string };

export type Plan = { readonly ok: true; readonly steps: readonly Step[]; readonly focusId: string } | Refused;

/**
 * All of the edits or none: refused when a cell is missing, or no longer holds the source that its edit expects.
 *
 * `anchorId` is the cell that an edit for "" means.
 */
export function planEdits(
  cells: readonly ICellFacts[],
  edits: readonly IEdit[],
  { anchorId = '', readOnly = false } = {}
): Plan {
  if (readOnly) {
    return refusal('read-only');
  }
  if (edits.length === 0) {
    return refusal('nothing');
  }
  const places = new Map(cells.map((cell, index) => [cell.id, index]));
  const steps: { at: number; order: number; step: Step }[] = [];
  const rewritten = new Set<number>();
  let done = 0;
  for (const [order, edit] of edits.entries()) {
    const cellId = edit.cellId || anchorId;
    const index = places.get(cellId) ?? (edit.op === 'insert' ? undefined : onlyWith(cells, edit.before));
    if (index === undefined) {
      return refusal('missing', cellId);
    }
    if (edit.op === 'insert') {
      const { source, kind } = edit;
      steps.push({ at: index + 0.5, order, step: { op: 'insert', index: index + 1, source, kind } });
      continue;
    }
    if (rewritten.has(index)) {
      return refusal('twice', cellId);
    }
    rewritten.add(index);
    const { source, isLocked } = cells[index];
    if (isLocked) {
      return refusal('locked', cellId);
    }
    if (source !== edit.before) {
      if (edit.op === 'replace' && source === edit.source) {
        done += 1;
        continue;
      }
      return refusal('changed', cellId);
    }
    steps.push({
      at: index,
      order,
      step: edit.op === 'delete' ? { op: 'delete', index } : { op: 'set', index, source: edit.source }
    });
  }
  if (done > 0) {
    // Some cells hold the new text already: all of them mean that it was applied, a few that somebody else wrote.
    return refusal(steps.length === 0 ? 'already' : 'changed', edits[0].cellId || anchorId);
  }
  const focusId = cells[Math.floor(steps[0].at)].id;
  steps.sort((one, other) => other.at - one.at || other.order - one.order);
  return { ok: true, steps: steps.map(({ step }) => step), focusId };
}

/** The only cell with this text: in a file that keeps no ids a cell has another one each time it is opened. */
function onlyWith(cells: readonly ICellFacts[], text: string): number | undefined {
  const [found, ...others] = text.trim() ? cells.flatMap(({ source }, index) => (source === text ? [index] : [])) : [];
  return others.length === 0 ? found : undefined;
}

function refusal(why: Refusal, cellId = ''): Plan {
  return { ok: false, why, cellId };
}

/** What was decided about a run, and what became of it: kept by the server, for an undo later. */

import type { IChange } from '../notebook/draft-cells';
import { list, oneOf, record, text, texts } from '../protocol/json-values';

export interface IOutcome {
  readonly cell: string;
  readonly isSame: boolean;
  readonly error: string;
  /** What both showed where they differ first. */
  readonly rehearsed: string;
  readonly real: string;
}

export interface IDecision {
  readonly changes: readonly IChange[];
  /** Cells that could not be kept, because the user had changed them. */
  readonly left: readonly string[];
  /** Whether the kept cells were run. */
  readonly hasRun: boolean;
  readonly outcomes: readonly IOutcome[];
  /** Cells that an undo has left alone. */
  readonly leftByUndo: readonly string[];
}

export const NOTHING: IDecision = { changes: [], left: [], hasRun: false, outcomes: [], leftByUndo: [] };

export function readDecision(data: unknown): IDecision {
  const said = record(data);
  return {
    changes: readChanges(said.changes),
    left: texts(said.left),
    hasRun: said.hasRun === true,
    outcomes: list(said.outcomes).map(one => {
      const { cell, isSame, error, rehearsed, real } = record(one);
      return {
        cell: text(cell),
        isSame: isSame === true,
        error: text(error),
        rehearsed: text(rehearsed),
        real: text(real)
      };
    }),
    leftByUndo: texts(said.leftByUndo)
  };
}

export function readChanges(data: unknown): IChange[] {
  return list(data).flatMap(one => {
    const { id, state, source, before, above, cell, wasTrusted } = record(one);
    const read = oneOf(['changed', 'new', 'deleted'] as const, state, null);
    if (read === null || !text(id)) {
      return [];
    }
    const stored = cell === null || cell === undefined ? null : (record(cell) as unknown as IChange['cell']);
    return [
      {
        id: text(id),
        state: read,
        source: text(source),
        before: text(before),
        above: text(above),
        cell: stored,
        wasTrusted: wasTrusted === true
      }
    ];
  });
}

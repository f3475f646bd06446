/** What was decided about a run, and what became of it: kept by the server, for an undo later. */

import type { IChange, Left } from '../notebook/draft-cells';
import { count, list, oneOf, record, text, texts } from '../protocol/json-values';

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
  /** Cells that could not be kept, or not be run. */
  readonly left: readonly Left[];
  /** Whether the kept cells were run. */
  readonly hasRun: boolean;
  readonly outcomes: readonly IOutcome[];
  /** Cells that an undo has left alone. */
  readonly leftByUndo: readonly string[];
}

export const NOTHING: IDecision = { changes: [], left: [], hasRun: false, outcomes: [], leftByUndo: [] };

export function readDecision(data: unknown): IDecision {
  const { changes, left, hasRun, outcomes, leftByUndo } = record(data);
  return {
    changes: readChanges(changes),
    left: list(left).map(texts),
    hasRun: hasRun === true,
    outcomes: list(outcomes).map(one => {
      const { cell, isSame, ...words } = record(one);
      return { cell: text(cell), isSame: isSame === true, ...withTexts(words, ['error', 'rehearsed', 'real']) };
    }),
    leftByUndo: texts(leftByUndo)
  };
}

export function readChanges(data: unknown): IChange[] {
  return list(data).flatMap(one => {
    const said = record(one);
    const state = oneOf(['changed', 'new', 'deleted'] as const, said.state, null);
    const words = withTexts(said, ['id', 'source', 'before', 'above']);
    const cell = said.cell ? (record(said.cell) as unknown as IChange['cell']) : null;
    return state && words.id ? [{ ...words, state, cell, wasTrusted: said.wasTrusted === true, at: count(said.at) }] : [];
  });
}

function withTexts<K extends string>(said: Record<string, unknown>, keys: readonly K[]): Record<K, string> {
  return Object.fromEntries(keys.map(key => [key, text(said[key])])) as Record<K, string>;
}

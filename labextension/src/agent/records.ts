/** What the server says of a run, a record a line; see `server/agent`. Everything in it is untrusted. */

import { count, list, oneOf, record, text, texts } from '../protocol/json-values';
import { CELL_KINDS, CellKind } from '../protocol/edit';
import { said as inOwnWords } from '../view/said';

export const CELL_STATES = ['as it was', 'changed', 'new', 'deleted'] as const;
export type CellState = (typeof CELL_STATES)[number];

export type Output = Record<string, unknown>;

/** What becomes of the display of another cell. */
export interface IDisplayUpdate {
  readonly display: string;
  /** One, as it would be. */
  readonly outputs: readonly Output[];
}

/** One cell of a run, as it would be. */
export interface IRunCell {
  readonly id: string;
  /** How the model calls it: the beginning of its id. */
  readonly name: string;
  /** The cell above it, "" for none. */
  readonly above: string;
  readonly kind: CellKind;
  readonly state: CellState;
  readonly source: string;
  /** Its source when the run began; "" for a new cell. */
  readonly before: string;
  readonly outputs: readonly Output[];
  /** Ids of the displays that it shows. */
  readonly shows: readonly string[];
  /** What it makes of displays of other cells. */
  readonly updates: readonly IDisplayUpdate[];
  /** What is to be known before it is kept: a kind and a sentence each. */
  readonly notes: readonly string[][];
  readonly hasRun: boolean;
  readonly error: string;
  readonly problem: string;
  readonly refused: readonly string[];
}

export type QuestionKind = 'effect' | 'delete' | 'run';

export interface IRunQuestion {
  readonly name: string;
  readonly kind: QuestionKind;
  readonly cell: string;
  readonly effect: string;
  /** What is asked, no, and yes, in words; %1 is the cell. */
  readonly asks: readonly string[];
  readonly source: string;
  /** Cells of the run that a yes runs for real first. */
  readonly before: readonly string[];
  /** What the answers do, in words. */
  readonly means: string;
  /** A yes means that the page runs the cell for real, behind those. */
  readonly isForReal: boolean;
  /** Whether a yes may be remembered for this run. */
  readonly mayRemember: boolean;
  /** The model's reason, in its own words. */
  readonly why: string;
  /** The user has said so of such cells in this run: it is carried out without another click. */
  readonly isAgreed: boolean;
}

/** What the kernel has done since the copy was made. */
export interface IMeanwhile {
  /** In sentences; none for nothing. */
  readonly said: readonly string[];
  /** Ids of cells that ran. */
  readonly cells: readonly string[];
  /** Others that ran, a line each: deleted since, or of another notebook. */
  readonly others: readonly string[];
}

export interface ITokens {
  readonly promptTokens: number;
  readonly replyTokens: number;
}

export interface IRunEnd extends ITokens {
  readonly how: 'done' | 'gave up' | 'stopped' | 'failed';
  readonly reason: string;
  readonly summary: string;
  readonly newVariables: readonly string[];
  readonly changedVariables: readonly string[];
  /** A cell and an effect each. */
  readonly refused: readonly string[];
  readonly steps: number;
  readonly seconds: number;
  /** Cells that ran for real in the run, because the user said so. */
  readonly real: readonly string[];
  /** Bytes that the copy had for itself, at most. */
  readonly memory: number;
}

export type RunRecord =
  | { readonly type: 'run'; readonly task: string; readonly isPlan: boolean; readonly steps: number }
  | { readonly type: 'waiting'; readonly text: string }
  | { readonly type: 'started'; readonly model: string; readonly problem: string; readonly mayRun: boolean }
  | ({ readonly type: 'step'; readonly step: number } & ITokens)
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'retraction' }
  | { readonly type: 'say'; readonly text: string }
  | { readonly type: 'running' | 'ran' }
  | { readonly type: 'cell'; readonly cell: IRunCell }
  | { readonly type: 'question'; readonly question: IRunQuestion }
  | { readonly type: 'answered'; readonly isAllowed: boolean; readonly changes: readonly unknown[] }
  | { readonly type: 'remembered'; readonly isOn: boolean }
  | { readonly type: 'ended'; readonly end: IRunEnd };

/** The record, null for one that is not understood. */
export function readRunRecord(data: unknown): RunRecord | null {
  const said = record(data);
  switch (said.type) {
    case 'run':
      return { type: 'run', task: text(said.task), isPlan: said.plan === true, steps: count(said.steps) };
    case 'waiting':
      return { type: 'waiting', text: words(said.text) };
    case 'started':
      return { type: 'started', model: text(said.model), problem: words(said.problem), mayRun: said.may_run !== false };
    case 'step':
      return { type: 'step', step: count(said.step), ...readTokens(said) };
    case 'text':
      return { type: 'text', text: text(said.text) };
    case 'say':
      return { type: 'say', text: words(said.text) };
    case 'retraction':
    case 'running':
    case 'ran':
      return { type: said.type };
    case 'cell':
      return { type: 'cell', cell: readCell(record(said.cell)) };
    case 'question':
      return { type: 'question', question: readQuestion(said) };
    case 'answered':
      return { type: 'answered', isAllowed: said.allowed === true, changes: list(said.changes) };
    case 'remembered':
      return { type: 'remembered', isOn: said.on === true };
    case 'ended':
    case 'failed':
      return { type: 'ended', end: readEnd(said) };
    default:
      return null;
  }
}

export function readMeanwhile(data: unknown): IMeanwhile {
  const { said, cells, others } = record(data);
  return { said: texts(said).map(inOwnWords), cells: texts(cells), others: texts(others) };
}

function readCell(said: Record<string, unknown>): IRunCell {
  return {
    id: text(said.id),
    name: text(said.name),
    above: text(said.above),
    kind: oneOf(CELL_KINDS, said.kind, 'code'),
    state: oneOf(CELL_STATES, said.state, 'as it was'),
    source: text(said.source),
    before: text(said.before),
    outputs: list(said.outputs).map(record),
    shows: texts(said.shows),
    updates: list(said.updates).map(one => {
      const { display_id, data } = record(one);
      return { display: text(display_id), outputs: [{ output_type: 'display_data', data }] };
    }),
    notes: list(said.notes).map(texts),
    hasRun: said.ran === true,
    error: text(said.error),
    problem: words(said.problem),
    refused: texts(said.refused).map(inOwnWords)
  };
}

function readQuestion(said: Record<string, unknown>): IRunQuestion {
  return {
    name: text(said.question),
    kind: oneOf(['effect', 'delete', 'run'] as const, said.kind, 'effect'),
    cell: text(said.cell),
    effect: words(said.effect),
    asks: texts(said.asks).map(inOwnWords),
    source: text(said.source),
    before: texts(said.before),
    means: texts(said.means).map(inOwnWords).join(' '),
    isForReal: said.for_real === true,
    mayRemember: said.may_remember === true,
    why: text(said.why),
    isAgreed: said.agreed === true
  };
}

function readEnd(said: Record<string, unknown>): IRunEnd {
  const changes = record(said.changes);
  return {
    how: said.type === 'failed' ? 'failed' : oneOf(['done', 'gave up', 'stopped'] as const, said.how, 'stopped'),
    reason: words(said.message ?? said.words ?? said.reason),
    summary: text(said.summary),
    newVariables: texts(changes.new),
    changedVariables: texts(changes.changed),
    refused: texts(said.refused).map(inOwnWords),
    steps: count(said.taken),
    ...readTokens(said),
    seconds: count(said.seconds),
    real: texts(said.real),
    memory: count(said.memory)
  };
}

function readTokens(said: Record<string, unknown>): ITokens {
  return { promptTokens: count(said.prompt_tokens), replyTokens: count(said.reply_tokens) };
}

/** A sentence of the server's, in the user's language. */
function words(value: unknown): string {
  return inOwnWords(text(value));
}

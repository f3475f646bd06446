/** What the server says of a run, a record a line; see `server/agent`. Everything in it is untrusted. */

import { count, list, oneOf, record, text, texts } from '../protocol/json-values';
import { CELL_KINDS, CellKind } from '../protocol/edit';
import { said as inOwnWords } from '../view/said';

export const CELL_STATES = ['as it was', 'changed', 'new', 'deleted'] as const;
export type CellState = (typeof CELL_STATES)[number];

export type Output = Record<string, unknown>;

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
  readonly source: string;
  /** Cells of the run that a yes runs for real first. */
  readonly before: readonly string[];
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
  /** In a sentence; "" for nothing. */
  readonly said: string;
  /** Ids of cells that ran. */
  readonly cells: readonly string[];
  /** Others that ran, a line each: deleted since, or of another notebook. */
  readonly others: readonly string[];
  /** Names of variables that are new, gone or changed. */
  readonly variables: readonly string[];
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
  readonly refused: readonly { readonly cell: string; readonly effect: string }[];
  readonly steps: number;
  readonly seconds: number;
  /** Cells that ran for real in the run, because the user said so. */
  readonly real: readonly string[];
  /** Bytes that the copy had for itself, at most. */
  readonly memory: number;
}

export type RunRecord =
  | { readonly type: 'run'; readonly task: string; readonly isPlan: boolean; readonly steps: number }
  | { readonly type: 'waiting'; readonly path: string }
  | { readonly type: 'started'; readonly model: string; readonly problem: string; readonly mayRun: boolean }
  | ({ readonly type: 'step'; readonly step: number } & ITokens)
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'retraction' }
  | { readonly type: 'say'; readonly text: string }
  | { readonly type: 'running'; readonly cell: string }
  | { readonly type: 'ran'; readonly cell: string }
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
      return { type: 'waiting', path: text(said.path) };
    case 'started':
      return { type: 'started', model: text(said.model), problem: words(said.problem), mayRun: said.may_run !== false };
    case 'step':
      return { type: 'step', step: count(said.step), ...readTokens(said) };
    case 'text':
      return { type: 'text', text: text(said.text) };
    case 'say':
      return { type: 'say', text: words(said.text) };
    case 'retraction':
      return { type: 'retraction' };
    case 'running':
      return { type: 'running', cell: text(said.cell) };
    case 'ran':
      return { type: 'ran', cell: text(said.cell) };
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
  const { said, cells, others, variables } = record(data);
  return { said: words(said), cells: texts(cells), others: texts(others), variables: texts(variables) };
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
    source: text(said.source),
    before: texts(said.before),
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
    reason: words(said.type === 'failed' ? said.message : said.reason),
    summary: text(said.summary),
    newVariables: texts(changes.new),
    changedVariables: texts(changes.changed),
    refused: list(said.refused).flatMap(one => {
      const [cell, effect] = texts(one);
      return cell && effect ? [{ cell, effect: inOwnWords(effect) }] : [];
    }),
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

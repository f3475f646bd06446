/** What travels between the server's half and the editor, read from JSON that is not trusted; reading never throws. */

import { list, record, text, texts } from '../protocol/json-values';

/** A cursor, as it is sent with a key. */
export interface IKey {
  readonly path: string;
  readonly kernel_id: string;
  readonly language: string;
  readonly cell: string;
  readonly source: string;
  readonly offset: number;
  readonly is_cut: boolean;
  readonly others: string;
  readonly place: 'code' | 'comment' | 'string' | null;
  readonly by_hand: boolean;
  readonly ran: string;
  readonly runs: number;
  readonly model: string;
}

export const STATES = [
  'ready',
  'no-server',
  'no-model',
  'no-insert',
  'waiting',
  'no-room',
  'unavailable',
  'refused',
  'too-large',
  'off',
  'trouble'
] as const;
export type CompletionModelState = (typeof STATES)[number];

export interface ISuggestion {
  readonly text: string;
  readonly dropped: string;
  readonly state: CompletionModelState;
  /** A chat answers: nobody was asked. */
  readonly isPaused: boolean;
  /** Asked again, the same would come; else something stood in the way that may be gone by then. */
  readonly isFinal: boolean;
}

/** What comes of a notebook that is not pushed: nobody is asked again until a cell changes. */
export const TOO_LARGE: ISuggestion = { text: '', dropped: '', state: 'too-large', isPaused: false, isFinal: true };

export interface IInstalled {
  readonly name: string;
  readonly sizeBytes: number;
}

export interface ICompletionState {
  readonly state: CompletionModelState;
  readonly model: string;
  readonly chat: string;
  /** Its state and what it costs, in sentences. */
  readonly words: readonly string[];
  /** 0 where nobody knows. */
  readonly downloadBytes: number;
  /** Of the settings of the server: "on", "manual" or "off". */
  readonly mode: string;
  readonly isPaused: boolean;
  readonly models: readonly IInstalled[];
}

export function readSuggestion(value: unknown): ISuggestion {
  const read = record(value);
  return {
    text: read.type === 'done' ? text(read.text) : '',
    dropped: text(read.dropped) || text(read.message),
    state: stateOf(read.state),
    isPaused: read.is_paused === true,
    isFinal: read.is_final === true
  };
}

export function readState(value: unknown): ICompletionState {
  const read = record(value);
  return {
    state: stateOf(read.state),
    model: text(read.model),
    chat: text(read.chat),
    words: texts(read.words),
    downloadBytes: number(read.download_bytes),
    mode: text(read.mode) || 'on',
    isPaused: read.is_paused === true,
    models: list(read.models)
      .map(record)
      .map(one => ({ name: text(one.name), sizeBytes: number(one.size_bytes) }))
      .filter(one => one.name !== '')
  };
}

function stateOf(value: unknown): CompletionModelState {
  return STATES.find(state => state === value) ?? 'trouble';
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}

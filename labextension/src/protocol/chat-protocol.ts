/**
 * What travels between the server's half and the sidebar, read from JSON that is not trusted.
 *
 * Reading never throws: what is not understood is left out. Must not know widgets, cells or HTTP.
 */

import { IBundle, list, readBundle, record, text, texts } from './protocol';
import type { Task } from './tasks';

export const CHAT_PROTOCOL = 1;

export const STATES = ['ready', 'no-server', 'no-model', 'refused', 'trouble'] as const;
export type ServerState = (typeof STATES)[number];

export interface IModelInfo {
  readonly name: string;
  readonly sizeBytes: number;
  /** Tokens; 0 where the server does not say. */
  readonly window: number;
  readonly isLoaded: boolean;
  readonly isRemote: boolean;
}

export interface IStatus {
  readonly state: ServerState;
  readonly host: string;
  readonly isLocal: boolean;
  readonly model: string;
  readonly text: string;
  readonly nextStep: string;
  readonly canPull: boolean;
  readonly window: number;
  readonly hasVision: boolean;
  readonly models: readonly IModelInfo[];
}

/** Something that is, or would be, sent. */
export interface IPiece {
  readonly key: string;
  readonly kind: string;
  readonly label: string;
  /** The place of its cell, -1 for anything else. */
  readonly index: number;
  readonly tokens: number;
}

export interface ISent {
  readonly tokens: number;
  readonly window: number;
  readonly replyReserve: number;
  readonly isRemote: boolean;
  readonly model: string;
  readonly redactions: number;
  readonly pieces: readonly IPiece[];
  readonly dropped: readonly IPiece[];
  readonly notes: readonly string[];
  /** What is replayed of the question in later ones. */
  readonly userText: string;
  /** Word for word; of an exchange that was kept and restored nothing. */
  readonly messages: readonly IMessage[];
}

export interface IMessage {
  readonly role: string;
  readonly content: string;
}

/** A finished answer: its bundle, and what of it an output does not show. */
export interface IAnswer {
  readonly bundle: IBundle;
  readonly raw: Record<string, unknown>;
  readonly reply: string;
  readonly userText: string;
  readonly finished: string;
  /** What became of the tests in it, null for an answer without. */
  readonly proof: IProof | null;
}

/** Tests that ran in copies of the kernel. */
export interface IProof {
  readonly markdown: string;
  /** The question that asks for tests which notice more, "" for none. */
  readonly strengthen: string;
  /** What the kernel calls it. */
  readonly key: string;
}

export type StreamRecord =
  | { readonly type: 'sent'; readonly sent: ISent }
  | { readonly type: 'phase' | 'text' | 'note'; readonly text: string }
  | { readonly type: 'retraction' }
  | { readonly type: 'done'; readonly answer: IAnswer }
  | { readonly type: 'error'; readonly message: string; readonly state: ServerState };

export type PullRecord =
  | { readonly type: 'progress'; readonly status: string; readonly completed: number; readonly total: number }
  | { readonly type: 'done' }
  | { readonly type: 'error'; readonly message: string };

export interface IVariable {
  readonly name: string;
  readonly text: string;
}

export interface ITurn {
  readonly user_text: string;
  readonly reply: string;
  readonly after: string;
}

export interface IImage {
  readonly mime: string;
  readonly data: string;
}

/** A question as it is sent; see CONTRIBUTING.md. */
export interface IQuestion {
  readonly task: Task;
  readonly question: string;
  readonly path: string;
  readonly kernel_id: string | null;
  readonly language: string;
  readonly cells: readonly Record<string, unknown>[];
  readonly target: string;
  readonly variables: readonly string[];
  readonly files: readonly string[];
  readonly selection: string;
  readonly images: readonly IImage[];
  readonly exclude: readonly string[];
  readonly turns: readonly ITurn[];
  readonly model: string | null;
  /** Key of the proof whose survivors new tests are for, "" for an ordinary question. */
  readonly strengthens: string;
}

export function readStatus(data: unknown): IStatus {
  const status = record(data);
  return {
    state: stateOf(status.state),
    host: text(status.host),
    isLocal: status.is_local === true,
    model: text(status.model),
    text: text(status.text),
    nextStep: text(status.next_step),
    canPull: status.can_pull === true,
    window: count(status.window),
    hasVision: texts(status.capabilities).includes('vision'),
    models: list(status.models).map(readModel)
  };
}

export function readSent(data: unknown): ISent {
  const sent = record(data);
  return {
    tokens: count(sent.tokens),
    window: count(sent.window),
    replyReserve: count(sent.reply_reserve),
    isRemote: sent.is_remote === true,
    model: text(sent.model),
    redactions: count(sent.redactions),
    pieces: list(sent.pieces).map(readPiece),
    dropped: list(sent.dropped).map(readPiece),
    notes: texts(sent.notes),
    userText: text(sent.user_text),
    messages: readMessages(sent)
  };
}

export function readMessages(data: unknown): IMessage[] {
  return list(record(data).messages).map(one => {
    const { role, content } = record(one);
    return { role: text(role), content: text(content) };
  });
}

/** A finished answer, null when it is not one that this version understands. */
export function readAnswer(data: unknown): IAnswer | null {
  const bundle = readBundle(data);
  const raw = record(data);
  return (
    bundle && {
      bundle,
      raw,
      reply: text(raw.reply),
      userText: text(record(raw.turn).user_text),
      finished: text(raw.finished),
      proof: readProof(raw.proof)
    }
  );
}

function readProof(data: unknown): IProof | null {
  const { markdown, strengthen, key } = record(data);
  return text(markdown) ? { markdown: text(markdown), strengthen: text(strengthen), key: text(key) } : null;
}

export function readStreamRecord(data: unknown): StreamRecord | null {
  const line = record(data);
  switch (line.type) {
    case 'sent':
      return { type: 'sent', sent: readSent(line) };
    case 'phase':
    case 'text':
    case 'note':
      return { type: line.type, text: text(line.text) };
    case 'retraction':
      return { type: 'retraction' };
    case 'done': {
      const answer = readAnswer(line.bundle);
      return answer && { type: 'done', answer };
    }
    case 'error':
      return { type: 'error', message: text(line.message), state: stateOf(line.state) };
    default:
      return null;
  }
}

export function readPullRecord(data: unknown): PullRecord | null {
  const line = record(data);
  switch (line.type) {
    case 'progress':
      return {
        type: 'progress',
        status: text(line.status),
        completed: count(line.completed),
        total: count(line.total)
      };
    case 'done':
      return { type: 'done' };
    case 'error':
      return { type: 'error', message: text(line.message) };
    default:
      return null;
  }
}

export function readVariables(data: unknown): IVariable[] {
  return list(record(data).variables)
    .map(record)
    .filter(one => text(one.name) !== '')
    .map(one => ({ name: text(one.name), text: text(one.text) }));
}

function readModel(data: unknown): IModelInfo {
  const model = record(data);
  return {
    name: text(model.name),
    sizeBytes: count(model.size_bytes),
    window: count(model.window),
    isLoaded: model.is_loaded === true,
    isRemote: model.is_remote === true
  };
}

function readPiece(data: unknown): IPiece {
  const piece = record(data);
  return {
    key: text(piece.key),
    kind: text(piece.kind),
    label: text(piece.label),
    index: Number.isSafeInteger(piece.index) ? (piece.index as number) : -1,
    tokens: count(piece.tokens)
  };
}

function stateOf(value: unknown): ServerState {
  return STATES.includes(value as ServerState) ? (value as ServerState) : 'trouble';
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}

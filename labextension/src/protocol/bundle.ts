/**
 * What is stored under our MIME type and sent at the end of an answer: its one reader.
 *
 * Reading never throws: what is not understood is `null` or left out. Must not know widgets, cells or comms.
 */

import { IEdit, readEdits } from './edit';
import { count, list, oneOf, record, text, texts } from './json-values';

export const CARD_STATES = ['offer', 'working', 'done', 'dismissed'] as const;
export type CardState = (typeof CARD_STATES)[number];

export const TRIAL_KINDS = ['clean', 'fails', 'not tried', 'cut off'] as const;
export type TrialKind = (typeof TRIAL_KINDS)[number];

/** How an answer ended; "" where that is not known. See `core/answer.py`. */
export const FINISHES = ['stop', 'length', 'cut', 'interrupted'] as const;
export type Finished = (typeof FINISHES)[number] | '';

/** What became of a fix that was tried in a copy of the kernel. */
export interface ITrial {
  readonly kind: TrialKind;
  readonly text: string;
}

/** A failing cell's explanation. */
export interface ICard {
  readonly id: string;
  readonly state: CardState;
  readonly status: string;
  /** For how long it has been waited for, in seconds. */
  readonly waited: number;
  readonly title: string;
  readonly failedId: string;
  /** How cells are called when they are spoken of: "cell 4". */
  readonly indexes: ReadonlyMap<string, number>;
  readonly trial: ITrial | null;
  readonly rerun: readonly string[];
  readonly advice: string;
  readonly hint: string;
}

/** Tests that ran in copies of the kernel. */
export interface IProof {
  readonly markdown: string;
  /** The question that asks for tests which notice more, "" for none. */
  readonly strengthen: string;
  /** What the kernel calls it. */
  readonly key: string;
}

/** What an answer cost, as the server of the model measured it. */
export interface IUsage {
  readonly promptTokens: number;
  readonly promptSeconds: number;
}

/** An answer that is not finished: what is waited for, and for how many seconds. */
export interface IArriving {
  readonly status: string;
  readonly waited: number;
}

/** An answer; `card` is null for an ordinary one. */
export interface IBundle {
  /** Of its display, "" where it has none. */
  readonly id: string;
  /** What its cell shows of it: all replies of one that was repaired; "" of a bundle that leaves it to its Markdown. */
  readonly shown: string;
  readonly arriving: IArriving | null;
  readonly prose: string;
  readonly receipt: string;
  readonly edits: readonly IEdit[];
  readonly card: ICard | null;
  readonly reply: string;
  /** What is replayed of its question in later ones. */
  readonly userText: string;
  /** Variables in that text, as the server wrote them; only to be given back. */
  readonly described: readonly unknown[];
  readonly finished: Finished;
  /** What became of the tests in it, null for an answer without. */
  readonly proof: IProof | null;
  readonly usage: IUsage;
}

/** A bundle, or null when it is not one that this version understands. */
export function readBundle(data: unknown): IBundle | null {
  const bundle = record(data);
  if (bundle.version !== 1) {
    return null;
  }
  const card = bundle.card === undefined ? null : readCard(bundle.card);
  if (bundle.card !== undefined && card === null) {
    return null;
  }
  return {
    id: card?.id ?? text(bundle.id),
    shown: text(bundle.shown),
    arriving: readArriving(bundle.arriving),
    prose: text(bundle.prose),
    receipt: text(bundle.receipt),
    edits: readEdits(bundle.edits) ?? [],
    card,
    reply: text(bundle.reply),
    userText: text(record(bundle.turn).user_text),
    described: list(record(bundle.turn).described),
    finished: oneOf(FINISHES, bundle.finished, ''),
    proof: readProof(bundle.proof),
    usage: readUsage(bundle.usage)
  };
}

function readCard(data: unknown): ICard | null {
  const card = record(data);
  const state = oneOf(CARD_STATES, card.state, null);
  if (state === null) {
    return null;
  }
  const failed = record(card.failed);
  const indexes = new Map<string, number>();
  for (const entry of [...list(card.targets), failed].map(record)) {
    if (typeof entry.cell_id === 'string' && Number.isSafeInteger(entry.index)) {
      indexes.set(entry.cell_id, entry.index as number);
    }
  }
  return {
    id: text(card.id),
    state,
    status: text(card.status),
    waited: count(card.waited),
    title: text(card.title),
    failedId: text(failed.cell_id),
    indexes,
    trial: readTrial(card.trial),
    rerun: texts(card.rerun),
    advice: text(card.advice),
    hint: text(card.hint)
  };
}

function readTrial(data: unknown): ITrial | null {
  const trial = record(data);
  const kind = oneOf(TRIAL_KINDS, trial.kind, null);
  return kind && { kind, text: text(trial.text) };
}

function readArriving(data: unknown): IArriving | null {
  const arriving = record(data);
  return 'status' in arriving ? { status: text(arriving.status), waited: count(arriving.waited) } : null;
}

function readUsage(data: unknown): IUsage {
  const usage = record(data);
  return { promptTokens: count(usage.prompt_tokens), promptSeconds: count(usage.prompt_seconds) };
}

function readProof(data: unknown): IProof | null {
  const { markdown, strengthen, key } = record(data);
  return text(markdown) ? { markdown: text(markdown), strengthen: text(strengthen), key: text(key) } : null;
}

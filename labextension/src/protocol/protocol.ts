/**
 * What travels between the kernel's half and this one, read from JSON that anybody may have written.
 *
 * Reading never throws: what is not understood is `null` or left out. Must not know widgets, cells or comms.
 */

import { PROTOCOL } from '../tokens';

export type CellKind = 'code' | 'markdown';

/** What a cell no longer has when its new source takes the place of the old one. */
export interface ILoss {
  readonly names: readonly string[];
  readonly changes: readonly string[];
  readonly removed: number;
  readonly of: number;
}

/** One change to one cell; an insert stands after `cellId`. "" is the cell that ran. */
export interface IEdit {
  readonly op: 'replace' | 'insert' | 'delete';
  readonly cellId: string;
  readonly before: string;
  readonly source: string;
  readonly kind: CellKind;
  readonly loss?: ILoss;
}

export type CardState = 'offer' | 'working' | 'done' | 'dismissed';
export type TrialKind = 'clean' | 'fails' | 'not tried' | 'cut off';

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
  readonly title: string;
  readonly failedId: string;
  /** How cells are called when they are spoken of: "cell 4". */
  readonly indexes: ReadonlyMap<string, number>;
  readonly trial: ITrial | null;
  readonly rerun: readonly string[];
  readonly advice: string;
  readonly hint: string;
}

/** What is stored under our MIME type; `card` is null for an ordinary answer. */
export interface IBundle {
  readonly prose: string;
  readonly receipt: string;
  readonly edits: readonly IEdit[];
  readonly card: ICard | null;
}

/** The kernel asks for edits. `anchor` is the cell that runs. */
export interface IApply {
  readonly id: string;
  readonly edits: readonly IEdit[];
  readonly run: readonly string[];
  readonly anchor: string;
}

export type CardAction = 'explain' | 'more' | 'stop' | 'dismiss';

export const HELLO = { op: 'hello', protocol: PROTOCOL } as const;

export function actionMessage(action: CardAction, id: string) {
  return { op: 'action', action, id } as const;
}

export function appliedMessage(id: string, reason: string) {
  return { op: 'applied', id, ok: reason === '', reason } as const;
}

/** A message of the kernel, or null when it asks for nothing that is known here. */
export function readApply(data: unknown): IApply | null {
  const message = record(data);
  const edits = readEdits(message.edits);
  if (message.op !== 'apply' || edits === null) {
    return null;
  }
  return {
    id: text(message.id),
    edits,
    run: texts(message.run),
    anchor: text(message.anchor)
  };
}

/** A stored bundle, or null when it is not one that this version understands. */
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
    prose: text(bundle.prose),
    receipt: text(bundle.receipt),
    // A list with an entry that is not understood is no fix: half of one is worse than none.
    edits: readEdits(bundle.edits) ?? [],
    card
  };
}

/**
 * The Markdown of an ordinary answer without the diffs at its end, which other front-ends need to see there.
 */
export function withoutDiffs(markdown: string): string {
  return markdown.replace(DIFF, '');
}

const DIFF = /^(`{3,})diff\n--- [^\n]*\n\+\+\+ rewritten\n[\s\S]*?\n\1\n*/gm;
const STATES: readonly string[] = ['offer', 'working', 'done', 'dismissed'];
const TRIALS: readonly string[] = ['clean', 'fails', 'not tried', 'cut off'];

function readCard(data: unknown): ICard | null {
  const card = record(data);
  if (!STATES.includes(text(card.state))) {
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
    state: card.state as CardState,
    status: text(card.status),
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
  const kind = text(trial.kind);
  return TRIALS.includes(kind) ? { kind: kind as TrialKind, text: text(trial.text) } : null;
}

function readEdits(data: unknown): IEdit[] | null {
  if (!Array.isArray(data)) {
    return null;
  }
  const edits = data.map(readEdit);
  return edits.includes(null) ? null : (edits as IEdit[]);
}

function readEdit(data: unknown): IEdit | null {
  const { op, cell_id: cellId, before = '', source = '', kind = 'code', loss } = record(data);
  if (op !== 'replace' && op !== 'insert' && op !== 'delete') {
    return null;
  }
  if (kind !== 'code' && kind !== 'markdown') {
    return null;
  }
  if (typeof cellId !== 'string' || typeof before !== 'string' || typeof source !== 'string') {
    return null;
  }
  const lost = readLoss(loss);
  return { op, cellId, before, source, kind, ...(lost && { loss: lost }) };
}

function readLoss(data: unknown): ILoss | null {
  const { names, changes, removed, of } = record(data);
  const loss = { names: texts(names), changes: texts(changes), removed: number(removed), of: number(of) };
  return loss.names.length + loss.changes.length + loss.removed > 0 ? loss : null;
}

/** An object's own properties; anything else has none. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function number(value: unknown): number {
  return Number.isSafeInteger(value) ? (value as number) : 0;
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function texts(value: unknown): string[] {
  return list(value).filter((one): one is string => typeof one === 'string');
}

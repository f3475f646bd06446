/** What is, or would be, sent to the model, and what of the kernel can be. */

import { count, list, oneOf, record, text, texts } from './json-values';
import { IRulesFile, readRules } from './rules';

export const PIECE_KINDS = [
  'cell',
  'below',
  'definition',
  'error',
  'turn',
  'target',
  'selection',
  'variable',
  'file',
  'image',
  'outdated',
  'rules',
  'other'
] as const;
/** "other" is what a later version of the server may send. */
export type PieceKind = (typeof PIECE_KINDS)[number];

export interface IPiece {
  readonly key: string;
  readonly kind: PieceKind;
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
  /** The name of the route, "" where the server did not say. */
  readonly route: string;
  /** Variables are described with values of theirs, tables with rows. */
  readonly values: boolean;
  readonly model: string;
  readonly redactions: number;
  readonly pieces: readonly IPiece[];
  readonly dropped: readonly IPiece[];
  readonly notes: readonly string[];
  /** Of the project, switched on or not. */
  readonly rules: readonly IRulesFile[];
  /** What is replayed of the question in later ones. */
  readonly userText: string;
  readonly described: readonly unknown[];
  /** Word for word; of an exchange that was kept and restored nothing. */
  readonly messages: readonly IMessage[];
}

export interface IMessage {
  readonly role: string;
  readonly content: string;
}

export interface IVariable {
  readonly name: string;
  readonly text: string;
}

export function readSent(data: unknown): ISent {
  const sent = record(data);
  return {
    tokens: count(sent.tokens),
    window: count(sent.window),
    replyReserve: count(sent.reply_reserve),
    isRemote: sent.is_remote === true,
    route: text(sent.route),
    values: sent.values === true,
    model: text(sent.model),
    redactions: count(sent.redactions),
    pieces: list(sent.pieces).map(readPiece),
    dropped: list(sent.dropped).map(readPiece),
    notes: texts(sent.notes),
    rules: readRules(sent.rules),
    userText: text(sent.user_text),
    described: list(sent.described),
    messages: readMessages(sent)
  };
}

/** As `readSent` reads it again; not the prompt word for word. */
export function writeSent(sent: ISent): object {
  const { tokens, window, model, redactions, userText, notes } = sent;
  return {
    tokens,
    window,
    model,
    redactions,
    user_text: userText,
    described: sent.described,
    reply_reserve: sent.replyReserve,
    is_remote: sent.isRemote,
    route: sent.route,
    values: sent.values,
    pieces: sent.pieces,
    dropped: sent.dropped,
    notes
  };
}

export function readMessages(data: unknown): IMessage[] {
  return list(record(data).messages).map(one => {
    const { role, content } = record(one);
    return { role: text(role), content: text(content) };
  });
}

export function readVariables(data: unknown): IVariable[] {
  return list(record(data).variables)
    .map(record)
    .filter(one => text(one.name) !== '')
    .map(one => ({ name: text(one.name), text: text(one.text) }));
}

function readPiece(data: unknown): IPiece {
  const piece = record(data);
  return {
    key: text(piece.key),
    kind: oneOf(PIECE_KINDS, piece.kind, 'other'),
    label: text(piece.label),
    index: Number.isSafeInteger(piece.index) ? (piece.index as number) : -1,
    tokens: count(piece.tokens)
  };
}

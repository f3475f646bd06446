/**
 * One question with its answer, as a value that can be kept and read again. Draws nothing, asks nobody.
 */

import type { IEdit } from '../protocol/edit';
import { oneOf, record, text, texts } from '../protocol/json-values';
import { IQuestion, TASKS } from '../protocol/question';
import { ISent, readSent, writeSent } from '../protocol/sent';
import type { ServerState } from '../protocol/status';
import { IAnswer, readAnswer } from '../protocol/stream';

/** A question, and how it was typed, the command included. */
export interface IAsked {
  readonly typed: string;
  readonly question: IQuestion;
}

export const EDIT_STATES = ['open', 'accepted', 'rejected'] as const;
export type EditState = (typeof EDIT_STATES)[number];

export const EXCHANGE_STATES = ['running', 'done', 'stopped', 'failed'] as const;
export type ExchangeState = (typeof EXCHANGE_STATES)[number];

/** A question and its answer. */
export class Exchange {
  constructor(
    readonly id: string,
    readonly asked: IAsked,
    /** Id of the last cell of the notebook when it was asked. */
    readonly after: string
  ) {}

  state: ExchangeState = 'running';
  phase = '';
  reply = '';
  answer: IAnswer | null = null;
  sent: ISent | null = null;
  notes: string[] = [];
  error = '';
  serverState: ServerState = 'ready';
  /** What became of each of `proposed`, by its place. */
  edits: EditState[] = [];
  /** Changes that the user had proposed from a block of code. */
  added: IEdit[] = [];

  /** All changes on offer. */
  get proposed(): readonly IEdit[] {
    return [...(this.answer?.bundle.edits ?? []), ...this.added];
  }

  static begin(asked: IAsked, after: string): Exchange {
    lastId += 1;
    return new Exchange(`${Date.now().toString(36)}-${lastId}`, asked, after);
  }

  /** One that was kept, null for what is not understood. */
  static read(data: unknown): Exchange | null {
    const kept = record(data);
    const asked = readAsked(kept.asked);
    if (asked === null || typeof kept.id !== 'string') {
      return null;
    }
    const exchange = new Exchange(kept.id, asked, text(kept.after));
    const state = oneOf(EXCHANGE_STATES, kept.state, 'stopped');
    exchange.state = state === 'running' ? 'stopped' : state;
    exchange.reply = text(kept.reply);
    exchange.answer = readAnswer(kept.bundle);
    exchange.sent = kept.sent ? readSent(kept.sent) : null;
    exchange.notes = texts(kept.notes);
    exchange.error = text(kept.error);
    const states = texts(kept.edits);
    exchange.edits = exchange.proposed.map((_, at) => oneOf(EDIT_STATES, states[at], 'open'));
    return exchange;
  }

  /** What is kept of it: no pictures, and not the prompt word for word. */
  toJSON(): object {
    const { id, asked, after, state, reply, answer, sent, notes, error, edits } = this;
    return {
      id,
      asked: { typed: asked.typed, ...asked.question, images: [] },
      after,
      state,
      reply,
      bundle: answer?.raw ?? null,
      sent: sent && writeSent(sent),
      notes,
      error,
      edits
    };
  }
}

let lastId = 0;

function readAsked(data: unknown): IAsked | null {
  const asked = record(data);
  const task = oneOf(TASKS, asked.task, null);
  return (
    task && {
      typed: text(asked.typed),
      question: {
        task,
        question: text(asked.question),
        target: text(asked.target),
        variables: texts(asked.variables),
        files: texts(asked.files),
        selection: text(asked.selection),
        images: [],
        strengthens: text(asked.strengthens)
      }
    }
  );
}

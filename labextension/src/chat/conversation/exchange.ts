/**
 * One question with its answer, as a value that can be kept and read again. Draws nothing, asks nobody.
 */

import { choiceOf } from '../../notebook/hunk-choice';
import { IEdit, readEdits, writeEdit } from '../../protocol/edit';
import { count, list, oneOf, record, text, texts } from '../../protocol/json-values';
import type { IQuestion } from '../../protocol/question';
import { ISent, readSent, writeSent } from '../../protocol/sent';
import type { ServerState } from '../../protocol/status';
import { IAnswer, readAnswer } from '../../protocol/stream';
import { TASKS } from '../../protocol/tasks';

/** A question, and how it was typed, the command included. */
export interface IAsked {
  readonly typed: string;
  readonly question: IQuestion;
  /** The route that was shown when it was put in line; else the one that is chosen when it is asked. */
  readonly route?: string;
  /** Of the exchange that it became, where the server may not have heard of it. */
  readonly id?: string;
}

export const EDIT_STATES = ['open', 'accepted', 'rejected'] as const;
export type EditState = (typeof EDIT_STATES)[number];

export const EXCHANGE_STATES = ['running', 'done', 'stopped', 'failed', 'cut'] as const;
/** "stopped" by the user, "failed" with an error, "cut" off by the end of something else. */
export type ExchangeState = (typeof EXCHANGE_STATES)[number];

/** A question and its answer. */
export class Exchange {
  constructor(
    readonly id: string,
    readonly asked: IAsked,
    /** Id of the last cell of the notebook when it was asked. */
    readonly after: string,
    /** When it was asked, in milliseconds. */
    readonly at: number,
    /** Which of the notebook's conversations it belongs to. */
    readonly thread = ''
  ) {}

  state: ExchangeState = 'running';
  /** Whether the server keeps it. */
  isKept = false;
  phase = '';
  /** How often all that had arrived proved to be the model's thinking: what is shown begins anew. */
  retractions = 0;
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
  /** Ids of the cells that blocks of code became, by the places of the blocks. */
  cells: ReadonlyMap<number, string> = new Map();

  /** Since when it is being answered, in milliseconds; 0 where nobody waits. */
  begunAt = 0;
  /** How often it was answered: an answer that goes on is answered twice. */
  rounds = 0;

  /** Whether the answer ended before its end, and not because the user said so. */
  get isCut(): boolean {
    const { state, reply, answer } = this;
    const finished = answer?.bundle.finished;
    const isUnfinished = state === 'done' ? finished === 'length' || finished === 'cut' : state !== 'stopped';
    return state !== 'running' && isUnfinished && reply.trim() !== '';
  }

  /** Whether there is more to come, if the user wants it. */
  get canContinue(): boolean {
    return this.isCut || (this.state === 'stopped' && this.reply.trim() !== '');
  }

  /** All changes on offer. */
  get proposed(): readonly IEdit[] {
    return [...(this.answer?.bundle.edits ?? []), ...this.added];
  }

  static begin(asked: IAsked, after: string, thread = ''): Exchange {
    return new Exchange(newId(), asked, after, Date.now(), thread);
  }

  /** The same in another conversation. */
  copiedTo(thread: string): Exchange | null {
    return Exchange.read({ ...JSON.parse(JSON.stringify(this.whole())), id: newId(), thread });
  }

  /** One that was kept, null for what is not understood. */
  static read(data: unknown): Exchange | null {
    const kept = record(data);
    const asked = readAsked(kept.asked);
    if (asked === null || typeof kept.id !== 'string') {
      return null;
    }
    const exchange = new Exchange(kept.id, asked, text(kept.after), count(kept.at), text(kept.thread));
    exchange.isKept = true;
    exchange.state = oneOf(EXCHANGE_STATES, kept.state, 'stopped');
    exchange.reply = text(kept.reply);
    exchange.answer = readAnswer(kept.bundle);
    exchange.sent = kept.sent ? readSent(kept.sent) : null;
    exchange.notes = texts(kept.notes);
    exchange.error = text(kept.error);
    exchange.added = readEdits(kept.added) ?? [];
    exchange.cells = new Map(Object.entries(record(kept.cells)).map(([at, id]) => [Number(at), text(id)]));
    const states = texts(kept.edits);
    exchange.edits = exchange.proposed.map((_, at) => oneOf(EDIT_STATES, states[at], 'open'));
    const left = record(kept.left);
    exchange.proposed.forEach((edit, at) => list(left[at]).forEach(hunk => choiceOf(edit).set(count(hunk), false)));
    return exchange;
  }

  /** What is kept of it: no pictures, and not the prompt word for word. */
  toJSON(): object {
    const { id, at, asked, after, state, reply, answer, sent, notes, error, thread } = this;
    return {
      id,
      at,
      ...(thread && { thread }),
      asked: { typed: asked.typed, ...asked.question, images: [] },
      after,
      state,
      reply,
      bundle: answer?.raw ?? null,
      sent: sent && writeSent(sent),
      notes,
      error,
      ...this.decisions()
    };
  }

  /** The same with its pictures: for a server that has them no more, or does not know whose they are. */
  whole(): object {
    const { typed, question } = this.asked;
    return { ...this.toJSON(), asked: { typed, ...question } };
  }

  /** What the user did with it: the part that changes once it has ended. */
  decisions(): object {
    const { edits, added, cells } = this;
    // Of changes that were taken in part, what was left out.
    const left = this.proposed.map((edit, at) => (edits[at] === 'accepted' ? choiceOf(edit).leftOut : []));
    const inPart = left.flatMap((hunks, at) => (hunks.length > 0 ? [[at, hunks]] : []));
    return { edits, added: added.map(writeEdit), cells: Object.fromEntries(cells), left: Object.fromEntries(inPart) };
  }
}

let lastId = 0;

/** Of an exchange, or of a conversation: two pages may make one in the same millisecond. */
export function newId(): string {
  lastId += 1;
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}-${lastId}`;
}

export function readAsked(data: unknown): IAsked | null {
  const asked = record(data);
  const task = oneOf(TASKS, asked.task, null);
  return (
    task && {
      typed: text(asked.typed),
      question: {
        task,
        question: text(asked.question),
        target: text(asked.target),
        selected: texts(asked.selected),
        variables: texts(asked.variables),
        files: texts(asked.files),
        selection: text(asked.selection),
        images: list(asked.images).map(one => ({ mime: text(record(one).mime), data: text(record(one).data), key: text(record(one).key) })),
        strengthens: text(asked.strengthens)
      }
    }
  );
}

/**
 * One question with its answer, as a value that can be kept and read again. Draws nothing, asks nobody.
 */

import { IAnswer, IImage, ISent, readAnswer, readSent, ServerState } from '../protocol/chat-protocol';
import { Task, TASKS } from '../protocol/tasks';
import { IEdit, record, text, texts } from '../protocol/protocol';

/** What the user asked, with everything that was attached by hand. */
export interface IAsked {
  readonly task: Task;
  /** As typed, the command included. */
  readonly typed: string;
  readonly question: string;
  /** Id of the cell that it is about, "" for none. */
  readonly target: string;
  readonly variables: readonly string[];
  readonly files: readonly string[];
  readonly selection: string;
  readonly images: readonly IImage[];
  /** Key of the proof whose survivors new tests are for, "" for an ordinary question. */
  readonly strengthens: string;
}

export type EditState = 'open' | 'accepted' | 'rejected';
export type ExchangeState = 'running' | 'done' | 'stopped' | 'failed';

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
    const asked = record(kept.asked);
    if (!TASKS.includes(asked.task as Task) || typeof kept.id !== 'string') {
      return null;
    }
    const exchange = new Exchange(kept.id, readAsked(asked), text(kept.after));
    exchange.state = kept.state === 'done' || kept.state === 'failed' ? kept.state : 'stopped';
    exchange.reply = text(kept.reply);
    exchange.answer = readAnswer(kept.bundle);
    exchange.sent = kept.sent ? readSent(kept.sent) : null;
    exchange.notes = texts(kept.notes);
    exchange.error = text(kept.error);
    const states = texts(kept.edits);
    exchange.edits = exchange.proposed.map((_, at) =>
      states[at] === 'accepted' || states[at] === 'rejected' ? states[at] : 'open'
    ) as EditState[];
    return exchange;
  }

  /** What is kept of it: no pictures, and not the prompt word for word. */
  toJSON(): object {
    const { id, asked, after, state, reply, answer, sent, notes, error, edits } = this;
    return {
      id,
      asked: { ...asked, images: [] },
      after,
      state,
      reply,
      bundle: answer?.raw ?? null,
      sent: sent && unread(sent),
      notes,
      error,
      edits
    };
  }
}

let lastId = 0;

function readAsked(asked: Record<string, unknown>): IAsked {
  return {
    task: asked.task as Task,
    typed: text(asked.typed),
    question: text(asked.question),
    target: text(asked.target),
    variables: texts(asked.variables),
    files: texts(asked.files),
    selection: text(asked.selection),
    images: [],
    strengthens: text(asked.strengthens)
  };
}

/** As `readSent` reads it again. */
function unread(sent: ISent): object {
  const { tokens, window, model, redactions, userText, notes } = sent;
  return {
    tokens,
    window,
    model,
    redactions,
    user_text: userText,
    reply_reserve: sent.replyReserve,
    is_remote: sent.isRemote,
    pieces: sent.pieces,
    dropped: sent.dropped,
    notes
  };
}

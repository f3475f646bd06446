/**
 * The conversation about one notebook: messages, the answer that is arriving, what is kept of it.
 *
 * State and rules only: it is given facts and a client, and draws nothing.
 */

import { ISignal, Signal } from '@lumino/signaling';
import { IEdit } from '../protocol/edit';
import { text } from '../protocol/json-values';
import type { IChoices, INotebookFacts, IPosted, ITurn } from '../protocol/question';
import type { StreamRecord } from '../protocol/stream';
import { EditState, Exchange, ExchangeState, IAsked } from './exchange';

export interface IStreams {
  chat(question: IPosted, signal: AbortSignal): AsyncIterable<StreamRecord>;
}

/** What is kept: older exchanges are forgotten. */
const MOST_KEPT = 100;
/** Pictures are not kept, and of a long conversation not everything is sent again. */
const MOST_TURNS = 40;

export class Conversation {
  constructor(private readonly _client: IStreams) {}

  get exchanges(): readonly Exchange[] {
    return this._exchanges;
  }

  get running(): Exchange | null {
    const last = this._exchanges[this._exchanges.length - 1];
    return last?.state === 'running' ? last : null;
  }

  /** Exchanges came, went or changed their state; text that arrives is told by `streamed`. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Text of the running answer. */
  get streamed(): ISignal<this, { exchange: Exchange; text: string }> {
    return this._streamed;
  }

  /** The earlier exchanges, as they are sent with the next question. */
  get turns(): ITurn[] {
    return this._exchanges
      .filter(({ state, reply }) => state !== 'running' && reply.trim() !== '')
      .map(({ answer, sent, reply, after }) => ({
        user_text: answer?.bundle.userText || sent?.userText || '',
        reply,
        after
      }))
      .filter(turn => turn.user_text !== '')
      .slice(-MOST_TURNS);
  }

  /** Ask, and resolve when the answer has ended, one way or another. */
  async ask(asked: IAsked, facts: INotebookFacts, choices: IChoices): Promise<Exchange> {
    this.stop();
    const turns = this.turns;
    const last = facts.cells[facts.cells.length - 1];
    const exchange = Exchange.begin(asked, text(last?.id));
    this._exchanges.push(exchange);
    this._changed.emit();
    const abort = (this._abort = new AbortController());
    try {
      const posted = { ...asked.question, ...facts, ...choices, turns };
      for await (const line of this._client.chat(posted, abort.signal)) {
        if (abort.signal.aborted) {
          break;
        }
        this._take(exchange, line);
      }
      this._end(exchange, abort.signal.aborted ? 'stopped' : 'failed');
    } catch (error) {
      if (!abort.signal.aborted) {
        exchange.error = error instanceof Error ? error.message : String(error);
      }
      this._end(exchange, abort.signal.aborted ? 'stopped' : 'failed');
    }
    return exchange;
  }

  /** End the running answer, and keep what has arrived. */
  stop(): void {
    const running = this.running;
    this._abort?.abort();
    if (running) {
      this._end(running, 'stopped');
    }
  }

  /** Take an exchange and everything behind it away; what was asked in it. */
  takeBack(id: string): IAsked | null {
    const at = this._exchanges.findIndex(one => one.id === id);
    if (at < 0) {
      return null;
    }
    this.stop();
    const [first] = this._exchanges.splice(at);
    this._changed.emit();
    return first.asked;
  }

  clear(): void {
    this.stop();
    this._exchanges = [];
    this._changed.emit();
  }

  setEdit(exchange: Exchange, at: number, state: EditState): void {
    exchange.edits[at] = state;
    this._changed.emit();
  }

  /** Offer one more change. */
  propose(exchange: Exchange, edit: IEdit): void {
    exchange.added.push(edit);
    exchange.edits.push('open');
    this._changed.emit();
  }

  /** What is kept of it; pictures are not, nor what is still arriving. */
  toJSON(): object[] {
    return this._exchanges
      .filter(({ state }) => state !== 'running')
      .slice(-MOST_KEPT)
      .map(exchange => exchange.toJSON());
  }

  /** Put what was kept in place of what is there; what is not understood is left out. */
  restore(data: readonly unknown[]): void {
    this._exchanges = data.map(Exchange.read).filter((one): one is Exchange => one !== null);
    this._changed.emit();
  }

  private _take(exchange: Exchange, line: StreamRecord): void {
    switch (line.type) {
      case 'sent':
        exchange.sent = line.sent;
        exchange.notes.push(...line.sent.notes);
        break;
      case 'phase':
        exchange.phase = line.text;
        break;
      case 'text':
        exchange.reply += line.text;
        exchange.phase = '';
        this._streamed.emit({ exchange, text: line.text });
        return;
      case 'note':
        exchange.notes.push(line.text);
        break;
      case 'done':
        exchange.answer = line.answer;
        exchange.reply = line.answer.bundle.reply || exchange.reply;
        exchange.edits = line.answer.bundle.edits.map(() => 'open');
        this._end(exchange, 'done');
        return;
      case 'error':
        exchange.error = line.message;
        exchange.serverState = line.state;
        this._end(exchange, 'failed');
        return;
    }
    this._changed.emit();
  }

  private _end(exchange: Exchange, state: ExchangeState): void {
    if (exchange.state !== 'running') {
      return;
    }
    exchange.state = state;
    exchange.phase = '';
    this._changed.emit();
  }

  private _exchanges: Exchange[] = [];
  private _abort: AbortController | null = null;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _streamed = new Signal<this, { exchange: Exchange; text: string }>(this);
}

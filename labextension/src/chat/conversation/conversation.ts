/**
 * The conversation about one notebook: messages, the answer that is arriving, questions that wait for its end.
 *
 * State and rules only: it is given facts and a client, and draws nothing.
 */

import { ISignal, Signal } from '@lumino/signaling';
import type { IEdit } from '../../protocol/edit';
import { text } from '../../protocol/json-values';
import type { IChoices, INotebookFacts, IPosted, ITurn } from '../../protocol/question';
import type { StreamRecord } from '../../protocol/stream';
import { EditState, Exchange, ExchangeState, IAsked } from './exchange';
import { sharing } from './shared-parts';
import { reasonOf } from '../../protocol/reason';

export interface IStreams {
  chat(question: IPosted, keep: object, signal: AbortSignal): AsyncIterable<StreamRecord>;
  follow(id: string, signal: AbortSignal): AsyncIterable<StreamRecord>;
  stop(id: string): Promise<void>;
}

/** Of a long conversation not everything is sent again. */
const MOST_TURNS = 40;
/** How long is waited before each attempt to find an answer again whose connection broke, in milliseconds. */
const PATIENCE = [500, 1000, 2000, 4000, 8000];

export class Conversation {
  constructor(
    private readonly _client: IStreams,
    /** Which of the notebook's conversations it is. */
    public thread = ''
  ) {}

  /** Whether what was kept of it has arrived. */
  isRead = false;

  get exchanges(): readonly Exchange[] {
    return this._exchanges;
  }

  get running(): Exchange | null {
    return this._exchanges.find(one => one.state === 'running') ?? null;
  }

  /** Questions that were sent, and may not have arrived. */
  get unheard(): IAsked[] {
    return this._exchanges.filter(one => !one.isKept).map(({ id, asked }) => ({ ...asked, id }));
  }

  /** How often each exchange that has ended was answered, by its id: what a server that is asked now can tell. */
  get settled(): ReadonlyMap<string, number> {
    const ended = this._exchanges.filter(one => one.state !== 'running');
    return new Map(ended.map(({ id, rounds }) => [id, rounds]));
  }

  /** Questions that are asked one after the other once nothing runs. */
  queued: readonly IAsked[] = [];

  /** Exchanges came, went or changed their state; text that arrives is told by `streamed`. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Text of the running answer. */
  get streamed(): ISignal<this, { exchange: Exchange; text: string }> {
    return this._streamed;
  }

  /** An answer has ended, one way or another. */
  get ended(): ISignal<this, Exchange> {
    return this._ended;
  }

  /** The exchanges before this one, or all, as they are sent with the next question. */
  turns(before: Exchange | null = null): ITurn[] {
    const at = before ? this._exchanges.indexOf(before) : this._exchanges.length;
    return this._exchanges
      .slice(0, at)
      .filter(({ state, reply }) => state !== 'running' && reply.trim() !== '')
      .map(({ answer, sent, reply, after }) => ({
        user_text: answer?.bundle.userText || sent?.userText || '',
        described: answer?.bundle.userText ? answer.bundle.described : (sent?.described ?? []),
        reply,
        after
      }))
      .filter(turn => turn.user_text !== '')
      .slice(-MOST_TURNS);
  }

  /** Ask, and resolve when the answer has ended, one way or another. */
  async ask(asked: IAsked, facts: INotebookFacts, choices: IChoices): Promise<Exchange> {
    this.stop();
    const turns = this.turns();
    const last = facts.cells[facts.cells.length - 1];
    const exchange = Exchange.begin(asked, text(last?.id), this.thread);
    this._exchanges.push(exchange);
    const posted = { ...asked.question, ...facts, ...choices, turns };
    return this._answer(exchange, signal => this._client.chat(posted, exchange.toJSON(), signal));
  }

  /** Go on with an answer that was cut off. */
  async goOn(exchange: Exchange, facts: INotebookFacts, choices: IChoices): Promise<Exchange> {
    this.stop();
    const turns = this.turns(exchange);
    const posted = { ...exchange.asked.question, ...facts, ...choices, turns, partial: exchange.reply };
    exchange.error = '';
    return this._answer(exchange, signal => this._client.chat(posted, exchange.toJSON(), signal));
  }

  /** Follow an answer that was begun by another page, or by this one before it was loaded again. */
  async resume(exchange: Exchange): Promise<Exchange> {
    return this._answer(exchange, signal => this._client.follow(exchange.id, signal));
  }

  /** End what is running, and keep what has arrived; another page may have asked as well. */
  stop(): void {
    for (const running of this._exchanges.filter(one => one.state === 'running')) {
      this._aborts.get(running)?.abort();
      void this._client.stop(running.id).catch(() => undefined);
      this._end(running, 'stopped');
    }
  }

  /** Take an exchange and everything behind it away; returns what was taken. */
  takeBack(id: string): Exchange[] {
    const at = this._exchanges.findIndex(one => one.id === id);
    if (at < 0) {
      return [];
    }
    this.stop();
    const taken = this._exchanges.splice(at);
    this._changed.emit();
    return taken;
  }

  clear(): Exchange[] {
    this.stop();
    const taken = this._exchanges;
    this._exchanges = [];
    this.queued = [];
    this._changed.emit();
    return taken;
  }

  /** Put exchanges back that were taken away. */
  putBack(taken: readonly Exchange[]): void {
    const there = new Set(this._exchanges.map(one => one.id));
    this._exchanges.push(...taken.filter(one => !there.has(one.id)));
    this._exchanges.sort((one, other) => one.at - other.at);
    this._changed.emit();
  }

  setQueued(queued: readonly IAsked[]): void {
    const ids = new Set(this._exchanges.map(one => one.id));
    this.queued = queued.filter(one => !one.id || !ids.has(one.id));
    this._changed.emit();
  }

  setEdit(exchange: Exchange, at: number, state: EditState): void {
    exchange.edits[at] = state;
    this._changed.emit();
  }

  /** Which cells blocks of code have become, by the places of the blocks. */
  setCells(exchange: Exchange, cells: ReadonlyMap<number, string>): void {
    exchange.cells = cells;
    this._changed.emit();
  }

  /** Offer one more change. */
  propose(exchange: Exchange, edit: IEdit): void {
    exchange.added.push(edit);
    exchange.edits.push('open');
    this._changed.emit();
  }

  /**
   * Take over what is stored: exchanges of other pages come and go, what is not understood is left out. `mine` are
   * exchanges of which the server does not know all yet; `settled` is what had ended here when it was asked: of what
   * came or went on since, it cannot have told.
   */
  restore(data: readonly unknown[], mine: ReadonlySet<string> = new Set(), settled = this.settled): void {
    this.isRead = true;
    const here = new Map(this._exchanges.map(one => [one.id, one]));
    const stored = data.map(Exchange.read).filter((one): one is Exchange => one !== null);
    const ids = new Set(stored.map(one => one.id));
    const isOurs = (one: Exchange) => mine.has(one.id) || one.state === 'running' || settled.get(one.id) !== one.rounds;
    const ours = this._exchanges.filter(isOurs);
    const kept = new Map(ours.map(one => [one.id, one]));
    this._exchanges = [
      ...stored.map(one => kept.get(one.id) ?? newer(here.get(one.id) ?? one, one)),
      ...ours.filter(one => !ids.has(one.id))
    ];
    this._exchanges.forEach(one => {
      if (one.state === 'running' && !here.has(one.id)) {
        void this.resume(one);
      }
    });
    this.setQueued(this.queued);
  }

  private async _answer(
    exchange: Exchange,
    open: (signal: AbortSignal) => AsyncIterable<StreamRecord>
  ): Promise<Exchange> {
    const abort = new AbortController();
    this._aborts.set(exchange, abort);
    exchange.state = 'running';
    exchange.rounds += 1;
    exchange.begunAt = Date.now();
    this._changed.emit();
    try {
      await this._read(exchange, open(abort.signal), abort.signal);
      for (const pause of PATIENCE) {
        if (exchange.state !== 'running' || abort.signal.aborted) {
          break;
        }
        await new Promise(resolve => setTimeout(resolve, pause));
        await this._read(exchange, this._client.follow(exchange.id, abort.signal), abort.signal);
      }
    } catch (error) {
      exchange.error = abort.signal.aborted ? '' : reasonOf(error);
    }
    if (!abort.signal.aborted) {
      this._end(exchange, exchange.reply ? 'cut' : 'failed');
    }
    return exchange;
  }

  /** Take everything of one connection; one that breaks is no error while the answer may still be found again. */
  private async _read(exchange: Exchange, lines: AsyncIterable<StreamRecord>, signal: AbortSignal): Promise<void> {
    // An answer that is followed, or goes on, begins with what is here already.
    let known = exchange.reply.length;
    let isBegun = false;
    try {
      for await (const line of lines) {
        if (signal.aborted) {
          return;
        }
        isBegun = exchange.isKept = true;
        known = line.type === 'retraction' ? 0 : known;
        if (line.type === 'text' && known > 0) {
          const rest = line.text.slice(known);
          known -= line.text.length - rest.length;
          if (rest) {
            this._take(exchange, { ...line, text: rest });
          }
        } else {
          this._take(exchange, line);
        }
      }
    } catch (error) {
      if (!isBegun || signal.aborted) {
        throw error;
      }
    }
  }

  private _take(exchange: Exchange, line: StreamRecord): void {
    switch (line.type) {
      case 'sent':
        exchange.sent = line.sent;
        exchange.notes = [...line.sent.notes];
        break;
      case 'phase':
        exchange.phase = line.text;
        break;
      case 'text':
        exchange.reply += line.text;
        this._streamed.emit({ exchange, text: line.text });
        if (!exchange.phase) {
          return;
        }
        exchange.phase = '';
        break;
      case 'retraction':
        exchange.reply = '';
        exchange.retractions += 1;
        break;
      case 'note':
        if (!exchange.notes.includes(line.text)) {
          exchange.notes.push(line.text);
        }
        break;
      case 'done':
        exchange.answer = line.answer;
        exchange.reply = line.answer.bundle.reply || exchange.reply;
        exchange.edits = line.answer.bundle.edits.map(() => 'open');
        exchange.added = [];
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
    exchange.begunAt = 0;
    const before = this._exchanges[this._exchanges.indexOf(exchange) - 1]?.sent;
    // Not when it comes: then everybody waits for the first word.
    exchange.sent = exchange.sent && before ? sharing(exchange.sent, before) : exchange.sent;
    this._changed.emit();
    this._ended.emit(exchange);
  }

  private _exchanges: Exchange[] = [];
  /** What leaves each answer that is running. */
  private readonly _aborts = new WeakMap<Exchange, AbortController>();
  private readonly _changed = new Signal<this, void>(this);
  private readonly _ended = new Signal<this, Exchange>(this);
  private readonly _streamed = new Signal<this, { exchange: Exchange; text: string }>(this);
}

/** The one that this page drew already, as it is stored: whoever holds it, such as an undo, has it as it is now. */
function newer(here: Exchange, stored: Exchange): Exchange {
  // Of pictures this page may have what the server only names.
  const words = (one: Exchange) => JSON.stringify({ ...one.toJSON(), asked: 0 });
  if (stored.state !== 'running' && words(here) !== words(stored)) {
    const { state, reply, answer, sent, notes, error, edits, added, cells } = stored;
    const retractions = here.retractions + Number(here.reply !== reply);
    Object.assign(here, { state, reply, answer, sent, notes, error, edits, added, cells, retractions });
  }
  return here;
}

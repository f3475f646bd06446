/** The conversations of this page, several a notebook, and their changes on the way to the server. */

import { ISignal, Signal } from '@lumino/signaling';
import type { IThread } from '../../protocol/threads';
import { ClientError, type Client, type IConversationChange } from '../client';
import { Conversation } from './conversation';
import type { Exchange } from './exchange';
import { reasonOf } from '../../protocol/reason';

/** How long is waited for a server that does not answer, in milliseconds. */
const AGAIN = 3000;
/** Nobody answers, the login has expired, or what stands before the server is out of order: each passes. */
const PASSING = [0, 401, 403, 429, 502, 503, 504];

interface INotebook {
  path: string;
  /** Those that were looked at. */
  open: Conversation[];
  current: Conversation;
  /** All, as the server last listed them. */
  threads: readonly IThread[];
}

interface IPending {
  /** Where its notebook was when it was made. */
  readonly path: string;
  readonly notebook?: INotebook;
  /** A new path is a change, too: what comes behind it is about the notebook there. */
  readonly change: IConversationChange | string;
  /** The exchange that the server keeps once it has this. */
  readonly exchange?: Exchange;
}

export class ConversationStore {
  /** `failed` hears why something could not be kept. */
  constructor(
    private readonly _client: Client,
    private readonly _failed: (reason: string) => void
  ) {}

  /** The list of a notebook's conversations is another one. */
  get listed(): ISignal<this, void> {
    return this._listed;
  }

  /**
   * The conversation in front about the notebook at this path, "" for none; what was kept of it arrives later. `thread` is
   * the one that was in front before this page was loaded, null where nobody knows.
   */
  of(path: string, thread: string | null = null): Conversation {
    let notebook = this._notebooks.find(one => one.path === path);
    if (!notebook) {
      const current = new Conversation(this._client, thread ?? '');
      notebook = { path, open: [current], current, threads: [] };
      this._notebooks.push(notebook);
      void this.refresh(current, thread === null);
    }
    return notebook.current;
  }

  /** Bring another conversation of the same notebook to the front; `isNew` where no server can know it. */
  open(beside: Conversation, thread: string, { isNew = false } = {}): Conversation {
    const notebook = this._of(beside);
    let conversation = notebook.open.find(one => one.thread === thread);
    if (!conversation) {
      conversation = new Conversation(this._client, thread);
      notebook.open.push(conversation);
      if (!isNew) {
        void this.refresh(conversation);
      }
    }
    notebook.current = conversation;
    return conversation;
  }

  /** All conversations about the notebook, the one last asked in first. */
  threads(conversation: Conversation): readonly IThread[] {
    const { open, threads } = this._of(conversation);
    const here = open.flatMap(one => threadOf(one, threads));
    const ids = new Set(open.filter(one => one.isRead || one.exchanges.length > 0).map(one => one.thread));
    return [...here, ...threads.filter(one => !ids.has(one.id))].sort((one, other) => other.at - one.at);
  }

  rename(path: string, newPath: string): void {
    const notebook = this._notebooks.find(one => one.path === path);
    if (notebook && path !== newPath) {
      this._notebooks = this._notebooks.filter(one => one.path !== newPath);
      notebook.path = newPath;
    }
    this._later({ path, change: newPath });
  }

  /** End all answers about a notebook. */
  stop(path: string): void {
    this._notebooks.find(one => one.path === path)?.open.forEach(one => one.stop());
  }

  /** The whole exchange: one that the server does not keep by itself. */
  keep(conversation: Conversation, exchange: Exchange): void {
    this._push(this._of(conversation), { put: [exchange.whole()] }, exchange);
  }

  /** Exchanges that are new to the server. */
  keepAll(conversation: Conversation, exchanges: readonly Exchange[]): void {
    exchanges.forEach(one => this._add(conversation, { put: [one.whole()] }));
  }

  /** What the user decided about an exchange. */
  decide(conversation: Conversation, exchange: Exchange): void {
    this._add(conversation, { put: [{ id: exchange.id, ...exchange.decisions() }], known: true });
  }

  remove(conversation: Conversation, taken: readonly Exchange[]): void {
    this._add(conversation, { remove: taken.map(one => one.id) });
  }

  /** One after the other: of all pictures together a server may not take as much. */
  putBack(conversation: Conversation, taken: readonly Exchange[]): void {
    taken.forEach(one => this._add(conversation, { put: [one.whole()], restore: true }));
  }

  setTitle(conversation: Conversation, thread: string, title: string): void {
    const notebook = this._of(conversation);
    const listed = notebook.threads.find(one => one.id === thread) ?? { id: thread, first: '', at: 0, count: 0 };
    notebook.threads = [...notebook.threads.filter(one => one.id !== thread), { ...listed, title }];
    this._add(conversation, { titles: { [thread]: title } });
    this._listed.emit();
  }

  /** Delete a conversation with all of its messages; returns what puts it back. Throws where the server does not answer. */
  async delete(beside: Conversation, thread: string): Promise<() => void> {
    const notebook = this._of(beside);
    notebook.open.filter(one => one.thread === thread).forEach(one => one.stop());
    await this._sending;
    const { messages } = await this._client.conversation(notebook.path, thread);
    const title = notebook.threads.find(one => one.id === thread)?.title ?? '';
    const ids = messages.map(one => String(one.id));
    const change = (made: IConversationChange) => {
      this._push(notebook, made);
      // Read again when it is looked at again.
      notebook.open = notebook.open.filter(one => one.thread !== thread || one === notebook.current);
      notebook.threads = notebook.threads.filter(one => one.id !== thread);
      this._listed.emit();
      void this._sending.then(() => this.refresh(notebook.current));
    };
    change({ remove: ids });
    return () => change({ put: messages, restore: true, titles: { [thread]: title } });
  }

  /** What other pages changed since; `anyThread` takes the conversation that was last asked in. */
  async refresh(conversation: Conversation, anyThread = false): Promise<void> {
    try {
      const notebook = this._of(conversation);
      let stored;
      let sent;
      let settled;
      // Anew where something was changed meanwhile: else what was taken away would come back.
      do {
        sent = this._sending;
        await sent;
        settled = conversation.settled;
        stored = await this._client.conversation(notebook.path, anyThread ? null : conversation.thread);
      } while (sent !== this._sending);
      notebook.threads = stored.threads;
      if (anyThread && conversation.exchanges.length === 0) {
        conversation.thread = stored.thread;
      }
      if (stored.thread === conversation.thread) {
        conversation.restore(stored.messages, this._unsent(notebook), settled);
      }
      this._listed.emit();
    } catch {
      // Without the server's half the setup says so; a conversation can begin all the same.
    }
  }

  private _add(conversation: Conversation, change: IConversationChange): void {
    this._push(this._of(conversation), change);
  }

  private _push(notebook: INotebook, change: IConversationChange, exchange?: Exchange): void {
    this._later({ path: notebook.path, notebook, change, exchange });
  }

  private _later(pending: IPending): void {
    this._pending.push(pending);
    this._sending = this._sending.then(() => this._send());
  }

  /** One change after the other, as they were made; what finds no server is sent again. */
  private async _send(): Promise<void> {
    while (this._pending.length > 0) {
      const [{ path, change, exchange }] = this._pending;
      try {
        await (typeof change === 'string'
          ? this._client.rename(path, change)
          : this._client.changeConversation(path, change));
        this._saidWhy = '';
        if (exchange) {
          exchange.isKept = true;
          this._listed.emit();
        }
      } catch (error) {
        if (error instanceof ClientError && PASSING.includes(error.status)) {
          if (error.status !== 0 && error.message !== this._saidWhy) {
            this._failed((this._saidWhy = error.message));
          }
          clearTimeout(this._again);
          this._again = setTimeout(() => (this._sending = this._sending.then(() => this._send())), AGAIN);
          return;
        }
        this._failed(reasonOf(error));
      }
      this._pending.shift();
    }
  }

  private _unsent(notebook: INotebook): Set<string> {
    const changes = this._pending.filter(one => one.notebook === notebook).map(one => one.change);
    const put = changes.flatMap(change => (typeof change === 'string' ? [] : (change.put ?? [])));
    return new Set(put.map(one => (one as { id: string }).id));
  }

  private _of(conversation: Conversation): INotebook {
    const found = this._notebooks.find(one => one.open.includes(conversation));
    return found ?? { path: '', open: [conversation], current: conversation, threads: [] };
  }

  private _notebooks: INotebook[] = [];
  private readonly _pending: IPending[] = [];
  private _sending: Promise<void> = Promise.resolve();
  /** What was said of the change that waits. */
  private _saidWhy = '';
  private _again: ReturnType<typeof setTimeout> | undefined;
  private readonly _listed = new Signal<this, void>(this);
}

/** A conversation of this page as it is listed; one in which nothing was said is none. */
function threadOf({ thread, exchanges }: Conversation, listed: readonly IThread[]): IThread[] {
  const last = exchanges[exchanges.length - 1];
  const title = listed.find(one => one.id === thread)?.title ?? '';
  return last
    ? [{ id: thread, title, first: exchanges[0].asked.typed, at: last.at, count: exchanges.length }]
    : [];
}

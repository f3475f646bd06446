/** The conversations of this page, one a notebook, and their changes on the way to the server. */

import { ClientError, type Client, type IConversationChange } from '../client';
import { Conversation } from './conversation';
import type { Exchange } from './exchange';

/** How long is waited for a server that does not answer, in milliseconds. */
const AGAIN = 3000;

interface IPending {
  readonly conversation: Conversation;
  readonly change: IConversationChange;
}

export class ConversationStore {
  /** `failed` hears why something could not be kept. */
  constructor(
    private readonly _client: Client,
    private readonly _failed: (reason: string) => void
  ) {}

  /** The conversation about the notebook at this path, "" for none; what was kept of it arrives later. */
  of(path: string): Conversation {
    let conversation = this._conversations.get(path);
    if (!conversation) {
      conversation = new Conversation(this._client);
      this._conversations.set(path, conversation);
      void this.refresh(conversation);
    }
    return conversation;
  }

  rename(path: string, newPath: string): void {
    const conversation = this._conversations.get(path);
    if (conversation && path !== newPath) {
      this._conversations.delete(path);
      this._conversations.set(newPath, conversation);
      void this._client.renameConversation(path, newPath).catch(() => undefined);
    }
  }

  /** The whole exchange: one that the server does not keep by itself. */
  keep(conversation: Conversation, exchange: Exchange): void {
    this._add(conversation, { put: [exchange.toJSON()] });
  }

  /** What the user decided about an exchange. */
  decide(conversation: Conversation, exchange: Exchange): void {
    this._add(conversation, { put: [{ id: exchange.id, ...exchange.decisions() }], known: true });
  }

  remove(conversation: Conversation, taken: readonly Exchange[]): void {
    this._add(conversation, { remove: taken.map(one => one.id) });
  }

  putBack(conversation: Conversation, taken: readonly Exchange[]): void {
    this._add(conversation, { put: taken.map(one => one.toJSON()), restore: true });
  }

  /** What other pages changed since. */
  async refresh(conversation: Conversation): Promise<void> {
    try {
      await this._sending;
      const stored = await this._client.conversation(this._pathOf(conversation));
      conversation.restore(stored, this._unsent(conversation));
    } catch {
      // Without the server's half the setup says so; a conversation can begin all the same.
    }
  }

  private _add(conversation: Conversation, change: IConversationChange): void {
    this._pending.push({ conversation, change });
    this._sending = this._sending.then(() => this._send());
  }

  /** One change after the other, as they were made; what finds no server is sent again. */
  private async _send(): Promise<void> {
    while (this._pending.length > 0) {
      const [{ conversation, change }] = this._pending;
      try {
        await this._client.changeConversation(this._pathOf(conversation), change);
      } catch (error) {
        if (error instanceof ClientError && error.status === 0) {
          clearTimeout(this._again);
          this._again = setTimeout(() => (this._sending = this._sending.then(() => this._send())), AGAIN);
          return;
        }
        this._failed(error instanceof Error ? error.message : String(error));
      }
      this._pending.shift();
    }
  }

  private _unsent(conversation: Conversation): Set<string> {
    const changes = this._pending.filter(one => one.conversation === conversation);
    return new Set(changes.flatMap(({ change }) => (change.put ?? []).map(one => (one as { id: string }).id)));
  }

  private _pathOf(conversation: Conversation): string {
    return [...this._conversations].find(([, one]) => one === conversation)?.[0] ?? '';
  }

  private readonly _conversations = new Map<string, Conversation>();
  private readonly _pending: IPending[] = [];
  private _sending: Promise<void> = Promise.resolve();
  private _again: ReturnType<typeof setTimeout> | undefined;
}

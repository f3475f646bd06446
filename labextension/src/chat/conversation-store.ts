/** The conversations of this page, one a notebook, kept by the server. */

import type { Client } from './client';
import { Conversation } from './conversation';
import { once } from '../timing';

const KEEP_DELAY = 500;

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
      void this._restore(conversation, path);
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

  /** Keep this conversation, as it will be in a moment. */
  keep(conversation: Conversation): void {
    this._unkept.add(conversation);
    this._soon.soon();
  }

  private _keep(): void {
    for (const [path, conversation] of this._conversations) {
      if (this._unkept.delete(conversation)) {
        const kept = this._client.keepConversation(path, conversation.toJSON());
        kept.catch((error: Error) => this._failed(error.message));
      }
    }
  }

  private async _restore(conversation: Conversation, path: string): Promise<void> {
    try {
      const kept = await this._client.conversation(path);
      if (conversation.exchanges.length === 0) {
        conversation.restore(kept);
      }
    } catch {
      // Without the server's half the setup says so; a conversation can begin all the same.
    }
  }

  private readonly _conversations = new Map<string, Conversation>();
  private readonly _unkept = new Set<Conversation>();
  private readonly _soon = once(KEEP_DELAY, () => this._keep());
}

/** The conversations about a notebook: begun, looked at, named, branched, deleted, exported. */

import { PathExt } from '@jupyterlab/coreutils';
import type { Contents } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ActiveNotebook } from '../../notebook/active-notebook';
import type { IThread } from '../../protocol/threads';
import type { Conversation } from './conversation';
import type { ConversationStore } from './conversation-store';
import { Exchange, IAsked, newId } from './exchange';
import { asMarkdown, asNotebook } from './export';
import { reasonOf } from '../../protocol/reason';

/** The sidebar, as far as it matters here. */
export interface IFront {
  readonly notebook: ActiveNotebook | null;
  readonly conversation: Conversation;
  show(conversation: Conversation): void;
  writeAgain(asked: IAsked): Promise<void>;
  notify(text: string, undo?: (() => void) | null): void;
}

const TITLE = 60;

export class Threads {
  constructor(
    private readonly _front: IFront,
    private readonly _store: ConversationStore,
    private readonly _contents: Contents.IManager,
    private readonly _trans: TranslationBundle
  ) {}

  /** All of them, the one last asked in first. */
  get list(): readonly IThread[] {
    return this._store.threads(this._front.conversation);
  }

  /** What a conversation is called. */
  nameOf({ title, first }: Pick<IThread, 'title' | 'first'>): string {
    const name = title || first.replace(/\s+/g, ' ').trim();
    return name.length > TITLE ? `${name.slice(0, TITLE)}…` : name || this._trans.__('New conversation');
  }

  /** Another page may have said something. */
  look(): void {
    void this._store.refresh(this._front.conversation);
  }

  /** Begin a new one; the one before stays. */
  begin(): void {
    if (this._front.conversation.exchanges.length > 0) {
      this._front.show(this._store.open(this._front.conversation, newId(), { isNew: true }));
    }
  }

  open(id: string): void {
    this._front.show(this._store.open(this._front.conversation, id));
  }

  rename(id: string, title: string): void {
    this._store.setTitle(this._front.conversation, id, title.trim());
  }

  /** Delete one; it can be put back. */
  async delete(id: string): Promise<void> {
    const { conversation } = this._front;
    const wasShown = conversation.thread === id;
    if (wasShown) {
      const next = this.list.find(one => one.id !== id);
      this._front.show(this._store.open(conversation, next?.id ?? newId(), { isNew: !next }));
    }
    try {
      const putBack = await this._store.delete(this._front.conversation, id);
      this._front.notify(this._trans.__('The conversation is deleted.'), () => {
        putBack();
        this._front.notify('');
        if (wasShown) {
          this.open(id);
        }
      });
    } catch (error) {
      this._front.notify(reasonOf(error));
    }
  }

  /** Go another way from a question: what was said before it stays, and the question is in the field again. */
  branch(exchange: Exchange): void {
    const { conversation } = this._front;
    const before = conversation.exchanges.slice(0, conversation.exchanges.indexOf(exchange));
    const id = newId();
    const copies = before.map(one => one.copiedTo(id)).filter((one): one is Exchange => one !== null);
    const branch = this._store.open(conversation, id, { isNew: true });
    branch.putBack(copies);
    this._front.show(branch);
    if (copies.length > 0) {
      this._store.keepAll(branch, copies);
      this._store.setTitle(branch, id, this._trans.__('Branch: %1', this.nameOf({ title: '', first: exchange.asked.typed })));
    }
    void this._front.writeAgain(exchange.asked);
  }

  /** Write the conversation that is shown into a new file beside the notebook. */
  async export(kind: 'markdown' | 'notebook'): Promise<void> {
    const { conversation, notebook } = this._front;
    const { exchanges, thread } = conversation;
    const listed = this.list.find(one => one.id === thread);
    const title = this.nameOf(listed ?? { title: '', first: '' });
    const language = { name: notebook?.language ?? 'python', kernelspec: notebook?.kernelspec };
    const { extension, text } =
      kind === 'markdown' ? asMarkdown(title, exchanges) : asNotebook(title, exchanges, language);
    try {
      const stem = (notebook?.path ?? '').replace(/\.ipynb$/, '');
      const path = await this._free(stem || 'notebook', extension);
      await this._contents.save(path, { type: 'file', format: 'text', content: text });
      this._front.notify(this._trans.__('Saved as %1.', path));
    } catch (error) {
      this._front.notify(reasonOf(error));
    }
  }

  /** A path that nothing has. */
  private async _free(stem: string, extension: string): Promise<string> {
    const folder = PathExt.dirname(stem);
    const listed = await this._contents.get(folder, { content: true });
    const names = new Set((listed.content as Contents.IModel[]).map(one => one.path));
    for (let number = 1; ; number++) {
      const path = `${stem}-${this._trans.__('conversation')}${number > 1 ? `-${number}` : ''}.${extension}`;
      if (!names.has(path)) {
        return path;
      }
    }
  }
}

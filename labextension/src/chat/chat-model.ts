/**
 * What the sidebar shows: the notebook it follows, its conversation, the state of the model, what would be sent.
 *
 * Holds the state and the rules of it; draws nothing, and touches cells only through `ActiveNotebook`.
 */

import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomModel } from '@jupyterlab/ui-components';
import { ActiveNotebook } from '../notebook/active-notebook';
import { askedAbout, factsOf } from './asking';
import type { IEdit } from '../protocol/edit';
import type { IChoices, IPosted, Task } from '../protocol/question';
import type { IMessage, ISent } from '../protocol/sent';
import type { IStatus } from '../protocol/status';
import type { Client } from './client';
import { Conversation } from './conversation';
import { ConversationStore } from './conversation-store';
import type { EditState, Exchange, IAsked } from './exchange';
import { LookAhead } from './look-ahead';
import type { IMentionable } from './mentions';
import { ModelSetup } from './model-setup';
import { refusalText } from '../notebook/refusal-text';
import { readTyped } from './slash-commands';

/** Something that is asked from elsewhere: a button at a cell, a menu. */
export interface IAskedElsewhere {
  readonly task: Task;
  readonly question?: string;
  readonly target?: string;
  readonly strengthens?: string;
}

export class ChatModel extends VDomModel {
  constructor(
    readonly client: Client,
    private readonly _tracker: INotebookTracker,
    contents: Contents.IManager,
    readonly trans: TranslationBundle
  ) {
    super();
    this.setup = new ModelSetup(client, trans);
    this.setup.changed.connect(() => this._emit());
    this._store = new ConversationStore(client, reason => this._say(reason));
    this._lookAhead = new LookAhead(
      client,
      contents,
      () => ({ ...this._posted(this._draftAsked()), images: [] }),
      () => this.notebook
    );
    this._lookAhead.changed.connect(() => this._emit());
    _tracker.currentChanged.connect(this._follow, this);
    _tracker.activeCellChanged.connect(this._factsChanged, this);
    _tracker.selectionChanged.connect(this._factsChanged, this);
    this._follow();
  }

  readonly setup: ModelSetup;
  /** What stands in the composer. */
  draft = '';
  /** Said to screen readers now. */
  announcement = '';
  /** Whether pictures of the selected cell go along. */
  withImages = false;

  get isVisible(): boolean {
    return this._isVisible;
  }

  set isVisible(visible: boolean) {
    this._isVisible = visible;
    if (visible) {
      this.setup.open();
      this._factsChanged();
    }
  }

  get status(): IStatus | null {
    return this.setup.status;
  }

  get notebook(): ActiveNotebook | null {
    const panel = this._panel;
    return panel && !panel.isDisposed && panel.content.model ? new ActiveNotebook(panel) : null;
  }

  get conversation(): Conversation {
    return this._conversation;
  }

  /** What would be sent with the draft, null where that is not known. */
  get preview(): ISent | null {
    return this._lookAhead.sent;
  }

  /** Keys of what was taken out, with what each is called. */
  get excluded(): ReadonlyMap<string, string> {
    return this._excluded;
  }

  /** What "@" can complete to. */
  get mentionable(): IMentionable {
    const notebook = this.notebook;
    return {
      variables: this._lookAhead.variables,
      cells: notebook?.cells.map(({ source }, index) => ({ index, firstLine: source.split('\n', 1)[0] })) ?? [],
      files: this._lookAhead.files,
      hasSelection: (notebook?.selection ?? '') !== ''
    };
  }

  /** How many pictures the selected cell shows, and the model can look at. */
  get imageCount(): number {
    const notebook = this.notebook;
    return this.status?.hasVision && notebook ? notebook.imagesOf(notebook.activeCellId).length : 0;
  }

  setDraft(draft: string): void {
    this.draft = draft;
    this._emit();
    this._lookAhead.soon();
  }

  setImages(withImages: boolean): void {
    this.withImages = withImages;
    this._emit();
  }

  /** Take something out of what is sent. */
  exclude(key: string, name: string): void {
    this._excluded.set(key, name);
    this._emit();
    this._lookAhead.soon();
  }

  /** Put it back. */
  include(key: string): void {
    this._excluded.delete(key);
    this._emit();
    this._lookAhead.soon();
  }

  /** Send the draft; what stands in the way is a sentence. */
  async send(): Promise<void> {
    const { command, text, unknown } = readTyped(this.draft);
    if (unknown) {
      this._say(this.trans.__('There is no command "/%1": type /help to see all.', unknown));
      return;
    }
    if (command === 'clear') {
      this.clear();
      this.setDraft('');
      return;
    }
    if (command === 'help') {
      this.isHelpShown = true;
      this.setDraft('');
      return;
    }
    if (!command && !text) {
      return;
    }
    const asked = this._asked(this.draft, command ? (command as Task) : 'chat', text);
    this.setDraft('');
    await this._ask(asked);
  }

  isHelpShown = false;

  hideHelp(): void {
    this.isHelpShown = false;
    this._emit();
  }

  /** Ask from elsewhere, about a cell. */
  async ask({ task, question = '', target, strengthens = '' }: IAskedElsewhere): Promise<Exchange | null> {
    const typed = task === 'chat' || task === 'edit' ? question : `/${task} ${question}`.trim();
    const asked = this._asked(typed, task, question);
    const about = { ...asked.question, strengthens, ...(target ? { target } : {}) };
    return this._ask({ typed, question: about });
  }

  async retry(exchange: Exchange): Promise<void> {
    const asked = this._conversation.takeBack(exchange.id);
    if (asked) {
      await this._ask(asked);
    }
  }

  /** Put an earlier question back into the composer, and what was said since away. */
  edit(exchange: Exchange): void {
    const asked = this._conversation.takeBack(exchange.id);
    if (asked) {
      this.setDraft(asked.typed);
      this._store.keep(this._conversation);
    }
  }

  stop(): void {
    this._conversation.stop();
  }

  clear(): void {
    this._conversation.clear();
    this._excluded.clear();
    this._say(this.trans.__('The conversation is cleared.'));
    this._store.keep(this._conversation);
    this._lookAhead.soon();
  }

  /** What would be sent now, word for word. */
  async messages(): Promise<readonly IMessage[]> {
    return (await this.client.prompt(this._posted(this._draftAsked()), new AbortController().signal)).messages;
  }

  /** Carry out edits of an answer, all or none; says what became of it. */
  accept(exchange: Exchange, places: readonly number[]): string {
    const notebook = this.notebook;
    const chosen = places.map(at => exchange.proposed[at]);
    const refusal = notebook ? this.apply(chosen) : this.trans.__('Open the notebook that this belongs to first.');
    if (!refusal) {
      places.forEach(at => this._conversation.setEdit(exchange, at, 'accepted'));
      this._store.keep(this._conversation);
    }
    this._say(refusal || this.trans.__('Applied.'));
    return refusal;
  }

  /** Offer a change that the user asked for with a button of a code block. */
  propose(exchange: Exchange, edit: IEdit): void {
    this._conversation.propose(exchange, edit);
  }

  setEdit(exchange: Exchange, at: number, state: EditState): void {
    this._conversation.setEdit(exchange, at, state);
    this._store.keep(this._conversation);
  }

  /** Change the notebook in one undo step; "" or why not. */
  apply(edits: readonly IEdit[]): string {
    const notebook = this.notebook;
    if (!notebook) {
      return this.trans.__('No notebook is open.');
    }
    const anchor = notebook.activeCellId;
    const plan = notebook.apply(edits, anchor);
    if (!plan.ok) {
      return refusalText(this.trans, plan.why, notebook.indexOf(plan.cellId));
    }
    const inserts = edits.every(edit => edit.op === 'insert');
    if (!inserts) {
      notebook.focus(plan.focusId, edits.length === 1 ? 'edit' : 'command');
    }
    return '';
  }

  private async _ask(asked: IAsked): Promise<Exchange | null> {
    const conversation = this._conversation;
    this.isHelpShown = false;
    this._say(this.trans.__('Asked.'));
    const exchange = await conversation.ask(asked, factsOf(this.notebook), this._choices);
    if (exchange.state === 'failed' && exchange.serverState !== 'ready') {
      void this.setup.look();
    }
    this.withImages = false;
    this._say(summary(this.trans, exchange));
    this._store.keep(this._conversation);
    this._lookAhead.soon();
    return exchange;
  }

  private _asked(typed: string, task: Task, question: string): IAsked {
    return askedAbout(this.notebook, this.mentionable, { typed, task, question, withImages: this.withImages });
  }

  /** What the draft would ask. */
  private _draftAsked(): IAsked {
    return this._asked(this.draft, 'chat', readTyped(this.draft).text || '…');
  }

  private get _choices(): IChoices {
    return { exclude: [...this._excluded.keys()], model: this.setup.chosen || null };
  }

  private _posted({ question }: IAsked): IPosted {
    return { ...question, ...factsOf(this.notebook), ...this._choices, turns: this._conversation.turns };
  }

  /** The sidebar is about the notebook that is in front. */
  private _follow(): void {
    const panel = this._tracker.currentWidget;
    if (panel === this._panel) {
      return;
    }
    this._panel?.context.pathChanged.disconnect(this._renamed, this);
    this._panel = panel;
    panel?.context.pathChanged.connect(this._renamed, this);
    panel?.disposed.connect(() => this._tracker.currentWidget === null && this._follow());
    this._excluded.clear();
    this._lookAhead.forget();
    this._open(panel?.context.path ?? '');
    this._factsChanged();
  }

  private _open(path: string): void {
    this._conversation.changed.disconnect(this._emit, this);
    this._conversation = this._store.of(path);
    this._conversation.changed.connect(this._emit, this);
    this._path = path;
    this._emit();
  }

  private _renamed(_: unknown, path: string): void {
    this._store.rename(this._path, path);
    this._path = path;
    this._emit();
  }

  private _factsChanged(): void {
    this._emit();
    if (this._isVisible) {
      this._lookAhead.soon();
    }
  }

  private _say(words: string): void {
    this.announcement = words;
    this._emit();
  }

  private _emit(): void {
    this.stateChanged.emit();
  }

  private _isVisible = false;
  private _panel: NotebookPanel | null = null;
  private _path = '';
  private readonly _lookAhead: LookAhead;
  private readonly _store: ConversationStore;
  private readonly _excluded = new Map<string, string>();
  private _conversation = new Conversation(this.client);
}

function summary(trans: TranslationBundle, exchange: Exchange): string {
  switch (exchange.state) {
    case 'failed':
      return exchange.error;
    case 'stopped':
      return trans.__('Stopped.');
    default:
      return trans.__('The answer is complete: %1', exchange.reply.slice(0, 300));
  }
}

/**
 * What the sidebar shows: the notebook it follows, its conversation, the state of the model, what would be sent.
 *
 * Holds the state and the rules of it; draws nothing, and touches cells only through `ActiveNotebook`.
 */

import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomModel } from '@jupyterlab/ui-components';
import { ActiveNotebook } from './active-notebook';
import type { IMessage, ISent, IStatus, IVariable, Task } from './chat-protocol';
import type { Client } from './client';
import { Conversation, EditState, Exchange, IAsked, NotebookFacts } from './conversation';
import { IMentionable, mentionsIn } from './mentions';
import { ModelSetup } from './model-setup';
import type { IEdit } from './protocol';
import { refusalText } from './refusal-text';
import { readTyped } from './slash-commands';
import { once } from './timing';

const PREVIEW_DELAY = 400;
const KEEP_DELAY = 500;

/** Something that is asked from elsewhere: a button at a cell, a menu. */
export interface IAskedElsewhere {
  readonly task: Task;
  readonly question?: string;
  readonly target?: string;
}

export class ChatModel extends VDomModel {
  constructor(
    readonly client: Client,
    private readonly _tracker: INotebookTracker,
    private readonly _contents: Contents.IManager,
    readonly trans: TranslationBundle
  ) {
    super();
    this.setup = new ModelSetup(client, trans);
    this.setup.changed.connect(() => this._emit());
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
    return this._preview;
  }

  /** Keys of what was taken out, with what each is called. */
  get excluded(): ReadonlyMap<string, string> {
    return this._excluded;
  }

  /** What "@" can complete to. */
  get mentionable(): IMentionable {
    const notebook = this.notebook;
    return {
      variables: this._variables,
      cells: notebook?.cells.map(({ source }, index) => ({ index, firstLine: source.split('\n', 1)[0] })) ?? [],
      files: this._files,
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
  async ask({ task, question = '', target }: IAskedElsewhere): Promise<Exchange | null> {
    const typed = task === 'chat' || task === 'edit' ? question : `/${task} ${question}`.trim();
    return this._ask({ ...this._asked(typed, task, question), ...(target ? { target } : {}) });
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
      this._keep.soon();
    }
  }

  stop(): void {
    this._conversation.stop();
  }

  clear(): void {
    this._conversation.clear();
    this._excluded.clear();
    this._say(this.trans.__('The conversation is cleared.'));
    this._keep.soon();
    this._lookAhead.soon();
  }

  /** What would be sent now, word for word. */
  async messages(): Promise<readonly IMessage[]> {
    const asked = this._asked(this.draft, 'chat', readTyped(this.draft).text || '…');
    return (await this.client.prompt(this._question(asked), new AbortController().signal)).messages;
  }

  /** Carry out edits of an answer, all or none; says what became of it. */
  accept(exchange: Exchange, places: readonly number[]): string {
    const notebook = this.notebook;
    const chosen = places.map(at => exchange.proposed[at]);
    const refusal = notebook ? this.apply(chosen) : this.trans.__('Open the notebook that this belongs to first.');
    if (!refusal) {
      places.forEach(at => this._conversation.setEdit(exchange, at, 'accepted'));
      this._keep.soon();
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
    this._keep.soon();
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
    const { exclude, model, ...facts } = this._question(asked);
    const exchange = await conversation.ask(asked, facts, { exclude, model });
    if (exchange.state === 'failed' && exchange.serverState !== 'ready') {
      void this.setup.look();
    }
    this.withImages = false;
    this._say(summary(this.trans, exchange));
    this._keep.soon();
    this._lookAhead.soon();
    return exchange;
  }

  private _asked(typed: string, task: Task, question: string): IAsked {
    const notebook = this.notebook;
    const mentions = mentionsIn(question, this.mentionable);
    const named = notebook?.cells[mentions.cells[0] ?? -1]?.id;
    const folder = notebook?.path.split('/').slice(0, -1).join('/') ?? '';
    return {
      task,
      typed,
      question,
      target: named ?? notebook?.activeCellId ?? '',
      variables: mentions.variables,
      files: mentions.files.map(file => (folder ? `${folder}/${file}` : file)),
      selection: mentions.selection ? (notebook?.selection ?? '') : '',
      images: this.withImages && notebook ? notebook.imagesOf(notebook.activeCellId) : []
    };
  }

  private _question(asked: IAsked) {
    const { task, question, target, variables, files, selection, images } = asked;
    return {
      ...this._facts(),
      task,
      question,
      target,
      variables,
      files,
      selection,
      images,
      exclude: [...this._excluded.keys()],
      turns: this._conversation.turns,
      model: this.setup.chosen || null
    };
  }

  private _facts(): NotebookFacts {
    const notebook = this.notebook;
    return {
      path: notebook?.path ?? '',
      kernel_id: notebook?.kernelId ?? null,
      language: notebook?.language ?? 'python',
      cells: notebook?.snapshot() ?? []
    };
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
    this._preview = null;
    this._variables = [];
    this._open(panel?.context.path ?? '');
    this._factsChanged();
  }

  private _open(path: string): void {
    let conversation = this._conversations.get(path);
    if (!conversation) {
      conversation = new Conversation(this.client);
      this._conversations.set(path, conversation);
      void this._restore(conversation, path);
    }
    this._conversation.changed.disconnect(this._emit, this);
    this._conversation = conversation;
    conversation.changed.connect(this._emit, this);
    this._path = path;
    this._emit();
  }

  private async _restore(conversation: Conversation, path: string): Promise<void> {
    try {
      const kept = await this.client.conversation(path);
      if (conversation.exchanges.length === 0) {
        conversation.restore(kept);
      }
    } catch {
      // Without the server's half the setup says so; a conversation can begin all the same.
    }
  }

  private _renamed(_: unknown, path: string): void {
    const old = this._path;
    const conversation = this._conversations.get(old);
    if (conversation && old !== path) {
      this._conversations.delete(old);
      this._conversations.set(path, conversation);
      this._path = path;
      void this.client.renameConversation(old, path).catch(() => undefined);
    }
    this._emit();
  }

  private _factsChanged(): void {
    this._emit();
    if (this._isVisible) {
      this._lookAhead.soon();
    }
  }

  private readonly _lookAhead = once(PREVIEW_DELAY, () => void this._look());
  private readonly _keep = once(KEEP_DELAY, () => {
    const messages = this._conversation.toJSON();
    void this.client.keepConversation(this._path, messages).catch((error: Error) => this._say(error.message));
  });

  /** Ask the server what would be sent, and what can be mentioned. */
  private async _look(): Promise<void> {
    this._looking?.abort();
    const looking = (this._looking = new AbortController());
    const notebook = this.notebook;
    try {
      const asked = this._asked(this.draft, 'chat', readTyped(this.draft).text || '…');
      const [sent, variables, files] = await Promise.all([
        this.client.prompt(this._question({ ...asked, images: [] }), looking.signal),
        notebook?.kernelId ? this.client.variables(notebook.kernelId) : Promise.resolve([]),
        this._filesBeside(notebook)
      ]);
      if (!looking.signal.aborted) {
        this._preview = sent;
        // A busy kernel says nothing: what it said before is still good to mention.
        this._variables = variables.length > 0 ? variables : this._variables;
        this._files = files;
        this._emit();
      }
    } catch {
      if (!looking.signal.aborted) {
        this._preview = null;
        this._emit();
      }
    }
  }

  private async _filesBeside(notebook: ActiveNotebook | null): Promise<string[]> {
    if (!notebook) {
      return [];
    }
    const folder = notebook.path.split('/').slice(0, -1).join('/');
    const listed = await this._contents.get(folder, { content: true }).catch(() => null);
    const entries: Contents.IModel[] = Array.isArray(listed?.content) ? listed.content : [];
    return entries.filter(entry => entry.type === 'file').map(entry => entry.name);
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
  private _preview: ISent | null = null;
  private _looking: AbortController | null = null;
  private _variables: readonly IVariable[] = [];
  private _files: readonly string[] = [];
  private readonly _excluded = new Map<string, string>();
  private readonly _conversations = new Map<string, Conversation>();
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

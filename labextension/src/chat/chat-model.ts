/**
 * What the sidebar shows: the notebook it follows, its conversation, the state of the model, what would be sent.
 *
 * Holds the state and the rules of it; draws nothing, and touches cells only through `ActiveNotebook`.
 */

import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomModel } from '@jupyterlab/ui-components';
import { AgentModel } from '../agent/agent-model';
import type { ActiveNotebook } from '../notebook/active-notebook';
import type { IFileWidget } from '../notebook/open-file';
import type { IChoices, IPosted } from '../protocol/question';
import { LOCAL } from '../protocol/routes';
import type { IMessage, ISent } from '../protocol/sent';
import type { IStatus } from '../protocol/status';
import type { Task } from '../protocol/tasks';
import { factsOf, lacksPictures, withData } from './composing/asking';
import { Attaching } from './composing/attaching';
import { Composition, LONGEST_DRAFT } from './composing/composition';
import type { IPicture } from './composing/pictures';
import type { Client } from './client';
import { Conversation } from './conversation/conversation';
import { ConversationStore } from './conversation/conversation-store';
import { Drafts } from './conversation/drafts';
import { Decisions } from './conversation/decisions';
import type { Exchange, IAsked } from './conversation/exchange';
import { FollowedNotebook } from './followed-notebook';
import { LookAhead } from './composing/look-ahead';
import { Threads } from './conversation/threads';
import { ModelSetup } from './model-setup';
import { NotebookEdits } from './conversation/notebook-edits';
import { RouteChoice } from '../sidebar/route-choice';
import { said } from '../view/said';
import { readTyped } from './composing/slash-commands';

/** Something that is asked from elsewhere: a button at a cell, a menu. */
export interface IAskedElsewhere {
  readonly task: Task;
  readonly question?: string;
  readonly target?: string;
  readonly strengthens?: string;
}

/** A sentence for the user, and how what it tells of is taken back. */
export interface INotice {
  readonly text: string;
  readonly undo: (() => void) | null;
  /** Whether what it tells of has gone away by itself. */
  isOver(): boolean;
}

export class ChatModel extends VDomModel {
  constructor(
    readonly client: Client,
    tracker: INotebookTracker,
    readonly contents: Contents.IManager,
    readonly trans: TranslationBundle,
    rendermime: IRenderMimeRegistry
  ) {
    super();
    this.setup = new ModelSetup(client, trans);
    this.setup.changed.connect(() => this._emit());
    this.route = new RouteChoice(client, reason => this.notify(reason));
    this.route.changed.connect(() => this._onRoute());
    this._store = new ConversationStore(client, reason => this._notifyAlso(reason));
    this._store.listed.connect(() => this._onConversation());
    this.threads = new Threads(this, this._store, contents, trans);
    this._followed = new FollowedNotebook(tracker, trans, contents);
    this.edits = new NotebookEdits(() => this.notebook, trans);
    this.decisions = new Decisions(
      () => this._conversation,
      this._store,
      this.edits,
      words => this._say(words)
    );
    this._lookAhead = new LookAhead(
      client,
      contents,
      () => ({ ...this._posted(this.composition.written), images: [] }),
      () => this.notebook
    );
    this.composition = new Composition(
      () => this.notebook,
      () => this._lookAhead,
      () => this.status?.hasVision ?? false
    );
    this.composition.changed.connect(() => this._onComposed());
    this.attaching = new Attaching(this);
    this.agent = new AgentModel({
      client,
      tracker,
      rendermime,
      trans,
      posted: task => this._posted(this.composition.asked(task, 'chat', task, this.composition)),
      notify: (text, isOver) => this.notify(text, null, isOver)
    });
    this.agent.changed.connect(() => this._emit());
    this._lookAhead.changed.connect(() => this._emit());
    this._followed.changed.connect(() => this._open());
    this._followed.factsChanged.connect(() => this._factsChanged());
    this._followed.renamed.connect((_, { path, newPath }) => {
      this._store.rename(path, newPath);
      this._drafts.rename(path, newPath);
      this.agent.rename(path, newPath);
      this._emit();
    });
    this._followed.closed.connect((_, path) => {
      this._store.stop(path);
      this.agent.stop(path);
    });
    this._followed.start();
    document.addEventListener('visibilitychange', () => this._refresh());
  }

  readonly setup: ModelSetup;
  readonly threads: Threads;
  readonly edits: NotebookEdits;
  readonly decisions: Decisions;
  /** Whole tasks, beside questions. */
  readonly agent: AgentModel;
  readonly composition: Composition;
  readonly attaching: Attaching;
  readonly route: RouteChoice;
  /** Said to screen readers now. */
  announcement = '';
  /** Said to everybody, until something else is done or it is over; null for nothing. */
  notice: INotice | null = null;
  isHelpShown = false;

  get isVisible(): boolean {
    return this._isVisible;
  }

  set isVisible(visible: boolean) {
    this._isVisible = visible;
    if (visible) {
      this.setup.open();
      this._refresh();
      this._factsChanged();
    }
  }

  get status(): IStatus | null {
    return this.setup.status;
  }

  get notebook(): ActiveNotebook | null {
    return this._followed.current;
  }

  /** Of what is followed, as the server knows it; "" for nothing. */
  get path(): string {
    return this._followed.path;
  }

  get conversation(): Conversation {
    return this._conversation;
  }

  /** What would be sent with the draft, null where that is not known. */
  get preview(): ISent | null {
    return this._lookAhead.sent;
  }

  /** Prompt tokens that the model reads in a second, 0 where that is not known. */
  get readingSpeed(): number {
    return this._readingSpeed;
  }

  /** What stands in the composer. */
  get draft(): string {
    return this.composition.draft;
  }

  setDraft(draft: string): void {
    if (draft.length > LONGEST_DRAFT) {
      this._notifyOfDraft(
        this.trans.__(
          'That is too long for a message (%1 characters, at most %2): put it into a file beside the notebook, and attach it with @.',
          draft.length.toLocaleString(),
          LONGEST_DRAFT.toLocaleString()
        )
      );
      return;
    }
    this.composition.setDraft(draft);
    this._keepDraft();
  }

  /** Write what was asked once more; its pictures come back as they were sent, unless others lie there by then. */
  async writeAgain({ typed, question }: IAsked): Promise<void> {
    const { _conversation: conversation } = this;
    this.setDraft(typed);
    this.setPictures([]);
    const images = await Promise.all(question.images.map(image => this.client.withData(this.path, image)));
    if (images.length > 0 && conversation === this._conversation && this.composition.pictures.length === 0) {
      this.setPictures(images.map((image, at) => ({ ...image, name: this.trans.__('picture %1', at + 1) })));
    }
  }

  setPictures(pictures: readonly IPicture[]): void {
    this.composition.setPictures(pictures);
    this._keepDraft();
  }

  /** Send the draft, behind what is being answered; what stands in the way is a sentence. */
  async send(): Promise<void> {
    const { command, text, unknown } = readTyped(this.draft);
    if (unknown) {
      this._notifyOfDraft(this.trans.__('There is no command "/%1": type /help to see all.', unknown));
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
    if (!command && this.agent.mode === 'do') {
      if (this.agent.mayStart()) {
        // With what lies beside it now.
        const done = this.agent.start(text, { isPlan: this.agent.isPlan });
        this.composition.pictures = [];
        this.setDraft('');
        await done;
      }
      return;
    }
    const { pictures } = this.composition;
    const asked = this.composition.asked(this.draft, command ? (command as Task) : 'chat', text, { pictures });
    this.composition.pictures = [];
    this.setDraft('');
    if (this._conversation.running) {
      // What was shown beside the button is what is sent, whatever is chosen until then.
      const waiting = { ...asked, route: this.route.chosen };
      this._conversation.setQueued([...this._conversation.queued, waiting]);
      this._keepDraft();
      this._say(this.trans.__('It is asked when the answer has ended.'));
      return;
    }
    await this._ask(asked);
  }

  /** Take a question that waits away. */
  unqueue(asked: IAsked): void {
    this._conversation.setQueued(this._conversation.queued.filter(one => one !== asked));
    this._keepDraft();
  }

  /** Ask a question that waits now. */
  async askQueued(asked: IAsked): Promise<void> {
    this.unqueue(asked);
    await this._ask({ ...asked, question: { ...asked.question, images: withData(asked.question.images) } });
  }

  hideHelp(): void {
    this.isHelpShown = false;
    this._emit();
  }

  /** Ask from elsewhere, about a cell. */
  async ask({ task, question = '', target, strengthens = '' }: IAskedElsewhere): Promise<Exchange | null> {
    const typed = task === 'chat' || task === 'edit' ? question : `/${task} ${question}`.trim();
    const asked = this.composition.asked(typed, task, question);
    const about = { ...asked.question, strengthens, ...(target ? { target } : {}) };
    return this._ask({ typed, question: about });
  }

  async retry(exchange: Exchange): Promise<void> {
    const conversation = this._conversation;
    const taken = this._takeBack(exchange);
    if (taken.length === 0) {
      return;
    }
    const asking = this._ask(taken[0].asked);
    const anew = conversation.exchanges[conversation.exchanges.length - 1];
    if (exchange.reply) {
      this.notify(this.trans.__('The answer is asked for anew.'), () => this._swap(conversation, anew, taken));
    }
    const { state, error } = await asking;
    if (exchange.reply && state !== 'done' && !anew.reply && conversation.exchanges.includes(anew)) {
      this._swap(conversation, anew, taken, said(error) || this.trans.__('Stopped.'));
    }
  }

  /** Go on with an answer that was cut off. */
  async goOn(exchange: Exchange): Promise<void> {
    await this._conversation.goOn(exchange, factsOf(this.notebook), this._choices);
  }

  /** Put an earlier question back into the composer, and what was said since away. */
  edit(exchange: Exchange): void {
    const conversation = this._conversation;
    const { draft } = this;
    const { pictures } = this.composition;
    const taken = this._takeBack(exchange);
    if (taken.length > 0) {
      const { typed } = taken[0].asked;
      void this.writeAgain(taken[0].asked);
      this.notify(this.trans.__('The question is in the field again; what was said since is taken away.'), () => {
        // What was written since is nobody's to take away.
        if (this.draft === typed) {
          this.setDraft(draft);
          this.setPictures(pictures);
        }
        this._putBack(conversation, taken);
      });
    }
  }

  stop(): void {
    this._conversation.stop();
  }

  clear(): void {
    const conversation = this._conversation;
    const queued = conversation.queued;
    const taken = conversation.clear();
    this.composition.begin(this.draft, this.composition.pictures);
    this._store.remove(conversation, taken);
    this._keepDraft();
    this.notify(this.trans.__('The conversation is cleared.'), () => {
      conversation.setQueued(queued);
      this._putBack(conversation, taken);
    });
    this._lookSoon();
  }

  /** What would be sent now, word for word. */
  async messages(): Promise<readonly IMessage[]> {
    return (await this.client.prompt(this._posted(this.composition.written), new AbortController().signal)).messages;
  }

  /** Be about this notebook at once; that it is in front is told a moment later. */
  showNotebook(panel: NotebookPanel): void {
    this._followed.showNotebook(panel);
  }

  /** Be about a file until a notebook is in front again: null. */
  showFile(file: IFileWidget | null): void {
    this._followed.showFile(file);
  }

  /** Something that goes along, and that this page does not see, has changed. */
  lookAgain(): void {
    this._lookSoon();
  }

  /** Bring a conversation about the notebook to the front. */
  show(conversation: Conversation): void {
    const path = this._followed.path;
    this._conversation.changed.disconnect(this._onConversation, this);
    this._conversation = conversation;
    conversation.changed.connect(this._onConversation, this);
    conversation.ended.connect(this._onEnded, this);
    const { text, queued, pictures } = this._drafts.read(path, conversation.thread);
    this.notice = null;
    this.composition.begin(text, pictures);
    conversation.setQueued(conversation.queued.length > 0 ? conversation.queued : queued);
    // An answer of this page may have ended while another conversation was in front.
    const last = conversation.exchanges[conversation.exchanges.length - 1];
    this._nextSoon(conversation, last?.rounds > 0 && last.state === 'done' && mayGoOn(last));
  }

  /** Say something to everybody, on the screen too. */
  notify(text: string, undo: (() => void) | null = null, isOver = () => false): void {
    this.notice = text ? { text: said(text), undo, isOver } : null;
    this._emit();
  }

  /** Say something beside what was just done, which can be taken back as before. */
  private _notifyAlso(reason: string): void {
    const { text = '', undo = null } = this.notice ?? {};
    this.notify(`${undo ? `${text} ` : ''}${said(reason)}`, undo);
  }

  /** Say something that is no longer true of another draft. */
  private _notifyOfDraft(text: string): void {
    const { draft } = this;
    this.notify(text, null, () => this.draft !== draft);
  }

  private async _ask(asked: IAsked): Promise<Exchange> {
    this.isHelpShown = false;
    this.notice = null;
    this._say(this.trans.__('Asked.'));
    const choices = { ...this._choices, ...(asked.route === undefined ? {} : { route: asked.route }) };
    const asking = this._conversation.ask(asked, factsOf(this.notebook), choices);
    this.composition.setImages(false);
    return asking;
  }

  /** An answer has ended; meanwhile another notebook may have come to the front. */
  private _onEnded(conversation: Conversation, exchange: Exchange): void {
    if (exchange.state === 'failed' || exchange.state === 'cut') {
      this._store.keep(conversation, exchange);
      // What this page has lost, the server may have whole.
      void this._store.refresh(conversation);
      void this.setup.look();
    }
    this._learnSpeed(exchange);
    if (conversation === this._conversation) {
      this._say(summary(this.trans, exchange));
      this._lookSoon();
      this._nextSoon(conversation, mayGoOn(exchange));
    }
  }

  /** Not at once: what stopped the answer may have another question in its hands. */
  private _nextSoon(conversation: Conversation, isWanted: boolean): void {
    setTimeout(() => {
      const [next] = isWanted ? conversation.queued : [];
      // Nobody has agreed to ask it without its pictures.
      if (next && !lacksPictures(next) && !conversation.running && conversation === this._conversation) {
        void this.askQueued(next);
      }
    }, 0);
  }

  private _takeBack(exchange: Exchange): Exchange[] {
    const taken = this._conversation.takeBack(exchange.id);
    this._store.remove(this._conversation, taken);
    return taken;
  }

  /** Put back what an answer, and all behind it, stands in the place of. */
  private _swap(conversation: Conversation, instead: Exchange, back: readonly Exchange[], why = ''): void {
    const taken = conversation.takeBack(instead.id);
    this._store.remove(conversation, taken);
    this._putBack(conversation, back);
    const text = `${why} ${this.trans.__('The earlier answer is back.')}`.trim();
    this.notify(text, why || !taken.length ? null : () => this._swap(conversation, back[0], taken));
  }

  private _putBack(conversation: Conversation, taken: readonly Exchange[]): void {
    conversation.putBack(taken);
    this._store.putBack(conversation, taken);
    this.notify('');
  }

  private get _choices(): IChoices {
    const exclude = [...this.composition.excluded.keys()];
    return { exclude, model: this.setup.chosen || null, route: this.route.chosen };
  }

  private _posted({ question }: IAsked): IPosted {
    return { ...question, ...factsOf(this.notebook), ...this._choices, turns: this._conversation.turns() };
  }

  /** The sidebar is about the notebook that is in front. */
  private _open(): void {
    const path = this._followed.path;
    this.show(this._store.of(path, this._drafts.inFront(path)));
    this._lookAhead.forget();
    void this.route.open(path);
    void this.agent.open(path);
    this._factsChanged();
  }

  private _onComposed(): void {
    this._emit();
    this._lookSoon();
  }

  private _onRoute(): void {
    void this.setup.take(this.route.chosen === LOCAL ? '' : this.route.chosen);
    this._factsChanged();
  }

  private _refresh(): void {
    if (this._isVisible && !document.hidden) {
      void this._store.refresh(this._conversation);
    }
  }

  private _keepDraft(): void {
    const { thread, unheard, queued } = this._conversation;
    const { draft, pictures } = this.composition;
    this._drafts.keep(this._followed.path, thread, { text: draft, queued: [...unheard, ...queued], pictures });
  }

  private _factsChanged(): void {
    if (this._isVisible) {
      this._emit();
      this._lookSoon();
    }
  }

  private _lookSoon(): void {
    if (this._isVisible) {
      this._lookAhead.soon();
    }
  }

  private _learnSpeed(exchange: Exchange): void {
    const usage = exchange.answer?.bundle.usage;
    // Tokens from the server's cache make a reading look fast: the slowest one seen is the honest one.
    if (usage && usage.promptSeconds > 0 && usage.promptTokens >= 100) {
      const speed = usage.promptTokens / usage.promptSeconds;
      this._readingSpeed = Math.min(speed, this._readingSpeed || speed);
    }
  }

  private _say(words: string): void {
    this.announcement = words;
    this._emit();
  }

  private _onConversation(): void {
    this._drafts.bringToFront(this._followed.path, this._conversation.thread);
    const unheard = this._conversation.unheard.map(({ id }) => id).join();
    if (unheard !== this._unheard) {
      // Not at each change: another page of this browser may be writing about the same notebook.
      this._unheard = unheard;
      this._keepDraft();
    }
    this._emit();
  }

  private _emit(): void {
    if (this.notice?.isOver()) {
      this.notice = null;
    }
    this.stateChanged.emit();
  }

  private _isVisible = false;
  /** Ids of the questions that were sent, and may not have arrived. */
  private _unheard = '';
  private _readingSpeed = 0;
  private readonly _lookAhead: LookAhead;
  private readonly _store: ConversationStore;
  private readonly _followed: FollowedNotebook;
  private readonly _drafts = new Drafts(window.location.pathname.replace(/\/(lab|notebooks|tree|doc)\b.*/, ''));
  private _conversation = new Conversation(this.client);
}

/** A model server that broke off would break off again: what waits is there to be asked. */
function mayGoOn({ state, answer }: Exchange): boolean {
  return state === 'stopped' || (state === 'done' && answer?.bundle.finished !== 'cut');
}

function summary(trans: TranslationBundle, exchange: Exchange): string {
  switch (exchange.state) {
    case 'failed':
    case 'cut':
      return said(exchange.error);
    case 'stopped':
      return trans.__('Stopped.');
    default:
      return trans.__('The answer is complete: %1', exchange.reply.slice(0, 300));
  }
}

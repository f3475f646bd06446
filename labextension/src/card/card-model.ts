/**
 * The state of one card, and what its buttons do. Draws nothing.
 */

import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomModel } from '@jupyterlab/ui-components';
import { JSONArray, JSONExt } from '@lumino/coreutils';
import { OpenNotebook } from '../notebook/active-notebook';
import { cellName } from '../notebook/cell-name';
import type { KernelLink } from '../kernel/kernel-link';
import type { NotebookLinks } from '../kernel/notebook-links';
import type { IBundle, ICard } from '../protocol/bundle';
import type { IEdit } from '../protocol/edit';
import type { CardAction } from '../protocol/kernel-messages';
import { standsIn } from '../view/shown-code';
import { refusalText } from '../notebook/refusal-text';
import { choiceOf, chosenOf } from '../notebook/hunk-choice';

export interface IOutcome {
  readonly kind: 'applied' | 'refused';
  readonly text: string;
}

/** How far below its answer a cell that was made of it is looked for. */
const NEAR = 20;

export class CardModel extends VDomModel {
  constructor(
    private readonly _node: HTMLElement,
    private readonly _tracker: INotebookTracker,
    private readonly _links: NotebookLinks,
    readonly trans: TranslationBundle
  ) {
    super();
    _links.changed.connect(this.refresh, this);
  }

  dispose(): void {
    if (!this.isDisposed) {
      this._links.changed.disconnect(this.refresh, this);
      this._unwatch();
      this._unfollow();
      super.dispose();
    }
  }

  get card(): ICard | null {
    return this._bundle?.card ?? null;
  }

  get bundle(): IBundle | null {
    return this._bundle;
  }

  /** Whether somebody works on it: not on one that was saved half done, nor after the kernel's restart. */
  get isAtWork(): boolean {
    const { bundle, notebook } = this;
    const isOpen = bundle?.card ? bundle.card.state === 'working' : bundle?.arriving != null;
    return isOpen && (!notebook || this._links.isAtWork(notebook.panel, bundle?.id ?? ''));
  }

  /** What became of the last click, null before it and when the fix was undone. */
  get outcome(): IOutcome | null {
    return this._outcome;
  }

  /** What a screen reader shall say now, "" for nothing. */
  get announcement(): string {
    return this._announcement;
  }

  /** The edits on offer: all of a fix, or those of an ordinary answer that rewrite cells which are there. */
  get edits(): readonly IEdit[] {
    const { card, edits } = this._bundle ?? { card: null, edits: [] };
    if (card) {
      return card.state === 'done' ? edits : [];
    }
    const notebook = this.notebook;
    const rewrites = edits.filter(edit => edit.op === 'replace');
    return notebook && rewrites.every(edit => notebook.indexOf(edit.cellId) >= 0) ? rewrites : [];
  }

  get notebook(): OpenNotebook | null {
    return OpenNotebook.around(this._tracker, this._node);
  }

  /** Whether the kernel that can explain is listening. */
  get isConnected(): boolean {
    return this._link !== null;
  }

  set bundle(bundle: IBundle | null) {
    const before = this._bundle?.card?.state;
    const edits = this._bundle?.edits;
    // What was chosen of an edit stays chosen while it is the same one.
    const isSame = bundle && edits && JSONExt.deepEqual(edits as unknown as JSONArray, bundle.edits as unknown as JSONArray);
    this._bundle = isSame ? { ...bundle, edits } : bundle;
    if (before === 'working' && this.card?.state === 'done') {
      this._announcement = this._summary(this.card);
    } else if (this.card?.state === 'working') {
      this._announcement = '';
      this._outcome = null;
    }
    this.refresh();
  }

  /** Draw again: something that is looked up while drawing may have changed. */
  refresh(): void {
    this.stateChanged.emit();
  }

  /** Look again when cells come or go: only now is there a notebook around the card. */
  follow(): void {
    this._unfollow();
    this._unfollow = this.notebook?.watchCells(() => this.refresh()) ?? this._unfollow;
    this.refresh();
  }

  /** Id of the cell that holds the code of an answer, as a cell below it; "" for none. */
  cellOf(source: string): string {
    const notebook = this.notebook;
    if (!notebook || !this._bundle?.edits.some(edit => edit.op === 'insert' && standsIn(source, edit.source))) {
      return '';
    }
    const own = notebook.indexOf(this._ownCell(notebook));
    const below = notebook.cells.slice(own + 1, own + 1 + NEAR);
    return below.find(cell => standsIn(source, cell.source))?.id ?? '';
  }

  /** How the cell is called. */
  cellLabel(cellId: string): string {
    return this._cellName(cellId) || this.trans.__('a cell');
  }

  /** As it stands in the notebook, else where the kernel saw it; "" where neither is known. */
  private _cellName(cellId: string): string {
    const index = this.card?.indexes.get(cellId);
    const there = cellName(this.trans, this.notebook, cellId);
    return there || (index === undefined ? '' : this.trans.__('cell %1', `#${index + 1}`));
  }

  /** Carry out the fix, then run what it says when `run`. */
  apply(run = false): void {
    const notebook = this.notebook;
    const edits = this.edits;
    if (!notebook) {
      this._refuse(this.trans.__('Open the notebook that this fix belongs to: nothing was changed.'));
      return;
    }
    const { plan } = notebook.apply(chosenOf(edits), this._ownCell(notebook));
    if (!plan.ok) {
      this._refuse(refusalText(this.trans, plan.why, this._cellName(plan.cellId)));
      return;
    }
    const isOne = edits.length === 1 && edits[0].op === 'replace';
    const words = isOne ? this.trans.__('Applied. Undo with Ctrl+Z.') : this.trans.__('Applied. Undo with Z.');
    const isWhole = edits.every(edit => choiceOf(edit).isWhole);
    this._settle('applied', isWhole ? words : `${words} ${this.trans.__('What you left out was not applied.')}`);
    this._link?.report(this.card?.id ?? '', '');
    this._watchForUndo(notebook, edits);
    notebook.focus(plan.focusId, isOne ? 'edit' : 'command');
    if (run) {
      this.rerun();
    }
  }

  /** Run the cells that the kernel names, or the one that failed. */
  rerun(): void {
    const { rerun, failedId } = this.card ?? { rerun: [], failedId: '' };
    const notebook = this.notebook;
    const own = notebook ? this._ownCell(notebook) : '';
    void notebook?.run(rerun.length > 0 ? rerun : [failedId || own]);
  }

  /** Take the card out of the notebook. */
  dismiss(): void {
    const notebook = this.notebook;
    const card = this.card;
    if (!notebook) {
      return;
    }
    const own = this._ownCell(notebook);
    if (card) {
      this._link?.act('dismiss', card.id);
    }
    notebook.removeOutput(this._node);
    notebook.focus(card?.failedId || own);
  }

  /** Ask the kernel. */
  act(action: CardAction): void {
    if (this.card) {
      this._link?.act(action, this.card.id);
    }
  }

  private get _link(): KernelLink | null {
    const notebook = this.notebook;
    return notebook && this._links.of(notebook.panel);
  }

  private _ownCell(notebook: OpenNotebook): string {
    return notebook.cellAround(this._node);
  }

  private _refuse(text: string): void {
    this._settle('refused', text);
    this._link?.report(this.card?.id ?? '', text);
  }

  private _settle(kind: IOutcome['kind'], text: string): void {
    this._outcome = { kind, text };
    this._announcement = text;
    this.refresh();
  }

  /** A fix that is undone can be applied again. */
  private _watchForUndo(notebook: OpenNotebook, edits: readonly IEdit[]): void {
    this._unwatch();
    const rewritten = edits.filter(edit => edit.op === 'replace');
    if (rewritten.length === 0) {
      return;
    }
    this._unwatch = notebook.watch(
      rewritten.map(edit => edit.cellId),
      () => {
        if (notebook.expects(rewritten)) {
          this._unwatch();
          this._outcome = null;
          this.refresh();
        }
      }
    );
  }

  private _summary(card: ICard): string {
    const fixed = this.edits.map(edit => this.cellLabel(edit.cellId)).join(', ');
    const said = this.trans.__('The explanation of %1 is ready.', card.title);
    return fixed ? `${said} ${this.trans.__('A fix is proposed for %1.', fixed)}` : said;
  }

  private _bundle: IBundle | null = null;
  private _outcome: IOutcome | null = null;
  private _announcement = '';
  private _unwatch: () => void = () => undefined;
  private _unfollow: () => void = () => undefined;
}

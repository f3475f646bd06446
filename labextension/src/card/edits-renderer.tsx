/**
 * The renderer of our MIME type: a card for an explanation, the Markdown of an ordinary answer, and the Markdown beside
 * the bundle for everything that is not understood.
 */

import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';
import { AnswerView } from './answer-view';
import { CardModel } from './card-model';
import { CardActions } from './card-actions';
import { CardHead } from './card-head';
import type { ICodeBlock, IPlace } from '../view/code-view';
import { DiffView } from '../view/diff-view';
import { choiceOf } from '../notebook/hunk-choice';
import { comeIntoSight } from './sight';
import type { NotebookLinks } from '../kernel/notebook-links';
import { ProseView } from '../view/prose-view';
import { IBundle, readBundle } from '../protocol/bundle';
import { IEdit } from '../protocol/edit';
import { standsIn } from '../view/shown-code';
import { MIME_TYPE } from '../tokens';
import { said } from '../view/said';
import { h } from '../view/element';

/** What a card needs of the application. */
export interface ICardServices {
  readonly tracker: INotebookTracker;
  readonly rendermime: IRenderMimeRegistry;
  readonly links: NotebookLinks;
  readonly trans: TranslationBundle;
  readonly languages: IEditorLanguageRegistry | null;
}

export class EditsRenderer extends Panel implements IRenderMime.IRenderer {
  constructor(
    private readonly _services: ICardServices,
    options: IRenderMime.IRendererOptions
  ) {
    super();
    const { tracker, links, trans, rendermime } = _services;
    this.addClass('jp-devstral-card');
    this._model = new CardModel(this.node, tracker, links, trans);
    this._model.stateChanged.connect(this._draw, this);
    const head = (this._head = this._signalled(model => <CardHead model={model} />));
    this._answer = new AnswerView(_services, block => this._placeOf(block));
    const actions = this._signalled(model => <CardActions model={model} />);
    this._prose = new ProseView(rendermime, options);
    this._receipt = new ProseView(rendermime, options);
    const parts: [Widget, string][] = [
      [head, 'head'],
      [this._prose, 'prose'],
      [this._answer, 'answer'],
      [this._diffs, 'diffs'],
      [actions, 'actions'],
      [this._receipt, 'receipt'],
      [this._hint, 'hint']
    ];
    for (const [part, name] of parts) {
      part.addClass(`jp-devstral-${name}`);
      this.addWidget(part);
    }
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const bundle = readBundle(model.data[MIME_TYPE]);
    const markdown = text(model.data['text/markdown']);
    this._sibling = markdown || text(model.data['text/plain']);
    this._model.bundle = bundle;
    await this._prose.showMarkdown(this._proseText());
  }

  dispose(): void {
    if (!this.isDisposed) {
      this._model.dispose();
      super.dispose();
    }
  }

  protected onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this._model.follow();
  }

  private _draw(): void {
    const { bundle, card } = this._model;
    const isDone = card?.state === 'done';
    this.setHidden(card?.state === 'dismissed');
    this.toggleClass('jp-mod-explanation', card !== null);
    this.node.setAttribute('aria-busy', String(this._model.isAtWork));
    this._head.setHidden(card === null && bundle?.arriving == null);
    const drawn = this._drawn;
    this._answer.setHidden(!drawn);
    if (drawn) {
      this._answer.showBundle(drawn);
    }
    this._drawDiffs();
    this._answer.refresh();
    void this._prose.showMarkdown(this._proseText());
    void this._receipt.showMarkdown(isDone || drawn ? said(bundle?.receipt ?? '') : '');
    this._hint.node.textContent = isDone ? said(card.hint) : '';
    if (card?.state === 'working' && card.waited === 0 && this._model.isAtWork && this._isNew) {
      this._isNew = false;
      requestAnimationFrame(() => comeIntoSight(this.node));
    }
  }

  /** The bundle of an ordinary answer that is drawn here, null for what its Markdown shows. */
  private get _drawn(): IBundle | null {
    const { bundle, card } = this._model;
    return bundle && !card && (bundle.shown || bundle.arriving) ? bundle : null;
  }

  private _proseText(): string {
    const { bundle, card, edits } = this._model;
    if (card) {
      return card.state === 'offer' ? '' : (bundle?.prose ?? '');
    }
    // A change is shown as a diff of its own; the Markdown would show it once more.
    return this._drawn ? '' : edits.length > 0 ? (bundle?.reply ?? '') : this._sibling;
  }

  /** The cell that a block of the answer has become, else the change below that shows it. */
  private _placeOf({ source }: ICodeBlock): IPlace | null {
    const { trans } = this._services;
    const cellId = this._model.cellOf(source);
    if (cellId) {
      const show = () => this._model.notebook?.select(cellId);
      return { label: trans.__('Inserted: %1', this._model.cellLabel(cellId)), show };
    }
    const at = this._model.edits.findIndex(edit => standsIn(source, edit.source));
    if (at < 0) {
      return null;
    }
    const label = trans.__('See the change of %1', this._model.cellLabel(this._model.edits[at].cellId));
    return { label, show: () => this._diffs.widgets[at]?.node.scrollIntoView({ block: 'nearest' }) };
  }

  /** Editors are made anew only when what they show is something else. */
  private _drawDiffs(): void {
    const { edits, notebook } = this._model;
    const { trans, languages } = this._services;
    const headings = edits.map(edit => this._heading(edit));
    const mimeType = notebook?.mimeType ?? 'text/x-ipython';
    const shown = JSON.stringify([headings, edits, mimeType]);
    if (shown === this._shown) {
      return;
    }
    this._shown = shown;
    while (this._diffs.widgets.length > 0) {
      this._diffs.widgets[0].dispose();
    }
    edits.forEach((edit, at) =>
      this._diffs.addWidget(
        new DiffView({
          heading: headings[at],
          edit,
          trans,
          languages,
          mimeType,
          show: () => this._model.notebook?.select(edit.cellId),
          choice: choiceOf(edit)
        })
      )
    );
  }

  private _heading(edit: IEdit): string {
    const { trans } = this._services;
    const cell = this._model.cellLabel(edit.cellId);
    switch (edit.op) {
      case 'insert':
        return trans.__('New cell after %1', cell);
      case 'delete':
        return trans.__('Delete %1', cell);
      default:
        return this._model.card ? trans.__('Fix for %1', cell) : trans.__('Change of %1', cell);
    }
  }

  private _signalled(content: (model: CardModel) => JSX.Element): Widget {
    return ReactWidget.create(
      <UseSignal signal={this._model.stateChanged}>{() => content(this._model)}</UseSignal>
    );
  }

  private readonly _model: CardModel;
  private readonly _head: Widget;
  private readonly _prose: ProseView;
  private readonly _answer: AnswerView;
  private readonly _receipt: ProseView;
  private readonly _diffs = new Panel();
  private readonly _hint = new Widget();
  private _sibling = '';
  private _isNew = true;
  private _shown = '[]';
}

/** A multi-line string: a string, or a list of lines. */
function text(value: unknown): string {
  if (Array.isArray(value)) {
    return value.filter(line => typeof line === 'string').join('');
  }
  return typeof value === 'string' ? value : '';
}

/** A proposed change of a file, shown in its editor above the lines that it changes; nothing happens until it is accepted. */

import { EditorState, StateEffect, StateField } from '@codemirror/state';
import { Decoration, DecorationSet, EditorView, WidgetType } from '@codemirror/view';
import { Widget } from '@lumino/widgets';
import type { ChatModel } from '../chat/chat-model';
import type { Exchange } from '../chat/conversation/exchange';
import type { IChatServices } from '../components/chat-services';
import { choiceOf } from '../notebook/hunk-choice';
import { OpenFile } from '../notebook/open-file';
import { DiffView } from '../view/diff-view';

interface IShown {
  readonly exchange: Exchange;
  readonly at: number;
}

const shown = StateEffect.define<DecorationSet>();
const field = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (decorations, transaction) =>
    transaction.effects.reduce(
      (now, effect) => (effect.is(shown) ? effect.value : now),
      decorations.map(transaction.changes)
    ),
  provide: of => EditorView.decorations.from(of)
});

export class FileDiffs {
  constructor(
    private readonly _model: ChatModel,
    private readonly _services: IChatServices
  ) {
    _model.stateChanged.connect(this._update, this);
  }

  /** With every word of an answer: what is shown is looked at first. */
  private _update(): void {
    const { notebook, conversation } = this._model;
    const file = notebook instanceof OpenFile ? notebook : null;
    const exchange = conversation.exchanges[conversation.exchanges.length - 1];
    const open = file && exchange?.state === 'done' ? openOf(exchange) : [];
    const key = open.length > 0 ? JSON.stringify([file?.path, exchange.id, open]) : '';
    if (key === this._key) {
      return;
    }
    this._key = key;
    this._clear();
    if (file && open.length > 0) {
      this._show(file, open.map(at => ({ exchange, at })));
    }
  }

  private _show(file: OpenFile, changes: readonly IShown[]): void {
    const { view } = file;
    const placed = changes.flatMap(change => {
      const place = file.placeOf(change.exchange.proposed[change.at]);
      return place ? [{ change, from: view.state.doc.lineAt(place.start).from }] : [];
    });
    placed.sort((one, other) => one.from - other.from);
    const decorations = placed.map(({ change, from }) =>
      Decoration.widget({ widget: new InEditor(this._body(file, change)), block: true, side: -1 }).range(from)
    );
    const effects: StateEffect<unknown>[] = [shown.of(Decoration.set(decorations))];
    if (!hasField(view.state)) {
      effects.unshift(StateEffect.appendConfig.of(field));
    }
    view.dispatch({ effects });
    this._view = view;
  }

  private _clear(): void {
    const view = this._view;
    this._view = null;
    if (view && hasField(view.state) && view.dom.isConnected) {
      view.dispatch({ effects: shown.of(Decoration.none) });
    }
  }

  private _body(file: OpenFile, { exchange, at }: IShown): () => Widget {
    const { trans } = this._model;
    return () => {
      const body = new Widget();
      body.addClass('jp-devstral-file-diff');
      body.addClass('jp-devstral-chat');
      const edit = exchange.proposed[at];
      const diff = new DiffView({
        heading: trans.__('Change of %1', file.nameOf(edit.cellId)),
        edit,
        trans,
        languages: this._services.languages,
        mimeType: file.mimeType,
        choice: choiceOf(edit)
      });
      const said = document.createElement('p');
      said.setAttribute('role', 'alert');
      const accept = button(trans.__('Accept'), 'accept-in-file', () => {
        const { isDone, text } = this._model.decisions.accept(exchange, [at]);
        said.textContent = isDone ? '' : `⚠ ${text}`;
      });
      accept.classList.add('jp-mod-primary');
      const reject = button(trans.__('Reject'), 'reject-in-file', () => {
        this._model.decisions.set(exchange, at, 'rejected');
        file.focus();
      });
      const buttons = document.createElement('div');
      buttons.className = 'jp-devstral-buttons';
      buttons.append(accept, reject);
      const host = document.createElement('div');
      body.node.append(host, buttons, said);
      body.disposed.connect(() => diff.dispose());
      // The editor takes the element into the page when this has returned.
      requestAnimationFrame(() => {
        if (!diff.isDisposed && host.isConnected) {
          Widget.attach(diff, host);
          body.node.scrollIntoView({ block: 'nearest' });
        }
      });
      return body;
    };
  }

  private _key = '';
  private _view: EditorView | null = null;
}

function openOf(exchange: Exchange): number[] {
  const places = exchange.proposed.map((_, at) => at);
  return places.filter(at => exchange.edits[at] === 'open' && exchange.proposed[at].op === 'replace');
}

function hasField(state: EditorState): boolean {
  return state.field(field, false) !== undefined;
}

function button(label: string, action: string, onClick: () => void): HTMLButtonElement {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = 'jp-devstral-button';
  made.dataset.action = action;
  made.textContent = label;
  made.addEventListener('click', onClick);
  return made;
}

class InEditor extends WidgetType {
  constructor(private readonly _make: () => Widget) {
    super();
  }

  toDOM(view: EditorView): HTMLElement {
    const widget = this._make();
    this._widgets.set(widget.node, widget);
    // Its height comes with its own editor.
    const watch = new ResizeObserver(() => view.requestMeasure());
    watch.observe(widget.node);
    widget.disposed.connect(() => watch.disconnect());
    return widget.node;
  }

  destroy(node: HTMLElement): void {
    this._widgets.get(node)?.dispose();
  }

  /** Keys and clicks in it are not the editor's. */
  ignoreEvent(): boolean {
    return true;
  }

  private readonly _widgets = new WeakMap<HTMLElement, Widget>();
}

/**
 * The provider of suggestions: what was suggested serves all keys that agree with it, and one question at a time is
 * on its way.
 *
 * JupyterLab calls at every key, cancels nothing, and keeps on showing what nobody takes away. What it accepts replaces
 * all between the place that it asked at and the cursor: nothing may be shown anywhere else.
 */

import type {
  CompletionHandler,
  ICompletionProviderManager,
  IInlineCompletionContext,
  IInlineCompletionItem,
  IInlineCompletionList,
  IInlineCompletionProvider
} from '@jupyterlab/completer';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Widget } from '@lumino/widgets';
import { aroundCursor, placeOf } from './typing/around-cursor';
import type { CompletionClient } from './completion-client';
import type { IKey, ISuggestion } from './completion-protocol';
import type { CompletionSettings } from './completion-settings';
import type { CompletionStatus } from './completion-status';
import { editingIn, IEditing, isEdited, Runs, standingAt } from './editing';
import { stopCapturing } from '../notebook/undo-steps';
import { OtherCells } from './typing/other-cells';
import { IPlace, TypedThrough } from './typing/typed-through';
import { Waiting } from './typing/waiting';
import { reasonOf } from '../protocol/reason';

export const PROVIDER_ID = 'jupyter-devstral:ghost-text';
/** What may stand behind the cursor without making it the middle of a line. */
const CLOSING = /^[\s)\]}"'`,:;]*$/;
/** Cells that are no code of the kernel's; the server sees only a part of a long one. */
const FOREIGN = /^\s*%%(?!(?:time|timeit|capture|prun)\b)/;
/** Spacers keep the room of what has gone for a second, invisibly. */
const SHOWN = ".jp-GhostText:not([class*='Spacer'])";
const NOTHING: IInlineCompletionList = { items: [] };
const INVOKED = 0;
/** Milliseconds: how often is looked whether somebody still waits, and how long anybody does. */
const LOOK = 50;
const LONGEST = 20_000;

/** Of its manager: what JupyterLab itself clears with. Its public `accept` of "" would edit the cell. */
interface IHandlers {
  readonly _panelHandlers?: ReadonlyMap<string, CompletionHandler>;
}

/** An item of ours as it stands on the screen; JupyterLab shortens it while one types along. */
type Item = IInlineCompletionItem;

export class GhostText implements IInlineCompletionProvider {
  readonly identifier = PROVIDER_ID;
  readonly name: string;
  readonly schema = {
    type: 'object',
    properties: {},
    default: { enabled: true, autoFillInMiddle: true, timeout: LONGEST, debouncerDelay: 0 }
  } as unknown as IInlineCompletionProvider['schema'];

  constructor(
    private readonly _manager: ICompletionProviderManager,
    private readonly _client: CompletionClient,
    private readonly _settings: CompletionSettings,
    private readonly _status: CompletionStatus,
    trans: TranslationBundle
  ) {
    this.name = trans.__('Devstral: suggestions at the cursor');
    _settings.changed.connect(() => {
      this._abort.abort();
      this._known.clear();
      this._clearStanding();
    });
  }

  async fetch(
    request: CompletionHandler.IRequest,
    context: IInlineCompletionContext
  ): Promise<IInlineCompletionList<Item>> {
    const started = performance.now();
    // Whatever was asked before is outdated, also where nobody is asked now.
    this._abort.abort();
    const abort = (this._abort = new AbortController());
    const widget = context.widget as unknown as Widget;
    const isByHand = (context.triggerKind as number) === INVOKED && !this._isOwn;
    this._isOwn = false;
    // We are called in the middle of a change, which an editor does not let us change.
    await Promise.resolve();
    const editing = this._settings.mode === 'off' ? null : editingIn(widget, request.mimeType ?? '', this._runs);
    if (!editing?.isCode) {
      return this._nothing(widget);
    }
    this._waiting.key(started);
    const at = placeOf(request.offset, request.text);
    const place = this._placeIn(editing, request.text, at);
    const waits = waiting(editing, place);
    // Of an undo, and of what others change, JupyterLab tells before the cursor is where it leaves it.
    if (!waits()) {
      return this._nothing(widget);
    }
    // Also what was asked for by hand is typed along.
    const known = isByHand ? null : this._known.find(place);
    if (known !== null) {
      return known ? this._shown(known, editing, waits) : this._nothing(widget);
    }
    this._clearExhausted(widget);
    const isWanted = isByHand || (this._wanted(false) && isWorthAsking(editing, place, at));
    if (!isWanted || aroundCursor(request.text, at).isBroken) {
      return this._nothing(widget);
    }
    await this._pause(isByHand ? 0 : this._waiting.delay(place.before), abort.signal);
    if (!waits()) {
      throw outdated();
    }
    const suggestion = await this._askedWhile(waits, editing, place, isByHand, abort);
    this.resume = () => suggestion.isPaused && editing.view.hasFocus && waits() && this.invoke(widget);
    if (suggestion.text || suggestion.isFinal) {
      this._known.add(place, suggestion.text);
    }
    if (!suggestion.text) {
      return this._nothing(widget);
    }
    return this._shown(suggestion.text, editing, waits);
  }

  /** End the undo step of what was typed before, or of what was accepted: histories merge what follows at once. */
  endUndoStep(): void {
    if (this._standing) {
      stopCapturing(this._standing.shared);
    }
  }

  /** Take away what stands for another text or cursor than there is now. */
  check(): void {
    if (this._standing && !this._waits()) {
      this._nothing(this._standing.widget);
    }
  }

  /** Ask, as if a key had been pressed, where JupyterLab itself does not: on a fresh line. */
  invoke(widget: Widget): void {
    if (this._manager.inline && this._wanted(false)) {
      this._isOwn = true;
      this._manager.inline.invoke(widget.id);
    }
  }

  /** A chat that kept a suggestion away may have ended: ask again where nobody has moved since. */
  resume = (): unknown => false;

  /** What is on the screen and ours, "" for nothing. */
  textIn(view: { readonly dom: HTMLElement }): string {
    const ghost = view.dom.querySelector<HTMLElement>(SHOWN);
    return ghost?.dataset.providedBy === PROVIDER_ID ? (this._item?.insertText ?? '') : '';
  }

  /** Take what is on the screen away, and do not offer it again here. */
  hide(widget: Widget): void {
    this._abort.abort();
    const editing = editingIn(widget, '', this._runs);
    if (editing) {
      const at = editing.view.state.selection.main.head;
      this._known.forget(this._placeIn(editing, editing.view.state.doc.toString(), at));
    }
    this._clear(widget);
  }

  editing(widget: Widget, mimeType = ''): IEditing | null {
    return editingIn(widget, mimeType, this._runs);
  }

  private _wanted(isByHand: boolean): boolean {
    const { mode } = this._settings;
    return mode === 'on' || (mode === 'manual' && isByHand);
  }

  /** Ask as long as somebody waits at this place: whoever goes elsewhere is shown nothing. */
  private async _askedWhile(
    waits: () => boolean,
    editing: IEditing,
    place: IPlace,
    isByHand: boolean,
    abort: AbortController
  ): Promise<ISuggestion> {
    const ends = performance.now() + LONGEST;
    const watch = setInterval(() => {
      if (!waits() || performance.now() > ends) {
        abort.abort();
      }
    }, LOOK);
    try {
      const suggestion = await this._asked(editing, place, isByHand, abort.signal);
      if (!waits()) {
        throw outdated();
      }
      return suggestion;
    } finally {
      clearInterval(watch);
    }
  }

  private async _asked(
    editing: IEditing,
    place: IPlace,
    isByHand: boolean,
    signal: AbortSignal
  ): Promise<ISuggestion> {
    const started = performance.now();
    this._status.asks(true);
    try {
      const key = this._key(editing, place.before + place.after, place.before.length, isByHand);
      const suggestion = await this._client.complete(key, () => this._others.sent(editing.cells), signal);
      this._status.heard(suggestion);
      if (!suggestion.isPaused) {
        this._waiting.answered(performance.now() - started);
      }
      signal.throwIfAborted();
      return suggestion;
    } catch (error) {
      if (!signal.aborted) {
        this._status.failed(reasonOf(error));
      }
      throw error;
    } finally {
      this._status.asks(false);
    }
  }

  private _key(editing: IEditing, text: string, at: number, isByHand: boolean): IKey {
    const { path, language, cell, cells, ran, runs } = editing;
    const { source, offset, isCut } = aroundCursor(text, at);
    return {
      path,
      kernel_id: editing.kernelId,
      language,
      cell: cell.id,
      source,
      offset,
      is_cut: isCut,
      // Also what of a long cell is not sent with a key may show what is a secret.
      others: cells.length > 1 || isCut ? this._others.name(cells, cell.id) : '',
      place: standingAt(editing.view, at),
      by_hand: isByHand,
      ran,
      runs,
      model: this._settings.model
    };
  }

  private _pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, milliseconds);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(outdated());
      });
    });
  }

  /** A place with what suggestions depend on: the other cells, and what has run. */
  private _placeIn(editing: IEditing, text: string, at: number): IPlace {
    const { path, cell, cells, runs, kernelId } = editing;
    const others = cells.length > 1 ? this._others.name(cells, cell.id) : '';
    const editor = [path, cell.id, others, kernelId, runs].join('\0');
    return { editor, before: text.slice(0, at), after: text.slice(at) };
  }

  private _shown(text: string, editing: IEditing, waits: () => boolean): IInlineCompletionList<Item> {
    this._item = { insertText: text };
    this._waits = waits;
    this._standing = editing;
    return { items: [this._item] };
  }

  private _nothing(widget: Widget): IInlineCompletionList<Item> {
    this._clearExhausted(widget);
    this._clearStanding();
    return NOTHING;
  }

  /** What stands on the screen would stand there dead: JupyterLab leaves it, and no key takes it any more. */
  private _clearStanding(): void {
    const standing = this._standing;
    this._standing = null;
    if (standing && standing.view.dom.isConnected && this.textIn(standing.view) !== '') {
      this._clear(standing.widget);
    }
  }

  /** A suggestion that was typed to its end still takes the Tab key. */
  private _clearExhausted(widget: Widget): void {
    if (this._item && this._item.insertText === '') {
      this._clear(widget);
    }
  }

  private _clear(widget: Widget): void {
    if (this._item && this._manager.inline?.isActive(widget.id)) {
      (this._manager as IHandlers)._panelHandlers?.get(widget.id)?.inlineCompleter?.model?.reset();
    }
    this._item = null;
  }

  private _abort = new AbortController();
  private _item: Item | null = null;
  private _standing: IEditing | null = null;
  private _waits = () => true;
  private _isOwn = false;
  private readonly _known = new TypedThrough();
  private readonly _waiting = new Waiting();
  private readonly _others = new OtherCells();
  private readonly _runs = new Runs();
}

function outdated(): DOMException {
  return new DOMException('outdated', 'AbortError');
}

/** Tells whether the cursor still stands there, in the same text, with nothing selected and nothing being composed. */
function waiting({ view, widget }: IEditing, place: IPlace): () => boolean {
  const { doc } = view.state;
  // An editor counts line ends of Windows as one sign.
  const at = place.before.replace(/\r\n/g, '\n').length;
  return () => {
    const { state, dom, compositionStarted } = view;
    const { empty, head } = state.selection.main;
    const isThere = dom.isConnected && !compositionStarted && empty && head === at;
    return isThere && state.doc.eq(doc) && isEdited(widget, view);
  };
}

function isWorthAsking(editing: IEditing, place: IPlace, at: number): boolean {
  const line = place.after.split('\n', 1)[0];
  return CLOSING.test(line) && standingAt(editing.view, at) === 'code' && !FOREIGN.test(place.before);
}

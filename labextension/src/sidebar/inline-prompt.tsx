/**
 * A field at a cell: what is typed there becomes a change of the cell, shown as a diff in place before anything happens.
 */

import * as React from 'react';
import type { Cell } from '@jupyterlab/cells';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import { MessageLoop } from '@lumino/messaging';
import type { PanelLayout } from '@lumino/widgets';
import type { ChatModel } from '../chat/chat-model';
import type { IChatServices } from '../components/chat-services';
import { EditCards } from '../components/exchange/edit-cards';
import type { Exchange } from '../chat/conversation/exchange';
import { keepFocus } from '../view/keep-focus';
import { Sentence } from '../components/sentence';
import { h } from '../view/element';

const CLASS = 'jp-devstral-inline';

export function openInlinePrompt(tracker: INotebookTracker, model: ChatModel, services: IChatServices): void {
  const cell = tracker.activeCell;
  const layout = cell?.layout as PanelLayout | undefined;
  if (!cell || !layout) {
    return;
  }
  const there = layout.widgets.find(widget => widget.hasClass(CLASS));
  if (there) {
    (there as InlinePrompt).takeFocus();
    return;
  }
  const input = layout.widgets.findIndex(widget => widget.hasClass('jp-Cell-inputWrapper'));
  const prompt = new InlinePrompt(cell, model, services);
  layout.insertWidget(input + 1, prompt);
  prompt.takeFocus();
}

class InlinePrompt extends ReactWidget {
  constructor(
    private readonly _cell: Cell,
    private readonly _model: ChatModel,
    private readonly _services: IChatServices
  ) {
    super();
    this.addClass(CLASS);
    this.addClass('jp-devstral-chat');
    // The notebook's own keys (a, b, x …) are letters here.
    this.node.dataset.lmSuppressShortcuts = 'true';
    this.node.tabIndex = -1;
    this.node.addEventListener('keydown', event => this._onKey(event));
    this._release = keepFocus(this.node, () => this.node.querySelector('input'));
  }

  dispose(): void {
    this._release();
    super.dispose();
  }

  /** Have the keys from this moment on: those that come before there is a field go into it. */
  takeFocus(): void {
    (this.node.querySelector('input') ?? this.node).focus();
  }

  /** The field is there. */
  private readonly _onField = (field: HTMLInputElement | null): void => {
    if (field && this._early !== null) {
      field.value = this._early;
      this._early = null;
      field.focus();
    }
  };

  protected render(): JSX.Element {
    const { trans } = this._model;
    const exchange = this._exchange;
    return (
      <>
        <form
          className="jp-devstral-inline-form"
          onSubmit={event => {
            event.preventDefault();
            void this._ask(new FormData(event.currentTarget).get('question') as string);
          }}
        >
          <input
            ref={this._onField}
            dir="auto"
            name="question"
            className="jp-devstral-draft"
            aria-label={trans.__('How to change this cell')}
            placeholder={trans.__('How to change this cell; Enter asks, Escape closes')}
            autoComplete="off"
          />
          <button type="button" className="jp-devstral-small-button" onClick={() => this._close()}>
            {trans.__('Close')}
          </button>
        </form>
        <UseSignal signal={this._model.stateChanged}>
          {() => (
            <div role="status">
              {this._isAsking && <p className="jp-devstral-status">{this._phase()}</p>}
              {exchange?.error && (
                <p className="jp-devstral-notice-error">
                  <Sentence text={exchange.error} />
                </p>
              )}
              {exchange?.state === 'done' && exchange.proposed.length === 0 && (
                <p className="jp-devstral-quiet">{trans.__('The answer, in the sidebar, changes nothing.')}</p>
              )}
              {exchange?.state === 'done' && (
                <EditCards exchange={exchange} model={this._model} services={this._services} />
              )}
            </div>
          )}
        </UseSignal>
      </>
    );
  }

  private _phase(): string {
    const running = this._model.conversation.running;
    return running?.phase || this._model.trans.__('writing');
  }

  private async _ask(question: string): Promise<void> {
    if (!question.trim() || this._isAsking) {
      return;
    }
    this._isAsking = true;
    this._exchange = null;
    this.update();
    this._exchange = await this._model.ask({ task: 'edit', question, target: this._cell.model.id });
    this._isAsking = false;
    if (!this.isDisposed) {
      this.update();
      this._model.stateChanged.connect(this._closeWhenSettled, this);
      MessageLoop.flush();
      await this.renderPromise;
      // The change is there to be accepted: not by a key that is meant for something else by now.
      requestAnimationFrame(() => this._hasFocus && this.node.querySelector<HTMLElement>('[data-action=accept]')?.focus());
    }
  }

  /** Accepted or rejected: the field has done its work. */
  private _closeWhenSettled(): void {
    const exchange = this._exchange;
    if (exchange && exchange.edits.length > 0 && !exchange.edits.includes('open')) {
      this._model.stateChanged.disconnect(this._closeWhenSettled, this);
      this._close();
    }
  }

  private _onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      event.preventDefault();
      if (this._isAsking) {
        this._model.stop();
      } else {
        this._close();
      }
    } else if (this._early !== null && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      this._early += event.key;
    }
    event.stopPropagation();
  }

  private _close(): void {
    this._model.stateChanged.disconnect(this._closeWhenSettled, this);
    const { _hasFocus: hadFocus } = this;
    this.dispose();
    if (hadFocus && !this._cell.isDisposed) {
      this._cell.editor?.focus();
    }
  }

  private get _hasFocus(): boolean {
    const { activeElement } = document;
    return activeElement === document.body || this.node.contains(activeElement);
  }

  private readonly _release: () => void;
  /** What was typed before there was a field; null once there is one. */
  private _early: string | null = '';
  private _exchange: Exchange | null = null;
  private _isAsking = false;
}

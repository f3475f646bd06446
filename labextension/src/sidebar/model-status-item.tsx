/** The item of the status bar about the chat's model; a click opens the sidebar. */

import { ReactWidget } from '@jupyterlab/ui-components';
import type { ChatModel } from '../chat/chat-model';
import { said } from '../view/said';
import { modelWords } from './model-status';
import { h } from '../view/element';

/** A model comes into memory and goes from it without a word; only what runs on this machine is asked unasked. */
const LOOK_EVERY = 30_000;

export class ModelStatusItem extends ReactWidget {
  constructor(
    private readonly _model: ChatModel,
    private readonly _open: () => void
  ) {
    super();
    this.addClass('jp-devstral-model-status');
    _model.setup.changed.connect(() => this.update());
    _model.stateChanged.connect(this._onChat, this);
    this._timer = setInterval(() => this._look(), LOOK_EVERY);
  }

  dispose(): void {
    clearInterval(this._timer);
    super.dispose();
  }

  protected render(): JSX.Element {
    const { status, pulling, error } = this._model.setup;
    const state = { status, isAnswering: this._isAnswering, isPulling: pulling !== null };
    return (
      <button type="button" className="jp-devstral-status-button" title={said(error || (status?.text ?? ''))} onClick={this._open}>
        {modelWords(state, this._model.trans)}
      </button>
    );
  }

  /** Of a chat only its beginning and its end matter here, not every word. */
  private _onChat(): void {
    const isAnswering = this._model.conversation.running !== null;
    if (isAnswering !== this._isAnswering) {
      this._isAnswering = isAnswering;
      this.update();
      if (!isAnswering) {
        this._look();
      }
    }
  }

  private _look(): void {
    const { setup } = this._model;
    if (!document.hidden && (setup.status?.isLocal ?? true) && !setup.pulling) {
      void setup.look();
    }
  }

  private _isAnswering = false;
  private readonly _timer: ReturnType<typeof setInterval>;
}

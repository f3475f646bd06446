/** The item of the status bar: what suggestions are doing; a click opens the page of their model. */

import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import { said } from '../view/said';
import type { CompletionSettings } from './completion-settings';
import type { CompletionStatus } from './completion-status';
import { h } from '../view/element';

export class StatusItem extends ReactWidget {
  constructor(
    private readonly _status: CompletionStatus,
    private readonly _settings: CompletionSettings,
    private readonly _chat: () => string,
    private readonly _open: () => void,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-devstral-completion-status');
    _settings.changed.connect(() => this.update());
  }

  protected render(): JSX.Element {
    return (
      <UseSignal signal={this._status.changed}>
        {() => (
          <button type="button" className="jp-devstral-status-button" title={said(this._hint())} onClick={this._open}>
            {this._words()}
          </button>
        )}
      </UseSignal>
    );
  }

  private _hint(): string {
    return this._status.state === 'too-large'
      ? this._trans.__('The cells of this notebook hold more than 8 MB of text: move data out of them, into a file.')
      : this._status.why;
  }

  private _words(): string {
    const { _status: status, _settings: settings, _trans: trans } = this;
    if (settings.mode === 'off') {
      return trans.__('Ghost text: off');
    }
    if (status.isAsking) {
      return trans.__('Ghost text: asking');
    }
    if (status.isPaused) {
      return trans.__('Ghost text: paused while a chat answers');
    }
    switch (status.state) {
      case 'ready':
        return settings.mode === 'manual' ? trans.__('Ghost text: when asked') : trans.__('Ghost text: ready');
      case 'no-model':
        return trans.__('Ghost text: no model yet');
      case 'no-room':
        return trans.__('Ghost text: off, no room beside %1', this._chat());
      case 'waiting':
        return trans.__('Ghost text: waits until %1 is loaded', this._chat());
      case 'no-server':
        return trans.__('Ghost text: no model server answers');
      case 'no-insert':
        return trans.__('Ghost text: its model cannot fill in the middle');
      case 'unavailable':
        return trans.__('Ghost text: not available here');
      case 'refused':
        return trans.__('Ghost text: forbidden by a policy');
      case 'too-large':
        return trans.__('Ghost text: off, this notebook is too large');
      case 'trouble':
        return trans.__('Ghost text: trouble');
      default:
        return trans.__('Ghost text: off');
    }
  }
}

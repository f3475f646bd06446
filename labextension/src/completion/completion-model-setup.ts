/** Whether the completion model is there, and its download. Draws nothing. */

import { ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../chat/client';
import { Download, IPulling } from '../chat/download';
import { Newest } from '../timing';
import type { CompletionClient } from './completion-client';
import type { ICompletionState } from './completion-protocol';
import type { CompletionSettings } from './completion-settings';
import { reasonOf } from '../protocol/reason';

export class CompletionModelSetup {
  constructor(
    private readonly _client: CompletionClient,
    client: Client,
    readonly settings: CompletionSettings
  ) {
    this._download = new Download(client, () => this._changed.emit());
    settings.changed.connect(() => void this.look());
  }

  state: ICompletionState | null = null;
  error = '';

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get pulling(): IPulling | null {
    return this._download.progress;
  }

  async look(): Promise<void> {
    const isNewest = this._asked.begin();
    let { state } = this;
    let problem = '';
    try {
      state = await this._client.state(this.settings.model);
    } catch (error) {
      problem = reasonOf(error);
    }
    if (isNewest()) {
      this.state = state;
      this.error = problem;
      this._changed.emit();
    }
  }

  /** Download the model; what has arrived when it is stopped is kept. */
  async pull(): Promise<void> {
    const model = this.state?.model ?? '';
    if (this.pulling || !model) {
      return;
    }
    this.error = '';
    const failed = await this._download.run(model, this.state?.downloadBytes);
    await this.look();
    this.error = failed;
    this._changed.emit();
  }

  stop(): void {
    this._download.stop();
  }

  private readonly _asked = new Newest();
  private readonly _download: Download;
  private readonly _changed = new Signal<this, void>(this);
}

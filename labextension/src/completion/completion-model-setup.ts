/** Whether the completion model is there, and its download. Draws nothing. */

import { ISignal, Signal } from '@lumino/signaling';
import type { Client } from '../chat/client';
import { Newest } from '../timing';
import type { CompletionClient } from './completion-client';
import type { ICompletionState } from './completion-protocol';
import type { CompletionSettings } from './completion-settings';

export interface IDownload {
  readonly completed: number;
  readonly total: number;
}

export class CompletionModelSetup {
  constructor(
    private readonly _client: CompletionClient,
    private readonly _downloads: Client,
    readonly settings: CompletionSettings
  ) {
    settings.changed.connect(() => void this.look());
  }

  state: ICompletionState | null = null;
  pulling: IDownload | null = null;
  error = '';

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  async look(): Promise<void> {
    const isNewest = this._asked.begin();
    try {
      const state = await this._client.state(this.settings.model);
      this.state = isNewest() ? state : this.state;
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
    }
    this._changed.emit();
  }

  /** Download the model; what has arrived when it is stopped is kept. */
  async pull(): Promise<void> {
    const model = this.state?.model ?? '';
    if (this.pulling || !model) {
      return;
    }
    this.error = '';
    const abort = (this._abort = new AbortController());
    this._show({ completed: 0, total: this.state?.downloadBytes ?? 0 });
    try {
      for await (const step of this._downloads.pull(model, abort.signal)) {
        if (step.type === 'error') {
          this.error = step.message;
        } else if (step.type === 'progress' && step.total > 0) {
          this._show({ completed: step.completed, total: step.total });
        }
      }
    } catch (error) {
      this.error = abort.signal.aborted || !(error instanceof Error) ? '' : error.message;
    }
    this._show(null);
    await this.look();
  }

  stop(): void {
    this._abort?.abort();
  }

  private _show(pulling: IDownload | null): void {
    this.pulling = pulling;
    this._changed.emit();
  }

  private readonly _asked = new Newest();
  private _abort: AbortController | null = null;
  private readonly _changed = new Signal<this, void>(this);
}

/** What suggestions are doing, for the item of the status bar. */

import { ISignal, Signal } from '@lumino/signaling';
import type { CompletionModelState, ISuggestion } from './completion-protocol';

export class CompletionStatus {
  state: CompletionModelState = 'ready';
  isPaused = false;
  /** Why the last suggestion did not come, in words of the server. */
  why = '';

  get isAsking(): boolean {
    return this._asking > 0;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  asks(begins: boolean): void {
    this._asking += begins ? 1 : -1;
    this._changed.emit();
  }

  heard(suggestion: ISuggestion): void {
    this.state = suggestion.state;
    this.isPaused = suggestion.isPaused;
    this.why = suggestion.dropped;
    this._changed.emit();
  }

  /** Nobody could be asked: the server is gone, or refuses. */
  failed(why: string): void {
    this.heard({ text: '', dropped: why, state: 'trouble', isPaused: false, isFinal: false });
  }

  private _asking = 0;
  private readonly _changed = new Signal<this, void>(this);
}

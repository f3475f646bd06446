/**
 * What a kernel shows under our MIME type, as this page hears it.
 *
 * JupyterLab itself brings an update only to a display that it saw appear. A card that stood in the notebook when the
 * page was loaded gets its news here; a card of which nothing is heard since the kernel started is nobody's work.
 */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { JSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { readBundle } from '../protocol/bundle';
import { MIME_TYPE } from '../tokens';

const ENDS: readonly Kernel.Status[] = ['restarting', 'autorestarting', 'terminating', 'dead'];

export class CardNews implements IDisposable {
  /** `updated` is told the id of a card, and all that is shown for it now. */
  constructor(
    private readonly _session: ISessionContext,
    private readonly _updated: (id: string, data: JSONObject) => void
  ) {
    _session.iopubMessage.connect(this._onMessage, this);
    _session.statusChanged.connect(this._onStatus, this);
    _session.kernelChanged.connect(this._forget, this);
  }

  /** A card was heard of for the first time, or all of them were forgotten. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._session.iopubMessage.disconnect(this._onMessage, this);
      this._session.statusChanged.disconnect(this._onStatus, this);
      this._session.kernelChanged.disconnect(this._forget, this);
      Signal.clearData(this);
    }
  }

  /** Whether this kernel has shown or updated the card. */
  has(id: string): boolean {
    return this._heard.has(id);
  }

  private _onMessage(_: ISessionContext, message: KernelMessage.IMessage): void {
    const { msg_type } = message.header;
    if (msg_type !== 'display_data' && msg_type !== 'update_display_data') {
      return;
    }
    const { data } = message.content as { data: JSONObject };
    const id = readBundle(data[MIME_TYPE])?.id;
    if (!id) {
      return;
    }
    if (msg_type === 'update_display_data') {
      this._updated(id, data);
    }
    // What a kernel said just before its end may arrive after the news of that end.
    const { session } = message.header;
    if (!this._heard.has(id) && !this._ended.has(session)) {
      this._heard.set(id, session);
      this._changed.emit();
    }
  }

  private _onStatus(_: ISessionContext, status: Kernel.Status): void {
    if (ENDS.includes(status)) {
      this._forget();
    }
  }

  private _forget(): void {
    if (this._heard.size > 0) {
      this._heard.forEach(session => this._ended.add(session));
      this._heard.clear();
      this._changed.emit();
    }
  }

  /** The session of the kernel's process that showed a card, by the card's id. */
  private readonly _heard = new Map<string, string>();
  private readonly _ended = new Set<string>();
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
}

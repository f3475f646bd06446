/**
 * Whether a model can answer, which one is chosen, and the download of one that is missing. Draws nothing.
 */

import type { TranslationBundle } from '@jupyterlab/translation';
import { ISignal, Signal } from '@lumino/signaling';
import type { IStatus } from '../protocol/status';
import { Newest } from '../timing';
import type { Client } from './client';
import { Download, IPulling } from './download';
import { reasonOf } from '../protocol/reason';

/** While nothing answers it is looked again, so that `ollama serve` in a terminal is noticed. */
const LOOK_AGAIN = 5000;

export class ModelSetup {
  constructor(
    private readonly _client: Client,
    private readonly _trans: TranslationBundle
  ) {}

  /** The model that was chosen here, "" for the configured one. */
  chosen = '';
  /** The route that the notebook's questions take, "" for the configured engine. */
  route = '';
  status: IStatus | null = null;
  /** What went wrong with the last download, or with the server's half. */
  error = '';

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The download that is under way. */
  get pulling(): IPulling | null {
    return this._download.progress;
  }

  /** The sidebar is opened: look, the first time and whenever something was missing. */
  open(): void {
    if (this.status?.state !== 'ready') {
      void this.look();
    }
  }

  async look(): Promise<void> {
    clearTimeout(this._again);
    const isNewest = this._asked.begin();
    let status: IStatus | null = null;
    let problem = '';
    try {
      status = await this._client.status(this.chosen, this.route);
    } catch (error) {
      const why = reasonOf(error);
      problem = this._trans.__("The server's half of jupyter-devstral does not answer (%1).", why);
    }
    // Of a model or a route that is no longer chosen nothing is shown.
    if (!isNewest()) {
      return;
    }
    this.status = status;
    this.error = problem;
    this._changed.emit();
    if (this.status?.state !== 'ready' && !this.pulling) {
      this._again = setTimeout(() => void this.look(), LOOK_AGAIN);
    }
  }

  async choose(model: string): Promise<void> {
    this.chosen = model;
    await this.look();
  }

  /** Another route has other models. */
  async take(route: string): Promise<void> {
    if (route !== this.route) {
      this.route = route;
      this.chosen = '';
      await this.look();
    }
  }

  async pull(): Promise<void> {
    const model = this.status?.model ?? '';
    if (this.pulling || !model) {
      return;
    }
    clearTimeout(this._again);
    this.error = '';
    const failed = await this._download.run(model);
    await this.look();
    this.error = failed;
    this._changed.emit();
  }

  /** Stop the download; what has arrived is kept. */
  stopPulling(): void {
    this._download.stop();
  }

  private readonly _download = new Download(this._client, () => this._changed.emit());
  private readonly _asked = new Newest();
  private _again: ReturnType<typeof setTimeout> | undefined;
  private readonly _changed = new Signal<this, void>(this);
}

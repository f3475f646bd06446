/** The download of a model, one at a time, and how far it is. Draws nothing. */

import { reasonOf } from '../protocol/reason';
import type { Client } from './client';

export interface IPulling {
  readonly model: string;
  readonly status: string;
  readonly completed: number;
  readonly total: number;
}

export class Download {
  /** `moved` hears that it is further, or over. */
  constructor(
    private readonly _client: Pick<Client, 'pull'>,
    private readonly _moved: () => void
  ) {}

  /** Null while there is none. */
  progress: IPulling | null = null;

  /** Returns what went wrong, "" for nothing; `size` is what is known of it before it begins, in bytes. */
  async run(model: string, size = 0): Promise<string> {
    const abort = (this._abort = new AbortController());
    let problem = '';
    this._show({ model, status: '', completed: 0, total: size });
    try {
      for await (const step of this._client.pull(model, abort.signal)) {
        if (step.type === 'error') {
          problem = step.message;
        } else if (step.type === 'progress') {
          // Layers come one after the other; the large one is what is waited for.
          size = step.total || size;
          this._show({ ...step, model, total: size });
        }
      }
    } catch (error) {
      problem = abort.signal.aborted ? '' : reasonOf(error);
    }
    this._show(null);
    return problem;
  }

  /** What has arrived is kept. */
  stop(): void {
    this._abort?.abort();
  }

  private _show(progress: IPulling | null): void {
    this.progress = progress;
    this._moved();
  }

  private _abort: AbortController | null = null;
}

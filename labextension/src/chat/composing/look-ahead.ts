/**
 * What would be sent now, and what can be mentioned: asked of the server a moment after something has changed.
 */

import type { Contents } from '@jupyterlab/services';
import { ISignal, Signal } from '@lumino/signaling';
import type { ActiveNotebook } from '../../notebook/active-notebook';
import type { IPosted } from '../../protocol/question';
import type { ISent, IVariable } from '../../protocol/sent';
import type { Client } from '../client';
import { once } from '../../timing';

const DELAY = 400;
/** How long the names of the files beside the notebook are taken as they are, in milliseconds. */
const LISTING_LASTS = 2000;

export class LookAhead {
  /** `question` is the one that would be asked, about `notebook`. */
  constructor(
    private readonly _client: Client,
    private readonly _contents: Contents.IManager,
    private readonly _question: () => IPosted,
    private readonly _notebook: () => ActiveNotebook | null
  ) {}

  /** Null where it is not known. */
  sent: ISent | null = null;
  variables: readonly IVariable[] = [];
  /** Names of the files beside the notebook. */
  files: readonly string[] = [];

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  soon(): void {
    this._soon.soon();
  }

  /** Another notebook is in front. */
  forget(): void {
    this._looking?.abort();
    this.sent = null;
    this.variables = [];
    this.files = [];
    this._listed = null;
  }

  private async _look(): Promise<void> {
    this._looking?.abort();
    const looking = (this._looking = new AbortController());
    const notebook = this._notebook();
    try {
      const [sent, variables, files] = await Promise.all([
        this._client.prompt(this._question(), looking.signal, { brief: true }),
        notebook?.kernelId ? this._client.variables(notebook.kernelId) : Promise.resolve([]),
        this._filesBeside(notebook)
      ]);
      if (looking.signal.aborted) {
        return;
      }
      this.sent = sent;
      // A busy kernel says nothing: what it said before is still good to mention.
      this.variables = variables.length > 0 ? variables : this.variables;
      this.files = files;
    } catch {
      if (looking.signal.aborted) {
        return;
      }
      this.sent = null;
    }
    this._changed.emit();
  }

  private async _filesBeside(notebook: ActiveNotebook | null): Promise<readonly string[]> {
    if (!notebook) {
      return [];
    }
    if (this._listed !== notebook.folder || performance.now() - this._listedAt >= LISTING_LASTS) {
      this._listed = notebook.folder;
      this._listedAt = performance.now();
      this._listing = this._contents.get(notebook.folder, { content: true }).catch(() => null);
    }
    // Also one on its way: whoever asked for it may have been outdated since.
    const listed = await this._listing;
    const entries: Contents.IModel[] = Array.isArray(listed?.content) ? listed.content : [];
    return entries.filter(entry => entry.type === 'file').map(entry => entry.name);
  }

  private _listed: string | null = null;
  private _listedAt = 0;
  private _listing: Promise<Contents.IModel | null> = Promise.resolve(null);
  private readonly _soon = once(DELAY, () => void this._look());
  private _looking: AbortController | null = null;
  private readonly _changed = new Signal<this, void>(this);
}

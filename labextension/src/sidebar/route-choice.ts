/**
 * Which route a notebook's questions take. The choice is kept by the server, for the user and not in the notebook.
 */

import { ISignal, Signal } from '@lumino/signaling';
import { IRoute, LOCAL } from '../protocol/routes';
import type { Client } from '../chat/client';
import { Newest } from '../timing';
import { reasonOf } from '../protocol/reason';

export class RouteChoice {
  constructor(
    private readonly _client: Client,
    private readonly _report: (reason: string) => void
  ) {}

  routes: readonly IRoute[] = [];
  /** Until the server has said what was chosen, nothing leaves this machine. */
  chosen = LOCAL;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The chosen route, null while none is known. */
  get current(): IRoute | null {
    return this.routes.find(route => route.name === this.chosen) ?? null;
  }

  /** Another notebook is in front. */
  async open(path: string): Promise<void> {
    this._path = path;
    const isNewest = this._asked.begin();
    this._take(LOCAL);
    try {
      const { routes, chosen } = await this._client.routes(path);
      // Else another notebook is in front, or the user has chosen meanwhile: where questions go is as shown.
      if (isNewest()) {
        this.routes = routes;
        this._take(chosen);
      }
    } catch {
      // What cannot be asked has no routes to choose among; the question itself says why.
      if (isNewest()) {
        this.routes = [];
        this._changed.emit();
      }
    }
  }

  async choose(name: string): Promise<void> {
    const path = this._path;
    // What was kept before is out of date.
    this._asked.begin();
    const choosing = this._choosing.then(() => this._client.chooseRoute(path, name));
    // In the order of the clicks: the server keeps the last one that it hears.
    this._choosing = choosing.catch(() => undefined);
    try {
      await choosing;
    } catch (error) {
      this._report(reasonOf(error));
      this._changed.emit();
      return;
    }
    if (path === this._path) {
      this._take(name);
    }
  }

  private _take(name: string): void {
    this.chosen = name;
    this._changed.emit();
  }

  private _path = '';
  private _choosing: Promise<void> = Promise.resolve();
  private readonly _asked = new Newest();
  private readonly _changed = new Signal<this, void>(this);
}

/**
 * The cells around cursors as the server has them: of each notebook they are pushed once, then what changed of them,
 * and never with a key.
 */

import { cellPatch } from '../../chat/cell-patch';
import { CHAT_PROTOCOL } from '../../protocol/question';
import type { SentCell } from './other-cells';

/** In bytes, as the server counts. */
export const PUSH_LIMIT = 8_000_000;
/** Notebooks that are kept here. */
const MOST = 8;

/** What the cells belong to, and their name; see `OtherCells`. */
export interface INamed {
  readonly path: string;
  readonly language: string;
  readonly others: string;
}

/** There is more text in the cells than is pushed. */
export class TooLarge extends Error {}

interface IPush {
  readonly others: string;
  readonly cells: readonly SentCell[];
  readonly version: number;
  readonly done: Promise<void>;
}

export class PushedCells {
  /** `post` sends the body of a push, and gives the status that comes back. */
  constructor(private readonly _post: (body: string) => Promise<number>) {}

  /**
   * See to it that the server knows these cells by their name. A newer key does not end a push: it would begin anew
   * with each.
   */
  push(named: INamed, cells: () => readonly SentCell[]): Promise<void> {
    const before = this._pushes.get(named.path);
    if (before?.others === named.others) {
      return before.done;
    }
    const now = cells();
    const version = ++this._version;
    const done = this._pushed(named, now, version, before);
    const push = { others: named.others, cells: now, version, done };
    this._pushes.delete(named.path);
    this._pushes.set(named.path, push);
    if (this._pushes.size > MOST) {
      this._pushes.delete([...this._pushes.keys()][0]);
    }
    done.catch(error => {
      // What is too large stays so until a cell changes; else the next key tries again.
      if (!(error instanceof TooLarge) && this._pushes.get(named.path) === push) {
        this._pushes.delete(named.path);
      }
    });
    return done;
  }

  /** The server has lost what it knew: it was started again, or has had many notebooks since. */
  forget({ path }: INamed): void {
    this._pushes.delete(path);
  }

  private async _pushed(named: INamed, cells: readonly SentCell[], version: number, before?: IPush): Promise<void> {
    const isThere = await before?.done.then(
      () => true,
      () => false
    );
    let status = await this._send(named, cells, version, isThere ? before : undefined);
    if (status === 409) {
      status = await this._send(named, cells, version);
    }
    if (status === 413) {
      throw new TooLarge();
    }
    if (status >= 400) {
      throw new Error(String(status));
    }
  }

  private async _send(named: INamed, cells: readonly SentCell[], version: number, base?: IPush): Promise<number> {
    const changed = base ? cellPatch(base.cells, cells) : cells;
    // Before it is written, which takes a moment of its own.
    const size = changed.reduce((sum, cell) => sum + ('source' in cell ? (cell as SentCell).source.length : 0), 0);
    if (size > PUSH_LIMIT) {
      throw new TooLarge();
    }
    const sent = { page: `${this._page}:${named.path}`, version, base: base?.version ?? null };
    const { path, language, others } = named;
    const body = JSON.stringify({ protocol: CHAT_PROTOCOL, path, language, others, sent, cells: changed });
    if (new Blob([body]).size > PUSH_LIMIT) {
      throw new TooLarge();
    }
    return this._post(body);
  }

  /** Another page is another one, also of the same browser. */
  private readonly _page = Math.random().toString(36).slice(2);
  private _version = 0;
  private readonly _pushes = new Map<string, IPush>();
}

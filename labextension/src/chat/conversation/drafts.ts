/** What was typed and not sent, one draft a notebook: it outlives a reload of the page. */

import { list, record, text } from '../../protocol/json-values';
import { LOCAL } from '../../protocol/routes';
import { IAsked, readAsked } from './exchange';

const KEY = 'jupyter-devstral:draft:';
/** Less than the second after which what was typed must not be lost. */
const DELAY = 300;

export interface IDraft {
  readonly text: string;
  readonly queued: readonly IAsked[];
}

export class Drafts {
  constructor(private readonly _place: string) {
    window.addEventListener('pagehide', () => this._write());
  }

  read(path: string): IDraft {
    this._write();
    try {
      const kept = record(JSON.parse(localStorage.getItem(this._key(path)) ?? '{}'));
      const queued = list(kept.queued).map(one => withRoute(readAsked(one), text(record(one).route)));
      return { text: text(kept.text), queued: queued.filter((one): one is IAsked => one !== null) };
    } catch {
      return { text: '', queued: [] };
    }
  }

  /** Keep it in a moment. */
  keep(path: string, draft: IDraft): void {
    if (this._unwritten && this._unwritten.path !== path) {
      this._write();
    }
    this._unwritten = { path, draft };
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._write(), DELAY);
  }

  rename(path: string, newPath: string): void {
    const draft = this.read(path);
    this.keep(path, { text: '', queued: [] });
    this.keep(newPath, draft);
  }

  private _write(): void {
    const unwritten = this._unwritten;
    this._unwritten = null;
    clearTimeout(this._timer);
    if (!unwritten) {
      return;
    }
    const { path, draft } = unwritten;
    try {
      if (draft.text || draft.queued.length > 0) {
        const queued = draft.queued.map(({ typed, question, route }) => ({ typed, ...question, route, images: [] }));
        localStorage.setItem(this._key(path), JSON.stringify({ text: draft.text, queued }));
      } else {
        localStorage.removeItem(this._key(path));
      }
    } catch {
      // A browser that keeps nothing for pages: the draft lives as long as its page.
    }
  }

  private _key(path: string): string {
    return `${KEY}${this._place}:${path}`;
  }

  private _unwritten: { readonly path: string; readonly draft: IDraft } | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}

/** What waited without a route was put in line by a page that knew none. */
function withRoute(asked: IAsked | null, route: string): IAsked | null {
  return asked && { ...asked, route: route || LOCAL };
}

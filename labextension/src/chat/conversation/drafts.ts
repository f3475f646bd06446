/**
 * What was typed and not sent, one draft a conversation, and which conversation was in front: what this browser keeps over
 * a reload of the page.
 */

import { list, record, text } from '../../protocol/json-values';
import { LOCAL } from '../../protocol/routes';
import { IAsked, readAsked } from './exchange';

const KEY = 'jupyter-devstral:draft:';
const IN_FRONT = 'jupyter-devstral:conversation:';
/** Less than the second after which what was typed must not be lost. */
const DELAY = 300;

export interface IDraft {
  readonly text: string;
  readonly queued: readonly IAsked[];
}

interface IUnwritten {
  readonly key: string;
  readonly draft: IDraft;
}

export class Drafts {
  constructor(private readonly _place: string) {
    window.addEventListener('pagehide', () => this._write());
  }

  read(path: string, thread: string): IDraft {
    this._write();
    try {
      const kept = record(JSON.parse(localStorage.getItem(this._key(path, thread)) ?? '{}'));
      const queued = list(kept.queued).map(one => waiting(readAsked(one), record(one)));
      return { text: text(kept.text), queued: queued.filter((one): one is IAsked => one !== null) };
    } catch {
      return { text: '', queued: [] };
    }
  }

  /** Keep it in a moment. */
  keep(path: string, thread: string, draft: IDraft): void {
    const key = this._key(path, thread);
    if (this._unwritten && this._unwritten.key !== key) {
      this._write();
    }
    this._unwritten = { key, draft };
    // Counted from the first key that is not kept: who types without a pause would else keep nothing.
    this._timer ??= setTimeout(() => this._write(), DELAY);
  }

  /** The conversation about a notebook that was in front, null where that is not known. */
  inFront(path: string): string | null {
    try {
      return localStorage.getItem(`${IN_FRONT}${this._place}:${path}`);
    } catch {
      return null;
    }
  }

  bringToFront(path: string, thread: string): void {
    // The first conversation is in front where nothing is said.
    if (thread !== (this.inFront(path) ?? '')) {
      store(`${IN_FRONT}${this._place}:${path}`, thread);
    }
  }

  /** What is kept goes where the notebook went. */
  rename(path: string, newPath: string): void {
    this._write();
    try {
      for (const key of Object.keys(localStorage)) {
        for (const old of [this._key(path, ''), `${IN_FRONT}${this._place}:${path}`]) {
          if (key === old || key.startsWith(`${old}#`)) {
            const at = old.length - path.length;
            localStorage.setItem(key.slice(0, at) + newPath + key.slice(old.length), localStorage.getItem(key)!);
            localStorage.removeItem(key);
          }
        }
      }
    } catch {
      // As in `store`.
    }
  }

  private _write(): void {
    const unwritten = this._unwritten;
    this._unwritten = null;
    clearTimeout(this._timer);
    this._timer = undefined;
    if (!unwritten) {
      return;
    }
    const { key, draft } = unwritten;
    const queued = draft.queued.map(({ typed, question, route, id }) => ({ typed, ...question, route, id, images: [] }));
    store(key, draft.text || queued.length > 0 ? JSON.stringify({ text: draft.text, queued }) : null);
  }

  private _key(path: string, thread: string): string {
    return `${KEY}${this._place}:${path}${thread && `#${thread}`}`;
  }

  private _unwritten: IUnwritten | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}

function store(key: string, value: string | null): void {
  try {
    if (value === null) {
      localStorage.removeItem(key);
    } else {
      localStorage.setItem(key, value);
    }
  } catch {
    // A browser that keeps nothing for pages: what was typed lives as long as its page.
  }
}

/** What waited without a route was put in line by a page that knew none. */
function waiting(asked: IAsked | null, { route, id }: Record<string, unknown>): IAsked | null {
  return asked && { ...asked, route: text(route) || LOCAL, id: text(id) };
}

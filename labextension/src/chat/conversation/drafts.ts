/**
 * What was written and not sent, one draft a conversation, and which conversation was in front: what this browser keeps
 * over a reload of the page.
 */

import { list, record, text } from '../../protocol/json-values';
import type { IImage } from '../../protocol/question';
import { LOCAL } from '../../protocol/routes';
import type { IPicture } from '../composing/pictures';
import { IAsked, readAsked } from './exchange';

const DRAFT = 'jupyter-devstral:draft:';
const IN_FRONT = 'jupyter-devstral:conversation:';
/** Beside the words, which are written at every key. */
const PICTURES = 'jupyter-devstral:pictures:';
/** Of a draft's pictures, in characters: a browser keeps some five million for all pages of a server. */
const MOST_OF_PICTURES = 3_000_000;
/** Less than the second after which what was typed must not be lost. */
const DELAY = 300;

export interface IDraft {
  readonly text: string;
  readonly queued: readonly IAsked[];
  /** Without its data: one that could not be kept; so are those of a question that waits. */
  readonly pictures: readonly IPicture[];
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
    const key = this._key(path, thread);
    try {
      const kept = record(JSON.parse(localStorage.getItem(DRAFT + key) ?? '{}'));
      const pictures = (localStorage.getItem(PICTURES + key) ?? '').split(' ');
      const whole = (images: unknown) =>
        list(images)
          .map(record)
          .map(one => ({ ...one, data: pictures.find(data => signOf(data) === one.sign) ?? '' }) as IPicture);
      const queued = list(kept.queued)
        .map(record)
        .map(one => waiting(readAsked({ ...one, images: whole(one.images) }), one));
      return {
        text: text(kept.text),
        queued: queued.filter((one): one is IAsked => one !== null),
        pictures: whole(kept.pictures)
      };
    } catch {
      return { text: '', queued: [], pictures: [] };
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
      return localStorage.getItem(IN_FRONT + this._key(path));
    } catch {
      return null;
    }
  }

  bringToFront(path: string, thread: string): void {
    // The first conversation is in front where nothing is said.
    if (thread !== (this.inFront(path) ?? '')) {
      store(IN_FRONT + this._key(path), thread);
    }
  }

  /** What is kept goes where the notebook went. */
  rename(path: string, newPath: string): void {
    this._write();
    try {
      for (const key of Object.keys(localStorage)) {
        for (const kind of [DRAFT, IN_FRONT, PICTURES]) {
          const old = kind + this._key(path);
          if (key === old || key.startsWith(`${old}#`)) {
            const kept = localStorage.getItem(key)!;
            // First: there may not be room for both.
            localStorage.removeItem(key);
            localStorage.setItem(kind + this._key(newPath) + key.slice(old.length), kept);
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
    const kept: string[] = [];
    let room = MOST_OF_PICTURES;
    const named = ({ data, ...image }: IImage) => {
      if (data.length <= room) {
        room -= data.length;
        kept.push(data);
      }
      return { ...image, sign: signOf(data) };
    };
    const pictures = draft.pictures.map(named);
    const queued = draft.queued.map(({ typed, question, route, id }) => {
      return { typed, ...question, route, id, images: question.images.map(named) };
    });
    const isEmpty = !draft.text && queued.length + pictures.length === 0;
    const words = isEmpty ? null : JSON.stringify({ text: draft.text, queued, pictures });
    if (!store(DRAFT + key, words)) {
      // Words go before pictures, whosoever these are.
      forgetPictures();
      store(DRAFT + key, words);
    }
    const signs = [key, ...kept.map(signOf)].join();
    if (signs !== this._signs) {
      this._signs = signs;
      // As many as there is room for.
      while (!store(PICTURES + key, kept.join(' ') || null) && kept.pop() !== undefined);
    }
  }

  private _key(path: string, thread = ''): string {
    return `${this._place}:${path}${thread && `#${thread}`}`;
  }

  /** Of the pictures that were written last. */
  private _signs = '';

  private _unwritten: IUnwritten | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}

/** Whether it is kept: a browser may have no room, or keep nothing for pages; then it lives as long as its page. */
function store(key: string, value: string | null): boolean {
  try {
    if (value === null) {
      localStorage.removeItem(key);
    } else {
      localStorage.setItem(key, value);
    }
    return true;
  } catch {
    return false;
  }
}

function forgetPictures(): void {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(PICTURES)) {
      localStorage.removeItem(key);
    }
  }
}

/** Tells pictures of one draft apart: they end with sums of all that they are. */
function signOf(data: string): string {
  return data.length + data.slice(-40);
}

/** What waited without a route was put in line by a page that knew none. */
function waiting(asked: IAsked | null, { route, id }: Record<string, unknown>): IAsked | null {
  return asked && { ...asked, route: text(route) || LOCAL, id: text(id) };
}

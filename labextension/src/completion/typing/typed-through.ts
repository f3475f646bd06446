/**
 * Suggestions that were made, so that keys which agree with one cost nothing. Knows text alone.
 */

export interface IPlace {
  /** What keeps one editor's suggestions apart from another's. */
  readonly editor: string;
  /** The text before the cursor, and behind it. */
  readonly before: string;
  readonly after: string;
}

interface IEntry extends IPlace {
  readonly text: string;
}

const MOST = 100;
/** What an editor closes by itself when the opening sign is typed. */
const CLOSING = /^[)\]}"'`]+/;

export class TypedThrough {
  /** Remember a suggestion; "" remembers that there is none, for this very place. */
  add(place: IPlace, text: string): void {
    this._entries.unshift({ ...place, text });
    this._entries.length = Math.min(this._entries.length, MOST);
  }

  /** What is left of a suggestion at this place; "" for a place where there is none, null where nothing is known. */
  find(place: IPlace): string | null {
    for (const entry of this._entries) {
      if (entry.editor !== place.editor) {
        continue;
      }
      const rest = entry.text ? restOf(entry, place) : same(entry, place) ? '' : null;
      if (rest !== null) {
        return rest;
      }
    }
    return null;
  }

  /** Never show again what was shown at, or before, this place. */
  forget(place: IPlace): void {
    this._entries = this._entries.filter(entry => entry.editor !== place.editor || !restOf(entry, place));
  }

  clear(): void {
    this._entries = [];
  }

  private _entries: IEntry[] = [];
}

function same(entry: IPlace, place: IPlace): boolean {
  return entry.before === place.before && entry.after === place.after;
}

/** What is still to be typed; null where what was typed does not agree, or where nothing is left. */
function restOf(entry: IEntry, place: IPlace): string | null {
  const typed = place.before.length - entry.before.length;
  // The cheap comparisons first: this is asked at every key.
  if (typed < 0 || typed >= entry.text.length || !place.before.startsWith(entry.before)) {
    return null;
  }
  if (!entry.text.startsWith(place.before.slice(entry.before.length))) {
    return null;
  }
  return withoutClosed(entry.text.slice(typed), entry.after, place.after);
}

/** The rest without the signs that the editor has closed meanwhile; null where something else was changed behind. */
function withoutClosed(rest: string, before: string, after: string): string | null {
  if (after === before) {
    return rest;
  }
  const closed = after.slice(0, after.length - before.length);
  if (closed.length !== after.length - before.length || !after.endsWith(before) || CLOSING.exec(closed)?.[0] !== closed) {
    return null;
  }
  return rest.endsWith(closed) && rest.length > closed.length ? rest.slice(0, -closed.length) : null;
}

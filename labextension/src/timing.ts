/** When something happens, and what is out of date by then. */

/** Questions to a server whose answers may come in any order: only that of the newest counts. */
export class Newest {
  /** Ask; returns whether nothing was asked since. */
  begin(): () => boolean {
    const mine = ++this._asked;
    return () => mine === this._asked;
  }

  private _asked = 0;
}

/** Something that happens once, a while after the last wish for it. */

export function once(milliseconds: number, act: () => void): { soon(): void } {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  return {
    soon() {
      clearTimeout(waiting);
      waiting = setTimeout(act, milliseconds);
    }
  };
}

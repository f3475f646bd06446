/**
 * How long to wait for the next key before anybody is asked: by the pace of the user, and of the answers.
 */

const LEAST = 20;
const MOST = 250;
const USUAL_GAP = 180;
/** A pause longer than that is no gap between two keys. */
const LONGEST_GAP = 600;
const WEIGHT = 0.25;
/** Behind these a thought has ended: whoever stops there waits for something. */
const ENDS = /[([{.,:=\s]$/;

export class Waiting {
  /** A key was pressed, at this time in milliseconds. */
  key(now: number): void {
    const gap = now - this._last;
    this._last = now;
    if (gap < LONGEST_GAP) {
      this._gap += WEIGHT * (gap - this._gap);
    }
  }

  /** An answer took so many milliseconds. */
  answered(milliseconds: number): void {
    this._answer += WEIGHT * (milliseconds - this._answer);
  }

  /** Milliseconds to wait at the end of this text. */
  delay(before: string): number {
    const wait = Math.min(MOST, Math.max(LEAST, 1.2 * this._gap - 0.5 * this._answer));
    return ENDS.test(before) ? Math.max(LEAST, wait / 2) : wait;
  }

  private _last = -Infinity;
  private _gap = USUAL_GAP;
  private _answer = 0;
}

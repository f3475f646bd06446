/** The single changes inside an edit, each of which can be left out. Touches no cell. */

import { Chunk } from '@codemirror/merge';
import { Text } from '@codemirror/state';
import { ISignal, Signal } from '@lumino/signaling';
import type { IEdit } from '../protocol/edit';

export class HunkChoice {
  constructor(private readonly _edit: IEdit) {
    const { op, before, source } = _edit;
    this.hunks = op === 'replace' ? Chunk.build(textOf(before), textOf(source), { scanLimit: 500 }) : [];
  }

  /** The changes as the diff shows them; of a new or a deleted cell none. */
  readonly hunks: readonly Chunk[];

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Whether there is anything to choose. */
  get isOffered(): boolean {
    return this.hunks.length > 1;
  }

  get count(): number {
    return this.hunks.length - this._leftOut.size;
  }

  get isWhole(): boolean {
    return this._leftOut.size === 0;
  }

  get isEmpty(): boolean {
    return this.hunks.length > 0 && this.count === 0;
  }

  /** The text with the changes that were not left out. */
  get source(): string {
    return this.isWhole ? this._edit.source : composed(this._edit, this.hunks, at => this.has(at));
  }

  /** Places of the changes that were left out. */
  get leftOut(): number[] {
    return [...this._leftOut].sort((one, other) => one - other);
  }

  /** The edit as it was chosen, and what is left of it behind that. */
  get parts(): readonly [IEdit, IEdit] {
    const { source } = this;
    return [
      { ...this._edit, source },
      { ...this._edit, before: source }
    ];
  }

  has(at: number): boolean {
    return !this._leftOut.has(at);
  }

  set(at: number, isTaken: boolean): void {
    if (isTaken) {
      this._leftOut.delete(at);
    } else {
      this._leftOut.add(at);
    }
    this._changed.emit();
  }

  private readonly _leftOut = new Set<number>();
  private readonly _changed = new Signal<this, void>(this);
}

const choices = new WeakMap<IEdit, HunkChoice>();

/** What was chosen of an edit: the same wherever the edit is shown. */
export function choiceOf(edit: IEdit): HunkChoice {
  let choice = choices.get(edit);
  if (!choice) {
    choice = new HunkChoice(edit);
    choices.set(edit, choice);
  }
  return choice;
}

/** The edits without the changes that were left out; a cell that keeps none of them stays as it is. */
export function chosenOf(edits: readonly IEdit[]): IEdit[] {
  return edits.filter(edit => !choiceOf(edit).isEmpty).map(edit => ({ ...edit, source: choiceOf(edit).source }));
}

function composed({ before, source }: IEdit, hunks: readonly Chunk[], isTaken: (at: number) => boolean): string {
  // The end of a chunk is behind the end of its last line, also where no other line follows.
  const [old, other] = [`${before}\n`, `${source}\n`];
  const parts: string[] = [];
  let at = 0;
  hunks.forEach((hunk, place) => {
    parts.push(old.slice(at, hunk.fromA));
    parts.push(isTaken(place) ? other.slice(hunk.fromB, hunk.toB) : old.slice(hunk.fromA, hunk.toA));
    at = hunk.toA;
  });
  parts.push(old.slice(at));
  return parts.join('').replace(/\n$/, '');
}

function textOf(text: string): Text {
  return Text.of(text.split('\n'));
}

/**
 * The cells beside the one that is typed in, under a name that changes whenever one of them does.
 *
 * The server knows notebooks by these names: a key sends the name alone, and the cells only where it is not known.
 */

import { hashOf, mixed } from './hash';

/** What this module reads of a shared cell. */
export interface ICellSource {
  readonly id: string;
  readonly cell_type: string;
  getSource(): string;
  readonly changed: {
    connect(slot: (sender: ICellSource) => void): unknown;
  };
}

export class OtherCells {
  /** The name of all cells but one; what did not change since is not read again. */
  name(cells: readonly ICellSource[], current: string): string {
    let hash = mixed(0, cells.length);
    for (const cell of cells) {
      hash = mixed(hash, cell.id === current ? hashOf(cell.id) : this._hash(cell));
    }
    return hash.toString(36);
  }

  private _hash(cell: ICellSource): number {
    const known = this._known.get(cell);
    if (known !== undefined) {
      return known;
    }
    const hash = hashOf(`${cell.id}\0${cell.cell_type}\0${cell.getSource()}`);
    this._known.set(cell, hash);
    if (!this._watched.has(cell)) {
      this._watched.add(cell);
      cell.changed.connect(this._forget);
    }
    return hash;
  }

  private readonly _forget = (cell: ICellSource) => void this._known.delete(cell);
  private readonly _known = new WeakMap<ICellSource, number>();
  private readonly _watched = new WeakSet<ICellSource>();
}

/** The cells as the server reads them: no outputs, which a completion does not look at. */
export function asSent(cells: readonly ICellSource[]): Record<string, unknown>[] {
  return cells.map(cell => ({ id: cell.id, cell_type: cell.cell_type, source: cell.getSource(), metadata: {} }));
}

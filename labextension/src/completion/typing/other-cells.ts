/**
 * The cells beside the one that is typed in, under a name that changes whenever one of them does.
 *
 * The server knows notebooks by these names: a key sends the name alone, and the cells are pushed once.
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

/** A cell as the server reads it: no outputs, which a completion does not look at. */
export type SentCell = Record<string, unknown> & { readonly source: string };

interface IKnown {
  readonly hash: number;
  readonly sent: SentCell;
}

export class OtherCells {
  /** The name of all cells but one; what did not change since is not read again. */
  name(cells: readonly ICellSource[], current: string): string {
    let hash = mixed(0, cells.length);
    for (const cell of cells) {
      hash = mixed(hash, cell.id === current ? hashOf(cell.id) : this._read(cell).hash);
    }
    return hash.toString(36);
  }

  /** All cells as they are sent; one that did not change is the very same object. */
  sent(cells: readonly ICellSource[]): SentCell[] {
    return cells.map(cell => this._read(cell).sent);
  }

  private _read(cell: ICellSource): IKnown {
    const found = this._known.get(cell);
    if (found !== undefined) {
      return found;
    }
    const { id, cell_type } = cell;
    const source = cell.getSource();
    const hash = hashOf(`${id}\0${cell_type}\0${source}`);
    const known = { hash, sent: { id, cell_type, source, metadata: {} } };
    this._known.set(cell, known);
    if (!this._watched.has(cell)) {
      this._watched.add(cell);
      cell.changed.connect(this._forget);
    }
    return known;
  }

  private readonly _forget = (cell: ICellSource) => void this._known.delete(cell);
  private readonly _known = new WeakMap<ICellSource, IKnown>();
  private readonly _watched = new WeakSet<ICellSource>();
}

/**
 * Cells of a run put into a notebook, and taken out of it again; each as one undo step.
 *
 * Beside `ActiveNotebook` the only module that changes cells: a run needs cells with given ids, their outputs, and whole
 * cells brought back. What the user typed meanwhile is never overwritten: such a cell is left alone, and named.
 */

import type { ISharedCell, ISharedNotebook, SharedCell } from '@jupyter/ydoc';
import type * as nbformat from '@jupyterlab/nbformat';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { JSONExt } from '@lumino/coreutils';
import type { CellKind } from '../protocol/edit';
import { stopCapturing } from './undo-steps';

/** One cell as a run wants it. */
export interface IWanted {
  readonly id: string;
  readonly above: string;
  readonly kind: CellKind;
  readonly state: 'changed' | 'new' | 'deleted';
  readonly source: string;
  readonly before: string;
}

/** What was there before, by which it is brought back; as JSON, because it is kept. */
export interface IChange {
  readonly id: string;
  readonly state: 'changed' | 'new' | 'deleted';
  readonly source: string;
  readonly before: string;
  /** The cell above it. */
  readonly above: string;
  /** The whole cell as it was; null for a new one. */
  readonly cell: SharedCell.Cell | null;
  readonly wasTrusted: boolean;
  /** Where it stood then: ids do not outlast a file of an old format. */
  readonly at: number;
}

/** A cell's id, and why it was left alone: "changed" (or gone) or "locked"; "not run" of one that was only put in. */
export type Left = readonly string[];

export interface IPutIn {
  readonly changes: readonly IChange[];
  readonly left: readonly Left[];
}

/**
 * Put cells in, in this order, as one undo step. Cells that are there already as wanted are no change.
 *
 * `aboveOf` says what stands above any cell of the run, also above one that is not put in.
 */
export function putIn(
  panel: NotebookPanel,
  wanted: readonly IWanted[],
  aboveOf: (id: string) => string = () => ''
): IPutIn {
  const cells = new Cells(panel);
  const changes: IChange[] = [];
  const left: Left[] = [];
  cells.inOneStep(() => {
    for (const one of wanted) {
      const { id, state, source, before, kind } = one;
      const cell = cells.get(id);
      const is = cell?.getSource();
      if (cell && state !== 'deleted' && is === source) {
        continue;
      }
      if (state === 'new' && !cell) {
        const place = cells.placeBehind(one.above, aboveOf);
        const above = cells.ids[place - 1] ?? '';
        const metadata = kind === 'code' ? { trusted: false } : {};
        cells.insert(place, { id, cell_type: kind, source, metadata } as SharedCell.Cell);
        changes.push({ id, state, source, before, above, cell: null, wasTrusted: false, at: place });
        continue;
      }
      if (!cell || state === 'new' || is !== before) {
        left.push([id, 'changed']);
        continue;
      }
      const isKept = state === 'deleted' && cell.getMetadata('deletable') === false;
      if (isKept || cell.getMetadata('editable') === false) {
        left.push([id, 'locked']);
        continue;
      }
      const at = cells.ids.indexOf(id);
      const above = cells.ids[at - 1] ?? '';
      const stored = cell.toJSON() as SharedCell.Cell;
      changes.push({ id, state, source, before, above, cell: stored, wasTrusted: isTrusted(panel, id), at });
      if (state === 'changed') {
        cell.setSource(source);
      } else {
        cells.delete(id);
      }
    }
  });
  return { changes, left };
}

/** Bring back what was there before; returns the ids of cells that are not as the run left them, null where all are. */
export function takeOut(panel: NotebookPanel, changes: readonly IChange[]): string[] | null {
  const cells = new Cells(panel);
  const left: string[] = [];
  const trusted: string[] = [];
  let isDone = false;
  cells.inOneStep(() => {
    for (const change of [...changes].reverse()) {
      const { id, state, source, above, at, cell: stored, wasTrusted } = change;
      const cell = state === 'deleted' ? cells.get(id) : cells.find(change);
      if (!cell && state === 'deleted' && stored) {
        cells.insert(cells.placeBehind(above, () => '', at), stored);
      } else if (!cell || state === 'deleted') {
        // Of a new cell that the user has deleted nothing is left; but one like it may be that cell, by another id.
        left.push(...(state === 'changed' || (!cell && cells.hasLike(source)) ? [id] : []));
        continue;
      } else if (cell.getSource() !== source) {
        left.push(id);
        continue;
      } else if (state === 'new') {
        cells.delete(cell.id);
      } else {
        bringBack(cells, cell, change);
      }
      isDone = true;
      if (wasTrusted) {
        trusted.push(cell?.id ?? id);
      }
    }
  });
  trusted.forEach(id => setTrusted(panel, id, true));
  return isDone ? left : null;
}

export function setTrusted(panel: NotebookPanel, id: string, trusted: boolean): void {
  const cell = panel.content.widgets.find(one => one.model.id === id);
  if (cell) {
    cell.model.trusted = trusted;
  }
}

/** Bring back a cell's source, and what it showed. */
function bringBack(cells: Cells, cell: ISharedCell, { before, cell: stored }: IChange): void {
  const { outputs = [], execution_count = null } = (stored ?? {}) as Partial<nbformat.ICodeCell>;
  const is = cell.toJSON() as nbformat.ICodeCell;
  const had = { ...is, outputs, execution_count };
  if (cell.cell_type === 'code' && !JSONExt.deepEqual(is, had)) {
    // As another cell, which makes it one undo step: changes of outputs alone are none, and what replaces a stream
    // JupyterLab adds to it.
    const at = cells.ids.indexOf(cell.id);
    cells.delete(cell.id);
    const metadata = { ...is.metadata, trusted: false };
    cells.insert(at, { ...had, metadata, source: before } as SharedCell.Cell);
  } else {
    cell.setSource(before);
  }
}

/** The cells of a notebook while they are changed in one step: the notebook itself only knows them again behind it. */
class Cells {
  constructor(panel: NotebookPanel) {
    this._notebook = panel.content.model!.sharedModel;
    this._cells = new Map(this._notebook.cells.map(cell => [cell.id, cell]));
    this.ids = [...this._cells.keys()];
  }

  /** In order. */
  readonly ids: string[];

  /** A cell that was there when the step began, and still is. */
  get(id: string): ISharedCell | undefined {
    return this._cells.get(id);
  }

  /** The cell of a change; by its place, where ids do not outlast the file. */
  find({ id, at, source }: IChange): ISharedCell | undefined {
    const there = this._hasIds ? undefined : this._cells.get(this.ids[at]);
    return this._cells.get(id) ?? (there?.getSource() === source ? there : undefined);
  }

  /** Whether a cell may be there by an id that is not known. */
  hasLike(source: string): boolean {
    return !this._hasIds || [...this._cells.values()].some(cell => cell.getSource() === source);
  }

  insert(index: number, cell: SharedCell.Cell): void {
    this._notebook.insertCell(index, cell);
    this.ids.splice(index, 0, String(cell.id));
  }

  delete(id: string): void {
    const index = this.ids.indexOf(id);
    this._notebook.deleteCell(index);
    this.ids.splice(index, 1);
    this._cells.delete(id);
  }

  /** Where a cell belongs that stands behind another; where that is not there, behind what was above that. */
  placeBehind(above: string, aboveOf: (id: string) => string, otherwise = this.ids.length): number {
    const seen = new Set<string>();
    for (let id = above; id && !seen.has(id); id = aboveOf(id)) {
      seen.add(id);
      const index = this.ids.indexOf(id);
      if (index >= 0) {
        return index + 1;
      }
    }
    return above === '' ? 0 : Math.min(otherwise, this.ids.length);
  }

  inOneStep(change: () => void): void {
    stopCapturing(this._notebook);
    this._notebook.transact(change);
    stopCapturing(this._notebook);
  }

  private get _hasIds(): boolean {
    return this._notebook.nbformat_minor > 4;
  }

  private readonly _notebook: ISharedNotebook;
  private readonly _cells: Map<string, ISharedCell>;
}

function isTrusted(panel: NotebookPanel, id: string): boolean {
  return panel.content.widgets.find(one => one.model.id === id)?.model.trusted ?? false;
}

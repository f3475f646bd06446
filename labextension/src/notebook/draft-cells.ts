/**
 * Cells of a run put into a notebook, and taken out of it again; each as one undo step.
 *
 * Beside `ActiveNotebook` the only module that changes cells: a run needs cells with given ids, their outputs, and whole
 * cells brought back. What the user typed meanwhile is never overwritten: such a cell is left alone, and named.
 */

import type { ISharedCell, ISharedCodeCell, ISharedNotebook, SharedCell } from '@jupyter/ydoc';
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
}

export interface IPutIn {
  readonly changes: readonly IChange[];
  /** Ids of cells that the user has changed, moved away or locked meanwhile. */
  readonly left: readonly string[];
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
  const left: string[] = [];
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
        changes.push({ id, state, source, before, above, cell: null, wasTrusted: false });
        continue;
      }
      if (!cell || state === 'new' || is !== before || cell.getMetadata('editable') === false) {
        left.push(id);
        continue;
      }
      const above = cells.ids[cells.ids.indexOf(id) - 1] ?? '';
      const stored = cell.toJSON() as SharedCell.Cell;
      changes.push({ id, state, source, before, above, cell: stored, wasTrusted: isTrusted(panel, id) });
      if (state === 'changed') {
        cell.setSource(source);
      } else {
        cells.delete(id);
      }
    }
  });
  return { changes, left };
}

/** Bring back what was there before; returns the ids of cells that were left alone, because the user changed them. */
export function takeOut(panel: NotebookPanel, changes: readonly IChange[]): string[] {
  const cells = new Cells(panel);
  const left: string[] = [];
  cells.inOneStep(() => {
    for (const change of [...changes].reverse()) {
      const { id, state } = change;
      const cell = cells.get(id);
      if (state === 'deleted') {
        if (!cell && change.cell) {
          cells.insert(cells.placeBehind(change.above, () => ''), change.cell);
        }
      } else if (!cell) {
        // The user has deleted it; a cell of his own that the run had changed is missed.
        left.push(...(state === 'changed' ? [id] : []));
      } else if (cell.getSource() !== change.source) {
        left.push(id);
      } else if (state === 'new') {
        cells.delete(id);
      } else {
        cell.setSource(change.before);
      }
    }
  });
  for (const change of changes.filter(({ id, state }) => state !== 'new' && !left.includes(id))) {
    const cell = panel.content.model!.sharedModel.cells.find(one => one.id === change.id);
    if (cell && change.state === 'changed') {
      showAgain(cell, change);
    }
    if (change.wasTrusted) {
      setTrusted(panel, change.id, true);
    }
  }
  return left;
}

export function setTrusted(panel: NotebookPanel, id: string, trusted: boolean): void {
  const cell = panel.content.widgets.find(one => one.model.id === id);
  if (cell) {
    cell.model.trusted = trusted;
  }
}

/** Bring back what the cell showed. */
function showAgain(cell: ISharedCell, { cell: stored }: IChange): void {
  const { outputs = [], execution_count: count = null } = (stored ?? {}) as Partial<nbformat.ICodeCell>;
  if (cell.cell_type !== 'code') {
    return;
  }
  const code = cell as ISharedCodeCell;
  if (!JSONExt.deepEqual(code.getOutputs() as never, outputs as never)) {
    // In two steps: of one that replaces outputs JupyterLab adds the new ones to the old streams.
    code.setOutputs([]);
    code.setOutputs(outputs);
  }
  code.execution_count = count;
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
  placeBehind(above: string, aboveOf: (id: string) => string): number {
    const seen = new Set<string>();
    for (let id = above; id && !seen.has(id); id = aboveOf(id)) {
      seen.add(id);
      const index = this.ids.indexOf(id);
      if (index >= 0) {
        return index + 1;
      }
    }
    return above === '' ? 0 : this.ids.length;
  }

  inOneStep(change: () => void): void {
    stopCapturing(this._notebook);
    this._notebook.transact(change);
    stopCapturing(this._notebook);
  }

  private readonly _notebook: ISharedNotebook;
  private readonly _cells: Map<string, ISharedCell>;
}

function isTrusted(panel: NotebookPanel, id: string): boolean {
  return panel.content.widgets.find(one => one.model.id === id)?.model.trusted ?? false;
}

/**
 * Cells of a run put into a notebook, and taken out of it again; each as one undo step.
 *
 * Beside `ActiveNotebook` the only module that changes cells: a run needs cells with given ids, their outputs, and whole
 * cells brought back. What the user typed meanwhile is never overwritten: such a cell is left alone, and named.
 */

import type { ISharedCell, ISharedCodeCell, SharedCell } from '@jupyter/ydoc';
import type { NotebookPanel } from '@jupyterlab/notebook';
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
  /** The cell above a deleted one. */
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

/** Put cells in, in this order, as one undo step. Cells that are there already as wanted are no change. */
export function putIn(panel: NotebookPanel, wanted: readonly IWanted[]): IPutIn {
  const notebook = panel.content.model!.sharedModel;
  const changes: IChange[] = [];
  const left: string[] = [];
  const anchors = new Map(wanted.map(one => [one.id, one.above]));
  asOneStep(panel, () => {
    for (const one of wanted) {
      const index = indexOf(panel, one.id);
      const cell = notebook.cells[index];
      if (one.state === 'new') {
        if (cell) {
          if (cell.getSource() !== one.source) {
            left.push(one.id);
          }
          continue;
        }
        insertAt(panel, placeBehind(panel, one.above, anchors), {
          id: one.id,
          cell_type: one.kind,
          source: one.source,
          metadata: one.kind === 'code' ? { trusted: false } : {}
        } as SharedCell.Cell);
        changes.push({ ...facts(one), above: '', cell: null, wasTrusted: false });
        continue;
      }
      if (cell && one.state === 'changed' && cell.getSource() === one.source) {
        continue;
      }
      if (!cell || cell.getSource() !== one.before || cell.getMetadata('editable') === false) {
        left.push(one.id);
        continue;
      }
      const above = notebook.cells[index - 1]?.id ?? '';
      changes.push({ ...facts(one), above, cell: cell.toJSON() as SharedCell.Cell, wasTrusted: isTrusted(panel, one.id) });
      if (one.state === 'changed') {
        cell.setSource(one.source);
      } else {
        notebook.deleteCell(index);
      }
    }
  });
  return { changes, left };
}

/** Bring back what was there before; returns the ids of cells that were left alone, because the user changed them. */
export function takeOut(panel: NotebookPanel, changes: readonly IChange[]): string[] {
  const notebook = panel.content.model!.sharedModel;
  const left: string[] = [];
  asOneStep(panel, () => {
    for (const change of [...changes].reverse()) {
      const index = indexOf(panel, change.id);
      const cell = notebook.cells[index];
      if (change.state === 'deleted') {
        if (!cell && change.cell) {
          insertAt(panel, placeBehind(panel, change.above, new Map()), change.cell);
        }
        continue;
      }
      if (!cell) {
        // The user has deleted it; a cell of his own that the run had changed is missed.
        if (change.state === 'changed') {
          left.push(change.id);
        }
        continue;
      }
      if (cell.getSource() !== change.source) {
        left.push(change.id);
      } else if (change.state === 'new') {
        notebook.deleteCell(index);
      } else {
        restore(cell, change);
      }
    }
  });
  for (const { id, state, wasTrusted } of changes) {
    if (state !== 'new' && wasTrusted && !left.includes(id)) {
      setTrusted(panel, id, true);
    }
  }
  return left;
}

/** Whether a cell holds what is expected of it, else "missing" or "changed". */
export function whatStands(panel: NotebookPanel, id: string, expected: string): '' | 'missing' | 'changed' {
  const cell = panel.content.model?.sharedModel.cells[indexOf(panel, id)];
  return cell ? (cell.getSource() === expected ? '' : 'changed') : 'missing';
}

export function setTrusted(panel: NotebookPanel, id: string, trusted: boolean): void {
  const cell = panel.content.widgets.find(one => one.model.id === id);
  if (cell) {
    cell.model.trusted = trusted;
  }
}

function restore(cell: ISharedCell, { before, cell: stored }: IChange): void {
  cell.setSource(before);
  if (cell.cell_type === 'code' && stored) {
    const code = cell as ISharedCodeCell;
    const { outputs, execution_count: count } = stored as { outputs?: []; execution_count?: number | null };
    code.setOutputs(outputs ?? []);
    code.execution_count = count ?? null;
  }
}

function facts({ id, state, source, before }: IWanted) {
  return { id, state, source, before };
}

function insertAt(panel: NotebookPanel, index: number, cell: SharedCell.Cell): void {
  panel.content.model!.sharedModel.insertCell(index, cell);
}

/** Where a cell belongs that stands behind another; a cell of the run that is not there stood behind one, too. */
function placeBehind(panel: NotebookPanel, above: string, anchors: ReadonlyMap<string, string>): number {
  const seen = new Set<string>();
  for (let id = above; ; id = anchors.get(id) ?? '') {
    if (id === '') {
      // Nothing is above it: that is the beginning, or else what was above has gone.
      return above === '' ? 0 : panel.content.model!.sharedModel.cells.length;
    }
    const index = indexOf(panel, id);
    if (index >= 0) {
      return index + 1;
    }
    if (seen.has(id)) {
      return panel.content.model!.sharedModel.cells.length;
    }
    seen.add(id);
  }
}

function indexOf(panel: NotebookPanel, id: string): number {
  return panel.content.model?.sharedModel.cells.findIndex(cell => cell.id === id) ?? -1;
}

function isTrusted(panel: NotebookPanel, id: string): boolean {
  return panel.content.widgets.find(one => one.model.id === id)?.model.trusted ?? false;
}

function asOneStep(panel: NotebookPanel, change: () => void): void {
  const notebook = panel.content.model!.sharedModel;
  stopCapturing(notebook);
  notebook.transact(change);
  stopCapturing(notebook);
}

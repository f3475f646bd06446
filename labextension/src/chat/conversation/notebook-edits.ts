/** Changes of the notebook that the user asks for in the sidebar; each can be taken back from there. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { ActiveNotebook } from '../../notebook/active-notebook';
import { cellName } from '../../notebook/cell-name';
import { refusalText } from '../../notebook/refusal-text';
import type { CellKind, IEdit } from '../../protocol/edit';
import type { Exchange } from './exchange';

/** What became of a wish: a sentence, and how it is taken back, null where there is nothing to take back. */
export interface IOutcome {
  readonly isDone: boolean;
  readonly text: string;
  /** Takes it back; returns what to say then. */
  readonly undo: (() => string) | null;
}

/** The same, with the cells that are new or other now, in their order. */
export interface IChanged extends IOutcome {
  readonly cellIds: readonly string[];
}

/** A cell to be. */
export interface INewCell {
  readonly source: string;
  readonly kind: CellKind;
}

export class NotebookEdits {
  constructor(
    private readonly _notebook: () => ActiveNotebook | null,
    private readonly _trans: TranslationBundle
  ) {}

  /** Change the notebook in one undo step. */
  apply(edits: readonly IEdit[], anchor = ''): IChanged {
    const trans = this._trans;
    const notebook = this._notebook();
    if (!notebook) {
      return refused(trans.__('No notebook is open.'));
    }
    const applied = notebook.apply(edits, anchor || notebook.activeCellId);
    if (!applied.plan.ok) {
      const { why, cellId } = applied.plan;
      return refused(refusalText(trans, why, cellName(trans, notebook, cellId)));
    }
    if (edits.some(edit => edit.op !== 'insert')) {
      notebook.focus(applied.plan.focusId, edits.length === 1 ? 'edit' : 'command');
    }
    const undo = () => {
      const why = applied.undo();
      return why ? refusalText(trans, why.why, cellName(trans, notebook, why.cellId)) : trans.__('Undone.');
    };
    return { isDone: true, text: trans.__('Applied.'), undo, cellIds: applied.cellIds };
  }

  /**
   * Put blocks of an answer below the selected cell, behind the blocks of the same answer that stand there already, in
   * one undo step, and select the last one.
   */
  insert(exchange: Exchange, blocks: readonly INewCell[]): IChanged {
    const notebook = this._notebook();
    const inserted = this._inserted.get(exchange) ?? new Set<string>();
    this._inserted.set(exchange, inserted);
    const cells = notebook?.cellIds ?? [];
    let at = cells.indexOf(notebook?.activeCellId ?? '');
    while (inserted.has(cells[at + 1])) {
      at += 1;
    }
    const edits = blocks.map(block => ({ op: 'insert' as const, cellId: '', before: '', ...block }));
    const changed = this.apply(edits, cells[at] ?? '');
    changed.cellIds.forEach(id => inserted.add(id));
    const last = changed.cellIds[changed.cellIds.length - 1];
    if (last) {
      notebook?.select(last);
    }
    return changed.isDone ? { ...changed, text: this._trans.__('Inserted.') } : changed;
  }

  /** Run cells in their order; says nothing of what became of them. */
  run(cellIds: readonly string[]): void {
    void this._notebook()?.run(cellIds);
  }

  private readonly _inserted = new WeakMap<Exchange, Set<string>>();
}

function refused(text: string): IChanged {
  return { isDone: false, text, undo: null, cellIds: [] };
}

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

export class NotebookEdits {
  constructor(
    private readonly _notebook: () => ActiveNotebook | null,
    private readonly _trans: TranslationBundle
  ) {}

  /** Change the notebook in one undo step. */
  apply(edits: readonly IEdit[], anchor = ''): IOutcome {
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
    return { isDone: true, text: trans.__('Applied.'), undo };
  }

  /**
   * Put a block of an answer below the selected cell, behind the blocks of the same answer that stand there already,
   * and select it.
   */
  insert(exchange: Exchange, source: string, kind: CellKind): IOutcome {
    const notebook = this._notebook();
    const inserted = this._inserted.get(exchange) ?? new Set<string>();
    this._inserted.set(exchange, inserted);
    const cells = notebook?.cellIds ?? [];
    let at = cells.indexOf(notebook?.activeCellId ?? '');
    while (inserted.has(cells[at + 1])) {
      at += 1;
    }
    const before = new Set(cells);
    const outcome = this.apply([{ op: 'insert', cellId: '', before: '', source, kind }], cells[at] ?? '');
    const added = notebook?.cellIds.find(id => !before.has(id));
    if (outcome.isDone && notebook && added) {
      inserted.add(added);
      notebook.select(added);
    }
    return outcome.isDone ? { ...outcome, text: this._trans.__('Inserted.') } : outcome;
  }

  private readonly _inserted = new WeakMap<Exchange, Set<string>>();
}

function refused(text: string): IOutcome {
  return { isDone: false, text, undo: null };
}

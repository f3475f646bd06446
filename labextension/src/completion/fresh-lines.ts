/**
 * Asks where JupyterLab itself does not: on a fresh line inside a block, and in an empty cell below Markdown.
 */

import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { GhostText } from './ghost-text';

export class FreshLines {
  constructor(
    tracker: INotebookTracker,
    private readonly _ghost: GhostText
  ) {
    tracker.activeCellChanged.connect(() => this._watch(tracker.currentWidget));
    tracker.currentChanged.connect(() => this._watch(tracker.currentWidget));
    this._watch(tracker.currentWidget);
  }

  private _watch(panel: NotebookPanel | null): void {
    this._unwatch();
    this._unwatch = () => undefined;
    const cell = panel?.content.activeCell;
    if (!panel || !cell || cell.model.type !== 'code') {
      return;
    }
    const shared = cell.model.sharedModel;
    // The cursor is where the change leaves it only after the change.
    const changed = () => void setTimeout(() => this._look(panel), 0);
    shared.changed.connect(changed);
    panel.content.stateChanged.connect(changed);
    this._unwatch = () => {
      shared.changed.disconnect(changed);
      panel.content.stateChanged.disconnect(changed);
    };
    changed();
  }

  private _look(panel: NotebookPanel): void {
    const { activeCell, activeCellIndex, mode, widgets } = panel.content;
    const editing = mode === 'edit' && activeCell && !activeCell.isDisposed ? this._ghost.editing(panel) : null;
    if (!editing?.isCode || !editing.view.hasFocus) {
      return;
    }
    const { doc, selection } = editing.view.state;
    const at = selection.main.head;
    const line = doc.lineAt(at);
    const seen = `${editing.cell.id}\0${at}\0${doc.toString()}`;
    const isFresh = selection.main.empty && line.text.trim() === '' && at === line.to;
    const isBelowText = doc.length === 0 && widgets[activeCellIndex - 1]?.model.type === 'markdown';
    const isInBlock = line.text !== '' && line.number > 1;
    if (seen !== this._seen && isFresh && (isBelowText || isInBlock)) {
      this._ghost.invoke(panel);
    }
    this._seen = seen;
  }

  private _seen = '';
  private _unwatch: () => void = () => undefined;
}

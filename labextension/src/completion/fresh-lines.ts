/**
 * Asks where JupyterLab itself does not: on a fresh line inside a block, and in an empty cell below Markdown.
 */

import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IEditing } from './editing';
import type { GhostText } from './ghost-text';

/** For the editors of cells, files of code and consoles alike. */
export function freshLines(app: JupyterFrontEnd, ghost: GhostText): Extension {
  let seen = '';
  const look = (view: EditorView) => {
    const widget = app.shell.currentWidget;
    const editing = widget && view.hasFocus ? ghost.editing(widget) : null;
    if (!widget || !editing?.isCode || editing.view !== view) {
      return;
    }
    const here = isFresh(editing) ? [editing.path, editing.cell.id, view.state.selection.main.head, view.state.doc] : [];
    const now = here.join('\0');
    if (now && now !== seen) {
      ghost.invoke(widget);
    }
    seen = now;
  };
  return EditorView.updateListener.of(({ view, docChanged, focusChanged }) => {
    if (docChanged || focusChanged) {
      // The cursor is where the change leaves it only after the change.
      setTimeout(() => look(view), 0);
    }
  });
}

function isFresh({ view, cell, cells }: IEditing): boolean {
  const { doc, selection } = view.state;
  const { head, empty } = selection.main;
  const line = doc.lineAt(head);
  if (!empty || line.text.trim() !== '' || head !== line.to) {
    return false;
  }
  const above = cells[cells.findIndex(({ id }) => id === cell.id) - 1];
  return doc.length === 0 ? above?.cell_type === 'markdown' : line.text !== '' && line.number > 1;
}

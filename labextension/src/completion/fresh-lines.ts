/**
 * Asks where JupyterLab itself does not: on a fresh line inside a block, in an empty cell below Markdown, and where a
 * composition (of an input method) has ended. Looks whether what is shown still stands where it was shown.
 */

import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IEditing } from './editing';
import type { GhostText } from './ghost-text';

/** For the editors of cells, files of code and consoles alike. */
export function freshLines(app: JupyterFrontEnd, ghost: GhostText): Extension {
  let seen = '';
  const look = (view: EditorView, isComposed: boolean) => {
    ghost.check();
    const widget = app.shell.currentWidget;
    const editing = widget && view.hasFocus ? ghost.editing(widget) : null;
    if (!widget || !editing?.isCode || editing.view !== view) {
      return;
    }
    const here = isFresh(editing) ? [editing.path, editing.cell.id, view.state.selection.main.head, view.state.doc] : [];
    const now = here.join('\0');
    if (now ? now !== seen : isComposed) {
      ghost.invoke(widget);
    }
    seen = now;
  };
  return [
    EditorView.domEventHandlers({ compositionend: (_, view) => void setTimeout(look, 0, view, true) }),
    EditorView.updateListener.of(({ view, docChanged, focusChanged, changes, startState }) => {
      // The cursor is where the change leaves it only after the change.
      if (docChanged || focusChanged) {
        setTimeout(look, 0, view, false);
      }
      // Before the next key, except where one types along: there JupyterLab asks first.
      if (!docChanged || changes.mapPos(startState.selection.main.head, 1) !== view.state.selection.main.head) {
        queueMicrotask(() => ghost.check());
      }
    })
  ];
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

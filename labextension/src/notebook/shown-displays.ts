/** Which cells of a notebook show a display, and what they show; reads only. */

import type { CodeCell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IChange } from './draft-cells';

/** Ids of the cells that an update of this display would change now: those that have shown it since the page was loaded. */
export function showing(panel: NotebookPanel | null, display: string): string[] {
  const cells = panel?.content.widgets ?? [];
  // A cell that is just being replaced has no id any more.
  return cells.filter(cell => cell.model.id && displaysOf(cell as CodeCell)?.has(display)).map(cell => cell.model.id);
}

/** JupyterLab tells nobody, but in this place. */
function displaysOf(cell: CodeCell): Map<string, unknown> | undefined {
  return (cell.outputArea as unknown as { _displayIdMap?: Map<string, unknown> } | undefined)?._displayIdMap;
}

/** What brings back what a cell shows now, and changes nothing else of it; none where it is not there. */
export function asShown(panel: NotebookPanel, id: string): IChange[] {
  const cells = panel.content.widgets;
  return cells
    .filter(({ model }) => model.id === id)
    .map(({ model }, _, [{ model: { sharedModel } }]) => {
      const source = sharedModel.getSource();
      const at = cells.findIndex(one => one.model.id === id);
      const above = cells[at - 1]?.model.id ?? '';
      const cell = sharedModel.toJSON() as IChange['cell'];
      return { id, state: 'changed', source, before: source, above, cell, wasTrusted: model.trusted, at };
    });
}

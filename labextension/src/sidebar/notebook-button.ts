/** The sidebar's icon in a page of Notebook 7, which shows no tabs beside its sidebars. */

import { CommandToolbarButton } from '@jupyterlab/apputils';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { CommandRegistry } from '@lumino/commands';

const OPEN = 'jupyter-devstral:open-chat';

export function addNotebookButton(tracker: INotebookTracker, commands: CommandRegistry): void {
  const add = (panel: NotebookPanel) => {
    panel.toolbar.addItem('devstral', new CommandToolbarButton({ commands, id: OPEN, label: '' }));
  };
  tracker.forEach(add);
  tracker.widgetAdded.connect((_, panel) => add(panel));
}

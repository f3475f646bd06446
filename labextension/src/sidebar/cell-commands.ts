/** What can be asked about a cell, as commands for toolbar, menus, palette and keys; the answers come in the sidebar. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { ChatPanel } from './chat-panel';
import { Task, taskCommands } from '../protocol/tasks';
import { devstralIcon } from '../icon';
import { showHelp } from './help-dialog';
import { openInlinePrompt } from './inline-prompt';
import type { IChatServices } from '../components/chat-services';

export const CommandIds = {
  open: 'jupyter-devstral:open-chat',
  ask: 'jupyter-devstral:ask-about-cell',
  inline: 'jupyter-devstral:prompt-at-cell',
  help: 'jupyter-devstral:help'
} as const;

export function addCommands(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  panel: ChatPanel,
  services: IChatServices,
  palette: ICommandPalette | null
): void {
  const { model } = panel;
  const { trans } = model;
  const hasCell = () => tracker.activeCell !== null;
  const show = () => app.shell.activateById(panel.id);
  const about = (task: Task) => () => {
    show();
    void model.ask({ task });
  };
  const add = (id: string, label: string, execute: () => void, isEnabled = hasCell) => {
    app.commands.addCommand(id, { label, execute, isEnabled, icon: devstralIcon });
    palette?.addItem({ command: id, category: 'Devstral' });
  };
  add(CommandIds.open, trans.__('Chat about the notebook'), show, () => true);
  taskCommands(trans).forEach(({ id, label, task }) => add(id, label, about(task)));
  add(CommandIds.ask, trans.__('Ask about this cell'), () => {
    const name = model.composition.nameOf(model.notebook?.activeCellId ?? '');
    show();
    if (name && !model.draft.includes(`@${name}`)) {
      model.setDraft(`@${name} ${model.draft}`);
    }
  });
  add(CommandIds.inline, trans.__('Change this cell…'), () => openInlinePrompt(tracker, model, services));
  add(CommandIds.help, trans.__('Devstral: commands and keys'), () => void showHelp(app.commands, trans), () => true);
}

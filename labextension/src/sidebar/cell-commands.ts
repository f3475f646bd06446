/** What can be asked about a cell, as commands for toolbar, menus, palette and keys; the answers come in the sidebar. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { cellSign } from '../notebook/cell-name';
import type { ChatPanel } from './chat-panel';
import type { Task } from '../protocol/question';
import { devstralIcon } from '../icon';
import { openInlinePrompt } from './inline-prompt';
import type { IChatServices } from '../components/chat-services';

export const CommandIds = {
  open: 'jupyter-devstral:open-chat',
  explain: 'jupyter-devstral:explain-cell',
  fix: 'jupyter-devstral:fix-cell',
  refactor: 'jupyter-devstral:refactor-cell',
  document: 'jupyter-devstral:document-cell',
  test: 'jupyter-devstral:test-cell',
  ask: 'jupyter-devstral:ask-about-cell',
  inline: 'jupyter-devstral:prompt-at-cell'
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
  add(CommandIds.explain, trans.__('Explain cell'), about('explain'));
  add(CommandIds.fix, trans.__('Fix cell'), about('fix'));
  add(CommandIds.refactor, trans.__('Refactor cell'), about('refactor'));
  add(CommandIds.document, trans.__('Document cell'), about('doc'));
  add(CommandIds.test, trans.__('Generate tests'), about('test'));
  add(CommandIds.ask, trans.__('Ask about this cell'), () => {
    const sign = cellSign(model.notebook, model.notebook?.activeCellId ?? '');
    show();
    if (sign && !model.draft.includes(`@cell${sign}`)) {
      model.setDraft(`@cell${sign} ${model.draft}`);
    }
  });
  add(CommandIds.inline, trans.__('Change this cell…'), () => openInlinePrompt(tracker, model, services));
}

/** Puts the sidebar together and into the shell. */

import type { ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { PageConfig } from '@jupyterlab/coreutils';
import type { IStatusBar } from '@jupyterlab/statusbar';
import { OpenNotebook } from '../notebook/active-notebook';
import { addCommands } from './cell-commands';
import { ChatModel } from '../chat/chat-model';
import { ChatPanel } from './chat-panel';
import type { IMessage } from '../protocol/sent';
import { Client } from '../chat/client';
import type { Preferences } from '../preferences/preferences';
import { addFileCommands } from '../files/file-commands';
import { addErrorRenderer } from '../card/error-renderer';
import { ModelStatusItem } from './model-status-item';
import { addNotebookButton } from './notebook-button';
import type { NotebookLinks } from '../kernel/notebook-links';
import { showPrompt } from './prompt-dialog';

export interface ISidebarNeeds {
  readonly tracker: INotebookTracker;
  readonly rendermime: IRenderMimeRegistry;
  readonly trans: TranslationBundle;
  readonly languages: IEditorLanguageRegistry | null;
  readonly palette: ICommandPalette | null;
  readonly restorer: ILayoutRestorer | null;
  readonly statusBar: IStatusBar | null;
  readonly preferences: Preferences;
  readonly links: NotebookLinks;
  readonly completionNotice?: () => JSX.Element | null;
}

export function addSidebar(app: JupyterFrontEnd, needs: ISidebarNeeds): void {
  const { tracker, rendermime, trans, languages, palette, restorer } = needs;
  const { contents, serverSettings } = app.serviceManager;
  const model = new ChatModel(new Client(serverSettings, trans), tracker, contents, trans, rendermime);
  needs.preferences.changed.connect(() => {
    void model.setup.look();
    model.lookAgain();
  });
  const services = {
    rendermime,
    languages,
    trans,
    completionNotice: needs.completionNotice,
    restartAndRunAbove: (cellId: string) => {
      model.notebook?.select(cellId);
      void app.commands.execute('notebook:restart-and-run-to-selected');
    },
    showPrompt: (messages?: readonly IMessage[]) => void showPrompt(trans, () => messages ?? model.messages())
  };
  const panel = new ChatPanel(model, services);
  app.shell.add(panel, 'right', { rank: 900 });
  restorer?.add(panel, panel.id);
  addCommands(app, tracker, panel, services, palette);
  addFileCommands(app, { tracker, model, services, palette, show: () => app.shell.activateById(panel.id) });
  const item = new ModelStatusItem(model, () => app.shell.activateById(panel.id));
  needs.statusBar?.registerStatusItem('jupyter-devstral:model', { item, align: 'right', rank: 91 });
  void app.restored.then(() => model.setup.open());
  if (PageConfig.getOption('notebookPage')) {
    addNotebookButton(tracker, app.commands);
  }
  needs.links.handedOver.connect((_, { panel: notebook, task }) => {
    app.shell.activateById(notebook.id);
    app.shell.activateById(panel.id);
    model.showNotebook(notebook);
    void model.agent.start(task.task, task);
  });
  addErrorRenderer(rendermime, trans, (task, node) => {
    const target = OpenNotebook.around(tracker, node)?.cellAround(node);
    if (target) {
      app.shell.activateById(panel.id);
      void model.ask({ task, target });
    }
  });
}

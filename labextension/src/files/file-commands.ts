/** What can be asked about a file in an editor, and about what is selected in a console or a terminal. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { Widget } from '@lumino/widgets';
import type { ChatModel } from '../chat/chat-model';
import type { IChatServices } from '../components/chat-services';
import { devstralIcon } from '../icon';
import { IFileWidget, isFileWidget } from '../notebook/open-file';
import { Task, taskCommands } from '../protocol/tasks';
import { FileDiffs } from './file-diff';
import { quoted } from './quoted';

export const FileCommandIds = {
  ask: 'jupyter-devstral:ask-about-file',
  task: 'jupyter-devstral:file-task',
  quote: 'jupyter-devstral:ask-about-selection'
} as const;

/** Of a file as of a cell; tests become cells, and an error is a cell's. */
const TASKS: readonly Task[] = ['explain', 'refactor', 'doc'];

export interface IFileCommandNeeds {
  readonly tracker: INotebookTracker;
  readonly model: ChatModel;
  readonly services: IChatServices;
  readonly palette: ICommandPalette | null;
  /** Bring the sidebar to the front. */
  show(): void;
}

export function addFileCommands(app: JupyterFrontEnd, needs: IFileCommandNeeds): void {
  const { tracker, model, services, palette, show } = needs;
  const { trans } = model;
  new FileDiffs(model, services);
  const asked = new WeakSet<Widget>();
  const file = () => {
    const widget = app.shell.currentWidget;
    return isFileWidget(widget) && !tracker.has(widget) ? widget : null;
  };
  const about = (widget: IFileWidget | null) => {
    if (widget) {
      asked.add(widget);
      model.showFile(widget);
      show();
    }
    return widget !== null;
  };
  app.commands.addCommand(FileCommandIds.ask, {
    label: () => (hasSelection(file()) ? trans.__('Ask about the selected lines') : trans.__('Ask about this file')),
    icon: devstralIcon,
    isEnabled: () => file() !== null,
    execute: () => void about(file())
  });
  const names: Partial<Record<string, string>> = {
    explain: trans.__('Explain'),
    refactor: trans.__('Refactor'),
    doc: trans.__('Document')
  };
  app.commands.addCommand(FileCommandIds.task, {
    label: args => {
      const name = names[String(args.task)] ?? '';
      return hasSelection(file()) ? trans.__('%1 the selected lines', name) : trans.__('%1 this file', name);
    },
    icon: devstralIcon,
    isEnabled: () => file() !== null,
    execute: args => {
      const task = taskCommands(trans).find(one => one.task === args.task)?.task;
      if (task && TASKS.includes(task) && about(file())) {
        void model.ask({ task });
      }
    }
  });
  app.commands.addCommand(FileCommandIds.quote, {
    label: trans.__('Ask about the selected text'),
    icon: devstralIcon,
    isEnabled: () => selectedText(app.shell.currentWidget) !== '',
    execute: () => {
      const text = selectedText(app.shell.currentWidget);
      if (text) {
        model.setDraft(quoted(text, model.draft));
        show();
      }
    }
  });
  const category = 'Devstral';
  palette?.addItem({ command: FileCommandIds.ask, category });
  TASKS.forEach(task => palette?.addItem({ command: FileCommandIds.task, category, args: { task } }));
  palette?.addItem({ command: FileCommandIds.quote, category });
  const shell = app.shell as typeof app.shell & { readonly currentChanged?: { connect(slot: () => void): void } };
  shell.currentChanged?.connect(() => {
    const widget = app.shell.currentWidget;
    if (widget && tracker.has(widget)) {
      model.showFile(null);
    } else if (isFileWidget(widget) && asked.has(widget)) {
      model.showFile(widget);
    }
  });
}

function hasSelection(widget: IFileWidget | null): boolean {
  const { start, end } = widget?.content.editor.getSelection() ?? {};
  return !!start && !!end && (start.line !== end.line || start.column !== end.column);
}

/** What is selected in a console's cells and outputs, or in a terminal, which keeps it to itself. */
function selectedText(widget: Widget | null): string {
  if (!widget) {
    return '';
  }
  const { content } = widget as Widget & { readonly content?: { getSelection?(): unknown } };
  const own = content && !('editor' in content) ? content.getSelection?.() : null;
  if (typeof own === 'string') {
    return own.trim();
  }
  const selection = window.getSelection();
  const isInside = selection?.anchorNode ? widget.node.contains(selection.anchorNode) : false;
  return isInside ? selection!.toString().trim() : '';
}

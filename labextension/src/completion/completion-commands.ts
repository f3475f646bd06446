/** What can be done with a suggestion, as commands for keys and palette. */

import { ChangeSet, EditorSelection, Extension, Prec } from '@codemirror/state';
import { EditorView, ViewPlugin } from '@codemirror/view';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Widget } from '@lumino/widgets';
import type { IMessage } from '../protocol/sent';
import { record, text } from '../protocol/json-values';
import { showPrompt } from '../sidebar/prompt-dialog';
import { nextLine, nextWord } from './typing/accepting';
import type { CompletionClient } from './completion-client';
import type { CompletionSettings, Mode } from './completion-settings';
import { stopCapturing } from '../notebook/undo-steps';
import type { GhostText } from './ghost-text';

export const CompletionIds = {
  acceptWord: 'jupyter-devstral:accept-word',
  acceptLine: 'jupyter-devstral:accept-line',
  hide: 'jupyter-devstral:hide-suggestion',
  mode: 'jupyter-devstral:suggestions',
  prompt: 'jupyter-devstral:suggestion-prompt',
  model: 'jupyter-devstral:suggestion-model'
} as const;

/** JupyterLab's own, for the whole of it. */
const ACCEPT = 'inline-completer:accept';

export interface ICompletionCommandNeeds {
  readonly app: JupyterFrontEnd;
  readonly ghost: GhostText;
  readonly client: CompletionClient;
  readonly settings: CompletionSettings;
  readonly palette: ICommandPalette | null;
  readonly trans: TranslationBundle;
}

/**
 * The keys for the next word and line, inside the editor: JupyterLab asks its own shortcuts only where the editor has
 * none, and the editor moves by a word, or to the end, there.
 */
export function acceptKeys(app: JupyterFrontEnd, ghost: GhostText): Extension {
  // No key map: of those JupyterLab's own handler comes first, which leaves the cell where it ends.
  const keydown = (event: KeyboardEvent, view: EditorView) => {
    const part = { ArrowRight: nextWord, ArrowDown: nextLine }[event.key];
    const isOurs = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    const widget = app.shell.currentWidget;
    if (!part || !isOurs || !widget || !ghost.textIn(view)) {
      return false;
    }
    accept(ghost, widget, part);
    return true;
  };
  return Prec.highest([
    EditorView.domEventHandlers({ keydown }),
    // Before the change reaches the history, which would put it to what was typed just before.
    ViewPlugin.define(view => ({
      update: ({ docChanged, changes }) => {
        const shown = docChanged ? ghost.textIn(view) : '';
        if (shown && insertedBy(changes) === shown) {
          ghost.endUndoStep();
        }
      }
    }))
  ]);
}

function insertedBy(changes: ChangeSet): string {
  let text = '';
  changes.iterChanges((_from, _to, _start, _end, inserted) => (text = inserted.toString()));
  return text;
}

export function addCompletionCommands(needs: ICompletionCommandNeeds): void {
  const { app, ghost, client, settings, palette, trans } = needs;
  const category = 'Devstral';
  const take = (part: (text: string) => string) => () => {
    const widget = app.shell.currentWidget;
    if (widget) {
      accept(ghost, widget, part);
    }
  };
  app.commands.addCommand(CompletionIds.acceptWord, {
    label: trans.__('Accept the next word of the suggestion'),
    execute: take(nextWord)
  });
  app.commands.addCommand(CompletionIds.acceptLine, {
    label: trans.__('Accept the next line of the suggestion'),
    execute: take(nextLine)
  });
  app.commands.addCommand(CompletionIds.hide, {
    label: trans.__('Hide the suggestion'),
    execute: () => {
      const widget = app.shell.currentWidget;
      if (widget) {
        ghost.hide(widget);
      }
    }
  });
  app.commands.commandExecuted.connect((_, { id }) => {
    if (id === ACCEPT) {
      ghost.endUndoStep();
    }
  });
  const modes: readonly [Mode, string][] = [
    ['on', trans.__('Suggest while typing')],
    ['manual', trans.__('Suggest only when asked (Alt+\\)')],
    ['off', trans.__('Suggest nothing')]
  ];
  app.commands.addCommand(CompletionIds.mode, {
    label: args => modes.find(([mode]) => mode === args.mode)?.[1] ?? trans.__('Suggestions'),
    isToggled: args => settings.mode === args.mode,
    execute: args => {
      const [mode] = modes.find(([one]) => one === args.mode) ?? [settings.mode === 'off' ? 'on' : 'off'];
      return settings.set(mode as Mode);
    }
  });
  app.commands.addCommand(CompletionIds.prompt, {
    label: trans.__('Show exact prompt of the last suggestion'),
    execute: () => showPrompt(trans, () => lastAsMessages(client, trans))
  });
  modes.forEach(([mode]) => palette?.addItem({ command: CompletionIds.mode, category, args: { mode } }));
  [CompletionIds.acceptWord, CompletionIds.acceptLine, CompletionIds.prompt].forEach(command =>
    palette?.addItem({ command, category })
  );
}

/** Put a part of what is shown into the cell, as one undo step; the rest stays where it is. */
function accept(ghost: GhostText, widget: Widget, part: (text: string) => string): void {
  const editing = ghost.editing(widget);
  const shown = editing ? ghost.textIn(editing.view) : '';
  if (!editing || !shown) {
    return;
  }
  const insert = part(shown);
  const { view } = editing;
  // Histories merge what happens within half a second.
  stopCapturing(editing.shared);
  // Change and cursor in one transaction: else JupyterLab notes the place before the cursor moves. As it does, at every
  // cursor.
  const taken = view.state.changeByRange(({ head }) => ({
    changes: { from: head, insert },
    range: EditorSelection.cursor(head + insert.length)
  }));
  view.dispatch(taken, { scrollIntoView: true });
  stopCapturing(editing.shared);
}

async function lastAsMessages(client: CompletionClient, trans: TranslationBundle): Promise<IMessage[]> {
  const last = await client.last();
  if (!last) {
    return [{ role: '', content: trans.__('Nothing was sent yet.') }];
  }
  const { prompt, ...options } = record(last.request);
  return [
    { role: 'prompt', content: text(prompt) },
    { role: 'request', content: JSON.stringify(options, null, 1) },
    { role: 'reply', content: text(last.reply) },
    { role: 'offered', content: text(last.text) || text(last.dropped) }
  ];
}

/** What can be done with a suggestion, as commands for keys and palette. */

import { Extension, Prec } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
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
import type { GhostText } from './ghost-text';

export const CompletionIds = {
  acceptWord: 'jupyter-devstral:accept-word',
  acceptLine: 'jupyter-devstral:accept-line',
  hide: 'jupyter-devstral:hide-suggestion',
  mode: 'jupyter-devstral:suggestions',
  prompt: 'jupyter-devstral:suggestion-prompt',
  model: 'jupyter-devstral:suggestion-model'
} as const;

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
  const taking = (part: (text: string) => string) => (view: EditorView) => {
    const widget = app.shell.currentWidget;
    if (!widget || !ghost.textIn(view)) {
      return false;
    }
    accept(ghost, widget, part);
    return true;
  };
  return Prec.highest(
    keymap.of([
      { key: 'Mod-ArrowRight', run: taking(nextWord) },
      { key: 'Mod-ArrowDown', run: taking(nextLine) }
    ])
  );
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
  const from = view.state.selection.main.head;
  // Histories merge what happens within half a second.
  stopCapturing(editing.shared);
  // Change and cursor in one transaction: else JupyterLab notes the place before the cursor moves.
  view.dispatch({ changes: { from, insert }, selection: { anchor: from + insert.length }, scrollIntoView: true });
  stopCapturing(editing.shared);
}

function stopCapturing(shared: { readonly undoManager?: unknown }): void {
  (shared.undoManager as { stopCapturing?: () => void } | null | undefined)?.stopCapturing?.();
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

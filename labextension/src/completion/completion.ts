/** Suggestions at the cursor: makes the parts and wires them. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, ICommandPalette, showDialog } from '@jupyterlab/apputils';
import { EditorExtensionRegistry, IEditorExtensionRegistry } from '@jupyterlab/codemirror';
import type { ICompletionProviderManager } from '@jupyterlab/completer';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IStatusBar } from '@jupyterlab/statusbar';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Client } from '../chat/client';
import { PLUGIN_ID } from '../tokens';
import { CompletionClient } from './completion-client';
import { acceptKeys, addCompletionCommands, CompletionIds } from './completion-commands';
import { completionNotice, CompletionModelPage } from './completion-model-page';
import { CompletionModelSetup } from './completion-model-setup';
import { CompletionSettings } from './completion-settings';
import { CompletionStatus } from './completion-status';
import { freshLines } from './fresh-lines';
import { GhostText } from './ghost-text';
import { StatusItem } from './status-item';

/** Milliseconds until is looked whether a chat still answers. */
const LOOK_AGAIN = 2000;

export interface ICompletionNeeds {
  readonly manager: ICompletionProviderManager;
  readonly registry: ISettingRegistry | null;
  readonly statusBar: IStatusBar | null;
  readonly extensions: IEditorExtensionRegistry | null;
  readonly palette: ICommandPalette | null;
  readonly trans: TranslationBundle;
}

/**
 * To be called while plugins are activated: a provider that comes later never gets its settings. Returns what the
 * sidebar says of the model.
 */
export function addCompletion(app: JupyterFrontEnd, needs: ICompletionNeeds): () => JSX.Element | null {
  const { manager, registry, statusBar, extensions, palette, trans } = needs;
  const { serverSettings } = app.serviceManager;
  const client = new CompletionClient(serverSettings);
  const settings = new CompletionSettings();
  const status = new CompletionStatus();
  const ghost = new GhostText(manager, client, settings, status, trans);
  manager.registerInlineProvider(ghost);
  const fresh = freshLines(app, ghost);
  addCompletionCommands({ app, ghost, client, settings, palette, trans });
  extensions?.addExtension({
    name: 'jupyter-devstral:ghost-text',
    factory: () => EditorExtensionRegistry.createImmutableExtension([acceptKeys(app, ghost), fresh])
  });
  const setup = new CompletionModelSetup(client, new Client(serverSettings, trans), settings);
  setup.changed.connect(() => {
    if (setup.state) {
      const { mode, state, words, isPaused } = setup.state;
      status.heard({ text: '', dropped: words.join(' '), state: mode === 'off' ? 'off' : state, isPaused, isFinal: false });
      if (!isPaused) {
        ghost.resume();
      }
    }
  });
  // Of the end of a chat nobody tells.
  let look: ReturnType<typeof setTimeout> | undefined;
  status.changed.connect(() => {
    clearTimeout(look);
    look = status.isPaused ? setTimeout(() => void setup.look(), LOOK_AGAIN) : undefined;
  });
  const openModel = async () => {
    void setup.look();
    const body = new CompletionModelPage(setup, trans);
    const title = trans.__('Ghost text');
    await showDialog({ title, body, buttons: [Dialog.okButton({ label: trans.__('Close') })] });
  };
  app.commands.addCommand(CompletionIds.model, { label: trans.__('Ghost text: model'), execute: openModel });
  palette?.addItem({ command: CompletionIds.model, category: 'Devstral' });
  const chat = () => setup.state?.chat ?? '';
  const item = new StatusItem(status, settings, chat, () => void openModel(), trans);
  statusBar?.registerStatusItem('jupyter-devstral:ghost-text', { item, align: 'right', rank: 90 });
  void follow(registry, settings).then(() => setup.look());
  return () => completionNotice(setup, trans, () => void openModel());
}

async function follow(registry: ISettingRegistry | null, settings: CompletionSettings): Promise<void> {
  try {
    const loaded = await registry?.load(PLUGIN_ID);
    if (loaded) {
      settings.follow(loaded);
    }
  } catch {
    // Without settings, as in a page that has none of ours, suggestions are as they are by default.
  }
}

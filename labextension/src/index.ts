/**
 * The plugin: wires what the other modules make, and holds nothing itself.
 */

import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IEditorExtensionRegistry, IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { ICompletionProviderManager } from '@jupyterlab/completer';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { IFormRendererRegistry } from '@jupyterlab/ui-components';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { EditsRenderer } from './card/edits-renderer';
import { learnLanguage } from './chat/client';
import { addCompletion } from './completion/completion';
import { NotebookLinks } from './kernel/notebook-links';
import { addPreferences } from './preferences/settings-page';
import { addSidebar } from './sidebar/sidebar';
import { MIME_TYPE, PLUGIN_ID, TRANSLATION_DOMAIN } from './tokens';

/** Before `text/html` (50) and `text/markdown` (60), which stand beside it in an answer. */
const RANK = 40;

const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: 'A chat about the notebook, actions at its cells, and the cards of explanations.',
  autoStart: true,
  requires: [INotebookTracker, IRenderMimeRegistry],
  optional: [
    ITranslator,
    IEditorLanguageRegistry,
    ICommandPalette,
    ILayoutRestorer,
    ICompletionProviderManager,
    ISettingRegistry,
    IStatusBar,
    IEditorExtensionRegistry,
    IFormRendererRegistry
  ],
  activate: async (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator | null,
    languages: IEditorLanguageRegistry | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    completer: ICompletionProviderManager | null,
    registry: ISettingRegistry | null,
    statusBar: IStatusBar | null,
    extensions: IEditorExtensionRegistry | null,
    forms: IFormRendererRegistry | null
  ) => {
    const trans = (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
    await learnLanguage(app.serviceManager.serverSettings, translator?.languageCode ?? 'en');
    const preferences = addPreferences(app, { registry, forms, trans });
    const links = new NotebookLinks(tracker, preferences, trans);
    const services = { tracker, rendermime, links, trans, languages };
    rendermime.addFactory(
      {
        // Foreign text goes through a sanitising renderer that is told not to trust it, or becomes text nodes.
        safe: true,
        mimeTypes: [MIME_TYPE],
        createRenderer: options => new EditsRenderer(services, options)
      },
      RANK
    );
    const completionNotice = completer
      ? addCompletion(app, { manager: completer, registry, statusBar, extensions, palette, trans })
      : undefined;
    addSidebar(app, {
      tracker,
      rendermime,
      trans,
      languages,
      palette,
      restorer,
      statusBar,
      preferences,
      links,
      completionNotice
    });
  }
};

export default plugin;

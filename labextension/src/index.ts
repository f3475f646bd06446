/**
 * The plugin: wires what the other modules make, and holds nothing itself.
 */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { EditsRenderer } from './edits-renderer';
import { NotebookLinks } from './notebook-links';
import { MIME_TYPE, PLUGIN_ID, TRANSLATION_DOMAIN } from './tokens';

/** Before `text/html` (50) and `text/markdown` (60), which stand beside it in an answer. */
const RANK = 40;

const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: 'Explanations of failing cells and fixes, applied in place.',
  autoStart: true,
  requires: [INotebookTracker, IRenderMimeRegistry],
  optional: [ITranslator, IEditorLanguageRegistry],
  activate: (
    _: JupyterFrontEnd,
    tracker: INotebookTracker,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator | null,
    languages: IEditorLanguageRegistry | null
  ) => {
    const trans = (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
    const links = new NotebookLinks(tracker, trans);
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
  }
};

export default plugin;

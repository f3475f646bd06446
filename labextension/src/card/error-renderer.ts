/**
 * A traceback as JupyterLab shows it, with two buttons below, also in notebooks that were opened again; above a long one
 * stands where its explanation is.
 */

import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Panel, Widget } from '@lumino/widgets';
import { goToCard, isLong } from './sight';

export const ERROR_TYPE = 'application/vnd.jupyter.error';
const SHOWN_AS = 'application/vnd.jupyter.stderr';

/** Asks about the cell that holds the node. */
export type AskAbout = (task: 'explain' | 'fix', node: Node) => void;

/** Put the buttons below every traceback; nothing where JupyterLab cannot show one itself. */
export function addErrorRenderer(rendermime: IRenderMimeRegistry, trans: TranslationBundle, ask: AskAbout): void {
  const factory = rendermime.getFactory(SHOWN_AS);
  if (factory) {
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [ERROR_TYPE],
        createRenderer: options =>
          new ErrorRenderer(factory.createRenderer({ ...options, mimeType: SHOWN_AS }), trans, ask)
      },
      50
    );
  }
}

class ErrorRenderer extends Panel implements IRenderMime.IRenderer {
  constructor(
    private readonly _traceback: IRenderMime.IRenderer,
    trans: TranslationBundle,
    ask: AskAbout
  ) {
    super();
    this.addClass('jp-devstral-error');
    this.addWidget(this._pointer(trans));
    this.addWidget(_traceback);
    this._watch.observe(_traceback.node);
    const buttons = new Widget();
    buttons.addClass('jp-devstral-error-buttons');
    const labels = { explain: trans.__('Explain'), fix: trans.__('Fix') };
    for (const task of ['explain', 'fix'] as const) {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'jp-devstral-small-button';
      button.dataset.action = `${task}-error`;
      button.textContent = labels[task];
      button.addEventListener('click', () => ask(task, this.node));
      buttons.node.append(button);
    }
    this.addWidget(buttons);
  }

  dispose(): void {
    this._watch.disconnect();
    super.dispose();
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    return this._traceback.renderModel(model);
  }

  /** In sight only where the traceback is long, and a card stands below it: the style sheet knows. */
  private _pointer(trans: TranslationBundle): Widget {
    const pointer = new Widget({ node: document.createElement('button') });
    pointer.addClass('jp-devstral-pointer');
    pointer.addClass('jp-devstral-small-button');
    pointer.node.dataset.action = 'go-to-card';
    pointer.node.textContent = trans.__('↓ Explanation below');
    pointer.node.addEventListener('click', () => goToCard(this.node));
    return pointer;
  }

  private readonly _watch = new ResizeObserver(() => this.toggleClass('jp-mod-long', isLong(this._traceback.node)));
}

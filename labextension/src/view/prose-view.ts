/**
 * Markdown that may still be arriving, shown by one core renderer for as long as it lives.
 */

import { IRenderMimeRegistry, MimeModel } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { PanelLayout, Widget } from '@lumino/widgets';
import { strictSanitizer } from './strict-sanitizer';

const MARKDOWN = 'text/markdown';

/** One outside of any output. */
export function proseView(rendermime: IRenderMimeRegistry): ProseView {
  const { sanitizer, linkHandler, latexTypesetter, markdownParser } = rendermime;
  const options = { mimeType: MARKDOWN, sanitizer, resolver: null, linkHandler, latexTypesetter, markdownParser };
  return new ProseView(rendermime, options);
}

export class ProseView extends Widget {
  constructor(rendermime: IRenderMimeRegistry, options: IRenderMime.IRendererOptions) {
    super();
    const factory = rendermime.getFactory(MARKDOWN);
    this._renderer = factory
      ? factory.createRenderer({
          ...options,
          mimeType: MARKDOWN,
          sanitizer: strictSanitizer(options.sanitizer),
          // Relative links would be looked up on the server.
          resolver: null
        })
      : null;
    const layout = new PanelLayout();
    this.layout = layout;
    if (this._renderer) {
      layout.addWidget(this._renderer);
    }
  }

  /** Show this text; resolves when it, or a later one, is on the screen. */
  async showMarkdown(markdown: string): Promise<void> {
    this.setHidden(!markdown.trim());
    if (markdown === this._wanted) {
      return this._rendering;
    }
    this._wanted = markdown;
    // Highlighting loads languages: a text that is overtaken while it waits must not be rendered after its successor.
    this._rendering = this._rendering.then(() => (this._wanted === markdown ? this._render(markdown) : undefined));
    return this._rendering;
  }

  private async _render(markdown: string): Promise<void> {
    // Never as trusted, also where the notebook is: trusted Markdown is not sanitised.
    const model = new MimeModel({ trusted: false, data: { [MARKDOWN]: markdown } });
    await this._renderer?.renderModel(model).catch(() => {
      this.node.textContent = markdown;
    });
  }

  private readonly _renderer: IRenderMime.IRenderer | null;
  private _wanted = '';
  private _rendering: Promise<void> = Promise.resolve();
}

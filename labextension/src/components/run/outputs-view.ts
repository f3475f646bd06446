/** What a cell showed in the rehearsal, drawn by JupyterLab's own renderers and never trusted. */

import { IRenderMimeRegistry, MimeModel } from '@jupyterlab/rendermime';
import { PanelLayout, Widget } from '@lumino/widgets';
import type { Output } from '../../agent/records';
import { harmless, outputSanitizer } from '../../agent/untrusted-outputs';
import { joined, list, record, text } from '../../protocol/json-values';

const [STDOUT, STDERR] = ['application/vnd.jupyter.stdout', 'application/vnd.jupyter.stderr'];
/** Of one text, in characters: the panel is no place to read more. */
const LONGEST = 20_000;

export class OutputsView extends Widget {
  constructor(rendermime: IRenderMimeRegistry, outputs: readonly Output[], instead: string) {
    super();
    this.addClass('jp-devstral-run-outputs');
    const layout = new PanelLayout();
    this.layout = layout;
    const registry = rendermime.clone({ sanitizer: outputSanitizer(rendermime.sanitizer) });
    for (const output of harmless(outputs, rendermime.sanitizer, instead)) {
      const data = bundleOf(output);
      const mimeType = registry.preferredMimeType(data as never, 'ensure');
      if (!mimeType) {
        continue;
      }
      const renderer = registry.createRenderer(mimeType);
      layout.addWidget(renderer);
      const model = new MimeModel({ trusted: false, data: data as never });
      void renderer.renderModel(model).catch(() => {
        renderer.node.textContent = text(data['text/plain']);
      });
    }
  }
}

function bundleOf(output: Output): Record<string, unknown> {
  if (output.output_type === 'stream') {
    return { [output.name === 'stderr' ? STDERR : STDOUT]: capped(joined(output.text)) };
  }
  if (output.output_type === 'error') {
    // Not as an error: its renderer offers actions at a cell, and here is none.
    const lines = list(output.traceback).map(text);
    return { [STDERR]: capped(lines.length > 0 ? lines.join('\n') : `${text(output.ename)}: ${text(output.evalue)}`) };
  }
  return record(output.data);
}

function capped(words: string): string {
  return words.length > LONGEST ? `${words.slice(0, LONGEST)}\n…` : words;
}

/**
 * What cells of a run showed, made harmless: nothing runs, and no address is loaded.
 *
 * A model chose what they show, so that an output could carry away what it read: as a picture's address, a style, a
 * frame. JupyterLab's own sanitiser lets pictures from anywhere through, which is why outputs of a run are cleaned
 * before they reach a notebook, too.
 */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { joined, record } from '../protocol/json-values';
import { TAGS } from '../view/strict-sanitizer';
import type { Output } from './records';

const HTML = 'text/html';
const PLAIN = 'text/plain';
/** What shows itself without loading or running anything. */
const KEPT = new Set([PLAIN, 'text/latex', 'image/png', 'image/jpeg', 'image/gif', 'application/json']);

const CELL = ['align', 'colspan', 'rowspan', 'valign', 'scope'];

const OPTIONS = {
  allowedTags: [...TAGS, 'caption', 'col', 'colgroup', 'figcaption', 'figure', 'img'],
  allowedAttributes: {
    a: ['href', 'rel', 'title'],
    img: ['src', 'alt', 'width', 'height'],
    table: ['border', 'align'],
    td: CELL,
    th: CELL
  },
  allowedClasses: { table: ['dataframe'] },
  allowedStyles: {},
  allowedSchemesByTag: { img: ['data'] },
  // "//host/picture" has no scheme, and "picture" is an address of this server.
  allowProtocolRelative: false,
  exclusiveFilter: (frame: { tag: string; attribs: Record<string, string> }) =>
    frame.tag === 'img' && !/^data:image\/(?:png|jpeg|gif);base64,/i.test(frame.attribs.src ?? '')
} as IRenderMime.ISanitizerOptions;

/** A sanitiser for renderers of such outputs. */
export function outputSanitizer(sanitizer: IRenderMime.ISanitizer): IRenderMime.ISanitizer {
  return {
    allowNamedProperties: false,
    getAutolink: () => false,
    sanitize: dirty => sanitizer.sanitize(dirty, OPTIONS)
  };
}

/** The outputs without what is not kept of them; `instead` stands where nothing would be left. */
export function harmless(outputs: readonly Output[], sanitizer: IRenderMime.ISanitizer, instead: string): Output[] {
  return outputs.map(output => {
    if (output.output_type === 'stream' || output.output_type === 'error') {
      return output;
    }
    return { ...output, data: harmlessData(record(output.data), sanitizer, instead), metadata: {} };
  });
}

/** The same for one MIME bundle. */
export function harmlessData(
  data: Record<string, unknown>,
  sanitizer: IRenderMime.ISanitizer,
  instead: string
): Record<string, unknown> {
  const kept = Object.fromEntries(Object.entries(data).filter(([mime]) => KEPT.has(mime)));
  if (HTML in data) {
    kept[HTML] = outputSanitizer(sanitizer).sanitize(joined(data[HTML]));
  }
  const markdown = data['text/markdown'];
  if (typeof markdown === 'string' && !/!\[|</.test(markdown)) {
    kept['text/markdown'] = markdown;
  }
  return Object.keys(kept).length > 0 ? kept : { [PLAIN]: instead };
}

/**
 * A sanitiser for a model's words: what formats text, and nothing that loads, sends, styles or names.
 *
 * JupyterLab's own lets pictures from anywhere through, which is a request that a prompt injection can make speak.
 */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';

/** What formats text. */
export const TAGS = (
  'a abbr b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i ins kbd li mark ol p pre q s samp ' +
  'small span strong sub summary sup table tbody td tfoot th thead tr u ul var'
).split(' ');

/** What begins like a tag and is none of them: "<path>", "<SECRET_7>", a comment. */
const WORDS = new RegExp(`<(?!/?(?:${TAGS.join('|')})[\\s/>])`, 'gi');

const OPTIONS: IRenderMime.ISanitizerOptions & { allowedClasses: Record<string, string[]> } = {
  allowedTags: TAGS,
  allowedAttributes: {
    a: ['href', 'rel', 'title'],
    td: ['align'],
    th: ['align']
  },
  // What highlighted code consists of; other classes could dress text up as a dialog.
  allowedClasses: {
    code: ['language-*'],
    pre: ['language-*'],
    span: ['ͼ*', 'cm-*', 'tok-*']
  },
  allowedStyles: {}
};

export function strictSanitizer(sanitizer: IRenderMime.ISanitizer): IRenderMime.ISanitizer {
  return {
    allowNamedProperties: false,
    getAutolink: () => sanitizer.getAutolink?.() ?? true,
    // Left out, they would be words of an answer that nobody sees.
    sanitize: dirty => sanitizer.sanitize(dirty.replace(WORDS, '&lt;'), OPTIONS)
  };
}

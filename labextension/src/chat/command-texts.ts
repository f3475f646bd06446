/** What the words behind "/" and "@" do, in one line each. */

import type { TranslationBundle } from '@jupyterlab/translation';

export function aboutCommand(trans: TranslationBundle, name: string): string {
  switch (name) {
    case 'fix':
      return trans.__('repair the selected cell');
    case 'explain':
      return trans.__('explain the selected cell, and its error');
    case 'test':
      return trans.__('write tests as a new cell');
    case 'refactor':
      return trans.__('rewrite the selected cell, same behaviour');
    case 'doc':
      return trans.__('add docstrings and comments to the selected cell');
    case 'clear':
      return trans.__('forget this conversation');
    case 'help':
      return trans.__('what can be typed');
    case 'selection':
      return trans.__('what is selected in the cell');
    default:
      return trans.__('file');
  }
}

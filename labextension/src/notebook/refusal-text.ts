/** Why edits were not carried out, as a sentence that ends in what to do. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { Refusal } from './edit-plan';

/** `name` is the cell that is in the way; "" when it cannot be named. */
export function refusalText(trans: TranslationBundle, why: Refusal, name: string): string {
  const cell = name ? name[0].toLocaleUpperCase() + name.slice(1) : trans.__('A cell');
  switch (why) {
    case 'read-only':
      return trans.__('This notebook is read-only: nothing was changed. Save a copy of it first.');
    case 'locked':
      return trans.__('%1 is not editable: nothing was changed.', cell);
    case 'missing':
      return trans.__('A cell of this fix is not in the notebook any more: nothing was changed. Ask again.');
    case 'changed':
      return trans.__('%1 changed since this fix was made: nothing was changed. Ask again.', cell);
    case 'already':
      return trans.__('%1 holds this fix already: nothing was changed.', cell);
    case 'twice':
      return trans.__('This fix rewrites one cell twice: nothing was changed. Ask again.');
    case 'nothing':
      return trans.__('There is nothing to apply.');
  }
}

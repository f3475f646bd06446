/** What an edit takes away from a cell, in words. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { ILoss } from '../protocol/edit';

const MOST_NAMES = 3;

/** "no longer makes prices; removes 3 of 4 statements". */
export function lossText(trans: TranslationBundle, loss: ILoss): string {
  const { names, changes, removed, of, hides, drops } = loss;
  const parts = [
    names.length && trans.__('no longer makes %1', listed(names)),
    changes.length && trans.__('no longer changes %1', listed(changes)),
    removed && trans.__('removes %1 of %2 statements', removed, of),
    hides.length && trans.__('hides errors (%1)', listed(hides)),
    drops.length && trans.__('drops %1', listed(drops))
  ];
  return parts.filter(Boolean).join('; ');
}

function listed(names: readonly string[]): string {
  return names.slice(0, MOST_NAMES).join(', ') + (names.length > MOST_NAMES ? ' …' : '');
}

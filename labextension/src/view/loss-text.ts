/** What an edit takes away from a cell, in words. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { ILoss } from '../protocol/edit';

const MOST_NAMES = 3;

/** "no longer makes prices; removes 3 of 4 statements". */
export function lossText(trans: TranslationBundle, loss: ILoss): string {
  const parts: string[] = [];
  if (loss.names.length > 0) {
    parts.push(trans.__('no longer makes %1', listed(loss.names)));
  }
  if (loss.changes.length > 0) {
    parts.push(trans.__('no longer changes %1', listed(loss.changes)));
  }
  if (loss.removed > 0) {
    parts.push(trans.__('removes %1 of %2 statements', loss.removed, loss.of));
  }
  if (loss.hides.length > 0) {
    parts.push(trans.__('hides errors (%1)', listed(loss.hides)));
  }
  return parts.join('; ');
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return names.length > MOST_NAMES ? `${shown} …` : shown;
}

/** How a cell is called wherever it is spoken of: by what the user sees beside it. */

import type { TranslationBundle } from '@jupyterlab/translation';

/** What a name needs to know of a notebook. */
export interface ICellNames {
  /** Where the cell stands, counted from 0; -1 when it is not there. */
  indexOf(cellId: string): number;
  /** The number beside a cell that ran, 0 for one that did not. */
  executionCountOf(cellId: string): number;
  /** Of its own, where it is not one of many cells. */
  nameOf?(cellId: string): string;
}

/** "[3]" of a cell that ran, "#5" of the fifth one, "" of one that is not there. */
export function cellSign(notebook: ICellNames | null, cellId: string): string {
  return signAt(notebook?.indexOf(cellId) ?? -1, notebook?.executionCountOf(cellId) ?? 0);
}

/** The same by place, counted from 0, and execution count. */
export function signAt(index: number, count: number): string {
  return count > 0 ? `[${count}]` : index >= 0 ? `#${index + 1}` : '';
}

/** "cell [3]", "cell #5"; "" of one that is not there. */
export function cellName(trans: TranslationBundle, notebook: ICellNames | null, cellId: string): string {
  const sign = cellSign(notebook, cellId);
  return notebook?.nameOf ? notebook.nameOf(cellId) : sign && trans.__('cell %1', sign);
}

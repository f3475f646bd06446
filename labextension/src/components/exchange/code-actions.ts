/** What the buttons of a code block do to the notebook that is open, and where its code stands as well. */

import type { ChatModel } from '../../chat/chat-model';
import type { IPlacedCell } from '../../chat/conversation/decisions';
import type { Exchange } from '../../chat/conversation/exchange';
import { cellName } from '../../notebook/cell-name';
import type { ICodeActions, ICodeBlock, IPlace } from '../../view/code-view';
import { copyText } from '../../view/copy-text';
import { codeBlocks } from '../../view/reply-blocks';
import { standsIn } from '../../view/shown-code';
import { editCard, showEdit } from './edit-place';

export function codeActions(model: ChatModel, exchange: Exchange): ICodeActions {
  const { trans, decisions } = model;
  const said = (text: string) => ({ text, undo: null });
  return {
    insert: block => decisions.insert(exchange, [asCell(block)]),
    insertAndRun: block => decisions.insert(exchange, [asCell(block)], { run: true }),
    replace: ({ source }) => {
      const notebook = model.notebook;
      const cell = notebook?.cells.find(one => one.id === notebook.activeCellId);
      if (!cell) {
        return said(trans.__('Select the cell to replace.'));
      }
      if (cell.source === source) {
        return said(trans.__('The selected cell holds this already.'));
      }
      const kind = cell.kind === 'markdown' ? 'markdown' : 'code';
      decisions.propose(exchange, { op: 'replace', cellId: cell.id, before: cell.source, source, kind });
      return said(trans.__('Below is what would change.'));
    },
    copy: async source => said(await copyText(source, trans)),
    placeOf: block => placeOf(model, exchange, block)
  };
}

/** The blocks of an answer that can become cells, and are none yet. */
export function cellsToBe(model: ChatModel, exchange: Exchange): IPlacedCell[] {
  if (!exchange.reply.includes('```') && !exchange.reply.includes('~~~')) {
    return [];
  }
  const own = model.notebook?.language ?? 'python';
  return codeBlocks(exchange.reply)
    .filter(block => isCell(block, own) && placeOf(model, exchange, block) === null)
    .map(asCell);
}

function asCell({ at, source, language }: ICodeBlock): IPlacedCell {
  return { at, source, kind: MARKDOWN.includes(language) ? 'markdown' : 'code' };
}

const MARKDOWN = ['markdown', 'md'];
const PYTHON = ['python', 'py', 'python3', 'ipython', 'ipython3'];

/** Not a sample of output, nor commands for a terminal. */
function isCell({ source, language }: ICodeBlock, own: string): boolean {
  const words = [own, '', ...MARKDOWN, ...(own === 'python' ? PYTHON : [])];
  return source.trim() !== '' && words.includes(language);
}

/** The cell that a block has become, else the change that shows it. */
function placeOf({ trans, notebook }: ChatModel, exchange: Exchange, block: ICodeBlock): IPlace | null {
  const cellId = exchange.cells.get(block.at) ?? '';
  const inserted = cellName(trans, notebook, cellId);
  if (inserted) {
    return { label: trans.__('Inserted: %1', inserted), show: () => notebook?.select(cellId) };
  }
  if (exchange.state !== 'done') {
    return null;
  }
  const at = exchange.proposed.findIndex(({ source }) => standsIn(block.source, source));
  if (at < 0) {
    return null;
  }
  const edit = exchange.proposed[at];
  const changed = edit.op === 'insert' ? '' : cellName(trans, notebook, edit.cellId);
  return {
    label: changed ? trans.__('See the change of %1', changed) : trans.__('See the new cell'),
    show: () => showEdit(editCard(exchange.id, at))
  };
}

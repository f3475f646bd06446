/** What the buttons of a code block do to the notebook that is open. */

import type { ChatModel } from '../../chat/chat-model';
import type { Exchange } from '../../chat/conversation/exchange';
import type { ICodeActions } from '../../view/code-view';
import { copyText } from '../../view/copy-text';

export function codeActions(model: ChatModel, exchange: Exchange): ICodeActions {
  const { trans } = model;
  const said = (text: string) => ({ text, undo: null });
  return {
    insert: (source, language) =>
      model.edits.insert(exchange, source, language === 'markdown' || language === 'md' ? 'markdown' : 'code'),
    replace: source => {
      const notebook = model.notebook;
      const cell = notebook?.cells.find(one => one.id === notebook.activeCellId);
      if (!cell) {
        return said(trans.__('Select the cell to replace.'));
      }
      if (cell.source === source) {
        return said(trans.__('The selected cell holds this already.'));
      }
      const kind = cell.kind === 'markdown' ? 'markdown' : 'code';
      model.decisions.propose(exchange, { op: 'replace', cellId: cell.id, before: cell.source, source, kind });
      return said(trans.__('Below is what would change.'));
    },
    copy: async source => said(await copyText(source, trans))
  };
}

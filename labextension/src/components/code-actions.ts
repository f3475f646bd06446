/** What the buttons of a code block do to the notebook that is open. */

import type { ChatModel } from '../chat/chat-model';
import type { ICodeActions } from '../view/code-view';
import type { Exchange } from '../chat/exchange';

export function codeActions(model: ChatModel, exchange: Exchange): ICodeActions {
  const { trans } = model;
  return {
    insert: (source, language) => {
      const kind = language === 'markdown' || language === 'md' ? 'markdown' : 'code';
      const refusal = model.apply([{ op: 'insert', cellId: '', before: '', source, kind }]);
      return refusal || trans.__('Inserted. Undo with Z.');
    },
    replace: source => {
      const notebook = model.notebook;
      const cell = notebook?.cells.find(one => one.id === notebook.activeCellId);
      if (!cell) {
        return trans.__('Select the cell to replace.');
      }
      if (cell.source === source) {
        return trans.__('The selected cell holds this already.');
      }
      const kind = cell.kind === 'markdown' ? 'markdown' : 'code';
      model.propose(exchange, { op: 'replace', cellId: cell.id, before: cell.source, source, kind });
      return trans.__('Below is what would change.');
    },
    copy: source => {
      void navigator.clipboard?.writeText(source);
      return navigator.clipboard ? trans.__('Copied.') : trans.__('This page may not copy.');
    }
  };
}

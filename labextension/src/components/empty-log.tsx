/** What stands where nothing was asked yet: what this is, and three questions about the notebook that is open. */

import * as React from 'react';
import type { ChatModel } from '../chat/chat-model';
import { exampleQuestions } from '../chat/composing/examples';
import { devstralIcon } from '../icon';
import { h } from '../view/element';

export function EmptyLog({ model }: { readonly model: ChatModel }): JSX.Element {
  const { trans, notebook, composition, preview } = model;
  const { variables } = composition;
  // Not with every key, but whenever the notebook was looked at again.
  const questions = React.useMemo(
    () =>
      notebook ? exampleQuestions(trans, { cells: notebook.cells, failed: notebook.failedSign, variables }) : [],
    [notebook?.path, preview, variables]
  );
  return (
    <div className="jp-devstral-empty">
      <devstralIcon.react tag="span" className="jp-devstral-empty-icon" />
      <p>{trans.__('Answers are about the open notebook. Nothing that a model writes runs by itself.')}</p>
      {questions.length > 0 && <p className="jp-devstral-quiet">{trans.__('For example:')}</p>}
      {questions.map(question => (
        <button
          key={question}
          type="button"
          className="jp-devstral-example"
          data-action="example"
          title={trans.__('Put this question into the field')}
          onClick={event => {
            const panel = event.currentTarget.closest('.jp-devstral-chat');
            model.setDraft(question);
            panel?.querySelector<HTMLElement>('.jp-devstral-draft')?.focus();
          }}
        >
          {question}
        </button>
      ))}
    </div>
  );
}

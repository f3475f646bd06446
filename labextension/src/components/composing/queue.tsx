/** Questions that wait for the end of the running answer. */

import type { ChatModel } from '../../chat/chat-model';
import { lacksPictures } from '../../chat/composing/asking';
import { h } from '../../view/element';

export function Queue({ model }: { readonly model: ChatModel }): JSX.Element | null {
  const { trans, conversation } = model;
  if (conversation.queued.length === 0) {
    return null;
  }
  return (
    <ol className="jp-devstral-queue" aria-label={trans.__('Questions that wait')}>
      {conversation.queued.map((asked, at) => (
        <li key={at}>
          <span dir="auto">{asked.typed}</span>
          {lacksPictures(asked) && <em>{trans.__('Its picture could not be kept.')}</em>}
          <button
            type="button"
            className="jp-devstral-small-button"
            data-action="ask-now"
            title={trans.__('Ask this now; an answer that is arriving is stopped')}
            onClick={({ detail }) => detail < 2 && void model.askQueued(asked)}
          >
            {trans.__('Ask now')}
          </button>
          <button
            type="button"
            className="jp-devstral-small-button"
            data-action="unqueue"
            aria-label={trans.__('Do not ask: %1', asked.typed.slice(0, 80))}
            // A second click of a double one meets the question that has moved up.
            onClick={({ detail }) => detail < 2 && model.unqueue(asked)}
          >
            ×
          </button>
        </li>
      ))}
    </ol>
  );
}

/** What was just done, or could not be, for everybody to see and hear; what can be taken back has a button. */

import type { ChatModel } from '../chat/chat-model';
import { h } from '../view/element';

export function NoticeBar({ model }: { readonly model: ChatModel }): JSX.Element {
  const { notice, trans } = model;
  return (
    <div className="jp-devstral-notice-bar" hidden={notice === null}>
      <span role="status" aria-live="polite">
        {notice?.text}
      </span>
      {notice?.undo && (
        <button
          type="button"
          className="jp-devstral-small-button"
          data-action="undo-notice"
          onClick={() => notice.undo?.()}
        >
          {trans.__('Undo')}
        </button>
      )}
      {notice && (
        <button
          type="button"
          className="jp-devstral-small-button"
          data-action="close-notice"
          aria-label={trans.__('Close')}
          onClick={() => model.notify('')}
        >
          ×
        </button>
      )}
    </div>
  );
}

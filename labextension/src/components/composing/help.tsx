/** What can be typed, as a notice that can be closed. */

import type { ChatModel } from '../../chat/chat-model';
import { TypedHelp } from './typed-help';
import { h } from '../../view/element';

export function Help({ model }: { readonly model: ChatModel }): JSX.Element {
  const { trans } = model;
  return (
    <section className="jp-devstral-notice jp-devstral-help" aria-label={trans.__('Help')}>
      <TypedHelp trans={trans} />
      <button
        type="button"
        className="jp-devstral-button"
        data-action="close-help"
        autoFocus
        onClick={() => model.hideHelp()}
      >
        {trans.__('Close')}
      </button>
    </section>
  );
}

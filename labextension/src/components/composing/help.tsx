/** What can be typed. */

import * as React from 'react';
import type { ChatModel } from '../../chat/chat-model';
import { SLASH_NAMES } from '../../chat/composing/slash-commands';
import { aboutCommand } from '../../chat/composing/command-texts';

export function Help({ model }: { readonly model: ChatModel }): JSX.Element {
  const { trans } = model;
  return (
    <section className="jp-devstral-notice jp-devstral-help" aria-label={trans.__('Help')}>
      <dl>
        {SLASH_NAMES.map(name => (
          <React.Fragment key={name}>
            <dt>/{name}</dt>
            <dd>{aboutCommand(trans, name)}</dd>
          </React.Fragment>
        ))}
        <dt>@…</dt>
        <dd>{trans.__('attach a variable, a cell, a file beside the notebook, or the selection')}</dd>
      </dl>
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

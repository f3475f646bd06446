/** What can be typed in the message field. */

import * as React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import { SLASH_NAMES } from '../../chat/composing/slash-commands';
import { aboutCommand } from '../../chat/composing/command-texts';
import { h } from '../../view/element';

export function TypedHelp({ trans }: { readonly trans: TranslationBundle }): JSX.Element {
  return (
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
  );
}

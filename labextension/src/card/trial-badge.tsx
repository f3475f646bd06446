/** What became of a fix that was tried; said by a sign and by words, not by its colour alone. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { ITrial, TrialKind } from '../protocol/bundle';
import { said } from '../view/said';
import { h } from '../view/element';

const SIGNS: Record<TrialKind, string> = { clean: '✓', fails: '✗', 'not tried': '○', 'cut off': '…' };

export function TrialBadge({ trial, trans }: { trial: ITrial; trans: TranslationBundle }): JSX.Element {
  const words: Record<TrialKind, string> = {
    clean: trans.__('ran clean'),
    fails: trans.__('still fails'),
    'not tried': trans.__('not tried'),
    'cut off': trans.__('took too long')
  };
  return (
    <span className="jp-devstral-trial" data-kind={trial.kind}>
      <span aria-hidden="true">{SIGNS[trial.kind]}</span> {said(trial.text) || words[trial.kind]}
    </span>
  );
}

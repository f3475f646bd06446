/** What kernel and server say in English, in the user's language where the sentence is known; else as it was said. */

import type { TranslationBundle } from '@jupyterlab/translation';

type Known = readonly [RegExp, (...parts: string[]) => string];

export function said(trans: TranslationBundle, text: string): string {
  for (const [pattern, words] of known(trans)) {
    const found = pattern.exec(text);
    if (found) {
      return words(...found.slice(1));
    }
  }
  return text;
}

function known(trans: TranslationBundle): readonly Known[] {
  return [
    // Of a trial.
    [/^ran clean in ([\d.]+ m?s)$/, time => trans.__('ran clean in %1', time)],
    [
      /^ran clean in ([\d.]+ m?s), changes (.+) and (\d+) more$/,
      (time, names, more) => trans.__('ran clean in %1, changes %2 and %3 more', time, names, more)
    ],
    [/^ran clean in ([\d.]+ m?s), changes (.+)$/, (time, names) => trans.__('ran clean in %1, changes %2', time, names)],
    [/^still fails: (.+)$/, error => trans.__('still fails: %1', error)],
    [/^not tried: (.+)$/, reason => trans.__('not tried: %1', said(trans, reason))],
    [/^timed out after ([\d.]+) s$/, seconds => trans.__('timed out after %1 s', seconds)],
    [/^not decided in ([\d.]+) s$/, seconds => trans.__('not decided in %1 s', seconds)],
    // Of a card.
    [
      /^(.*)Failing cells are explained by themselves\. %devstral auto button shows one line instead, %devstral auto off nothing\.$/,
      before =>
        before +
        trans.__(
          'Failing cells are explained by themselves. %devstral auto button shows one line instead, %devstral auto off nothing.'
        )
    ],
    // What is waited for.
    [/^preparing$/, () => trans.__('preparing')],
    [/^writing$/, () => trans.__('writing')],
    [/^waiting for the model server$/, () => trans.__('waiting for the model server')],
    [/^loading the model$/, () => trans.__('loading the model')],
    [/^queued behind another request$/, () => trans.__('queued behind another request')],
    [/^the server is busy; asking again$/, () => trans.__('the server is busy; asking again')],
    [/^reading (\S+) tokens$/, tokens => trans.__('reading %1 tokens', tokens)],
    // Beside a question.
    [
      /^The kernel is busy: its variables are not sent\.$/,
      () => trans.__('The kernel is busy: its variables are not sent.')
    ],
    [
      /^The kernel did not answer in time: its variables are not sent\.$/,
      () => trans.__('The kernel did not answer in time: its variables are not sent.')
    ],
    [
      /^(.+) cannot look at pictures: they are not sent\.$/,
      model => trans.__('%1 cannot look at pictures: they are not sent.', model)
    ],
    // Of the model.
    [
      /^(.+) is ready, on this machine \(loaded\)\.$/,
      model => trans.__('%1 is ready, on this machine (loaded).', model)
    ],
    [
      /^(.+) is ready, on this machine \(it will be loaded with the first question\)\.$/,
      model => trans.__('%1 is ready, on this machine (it will be loaded with the first question).', model)
    ]
  ];
}

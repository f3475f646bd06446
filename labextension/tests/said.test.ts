/** Sentences of kernel and server, found again in the user's language. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TranslationBundle } from '@jupyterlab/translation';
import { said } from '../src/view/said';

const trans = {
  __: (text: string, ...args: unknown[]) => `«${text.replace(/%(\d)/g, (_, at) => String(args[Number(at) - 1]))}»`
} as TranslationBundle;

test('what is known is said in the user’s language, with what stands in it', () => {
  for (const text of [
    'ran clean in 0.2 s',
    'ran clean in 12 ms, changes df, total',
    'ran clean in 0.2 s, changes a, b, c and 4 more',
    "still fails: KeyError 'pric'",
    'timed out after 5 s',
    'not decided in 2.5 s',
    'reading 1.2k tokens',
    'loading the model',
    'The kernel is busy: its variables are not sent.',
    'devstral cannot look at pictures: they are not sent.',
    'devstral is ready, on this machine (loaded).'
  ]) {
    assert.equal(said(trans, text), `«${text}»`);
  }
  assert.equal(said(trans, 'not tried: timed out after 5 s'), '«not tried: «timed out after 5 s»»');
});

test('what is not known, and what only looks like it, stays as it was said', () => {
  for (const text of ['', 'it opens a connection', 'ran clean in no time', 'reading tokens', 'writing a file']) {
    assert.equal(said(trans, text), text);
  }
});

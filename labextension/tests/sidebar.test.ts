/** Words of the status bar, and that menus and keys know every command there is. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { TranslationBundle } from '@jupyterlab/translation';
import { readStatus } from '../src/protocol/status';
import { taskCommands } from '../src/protocol/tasks';
import { modelWords } from '../src/sidebar/model-status';

const trans = {
  __: (text: string, ...args: unknown[]) => text.replace(/%(\d)/g, (_, at) => String(args[Number(at) - 1]))
} as TranslationBundle;
const SCHEMA = JSON.parse(readFileSync('schema/plugin.json', 'utf-8'));

function words(status: object | null, more = {}): string {
  const model = { name: 'devstral:latest', is_loaded: false };
  const read = status && readStatus({ model: 'devstral', is_local: true, models: [model], ...status });
  return modelWords({ status: read, isAnswering: false, isPulling: false, ...more }, trans);
}

test('the status bar says what the model does', () => {
  assert.equal(words(null), 'Devstral: unreachable');
  assert.equal(words({ state: 'ready' }), 'devstral: not loaded');
  assert.equal(words({ state: 'ready', models: [{ name: 'devstral:latest', is_loaded: true }] }), 'devstral: loaded');
  // Another server does not say what is in its memory.
  assert.equal(words({ state: 'ready', is_local: false }), 'devstral: ready');
  assert.equal(words({ state: 'ready', is_busy: true }), 'devstral: answering');
  assert.equal(words({ state: 'ready' }, { isAnswering: true }), 'devstral: answering');
  assert.equal(words({ state: 'no-model' }, { isPulling: true }), 'devstral: being pulled');
  assert.equal(words({ state: 'no-server' }), 'devstral: no model server');
  assert.equal(words({ state: 'refused' }), 'devstral: not allowed');
  assert.equal(words({ state: 'news' }), 'devstral: unreachable');
});

test('the context menu of cells has every task, and what else is done at a cell', () => {
  const menu = SCHEMA['jupyter.lab.menus'].context.map((one: { command?: string }) => one.command);
  for (const { id } of taskCommands(trans)) {
    assert.ok(menu.includes(id), id);
  }
  assert.ok(menu.includes('jupyter-devstral:prompt-at-cell'));
  assert.ok(menu.includes('jupyter-devstral:ask-about-cell'));
});

test('no key is one that a desktop takes', () => {
  for (const { keys, selector } of SCHEMA['jupyter.lab.shortcuts']) {
    // Ctrl Alt is GNOME's and AltGr, Cmd Alt the Dock's and the browser's tabs.
    assert.ok(!keys.some((key: string) => /(Accel|Ctrl|Cmd) Alt/.test(key)), String(keys));
    assert.ok(keys.length === 2 || selector.includes('inline-completer'), String(keys));
  }
});

/** The settings page: the same keys as its schema, wishes told once, and what is refused said where it belongs. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { settingEntries, wishesOf } from '../src/preferences/entries';
import { Preferences } from '../src/preferences/preferences';
import { readSettings } from '../src/protocol/settings';

const ENTRIES = settingEntries({ __: (text: string) => text } as TranslationBundle);
const SCHEMA = JSON.parse(readFileSync('schema/plugin.json', 'utf-8'));

test('the page has an entry for every setting of the schema, with its values', () => {
  assert.deepEqual(Object.keys(SCHEMA.properties), ENTRIES.map(one => one.key));
  for (const { key, title, options } of ENTRIES) {
    const property = SCHEMA.properties[key];
    assert.equal(property.title, title);
    assert.deepEqual(property.enum ?? [], options.map(([value]) => value));
    if (property.enum) {
      assert.equal(property.default, options[0][0]);
    }
  }
});

test('what is left as configured is no wish', () => {
  const untouched = Object.fromEntries(ENTRIES.map(({ key }) => [key, SCHEMA.properties[key].default]));
  const nothing = wishesOf(untouched, ENTRIES);
  assert.deepEqual(new Set(Object.values(nothing)), new Set([null]));
  assert.ok(!('completion' in nothing));
  const wishes = wishesOf({ ...untouched, redact: 'off', think: 'on', model: ' m ', trialSeconds: 0, context: 7 }, ENTRIES);
  assert.deepEqual(
    [wishes.redact, wishes.think, wishes.model, wishes.trial_seconds, wishes.context],
    [false, true, 'm', 0, 7]
  );
});

function settingsOf(composite: object) {
  const settings = { composite } as unknown as ISettingRegistry.ISettings & { composite: object };
  return Object.assign(settings, { changed: new Signal<object, void>(settings) }) as typeof settings & {
    changed: Signal<object, void>;
  };
}

test('wishes are told when they change, and what is refused is kept for the page', async () => {
  const told: object[] = [];
  let refuse = false;
  const client = {
    settings: async () => readSettings({}),
    wish: async (wishes: object) => {
      told.push(wishes);
      if (refuse) {
        throw new Error('model: no');
      }
      return readSettings({ settings: { redact: { value: true, locked_by: '/etc/p.json' } } });
    }
  };
  const preferences = new Preferences(client, ENTRIES);
  let changes = 0;
  preferences.changed.connect(() => void changes++);
  assert.equal(preferences.wishes, null);
  const settings = settingsOf({ context: 'cell' });
  await preferences.follow(settings);
  assert.equal(preferences.facts.get('redact')!.value, 'on');
  assert.equal(preferences.facts.get('redact')!.lockedBy, '/etc/p.json');
  settings.changed.emit();
  assert.equal(told.length, 1);
  refuse = true;
  settings.composite = { context: 'none' };
  settings.changed.emit();
  await new Promise(resolve => setTimeout(resolve));
  assert.equal(told.length, 2);
  assert.deepEqual(preferences.problems, ['model: no']);
  assert.equal(preferences.wishes!.context, 'none');
  assert.equal(changes, 2);
});

test('wishes reach the server in their order, and what was told late is not taken for new', async () => {
  const told: unknown[] = [];
  const answers: (() => void)[] = [];
  const asked = async (what: unknown) => {
    told.push(what);
    await new Promise<void>(resolve => answers.push(resolve));
    return readSettings({ settings: { context: { value: String(what) } } });
  };
  const preferences = new Preferences(
    { settings: () => asked('looked'), wish: wishes => asked((wishes as { context: string }).context) },
    ENTRIES
  );
  const settings = settingsOf({ context: 'cell' });
  void preferences.follow(settings);
  settings.composite = { context: 'none' };
  settings.changed.emit();
  void preferences.look();
  const pause = () => new Promise(resolve => setTimeout(resolve));
  for (const seen of [['cell'], ['cell', 'none'], ['cell', 'none', 'looked']]) {
    await pause();
    assert.deepEqual(told, seen);
    answers[seen.length - 1]();
  }
  await pause();
  assert.equal(preferences.facts.get('context')!.value, 'looked');
});

test('settings are read from anything', () => {
  for (const value of [null, 3, [], { settings: [1], problems: 'x' }, { settings: { a: null } }]) {
    const { facts, problems } = readSettings(value);
    assert.deepEqual(problems, []);
    facts.forEach(fact => assert.deepEqual(fact, { about: '', value: '', lockedBy: '', note: '' }));
  }
});

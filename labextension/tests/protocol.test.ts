/** What may stand in a bundle or a message, and what is read from it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBundle } from '../src/protocol/bundle';
import { readApply } from '../src/protocol/kernel-messages';
import { readRules } from '../src/protocol/rules';

const EDIT = { op: 'replace', cell_id: 'a', before: 'x', source: 'y', kind: 'code' };
const CARD = {
  id: 'f00',
  state: 'done',
  title: "KeyError: 'pric'",
  failed: { cell_id: 'b', index: 7 },
  targets: [{ cell_id: 'a', index: 4 }, { cell_id: 'c', index: null }, 7],
  trial: { kind: 'clean', text: 'ran clean in 0.2 s' },
  rerun: ['a', 3, 'b'],
  advice: 'again',
  hint: 'quiet'
};
const BUNDLE = { version: 1, prose: 'because', receipt: 'r', edits: [EDIT], card: CARD };

const HOSTILE: unknown[] = [
  undefined, null, 0, NaN, '', 'text', [], [[]], {}, { length: 3 }, true, () => 1, Object.create(null),
  JSON.parse('{"__proto__": {"state": "done"}, "constructor": 1, "toString": 2}'), { toString: null }
];

test('what an edit loses is read, and nothing else that stands there', () => {
  const loss = { names: ['prices'], changes: [], removed: 3, of: 4, unit: 'statement', hides: ['KeyError'], drops: ['@property'] };
  const read = (value: unknown) => readBundle({ version: 1, edits: [{ ...EDIT, loss: value }] })?.edits[0]?.loss;
  assert.deepEqual(read(loss), { names: ['prices'], changes: [], removed: 3, of: 4, hides: ['KeyError'], drops: ['@property'] });
  for (const nothing of [undefined, null, 'x', {}, { names: [3], removed: 'many' }]) {
    assert.equal(read(nothing), undefined);
  }
});

test('a complete bundle is read', () => {
  const bundle = readBundle(BUNDLE)!;
  assert.equal(bundle.prose, 'because');
  assert.deepEqual(bundle.edits, [{ op: 'replace', cellId: 'a', before: 'x', source: 'y', kind: 'code' }]);
  assert.equal(bundle.card!.failedId, 'b');
  assert.deepEqual([...bundle.card!.indexes], [['a', 4], ['b', 7]]);
  assert.deepEqual(bundle.card!.rerun, ['a', 'b']);
  assert.deepEqual(bundle.card!.trial, { kind: 'clean', text: 'ran clean in 0.2 s' });
});

test('an answer without a card is an ordinary one, a card that is not understood is none', () => {
  assert.equal(readBundle({ version: 1, edits: [] })!.card, null);
  assert.equal(readBundle({ ...BUNDLE, card: { ...CARD, state: 'exploding' } }), null);
  assert.equal(readBundle({ ...BUNDLE, card: null }), null);
  assert.equal(readBundle({ ...BUNDLE, version: 2 }), null);
});

test('any value in any place reads as something or as nothing', () => {
  for (const value of HOSTILE) {
    assert.doesNotThrow(() => readBundle(value));
    assert.doesNotThrow(() => readApply(value));
    for (const key of Object.keys(BUNDLE)) {
      assert.doesNotThrow(() => readBundle({ ...BUNDLE, [key]: value }), key);
    }
    for (const key of Object.keys(CARD)) {
      const card = readBundle({ ...BUNDLE, card: { ...CARD, [key]: value } })?.card;
      if (card) {
        assert.equal(typeof card.title + typeof card.status + typeof card.advice + typeof card.hint, 'string'.repeat(4));
      }
    }
    for (const key of Object.keys(EDIT)) {
      for (const edit of readBundle({ ...BUNDLE, edits: [{ ...EDIT, [key]: value }] })!.edits) {
        assert.ok(typeof edit.cellId === 'string' && typeof edit.before === 'string' && typeof edit.source === 'string');
      }
    }
  }
});

test('properties of a prototype are no fields', () => {
  assert.equal(readBundle(Object.create(BUNDLE)), null);
});

test('one edit that is not understood spoils the fix', () => {
  for (const bad of [{ ...EDIT, op: 'rename' }, { ...EDIT, kind: 'raw' }, { ...EDIT, cell_id: 4 }, null]) {
    assert.deepEqual(readBundle({ ...BUNDLE, edits: [EDIT, bad] })!.edits, []);
    assert.equal(readApply({ op: 'apply', edits: [EDIT, bad] }), null);
  }
});

test('the kernel can ask for edits and for nothing else', () => {
  const asked = readApply({ op: 'apply', id: 'f', edits: [EDIT], run: ['a', null], anchor: 'z' })!;
  assert.deepEqual([asked.id, asked.run, asked.anchor, asked.edits.length], ['f', ['a'], 'z', 1]);
  assert.equal(readApply({ op: 'eval', edits: [EDIT] }), null);
  assert.equal(readApply({ op: 'apply' }), null);
});

test('an answer that arrives says what it waits for, a finished one does not', () => {
  const arriving = { version: 1, id: 'd', shown: 'so far', arriving: { status: 'reading', waited: 3 } };
  const { id, shown, arriving: read } = readBundle(arriving)!;
  assert.deepEqual([id, shown, read], ['d', 'so far', { status: 'reading', waited: 3 }]);
  assert.equal(readBundle(BUNDLE)!.arriving, null);
});

test('rules are read, and what is none is left out', () => {
  const [read] = readRules([{ name: '.devstral.md', digest: 'ab', is_on: true, is_cut: 1, problem: 7 }, ...HOSTILE]);
  assert.deepEqual(read, { name: '.devstral.md', digest: 'ab', isOn: true, isCut: false, problem: '', text: '' });
  assert.equal(readRules([{ name: 'a', is_on: 'yes' }])[0].isOn, false);
  HOSTILE.forEach(value => assert.deepEqual(readRules(value), []));
});

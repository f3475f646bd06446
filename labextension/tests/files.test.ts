/** Files as cells: whole lines of a selection, and edits only where their text stands exactly once. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quoted } from '../src/files/quoted';
import { partsOf, placeOf, subjectOf } from '../src/notebook/file-parts';
import type { IEdit } from '../src/protocol/edit';

const TEXT = 'import os\n\ndef a():\n    return 1\n\ndef b():\n    return 2\n';

function parts(text: string, start: number, end: number) {
  return partsOf(text, { start, end }).map(({ id, source }) => [id, source]);
}

function replacing(before: string): IEdit {
  return { op: 'replace', cellId: '', before, source: 'x', kind: 'code' };
}

test('without a selection a file is one cell', () => {
  assert.deepEqual(parts(TEXT, 5, 5), [['file', TEXT]]);
  assert.deepEqual(parts(TEXT, 0, TEXT.length), [['file', TEXT]]);
  assert.deepEqual(parts('', 0, 0), [['file', '']]);
  // Blank lines alone are nothing to ask about.
  assert.deepEqual(parts(TEXT, 9, 11), [['file', TEXT]]);
});

test('a selection is a cell of whole lines, between what stands around it', () => {
  const start = TEXT.indexOf('a():');
  const end = TEXT.indexOf('1');
  const found = parts(TEXT, start, end);
  assert.deepEqual(found, [
    ['before', 'import os\n'],
    ['selection', 'def a():\n    return 1'],
    ['after', '\ndef b():\n    return 2\n']
  ]);
  assert.equal(found.map(([, source]) => source).join('\n'), TEXT);
  assert.deepEqual(parts(TEXT, TEXT.indexOf('def a'), TEXT.indexOf('\ndef b')), found);
  assert.deepEqual(parts(TEXT, 0, 3), [
    ['selection', 'import os'],
    ['after', TEXT.slice(10)]
  ]);
  assert.equal(subjectOf(partsOf(TEXT, { start, end })), 'selection');
  assert.equal(subjectOf(partsOf(TEXT, { start, end: start })), 'file');
});

test('an edit belongs where its text stands exactly once, in whole lines', () => {
  assert.deepEqual(placeOf(TEXT, replacing(TEXT)), { start: 0, end: TEXT.length });
  assert.deepEqual(placeOf(TEXT, replacing('def a():\n    return 1')), { start: 11, end: 32 });
  for (const before of ['', 'def c():', '    return', 'return 1', 'def ', 'import os\n\ndef']) {
    assert.equal(placeOf(TEXT, replacing(before)), null, before);
  }
  assert.equal(placeOf('a\nb\na', replacing('a')), null);
});

test('what is quoted cannot end its quote', () => {
  assert.equal(quoted('a', ''), '```text\na\n```\n');
  assert.equal(quoted('a ```` b', 'why? \n'), 'why?\n\n`````text\na ```` b\n`````\n');
});

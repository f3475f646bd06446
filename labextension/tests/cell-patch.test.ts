import * as assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellPatch, PatchEntry } from '../src/chat/cell-patch';

const CELLS = Array.from({ length: 8 }, (_, at) => ({ id: `c${at}` }));

/** As the server puts it together again. */
function patched(before: object[], patch: PatchEntry[]): object[] {
  return patch.flatMap(entry => (Array.isArray(entry) ? before.slice(entry[0], entry[1]) : [entry as object]));
}

test('what did not change travels as one range', () => {
  assert.deepEqual(cellPatch(CELLS, [...CELLS]), [[0, 8]]);
  assert.deepEqual(cellPatch([], []), []);
});

test('any change is put together again, and sends only what is new', () => {
  const other = { id: 'other' };
  const changes = [
    [...CELLS.slice(0, 3), other, ...CELLS.slice(4)],
    [...CELLS.slice(0, 3), ...CELLS.slice(4)],
    [other, ...CELLS],
    [...CELLS].reverse(),
    [CELLS[7], ...CELLS.slice(0, 7)],
    [other],
    []
  ];
  for (const cells of changes) {
    const patch = cellPatch(CELLS, cells);
    assert.deepEqual(patched(CELLS, patch), cells);
    assert.equal(patch.filter(entry => !Array.isArray(entry)).length, cells.includes(other) ? 1 : 0);
  }
});

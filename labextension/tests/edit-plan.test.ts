/** Whether edits may be carried out, and that the steps do what the edits say. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ICellFacts, Plan, planEdits, Step } from '../src/notebook/edit-plan';
import type { IEdit } from '../src/protocol/edit';

const CELLS: ICellFacts[] = ['a', 'b', 'c'].map(id => ({ id, source: `source of ${id}` }));

function edit(op: IEdit['op'], cellId: string, source = 'new', before = `source of ${cellId}`): IEdit {
  return { op, cellId, before: op === 'insert' ? '' : before, source, kind: 'code' };
}

function steps(plan: Plan): readonly Step[] {
  assert.ok(plan.ok, JSON.stringify(plan));
  return plan.steps;
}

function carriedOut(plan: Plan): string[] {
  const sources = CELLS.map(cell => cell.source);
  for (const step of steps(plan)) {
    if (step.op === 'set') {
      sources[step.index] = step.source;
    } else if (step.op === 'delete') {
      sources.splice(step.index, 1);
    } else {
      sources.splice(step.index, 0, step.source);
    }
  }
  return sources;
}

function whyNot(plan: Plan): string {
  return plan.ok ? '' : `${plan.why} ${plan.cellId}`.trim();
}

test('edits of all kinds end up where they belong, in the order in which they were asked for', () => {
  const plan = planEdits(CELLS, [
    edit('insert', 'a', 'one'),
    edit('replace', 'b', 'B'),
    edit('insert', 'a', 'two'),
    edit('delete', 'c', ''),
    edit('insert', 'c', 'end')
  ]);
  assert.deepEqual(carriedOut(plan), ['source of a', 'one', 'two', 'B', 'end']);
});

test('a cell that changed, or is not there, or may not be edited, refuses all of them', () => {
  const good = edit('replace', 'a', 'A');
  assert.equal(whyNot(planEdits(CELLS, [good, edit('replace', 'b', 'B', 'older')])), 'changed b');
  assert.equal(whyNot(planEdits(CELLS, [good, edit('delete', 'c', '', 'older')])), 'changed c');
  assert.equal(whyNot(planEdits(CELLS, [good, edit('insert', 'gone')])), 'missing gone');
  const locked = CELLS.map(cell => ({ ...cell, isLocked: cell.id === 'b' }));
  assert.equal(whyNot(planEdits(locked, [good, edit('replace', 'b')])), 'locked b');
  assert.equal(whyNot(planEdits(CELLS, [good], { readOnly: true })), 'read-only');
  assert.equal(whyNot(planEdits(CELLS, [good, good])), 'twice a');
  assert.equal(whyNot(planEdits(CELLS, [])), 'nothing');
});

test('white space counts', () => {
  assert.equal(whyNot(planEdits(CELLS, [edit('replace', 'a', 'A', 'source of a\n')])), 'changed a');
});

test('what was applied already is said to be, what was applied in part has changed', () => {
  const before = 'older';
  const done = edit('replace', 'a', 'source of a', before);
  assert.equal(whyNot(planEdits(CELLS, [done])), 'already a');
  assert.equal(whyNot(planEdits(CELLS, [done, edit('replace', 'b')])), 'changed a');
});

test('an edit for no cell means the anchor', () => {
  assert.deepEqual(carriedOut(planEdits(CELLS, [edit('insert', '', 'new')], { anchorId: 'b' })), [
    'source of a',
    'source of b',
    'new',
    'source of c'
  ]);
  assert.equal(whyNot(planEdits(CELLS, [edit('insert', '')])), 'missing');
});

test('the first edited cell gets the focus', () => {
  const plan = planEdits(CELLS, [edit('replace', 'c'), edit('replace', 'a')]);
  assert.ok(plan.ok && plan.focusId === 'c');
});

test('a cell that has another id by now is found by its text, where no other has it', () => {
  const plan = planEdits(CELLS, [edit('replace', 'gone', 'new', 'source of b')]);
  assert.deepEqual(carriedOut(plan), ['source of a', 'new', 'source of c']);
  assert.ok(plan.ok && plan.focusId === 'b');
  const twins = [...CELLS, { id: 'd', source: 'source of b' }];
  assert.equal(whyNot(planEdits(twins, [edit('replace', 'gone', 'new', 'source of b')])), 'missing gone');
  const empty = [...CELLS, { id: 'd', source: ' ' }];
  assert.equal(whyNot(planEdits(empty, [edit('delete', 'gone', '', ' ')])), 'missing gone');
  assert.equal(whyNot(planEdits(CELLS, [{ ...edit('insert', 'gone'), before: 'source of b' }])), 'missing gone');
  assert.equal(whyNot(planEdits(CELLS, [edit('replace', 'b'), edit('replace', 'gone', 'new', 'source of b')])), 'twice gone');
});

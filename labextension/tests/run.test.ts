import * as assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference } from '../src/agent/comparing';
import { readDecision } from '../src/agent/decision';
import { readPlan, ticked } from '../src/agent/plan';
import { readRunRecord } from '../src/agent/records';
import { Run } from '../src/agent/run';

function played(...records: object[]): Run {
  const run = new Run('r');
  for (const data of records) {
    const record = readRunRecord(data);
    assert.ok(record);
    run.take(record);
  }
  return run;
}

function cell(id: string, more: object = {}): object {
  const facts = { id, name: id, above: '', kind: 'code', state: 'new', source: id, before: null, outputs: [] };
  return { type: 'cell', cell: { ...facts, ran: true, error: '', problem: '', refused: [], ...more } };
}

const ERROR = { output_type: 'error', ename: 'NameError', evalue: 'x' };

test('what is not understood is left out, and nothing throws', () => {
  for (const value of [null, undefined, 0, 'text', [], {}, { type: 'other' }, { type: 5 }]) {
    assert.equal(readRunRecord(value), null);
  }
  for (const type of ['run', 'cell', 'question', 'ended', 'failed', 'answered', 'step']) {
    assert.notEqual(readRunRecord({ type }), null);
  }
  assert.deepEqual(readDecision({ changes: [{ id: 'a' }, null], outcomes: [{}], left: 5 }).changes, []);
});

test('a plan is read from check boxes, else from a list, and never from code', () => {
  assert.deepEqual(
    readPlan('I will:\n- [ ] load **all**\n- [x] join\n```python\n# - [ ] no\n```').map(one => [one.text, one.isDone]),
    [
      ['load all', false],
      ['join', true]
    ]
  );
  assert.deepEqual(
    readPlan('1. load\n2. plot').map(one => one.text),
    ['load', 'plot']
  );
  assert.deepEqual(readPlan('- one thing'), []);
  const plan = readPlan('- [ ] a\n- [ ] b\n- [ ] c');
  assert.deepEqual(
    ticked(plan, '- [x] c', 1, false).map(one => one.isDone),
    [true, false, true]
  );
  assert.ok(ticked(plan, '', 0, true).every(one => one.isDone));
});

test('cells stand in the order of the notebook, and a repaired one keeps what it was', () => {
  const run = played(
    { type: 'run', task: 'Do.', plan: false, steps: 25 },
    { type: 'started', model: 'm', problem: '' },
    cell('a', { outputs: [ERROR], error: 'NameError: x' }),
    cell('c', { above: 'a' }),
    cell('b', { above: 'a' }),
    cell('a', { source: 'mended' })
  );
  assert.deepEqual(
    run.cells.map(one => one.id),
    ['a', 'b', 'c']
  );
  assert.deepEqual(
    run.attempts('a').map(one => [one.source, one.error]),
    [['a', 'NameError: x']]
  );
  assert.equal(run.cell('a')?.source, 'mended');
});

test('the state of a run is that of its last records', () => {
  const run = played({ type: 'run', task: 'Do.', steps: 25 }, { type: 'waiting', text: 'Waits.' });
  assert.equal(run.state, 'waiting');
  const go = (...records: object[]) => records.forEach(one => run.take(readRunRecord(one)!));
  go({ type: 'started', problem: '' }, { type: 'step', step: 1 }, { type: 'text', text: '- [ ] a\n- [ ] b' });
  assert.equal(run.state, 'running');
  go({ type: 'running', cell: 'a' }, { type: 'ran', cell: 'a' }, cell('a'));
  assert.deepEqual(
    run.plan.map(one => one.isDone),
    [true, false]
  );
  const question = { type: 'question', question: 'q1', kind: 'effect', cell: 'b', effect: 'it writes files (x)' };
  go({ ...question, for_real: true, before: ['a'] });
  assert.equal(run.state, 'asking');
  go({ type: 'answered', question: 'q1', allowed: true, changes: [{ id: 'a' }] });
  assert.deepEqual(run.realEffects, ['it writes files (x)']);
  assert.equal(run.realChanges.length, 1);
  go({ type: 'ended', how: 'gave up', reason: 'it repeats itself', refused: ['b: it writes', 5] });
  assert.equal(run.state, 'review');
  assert.deepEqual(run.end?.refused, ['b: it writes']);
});

test('outputs are compared by what they say', () => {
  const stream = (text: string) => ({ output_type: 'stream', name: 'stdout', text });
  const data = (plain: string, more: object = {}) => ({
    output_type: 'display_data',
    data: { 'text/plain': plain, ...more }
  });
  assert.equal(difference([stream('a'), stream('b')], [stream('ab')]), null);
  assert.equal(difference([data('<x at 0x7f00aa00bb>')], [data('<x at 0x7f00cc00dd>')]), null);
  assert.equal(difference([data('x', { 'text/html': ['<b>', 'x</b>'] })], [data('x', { 'text/html': '<b>x</b>' })]), null);
  const other = (words: string) => ({ output_type: 'stream', name: 'stderr', text: words });
  assert.equal(difference([stream('a'), other('b'), stream('c')], [stream('ac'), other('b')]), null);
  assert.equal(difference([other('\r0/3 [00:00<?, ?it/s]\r3/3 [00:02<00:00]')], [other('\r3/3 [00:01<00:00]')]), null);
  const json = (value: number) => data('<JSON object>', { 'application/json': { data: [value] } });
  assert.notEqual(difference([json(1)], [json(2)]), null);
  assert.equal(difference([json(1)], [json(1)]), null);
  assert.notEqual(difference([data('x', { 'text/latex': '$1$' })], [data('x', { 'text/latex': '$2$' })]), null);
  assert.deepEqual(difference([stream('1')], [stream('2')]), { rehearsed: '1', real: '2' });
  // Ids that libraries draw anew: a UUID, a style of pandas.
  const drawn = (id: string, hex: string) => [data(`id ${id}`, { 'text/html': `<style>#T_${hex}_row0 {}</style>` })];
  const [first, second] = ['0d9a3c1e-5b7f-4a62-8c11-9e2f3d4b5a60', '7e1b2c3d-4f5a-4b6c-9d8e-0f1a2b3c4d5e'];
  assert.equal(difference(drawn(first, '0a1b2'), drawn(second, 'c3d4e')), null);
  assert.deepEqual(difference([], [data('new')]), { rehearsed: '', real: 'new' });
  assert.notEqual(difference([data('f', { 'image/png': 'a' })], [data('f', { 'image/png': 'b' })]), null);
});

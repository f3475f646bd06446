/** What of a notebook is pushed to the kernel, and how much. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PUSH_LIMIT, slimCell, TEXT_LIMIT, withoutOutputs } from '../src/notebook/notebook-push';
import { MIME_TYPE } from '../src/tokens';

function code(...outputs: Record<string, unknown>[]) {
  return { id: 'a', cell_type: 'code', source: 'x', metadata: { tags: ['t'], secret: 1 }, execution_count: 3, outputs };
}

function display(data: Record<string, unknown>) {
  return { output_type: 'display_data', data, metadata: { big: 'metadata' } };
}

function cellsToPush(cells: Record<string, unknown>[], limit = PUSH_LIMIT) {
  const slim = cells.map(slimCell);
  return JSON.stringify(slim).length <= limit ? slim : withoutOutputs(slim, limit);
}

function outputsOf(cell: Record<string, unknown>, limit?: number): Record<string, any>[] {
  return cellsToPush([cell], limit)![0].outputs as Record<string, any>[];
}

test('sources, kinds, ids, tags and counts travel; attachments and other metadata do not', () => {
  const markdown = { id: 'm', cell_type: 'markdown', source: '# T', metadata: {}, attachments: { 'a.png': {} } };
  assert.deepEqual(cellsToPush([markdown, code()]), [
    { id: 'm', cell_type: 'markdown', source: '# T', metadata: {} },
    { id: 'a', cell_type: 'code', source: 'x', metadata: { tags: ['t'] }, execution_count: 3, outputs: [] }
  ]);
});

test('of pictures and HTML only the type travels, our own bundles travel whole', () => {
  const own = { version: 1, reply: 'r'.repeat(TEXT_LIMIT + 1) };
  const [output] = outputsOf(
    code(display({ 'image/png': 'AAAA', 'text/html': '<b>', 'text/plain': ['a\n', 'b'], [MIME_TYPE]: own }))
  );
  assert.deepEqual(output.data, { 'image/png': '', 'text/html': '', 'text/plain': 'a\nb', [MIME_TYPE]: own });
  assert.deepEqual(output.metadata, {});
});

test('long text keeps its beginning and its end', () => {
  const long = 'a'.repeat(TEXT_LIMIT) + 'z';
  const error = { output_type: 'error', ename: 'E', evalue: 'v', traceback: [long, 'last'] };
  const [stream, failure] = outputsOf(code({ output_type: 'stream', name: 'stdout', text: long }, error));
  assert.equal(stream.text.length, TEXT_LIMIT);
  assert.match(stream.text, /^a+\n…\na+z$/);
  assert.equal(failure.traceback.length, 1);
  assert.match(failure.traceback[0], /z\nlast$/);
});

test('too much: first other outputs go, then all of them, then there is nothing to push', () => {
  const printed = { output_type: 'stream', name: 'stdout', text: 'p'.repeat(5000) };
  const answer = display({ [MIME_TYPE]: { reply: 'q'.repeat(3000) } });
  const cell = code(printed, answer);
  assert.equal(outputsOf(cell, 9000).length, 2);
  assert.equal(outputsOf(cell, 5000).length, 1);
  assert.equal(outputsOf(cell, 1000).length, 0);
  assert.equal(cellsToPush([{ ...cell, source: 's'.repeat(1000) }], 1000), null);
});

test('cells of any shape are no error', () => {
  for (const outputs of [undefined, null, 'text', [{}], [{ output_type: 'stream' }], [{ output_type: 'error', traceback: 3 }]]) {
    assert.equal(cellsToPush([{ cell_type: 'code', outputs }])!.length, 1);
  }
});

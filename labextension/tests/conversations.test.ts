/** Conversations as values: copied into another one, exported for other programs. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asMarkdown, asNotebook } from '../src/chat/conversation/export';
import { Exchange } from '../src/chat/conversation/exchange';
import { readStoredThread } from '../src/protocol/threads';

const REPLY =
  'Use `<b>` or ![this](http://x/y.png) and <img src=x>.\n\n```python\nx = "<img>"\n```\n\nThen:\n\n```text\n![no](picture)\n```\n\nEnd.';

function kept(typed: string, reply: string, fields: object = {}): Exchange {
  const asked = { typed, task: 'chat', question: typed, target: 'a' };
  return Exchange.read({ id: `id of ${typed}`, at: 5, asked, state: 'done', reply, ...fields })!;
}

test('a copy is the same in another conversation, under another name', () => {
  const bundle = { version: 1, edits: [{ op: 'replace', cell_id: 'a', before: 'x', source: 'y' }] };
  const one = kept('why?', 'so', { thread: 'old', bundle, edits: ['accepted'], cells: { 2: 'c' } });
  const copy = one.copiedTo('new')!;
  assert.notEqual(copy.id, one.id);
  assert.equal(copy.thread, 'new');
  const without = (exchange: Exchange) => ({ ...exchange.toJSON(), id: '', thread: '' });
  assert.deepEqual(without(copy), without(one));
  assert.equal(copy.cells.get(2), 'c');
  assert.deepEqual(copy.edits, ['accepted']);
});

test('a copy has the pictures of its question, and what a server has lost is told whole', () => {
  const images = [{ mime: 'image/png', data: 'aGk=', key: '' }];
  const one = kept('why?', 'so', { asked: { typed: 'why?', task: 'chat', question: 'why?', images } });
  for (const exchange of [one, one.copiedTo('new')!]) {
    assert.deepEqual(exchange.asked.question.images, images);
    assert.deepEqual((exchange.whole() as any).asked.images, images);
    assert.deepEqual((exchange.toJSON() as any).asked.images, []);
  }
});

test('what is exported loads nothing, and its code is what it was', () => {
  const { text, extension } = asMarkdown('A title\nof two lines', [kept('why?\n<script>', REPLY), kept('then?', 'so')]);
  assert.equal(extension, 'md');
  assert.ok(text.startsWith('# A title of two lines\n\n> why?\n> &lt;script>\n\nUse `<b>` or \\![this]'));
  assert.ok(text.includes('&lt;img src=x>'));
  assert.ok(text.includes('```python\nx = "<img>"\n```'));
  assert.ok(text.includes('```text\n![no](picture)\n```'));
  assert.ok(text.endsWith('---\n\n> then?\n\nso\n'));
});

test('as a notebook code is code, and nothing else is', () => {
  const spec = { name: 'python3', display_name: 'Python 3' };
  const { text } = asNotebook('T', [kept('why?', REPLY)], { name: 'python', kernelspec: spec });
  const notebook = JSON.parse(text);
  assert.deepEqual(
    notebook.cells.map((cell: any) => [cell.cell_type, cell.source.split('\n')[0]]),
    [
      ['markdown', '# T'],
      ['markdown', '> why?'],
      ['markdown', 'Use `<b>` or \\![this](http://x/y.png) and &lt;img src=x>.'],
      ['code', 'x = "<img>"'],
      ['markdown', 'Then:']
    ]
  );
  assert.ok(notebook.cells[4].source.endsWith('```text\n![no](picture)\n```\n\nEnd.'));
  assert.deepEqual(notebook.metadata.kernelspec, spec);
  assert.deepEqual(Object.keys(notebook.cells[2]).sort(), ['cell_type', 'metadata', 'source']);
});

test('a list of conversations is read whatever it is', () => {
  for (const wrong of [null, 3, [], { threads: 'x', messages: 5 }]) {
    assert.deepEqual(readStoredThread(wrong), { thread: '', messages: [], threads: [] });
  }
  const [thread] = readStoredThread({ threads: [{ id: 'a', title: 3, at: 'x', count: 2 }] }).threads;
  assert.deepEqual(thread, { id: 'a', title: '', first: '', at: 0, count: 2 });
});

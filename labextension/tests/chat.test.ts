import * as assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMessages, readSent } from '../src/protocol/sent';
import { readStatus } from '../src/protocol/status';
import { readAnswer, readStreamRecord, StreamRecord } from '../src/protocol/stream';
import { Conversation } from '../src/chat/conversation/conversation';
import type { IAsked } from '../src/chat/conversation/exchange';
import { jsonLines } from '../src/protocol/json-lines';
import { completed, fragmentAt, IMentionable, mentionsIn, suggestions } from '../src/chat/composing/mentions';
import { ReplyBlocks } from '../src/view/reply-blocks';
import { readTyped } from '../src/chat/composing/slash-commands';

const WRONG = [null, undefined, 0, '', 'text', [], {}, [[]], true, { type: 5 }, { type: 'done' }, { type: 'sent', pieces: 1 }];

test('reading never throws', () => {
  for (const value of WRONG) {
    readStatus(value);
    readSent(value);
    readMessages(value);
    readStreamRecord(value);
  }
  assert.equal(readStreamRecord({ type: 'done', bundle: { version: 2 } }), null);
  assert.equal(readStatus({}).state, 'trouble');
  assert.equal(readSent({ tokens: '5', window: -1 }).tokens, 0);
});

test('lines are read at any chunk split, also inside a character', async () => {
  const whole = '{"a": "é"}\n\n{"b": 2}\nno json\n{"c": 3}';
  const bytes = new TextEncoder().encode(whole);
  for (let at = 0; at <= bytes.length; at++) {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.slice(0, at));
        controller.enqueue(bytes.slice(at));
        controller.close();
      }
    });
    const read: unknown[] = [];
    for await (const value of jsonLines(body)) {
      read.push(value);
    }
    assert.deepEqual(read, [{ a: 'é' }, { b: 2 }, { c: 3 }]);
  }
});

test('leaving the lines cancels the stream', async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode('{"a": 1}\n'));
    },
    cancel() {
      cancelled = true;
    }
  });
  for await (const _ of jsonLines(body)) {
    break;
  }
  assert.ok(cancelled);
});

const REPLY = [
  'First words.\n\nSecond paragraph\nof two lines.\n\n',
  '- a list\n\n  with a paragraph\n- and an item\n\n',
  '```python\nx = 1\n\ny = 2\n```\n\nBetween.\n\n````markdown\n```\ninside\n```\n````\n~~~\nplain\n~~~\nEnd'
].join('');

function blocksOf(text: string, size: number) {
  const blocks = new ReplyBlocks();
  let before: readonly unknown[] = [];
  for (let at = 0; at < text.length; at += size) {
    blocks.add(text.slice(at, at + size));
    // What is finished stays as it is.
    assert.deepEqual(blocks.finished.slice(0, before.length), before);
    before = [...blocks.finished];
  }
  blocks.end();
  assert.equal(blocks.growing, null);
  return blocks.finished;
}

test('the blocks of a reply are the same at any chunk split', () => {
  const whole = blocksOf(REPLY, REPLY.length);
  assert.deepEqual(
    whole.map(({ kind, language }) => [kind, language]),
    [
      ['prose', ''],
      ['prose', ''],
      ['prose', ''],
      ['code', 'python'],
      ['prose', ''],
      ['code', 'markdown'],
      ['code', ''],
      ['prose', '']
    ]
  );
  assert.equal(whole[3].text, 'x = 1\n\ny = 2');
  assert.equal(whole[5].text, '```\ninside\n```');
  for (let size = 1; size < 20; size++) {
    assert.deepEqual(blocksOf(REPLY, size), whole);
  }
});

test('an open fence grows as code', () => {
  const blocks = new ReplyBlocks();
  blocks.add('Look:\n```python\nx = 1\ny');
  assert.deepEqual(blocks.growing, { kind: 'code', text: 'x = 1\ny', language: 'python' });
  assert.equal(blocks.finished.length, 1);
});

test('commands', () => {
  assert.deepEqual(readTyped('/fix keep the name'), { command: 'fix', text: 'keep the name', unknown: '' });
  assert.deepEqual(readTyped('  /clear'), { command: 'clear', text: '', unknown: '' });
  assert.equal(readTyped('/fxi it').unknown, 'fxi');
  assert.equal(readTyped('/constructor').unknown, 'constructor');
  assert.deepEqual(readTyped('what is 1/2?'), { command: null, text: 'what is 1/2?', unknown: '' });
  assert.equal(readTyped('/home/me/x.csv').command, null);
});

const KNOWN: IMentionable = {
  variables: [
    { name: 'sales', text: 'DataFrame 3 × 2' },
    { name: 'selected', text: 'int = 3' }
  ],
  cells: [
    { id: 'zero', sign: '#1', firstLine: 'import x' },
    { id: 'twelve', sign: '[12]', firstLine: 'y' },
    { id: 'one', sign: '[1]', firstLine: 'z' }
  ],
  files: ['data/sales.csv', 'load.py', 'my data.csv', 'say "hi".csv', 'e\u0301te\u0301.csv'],
  hasSelection: true
};

test('completion', () => {
  const labels = (text: string) => {
    const fragment = fragmentAt(text, text.length);
    return fragment && suggestions(fragment, KNOWN, name => name).map(one => one.label);
  };
  assert.deepEqual(labels('/f'), ['/fix']);
  assert.equal(labels('what /f'), null);
  assert.equal(labels('me@exam'), null);
  assert.deepEqual(labels('why @sel'), ['@selection', '@selected']);
  assert.deepEqual(labels('@sal'), ['@sales', '@data/sales.csv']);
  assert.deepEqual(labels('(@cell[12'), ['@cell[12]']);
  assert.deepEqual(labels('read @my d'), ['@my data.csv']);
  assert.deepEqual(labels('read @"my d'), ['@my data.csv']);
  assert.deepEqual(labels('@sales are'), []);
  const text = 'why @sa is this?';
  const fragment = fragmentAt(text, 7)!;
  const [first] = suggestions(fragment, KNOWN, name => name);
  assert.deepEqual(completed(text, fragment, first), { text: 'why @sales is this?', cursor: 10 });
});

test('mentions are what exists, without the punctuation behind them', () => {
  const found = mentionsIn('is @sales, (@load.py) or @data/sales.csv? see @cell[12]. @cell[7] @nothing @selection', KNOWN);
  assert.deepEqual(found, {
    variables: ['sales'],
    files: ['load.py', 'data/sales.csv'],
    cells: ['twelve'],
    selection: true
  });
  const files = (text: string) => mentionsIn(text, KNOWN).files;
  assert.deepEqual(files('read @my data.csv please'), ['my data.csv']);
  assert.deepEqual(files('read @"my data.csv", @"say \\"hi\\".csv".'), ['my data.csv', 'say "hi".csv']);
  assert.deepEqual(files('@\u00e9t\u00e9.csv'), ['e\u0301te\u0301.csv']);
  // A path in quotes is a file, wherever it lies; without them it may be anything.
  assert.deepEqual(files('read @"/else/where.csv" and @"sub/x.csv", not @scope/package.js'), ['/else/where.csv', 'sub/x.csv']);
  assert.deepEqual(mentionsIn('@cell[1]', KNOWN).cells, ['one']);
  assert.equal(mentionsIn('@selection', { ...KNOWN, hasSelection: false }).selection, false);
});

const ASKED: IAsked = {
  typed: 'why?',
  question: {
    task: 'chat',
    question: 'why?',
    target: '',
    variables: [],
    files: [],
    selection: '',
    images: [{ mime: 'image/png', data: 'aGk=' }],
    selected: [],
    strengthens: ''
  }
};
const FACTS = { path: 'a.ipynb', kernel_id: null, language: 'python', cells: [{ id: 'a' }, { id: 'b' }] };
const OPTIONS = { exclude: [], model: null, route: 'local' };
const BUNDLE = {
  version: 1,
  reply: 'Because.',
  edits: [{ op: 'replace', cell_id: 'a', before: 'x', source: 'y', kind: 'code' }],
  receipt: 'r',
  turn: { user_text: 'Task: …\nwhy?' },
  finished: 'stop'
};

/** Where no answer is arriving, and none is stopped. */
const NOBODY = {
  async *follow(): AsyncGenerator<StreamRecord> {
    throw new Error('not arriving');
  },
  async stop(): Promise<void> {}
};

function answering(...records: object[]) {
  const asked: any[] = [];
  const client = {
    ...NOBODY,
    async *chat(question: unknown): AsyncGenerator<StreamRecord> {
      asked.push(question);
      for (const each of records) {
        yield readStreamRecord(each)!;
      }
    }
  };
  return { client, asked };
}

test('an exchange, and the turn that it becomes', async () => {
  const { client, asked } = answering(
    { type: 'sent', tokens: 5, user_text: 'Task: …\nwhy?' },
    { type: 'text', text: 'Be' },
    { type: 'text', text: 'cause.' },
    { type: 'done', bundle: BUNDLE }
  );
  const conversation = new Conversation(client);
  const streamed: string[] = [];
  conversation.streamed.connect((_, { text }) => streamed.push(text));
  const exchange = await conversation.ask(ASKED, FACTS, OPTIONS);
  assert.deepEqual([exchange.state, exchange.reply, exchange.after], ['done', 'Because.', 'b']);
  assert.deepEqual(streamed, ['Be', 'cause.']);
  assert.deepEqual(exchange.edits, ['open']);
  assert.deepEqual(conversation.turns(), [{ user_text: 'Task: …\nwhy?', described: [], reply: 'Because.', after: 'b' }]);
  await conversation.ask(ASKED, FACTS, OPTIONS);
  assert.equal(asked[1].turns.length, 1);
});

test('kept and restored, without pictures', async () => {
  const { client } = answering({ type: 'sent', tokens: 5 }, { type: 'done', bundle: BUNDLE });
  const conversation = new Conversation(client);
  conversation.setEdit(await conversation.ask(ASKED, FACTS, OPTIONS), 0, 'accepted');
  const kept = JSON.parse(JSON.stringify(conversation.exchanges));
  assert.ok(!JSON.stringify(kept).includes('aGk='));
  const again = new Conversation(client);
  again.restore([...kept, null, 5, {}, { id: 'x', asked: { task: 'other' } }]);
  assert.deepEqual(JSON.parse(JSON.stringify(again.exchanges)), kept);
  assert.deepEqual(again.turns(), conversation.turns());
  assert.deepEqual(again.exchanges[0].edits, ['accepted']);
});

test('what was told before an exchange came, went on or ended takes nothing of it away', async () => {
  const { client } = answering({ type: 'text', text: 'Be' }, { type: 'done', bundle: { ...BUNDLE, finished: 'length' } });
  const conversation = new Conversation(client);
  const before = conversation.settled;
  const exchange = await conversation.ask(ASKED, FACTS, OPTIONS);
  conversation.restore([], new Set(), before);
  assert.deepEqual(conversation.exchanges, [exchange]);
  const told = JSON.parse(JSON.stringify(conversation.exchanges));
  const settled = conversation.settled;
  await conversation.goOn(exchange, FACTS, OPTIONS);
  exchange.reply = 'Because it is so.';
  conversation.restore(told, new Set(), settled);
  assert.equal(conversation.exchanges[0].reply, 'Because it is so.');
  // What is told after it counts: another page has cleared it.
  conversation.restore([], new Set(), conversation.settled);
  assert.deepEqual(conversation.exchanges, []);
});

test('what became of tests is kept, and what strengthens them is asked about them', async () => {
  const proof = { markdown: '**2 tests, all pass**', strengthen: 'Write further tests', key: 'k' };
  const { client, asked } = answering({ type: 'done', bundle: { ...BUNDLE, proof } });
  const conversation = new Conversation(client);
  const exchange = await conversation.ask(ASKED, FACTS, OPTIONS);
  assert.deepEqual(exchange.answer?.bundle.proof, proof);
  conversation.restore(JSON.parse(JSON.stringify(conversation.exchanges)));
  assert.deepEqual(conversation.exchanges[0].answer?.bundle.proof, proof);
  await conversation.ask({ ...ASKED, question: { ...ASKED.question, strengthens: 'k' } }, FACTS, OPTIONS);
  assert.deepEqual([asked[0].strengthens, asked[1].strengthens], ['', 'k']);
  assert.equal(readAnswer({ ...BUNDLE, proof: { markdown: 3 } })?.bundle.proof, null);
});

test('stopping keeps what arrived and closes the connection', async () => {
  let closed = false;
  const client = {
    ...NOBODY,
    async *chat(_: unknown, __: object, signal: AbortSignal): AsyncGenerator<StreamRecord> {
      try {
        yield { type: 'sent', sent: readSent({ user_text: 'Task' }) };
        for (;;) {
          yield { type: 'text', text: 'word ' };
          await new Promise(resolve => setTimeout(resolve, 1));
          signal.throwIfAborted();
        }
      } finally {
        closed = true;
      }
    }
  };
  const conversation = new Conversation(client);
  const ended = conversation.ask(ASKED, FACTS, OPTIONS);
  await new Promise(resolve => setTimeout(resolve, 10));
  conversation.stop();
  assert.equal(conversation.running, null);
  const exchange = await ended;
  assert.equal(exchange.state, 'stopped');
  assert.ok(exchange.reply.startsWith('word '));
  assert.ok(closed);
  assert.equal(conversation.turns()[0].user_text, 'Task');
});

test('stopping ends each answer that is running: another page may have asked as well', async () => {
  const left: string[] = [];
  const told: string[] = [];
  async function* arriving(id: string, signal: AbortSignal): AsyncGenerator<StreamRecord> {
    yield { type: 'text', text: `of ${id}` };
    await new Promise(resolve => signal.addEventListener('abort', resolve));
    left.push(id);
  }
  const conversation = new Conversation({
    chat: (_, keep, signal) => arriving((keep as { id: string }).id, signal),
    follow: (id, signal) => arriving(id, signal),
    stop: async id => void told.push(id)
  });
  void conversation.ask(ASKED, FACTS, OPTIONS);
  const [{ id }] = conversation.exchanges;
  conversation.restore([{ ...JSON.parse(JSON.stringify(conversation.exchanges[0])), id: 'there', at: 5 }]);
  await new Promise(resolve => setTimeout(resolve, 5));
  conversation.stop();
  await new Promise(resolve => setTimeout(resolve, 5));
  const everyOne = [id, 'there'].sort();
  assert.deepEqual([left.sort(), told.sort()], [everyOne, everyOne]);
  assert.deepEqual(conversation.exchanges.map(one => one.state), ['stopped', 'stopped']);
});

test('an exchange stays the one that an undo holds, when another page has changed it', async () => {
  const { client } = answering({ type: 'text', text: 'Be' }, { type: 'done', bundle: BUNDLE });
  const conversation = new Conversation(client);
  const exchange = await conversation.ask(ASKED, FACTS, OPTIONS);
  const [told] = JSON.parse(JSON.stringify(conversation.exchanges));
  conversation.restore([{ ...told, edits: ['rejected'] }]);
  assert.equal(conversation.exchanges[0], exchange);
  assert.deepEqual([exchange.edits, exchange.retractions], [['rejected'], 0]);
  // Text that is another one is drawn anew.
  conversation.restore([{ ...told, reply: 'More.' }]);
  assert.deepEqual([exchange.reply, exchange.retractions], ['More.', 1]);
});

test('errors are said, and are no turns', async () => {
  const { client } = answering({ type: 'error', message: 'No Ollama.', state: 'no-server' });
  const conversation = new Conversation(client);
  const exchange = await conversation.ask(ASKED, FACTS, OPTIONS);
  assert.deepEqual([exchange.state, exchange.error, exchange.serverState], ['failed', 'No Ollama.', 'no-server']);
  assert.deepEqual(conversation.turns(), []);
});

test('a question that is taken back takes everything behind it along', async () => {
  const { client } = answering({ type: 'done', bundle: BUNDLE });
  const conversation = new Conversation(client);
  const first = await conversation.ask(ASKED, FACTS, OPTIONS);
  await conversation.ask({ ...ASKED, typed: 'and then?' }, FACTS, OPTIONS);
  assert.deepEqual(conversation.takeBack('none'), []);
  assert.equal(conversation.takeBack(first.id)[0].asked.typed, 'why?');
  assert.equal(conversation.exchanges.length, 0);
});

test('what a hundred prompts have in common is kept once', async () => {
  let asked = 0;
  const said = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ role: at % 2 ? 'assistant' : 'user', content: `message ${at}` }));
  const client = {
    ...answering().client,
    async *chat() {
      asked += 1;
      const pieces = [{ key: 'cell:a', kind: 'cell', label: 'a', index: 0, tokens: 5 }];
      yield readStreamRecord({ type: 'sent', messages: said(2 * asked - 1), pieces })!;
      yield readStreamRecord({ type: 'done', bundle: BUNDLE })!;
    }
  };
  const conversation = new Conversation(client);
  for (let at = 0; at < 100; at++) {
    await conversation.ask(ASKED, FACTS, OPTIONS);
  }
  const sent = conversation.exchanges.map(one => one.sent!);
  assert.equal(sent[99].messages.length, 199);
  assert.deepEqual(sent[40].messages, said(81));
  assert.equal(new Set(sent.flatMap(one => one.messages)).size, 199);
  assert.equal(new Set(sent.flatMap(one => one.pieces)).size, 1);
});

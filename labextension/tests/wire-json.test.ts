import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readMessages, readSent } from '../src/protocol/sent';
import { readStatus } from '../src/protocol/status';
import { readStreamRecord } from '../src/protocol/stream';
import { Conversation } from '../src/chat/conversation/conversation';

/** What the server's own tests hold it to. */
const golden = (name: string) =>
  JSON.parse(readFileSync(join(process.cwd(), '..', 'tests', 'golden', 'server', `${name}.json`), 'utf-8'));

test('an answer of the server is read whole', async () => {
  const records = golden('chat').map(readStreamRecord);
  assert.ok(!records.includes(null));
  assert.deepEqual(
    records.map((one: any) => one.type),
    ['sent', 'phase', 'text', 'done']
  );
  const [{ sent }, , , { answer }] = records;
  assert.deepEqual(
    sent.pieces.map((piece: any) => [piece.key, piece.index]),
    [
      ['cell:a', 0],
      ['cell:b', 1]
    ]
  );
  assert.ok(sent.tokens > 0 && sent.window === 32768 && sent.userText.endsWith('one more'));
  assert.equal(answer.bundle.userText, sent.userText);
  assert.deepEqual(
    answer.bundle.edits.map(({ op, cellId, source }: any) => [op, cellId, source]),
    [['replace', 'b', 'print(x + 1)']]
  );
});

test('the turn of an answer is the one that was sent', async () => {
  const client = {
    async *follow() {},
    async stop() {},
    async *chat() {
      yield* golden('chat').map(readStreamRecord);
    }
  };
  const conversation = new Conversation(client);
  const facts = { path: '', kernel_id: null, language: 'python', cells: [{ id: 'a' }, { id: 'b' }] };
  const asked = {
    typed: 'one more',
    question: {
      task: 'chat' as const,
      question: 'one more',
      target: 'b',
      variables: [],
      files: [],
      selection: '',
      images: [],
      selected: [],
      strengthens: ''
    }
  };
  await conversation.ask(asked, facts, { exclude: [], model: null, route: 'local' });
  const [turn] = conversation.turns();
  assert.equal(turn.user_text, golden('chat')[3].bundle.turn.user_text);
  assert.equal(turn.after, 'b');
});

test('a prompt and the states', () => {
  const messages = readMessages(golden('prompt'));
  assert.equal(messages[0].role, 'system');
  assert.ok(messages[messages.length - 1].content.includes('Cell 0:'));
  assert.equal(readSent(golden('prompt')).pieces.length, 1);
  const ready = readStatus(golden('status'));
  assert.deepEqual([ready.state, ready.hasVision, ready.isLocal, ready.window], ['ready', true, true, 32768]);
  assert.ok(ready.models[0].sizeBytes > 1e9 && ready.models[0].isLoaded);
  const missing = readStatus(golden('no-model'));
  assert.deepEqual([missing.state, missing.canPull, missing.model], ['no-model', true, 'other']);
});

/** Parts of an edit, and whether code of a reply is shown somewhere else. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choiceOf, chosenOf, HunkChoice } from '../src/notebook/hunk-choice';
import type { IEdit } from '../src/protocol/edit';
import { codeBlocks } from '../src/view/reply-blocks';
import { standsIn, withoutLabel } from '../src/view/shown-code';

function replacing(before: string, source: string): IEdit {
  return { op: 'replace', cellId: 'a', before, source, kind: 'code' };
}

const TEXTS = ['', 'a', 'a\n', '\na', 'a\nb\nc\nd\ne\nf', 'a\nB\nc\nd\nE\nf\n', 'x\na\nb\nc\nd\nf', 'b\nc\nd\ne\nf\ng\nh'];

test('with all of its changes an edit is itself, with none of them nothing changes', () => {
  for (const before of TEXTS) {
    for (const source of TEXTS) {
      const choice = new HunkChoice(replacing(before, source));
      assert.equal(choice.source, source);
      choice.hunks.forEach((_, at) => choice.set(at, false));
      assert.equal(choice.source, before === source ? source : before);
      assert.equal(choice.isEmpty, before !== source);
    }
  }
});

test('each change is taken for itself', () => {
  const choice = new HunkChoice(replacing('a\nb\nc\nd\ne\nf', 'a\nB\nc\nd\ne\nF\ng'));
  assert.equal(choice.hunks.length, 2);
  assert.ok(choice.isOffered);
  choice.set(0, false);
  assert.equal(choice.source, 'a\nb\nc\nd\ne\nF\ng');
  assert.equal(choice.count, 1);
  choice.set(0, true);
  choice.set(1, false);
  assert.equal(choice.source, 'a\nB\nc\nd\ne\nf');
});

test('a change inside a line beside an untouched one is not split', () => {
  assert.equal(new HunkChoice(replacing('a = 1\nb = 2', 'a = 10\nb = 20')).isOffered, false);
});

test('an edit of which nothing is chosen is not carried out', () => {
  const edits = [replacing('a\nb\nc\nd', 'A\nb\nc\nD'), replacing('x', 'y')];
  [0, 1].forEach(at => choiceOf(edits[0]).set(at, false));
  assert.deepEqual(chosenOf(edits), [edits[1]]);
  choiceOf(edits[0]).set(1, true);
  assert.deepEqual(
    chosenOf(edits).map(edit => edit.source),
    ['a\nb\nc\nD', 'y']
  );
  const others: IEdit[] = [
    { ...edits[0], op: 'insert', before: '' },
    { ...edits[0], op: 'delete', source: '' }
  ];
  assert.deepEqual(chosenOf(others), others);
});

test('code stands in a cell when all of its lines do, in their order', () => {
  const cell = '%%devstral pytest\n\ndef f():\n    return 1\n\nx = 2';
  assert.ok(standsIn('def f():\n  return 1', cell));
  assert.ok(standsIn('def f():\n    # ... as before\n    return 1\n...', cell));
  assert.ok(!standsIn('x = 2\ndef f():', cell));
  assert.ok(!standsIn('x = 2\nx = 2', cell));
  assert.ok(!standsIn('', cell));
  assert.ok(!standsIn('# ...', cell));
});

test('the blocks of code of a reply keep their places', () => {
  const reply = 'One.\n\n```python\na = 1\n```\n\nTwo.\n\nThree.\n\n~~~\nplain\n~~~\n';
  assert.deepEqual(codeBlocks(reply), [
    { at: 1, source: 'a = 1', language: 'python' },
    { at: 4, source: 'plain', language: '' }
  ]);
});

test('a line that is the name of a cell alone goes', () => {
  for (const label of ['[cell 0]', '**Cell 4**', '### Cell 12:', '`[cell 3]`:', 'Cell 4:', '**Cell 4:**', 'cell #2']) {
    assert.equal(withoutLabel(`Text.\n\n${label}`), 'Text.\n', label);
    assert.equal(withoutLabel(label), '', label);
  }
  for (const text of ['In cell 4 the sum is wrong:', 'Text.', 'See [cell 0] above', 'The cell 0']) {
    assert.equal(withoutLabel(text), text);
  }
});

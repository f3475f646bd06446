/** What suggestions are made of, apart from JupyterLab: what was typed through, how long to wait, what is sent. */

import * as assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextLine, nextWord } from '../src/completion/typing/accepting';
import { aroundCursor, codePoints, placeOf } from '../src/completion/typing/around-cursor';
import { readState, readSuggestion } from '../src/completion/completion-protocol';
import { ICellSource, OtherCells } from '../src/completion/typing/other-cells';
import { PushedCells, PUSH_LIMIT, TooLarge } from '../src/completion/typing/pushed-cells';
import { TypedThrough } from '../src/completion/typing/typed-through';
import { Waiting } from '../src/completion/typing/waiting';

const at = (before: string, after = '', editor = 'e') => ({ editor, before, after });

test('one suggestion serves every key that agrees with it', () => {
  const known = new TypedThrough();
  known.add(at('df = pd.'), "read_csv('a')");
  assert.equal(known.find(at('df = pd.')), "read_csv('a')");
  assert.equal(known.find(at('df = pd.read')), "_csv('a')");
  for (const other of [at('df = pd.rx'), at('df = p'), at('df = pd.', 'x'), at('df = pd.', '', 'other')]) {
    assert.equal(known.find(other), null);
  }
});

test('nothing is left of what was typed to its end', () => {
  const known = new TypedThrough();
  known.add(at('x = '), '1');
  assert.equal(known.find(at('x = 1')), null);
});

test('signs that the editor closes by itself are taken off the end', () => {
  const known = new TypedThrough();
  known.add(at('x = '), "f('a')");
  assert.equal(known.find(at('x = f(', ')')), "'a'");
  assert.equal(known.find(at("x = f('", "')")), 'a');
  assert.equal(known.find(at('x = f(', ']')), null);
  assert.equal(known.find(at('x = f(', ') + 1')), null);
});

test('a place without a suggestion is remembered, and only that place', () => {
  const known = new TypedThrough();
  known.add(at('x = '), '');
  assert.equal(known.find(at('x = ')), '');
  assert.equal(known.find(at('x = 1')), null);
});

test('what was hidden does not come back', () => {
  const known = new TypedThrough();
  known.add(at('x = '), 'first');
  known.forget(at('x = f'));
  assert.equal(known.find(at('x = ')), null);
});

test('whatever is edited, what is left of a suggestion leads to the text that it was made for', () => {
  const signs = ['a', 'b', '(', ')', "'", '\n', ' ', '🎈', '\ud83c', 'é'];
  const random = seeded(14);
  const pick = () => signs[Math.floor(random() * signs.length)];
  const text = (most: number) => Array.from({ length: Math.floor(random() * most) }, pick).join('');
  let found = 0;
  for (let turn = 0; turn < 3000; turn++) {
    const known = new TypedThrough();
    const whole = new Set<string>();
    let place = at(text(4), text(3));
    for (let step = 0; step < 12; step++) {
      const rest = known.find(place);
      if (rest) {
        found += 1;
        assert.ok(whole.has(place.before + rest + place.after), JSON.stringify([place, rest, [...whole]]));
      } else if (random() < 0.5) {
        const made = text(6);
        known.add(place, made);
        whole.add(place.before + made + place.after);
      }
      const typed = rest && random() < 0.7 ? rest[0] : pick();
      const closed = typed === '(' && random() < 0.5 ? ')' : '';
      const cut = random() < 0.15;
      place = cut
        ? at(place.before.slice(0, -1), place.after)
        : at(place.before + typed, closed + place.after);
    }
  }
  assert.ok(found > 1000);
});

test('a slow typist is waited for less behind a sign, and nobody longer than a moment', () => {
  const waiting = new Waiting();
  for (let now = 0; now < 4000; now += 400) {
    waiting.key(now);
  }
  assert.ok(waiting.delay('x = pd.') < waiting.delay('x = pd'));
  assert.ok(waiting.delay('x') <= 250);
  waiting.answered(100_000);
  assert.equal(waiting.delay('x'), 20);
});

test('code points are counted, not units of a string', () => {
  const text = "s = '🎈🎈'\nx";
  assert.equal(codePoints(text), 10);
  assert.equal(placeOf(10, text), text.length);
  assert.equal(text.slice(placeOf(6, text)), "🎈'\nx");
  assert.deepEqual(aroundCursor(text, text.length), { source: text, offset: 10, isCut: false, isBroken: false });
  assert.equal(codePoints('\ud83c'), 1);
});

test('of a long cell the part around the cursor is sent, in whole lines and within its limit', () => {
  for (const line of ['value = compute(1)\n', 'текст = "🎈"\n', '"\\\\"\n', 'xxxxxxxx']) {
    const text = line.repeat(2000);
    const cursor = line.length * 1000;
    const { source, offset, isCut, isBroken } = aroundCursor(text, cursor);
    assert.ok(isCut);
    assert.equal(isBroken, !line.endsWith('\n'));
    assert.ok(new TextEncoder().encode(JSON.stringify(source)).length <= 6_100);
    const place = placeOf(offset, source);
    assert.ok(text.slice(0, cursor).endsWith(source.slice(0, place)));
    assert.ok(text.slice(cursor).startsWith(source.slice(place)));
    assert.ok(source.slice(0, place).length > 1000);
  }
});

test('the name of the other cells changes with them, and not with the one that is typed in', () => {
  const names = new OtherCells();
  const cells = ['a', 'b', 'c'].map(id => cell(id, `${id} = 1`));
  const first = names.name(cells, 'b');
  cells[1].set('b = 2');
  assert.equal(names.name(cells, 'b'), first);
  cells[0].set('a = 2');
  const second = names.name(cells, 'b');
  assert.notEqual(second, first);
  assert.notEqual(names.name([cells[1], cells[0], cells[2]], 'b'), second);
  assert.notEqual(names.name(cells, 'c'), second);
  cells[0].set('a = 1');
  assert.equal(names.name(cells, 'b'), first);
});

test('cells that did not change are not read again', () => {
  const names = new OtherCells();
  const cells = Array.from({ length: 1000 }, (_, index) => cell(`${index}`, 'x = 1'));
  names.name(cells, '5');
  const reads = cells.reduce((sum, one) => sum + one.reads, 0);
  names.name(cells, '5');
  cells[7].set('y');
  names.name(cells, '5');
  assert.equal(cells.reduce((sum, one) => sum + one.reads, 0), reads + 1);
});

test('of changed cells only the change is pushed, and no name twice', async () => {
  const { names, cells, bodies, pushes } = pushing();
  const push = (current: string) =>
    pushes.push({ path: 'a', language: 'python', others: names.name(cells, current) }, () => names.sent(cells));
  await push('b');
  await push('b');
  assert.equal(bodies.length, 1);
  assert.deepEqual(bodies[0].cells, names.sent(cells));
  cells[1].set('b = 2');
  await push('c');
  assert.deepEqual(bodies[1].cells, [[0, 1], { id: 'b', cell_type: 'code', source: 'b = 2', metadata: {} }, [2, 3]]);
  assert.equal(bodies[1].sent.base, bodies[0].sent.version);
  cells[0].set('a = 2');
  // The one before is still on its way.
  await Promise.all([push('c'), (cells[2].set('c = 2'), push('a'))]);
  assert.deepEqual(bodies.slice(2).map(({ sent }) => sent.base), [bodies[1].sent.version, bodies[2].sent.version]);
});

test('a server that has forgotten gets all cells again', async () => {
  const { names, cells, bodies, pushes, statuses } = pushing();
  const push = (others: string) => pushes.push({ path: 'a', language: 'python', others }, () => names.sent(cells));
  await push('1');
  statuses.push(409);
  await push('2');
  assert.deepEqual(bodies.map(({ sent }) => sent.base), [null, 1, null]);
  pushes.forget({ path: 'a', language: 'python', others: '2' });
  await push('2');
  assert.equal(bodies[3].sent.base, null);
});

test('what failed is pushed with the next key, what is too large not until a cell changes', async () => {
  const { names, cells, bodies, pushes, statuses } = pushing();
  const push = (others: string) => pushes.push({ path: 'a', language: 'python', others }, () => names.sent(cells));
  statuses.push(500);
  await assert.rejects(push('1'));
  await push('1');
  assert.equal(bodies.length, 2);
  for (const large of ['x'.repeat(PUSH_LIMIT + 1), '\u4e00'.repeat(PUSH_LIMIT / 2)]) {
    cells[0].set(large);
    await assert.rejects(push(large), TooLarge);
    await assert.rejects(push(large), TooLarge);
  }
  assert.equal(bodies.length, 2);
  cells[0].set('small');
  await push('3');
  assert.equal(bodies[2].sent.base, null);
});

test('a word is a name with the blanks before it, or signs that belong together', () => {
  assert.equal(nextWord('first(one) + two'), 'first');
  assert.equal(nextWord('(one)'), '(');
  assert.equal(nextWord(' + two'), ' +');
  assert.equal(nextWord('\n    return x'), '\n    return');
  assert.equal(nextWord('été = 1'), 'été');
  // Marks belong to the letter before them.
  assert.equal(nextWord(' cafe\u0301 + 1'), ' cafe\u0301');
  assert.equal(nextWord('हिन्दी = 1'), 'हिन्दी');
  assert.equal(nextLine('a = 1\nb = 2'), 'a = 1');
  assert.equal(nextLine('\n    b = 2\nc'), '\n    b = 2');
});

test('what the server says is read without trust', () => {
  assert.deepEqual(readSuggestion(null), { text: '', dropped: '', state: 'trouble', isPaused: false, isFinal: false });
  assert.equal(readSuggestion({ type: 'done', text: 3, state: 'ready' }).text, '');
  assert.equal(readSuggestion({ type: 'error', message: 'no', state: 'x' }).dropped, 'no');
  assert.equal(readState({ state: 'evil', download_bytes: 'many' }).downloadBytes, 0);
  assert.deepEqual(readState({ words: ['Off.', 7] }).words, ['Off.']);
  assert.deepEqual(readState({ models: [{ name: 'a', size_bytes: 5 }, 7, {}] }).models, [{ name: 'a', sizeBytes: 5 }]);
});

/** Pushes of three cells, with what they send; `statuses` are answered first, then 200. */
function pushing() {
  const names = new OtherCells();
  const cells = ['a', 'b', 'c'].map(id => cell(id, `${id} = 1`));
  const bodies: { cells: unknown[]; sent: { version: number; base: number | null } }[] = [];
  const statuses: number[] = [];
  const pushes = new PushedCells(async body => {
    bodies.push(JSON.parse(body));
    return statuses.shift() ?? 200;
  });
  return { names, cells, bodies, pushes, statuses };
}

/** Numbers from 0 to 1, the same in every run. */
function seeded(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 4294967296;
  };
}

interface IFakeCell extends ICellSource {
  reads: number;
  set(source: string): void;
}

function cell(id: string, source: string): IFakeCell {
  const slots: ((sender: ICellSource) => void)[] = [];
  const made: IFakeCell = {
    id,
    cell_type: 'code',
    reads: 0,
    getSource() {
      this.reads += 1;
      return source;
    },
    changed: { connect: slot => void slots.push(slot) },
    set(next: string) {
      source = next;
      slots.forEach(slot => slot(made));
    }
  };
  return made;
}

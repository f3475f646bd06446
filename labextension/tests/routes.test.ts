import * as assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from '../src/chat/client';
import { IRoutes, LOCAL, readRoutes } from '../src/protocol/routes';
import { RouteChoice } from '../src/sidebar/route-choice';

const ROUTES = {
  routes: [
    { name: 'local', place: '', model: 'devstral-small-2', keeps: [], problem: '' },
    { name: 'cluster', place: 'llm.example', model: 'devstral-2', keeps: ['outputs'], problem: '' }
  ],
  chosen: 'cluster'
};

test('routes are read from anything, and an unknown choice is none', () => {
  for (const value of [null, 5, [], { routes: 3 }, { routes: [null, {}] }]) {
    assert.deepEqual(readRoutes(value), { routes: [], chosen: LOCAL });
  }
  assert.equal(readRoutes(ROUTES).chosen, 'cluster');
  assert.equal(readRoutes({ ...ROUTES, chosen: 'gone' }).chosen, LOCAL);
});

function choiceOver(routes: (path: string) => Promise<IRoutes>, chooseRoute = async () => undefined as void) {
  const said: string[] = [];
  const choice = new RouteChoice({ routes, chooseRoute } as unknown as Client, reason => said.push(reason));
  return { choice, said };
}

test('nothing leaves before the server has said what was chosen for this notebook', async () => {
  let answer: (routes: IRoutes) => void = () => undefined;
  const { choice } = choiceOver(() => new Promise(resolve => (answer = resolve)));
  const opening = choice.open('a.ipynb');
  assert.equal(choice.chosen, LOCAL);
  answer(readRoutes(ROUTES));
  await opening;
  assert.equal(choice.chosen, 'cluster');
  assert.equal(choice.current?.place, 'llm.example');
});

test('what comes late for another notebook is not taken', async () => {
  const answers: ((routes: IRoutes) => void)[] = [];
  const { choice } = choiceOver(() => new Promise(resolve => answers.push(resolve)));
  const first = choice.open('a.ipynb');
  const second = choice.open('b.ipynb');
  answers[1](readRoutes({ ...ROUTES, chosen: LOCAL }));
  answers[0](readRoutes(ROUTES));
  await Promise.all([first, second]);
  assert.equal(choice.chosen, LOCAL);
});

test('a choice that the server refuses is not taken, and said', async () => {
  const { choice, said } = choiceOver(
    async () => readRoutes({ ...ROUTES, chosen: LOCAL }),
    async () => {
      throw new Error('The policy does not allow it.');
    }
  );
  await choice.open('a.ipynb');
  await choice.choose('cluster');
  assert.equal(choice.chosen, LOCAL);
  assert.deepEqual(said, ['The policy does not allow it.']);
});

test('what the server kept before a choice does not take it back', async () => {
  let answer: (routes: IRoutes) => void = () => undefined;
  const { choice } = choiceOver(() => new Promise(resolve => (answer = resolve)));
  const opening = choice.open('a.ipynb');
  await choice.choose(LOCAL);
  answer(readRoutes(ROUTES));
  await opening;
  assert.equal(choice.chosen, LOCAL);
});

test('the last of several choices counts, here and on the server', async () => {
  const heard: string[] = [];
  const answers: (() => void)[] = [];
  const { choice } = choiceOver(
    async () => readRoutes(ROUTES),
    async (..._: unknown[]) => {
      heard.push(String(_[1]));
      await new Promise<void>(resolve => answers.push(resolve));
    }
  );
  await choice.open('a.ipynb');
  const choosing = [choice.choose('cluster'), choice.choose(LOCAL)];
  while (answers.length < 1) {
    await Promise.resolve();
  }
  assert.deepEqual(heard, ['cluster']);
  answers[0]();
  await choosing[0];
  while (answers.length < 2) {
    await Promise.resolve();
  }
  answers[1]();
  await Promise.all(choosing);
  assert.deepEqual(heard, ['cluster', LOCAL]);
  assert.equal(choice.chosen, LOCAL);
});

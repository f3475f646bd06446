/** What is written: earlier questions, names of what is dropped, questions to begin with. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileName } from '../src/chat/composing/asking';
import { EarlierQuestions } from '../src/chat/composing/earlier-questions';
import { exampleQuestions, INotebookGist } from '../src/chat/composing/examples';
import { mention, mentionsIn } from '../src/chat/composing/mentions';

test('arrows go through earlier questions and back to the empty field', () => {
  const earlier = new EarlierQuestions();
  const asked = ['one', 'two'];
  assert.equal(earlier.step(asked, '', 1), null);
  assert.equal(earlier.step(asked, '', -1), 'two');
  assert.equal(earlier.step(asked, 'two', -1), 'one');
  assert.equal(earlier.step(asked, 'one', -1), null);
  assert.equal(earlier.step(asked, 'one', 1), 'two');
  assert.equal(earlier.step(asked, 'two', 1), '');
  assert.equal(earlier.step(asked, '', -1), 'two');
  // What was typed, or changed since, is the user's.
  assert.equal(earlier.step(asked, 'two, changed', -1), null);
  assert.equal(earlier.step([], '', -1), null);
});

test('a file is called from the folder of the notebook, or from the root', () => {
  assert.equal(fileName('a/b/data.csv', 'a/b'), 'data.csv');
  assert.equal(fileName('a/b/c/data.csv', 'a/b'), 'c/data.csv');
  assert.equal(fileName('a/bc/data.csv', 'a/b'), '/a/bc/data.csv');
  assert.equal(fileName('data.csv', ''), 'data.csv');
  const known = { variables: [], cells: [], files: ['/x/my data.csv', 'c/d.csv'], hasSelection: false };
  const text = known.files.map(mention).join('');
  assert.equal(text, '@"/x/my data.csv" @"c/d.csv" ');
  assert.deepEqual(mentionsIn(text, known).files, known.files);
});

const trans: any = { __: (text: string, one: string) => text.replace('%1', one) };

function cell(source: string, sign = '#1', kind = 'code') {
  return { source, sign, kind };
}

test('questions to begin with are made of what is there', () => {
  const gist: INotebookGist = {
    cells: [cell('def load(path):\n    return 1\n\ndef share(a):\n    return a\n', '[1]'), cell('load(1)', '[2]')],
    failed: '[2]',
    variables: [
      { name: 'share', text: 'function share(a)' },
      { name: 'prices', text: 'list of 3' },
      { name: 'sales', text: 'DataFrame 120 x 2' }
    ]
  };
  assert.deepEqual(exampleQuestions(trans, gist), ['Why does @cell[2] fail?', 'What stands out in @sales?', '/test share']);
  assert.deepEqual(exampleQuestions(trans, { ...gist, failed: '', variables: gist.variables.slice(0, 2) }), [
    '/test share',
    'What does @cell[1] do, step by step?',
    'What is in @prices, and where does it come from?'
  ]);
  const little = exampleQuestions(trans, { cells: [cell('x = 1'), cell('# Text', '#2', 'markdown')], failed: '', variables: [] });
  assert.equal(little[0], 'What is this notebook about?');
  assert.equal(little.length, 3);
  assert.equal(exampleQuestions(trans, { cells: [cell(' ')], failed: '', variables: [] }).length, 3);
});

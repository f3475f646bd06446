/** Sentences of kernel and server, found again in the user's language. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { learn, said } from '../src/view/said';

const FRENCH = {
  'ran clean in %1': "s'est exécutée sans erreur en %1",
  ', changes %1': ', modifie %1',
  ' and %1 more': ' et %1 de plus',
  'not tried: %1': 'pas essayé : %1',
  'timed out after %1 s': 'temps écoulé après %1 s',
  'it writes files': 'elle écrit des fichiers',
  'No Ollama at %1%2.': "Pas d'Ollama à %1%2.",
  'Start it with `ollama serve`; %1': 'Démarrez-le avec `ollama serve` ; %1',
  '`%devstral doctor` says more.': '`%devstral doctor` en dit plus.',
  'sent %1%2': 'envoyé : %1%2',
  'cells %1': 'cellules %1',
  'first token %1 s': 'premier token %1 s',
  'The answer was cut off before its end': 'La réponse a été coupée avant sa fin',
  'Continue goes on': 'Continuer reprend'
};

test('without another language everything stays as it was said', () => {
  learn({});
  assert.equal(said('it writes files'), 'it writes files');
});

test('what is known is said in the user’s language, with what stands in it', () => {
  learn(FRENCH);
  const expected: [string, string][] = [
    ['ran clean in 0.2 s', "s'est exécutée sans erreur en 0.2 s"],
    ['ran clean in 12 ms, changes df, total', "s'est exécutée sans erreur en 12 ms, modifie df, total"],
    ['ran clean in 1 s, changes a, b and 4 more', "s'est exécutée sans erreur en 1 s, modifie a, b et 4 de plus"],
    ['not tried: timed out after 5 s', 'pas essayé : temps écoulé après 5 s'],
    ['not tried: it writes files (out.csv)', 'pas essayé : elle écrit des fichiers (out.csv)'],
    [
      'No Ollama at http://a:1. Start it with `ollama serve`; `%devstral doctor` says more.',
      "Pas d'Ollama à http://a:1. Démarrez-le avec `ollama serve` ; `%devstral doctor` en dit plus."
    ],
    ['Start it with ollama serve; %devstral doctor says more.', 'Démarrez-le avec ollama serve ; %devstral doctor en dit plus.'],
    ['devstral · sent cells [1]–[3] · first token 0.2 s', 'devstral · envoyé : cellules [1]–[3] · premier token 0.2 s'],
    [
      'The answer was cut off before its end: Continue goes on.',
      'La réponse a été coupée avant sa fin : Continuer reprend.'
    ]
  ];
  for (const [english, french] of expected) {
    assert.equal(said(english), french);
  }
});

test('what is not known, and what only looks like it, stays as it was said', () => {
  learn(FRENCH);
  for (const text of ['', '12 %', 'it opens a connection', 'timed out', 'writing a file', "KeyError: 'pric'", 'a: b; c. d']) {
    assert.equal(said(text), text);
  }
  const long = 'word: word; word. word · word\n'.repeat(2000);
  assert.equal(said(long), long);
});

test('what is wrong with settings, routes and policies is said in French to its last part', () => {
  const file = join(process.cwd(), '..', 'jupyter_devstral', 'locale', 'fr_FR', 'said.json');
  learn(JSON.parse(readFileSync(file, 'utf-8')));
  const expected: [string, string][] = [
    [
      'DevstralConfig.num_ctx is a number of tokens, 256 or more, or None, not 3.',
      'DevstralConfig.num_ctx est un nombre de tokens, 256 ou plus, ou None, et non 3.'
    ],
    [
      "DevstralConfig.routes: The route 'x': dialect is one of 'openai', 'ollama', not 'y'.",
      "DevstralConfig.routes : L'itinéraire 'x' : dialect est une de ces valeurs : 'openai', 'ollama', et non 'y'."
    ],
    [
      'The policy /etc/jupyter/p.json cannot be used: models is a list of texts.',
      'La politique /etc/jupyter/p.json ne peut être utilisée : models est une liste de textes.'
    ],
    [
      "The policy /etc/jupyter/p.json cannot be used: send.x has 'y'; it may have source, files.",
      "La politique /etc/jupyter/p.json ne peut être utilisée : send.x a 'y' ; peuvent y être : source, files."
    ],
    ["There is no route 'z'. There are: local.", "Il n'y a pas d'itinéraire 'z'. Il y a : local."],
    ['devstral* (locked by /etc/jupyter/p.json)', 'devstral* (fixé par /etc/jupyter/p.json)'],
    [
      'DevstralConfig.model: a.example/x names a server: that is for a configuration file.',
      "DevstralConfig.model : a.example/x nomme un serveur : c'est l'affaire d'un fichier de configuration."
    ]
  ];
  for (const [english, french] of expected) {
    assert.equal(said(english), french);
  }
});

/** Questions that a newcomer could ask about this very notebook. Made of what stands in it, without any model. Pure. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { mention } from './mentions';

export interface INotebookGist {
  readonly cells: readonly { readonly sign: string; readonly source: string; readonly kind: string }[];
  /** What stands beside the last cell that failed, "" for none. */
  readonly failed: string;
  readonly variables: readonly { readonly name: string; readonly text: string }[];
}

const MOST = 3;
const FUNCTION = /^(?:async[ \t]+)?def[ \t]+([A-Za-z]\w*)/gm;
const TABLE = /^(?:[a-z]+ )?(?:DataFrame|Series|Table|LazyFrame)\b/;
const NO_DATA = /^(?:[a-z]+ )?(?:function|class|method|module)\b/;
/** A cell that is worth an explanation, in lines. */
const LONG = 4;

/** Three questions, what matters most first. */
export function exampleQuestions(trans: TranslationBundle, { cells, failed, variables }: INotebookGist): string[] {
  const code = cells.filter(cell => cell.kind === 'code' && cell.source.trim() !== '');
  if (code.length === 0) {
    return [
      trans.__('How do I read a CSV file and look at it?'),
      trans.__('Make a small table with random data to try things.'),
      trans.__('Draw a first plot with labels.')
    ];
  }
  const at = (name: string) => mention(name).trim();
  const tables = variables.filter(one => TABLE.test(one.text));
  const others = variables.filter(one => !TABLE.test(one.text) && !NO_DATA.test(one.text));
  const functions = code.flatMap(cell => [...cell.source.matchAll(FUNCTION)].map(found => found[1]));
  const longest = code.reduce((one, other) => (lines(other.source) > lines(one.source) ? other : one));
  const asked = [
    failed && trans.__('Why does %1 fail?', at(`cell${failed}`)),
    ...tables.slice(0, 1).map(one => trans.__('What stands out in %1?', at(one.name))),
    ...functions.slice(-1).map(name => `/test ${name}`),
    lines(longest.source) >= LONG && trans.__('What does %1 do, step by step?', at(`cell${longest.sign}`)),
    ...tables.slice(0, 1).map(one => trans.__('Draw a plot of %1 that says something.', at(one.name))),
    ...others.slice(-1).map(one => trans.__('What is in %1, and where does it come from?', at(one.name))),
    trans.__('What is this notebook about?'),
    trans.__('What would be a good next step here?'),
    trans.__('What could be simpler in this notebook?')
  ];
  return asked.filter((one): one is string => Boolean(one)).slice(0, MOST);
}

function lines(source: string): number {
  return source.split('\n').length;
}

/**
 * What "@" and "/" complete to in a message, and what the mentions of a finished message attach. Pure.
 *
 * A mention is a name behind "@", in quotes where that is clearer: `@sales`, `@"my data.csv"`, `@cell[3]`.
 */

import { SLASH_NAMES } from './slash-commands';

export interface ISuggestion {
  /** What stands in the message once it is chosen. */
  readonly insert: string;
  readonly label: string;
  readonly detail: string;
}

/** The fragment before the cursor that is being completed, null where nothing is. */
export interface IFragment {
  readonly sign: '@' | '/';
  readonly start: number;
  readonly word: string;
}

/** Everything that can be mentioned. */
export interface IMentionable {
  readonly variables: readonly { readonly name: string; readonly text: string }[];
  /** `sign` is what the user sees of a cell: "[3]", "#5". */
  readonly cells: readonly { readonly id: string; readonly sign: string; readonly firstLine: string }[];
  readonly files: readonly string[];
  readonly hasSelection: boolean;
}

export interface IMentions {
  readonly variables: readonly string[];
  readonly files: readonly string[];
  /** Ids of cells. */
  readonly cells: readonly string[];
  readonly selection: boolean;
}

const MOST = 12;
const COMMAND = /^(\s*)\/([^\s@/]*)$/;
/** Before "@": the beginning, a space, or what opens something. */
const BEFORE = /[\s([{,;:]/;
const PLAIN = /^[\p{L}\p{M}\p{N}_.[\]#-]+$/u;
/** Behind a name that is not in quotes; a full stop ends a sentence. */
const BEHIND = /^(?:$|[\s),;:!?\]}]|\.(?:\s|$))/;

export function fragmentAt(text: string, cursor: number): IFragment | null {
  const before = text.slice(0, cursor);
  const command = COMMAND.exec(before);
  if (command) {
    // A command stands at the beginning; elsewhere "/" is a path or a fraction.
    return { sign: '/', start: command[1].length, word: command[2] };
  }
  const start = before.lastIndexOf('@');
  const word = before.slice(start + 1);
  if (start < 0 || (start > 0 && !BEFORE.test(before[start - 1])) || word.includes('\n')) {
    return null;
  }
  return { sign: '@', start, word };
}

export function suggestions(fragment: IFragment, known: IMentionable, about: (name: string) => string): ISuggestion[] {
  if (fragment.sign === '/') {
    return SLASH_NAMES.filter(name => name.startsWith(fragment.word.toLowerCase())).map(name => ({
      insert: `/${name} `,
      label: `/${name}`,
      detail: about(name)
    }));
  }
  const word = plain(fragment.word.replace(/^"/, ''));
  const all: ISuggestion[] = [
    ...(known.hasSelection ? [suggestion('selection', about('selection'))] : []),
    ...known.variables.map(({ name, text }) => suggestion(name, firstLine(text))),
    ...known.cells.map(({ sign, firstLine }) => suggestion(`cell${sign}`, firstLine)),
    ...known.files.map(name => suggestion(name, about('file')))
  ];
  const begins = all.filter(one => plain(one.label.slice(1)).startsWith(word));
  // Behind a space only what goes on with the very same words is meant.
  const holds = /\s/.test(word) ? [] : all.filter(one => !begins.includes(one) && plain(one.label).includes(word));
  return [...begins, ...holds].slice(0, MOST);
}

/** The message with the fragment completed, and where the cursor stands then. */
export function completed(text: string, fragment: IFragment, chosen: ISuggestion) {
  const end = fragment.start + 1 + fragment.word.length;
  const after = text.slice(end);
  const insert = after.startsWith(' ') ? chosen.insert.trimEnd() : chosen.insert;
  const message = text.slice(0, fragment.start) + insert + after;
  return { text: message, cursor: fragment.start + insert.length };
}

export function mentionsIn(text: string, known: IMentionable): IMentions {
  const found = new Map<string, string>();
  const names = namesOf(known);
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const kind = at === 0 || BEFORE.test(text[at - 1]) ? nameAt(text.slice(at + 1), names) : null;
    if (kind) {
      found.set(`${kind.kind}:${kind.key}`, kind.kind);
    }
  }
  const of = (kind: string) =>
    [...found].filter(([, one]) => one === kind).map(([key]) => key.slice(kind.length + 1));
  return { variables: of('variable'), files: of('file'), cells: of('cell'), selection: of('selection').length > 0 };
}

interface IName {
  readonly kind: 'selection' | 'variable' | 'cell' | 'file';
  readonly key: string;
}

function namesOf(known: IMentionable): Map<string, IName> {
  const names = new Map<string, IName>();
  known.files.forEach(name => names.set(normal(name), { kind: 'file', key: name }));
  known.cells.forEach(({ id, sign }) => names.set(`cell${sign}`, { kind: 'cell', key: id }));
  known.variables.forEach(({ name }) => names.set(normal(name), { kind: 'variable', key: name }));
  if (known.hasSelection) {
    names.set('selection', { kind: 'selection', key: 'selection' });
  }
  return names;
}

/** What is named behind a "@": in quotes, or the longest name that the text goes on with. */
function nameAt(text: string, names: ReadonlyMap<string, IName>): IName | null {
  const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(text);
  if (quoted) {
    const key = quoted[1].replace(/\\(.)/g, '$1');
    // A path in quotes is a file, wherever it lies.
    return names.get(normal(key)) ?? (key.includes('/') ? { kind: 'file', key } : null);
  }
  const rest = normal(text);
  let longest = '';
  for (const name of names.keys()) {
    if (name.length > longest.length && rest.startsWith(name) && BEHIND.test(rest.slice(name.length))) {
      longest = name;
    }
  }
  return names.get(longest) ?? null;
}

/** A name as it is mentioned, with the space behind it. */
export function mention(name: string): string {
  return `@${PLAIN.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`} `;
}

function suggestion(word: string, detail: string): ISuggestion {
  return { insert: mention(word), label: `@${word}`, detail };
}

/** One form of letters that can be written in several. */
function normal(text: string): string {
  return text.normalize('NFC');
}

function plain(text: string): string {
  return normal(text).toLowerCase();
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0].slice(0, 80);
}

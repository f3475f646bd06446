/** What kernel and server say in English, in the user's language where the sentence is known; else as it was said. */

interface IKnown {
  readonly pattern: RegExp;
  readonly words: string;
}

let known: readonly IKnown[] = [];
const found = new Map<string, string>();
/** Of what was found, in sentences. */
const MOST = 500;
/** What stands between sentences, and between parts of one. */
const BETWEEN = ['\n', ' · ', ' | '];
const INSIDE = ['. ', '; ', ': '];

/** Learn the sentences, in English and in the user's language, with %1, %2 … for what is filled in. */
export function learn(sentences: Readonly<Record<string, string>>): void {
  found.clear();
  known = Object.entries(sentences)
    .sort(([one], [other]) => literal(other) - literal(one))
    .map(([english, words]) => ({ pattern: patternOf(english), words }));
}

export function said(text: string): string {
  if (known.length === 0 || !/[a-z]/i.test(text)) {
    return text;
  }
  let words = found.get(text);
  if (words === undefined) {
    const between = BETWEEN.find(one => text.includes(one));
    words = between ? text.split(between).map(said).join(between) : (whole(text) ?? parts(text));
    if (found.size > MOST) {
      found.clear();
    }
    found.set(text, words);
  }
  return words;
}

/** The sentence, null where it is not known. */
function whole(text: string): string | null {
  for (const { pattern, words } of known) {
    const match = pattern.exec(text);
    // The first part is what stands before an ending such as " and %1 more".
    if (match) {
      const [, before, ...filled] = match;
      const own = words.replace(/%(\d)/g, (_, at) => said(filled[Number(at) - 1]));
      return said(before) + (text.includes('`') ? own : own.replace(/`/g, ''));
    }
  }
  return null;
}

/** Each part for itself, where a sentence was put together. */
function parts(text: string): string {
  const tail = /^(.+?)(\.| \(.*\))$/s.exec(text);
  const head = tail && whole(tail[1]);
  if (head !== null) {
    return head + tail![2];
  }
  for (const joint of INSIDE) {
    for (let at = text.indexOf(joint); at >= 0; at = text.indexOf(joint, at + 1)) {
      const stop = joint === '. ' ? 1 : 0;
      const words = whole(text.slice(0, at + stop));
      if (words !== null) {
        return words + (stop ? ' ' : ` ${joint}`) + said(text.slice(at + joint.length));
      }
    }
  }
  return text;
}

function literal(english: string): number {
  return english.replace(/%\d/g, '').length;
}

/** Backticks may have been taken off, and signs of Markdown escaped, on the way. */
function patternOf(english: string): RegExp {
  // What is filled in ends with its sentence, except where it ends the whole: there somebody else is quoted.
  const some = '((?:(?![.!?] [A-Z`%])[\\s\\S])*?)';
  const escaped = english
    .replace(/[.*+?^${}()|[\]\\<>_#-]/g, sign => `\\\\?\\${sign}`)
    .replace(/`/g, '`?')
    .replace(/%\d$/, '([\\s\\S]*?)')
    .replace(/%\d/g, some);
  return new RegExp(`^${/^[ ,;]/.test(english) ? some : '()'}${escaped}$`);
}

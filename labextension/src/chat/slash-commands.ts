/** What is typed behind "/" at the start of a message. Pure: a text in, what it asks for out. */

import type { Task } from '../protocol/question';

export type SlashName = 'fix' | 'explain' | 'test' | 'refactor' | 'doc' | 'clear' | 'help';

/** The task behind each word; null for those that ask the model nothing. */
export const SLASH_COMMANDS: Readonly<Record<SlashName, Task | null>> = {
  fix: 'fix',
  explain: 'explain',
  test: 'test',
  refactor: 'refactor',
  doc: 'doc',
  clear: null,
  help: null
};

export interface ITyped {
  /** The command, null for a plain message. */
  readonly command: SlashName | null;
  readonly text: string;
  /** A word behind "/" that is no command; the message is not sent then. */
  readonly unknown: string;
}

export function readTyped(message: string): ITyped {
  const found = /^\s*\/(\w+)(?:\s+|$)/.exec(message);
  if (!found) {
    return { command: null, text: message.trim(), unknown: '' };
  }
  const word = found[1].toLowerCase();
  const text = message.slice(found[0].length).trim();
  if (!Object.prototype.hasOwnProperty.call(SLASH_COMMANDS, word)) {
    return { command: null, text: message.trim(), unknown: word };
  }
  return { command: word as SlashName, text, unknown: '' };
}

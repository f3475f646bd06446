/** What is typed behind "/" at the start of a message. Pure: a text in, what it asks for out. */

import { SLASH_TASKS, SlashTask } from '../../protocol/tasks';

/** What asks the model nothing. */
export const OWN_WORDS = ['clear', 'help'] as const;
export type OwnWord = (typeof OWN_WORDS)[number];
export type SlashName = SlashTask | OwnWord;

/** What can be typed behind "/". */
export const SLASH_NAMES: readonly SlashName[] = [...SLASH_TASKS, ...OWN_WORDS];

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
  const command = SLASH_NAMES.find(name => name === word);
  if (!command) {
    return { command: null, text: message.trim(), unknown: word };
  }
  return { command, text, unknown: '' };
}

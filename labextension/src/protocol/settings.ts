/** The settings in force at the server, and who has fixed them. */

import { record, text } from './json-values';

export interface ISettingFact {
  /** What it is for, as a sentence. */
  readonly about: string;
  /** As it is to be read. */
  readonly value: string;
  /** The file that decides it, "" where the page may. */
  readonly lockedBy: string;
  /** What a policy says of it, "" for nothing. */
  readonly note: string;
}

export interface ISettingFacts {
  readonly facts: ReadonlyMap<string, ISettingFact>;
  /** Why some of the wishes cannot be. */
  readonly problems: readonly string[];
}

export function readSettings(data: unknown): ISettingFacts {
  const { settings, problems } = record(data);
  const facts = Object.entries(record(settings)).map(([name, one]) => {
    const { about, value, locked_by, note } = record(one);
    return [name, { about: text(about), value: shown(value), lockedBy: text(locked_by), note: text(note) }] as const;
  });
  return { facts: new Map(facts), problems: Array.isArray(problems) ? problems.map(text).filter(one => one !== '') : [] };
}

function shown(value: unknown): string {
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : typeof value === 'number' ? String(value) : text(value);
}

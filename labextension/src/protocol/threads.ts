/** The conversations about a notebook, as the server lists them. */

import { count, list, record, text } from './json-values';

/** One of several conversations about a notebook; see `server/kept/conversations.py`. */
export interface IThread {
  /** "" of the first one. */
  readonly id: string;
  /** "" where the user gave none. */
  readonly title: string;
  /** Its first question. */
  readonly first: string;
  /** When it was last asked in, in milliseconds. */
  readonly at: number;
  /** Of its messages. */
  readonly count: number;
}

export interface IStoredThread {
  readonly thread: string;
  readonly messages: readonly Record<string, unknown>[];
  readonly threads: readonly IThread[];
}

export function readStoredThread(data: unknown): IStoredThread {
  const read = record(data);
  return {
    thread: text(read.thread),
    messages: list(read.messages).map(record),
    threads: list(read.threads).map(readThread)
  };
}

function readThread(data: unknown): IThread {
  const thread = record(data);
  return {
    id: text(thread.id),
    title: text(thread.title),
    first: text(thread.first),
    at: count(thread.at),
    count: count(thread.count)
  };
}

/** Whether a cell showed for real what it showed in the rehearsal. */

import { joined, record, text } from '../protocol/json-values';
import type { Output } from './records';

// Addresses, times of progress bars, ids that libraries draw; as the command line has them.
const VARIES = /\b0x[0-9a-f]{6,}\b|\[[\d:]+<[^\]\n]*\]|[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}|\bT_[0-9a-f]{5}/g;

export interface IDifference {
  readonly rehearsed: string;
  readonly real: string;
}

/** Null where both are the same; else what the one shows, in the place where they differ first. */
export function difference(rehearsed: readonly Output[], real: readonly Output[]): IDifference | null {
  const [one, other] = [shown(rehearsed), shown(real)];
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    if (one[at]?.key !== other[at]?.key) {
      return { rehearsed: one[at]?.words ?? '', real: other[at]?.words ?? '' };
    }
  }
  return null;
}

interface IShown {
  readonly key: string;
  readonly words: string;
}

/** What each stream says, however the two were flushed, and each display by what it shows. */
function shown(outputs: readonly Output[]): IShown[] {
  const streams = ['stdout', 'stderr'].map(name =>
    outputs.map(output => (output.output_type === 'stream' && output.name === name ? joined(output.text) : '')).join('')
  );
  const all = streams.map(words => said(words.replace(/[^\n]*\r(?!\n)/g, '')));
  for (const output of outputs) {
    if (output.output_type === 'error') {
      all.push(said(`${text(output.ename)}: ${text(output.evalue)}`));
    } else if (output.output_type !== 'stream') {
      const data = record(output.data);
      const mimes = Object.keys(data).sort();
      const key = mimes.map(mime => `${mime}\0${joined(data[mime]) || JSON.stringify(data[mime])}`);
      all.push(said(joined(data['text/plain']) || mimes.join(', '), key.join('\0')));
    }
  }
  return all;
}

function said(words: string, key = words): IShown {
  return { key: key.replace(VARIES, ''), words };
}

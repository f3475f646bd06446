/** Whether a cell showed for real what it showed in the rehearsal. */

import { joined, record, text } from '../protocol/json-values';
import type { Output } from './records';

const ADDRESS = /\b0x[0-9a-f]{6,}\b/g;
const COMPARED = ['text/plain', 'text/html', 'image/png', 'image/jpeg'];

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

/** Each output by what it says; streams of one name that follow one another are one. */
function shown(outputs: readonly Output[]): IShown[] {
  const all: IShown[] = [];
  let stream = '';
  for (const output of outputs) {
    if (output.output_type === 'stream') {
      const words = joined(output.text);
      if (all.length > 0 && stream === output.name) {
        all.push(said(`stream:${stream}`, all.pop()!.words + words));
      } else {
        stream = text(output.name);
        all.push(said(`stream:${stream}`, words));
      }
      continue;
    }
    stream = '';
    if (output.output_type === 'error') {
      all.push(said('error', `${text(output.ename)}: ${text(output.evalue)}`));
      continue;
    }
    const data = record(output.data);
    const key = COMPARED.map(mime => joined(data[mime])).join('\0');
    all.push({ key: `data:${key.replace(ADDRESS, '0x')}`, words: joined(data['text/plain']) || Object.keys(data).join(', ') });
  }
  return all;
}

function said(kind: string, words: string): IShown {
  return { key: `${kind}:${words.replace(ADDRESS, '0x')}`, words };
}

/** The records of an answer as it arrives. */

import { IBundle, readBundle } from './bundle';
import { record, text } from './json-values';
import { ISent, readSent } from './sent';
import { readState, ServerState } from './status';

/** A finished answer, and its bundle as it came, to be kept. */
export interface IAnswer {
  readonly bundle: IBundle;
  readonly raw: Record<string, unknown>;
}

export type StreamRecord =
  | { readonly type: 'sent'; readonly sent: ISent }
  | { readonly type: 'phase' | 'text' | 'note'; readonly text: string }
  /** All that had arrived was the model's thinking: the answer begins anew. */
  | { readonly type: 'retraction' }
  | { readonly type: 'done'; readonly answer: IAnswer }
  | { readonly type: 'error'; readonly message: string; readonly state: ServerState };

/** A finished answer, null when it is not one that this version understands. */
export function readAnswer(data: unknown): IAnswer | null {
  const bundle = readBundle(data);
  return bundle && { bundle, raw: record(data) };
}

export function readStreamRecord(data: unknown): StreamRecord | null {
  const line = record(data);
  switch (line.type) {
    case 'sent':
      return { type: 'sent', sent: readSent(line) };
    case 'phase':
    case 'text':
    case 'note':
      return { type: line.type, text: text(line.text) };
    case 'retraction':
      return { type: 'retraction' };
    case 'done': {
      const answer = readAnswer(line.bundle);
      return answer && { type: 'done', answer };
    }
    case 'error':
      return { type: 'error', message: text(line.message), state: readState(line.state) };
    default:
      return null;
  }
}

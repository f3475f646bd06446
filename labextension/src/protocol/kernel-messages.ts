/** What travels over the comms with the kernel's half. */

import { PROTOCOL } from '../tokens';
import { IEdit, readEdits } from './edit';
import { record, text, texts } from './json-values';

/** The kernel asks for edits. `anchor` is the cell that runs. */
export interface IApply {
  readonly id: string;
  readonly edits: readonly IEdit[];
  readonly run: readonly string[];
  readonly anchor: string;
}

/** The kernel hands a whole task over; "" for the model and the route that are chosen here. */
export interface IHandedOver {
  readonly task: string;
  readonly model: string;
  readonly route: string;
}

export type CardAction = 'explain' | 'more' | 'stop' | 'dismiss';

export const HELLO = { op: 'hello', protocol: PROTOCOL } as const;

export function actionMessage(action: CardAction, id: string) {
  return { op: 'action', action, id } as const;
}

export function appliedMessage(id: string, reason: string) {
  return { op: 'applied', id, ok: reason === '', reason } as const;
}

/** A task that is handed over, or null where none is. */
export function readHandedOver(data: unknown): IHandedOver | null {
  const message = record(data);
  const task = text(message.task);
  return message.op === 'do' && task.trim() ? { task, model: text(message.model), route: text(message.route) } : null;
}

/** A message of the kernel, or null when it asks for nothing that is known here. */
export function readApply(data: unknown): IApply | null {
  const message = record(data);
  const edits = readEdits(message.edits);
  if (message.op !== 'apply' || edits === null) {
    return null;
  }
  return {
    id: text(message.id),
    edits,
    run: texts(message.run),
    anchor: text(message.anchor)
  };
}

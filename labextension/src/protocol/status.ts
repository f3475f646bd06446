/** The state of model server and model, and the progress of a download, as the server tells them. */

import { count, list, oneOf, record, text, texts } from './json-values';

export const SERVER_STATES = ['ready', 'no-server', 'no-model', 'refused', 'trouble'] as const;
export type ServerState = (typeof SERVER_STATES)[number];

export interface IModelInfo {
  readonly name: string;
  readonly sizeBytes: number;
  /** Tokens; 0 where the server does not say. */
  readonly window: number;
  readonly isLoaded: boolean;
  readonly isRemote: boolean;
}

export interface IStatus {
  readonly state: ServerState;
  readonly host: string;
  readonly isLocal: boolean;
  readonly model: string;
  readonly text: string;
  readonly nextStep: string;
  readonly canPull: boolean;
  /** A chat of this user's streams, here or in a kernel. */
  readonly isBusy: boolean;
  readonly window: number;
  readonly hasVision: boolean;
  readonly models: readonly IModelInfo[];
}

export type PullRecord =
  | { readonly type: 'progress'; readonly status: string; readonly completed: number; readonly total: number }
  | { readonly type: 'done' }
  | { readonly type: 'error'; readonly message: string };

export function readStatus(data: unknown): IStatus {
  const status = record(data);
  return {
    state: readState(status.state),
    host: text(status.host),
    isLocal: status.is_local === true,
    model: text(status.model),
    text: text(status.text),
    nextStep: text(status.next_step),
    canPull: status.can_pull === true,
    isBusy: status.is_busy === true,
    window: count(status.window),
    hasVision: texts(status.capabilities).includes('vision'),
    models: list(status.models).map(readModel)
  };
}

export function readState(value: unknown): ServerState {
  return oneOf(SERVER_STATES, value, 'trouble');
}

export function readPullRecord(data: unknown): PullRecord | null {
  const line = record(data);
  switch (line.type) {
    case 'progress':
      return {
        type: 'progress',
        status: text(line.status),
        completed: count(line.completed),
        total: count(line.total)
      };
    case 'done':
      return { type: 'done' };
    case 'error':
      return { type: 'error', message: text(line.message) };
    default:
      return null;
  }
}

function readModel(data: unknown): IModelInfo {
  const model = record(data);
  return {
    name: text(model.name),
    sizeBytes: count(model.size_bytes),
    window: count(model.window),
    isLoaded: model.is_loaded === true,
    isRemote: model.is_remote === true
  };
}

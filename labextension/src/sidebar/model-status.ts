/** The state of the chat's model in a few words, as the status bar shows it. Pure. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { IStatus } from '../protocol/status';

export interface IModelState {
  /** Null where the server's half said nothing. */
  readonly status: IStatus | null;
  /** An answer arrives in this page. */
  readonly isAnswering: boolean;
  readonly isPulling: boolean;
}

export function modelWords({ status, isAnswering, isPulling }: IModelState, trans: TranslationBundle): string {
  const name = shortName(status?.model ?? '');
  if (isPulling) {
    return trans.__('%1: being pulled', name || 'Devstral');
  }
  if (isAnswering || status?.isBusy) {
    return trans.__('%1: answering', name || 'Devstral');
  }
  if (!status) {
    return trans.__('Devstral: unreachable');
  }
  switch (status.state) {
    case 'ready':
      return readyWords(status, name, trans);
    case 'no-server':
      return trans.__('%1: no model server', name);
    case 'no-model':
      return trans.__('%1: not there yet', name);
    case 'refused':
      return trans.__('%1: not allowed', name);
    default:
      return trans.__('%1: unreachable', name);
  }
}

/** What a server does not say about its memory is not guessed. */
function readyWords(status: IStatus, name: string, trans: TranslationBundle): string {
  const info = status.models.find(one => shortName(one.name) === name);
  if (!status.isLocal || !info) {
    return trans.__('%1: ready', name);
  }
  return info.isLoaded ? trans.__('%1: loaded', name) : trans.__('%1: not loaded', name);
}

function shortName(model: string): string {
  return model.replace(/:latest$/, '');
}

/** The server's half of suggestions, as calls. Names no host and reads no cell. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { jsonLines } from '../protocol/json-lines';
import { CHAT_PROTOCOL } from '../protocol/question';
import { ICompletionState, IKey, ISuggestion, readState, readSuggestion, TOO_LARGE } from './completion-protocol';
import type { SentCell } from './typing/other-cells';
import { PushedCells, TooLarge } from './typing/pushed-cells';

export class CompletionClient {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  /** A suggestion; `cells` are pushed where the server does not have them. Aborting closes the connection. */
  async complete(key: IKey, cells: () => readonly SentCell[], signal: AbortSignal): Promise<ISuggestion> {
    const ask = async () => {
      await (key.others && this._cells.push(key, cells));
      signal.throwIfAborted();
      return this._request('POST', 'complete', JSON.stringify({ protocol: CHAT_PROTOCOL, ...key }), signal);
    };
    let response: Response;
    try {
      response = await ask();
      if (response.status === 409) {
        this._cells.forget(key);
        response = await ask();
      }
    } catch (error) {
      if (error instanceof TooLarge) {
        return TOO_LARGE;
      }
      throw error;
    }
    if (!response.ok || !response.body) {
      throw new Error(response.statusText);
    }
    let last = readSuggestion(null);
    for await (const line of jsonLines(response.body)) {
      last = readSuggestion(line);
    }
    return last;
  }

  /** What keeps suggestions from coming, looked up anew; `model` "" is the configured one. */
  async state(model: string): Promise<ICompletionState> {
    const query = model ? `?model=${encodeURIComponent(model)}` : '';
    const response = await this._request('GET', `complete${query}`);
    return readState(response.ok ? await response.json() : null);
  }

  /** The request of the last suggestion word for word, with what came; null where there was none. */
  async last(): Promise<Record<string, unknown> | null> {
    const response = await this._request('GET', 'complete/last');
    const body = response.ok ? ((await response.json()) as Record<string, unknown>) : {};
    return body.request ? body : null;
  }

  private _request(method: string, address: string, body?: string, signal?: AbortSignal): Promise<Response> {
    const url = URLExt.join(this._settings.baseUrl, 'jupyter-devstral', address);
    return ServerConnection.makeRequest(url, { method, signal, ...(body ? { body } : {}) }, this._settings);
  }

  private readonly _cells = new PushedCells(
    async body => (await this._request('POST', 'complete/cells', body)).status
  );
}

/** The server's half of suggestions, as calls. Names no host and reads no cell. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { jsonLines } from '../protocol/json-lines';
import { CHAT_PROTOCOL } from '../protocol/question';
import { ICompletionState, IKey, ISuggestion, readState, readSuggestion } from './completion-protocol';

export class CompletionClient {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  /** A suggestion; `cells` are sent only where the server asks for them. Aborting closes the connection. */
  async complete(key: IKey, cells: () => object[], signal: AbortSignal): Promise<ISuggestion> {
    const body = { protocol: CHAT_PROTOCOL, ...key };
    let response = await this._request('POST', 'complete', body, signal);
    if (response.status === 409) {
      response = await this._request('POST', 'complete', { ...body, cells: cells() }, signal);
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

  private _request(method: string, address: string, body?: object, signal?: AbortSignal): Promise<Response> {
    const url = URLExt.join(this._settings.baseUrl, 'jupyter-devstral', address);
    const init = { method, signal, ...(body ? { body: JSON.stringify(body) } : {}) };
    return ServerConnection.makeRequest(url, init, this._settings);
  }
}

/**
 * The server's half, as calls. The only module that speaks HTTP; it names no host and reads no cell.
 */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { list, record, text } from '../protocol/json-values';
import { CHAT_PROTOCOL, IPosted } from '../protocol/question';
import { ISent, IVariable, readSent, readVariables } from '../protocol/sent';
import { IStatus, PullRecord, readPullRecord, readStatus } from '../protocol/status';
import { readStreamRecord, StreamRecord } from '../protocol/stream';
import { jsonLines } from '../protocol/json-lines';

/** The server refused, or is not there; the message is for the user. */
export class ClientError extends Error {}

export class Client {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  async status(model = ''): Promise<IStatus> {
    return readStatus(await this._json('GET', 'status', model ? { model } : {}));
  }

  /** What would be sent. */
  async prompt(question: IPosted, signal: AbortSignal): Promise<ISent> {
    return readSent(await this._json('POST', 'prompt', {}, asBody(question), signal));
  }

  /** An answer as it comes; leaving the iteration, or aborting, closes the connection. */
  async *chat(question: IPosted, signal: AbortSignal): AsyncGenerator<StreamRecord> {
    for await (const line of this._lines('chat', asBody(question), signal)) {
      const read = readStreamRecord(line);
      if (read) {
        yield read;
      }
    }
  }

  async *pull(model: string, signal: AbortSignal): AsyncGenerator<PullRecord> {
    for await (const line of this._lines('pull', { model }, signal)) {
      const read = readPullRecord(line);
      if (read) {
        yield read;
      }
    }
  }

  async variables(kernelId: string): Promise<IVariable[]> {
    return readVariables(await this._json('GET', 'variables', { kernel_id: kernelId }));
  }

  async conversation(path: string): Promise<Record<string, unknown>[]> {
    return list(record(await this._json('GET', 'conversation', { path })).messages).map(record);
  }

  async keepConversation(path: string, messages: readonly object[]): Promise<void> {
    await this._request('PUT', 'conversation', {}, { path, messages });
  }

  async renameConversation(path: string, newPath: string): Promise<void> {
    await this._request('POST', 'conversation/rename', {}, { path, new_path: newPath });
  }

  private async *_lines(address: string, body: object, signal: AbortSignal): AsyncGenerator<unknown> {
    const response = await this._request('POST', address, {}, body, signal);
    if (response.body) {
      yield* jsonLines(response.body);
    }
  }

  private async _json(
    method: string,
    address: string,
    query: Record<string, string>,
    body?: object,
    signal?: AbortSignal
  ): Promise<unknown> {
    return (await this._request(method, address, query, body, signal)).json();
  }

  private async _request(
    method: string,
    address: string,
    query: Record<string, string>,
    body?: object,
    signal?: AbortSignal
  ): Promise<Response> {
    const url = URLExt.join(this._settings.baseUrl, 'jupyter-devstral', address) + URLExt.objectToQueryString(query);
    const init = { method, signal, ...(body ? { body: JSON.stringify(body) } : {}) };
    const response = await ServerConnection.makeRequest(url, init, this._settings);
    if (!response.ok) {
      throw new ClientError(await reason(response));
    }
    return response;
  }
}

function asBody(question: IPosted): object {
  return { protocol: CHAT_PROTOCOL, ...question };
}

async function reason(response: Response): Promise<string> {
  try {
    return text(record(await response.json()).message) || response.statusText;
  } catch {
    return response.statusText;
  }
}

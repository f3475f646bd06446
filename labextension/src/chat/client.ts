/**
 * The server's half, as calls. The only module that speaks HTTP; it names no host and reads no cell.
 */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { record, text } from '../protocol/json-values';
import { cellPatch } from './cell-patch';
import { jsonLines } from '../protocol/json-lines';
import { CHAT_PROTOCOL, IImage, IPosted } from '../protocol/question';
import { IRoutes, readRoutes } from '../protocol/routes';
import { IRulesFile, readRules } from '../protocol/rules';
import { ISent, IVariable, readSent, readVariables } from '../protocol/sent';
import { ISettingFacts, readSettings } from '../protocol/settings';
import { IStatus, PullRecord, readPullRecord, readStatus } from '../protocol/status';
import { readStreamRecord, StreamRecord } from '../protocol/stream';
import { IStoredThread, readStoredThread } from '../protocol/threads';
import { learn, said } from '../view/said';

/** The server refused; the message is for the user. */
export class ClientError extends Error {
  constructor(
    message: string,
    /** Of HTTP; 0 where nothing answered. */
    readonly status: number
  ) {
    super(message);
  }
}

/** What a page does to a stored conversation; see `server/kept/conversations.py`. */
export interface IConversationChange {
  readonly put?: readonly object[];
  readonly remove?: readonly string[];
  readonly restore?: boolean;
  readonly known?: boolean;
  /** By the threads of conversations. */
  readonly titles?: Readonly<Record<string, string>>;
}

export class Client {
  constructor(
    private readonly _settings: ServerConnection.ISettings,
    private readonly _trans: TranslationBundle
  ) {}

  async status(model = '', route = ''): Promise<IStatus> {
    return readStatus(await this._json('GET', 'status', { ...(model && { model }), ...(route && { route }) }));
  }

  async routes(path: string): Promise<IRoutes> {
    return readRoutes(await this._json('GET', 'routes', { path }));
  }

  async chooseRoute(path: string, route: string): Promise<void> {
    await this._request('PUT', 'routes', {}, { path, route });
  }

  /** What would be sent; `brief`, without its words. */
  async prompt(question: IPosted, signal: AbortSignal, { brief = false } = {}): Promise<ISent> {
    const response = await this._ask('prompt', question, { brief }, signal);
    return readSent(await response.json());
  }

  /** An answer as it comes; `keep` is its exchange, which the server keeps. Aborting leaves, and does not stop it. */
  async *chat(question: IPosted, keep: object, signal: AbortSignal): AsyncGenerator<StreamRecord> {
    yield* records(await this._ask('chat', question, { keep }, signal));
  }

  /** An answer that is arriving already, from its beginning; throws a 404 when it is not. */
  async *follow(id: string, signal: AbortSignal): AsyncGenerator<StreamRecord> {
    yield* records(await this._request('POST', 'chat/follow', {}, { id }, signal));
  }

  async stop(id: string): Promise<void> {
    await this._request('POST', 'chat/stop', {}, { id });
  }

  /** A run as it comes, as an answer does; see `agent/records`. */
  async *beginRun(question: IPosted, run: object, signal: AbortSignal): AsyncGenerator<unknown> {
    yield* lines(await this._ask('run', question, { run }, signal));
  }

  /** A run that is at work already, from its beginning; throws a 404 when it is not. */
  async *followRun(id: string, signal: AbortSignal): AsyncGenerator<unknown> {
    yield* lines(await this._request('POST', 'run/follow', {}, { id }, signal));
  }

  /** The last run about a notebook, with its records where it has ended; none where there was none. */
  async lastRun(path: string): Promise<Record<string, unknown>> {
    return record(record(await this._json('GET', 'run', { path })).run);
  }

  toRun(what: 'stop' | 'answer' | 'cells' | 'decide' | 'meanwhile', body: object): Promise<Response> {
    return this._request('POST', `run/${what}`, {}, body);
  }

  async *pull(model: string, signal: AbortSignal): AsyncGenerator<PullRecord> {
    for await (const line of lines(await this._request('POST', 'pull', {}, { model }, signal))) {
      const read = readPullRecord(line);
      if (read) {
        yield read;
      }
    }
  }

  /** The rules of a notebook's project, with their words. */
  async rules(path: string): Promise<IRulesFile[]> {
    return readRules(record(await this._json('GET', 'rules', { path })).rules);
  }

  /** Switch rules on or off as they were shown; refused where they have changed since. */
  async switchRules(path: string, { name, digest, isOn }: IRulesFile): Promise<void> {
    await this._request('PUT', 'rules', {}, { path, name, digest, is_on: isOn });
  }

  async settings(): Promise<ISettingFacts> {
    return readSettings(await this._json('GET', 'settings', {}));
  }

  /** Tell what the page's settings wish for, by the names of the configuration. */
  async wish(settings: object): Promise<ISettingFacts> {
    return readSettings(await this._json('PUT', 'settings', {}, { settings }));
  }

  async variables(kernelId: string): Promise<IVariable[]> {
    return readVariables(await this._json('GET', 'variables', { kernel_id: kernelId }));
  }

  /** One of the conversations about a notebook, and a list of all; the one last asked in where `thread` is null. */
  async conversation(path: string, thread: string | null): Promise<IStoredThread> {
    return readStoredThread(await this._json('GET', 'conversation', { path, ...(thread === null ? {} : { thread }) }));
  }

  async changeConversation(path: string, change: IConversationChange): Promise<void> {
    await this._request('PATCH', 'conversation', {}, { path, ...change });
  }

  /** A picture of an earlier question, whole; without its data where the server has it no more. */
  async withData(path: string, { mime, data, key = '' }: IImage): Promise<IImage> {
    const kept = data ? {} : await this._json('GET', 'conversation/picture', { path, key }).catch(() => ({}));
    return { mime, data: data || text(record(kept).data) };
  }

  /** Whatever is kept of a notebook goes where it went. */
  async rename(path: string, newPath: string): Promise<void> {
    await this._request('POST', 'rename', {}, { path, new_path: newPath });
  }

  /** A question with its cells, as a change of those that the server has seen where it has. */
  private async _ask(address: string, question: IPosted, more: object, signal: AbortSignal): Promise<Response> {
    const { path, cells } = question;
    const known = this._known?.path === path ? this._known : null;
    const version = ++this._version;
    const body = { protocol: CHAT_PROTOCOL, ...question, ...more };
    const send = async (base: IKnown | null) => {
      const sent = { page: this._page, version, base: base?.version ?? null };
      const changed = base ? cellPatch(base.cells, cells) : cells;
      const response = await this._request('POST', address, {}, { ...body, sent, cells: changed }, signal);
      this._known = { path, cells, version };
      return response;
    };
    try {
      return await send(known);
    } catch (error) {
      // The server was started again, or has had many pages since.
      if (known && error instanceof ClientError && error.status === 409) {
        return send(null);
      }
      throw error;
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
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, init, this._settings);
    } catch (error) {
      throw signal?.aborted ? error : new ClientError(this._unreachable(), 0);
    }
    if (!response.ok) {
      throw new ClientError(await this._reason(response), response.status);
    }
    return response;
  }

  private _unreachable(): string {
    return this._trans.__(
      'The Jupyter server does not answer: it was stopped, or the connection is lost. Start it again; nothing that stands here is lost.'
    );
  }

  /** What the server's half says, else what its status means: a proxy or a login may have answered instead. */
  private async _reason(response: Response): Promise<string> {
    const words = said(text(record(await response.json().catch(() => null)).message));
    switch (response.status) {
      case 401:
      case 403:
        return this._trans.__('Your login has expired: log in again in another tab, then ask again.');
      case 413:
        return this._trans.__('That is too much to be sent: clear large outputs, or attach less.');
      case 404:
        return words && words !== 'Not Found'
          ? words
          : this._trans.__("The server's half of jupyter-devstral is not there: install it, and restart the server.");
      default:
        return words || this._trans.__('The Jupyter server failed (%1): ask again.', response.status);
    }
  }

  /** Another page is another one, also of the same browser. */
  private readonly _page = Math.random().toString(36).slice(2);
  private _version = 0;
  /** The cells that the server has of this page. */
  private _known: IKnown | null = null;
}

/** Learn what the server and kernels say in the user's language, where that is another one than English. */
export async function learnLanguage(settings: ServerConnection.ISettings, language: string): Promise<void> {
  if (/^en\b|^en_|^default$/i.test(language)) {
    return;
  }
  const url = URLExt.join(settings.baseUrl, 'jupyter-devstral', 'sentences') + URLExt.objectToQueryString({ language });
  try {
    const response = await ServerConnection.makeRequest(url, {}, settings);
    learn(response.ok ? sentences(await response.json()) : {});
  } catch {
    // English is understood, too.
  }
}

function sentences(data: unknown): Record<string, string> {
  const known = Object.entries(record(record(data).sentences));
  return Object.fromEntries(known.filter((one): one is [string, string] => typeof one[1] === 'string'));
}

interface IKnown {
  readonly path: string;
  readonly cells: readonly Record<string, unknown>[];
  readonly version: number;
}

async function* records(response: Response): AsyncGenerator<StreamRecord> {
  for await (const line of lines(response)) {
    const read = readStreamRecord(line);
    if (read) {
      yield read;
    }
  }
}

async function* lines(response: Response): AsyncGenerator<unknown> {
  if (response.body) {
    yield* jsonLines(response.body);
  }
}

/** What is asked: of the model by the user, and of the server by this page. */

import type { Task } from './tasks';

export const CHAT_PROTOCOL = 1;

export interface IImage {
  readonly mime: string;
  /** In base64; "" of one that the server keeps. */
  readonly data: string;
  /** By which the server keeps it. */
  readonly key?: string;
}

/** What the user asks, with everything that was attached by hand. It is handed on whole. */
export interface IQuestion {
  readonly task: Task;
  readonly question: string;
  /** Id of the cell that it is about, "" for none. */
  readonly target: string;
  /** Ids of the cells that it is about, where several are selected. */
  readonly selected: readonly string[];
  readonly variables: readonly string[];
  readonly files: readonly string[];
  readonly selection: string;
  readonly images: readonly IImage[];
  /** Key of the proof whose survivors new tests are for, "" for an ordinary question. */
  readonly strengthens: string;
}

/** What only the notebook can tell. */
export interface INotebookFacts {
  readonly path: string;
  readonly kernel_id: string | null;
  readonly language: string;
  readonly cells: readonly Record<string, unknown>[];
}

export interface ITurn {
  readonly user_text: string;
  readonly described: readonly unknown[];
  readonly reply: string;
  readonly after: string;
}

/** What the sidebar adds: pieces that were taken out, the model and the route that were chosen. */
export interface IChoices {
  readonly exclude: readonly string[];
  readonly model: string | null;
  readonly route: string;
}

/** A question as it is sent; see CONTRIBUTING.md. */
export interface IPosted extends IQuestion, INotebookFacts, IChoices {
  readonly turns: readonly ITurn[];
  /** The beginning of an answer that was cut off and goes on. */
  readonly partial?: string;
}

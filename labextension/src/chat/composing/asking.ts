/** What belongs to a question, gathered from the notebook that is in front. */

import type { ActiveNotebook } from '../../notebook/active-notebook';
import type { INotebookFacts } from '../../protocol/question';
import type { Task } from '../../protocol/tasks';
import type { IAsked } from '../conversation/exchange';
import { IMentionable, IMentions, mentionsIn } from './mentions';

interface IWords {
  readonly typed: string;
  readonly task: Task;
  readonly question: string;
  readonly withImages: boolean;
}

const NOTHING: IMentions = { variables: [], files: [], cells: [], selection: false };

/** The question with what its mentions attach; it is about the cell that is mentioned, else the selected one. */
export function askedAbout(
  notebook: ActiveNotebook | null,
  known: IMentionable | null,
  { typed, task, question, withImages }: IWords
): IAsked {
  const { cells, files, variables, selection } = known ? mentionsIn(question, known) : NOTHING;
  const folder = notebook?.folder;
  const attached = {
    target: cells[0] ?? notebook?.activeCellId ?? '',
    variables,
    files: files.map(file => (folder ? `${folder}/${file}` : file)),
    selection: selection ? (notebook?.selection ?? '') : '',
    images: withImages && notebook ? notebook.imagesOf(notebook.activeCellId) : []
  };
  return { typed, question: { task, question, ...attached, strengthens: '' } };
}

export function factsOf(notebook: ActiveNotebook | null): INotebookFacts {
  return {
    path: notebook?.path ?? '',
    kernel_id: notebook?.kernelId ?? null,
    language: notebook?.language ?? 'python',
    cells: notebook?.snapshot() ?? []
  };
}

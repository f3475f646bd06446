/** What belongs to a question, gathered from the notebook that is in front. */

import type { ActiveNotebook } from '../../notebook/active-notebook';
import type { IImage, INotebookFacts } from '../../protocol/question';
import type { Task } from '../../protocol/tasks';
import type { IAsked } from '../conversation/exchange';
import { IMentionable, IMentions, mentionsIn } from './mentions';

interface IWords {
  readonly typed: string;
  readonly task: Task;
  readonly question: string;
  readonly withImages: boolean;
  readonly pictures: readonly IImage[];
}

const NOTHING: IMentions = { variables: [], files: [], cells: [], selection: false };

/** The question with what its mentions attach; it is about the cell that is mentioned, else the selected one. */
export function askedAbout(
  notebook: ActiveNotebook | null,
  known: IMentionable | null,
  { typed, task, question, withImages, pictures }: IWords
): IAsked {
  const { cells, files, variables, selection } = known ? mentionsIn(question, known) : NOTHING;
  const selected = notebook?.selectedCellIds ?? [];
  const shown = withImages && notebook ? notebook.imagesOf(notebook.activeCellId) : [];
  const attached = {
    target: cells[0] ?? notebook?.activeCellId ?? '',
    selected: cells.length === 0 && selected.length > 1 ? selected : [],
    variables,
    files: files.map(file => pathOf(file, notebook?.folder ?? '')),
    selection: selection ? (notebook?.selection ?? '') : '',
    images: [...withData(pictures).map(({ mime, data }) => ({ mime, data })), ...shown]
  };
  return { typed, question: { task, question, ...attached, strengthens: '' } };
}

/** Without those that were lost. */
export function withData(images: readonly IImage[]): IImage[] {
  return images.filter(({ data, key }) => data || key);
}

/** Whether pictures of a question that waited are lost. */
export function lacksPictures({ question: { images } }: IAsked): boolean {
  return withData(images).length < images.length;
}

/** What a file is called in a message: from the notebook's folder, or with "/" in front from the root. */
export function fileName(path: string, folder: string): string {
  const inside = folder ? `${folder}/` : '';
  return path.startsWith(inside) ? path.slice(inside.length) : `/${path}`;
}

function pathOf(name: string, folder: string): string {
  return name.startsWith('/') ? name.slice(1) : folder ? `${folder}/${name}` : name;
}

export function factsOf(notebook: ActiveNotebook | null): INotebookFacts {
  return {
    path: notebook?.path ?? '',
    kernel_id: notebook?.kernelId ?? null,
    language: notebook?.language ?? 'python',
    cells: notebook?.snapshot() ?? []
  };
}

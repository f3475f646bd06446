/**
 * What can be asked for. Generated from core/request/tasks.py by scripts/generate_tasks.py: change it there.
 */

import type { TranslationBundle } from '@jupyterlab/translation';

export const TASKS = ['write', 'ask', 'edit', 'refactor', 'doc', 'test', 'fix', 'explain', 'chat'] as const;
export type Task = (typeof TASKS)[number];

/** The tasks behind a word after '/'. */
export const SLASH_TASKS = ['refactor', 'doc', 'test', 'fix', 'explain'] as const;
export type SlashTask = (typeof SLASH_TASKS)[number];

/** What each of them does, in one line. */
export function aboutTasks(trans: TranslationBundle): Readonly<Record<SlashTask, string>> {
  return {
    refactor: trans.__('rewrite the selected cell, same behaviour'),
    doc: trans.__('add docstrings and comments to the selected cell'),
    test: trans.__('write tests as a new cell'),
    fix: trans.__('repair the selected cell'),
    explain: trans.__('explain the selected cell, and its error')
  };
}

export interface ITaskCommand {
  readonly task: Task;
  /** Of the command in JupyterLab. */
  readonly id: string;
  readonly label: string;
}

/** The tasks that are commands at a cell. */
export function taskCommands(trans: TranslationBundle): readonly ITaskCommand[] {
  return [
    { task: 'refactor', id: 'jupyter-devstral:refactor-cell', label: trans.__('Refactor cell') },
    { task: 'doc', id: 'jupyter-devstral:document-cell', label: trans.__('Document cell') },
    { task: 'test', id: 'jupyter-devstral:test-cell', label: trans.__('Generate tests') },
    { task: 'fix', id: 'jupyter-devstral:fix-cell', label: trans.__('Fix cell') },
    { task: 'explain', id: 'jupyter-devstral:explain-cell', label: trans.__('Explain cell') }
  ];
}

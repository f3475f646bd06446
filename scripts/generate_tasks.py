"""Writes the JupyterLab half's table of tasks from the core's; a test says when it is out of date."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "labextension" / "src" / "protocol" / "tasks.ts"
HEAD = """/**
 * What can be asked for. Generated from core/request/tasks.py by scripts/generate_tasks.py: change it there.
 */

import type { TranslationBundle } from '@jupyterlab/translation';

"""


def generated() -> str:
    """The text of `tasks.ts`."""
    from jupyter_devstral.core.request.tasks import TASKS

    words = ", ".join(_quoted(task.value) for task in TASKS)
    slash = [(task.value, facts.slash) for task, facts in TASKS.items() if facts.slash]
    commands = [(task.value, facts.command, facts.label) for task, facts in TASKS.items() if facts.command]
    parts = [
        f"export const TASKS = [{words}] as const;",
        "export type Task = (typeof TASKS)[number];",
        "",
        "/** The tasks behind a word after '/'. */",
        f"export const SLASH_TASKS = [{', '.join(_quoted(word) for word, _ in slash)}] as const;",
        "export type SlashTask = (typeof SLASH_TASKS)[number];",
        "",
        "/** What each of them does, in one line. */",
        "export function aboutTasks(trans: TranslationBundle): Readonly<Record<SlashTask, string>> {",
        "  return {",
        ",\n".join(f"    {word}: trans.__({_quoted(text)})" for word, text in slash),
        "  };",
        "}",
        "",
        "export interface ITaskCommand {",
        "  readonly task: Task;",
        "  /** Of the command in JupyterLab. */",
        "  readonly id: string;",
        "  readonly label: string;",
        "}",
        "",
        "/** The tasks that are commands at a cell. */",
        "export function taskCommands(trans: TranslationBundle): readonly ITaskCommand[] {",
        "  return [",
        ",\n".join(
            f"    {{ task: {_quoted(word)}, id: {_quoted(f'jupyter-devstral:{command}')}, "
            f"label: trans.__({_quoted(label)}) }}"
            for word, command, label in commands
        ),
        "  ];",
        "}",
    ]
    return HEAD + "\n".join(parts) + "\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    OUTPUT.write_text(generated(), encoding="utf-8")

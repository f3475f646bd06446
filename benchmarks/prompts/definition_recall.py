"""How many of the definitions that a cell needs are in its prompt, at small budgets, on teaching notebooks.

A definition is the last earlier cell that binds a name which the focus cell loads. Counted in three ways: a
piece of that cell is there; the binding lines stand in the messages; the whole source of the cell does.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.row import Row
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.notebook.file import notebook_from_json, read_notebook_json
from jupyter_devstral.core.prompt.prompt import build_prompt
from jupyter_devstral.core.python.definitions import definition_text
from jupyter_devstral.core.python.source import names_of
from jupyter_devstral.core.request.tasks import Request, Task

BARS = {500: 0.90, 2000: 0.99}


def needed(notebook: Notebook) -> Iterator[tuple[Cell, dict[int, set[str]]]]:
    """Every code cell with what it needs: index of the defining cell -> names."""
    binder: dict[str, int] = {}
    for cell in notebook.cells:
        if cell.kind == "code":
            names = names_of(cell.source)
            found: dict[int, set[str]] = {}
            for name in names.loads & binder.keys():
                found.setdefault(binder[name], set()).add(name)
            yield cell, found
            binder.update(dict.fromkeys(names.binds, cell.index))


def recall(notebooks: list[Notebook], budget: int) -> tuple[int, int, int, int]:
    """(definitions needed, with a piece, with all binding lines, with the whole cell)."""
    total = pieces = lines = wholes = 0
    for notebook in notebooks:
        for focus, definitions in needed(notebook):
            prompt = build_prompt(Request(Task.EXPLAIN, "", notebook, focus=focus), budget=budget)
            if sum(piece.tokens for piece in prompt.pieces) > budget:
                raise AssertionError(f"over budget at cell {focus.index}")
            ids = {piece.id for piece in prompt.pieces}
            text = "\n".join(message.content for message in prompt.messages)
            for index, names in definitions.items():
                cell = notebook.cells[index]
                total += 1
                pieces += cell.key in ids
                lines += all(binding_line(cell.source, name) in text for name in names)
                wholes += cell.source.strip("\n") in text
    return total, pieces, lines, wholes


def binding_line(source: str, name: str) -> str:
    """The first line of the first statement that binds the name ("" where the cell does not parse)."""
    shown = definition_text(source, frozenset({name}), False).split("\n")
    return next((line for line in shown if line != "…"), "")


def run(shared: Path | None) -> list[Row]:
    """Rows for both budgets; unmeasured where the shared notebooks are absent."""
    files = sorted((shared / "notebooks" / "handson-ml3").glob("*.ipynb")) if shared else []
    if not files:
        return [Row("definition recall", "no shared data here", "", "", None)]
    notebooks = [notebook_from_json(read_notebook_json(file.read_bytes())) for file in files]
    rows = []
    for budget, bar in BARS.items():
        total, *counts = recall(notebooks, budget)
        for kind, count in zip(("a piece", "the binding lines", "the whole cell"), counts, strict=True):
            holds = count / total >= bar if kind != "the whole cell" else None
            measured = f"{count / total:.1%} of {total}"
            rows.append(
                Row(f"definition recall, {budget} tokens: {kind}", measured, "", f">= {bar:.0%}", holds)
            )
    return rows

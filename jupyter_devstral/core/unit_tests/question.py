"""The question that asks for tests: its names, its words, and the cells of what is tested."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from ..notebook.own_cells import tests_in_cell
from ..python.source import definitions_of, parse_cell, parses

if TYPE_CHECKING:
    from ..answer import Reply
    from ..notebook.cells import Cell, Notebook
    from ..request.command import Command

FUNCTIONS, PROPERTIES, DOCTEST = "functions", "properties", "doctest"
_MOST_EXAMPLES = 5
# A statement that was cut off is seldom longer.
_LINES_TRIED = 60
# What makes the magic of a cell of tests known.
LOAD = "%load_ext jupyter_devstral"


def form_of(command: Command) -> str:
    """Read the form of the tests from the options."""
    return PROPERTIES if command.properties else DOCTEST if command.doctest else FUNCTIONS


def leading_names(text: str, is_target: Callable[[str], bool]) -> tuple[list[str], str]:
    """Split a question into the targets it begins with (`name`, name() or @name) and the rest."""
    names: list[str] = []
    words = text.split()
    for word in words:
        name = word.strip("`,@").removesuffix("()")
        if not name.isidentifier() or not is_target(name):
            break
        names.append(name)
    return list(dict.fromkeys(names)), text.split(None, len(names))[-1] if len(words) > len(names) else ""


def question_for_tests(names: Sequence[str], rest: str, form: str = FUNCTIONS) -> str:
    """Word the question of a `Task.TEST` whose tests will be proven.

    Args:
        names: what is to be tested; empty for what the cell defines.
        rest: what the user said beside the names.
        form: FUNCTIONS, PROPERTIES (what holds for every input) or DOCTEST (examples in docstrings).
    """
    from ..prompt.prompt import wording

    # Not the task's own wording: where nothing runs the tests, a cell of them must do something by itself.
    words = wording(f"test_{form}")
    named = f"Test {', '.join(f'`{name}`' for name in names)}. " if names else ""
    return f"{named}{words} {rest}".rstrip()


def cells_of_targets(names: Sequence[str], notebook: Notebook) -> tuple[Cell | None, list[str]]:
    """Find the cell of the first target that has one, and the targets that have none."""
    cells = {name: defining_cell(name, notebook) for name in names}
    first = next((cell for cell in cells.values() if cell is not None), None)
    return first, [name for name, cell in cells.items() if cell is None]


def argument_names(names: Collection[str], notebook: Notebook) -> list[str]:
    """Find variables that the notebook calls the targets with, latest calls first."""
    found: dict[str, None] = {}
    for cell in reversed(notebook.cells):
        if cell.kind != "code" or not any(name in cell.source for name in names):
            continue
        tree = parse_cell(cell.source)
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                values = [*node.args, *(keyword.value for keyword in node.keywords)]
                found.update({value.id: None for value in values if isinstance(value, ast.Name)})
    return list(found)[:_MOST_EXAMPLES]


def place_of_tests(cell_id: str, notebook: Notebook) -> str:
    """Find the cell below which new tests belong: the last one of tests below `cell_id`, or that itself."""
    at = next((cell.index for cell in notebook.cells if cell.key == cell_id), None)
    if at is None:
        return cell_id
    for cell in notebook.cells[at + 1 :]:
        if cell.kind != "code" or (tests_in_cell(cell.source) is None and cell.source.strip() != LOAD):
            break
        cell_id = cell.key
    return cell_id


def code_of(reply: Reply) -> list[str]:
    """List the code blocks of a reply that would be cells; of one that was cut, what is whole of it."""
    blocks = [block.source for block in reply.code if block.verdict == "cell" and block.closed]
    last = reply.code[-1] if reply.code else None
    if last is not None and not last.closed:
        # A reply that came to its end has only left out the fence.
        whole = last.source if reply.finished == "stop" else whole_statements(last.source)
        blocks += [whole] if whole and parses(whole) is None else []
    return blocks


def whole_statements(source: str) -> str:
    """Return code without the lines that its end was cut off from; "" where none is left.

    The last line goes even where it parses: more may have belonged to it. So does a test that is left without
    any assert.
    """
    lines = source.split("\n")
    for at in range(len(lines) - 1, max(0, len(lines) - _LINES_TRIED), -1):
        whole = "\n".join(lines[:at]).rstrip()
        tree = parse_cell(whole)
        if tree is not None and tree.body and not _asserts_nothing(tree.body[-1]):
            return whole
    return ""


def _asserts_nothing(statement: ast.stmt) -> bool:
    is_test = isinstance(statement, ast.FunctionDef) and statement.name.startswith("test")
    return is_test and not any(isinstance(node, ast.Assert | ast.With) for node in ast.walk(statement))


def defining_cell(name: str, notebook: Notebook) -> Cell | None:
    """Find the last cell that defines the name."""
    for cell in reversed(notebook.cells):
        if cell.kind == "code" and name in cell.source and name in definitions_of(cell.source):
            return cell
    return None

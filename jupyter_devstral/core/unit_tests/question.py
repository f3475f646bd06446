"""How tests are asked for: names and words of the question, and the cells of what they are for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from ..notebook.own_cells import tests_in_cell
from ..python.source import definitions_of, parse_cell

if TYPE_CHECKING:
    from ..answer import Reply
    from ..notebook.cells import Cell, Notebook
    from ..request.command import Command

FUNCTIONS, PROPERTIES, DOCTEST = "functions", "properties", "doctest"
_MOST_EXAMPLES = 5
# What makes the magic of a cell of tests known.
LOAD = "%load_ext jupyter_devstral"


def form_of(command: Command) -> str:
    """The form of the tests, by the option that asks for it."""
    return PROPERTIES if command.properties else DOCTEST if command.doctest else FUNCTIONS


def leading_names(text: str, is_target: Callable[[str], bool]) -> tuple[list[str], str]:
    """The targets that a question begins with, each as `name`, name() or @name, and what else it says."""
    names: list[str] = []
    words = text.split()
    for word in words:
        name = word.strip("`,@").removesuffix("()")
        if not name.isidentifier() or not is_target(name):
            break
        names.append(name)
    return list(dict.fromkeys(names)), text.split(None, len(names))[-1] if len(words) > len(names) else ""


def question_for_tests(names: Sequence[str], rest: str, form: str = FUNCTIONS) -> str:
    """The question of a `Task.TEST` whose tests will be proven.

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
    """The cell that defines the first of them that any cell does, and those that none defines."""
    cells = {name: defining_cell(name, notebook) for name in names}
    first = next((cell for cell in cells.values() if cell is not None), None)
    return first, [name for name, cell in cells.items() if cell is None]


def argument_names(names: Collection[str], notebook: Notebook) -> list[str]:
    """Variables that the notebook calls them with, latest calls first: live examples of their arguments."""
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
    """Key of the last one of the tests, and of what loads their magic, that stand below the cell already."""
    at = next((cell.index for cell in notebook.cells if cell.key == cell_id), None)
    if at is None:
        return cell_id
    for cell in notebook.cells[at + 1 :]:
        if cell.kind != "code" or (tests_in_cell(cell.source) is None and cell.source.strip() != LOAD):
            break
        cell_id = cell.key
    return cell_id


def code_of(reply: Reply) -> list[str]:
    """The code blocks of a reply that would be cells."""
    return [block.source for block in reply.code if block.verdict == "cell"]


def defining_cell(name: str, notebook: Notebook) -> Cell | None:
    """The last cell that defines the name."""
    for cell in reversed(notebook.cells):
        if cell.kind == "code" and name in cell.source and name in definitions_of(cell.source):
            return cell
    return None

"""The cells that must run again for an edit to take effect: the edited, those between, the failed one."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Sequence

from ..notebook.cells import Cell
from ..notebook.own_cells import is_request
from ..python.dependencies import Dependencies
from ..python.source import names_of, parse_cell
from .edit import Edit

# Methods that change their object when called as a statement of their own.
_CONTAINERS = ("append", "extend", "insert", "update", "setdefault", "add", "pop", "popitem", "remove")
_ORDER = ("discard", "clear", "sort", "reverse")
_MODELS = ("fit", "partial_fit", "fit_transform", "compile", "load_state_dict", "set_params")
_MUTATORS = frozenset({*_CONTAINERS, *_ORDER, *_MODELS})


def cells_to_run(
    cells: Sequence[Cell], edits: Iterable[Edit], failing: Cell, executed: Collection[str]
) -> tuple[Cell, ...]:
    """The cells to run, with their new sources, in notebook order; the failing one last.

    `executed` are keys of cells that have run. Between an edited cell and the failing one, only those cells
    run again that read something changed and that the failing one depends on.
    """
    changed = {edit.cell_id: edit.source for edit in edits if edit.op == "replace" and edit.kind == "code"}
    code = [cell for cell in cells if cell.kind == "code" and not is_request(cell)]
    needed, names_needed = _needed(code, failing)
    tainted: set[str] = set()
    plan: list[Cell] = []
    for cell in code:
        if cell.key == failing.key:
            continue
        names = names_of(cell.source)
        if cell.key in changed:
            tainted |= names.binds | names_of(changed[cell.key]).binds | mutated_names(changed[cell.key])
            plan.append(_with(cell, changed[cell.key]))
        elif cell.index < failing.index and cell.key in executed and not tainted.isdisjoint(names.loads):
            gives = names.binds | mutated_names(cell.source)
            if cell.key in needed or not gives.isdisjoint(names_needed):
                tainted |= gives
                plan.append(cell)
    return (*plan, _with(failing, changed.get(failing.key, failing.source)))


def mutated_names(source: str) -> frozenset[str]:
    """The names whose values the cell changes in place, as far as its text shows."""
    tree = parse_cell(source)
    found: set[str] = set()
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, (ast.Store, ast.Del)):
            found.add(_root(node))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            call = node.value
            in_place = any(keyword.arg == "inplace" for keyword in call.keywords)
            if isinstance(call.func, ast.Attribute) and (in_place or call.func.attr in _MUTATORS):
                found.add(_root(call.func))
    use = names_of(source)
    # `self`, and whatever else is a function's own.
    return frozenset(found - (use.within - use.binds - use.loads) - {""})


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Subscript, ast.Attribute, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _needed(code: Sequence[Cell], failing: Cell) -> tuple[set[str], set[str]]:
    """Keys of the cells that the failing one depends on, and the names it depends on."""
    graph = Dependencies(code)
    loads = names_of(failing.source).loads
    direct = graph.direct(loads, failing.index)
    steps = {**graph.transitive(direct, steps=len(code)), **direct}
    by_index = {cell.index: cell.key for cell in code}
    return {by_index[index] for index in steps}, set(loads).union(*steps.values())


def _with(cell: Cell, source: str) -> Cell:
    return Cell(cell.id, cell.index, cell.kind, source)

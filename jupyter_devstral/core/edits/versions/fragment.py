"""Classification of a proposed source: a whole cell, a part of one, or no code at all."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from enum import Enum

from ...python.source import DEFINITIONS, names_of
from .alignment import Alignment, aligned
from .loss import code_lines, loss_of, made_by, members_of
from .statements import Statement, imported_names, text_of


class Shape(Enum):
    """The role of a proposed source for its cell."""

    WHOLE = "the cell, rewritten"
    FRAGMENT = "a part of the cell, or an addition to it"
    NOT_CODE = "no code"


def shape_of(before: str, after: str, *, made_elsewhere: frozenset[str] = frozenset()) -> Shape:
    """Classify `after` for a cell that holds `before`; `made_elsewhere` are names that other cells make."""
    both = aligned(before, after)
    if both is None:
        return shape_of_lines(before, after)
    if _says_nothing(both.new):
        return Shape.WHOLE if _says_nothing(both.old) else Shape.NOT_CODE
    if _says_nothing(both.old) or not both.dropped:
        return Shape.FRAGMENT if _shows_few_members(both) else Shape.WHOLE
    is_part = (
        _is_import_alone(both)
        or _is_part_of_definitions(both)
        or _is_quotation(both)
        or _needs_what_it_drops(both)
        or _is_changed_lines(both)
        or is_preparation(both, made_elsewhere)
    )
    return Shape.FRAGMENT if is_part else Shape.WHOLE


def only_looks(before: str, after: str) -> bool:
    """Tell whether `after` makes nothing although the cell does.

    It is then an example of use, not a repair.
    """
    both = aligned(before, after)
    if both is None or both.pairs:
        return False
    harmless = all(one.is_import or one.shows for one in both.new)
    return harmless and not made_by(after) and bool(made_by(before))


def makes_nothing(before: str, after: str) -> bool:
    """Whether `after` has nothing of the cell and makes nothing, although the cell does: `raise`, `del x`."""
    both = aligned(before, after)
    return both is not None and not both.pairs and not made_by(after) and bool(loss_of(before, after).names)


def quotes(before: str, after: str) -> bool:
    """Tell whether `after` is a part of the cell word for word, and not all of it."""
    both = aligned(before, after)
    return both is not None and bool(both.dropped) and not (both.changed or both.added)


def is_preparation(both: Alignment, made_elsewhere: frozenset[str]) -> bool:
    """Tell whether the source only makes names that the cell reads and nobody has made.

    It then belongs before the cell's code.
    """
    names = names_of(both.after)
    missing = names_of(both.before).loads - made_elsewhere
    # `import sys`, too, for `sys.path.append(…)` before the import that failed.
    made = names.binds.difference(*(imported_names(one.node) for one in both.new))
    return not both.pairs and bool(names.binds & missing) and made <= missing - names.loads


def _says_nothing(statements: Iterable[Statement]) -> bool:
    """Tell whether a source is only comments, `pass` or lines for IPython.

    It cannot stand for a cell with code.
    """
    return all(one.says_nothing or one.is_magic for one in statements)


def shape_of_lines(before: str, after: str) -> Shape:
    """Classify text that is not parsed here.

    A text half as long as the cell, or shorter, counts as a part.
    """
    old, new = code_lines(before), code_lines(after)
    if old and not new:
        return Shape.NOT_CODE
    return Shape.FRAGMENT if len(old) > 1 and 2 * len(new) <= len(old) else Shape.WHOLE


def _is_import_alone(both: Alignment) -> bool:
    code = [one for one in both.new if not (one.is_magic or one.says_nothing)]
    return all(one.is_import for one in code)


def _is_part_of_definitions(both: Alignment) -> bool:
    """Tell whether it is a definition from any depth of the cell, without the rest of the cell."""
    code = [one for one in both.new if not (one.is_import or one.says_nothing)]
    if not all(one.is_definition for one in code):
        return False
    names = {getattr(one.node, "name", "") for one in code}
    inside = {node.name for one in both.old for node in ast.walk(one.node) if isinstance(node, DEFINITIONS)}
    classes = any(isinstance(one.node, ast.ClassDef) for one in both.old)
    return not names.isdisjoint(inside) or (classes and any(is_method(one.node) for one in code))


def is_method(node: ast.AST) -> bool:
    """Tell whether a function can only stand in a class, by its first argument: `self` or `cls`."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    arguments = [*node.args.posonlyargs, *node.args.args]
    return bool(arguments) and arguments[0].arg in ("self", "cls")


def _shows_few_members(both: Alignment) -> bool:
    """Tell whether a changed class lacks members of the old one and keeps none word for word."""
    for at in both.changed:
        old, new = both.old[both.pairs[at]].node, both.new[at].node
        if isinstance(old, ast.ClassDef) and isinstance(new, ast.ClassDef):
            same = {ast.dump(one) for one in old.body} & {ast.dump(one) for one in new.body}
            if set(members_of(old)) - set(members_of(new)) and not same:
                return True
    return False


def _is_quotation(both: Alignment) -> bool:
    """Tell whether it is less than half of the cell, word for word."""
    return not both.changed and not both.added and 2 * len(both.new) < len(both.old)


def _needs_what_it_drops(both: Alignment) -> bool:
    """Tell whether it reads a name made only by the statements it leaves out, or local to a function."""
    made = set(names_of(both.before).within)
    for at in both.dropped:
        made |= made_by(text_of(both.before, both.old[at]))
    return not made.isdisjoint(names_of(both.after).loads - names_of(both.before).loads)


def _is_changed_lines(both: Alignment) -> bool:
    """Tell whether it holds only versions of at most half of the cell's statements, side by side."""
    if both.added or not both.changed or 2 * len(both.new) > len(both.old):
        return False
    places = sorted(both.pairs.values())
    return places[-1] - places[0] == len(places) - 1

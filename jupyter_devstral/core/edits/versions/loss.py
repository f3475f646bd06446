"""Losses of a cell whose source is replaced by a proposed one: names, and whole statements."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ...python.source import DEFINITIONS, names_of
from ..edit import NO_LOSS, Loss
from ..rerun_plan import mutated_names
from .alignment import Alignment, aligned
from .dropped import dropped_parts, hollow_statements
from .hidden import hidden_errors
from .statements import Statement, label_of

_SHORT_BODY = 3


def loss_of(before: str, after: str) -> Loss:
    """Compute the losses from `before` to `after`, in lines where one of them is not Python."""
    both = aligned(before, after)
    if both is None:
        return loss_of_lines(before, after)
    pairs = [(both.old[was].node, both.new[at].node) for at, was in both.pairs.items()]
    within = [
        max(_removed_within(*pair), hollow_statements(*pair), removed_from_body(*pair)) for pair in pairs
    ]
    counted = sum(not one.says_nothing for one in both.old) + sum(of for _, of in within)
    removed = sum(_removed_in_gaps(both)) + sum(less for less, _ in within)
    names = tuple(dict.fromkeys([*_names_lost(both), *_members_lost(both)]))
    changes = tuple(sorted(mutated_names(before) - names_of(before).binds - made_by(after)))
    hides, drops = hidden_errors(before, after), dropped_parts(before, after)
    found = Loss(names, changes, removed, counted, hides=hides, drops=drops)
    return found if found else NO_LOSS


def made_by(source: str) -> frozenset[str]:
    """The names that a cell leaves bound, or whose values it changes in place."""
    return names_of(source).binds | mutated_names(source)


def names_lost(before: str, after: str) -> frozenset[str]:
    """The names that `before` leaves bound, and `after` neither binds nor changes."""
    return names_of(before).binds - made_by(after)


def _names_lost(both: Alignment) -> Iterator[str]:
    """The lost names in the order the cell makes them.

    Loop variables do not count: they are nobody's result.
    """
    passing = {name for one in both.old for name in _passing_names(one.node)}
    lost = names_lost(both.before, both.after) - passing - {"_"}
    for one in both.old:
        yield from (name for node in ast.walk(one.node) if (name := _bound_name(node)) in lost)


def _bound_name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id if isinstance(node.ctx, ast.Store) else ""
    if isinstance(node, ast.alias):
        return node.asname or node.name.split(".")[0]
    return getattr(node, "name", None) or ""


def _passing_names(statement: ast.stmt) -> Iterator[str]:
    for node in ast.walk(statement):
        if isinstance(node, (ast.For, ast.AsyncFor)):
            yield from _stored(node.target)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                yield from _stored(item.optional_vars)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name


def _stored(target: ast.expr | None) -> Iterator[str]:
    for node in ast.walk(target) if target is not None else ():
        if isinstance(node, ast.Name):
            yield node.id


def _members_lost(both: Alignment) -> Iterator[str]:
    """The members that a class lost while the class itself is still there: `Stack.pop`."""
    for at, was in both.pairs.items():
        old, new = both.old[was].node, both.new[at].node
        if isinstance(old, ast.ClassDef) and isinstance(new, ast.ClassDef):
            kept = set(members_of(new))
            yield from (f"{old.name}.{name}" for name in members_of(old) if name not in kept)


def members_of(node: ast.ClassDef) -> Iterator[str]:
    """The names that the body of a class binds."""
    for one in node.body:
        if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield one.name
        elif isinstance(one, ast.Assign):
            yield from (target.id for target in one.targets if isinstance(target, ast.Name))
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            yield one.target.id


def _removed_in_gaps(both: Alignment) -> Iterator[int]:
    """The number removed between statements that stay, less the number that came in their place."""
    edges = [(-1, -1), *both.pairs.items(), (len(both.new), len(both.old))]
    for (left, old_left), (right, old_right) in pairwise(edges):
        went = [one for one in both.old[old_left + 1 : old_right] if not one.says_nothing]
        came = [one for one in both.new[left + 1 : right] if not (one.is_import or one.says_nothing)]
        yield max(0, len(went) - len(came) - _moved(both, went, came))


def _removed_within(old: ast.stmt, new: ast.stmt) -> tuple[int, int]:
    """The pair (statements less, statements) of a body that lost more than half.

    Smaller losses are tidying up.
    """
    before, after = (sum(isinstance(node, ast.stmt) for node in ast.walk(one)) - 1 for one in (old, new))
    return (before - after, before) if before > _SHORT_BODY and 2 * after < before else (0, 0)


def removed_from_body(old: ast.stmt, new: ast.stmt) -> tuple[int, int]:
    """The pair (statements less, statements) of a loop or a branch without a part of what it did.

    What came in its place counts, `continue` and the like do not.
    """
    if isinstance(old, DEFINITIONS) or not hasattr(old, "body"):
        return 0, 0
    went, came = (Counter(label_of(node) for node in _doing(one)) for one in (old, new))
    shared = went & came
    return max(0, (went - shared).total() - (came - shared).total()), went.total()


def _doing(statement: ast.stmt) -> Iterator[ast.stmt]:
    """The statements inside that do something by themselves."""
    idle = (ast.Pass, ast.Continue, ast.Break)
    for node in ast.walk(statement):
        if isinstance(node, ast.stmt) and not hasattr(node, "body") and not isinstance(node, idle):
            yield node


def _moved(both: Alignment, went: Sequence[Statement], came: Sequence[Statement]) -> int:
    """Count the removed statements that have a version in another place."""
    loose = {both.new[at].label for at in both.added} - {one.label for one in came}
    held = frozenset().union(*(one.inner_keys for one in both.new))
    return sum(one.label in loose or one.key in held for one in went)


def loss_of_lines(before: str, after: str) -> Loss:
    """Count the lines lost, of text that is not parsed here."""
    old, new = (code_lines(text) for text in (before, after))
    removed = len(old) - len(new)
    return Loss((), (), removed, len(old), "line") if removed > 0 else NO_LOSS


def code_lines(source: str) -> Sequence[str]:
    """The lines that are neither blank nor comments, in any language of notebooks."""
    return [line.strip() for line in source.split("\n") if re.match(r"\s*(?!#|//|--|%[^%])\S", line)]

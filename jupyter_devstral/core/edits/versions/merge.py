"""Merging of a fragment into the cell that it is a part of, where its place is certain."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ...python.source import parse_cell
from .alignment import Alignment, aligned
from .fragment import is_preparation
from .inner_places import LIKE, Patch, below_decorators, body_of, column_of, indented, patches_inside
from .likeness import likeness
from .loss import loss_of, removed_from_body
from .statements import Statement, imported_names, statements_of, text_of


def merged(before: str, after: str, *, made_elsewhere: frozenset[str] = frozenset()) -> str | None:
    """Return `before` with the fragment `after` in its place; None where no place is certain.

    Only those statements of `before` are replaced of which `after` holds another version.
    """
    both = aligned(before, after)
    if both is None:
        return _with_line(before, after)
    patches = _patches(_without_renamings(both), made_elsewhere)
    if patches is None:
        return None
    source = _patched(before, patches)
    loss = loss_of(before, source)
    # A loop shown without most of its body is no version of it.
    cut = any(removed_from_body(both.old[both.pairs[at]].node, both.new[at].node)[0] for at in both.changed)
    is_less = bool(loss.removed and (loss.names or cut))
    return source if parse_cell(source) is not None and not is_less else None


def _without_renamings(both: Alignment, *, most_uses: int = 1) -> Alignment:
    """Treat a new name beside one that is in use as an addition, however alike the statements are.

    `most_uses`: how often a name that may be replaced occurs in the old source, its definition included.
    """
    words = Counter(re.findall(r"\w+", both.before))
    pairs = {
        at: was
        for at, was in both.pairs.items()
        if both.new[at].names == both.old[was].names
        or both.old[was].key in both.new[at].inner_keys
        or all(words[name] <= most_uses for name in both.old[was].names - both.new[at].names)
    }
    return replace(both, pairs=pairs)


def _patches(both: Alignment, made_elsewhere: frozenset[str]) -> list[Patch] | None:
    loose = [both.new[at] for at in both.added if not both.new[at].says_nothing]
    imports = [one for one in loose if one.is_import or (one.is_magic and not both.pairs)]
    rest = [at for at in both.added if both.new[at] in loose and both.new[at] not in imports]
    patches = _imports(both, imports)
    if patches is None or any(one.shares_line for one in both.new):
        return None
    if is_preparation(both, made_elsewhere):
        if not _shares_imports(both, imports):
            # In their own order: what stands between two imports may be for the second.
            return [_at_top(both, loose)]
        return [*patches, _at_top(both, [both.new[at] for at in rest])]
    versions = [_version(both, at) for at in both.changed]
    placed = _placed(both, rest) if both.pairs else patches_inside(both, rest)
    if placed is None or None in versions:
        return None
    return [*patches, *(one for one in versions if one is not None), *placed]


# Imports


def _imports(both: Alignment, imports: Sequence[Statement]) -> list[Patch] | None:
    """Place each import where the same names were imported, else at the top; None where that is unclear."""
    patches, above = [], []
    olds = [one for one in both.old if one.is_import]
    for one in imports:
        names = imported_names(one.node)
        same = [old for old in olds if names and not names.isdisjoint(imported_names(old.node))]
        if not same:
            above.append(one)
        elif all(_gives(old.node) >= _gives(one.node) for old in same):
            continue
        elif len(same) == 1 and imported_names(same[0].node) <= names and not same[0].shares_line:
            patches.append(Patch(same[0].first, same[0].end, _lines(both.after, one)))
        else:
            return None
    return [*patches, *([_at_top(both, above)] if above else [])]


def _shares_imports(both: Alignment, imports: Sequence[Statement]) -> bool:
    """Whether the cell imports a name, too, that one of them does."""
    own = {name for one in both.old for name in imported_names(one.node)}
    return any(not own.isdisjoint(imported_names(one.node)) for one in imports)


def _gives(node: ast.stmt) -> frozenset[tuple[str, str, str]]:
    """The triples (module, name, bound as) of everything that an import imports."""
    if not isinstance(node, (ast.Import, ast.ImportFrom)):
        return frozenset()
    module = f"{'.' * node.level}{node.module or ''}" if isinstance(node, ast.ImportFrom) else ""
    return frozenset((module, alias.name, alias.asname or "") for alias in node.names)


def _at_top(both: Alignment, statements: Sequence[Statement]) -> Patch:
    """Place lines above the code of the cell, below comments, IPython lines, docstring and first imports."""
    line = 0
    head = True
    for one in both.old:
        head = head and (one.is_magic or one.is_import or _is_docstring(one))
        if not head:
            line = max(line, one.first)
            break
        line = one.end
    lines = [text for one in statements for text in _lines(both.after, one)]
    return Patch(line, line, tuple(lines))


def _is_docstring(one: Statement) -> bool:
    return one.says_nothing and not isinstance(one.node, ast.Pass)


# Statements beside their neighbours


def _version(both: Alignment, at: int) -> Patch | None:
    """Replace a statement with its new version."""
    old, new = both.old[both.pairs[at]], both.new[at]
    if old.shares_line:
        return None
    if isinstance(old.node, ast.ClassDef) and isinstance(new.node, ast.ClassDef):
        return _class_version(both, old, new)
    comments = [line for line in _comments_above(both.after, new) if line not in both.before.split("\n")]
    first = below_decorators(old, new)
    return Patch(first, old.end, (*comments, *_lines(both.after, new)))


def _class_version(both: Alignment, old: Statement, new: Statement) -> Patch | None:
    """Put the members of `new` into the class as it is. Members that `new` does not show stay."""
    source, width = text_of(both.before, old), column_of(old.node)
    inner_old, inner_new = (
        body_of(text_of(text, one)) for text, one in ((both.before, old), (both.after, new))
    )
    if inner_old is None or inner_new is None:
        return None
    inside = aligned(inner_old[1], inner_new[1])
    if inside is None:
        return None
    inside = _without_renamings(inside, most_uses=0)
    if not inside.dropped:
        return Patch(below_decorators(old, new), old.end, _lines(both.after, new))
    patches = [_version(inside, at) for at in inside.changed]
    placed = _placed(inside, inside.added) if inside.pairs else _at_head(inside)
    if placed is None or None in patches:
        return None
    body = _patched(inner_old[1], [*(one for one in patches if one is not None), *placed])
    lines = [*source.split("\n")[: inner_old[0]], *indented(body, " " * width)]
    return Patch(old.first, old.end, tuple(lines))


def _at_head(both: Alignment) -> list[Patch] | None:
    """Place plain assignments before the first member of a class."""
    new = [both.new[at] for at in both.added]
    if not new or not all(isinstance(one.node, (ast.Assign, ast.AnnAssign)) for one in new):
        return None
    line = next((one.first for one in both.old if not one.says_nothing), 0)
    return [Patch(line, line, tuple(text for one in new for text in _lines(both.after, one)))]


def _placed(both: Alignment, added: Sequence[int]) -> list[Patch] | None:
    """Place new statements after the one they follow, else before the one they precede."""
    patches = []
    for at in added:
        one = both.new[at]
        before = max((other for other in both.pairs if other < at), default=-1)
        behind = min((other for other in both.pairs if other > at), default=-1)
        if before >= 0:
            line = both.old[both.pairs[before]].end
        elif behind >= 0:
            line = both.old[both.pairs[behind]].first
        else:
            return None
        gap = ("", "") if one.is_definition and before >= 0 else ()
        tail = ("", "") if one.is_definition and before < 0 else ()
        patches.append(
            Patch(line, line, (*gap, *_comments_above(both.after, one), *_lines(both.after, one), *tail))
        )
    return patches


# Text


def _with_line(before: str, after: str) -> str | None:
    """Put a single line in the place of the one line like it, in a cell that does not parse."""
    new = [line for line in after.split("\n") if line.strip()]
    lines = before.split("\n")
    if len(new) != 1 or not any(line.strip() for line in lines):
        return None
    like = sorted(
        ((likeness(line, new[0]), at) for at, line in enumerate(lines) if line.strip()), reverse=True
    )
    if like[0][0] < LIKE or (len(like) > 1 and like[1][0] >= LIKE):
        return None
    at = like[0][1]
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    source = "\n".join([*lines[:at], indent + new[0].strip(), *lines[at + 1 :]])
    return source if statements_of(after) is None or parse_cell(source) is not None else None


def _lines(source: str, one: Statement) -> tuple[str, ...]:
    return tuple(source.split("\n")[one.first : one.end])


def _comments_above(source: str, one: Statement) -> tuple[str, ...]:
    """The comment lines that touch a statement from above."""
    lines = source.split("\n")
    first = one.first
    while first > 0 and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return tuple(lines[first : one.first])


def _patched(source: str, patches: Sequence[Patch]) -> str:
    """Apply all patches at once; those of one place in their order."""
    lines = source.split("\n")
    order = sorted(range(len(patches)), key=lambda at: (patches[at].first, patches[at].end, at))
    for at in reversed(order):
        one = patches[at]
        lines[one.first : one.end] = one.lines
    return "\n".join(lines)

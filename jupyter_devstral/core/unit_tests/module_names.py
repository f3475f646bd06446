"""Modules that a reply makes up for the notebook's code: `from your_module import clip`.

A notebook is no module, and its code is where the tests are. Pure: reads text and gives text; what can be
imported the caller knows.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator

_Import = ast.Import | ast.ImportFrom
# Where names of the notebook are patched by text.
_MAIN = "__main__"


def without_module_names(
    source: str, targets: Collection[str], known: Collection[str], is_module: Callable[[str], bool]
) -> tuple[str, tuple[str, ...]]:
    """Take out each import that can only mean the notebook, and name what was taken out.

    Such an import is of a target, or of something of the notebook from a module that is not there; what is
    read from that module is then read from the notebook, also where it is patched by its name.

    Args:
        targets: what the tests are for; no import may take their place.
        known: names of the notebook.
        is_module: whether there is a module of this name, a dotted one included.

    Raises SyntaxError where the source is no Python.
    """
    tree = ast.parse(source)
    made_up = {*_made_up(tree, source, {*targets, *known}, is_module)}
    texts: list[tuple[ast.stmt | ast.expr, str]] = []
    dropped: dict[str, None] = {}
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        gone = [one for one in node.names if _means_the_notebook(node, one, targets, made_up)]
        if gone:
            dropped.update(dict.fromkeys(f"`{_shown(node, one)}`" for one in gone))
            texts.append((node, _left(node, gone) or "pass"))
        if isinstance(node, ast.Import):
            names.update({one.asname or one.name: one.name for one in gone})
    if not dropped:
        return source, ()
    lines = _Lines(source)
    references = [(node, node.attr) for node in _attributes(tree) if ast.unparse(node.value) in names]
    for place, text in sorted([*texts, *references], key=lambda one: _position(one[0]), reverse=True):
        lines.replace(place, text)
    return _patched(lines.text, made_up), tuple(dropped)


def _made_up(
    tree: ast.Module, source: str, known: Collection[str], is_module: Callable[[str], bool]
) -> Iterator[str]:
    """Find modules that do not exist, but hold something of the notebook."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module, names = _module(node), {one.name for one in node.names}
            if node.level or (not is_module(module) and not names.isdisjoint({*known, "*"})):
                yield module
        elif isinstance(node, ast.Import):
            for one in node.names:
                bound = one.asname or one.name
                read = {each.attr for each in _attributes(tree) if ast.unparse(each.value) == bound}
                read.update(re.findall(rf"[\"']{re.escape(one.name)}\.(\w+)", source))
                if not is_module(one.name) and not read.isdisjoint(known):
                    yield one.name


def _means_the_notebook(
    node: _Import, one: ast.alias, targets: Collection[str], made_up: Collection[str]
) -> bool:
    if isinstance(node, ast.Import):
        return one.name in made_up
    return _module(node) in made_up or (one.asname or one.name) in targets


def _left(node: _Import, gone: Collection[ast.alias]) -> str:
    """Write what is left of an import, and what other names it gives to the notebook's."""
    kept = [one for one in node.names if one not in gone]
    parts = []
    if isinstance(node, ast.ImportFrom):
        parts = [f"{one.asname} = {one.name}" for one in gone if one.asname and one.asname != one.name]
    if kept:
        whole = (
            ast.Import(kept)
            if isinstance(node, ast.Import)
            else ast.ImportFrom(node.module, kept, node.level)
        )
        parts.insert(0, ast.unparse(whole))
    return "; ".join(parts)


def _patched(text: str, made_up: Collection[str]) -> str:
    for name in made_up:
        text = re.sub(rf"""(["']){re.escape(name)}\.(?=\w+(?:\.\w+)*\1)""", rf"\g<1>{_MAIN}.", text)
    return text


def _shown(node: _Import, one: ast.alias) -> str:
    return one.name if isinstance(node, ast.Import) else f"{_module(node)}: {one.name}"


def _module(node: ast.ImportFrom) -> str:
    return "." * node.level + (node.module or "")


def _attributes(tree: ast.Module) -> Iterator[ast.Attribute]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))


def _position(node: ast.stmt | ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


class _Lines:
    """A text in which nodes of its tree are replaced, the last first."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")

    @property
    def text(self) -> str:
        """The whole text."""
        return "\n".join(self._lines)

    def replace(self, node: ast.stmt | ast.expr, text: str) -> None:
        """Put other text where the node stands."""
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        # The tree counts bytes.
        before = self._lines[first].encode()[: node.col_offset].decode()
        after = self._lines[last].encode()[node.end_col_offset :].decode()
        # A line of its own at the top level may be empty.
        whole = text != "pass" or before or after.strip()
        self._lines[first : last + 1] = [before + text + after] if whole else [""]

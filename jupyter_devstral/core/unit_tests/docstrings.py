"""Examples in docstrings, read from a reply and put into the cells of what they are about.

Pure: reads text and gives text. Of a reply only the docstrings are taken, never its code.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Collection, Mapping, Sequence

from ..edits.edit import Edit
from ..notebook.cells import Notebook
from ..python.source import Definition, defines_the_same, definitions_of
from .question import defining_cell

_BLANK_LINES = re.compile(r"\n{3,}")


def docstrings_of(blocks: Sequence[str], targets: Collection[str]) -> dict[str, str]:
    """Read the docstrings with examples that a reply gives the targets, as `inspect.getdoc` would."""
    found: dict[str, str] = {}
    for block in blocks:
        for name, node in definitions_of(block).items():
            text = ast.get_docstring(node)
            if name in targets and text and examples_in(text):
                found[name] = text
    return found


def examples_in(docstring: str) -> list[tuple[str, str, slice]]:
    """List source, expected output ("" for none) and lines of each example; empty where doctest refuses."""
    # Heavy: it imports pdb.
    import doctest

    try:
        examples = doctest.DocTestParser().get_examples(docstring)
    except ValueError:
        return []
    found = []
    for one in examples:
        wanted = one.want or (one.exc_msg or "")
        lines = one.source.count("\n") + one.want.count("\n")
        found.append((one.source, wanted, slice(one.lineno, one.lineno + lines)))
    return found


def without_examples(docstring: str, numbers: Collection[int]) -> str:
    """Take these examples, counted from 0, out of a docstring."""
    lines = docstring.split("\n")
    for _, _, place in reversed([one for at, one in enumerate(examples_in(docstring)) if at in numbers]):
        del lines[place]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def docstring_edits(
    docstrings: Mapping[str, str], sources: Mapping[str, str], notebook: Notebook
) -> tuple[tuple[Edit, ...], list[str]]:
    """Make an edit for each cell that gets docstrings, and a sentence for each docstring without a cell.

    Args:
        docstrings: by the name of what they are about.
        sources: what the live definitions look like, by name.
    """
    changed: dict[str, tuple[str, str]] = {}
    notes = []
    for name, docstring in docstrings.items():
        cell = defining_cell(name, notebook)
        if cell is None:
            notes.append(f"No cell defines `{name}`: its examples are not put anywhere.")
            continue
        before, source = changed.get(cell.key, (cell.source, cell.source))
        if not defines_the_same(name, sources[name], before):
            notes.append(f"The cell of `{name}` has changed since it ran: its examples are not put into it.")
            continue
        written = with_docstring(source, name, docstring)
        if written is None:
            notes.append(f"The examples of `{name}` do not fit into its cell.")
            continue
        changed[cell.key] = (before, written)
    return tuple(Edit("replace", key, before, after) for key, (before, after) in changed.items()), notes


def with_docstring(source: str, name: str, docstring: str) -> str | None:
    """Put examples into the docstring of `name` in a cell; None where they do not fit.

    A docstring that is there stays, and gets the examples that it does not have.
    """
    node = definitions_of(source).get(name)
    if node is None or node.body[0].lineno == node.lineno:
        return None
    there = ast.get_docstring(node)
    text = _joined(there, docstring) if there else docstring
    lines = source.split("\n")
    first = node.body[0]
    begin = first.lineno - 1
    indent = lines[begin][: first.col_offset]
    if not indent.isspace():
        return None
    literal = _literal(text, indent)
    end = (first.end_lineno or first.lineno) if there else begin
    lines[begin:end] = literal.split("\n")
    written = "\n".join(lines)
    # Nothing but the docstring may be another.
    fresh = definitions_of(written).get(name)
    same = fresh is not None and _without_docstring(fresh) == _without_docstring(node)
    return written if same and fresh is not None and ast.get_docstring(fresh) == text.strip() else None


def _joined(there: str, docstring: str) -> str:
    known = {source for source, _, _ in examples_in(there)}
    lines = docstring.split("\n")
    new = ["\n".join(lines[place]) for source, _, place in examples_in(docstring) if source not in known]
    return "\n\n".join([there, "\n".join(new)]) if new else there


def _literal(text: str, indent: str) -> str:
    raw = "r" if "\\" in text else ""
    body = textwrap.indent(text.strip(), indent).lstrip()
    return f'{indent}{raw}"""{body}\n{indent}"""'


def _without_docstring(node: Definition) -> str:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return ast.dump(type(node)(**{**dict(ast.iter_fields(node)), "body": body}))

"""The sentences that users see, read from the sources: a list, and a check of pages that quote them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging

from jupyter_devstral.core import errors

from .markdown import text

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "jupyter_devstral"
PAGES = ROOT / "labextension" / "src"
# What stands in a sentence for whatever is filled in.
BLANK = "…"
_MARK = "<!-- checked: headings are sentences of the code -->"
_HEADING = re.compile(r"^### (.+)$", re.MULTILINE)
# Ends of sentences, which others begin: "The route 'x': key is …".
_PART = re.compile(r"(?:is|has|cannot) ")
_TRANSLATED = re.compile(r"\b_?trans\.(?:__|_n)\(\s*'((?:[^'\\]|\\.)*)'(?:,\s*'((?:[^'\\]|\\.)*)')?")
_log = logging.getLogger(__name__)


def check_headings(app: Sphinx, name: str, source: list[str]) -> None:
    """Warn of a heading that no part of the code says; a warning ends the build."""
    if _MARK not in source[0]:
        return
    for heading in _HEADING.findall(source[0]):
        if not is_said(heading):
            _log.warning("the code says nowhere: %s", heading, location=name)


def is_said(sentence: str) -> bool:
    """Whether the sources hold it, blanks standing for what is filled in."""
    wanted = _plain(sentence)
    return any(wanted in said for said in _said())


@lru_cache(maxsize=1)
def _said() -> tuple[str, ...]:
    found = [said for path in sorted(PACKAGE.rglob("*.py")) for said in _texts(_tree(path))]
    for path in sorted(PAGES.rglob("*.ts*")):
        for forms in _TRANSLATED.findall(path.read_text(encoding="utf-8")):
            found += [re.sub(r"%\d", BLANK, form.replace("\\'", "'")) for form in forms if form]
    return tuple(_plain(one) for one in found)


@lru_cache(maxsize=512)
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _texts(tree: ast.Module) -> Iterator[str]:
    """Every text of a module but docstrings, whole where it is put together from parts."""
    documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    named = _constants(tree)
    for node in ast.walk(tree):
        if id(node) not in documents and (words := template(node, named)):
            yield words


def _constants(tree: ast.Module) -> Mapping[str, str]:
    """The texts that a module has given a name."""
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = template(node.value, found)
    return found


def template(node: ast.AST, named: Mapping[str, str]) -> str:
    """A text with blanks for what is filled in; "" for what is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.Name):
        return named.get(node.id, "")
    if isinstance(node, ast.JoinedStr):
        return "".join(template(part, named) or BLANK for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return template(node.value, named) if isinstance(node.value, ast.Name) else BLANK
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return "".join(template(part, named) or BLANK for part in (node.left, node.right))
    return ""


def _plain(words: str) -> str:
    """Words as they are compared: blanks that follow each other are one, and `{!r}` and %1 are blanks."""
    words = re.sub(r"\{\w*(?:![rs])?\}", BLANK, words)
    return re.sub(f"{BLANK}+", BLANK, " ".join(words.split()))


def all_sentences() -> str:
    """Every error that is raised or returned by its class, in the order of the classes."""
    found = sentences_by_class()
    parts = []
    for name, about in _classes().items():
        if found.get(name):
            listed = "\n".join(f"- {text(said)}" for said in sorted(found[name]))
            parts.append(f"## {name}\n\n{text(about)}\n\n{listed}")
    return "\n\n".join(parts)


def _classes() -> dict[str, str]:
    """The classes of errors, each with the first sentence of its docstring."""
    kinds = [
        one
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, errors.DevstralError)
    ]
    return {kind.__name__: (kind.__doc__ or "").split("\n\n")[0] for kind in kinds}


def sentences_by_class() -> dict[str, set[str]]:
    """The sentences by the name of the class that they are given to."""
    found: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        named = _constants(_tree(path))
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _classes():
                words = [template(argument, named) for argument in node.args]
                # Where the problem is put together elsewhere, the next step alone says nothing.
                if words and len(words[0].replace(BLANK, "").split()) > 2 and not _PART.match(words[0]):
                    found.setdefault(node.func.id, set()).add(_plain(" ".join(words)))
    return found

"""The sentences that stand in the package's source, with %1, %2 … for what is filled in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from jupyter_devstral.core import errors

PACKAGE = Path(__file__).parents[2] / "jupyter_devstral"
# Whose words no page shows, and why.
ELSEWHERE = {
    "a terminal": ("cli/", "embedded/", "core/doctor", "core/unit_tests/export", "core/edits/application"),
    "magics answer in English: what they say is stored in the notebook": ("magics/",),
    "the model": (
        "core/agent/conversation",
        "core/agent/loose_json",
        "core/agent/opening",
        "core/agent/reading",
        "core/agent/results",
        "core/agent/tool",
        "core/agent/calls",
        "core/context/",
        "core/failure/",
        "core/prompt/",
        "core/second_attempt",
        "core/unit_tests/docstrings",
        "core/unit_tests/question",
        "core/variables/",
        "kernel/rehearsal/outputs",
    ),
    "an administrator, or `doctor`": (
        "core/model/ollama/examination",
        "core/model/openai/examination",
        "session/audit/action_log",
        "session/diagnosis",
        "session/privacy",
    ),
    "words that are looked for": (
        "core/completion/",
        "core/edits/versions/statements",
        "core/notebook/own_cells",
        "core/own_packages",
        "core/python/harmless",
        "core/redaction/",
        "core/reply/code_block",
        "core/reply/continuation",
        "core/reply/languages",
        "core/reply/left_out_code",
        "core/reply/loose_code",
        "core/reply/python_evidence",
        "core/reply/thinking",
        "core/reply/trailing_prose",
        "core/text/",
        "kernel/proof/own_pytest",
    ),
    "what is typed, and help for it": ("core/request/", "core/notebook/file"),
    "evals and the start of the server": ("kernel/exam", "server/app"),
}
# An error of ours that these make reaches a page all the same.
_ERRORS_FOR_ALL = ("the model", "an administrator, or `doctor`", "words that are looked for")
_OURS = {name for name, value in vars(errors).items() if isinstance(value, type)} | {"TraitError"}
SHOWN = ("magics/explanation/", "magics/display/insertion", "core/agent/tools/delete_cell")
_PHRASE = re.compile(r"[A-Za-z]{2,} [A-Za-z%`]|[A-Za-z%] [a-z]{2,}")
_SAID_TO_NOBODY = {"compile", "warning", "exception", "debug", "info", "Lazy"}


def sentences() -> dict[str, str]:
    """Each sentence that a page may show, and the module that says it."""
    found: dict[str, str] = {}
    hidden = tuple(prefix for prefixes in ELSEWHERE.values() for prefix in prefixes)
    failing = tuple(prefix for reason in _ERRORS_FOR_ALL for prefix in ELSEWHERE[reason])
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if name.startswith(hidden) and not name.startswith(SHOWN):
            tree = ast.Module(_errors(tree) if name.startswith(failing) else [], [])
        for template in _templates(tree):
            found.setdefault(template, name)
    return found


def _errors(tree: ast.Module) -> list[ast.stmt]:
    """The errors of ours that are made there, each with its words."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [ast.Expr(node) for node in calls if getattr(node.func, "id", "") in _OURS]


def _templates(tree: ast.Module) -> Iterator[str]:
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            skipped.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            skipped.update(map(id, node.values))
        elif isinstance(node, ast.keyword) and node.arg == "help":
            # Of a setting: the pages of the documentation show it, the page of settings has words of its own.
            skipped.update(map(id, ast.walk(node)))
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in _SAID_TO_NOBODY:
            skipped.update(map(id, ast.walk(node)))
    for node in ast.walk(tree):
        if id(node) not in skipped and isinstance(node, (ast.Constant, ast.JoinedStr)):
            template = _template(node).strip("\n")
            # A list of words over several lines is no sentence.
            if _PHRASE.search(template) and "\n    " not in template:
                yield template


def _template(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return _numbered(re.split(r"\{\w*\}", node.value)) if isinstance(node.value, str) else ""
    parts = [""]
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts[-1] += str(part.value)
        else:
            parts.append("")
    return _numbered(parts)


def _numbered(parts: list[str]) -> str:
    return parts[0] + "".join(f"%{at}{part}" for at, part in enumerate(parts[1:], 1))

"""What the prompt of a failure holds, for 49 recorded crashes in a window of 4,096 tokens.

The judge reads the recordings and the text of the prompt, and uses nothing of the product.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.prompts.crash_objects import Facts, namespace, type_name
from benchmarks.replies.gold_fixes import crashes
from benchmarks.row import Row
from jupyter_devstral.core.assistant import Assistant
from jupyter_devstral.core.failure.failure import failure_of_cell
from jupyter_devstral.core.model.ollama.client import OllamaModel
from jupyter_devstral.core.model.window import Window
from jupyter_devstral.core.notebook.cells import Cell, Notebook, Output
from jupyter_devstral.core.prompt.prompt import Prompt
from jupyter_devstral.core.python.source import names_of
from jupyter_devstral.core.request.tasks import Request, Task
from jupyter_devstral.core.settings.config import DevstralConfig
from jupyter_devstral.core.variables.namespace import describe_namespace

WINDOW = 4096
FACTS = ("error", "failing line", "defining cells", "type", "shape or columns")
_WORD = re.compile(r"[^\W\d]\w*")
# What is told by its definition, not by a schema.
_DEFINED = ("function", "module", "type", "method", "ABCMeta", "builtin", "Dispatcher", "Meta")
# Types as a reader knows them, where that is not the class's own name.
_KNOWN_AS = {"ndarray": ("ndarray", "array"), "str": ("str",), "Index": ("Index",)}
_COLUMNS_SEEN = 10


def prompt_of(crash: Facts) -> Prompt:
    """The prompt of the explanation, as the kernel's side would build it behind the crash."""
    error = Output("error", crash["traceback"], ename=crash["ename"], evalue=crash["evalue"])
    cells = [Cell(f"c{n}", n, "code", source) for n, source in enumerate(crash["cells"])]
    failing = Cell(f"c{len(cells)}", len(cells), "code", crash["crashing_cell"], (error,))
    failure = failure_of_cell(failing)
    assert failure is not None
    names = names_of(failing.source)
    variables = describe_namespace(
        namespace(crash), first=[*failure.names, *sorted(names.loads | names.binds)]
    )
    request = Request(
        task=Task.FIX,
        question="",
        notebook=Notebook((*cells, failing)),
        focus=failing,
        target=failing,
        variables=variables,
        failure=failure,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = DevstralConfig()
        assistant = Assistant(config, OllamaModel(config))
        return assistant.prompt(request, window=Window(WINDOW, "configured"))


def judged(crash: Facts, text: str) -> dict[str, bool | None]:
    """For each of FACTS whether it is in `text`; None where the recording has nothing to say about it."""
    names = _names_on_the_line(crash)
    values = {
        name: facts
        for name, facts in crash["variables"].items()
        if name in names and not any(word in type_name(facts) for word in _DEFINED)
    }
    shapes = [_has_shape(name, facts, crash, text) for name, facts in values.items()]
    return {
        "error": _flat(crash["ename"]) in text and _flat(crash["evalue"])[:60] in _flat(text),
        "failing line": _all(_flat(line) in _flat(text) for line in crash["failing_lines"]),
        "defining cells": _all(_defines(name, crash, text) for name in names),
        "type": _all(_has_type(name, facts, text) for name, facts in values.items()),
        "shape or columns": _all(known for known in shapes if known is not None),
    }


def results(shared: Path) -> Iterator[tuple[str, dict[str, bool | None], int]]:
    """Crash, what its prompt holds, its tokens."""
    for crash in crashes(shared):
        prompt = prompt_of(crash)
        text = "\n".join(message.content for message in prompt.messages)
        yield crash["id"], judged(crash, text), prompt.tokens


def run(shared: Path | None) -> list[Row]:
    """Needs the shared data."""
    bar = "≥ 97 % all five"
    if shared is None:
        return [Row("crash prompts: five facts", "", "", bar, None)]
    found = list(results(shared))
    whole = sum(all(known is not False for known in facts.values()) for _, facts, _ in found)
    parts = ", ".join(
        f"{name} {sum(facts[name] is True for _, facts, _ in found)}"
        f"/{sum(facts[name] is not None for _, facts, _ in found)}"
        for name in FACTS
    )
    measured = f"{whole} of {len(found)} crashes ({whole / len(found):.1%})"
    return [
        Row("crash prompts hold all five facts, window 4k", measured, parts, bar, whole >= 0.97 * len(found))
    ]


def _names_on_the_line(crash: Facts) -> list[str]:
    words = [word for line in crash["failing_lines"] for word in _WORD.findall(line)]
    return [name for name in dict.fromkeys(words) if name in crash["variables"]]


def _defines(name: str, crash: Facts, text: str) -> bool | None:
    """Whether the line that binds the name last, before the crash, is there."""
    at = crash["defined_in"].get(name)
    if at is None:
        return None
    line = _binding_line(crash["cells"][at], name)
    return None if line is None else _flat(line) in _flat(text)


def _binding_line(source: str, name: str) -> str | None:
    """The first line of the last statement that binds the name."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    lines, found = source.split("\n"), None
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            binds = node.name == name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            binds = any((alias.asname or alias.name).partition(".")[0] == name for alias in node.names)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For, ast.With)):
            binds = any(isinstance(part, ast.Name) and part.id == name for part in _targets(node))
        else:
            continue
        if binds:
            found = lines[node.lineno - 1]
    return found


def _targets(node: Any) -> Iterator[ast.AST]:
    if isinstance(node, ast.With):
        places = [item.optional_vars for item in node.items if item.optional_vars]
    else:
        places = node.targets if isinstance(node, ast.Assign) else [node.target]
    for place in places:
        yield from (part for part in ast.walk(place) if isinstance(getattr(part, "ctx", None), ast.Store))


def _has_type(name: str, facts: Facts, text: str) -> bool:
    short = type_name(facts).rpartition(".")[2]
    told = [line for line in text.split("\n") if re.match(rf"{re.escape(name)}\b.{{0,3}}: ", line)]
    words = _KNOWN_AS.get(short, (short,))
    if any(word.lower() in line.lower() for line in told for word in words):
        return True
    # A value that its own cell spells out needs no schema.
    return short in ("int", "str", "list", "tuple", "dict", "float") and bool(
        re.search(rf"^{re.escape(name)} = [\[\(\{{\"'\d-]", text, re.MULTILINE)
    )


def _has_shape(name: str, facts: Facts, crash: Facts, text: str) -> bool | None:
    """Shape, length or columns, where they were recorded; of many columns those that matter and ten more."""
    block = _block(name, text)
    if facts.get("shape"):
        numbers = re.sub(r"(?<=\d),(?=\d)", "", block.split("\n")[0])
        if not all(re.search(rf"\b{size}\b", numbers) for size in facts["shape"]):
            return False
        columns: Mapping[str, Any] = facts.get("per_column") or {}
        spoken = crash["crashing_cell"] + crash["evalue"]
        wanted = [column for column in columns if re.search(rf"\b{re.escape(column)}\b", spoken)]
        return all(column in block for column in wanted) and sum(
            column in block for column in columns
        ) >= min(len(columns), _COLUMNS_SEEN)
    if "length" in facts and type_name(facts) in ("list", "dict", "tuple"):
        literal = re.search(rf"^{re.escape(name)} = [\[\(\{{]", text, re.MULTILINE)
        return bool(literal) or bool(re.search(rf"\b{facts['length']}\b", block.replace(",", "")))
    return None


def _block(name: str, text: str) -> str:
    """The description of a variable: its line, and the indented ones below it."""
    found = re.search(rf"^{re.escape(name)}: .*(?:\n  .*)*", text, re.MULTILINE)
    return found[0] if found else ""


def _all(known: Iterator[bool | None]) -> bool | None:
    values = [value for value in known if value is not None]
    return all(values) if values else None


def _flat(text: str) -> str:
    return " ".join(text.split())

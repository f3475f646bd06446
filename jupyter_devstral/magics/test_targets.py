"""What `%devstral test NAME…` is to test: functions and classes of the namespace, with their source."""

from __future__ import annotations

import ast
import builtins
import difflib
import importlib.util
import inspect
import linecache
import textwrap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython

from ..core.errors import UsageError
from ..core.python_source import DEFINITIONS, definitions_of
from ..core.tasks import Attachment
from ..core.test_request import (
    PROPERTIES,
    argument_names,
    cells_of_targets,
    form_of,
    leading_names,
    question_for_tests,
)
from ..core.test_source import is_test_name
from .test_proof import plain_function

if TYPE_CHECKING:
    from ..core.command_line import Command
    from ..core.notebook import Notebook
    from ..core.tasks import Request
    from .session import Session

_NO_SOURCE = (
    "`{}` has no Python source that can be read (it is compiled, or made by other code), so its tests could "
    "not be proven. Wrap it in a function of the notebook, and test that."
)


@dataclass(frozen=True)
class Target:
    """A definition to test; `source` is that of the live object, dedented."""

    name: str
    source: str


def request_for_tests(session: Session, command: Command, scope: str) -> tuple[Request, tuple[Target, ...]]:
    """The request, and the definitions that its tests are for: those named, else those of the cell.

    Raises `UsageError` for a name that cannot be tested, and what any request raises.
    """
    namespace, form = session.ip.user_ns, form_of(command)
    targets, rest = named_targets(command.text, namespace, form)
    names = [target.name for target in targets]
    command = replace(command, text=question_for_tests(names, rest, form))
    at, unseen = cells_of_targets(names, session.context.notebook())
    if command.cell is None and at is not None:
        command = replace(command, cell=str(at.index))
    if not targets:
        cell = session.context.target(command)
        targets = defined_targets(cell.source, namespace) if cell and cell.kind == "code" else ()
    examples = _examples([target.name for target in targets], session.context.notebook(), namespace)
    command = replace(command, variables=(*command.variables, *examples))
    attached = tuple(Attachment("file", one.name, one.source) for one in targets if one.name in unseen)
    return replace(session.context.request(command, scope=scope), attachments=attached), targets


def _examples(names: list[str], notebook: Notebook, namespace: dict[str, Any]) -> list[str]:
    """Variables that the targets are called with, as far as they are there to be described."""
    return [
        name
        for name in argument_names(names, notebook)
        if name in namespace and not _can_be_tested(namespace[name])
    ]


def named_targets(text: str, namespace: dict[str, Any], form: str) -> tuple[tuple[Target, ...], str]:
    """The functions and classes that the text begins with, and what else it says.

    Raises `UsageError` for a name that cannot be tested.
    """
    if form == PROPERTIES and importlib.util.find_spec("hypothesis") is None:
        raise UsageError("--properties needs hypothesis: `%pip install hypothesis`, then ask again.")
    names, rest = _named(text, namespace)
    return tuple(Target(name, _source_of(name, namespace[name])) for name in names), rest


def defined_targets(source: str, namespace: dict[str, Any]) -> tuple[Target, ...]:
    """What a cell defines and the kernel has."""
    found = [(name, definition_source(namespace.get(name))) for name in _names_defined_by(source)]
    return tuple(Target(name, source) for name, source in found if source)


def _named(text: str, namespace: dict[str, Any]) -> tuple[list[str], str]:
    names, rest = leading_names(text, lambda name: _can_be_tested(namespace.get(name)))
    word = text.strip()
    if not names and word.isidentifier():
        if inspect.isroutine(getattr(builtins, word, None)) and word not in namespace:
            raise UsageError(_NO_SOURCE.format(word))
        if word in namespace:
            raise UsageError(f"`{word}` is no function and no class: there is nothing to call in a test.")
        known = [name for name, value in namespace.items() if name[:1] != "_" and _can_be_tested(value)]
        close = difflib.get_close_matches(word, known, 1)
        if close:
            raise UsageError(f"There is no function {word!r}. Did you mean {close[0]}?")
    return names, rest


def _can_be_tested(value: object) -> bool:
    return inspect.isroutine(value) or inspect.isclass(value) or plain_function(value) is not None


def _source_of(name: str, value: object) -> str:
    source = definition_source(value)
    if source is None:
        raise UsageError(_NO_SOURCE.format(name))
    try:
        node = ast.parse(source).body[0]
    except (SyntaxError, IndexError):
        node = None
    if not isinstance(node, DEFINITIONS):
        raise UsageError(f"`{name}` is a lambda inside an expression: give it a `def`, and test that.")
    return source


def definition_source(value: object) -> str | None:
    """The source of a function or class as it is now, dedented; None where there is none."""
    found = value if inspect.isclass(value) else plain_function(value)
    if found is None:
        return None
    try:
        return textwrap.dedent(inspect.getsource(found))
    except (OSError, TypeError):
        return _class_source(found) if inspect.isclass(found) else None


def _class_source(cls: type) -> str | None:
    """A class of a cell: `inspect` looks for a module's file, its methods know the cell's.

    One without methods is the last of its name that a cell has defined.
    """
    members = [plain_function(cls, (name,)) for name in vars(cls)]
    files = dict.fromkeys(member.__code__.co_filename for member in members if member is not None)
    if cls.__module__ == "__main__":
        # IPython's own table, from a cell's file to its execution count; without it (it is private) none.
        counts: dict[str, int] = getattr(getattr(get_ipython(), "compile", None), "_filename_map", {})
        files.update(dict.fromkeys(sorted(counts, key=lambda file: counts[file], reverse=True)))
    for file in files:
        text = "".join(linecache.getlines(file))
        node = definitions_of(text).get(cls.__name__)
        if isinstance(node, ast.ClassDef):
            return ast.get_source_segment(text, node)
    return None


def undefined_in(source: str, namespace: dict[str, Any]) -> list[str]:
    """The functions and classes that a cell would define, and that the kernel does not have."""
    return [name for name in _names_defined_by(source) if name not in namespace]


def _names_defined_by(source: str) -> list[str]:
    """Functions and classes at the top level of a cell; tests are not tested."""
    return [name for name in definitions_of(source) if not is_test_name(name)]

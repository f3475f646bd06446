"""Cells as Python: IPython's own syntax removed, and the names that a cell binds and reads.

Nothing here runs code or raises, whatever the text is.
"""

from __future__ import annotations

import ast
import inspect
import keyword
import re
import warnings
from dataclasses import dataclass
from functools import lru_cache

from ..notebook.own_cells import tests_in_cell
from ..text.lazy_pattern import LazyPattern
from .name_scopes import read_names

# Cell magics whose body is Python that runs in the user's namespace.
PYTHON_BODIES = {"time", "timeit", "capture", "prun", "memit", "mprun", "lprun", "snakeviz", "pyinstrument"}
_CELL_MAGIC = LazyPattern(r"\s*%%(\w+)[ \t]*([^\n]*)\n?")
_LINE_MAGIC = LazyPattern(r"(?P<indent>\s*)(?P<target>[\w., \t]+=\s*)?[%!]{1,2}(?P<name>\w*)(?P<rest>.*)")
_TIMED = LazyPattern(r"(?:\s+-\w+(?:\s+\d+)?)*\s+(?P<code>[^\s-].*)")
_HELP = LazyPattern(r"(\s*)(?:\?{1,2}\S.*|%?[\w.*]+\?{1,2})\s*")
_IPYTHON_MARK = LazyPattern(r"^\s*(?:[%!?/,;]|>>>|In \[)|\?\s*$|=\s*[%!]", re.MULTILINE)
_WORD = LazyPattern(r"(?<![\w.])[^\W\d]\w*")
_BINDING = LazyPattern(
    r"^(?:(?:async )?def|class)[ \t]+(?P<def>\w+)"
    r"|^(?:import|from)[ \t].*?(?P<import>\w+)[ \t]*$"
    r"|^(?P<targets>[^\W\d]\w*(?:[ \t]*,[ \t]*[^\W\d]\w*)*)[ \t]*(?::[^=\n]+)?(?:<-|=(?!=))",
    re.MULTILINE,
)
_QUOTED = LazyPattern(r"'''.*?'''|\"\"\".*?\"\"\"|'[^'\n]*'|\"[^\"\n]*\"|#[^\n]*", re.DOTALL)
# Group 1 is the name that `%xdel` deletes; `%reset` deletes all names.
_DELETING_MAGIC = LazyPattern(r"^\s*%(?:xdel[ \t]+(?:-n[ \t]+)?(\w+)|reset\b(?!_))", re.MULTILINE)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True)
class NamesUse:
    """The names a cell uses at module level.

    Attributes:
        binds: names the cell leaves bound (assignments, imports, definitions, loop variables …).
        loads: names the cell reads, also inside functions, that it has not bound itself before.
        within: names bound only inside its functions, classes and comprehensions.
    """

    binds: frozenset[str]
    loads: frozenset[str]
    within: frozenset[str] = frozenset()


def to_python(source: str) -> str:
    """The cell as plain Python, as IPython would run it: magics, `!shell` and `name?` become calls."""
    if _parsed(source) is not None:
        return source
    try:
        from IPython.core.inputtransformer2 import TransformerManager
    except ImportError:
        return without_ipython_syntax(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return str(TransformerManager().transform_cell(source))  # type: ignore[no-untyped-call]
    except (SyntaxError, ValueError, RecursionError, RuntimeError, IndexError):
        # IndexError: seen from its tokenizer-based passes on text that is not Python at all.
        return source


@dataclass(frozen=True)
class SyntaxFault:
    """Where and why a cell does not parse; `str` gives "line 3: invalid syntax"."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


def parses(source: str) -> SyntaxFault | None:
    """Check a cell's syntax; None when it is right."""
    if parse_cell(source) is not None:
        return None
    if (
        not _CELL_MAGIC.match(source)
        and _IPYTHON_MARK.search(source)
        and _parsed(to_python(source)) is not None
    ):
        return None
    exact = without_ipython_syntax(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(exact)
    except SyntaxError as error:
        return SyntaxFault(error.lineno or 1, error.msg)
    except (ValueError, RecursionError, MemoryError) as error:
        return SyntaxFault(1, str(error))
    return None


@lru_cache(maxsize=8192)
def names_of(source: str) -> NamesUse:
    """The names a cell binds and reads; guessed from its words where it does not parse."""
    tree = _parsed_exactly(source)
    if tree is None and _IPYTHON_MARK.search(source):
        tree = _parsed(to_python(source))
    if tree is None:
        return _guessed_names(source)
    try:
        binds, loads, within = read_names(tree)
    except RecursionError:
        return _guessed_names(source)
    return NamesUse(frozenset(binds), frozenset(loads), frozenset(within))


def mentioned_names(source: str) -> frozenset[str]:
    """Every plain name in the cell, including those it binds itself and its functions' local names."""
    tree = parse_cell(source)
    if tree is None:
        names = _guessed_names(source)
        return names.binds | names.loads
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


@lru_cache(maxsize=256)  # trees are large, and only the cells in question are asked for
def deletes(source: str, name: str) -> bool:
    """Tell whether the cell removes `name` from the namespace, by `del` or by IPython's magics for that."""
    if any(found[1] in (None, name) for found in _DELETING_MAGIC.finditer(source)):
        return True
    tree = parse_cell(source) if "del" in source else None
    waiting: list[ast.AST] = [tree] if tree else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del) and node.id == name:
            return True
        # A `del` inside a function or class removes its own names.
        waiting += [
            child
            for child in ast.iter_child_nodes(node)
            if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda))
        ]
    return False


def awaits(source: str) -> bool:
    """Tell whether the cell awaits outside of functions."""
    tree = parse_cell(source)
    if tree is None:
        return False
    try:
        code = compile(tree, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return bool(code.co_flags & inspect.CO_COROUTINE)


def definitions_of(source: str) -> dict[str, Definition]:
    """The top-level functions and classes of a cell by name, the last of each."""
    tree = parse_cell(source)
    nodes = tree.body if tree else []
    return {node.name: node for node in nodes if isinstance(node, DEFINITIONS)}


def defines_the_same(name: str, source: str, other: str) -> bool:
    """Tell whether two texts define a name in the same way, but for comments and spacing."""
    one, two = definitions_of(source).get(name), definitions_of(other).get(name)
    return one is not None and two is not None and ast.dump(one) == ast.dump(two)


def parse_cell(source: str) -> ast.Module | None:
    """The syntax tree of a cell with the line numbers of its source; None where it does not parse."""
    return _parsed_exactly(source)


def without_ipython_syntax(source: str) -> str:
    """The cell's Python, line for line. Syntax that only IPython understands becomes `pass` or `None`.

    Cell magics that do not hold Python leave nothing. Unlike IPython's own transformer, this keeps every line
    where it is, sees through `%time x = f()`, and imports nothing.
    """
    magic = _CELL_MAGIC.match(source)
    if magic and magic[1] not in PYTHON_BODIES and tests_in_cell(source) is None:
        return ""
    if magic:
        captured = magic[2].split()[-1:] if magic[1] == "capture" else []
        binding = f"{captured[0]} = None" if captured and captured[0].isidentifier() else ""
        source = "\n" * source[: magic.start(1)].count("\n") + binding + "\n" + source[magic.end() :]
    lines: list[str] = []
    continued = False
    for line in _dedented(source.split("\n")):
        found = None if continued else _LINE_MAGIC.fullmatch(line)
        if continued:
            lines.append("")
            continued = line.rstrip().endswith("\\")
        elif found:
            lines.append(_line_magic_as_python(found))
            continued = line.rstrip().endswith("\\")
        else:
            lines.append(_HELP.sub(r"\1pass", line) if _HELP.fullmatch(line) else line)
    return "\n".join(lines)


def _line_magic_as_python(found: re.Match[str]) -> str:
    indent, target = found["indent"], found["target"]
    if target:
        return f"{indent}{target.strip()} None"
    timed = _TIMED.fullmatch(found["rest"]) if found["name"] in ("time", "timeit") else None
    return indent + (timed["code"] if timed else "pass")


def _dedented(lines: list[str]) -> list[str]:
    """Dedent a cell that is indented as a whole, as IPython does."""
    first = next((line for line in lines if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip())]
    if not indent or any(line.strip() and not line.startswith(indent) for line in lines):
        return lines
    return [line[len(indent) :] for line in lines]


def _parsed_exactly(source: str) -> ast.Module | None:
    tree = _parsed(source)
    return tree if tree is not None else _parsed(without_ipython_syntax(source))


def _parsed(source: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            # An invalid escape such as "\d" in a user's string is not for us to warn about.
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except _UNPARSABLE:
        return None


def _guessed_names(source: str) -> NamesUse:
    text = _QUOTED.sub(" ", without_ipython_syntax(source))
    binds: set[str] = set()
    rest: list[str] = []
    at = 0
    for found in _BINDING.finditer(text):
        group = found.lastgroup or "targets"
        binds.update(_WORD.findall(found[group]))
        rest.append(text[at : found.start(group)])
        at = found.end(group)
    rest.append(text[at:])
    loads = {word for word in _WORD.findall(" ".join(rest)) if not keyword.iskeyword(word)}
    return NamesUse(binds=frozenset(binds), loads=frozenset(loads))

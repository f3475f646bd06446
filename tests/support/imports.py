"""Who imports whom in a tree of sources, Python or TypeScript, and the cycles in that."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

Graph = Mapping[str, set[str]]

# `import … from`, `export … from`, with `type` or without; bare `import './x'`; `import('./x')`.
_TYPESCRIPT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*(['"])(?P<path>\.{1,2}/[^'"]*|\.{1,2})\1""")


def python_imports(root: Path) -> dict[str, set[str]]:
    """Map every module of the package at `root` to the modules of it that it imports, wherever it does.

    Imports inside functions and under TYPE_CHECKING count. A package is named for its `__init__.py`.
    """
    files = {_module_name(path, root): path for path in sorted(root.rglob("*.py"))}
    return {name: set(_imported(name, path, files)) - {name} for name, path in files.items()}


def typescript_imports(root: Path) -> dict[str, set[str]]:
    """Map every `.ts` and `.tsx` file below `root` to those that it imports, `import type` included."""
    files = {_stem(path, root): path for path in sorted(root.rglob("*.ts*"))}
    return {name: set(_relative_paths(path, root)) & set(files) for name, path in files.items()}


def cycles(graph: Graph) -> list[list[str]]:
    """The sets of modules that reach one another, each in the order of the alphabet (Tarjan's algorithm)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        number[module] = lowest[module] = len(number)
        open_.append(module)
        for target in sorted(graph[module] & graph.keys()):
            if target not in number:
                visit(target)
                lowest[module] = min(lowest[module], lowest[target])
            elif target in open_:
                lowest[module] = min(lowest[module], number[target])
        if lowest[module] == number[module]:
            ring = [open_.pop()]
            while ring[-1] != module:
                ring.append(open_.pop())
            if len(ring) > 1:
                found.append(sorted(ring))

    for module in sorted(graph):
        if module not in number:
            visit(module)
    return sorted(found)


def _imported(name: str, path: Path, files: Mapping[str, Path]) -> Iterator[str]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in files)
        elif isinstance(node, ast.ImportFrom):
            source = _absolute(node, package)
            named = (f"{source}.{alias.name}" for alias in node.names)
            yield from {each if each in files else source for each in named} & files.keys()


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    above = parts[: len(parts) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])


def _module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _relative_paths(path: Path, root: Path) -> Iterator[str]:
    for match in _TYPESCRIPT.finditer(path.read_text(encoding="utf-8")):
        target = (path.parent / match["path"]).resolve()
        if target.is_relative_to(root.resolve()):
            yield target.relative_to(root.resolve()).as_posix()
            yield (target / "index").relative_to(root.resolve()).as_posix()


def _stem(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix().removesuffix(path.suffix)

"""The shape of the house: no ring of imports, no crowded folder, tests where their modules are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.imports import cycles, python_imports, typescript_imports

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "jupyter_devstral"
TYPESCRIPT = ROOT / "labextension" / "src"
MODULES_IN_A_FOLDER = 15
# Not counted: they hold no code of their own, or pytest asks for their name.
UNCOUNTED = {"__init__.py", "conftest.py"}
# What IPython and jupyter_server call lies in the package itself, and imports where it is called.
HOOKS = {"jupyter_devstral.magics.extension", "jupyter_devstral.server.app"}
# Tests of the whole: of the page, and of the command with a real model.
OF_THE_WHOLE = {"browser", "end_to_end"}


def test_no_python_module_imports_itself_through_others() -> None:
    graph = python_imports(PACKAGE)
    assert graph["jupyter_devstral"] == HOOKS
    graph["jupyter_devstral"] = set()
    assert cycles(graph) == []


@pytest.mark.skipif(not TYPESCRIPT.is_dir(), reason="the sources of the JupyterLab half are not here")
def test_no_typescript_module_imports_itself_through_others() -> None:
    graph = typescript_imports(TYPESCRIPT)
    assert graph["index"], "the reader of imports finds none"
    assert cycles(graph) == []


@pytest.mark.parametrize("name", ["jupyter_devstral", "labextension/src", "tests", "benchmarks"])
def test_no_folder_is_crowded(name: str) -> None:
    folders = [ROOT / name, *(path for path in (ROOT / name).rglob("*") if path.is_dir())]
    counts = {str(folder.relative_to(ROOT)): len(list(_modules(folder))) for folder in folders}
    assert sum(counts.values()), "no module was counted"
    assert {folder: count for folder, count in counts.items() if count > MODULES_IN_A_FOLDER} == {}


def test_tests_lie_where_their_modules_are() -> None:
    tests = [path.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")]
    inside = [path for path in tests if len(path.parts) > 1 and path.parts[0] not in OF_THE_WHOLE]
    assert len(inside) > len(tests) / 2
    assert [str(path) for path in inside if not _has_module(PACKAGE / path.parent, path.stem)] == []


def _modules(folder: Path) -> Iterator[Path]:
    files = (path for path in folder.iterdir() if path.suffix in {".py", ".ts", ".tsx"})
    return (path for path in files if path.name not in UNCOUNTED)


def _has_module(folder: Path, test: str) -> bool:
    """Whether `test_<module>` or `test_<module>_<aspect>` names a module of the folder."""
    words = test.removeprefix("test_").split("_")
    stems = ("_".join(words[:count]) for count in range(1, len(words) + 1))
    return any((folder / f"{stem}.py").is_file() for stem in stems)


def _write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    "line",
    [
        "from .b import x",
        "from . import b",
        "import p.b",
        "from p import b",
        "from ..p.b import x",
        "def f():\n    from .b import x",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .b import x",
    ],
)
def test_a_ring_of_python_modules_is_seen(tmp_path: Path, line: str) -> None:
    files = {"p/__init__.py": "", "p/a.py": line, "p/b.py": "from .c.d import y", "p/c/__init__.py": ""}
    root = _write(tmp_path, files | {"p/c/d.py": "from ..a import f", "p/e.py": "from . import a"})
    assert cycles(python_imports(root / "p")) == [["p.a", "p.b", "p.c.d"]]


@pytest.mark.parametrize(
    "line",
    [
        "import { x } from './b';",
        "import type { X } from './b';",
        "import {\n  x,\n  y\n} from './b';",
        "export * from './b';",
        "const b = await import('./b');",
        "let x: import('./b').X;",
        "import './b';",
    ],
)
def test_a_ring_of_typescript_modules_is_seen(tmp_path: Path, line: str) -> None:
    files = {"a.ts": line, "b.tsx": "import { y } from './c/d';", "c/d.ts": "import * as a from '../a';"}
    root = _write(tmp_path, files | {"e.ts": "import { a } from './a';"})
    assert cycles(typescript_imports(root)) == [["a", "b", "c/d"]]

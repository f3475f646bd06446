"""The tree of the sources: every folder and module, with the first sentence that it says about itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

from .markdown import code, table, text

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "jupyter_devstral"
PAGES = ROOT / "labextension" / "src"
_COMMENT = re.compile(r"\s*/\*\*\s*(.*?)\s*\*/", re.DOTALL)


def package_tree() -> str:
    """The Python half."""
    return _folders(PACKAGE, ".py", _python_says)


def page_tree() -> str:
    """The TypeScript half; nothing where its sources are not."""
    return _folders(PAGES, ".ts*", _typescript_says)


def _folders(top: Path, ending: str, says: Callable[[Path], str]) -> str:
    parts = []
    for folder in [top, *sorted(path for path in top.rglob("*") if path.is_dir())]:
        files = [path for path in sorted(folder.glob(f"*{ending}")) if path.name != "__init__.py"]
        if not files or folder.name in ("__pycache__", "_lab"):
            continue
        about = says(folder / "__init__.py") if (folder / "__init__.py").is_file() else ""
        rows = [(code(path.name), text(says(path))) for path in files]
        heading = f"### {code(f'{folder.relative_to(ROOT)}/')}"
        parts += [heading, text(about), table(("module", "what it is"), rows)]
    return "\n\n".join(filter(None, parts))


def _python_says(path: Path) -> str:
    return _first_sentence(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")


def _typescript_says(path: Path) -> str:
    comment = _COMMENT.match(path.read_text(encoding="utf-8"))
    return _first_sentence(re.sub(r"(?:^|\n)\s*\*", "\n", comment[1])) if comment else ""


def _first_sentence(words: str) -> str:
    paragraph = " ".join(words.strip().split("\n\n")[0].split())
    return re.split(r"(?<=[a-z`)\"…]{2}\.) (?=[A-Z`])", paragraph)[0]

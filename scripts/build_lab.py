"""Builds the JupyterLab half into jupyter_devstral/_lab when its sources are newer, or says why it does not.

Called by the build hook (`pip install .`) and by Make. Needs Node.js, and `jlpm` from jupyter-builder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "labextension"
OUTPUT = ROOT / "jupyter_devstral" / "_lab"
# The oldest Node.js that the bundler runs on.
NODE_MAJOR = 20


def build(*, quiet: bool = False) -> str:
    """Build what is out of date. Returns "" when the output is there, else one sentence that says why not."""
    if is_fresh():
        return ""
    if not (SOURCES / "package.json").is_file():
        return "" if is_built() else "its sources are not here"
    why_not = missing_tool()
    if why_not:
        return "" if is_built() else why_not
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    # Yarn takes a CI for a reason to print every package.
    output = subprocess.PIPE if quiet else None
    for command in (["install", "--immutable"], ["build:prod"]):
        done = subprocess.run(
            [_jlpm(), *command],
            cwd=SOURCES,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"jlpm {' '.join(command)} failed in {SOURCES.name}/:\n{done.stdout or ''}")
    # The bundler leaves files alone that did not change.
    (OUTPUT / "package.json").touch()
    return ""


def is_built() -> bool:
    return (OUTPUT / "package.json").is_file() and (OUTPUT / "static" / "style.js").is_file()


def is_fresh() -> bool:
    """Whether the output is newer than everything it is made from."""
    if not is_built():
        return False
    made = (OUTPUT / "package.json").stat().st_mtime
    return all(path.stat().st_mtime <= made for path in _inputs())


def missing_tool() -> str:
    """What is needed for a build and not here, as the end of a sentence; "" when all is here."""
    node = shutil.which("node")
    if node is None:
        return "there is no Node.js (`node`) on the PATH"
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    major = version.lstrip("v").split(".")[0]
    if not major.isdigit() or int(major) < NODE_MAJOR:
        return f"Node.js {NODE_MAJOR} or newer is needed, `node` is {version or 'not working'}"
    return "" if _jlpm() else "there is no `jlpm` (it comes with jupyter-builder)"


def _jlpm() -> str:
    beside = Path(sys.executable).parent / "jlpm"
    return str(beside) if beside.is_file() else shutil.which("jlpm") or ""


def _inputs() -> Iterator[Path]:
    for folder in ("src", "style", "schema"):
        yield from (path for path in (SOURCES / folder).rglob("*") if path.is_file())
    for name in ("package.json", "yarn.lock", "tsconfig.json", ".yarnrc.yml", "bundler.config.cjs"):
        if (SOURCES / name).is_file():
            yield SOURCES / name


if __name__ == "__main__":
    reason = build(quiet="--quiet" in sys.argv)
    if reason:
        print(f"The JupyterLab half was not built: {reason}. Magics and command line work without it.")

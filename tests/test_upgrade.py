"""An installation of the old layout that is upgraded: nothing of it is left to be imported."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import venv
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from tests.support.guard.sitecustomize import unguarded
from tests.support.sweeps import SOAK

ROOT = Path(__file__).parents[1]
# It was in the package until the package got rooms.
OLD_MODULE = "jupyter_devstral/core/ollama.py"


@pytest.mark.skipif(not SOAK, reason="two wheels are built: in `make soak` only")
def test_an_upgrade_from_the_old_layout_leaves_no_module_behind(tmp_path: Path) -> None:
    old = build(unpacked(revision_before_the_move(), tmp_path / "old"), tmp_path / "old-wheel")
    new = build(ROOT, tmp_path / "new-wheel")
    python = empty_environment(tmp_path / "environment")
    install(python, old)
    [package] = tmp_path.glob("environment/lib/python*/site-packages/jupyter_devstral")
    assert (package / "core" / "ollama.py").is_file()
    install(python, new)
    assert files_of(package) == {
        name for name in zipfile.ZipFile(new).namelist() if name.startswith("jupyter_devstral/")
    }
    # A folder without a module can still be imported.
    assert [path for path in package.rglob("*") if path.is_dir() and not any(path.iterdir())] == []
    for compiled in package.rglob("*.pyc"):
        assert (compiled.parents[1] / f"{compiled.name.partition('.')[0]}.py").is_file(), compiled


def revision_before_the_move() -> str:
    moved = subprocess.run(
        ["git", "rev-list", "-1", "HEAD", "--", OLD_MODULE], cwd=ROOT, capture_output=True, text=True
    )
    if not moved.stdout.strip():
        pytest.skip("the history of this checkout does not reach back to the old layout")
    return f"{moved.stdout.strip()}^"


def unpacked(revision: str, folder: Path) -> Path:
    archive = subprocess.run(["git", "archive", revision], cwd=ROOT, capture_output=True)
    if archive.returncode:
        pytest.skip("the history of this checkout does not reach back to the old layout")
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as files:
        files.extractall(folder)
    return folder


def build(source: Path, folder: Path) -> Path:
    """The wheel of a tree; without a PATH there is no Node.js, and the JupyterLab half is not built anew."""
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True, env={**unguarded(), "PATH": ""})
    [wheel] = folder.glob("*.whl")
    return wheel


def empty_environment(folder: Path) -> Path:
    venv.create(folder)
    return next(
        path for path in (folder / "bin" / "python", folder / "Scripts" / "python.exe") if path.exists()
    )


def install(python: Path, wheel: Path) -> None:
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", str(wheel)]
    subprocess.run(command, check=True, capture_output=True, env=unguarded())


def files_of(package: Path) -> set[str]:
    """What is installed but for compiled code, as a wheel names it."""
    files = (path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(package.parent).as_posix() for path in files}

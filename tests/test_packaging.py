"""What is installed: the JupyterLab half is small and in the wheel, and the server's half is switched on."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from jupyter_devstral import __version__
from tests.support.guard.sitecustomize import unguarded
from tests.support.jupyter.server import labextension

ROOT = Path(__file__).parents[1]
BUNDLE_LIMIT = 90_000


def test_every_file_that_names_the_version_names_the_same() -> None:
    project = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    package = json.loads((ROOT / "labextension" / "package.json").read_text())
    [newest, *_] = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert project is not None
    assert {project[1], package["version"], newest} == {__version__}


@pytest.fixture(scope="module")
def built() -> Path:
    folder = labextension()
    if folder is None:
        pytest.skip("the JupyterLab half was not built (it needs Node.js): python scripts/build_lab.py")
    return folder


def test_the_bundle_is_small(built: Path) -> None:
    scripts = [path for path in (built / "static").rglob("*.js") if "third-party" not in path.name]
    size = sum(len(gzip.compress(path.read_bytes())) for path in scripts)
    print(f"the bundle has {size:,} bytes, gzip")
    assert 1_000 < size <= BUNDLE_LIMIT


def test_the_bundle_calls_what_is_jupyterlabs_by_its_name(built: Path) -> None:
    sources = [path.read_text() for path in (ROOT / "labextension" / "src").rglob("*.ts*")]
    theirs = {name for source in sources for name in re.findall(r"\b(_[a-z]\w+)\?\s*:", source)}
    scripts = "".join(path.read_text() for path in (built / "static").rglob("*.js"))
    assert theirs
    assert [name for name in sorted(theirs) if name not in scripts] == []


def test_the_bundle_tells_nothing_of_the_machine_it_was_built_on(built: Path) -> None:
    for path in built.rglob("*"):
        if path.is_file():
            assert str(ROOT) not in path.read_text(encoding="utf-8", errors="replace"), path
    assert not list(built.rglob("*.map"))


@pytest.mark.timeout(300)
def test_a_wheel_has_both_halves(built: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, env=unguarded())
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        [switch] = [name for name in names if name.endswith("jupyter_server_config.d/jupyter_devstral.json")]
        enabled = json.loads(archive.read(switch))["ServerApp"]["jpserver_extensions"]
    assert enabled == {"jupyter_devstral": True}
    folder = "data/share/jupyter/labextensions/jupyter-devstral/"
    for name in ("package.json", "install.json", "static/style.js"):
        assert any(path.endswith(folder + name) for path in names), name
    for path in ("core/prompt/prompts/chat.md", "locale/fr_FR/LC_MESSAGES/jupyter_devstral.json"):
        assert f"jupyter_devstral/{path}" in names
    assert any(path.endswith(folder + "schemas/jupyter-devstral/plugin.json") for path in names)
    assert not [
        path for path in names if path.startswith(("tests/", "benchmarks/", "docs/", "labextension/"))
    ]

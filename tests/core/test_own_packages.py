"""Our packages in a process whose folder holds files with their names; each case is a process of its own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from jupyter_devstral.core.own_packages import NEEDED

NAMES = (
    "ollama",
    "httpx",
    "httpcore",
    "anyio",
    "idna",
    "h11",
    "certifi",
    "pydantic",
    "typing_extensions",
    "rich",
)
ASK = """
from jupyter_devstral.core.errors import NoServer
from jupyter_devstral.core.model.ollama import connection
try:
    connection.Connection("http://127.0.0.1:9").json("GET", "/api/ps")
except NoServer:
    print("ASKED")
"""


def run(folder: Path, code: str, **environment: str) -> str:
    """What a process prints that has `folder` in front of its path, as a kernel has."""
    root = Path(__file__).parents[2]
    program = "import sys; sys.path.insert(0, '')\n" + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-P", "-c", program]
        if sys.version_info >= (3, 11)
        else [sys.executable, "-c", program],
        cwd=folder,
        env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout + done.stderr


def write(folder: Path, name: str, *, package: bool) -> None:
    text = f"print('RAN {name}'); mine = True\n"
    if package:
        (folder / name).mkdir()
    (folder / (f"{name}/__init__.py" if package else f"{name}.py")).write_text(text)


@pytest.mark.parametrize("package", [False, True], ids=["modules", "packages"])
def test_files_with_our_packages_names_are_never_run_and_stay_importable(
    tmp_path: Path, package: bool
) -> None:
    for name in NAMES:
        write(tmp_path, name, package=package)
    shown = run(tmp_path, ASK)
    assert shown == "ASKED\n"
    every = "; ".join(f"import {name}; assert {name}.mine" for name in NAMES)
    shown = run(tmp_path, ASK + f"{every}")
    assert shown.split("\n")[0] == "ASKED"
    assert shown.count("RAN") == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_users_module_that_was_imported_first_stays_his_and_ours_works(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, package=False)
    shown = run(tmp_path, f"import {name}; assert {name}.mine" + ASK + f"import {name}; assert {name}.mine")
    assert shown == f"RAN {name}\nASKED\n"


IMPORT = """
import httpx, ollama
print(connection.httpx is httpx, connection.ollama.Client is ollama.Client)
private = [name.partition("private.")[2] for name in sys.modules if ".private." in name]
print(sorted({name.partition(".")[0] for name in private}))
"""


def test_only_the_taken_name_is_loaded_a_second_time(tmp_path: Path) -> None:
    write(tmp_path, "idna", package=False)
    assert run(tmp_path, ASK + IMPORT) == "ASKED\nTrue True\n['idna']\n"


@pytest.mark.parametrize("first", ["import httpx, ollama", ""])
def test_without_such_files_every_package_is_one_module(tmp_path: Path, first: str) -> None:
    (tmp_path / "colours.py").write_text("")
    assert run(tmp_path, first + ASK + IMPORT) == "ASKED\nTrue True\n[]\n"


def test_a_real_httpx_that_would_meet_a_users_file_late_is_not_used(tmp_path: Path) -> None:
    write(tmp_path, "httpcore", package=False)
    shown = run(tmp_path, "import httpx\n" + ASK)
    assert shown == "ASKED\n"


def test_a_stand_in_without_a_file_is_not_used(tmp_path: Path) -> None:
    shown = run(tmp_path, "from unittest.mock import MagicMock\nsys.modules['httpx'] = MagicMock()" + ASK)
    assert shown == "ASKED\n"


def test_threads_that_import_theirs_and_ours_at_once_get_what_they_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "httpx", package=False)
    write(tmp_path, "anyio", package=True)
    shown = run(
        tmp_path,
        """
        import threading
        errors = []
        def theirs():
            import anyio, httpx
            errors.extend([] if httpx.mine and anyio.mine else ["theirs"])
        def ours():
            from jupyter_devstral.core.model.ollama import connection
            errors.extend([] if hasattr(connection.httpx, "Client") else ["ours"])
        threads = [threading.Thread(target=one) for one in (ours, theirs, ours, theirs)]
        [one.start() for one in threads], [one.join() for one in threads]
        print(errors)
    """,
    )
    assert shown.endswith("[]\n")
    assert shown.count("RAN") == 2


def test_the_list_of_needed_packages_is_complete(tmp_path: Path) -> None:
    shown = run(
        tmp_path,
        """
        before = set(sys.modules)
        import ollama, httpcore
        roots = {name.partition(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)
        print(*sorted(root for root in roots if not root.startswith("_")))
    """,
    )
    assert set(shown.split()) <= NEEDED

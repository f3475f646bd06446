"""Where policies lie, and the policy that is in force now: all files together, the strictest wins.

Read again when a file changes, and never through Jupyter's own search path: what a user can set in the
environment neither adds a folder nor takes one away.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from functools import reduce
from pathlib import Path

from .policy import Policy, PolicyError, closed, read_policy

FILE = "devstral_policy.json"
# A spawner names one more file by this; it adds to those of the folders, and replaces none.
VARIABLE = "DEVSTRAL_POLICY"

_read: dict[str, tuple[tuple[int, ...], Policy]] = {}


def policy() -> Policy:
    """The policy in force; one without a rule where there is no file. Never raises."""
    return reduce(Policy.and_also, (policy_of(path) for path in policy_files()), Policy())


def policy_files() -> list[Path]:
    """The files that are in force, the named one last, also where that one is missing."""
    found = [path for folder in policy_folders() if _exists(path := folder / FILE)]
    named = os.environ.get(VARIABLE, "")
    return [*found, Path(named)] if named else found


def policy_folders() -> list[Path]:
    """The system's and the environment's Jupyter folders."""
    prefix = Path(sys.prefix) / "etc" / "jupyter"
    if os.name == "nt":
        return [Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData")) / "jupyter", prefix]
    return list(dict.fromkeys([Path("/etc/jupyter"), Path("/usr/local/etc/jupyter"), prefix]))


def can_be_changed(path: Path) -> bool:
    """Whether this user could rewrite or replace a file: it is enforced all the same, but is no lock."""
    return os.access(path, os.W_OK) or os.access(path.parent, os.W_OK)


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        # Something is there that must not be looked at: read, it gives a reason, and closes.
        return True
    return True


def policy_of(path: Path) -> Policy:
    """The policy of one file; a closed one where it cannot be used. Never raises."""
    try:
        state = path.stat()
    except OSError as error:
        return closed(f"The policy {path} cannot be read ({error.strerror}).", str(path))
    key = (state.st_mtime_ns, state.st_size, state.st_ino, state.st_dev)
    kept = _read.get(str(path))
    if kept is not None and kept[0] == key:
        return kept[1]
    found = _read_file(path)
    _read[str(path)] = (key, found)
    return found


def _read_file(path: Path) -> Policy:
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_once)
        return replace(read_policy(data), sources=(str(path),))
    except OSError as error:
        problem = f"The policy {path} cannot be read ({error.strerror})."
    except PolicyError as error:
        problem = f"The policy {path} cannot be used: {error}"
    except (ValueError, RecursionError):
        problem = f"The policy {path} is no JSON."
    return closed(problem, str(path))


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose keys are all different; of two values a reader of JSON keeps one, by its own taste."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise PolicyError("A key stands there twice.")
    return found

"""A project's own rules, `.devstral.md`: foreign text until the user has switched that very text on.

Such a file comes with any repository that is cloned. What is switched on is a path with a hash of what stands
there, kept in the user's data folder and never in a notebook: a file that has changed is off again.
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ..core.errors import UsageError
from ..core.request.tasks import RULES_BYTES, Rules
from ..core.whole_file import write_private

NAME = ".devstral.md"
# Where rules may lie: how the user calls the file there, and its folder.
Place: TypeAlias = tuple[str, Path]

_LONGEST = 65_536
_MOST = 1000
# What no reader sees and a model reads: the user could not have agreed to it. Joiners are no such thing.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    r"\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ue000-\uf8ff"
    r"\U000e0000-\U0010ffff]"
)
_lock = threading.Lock()


@dataclass(frozen=True)
class RulesFile:
    """A file of rules that is there.

    Attributes:
        name: as the user knows it.
        path: with no link in it.
        text: all of it that can be seen; "" with a problem.
        digest: of its bytes.
        is_on: whether the user has switched this text on.
        problem: why it cannot be used, as a sentence; "" where it can.
    """

    name: str
    path: Path
    text: str = ""
    digest: str = ""
    is_on: bool = False
    problem: str = ""

    @property
    def is_cut(self) -> bool:
        """Whether there is more of it than a prompt carries."""
        return len(self.text.encode()) > RULES_BYTES


def rules_files(places: Iterable[Place]) -> list[RulesFile]:
    """The files of rules at these places, each once; nothing where there is none."""
    known = _switched_on()
    found = {file.path: file for file in (_read(name, folder, known) for name, folder in places) if file}
    return list(found.values())


def rules_in_force(files: Iterable[RulesFile]) -> tuple[Rules, ...]:
    """Those that the user has switched on."""
    return tuple(Rules(file.name, file.text) for file in files if file.is_on)


def switch(file: RulesFile, *, on: bool) -> None:
    """Take the text of a file into prompts from now on, or out of them.

    Raises UsageError where it cannot be used, DevstralError where that cannot be kept.
    """
    if on and file.problem:
        raise UsageError(file.problem)
    with _lock:
        keys = _switched_on()
        keys.pop(_key(file.path, file.digest), None)
        if on:
            keys[_key(file.path, file.digest)] = True
        # The oldest come first.
        write_private(store(), json.dumps(list(keys)[-_MOST:]))


def store() -> Path:
    """The file of what this user has switched on."""
    from jupyter_core.paths import jupyter_data_dir

    return Path(jupyter_data_dir()) / "jupyter_devstral" / "rules.json"


def _read(name: str, folder: Path, known: dict[str, bool]) -> RulesFile | None:
    try:
        path = folder.resolve() / NAME
        status = path.lstat()
        # A link of a foreign folder may lead to any file of the user's; reading a pipe would wait for ever.
        if not stat.S_ISREG(status.st_mode):
            return RulesFile(name, path, problem=f"{name} is no ordinary file: it is not read.")
        if status.st_size > _LONGEST:
            return RulesFile(
                name, path, problem=f"{name} is too large to be rules ({status.st_size:,} bytes)."
            )
        with path.open("rb") as opened:
            content = opened.read(_LONGEST)
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        return RulesFile(name, path, problem=f"{name} is not text in UTF-8.")
    # ValueError: a path that no file can have.
    except (OSError, ValueError):
        return None
    text = _UNSEEN.sub("", text.replace("\r\n", "\n"))
    digest = hashlib.sha256(content).hexdigest()
    return RulesFile(name, path, text, digest, _key(path, digest) in known) if text.strip() else None


def _switched_on() -> dict[str, bool]:
    try:
        stored = json.loads(store().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {key: True for key in stored if isinstance(key, str)} if isinstance(stored, list) else {}


def _key(path: Path, digest: str) -> str:
    return hashlib.sha256(f"{path}\0{digest}".encode(errors="surrogateescape")).hexdigest()

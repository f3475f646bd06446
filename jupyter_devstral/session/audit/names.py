"""Names in a log that are content themselves, as hashes: of notebooks, cells, variables and files.

The hash is keyed (HMAC), so that a name cannot be found by trying; the key lies beside the log, for its owner
alone. The same name has the same hash throughout a log.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .chain import not_written

_SINGLE = ("notebook", "cell")
_LISTS = ("cells", "variables", "files")


def hashed_names(entry: Mapping[str, Any], log: Path) -> dict[str, Any]:
    """An entry with hashes in place of its names. Raises NotLogged where there is no key."""
    kept = dict(entry)
    for field in _SINGLE:
        if kept.get(field):
            kept[field] = _hash(kept[field], log)
    if pieces := kept.get("pieces"):
        lists = {field: [_hash(name, log) for name in pieces.get(field, ())] for field in _LISTS}
        kept["pieces"] = {**pieces, **lists}
    return kept


def key_file(log: Path) -> Path:
    """Where the key of a log lies."""
    return log.with_name(f"{log.name}.key")


def _hash(name: str, log: Path) -> str:
    found = hmac.new(_key(log), str(name).encode(errors="replace"), hashlib.sha256)
    return f"hmac:{found.hexdigest()[:32]}"


def _key(log: Path) -> bytes:
    path = key_file(log)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        return bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise not_written(path, OSError(str(error))) from None


def _make(path: Path) -> None:
    """Make a key; of two processes that make one at once, the first is right."""
    made = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(os.urandom(32).hex())
    # Unlike a rename, a link never replaces what is there.
    with contextlib.suppress(FileExistsError):
        os.link(made, path)
    made.unlink()

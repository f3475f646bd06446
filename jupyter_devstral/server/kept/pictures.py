"""Pictures of questions, kept beside their conversation: a file each, which its message names by a key.

What a message holds is read again at each look at its conversation; a picture is read when it is shown or
sent.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...core.whole_file import write_private
from ..notebooks import notebook_key

_ENDING = ".picture"
_KEY = re.compile(r"[0-9a-f]{16}")

Picture = dict[str, str]


class KeptPictures:
    """The pictures of one server root, in the folder of its conversations; blocking, for a thread."""

    def __init__(self, folder: Path, root: str) -> None:
        self._folder = folder
        self._root = root

    def keep(self, path: str, images: Any) -> tuple[list[Picture], list[Picture]]:
        """Keep the pictures of a question: as they are sent, and as its message names them.

        One that is kept already comes as its name, {"mime", "key"}; what is neither, or is gone, is left out.
        """
        whole, named = [], []
        for image in images if isinstance(images, list) else []:
            given = (
                {key: text for key, text in image.items() if isinstance(text, str)}
                if isinstance(image, dict)
                else {}
            )
            picture = given if given.get("data") else self.read(path, given.get("key", ""))
            if picture.get("data"):
                key = hashlib.sha256(picture["data"].encode()).hexdigest()[:16]
                kept = {"mime": picture.get("mime", ""), "data": picture["data"]}
                file = self._file(path, key)
                if not file.exists():
                    write_private(file, json.dumps(kept))
                whole.append(kept)
                named.append({"mime": kept["mime"], "key": key})
        return whole, named

    def read(self, path: str, key: str) -> Picture:
        """The picture with this key; empty where there is none."""
        if not _KEY.fullmatch(key):
            return {}
        try:
            picture = json.loads(self._file(path, key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return (
            {"mime": str(picture.get("mime")), "data": str(picture.get("data"))}
            if isinstance(picture, Mapping)
            else {}
        )

    def rename(self, path: str, new_path: str) -> None:
        """They go where their notebook went."""
        for file in self._files(path):
            file.replace(self._folder / file.name.replace(self._name(path), self._name(new_path)))

    def delete(self, path: str) -> None:
        """Forget those of a notebook."""
        for file in self._files(path):
            with suppress(OSError):
                file.unlink()

    def _name(self, path: str) -> str:
        return notebook_key(self._root, path)

    def _file(self, path: str, key: str) -> Path:
        return self._folder / f"{self._name(path)}.{key}{_ENDING}"

    def _files(self, path: str) -> list[Path]:
        return list(self._folder.glob(f"{self._name(path)}.*{_ENDING}"))

"""The rules of a project as a page is told of them and switches them: never by a path of its own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from ...core.errors import UsageError
from ...session.rules import NAME, Place, RulesFile, rules_files, switch

# How a page names the drive of a notebook that several people edit at once; its files are the server's.
_SHARED = "RTC:"


def root_of(contents: Any) -> str:
    """The server's root folder; "" where its files lie in none."""
    return str(getattr(contents, "root_dir", "") or "")


def rules_of(root: str, path: str) -> list[RulesFile]:
    """The files of rules for a notebook: in the server's root folder, and beside the notebook; blocking."""
    return rules_files(_places(root, path))


def rules_records(files: Iterable[RulesFile]) -> list[dict[str, Any]]:
    """What a page is told of files of rules with every preview; not their words."""
    return [
        {
            "name": file.name,
            "digest": file.digest,
            "is_on": file.is_on,
            "is_cut": file.is_cut,
            "problem": file.problem,
        }
        for file in files
    ]


def switch_rules(root: str, body: dict[str, Any]) -> None:
    """Switch those very words on or off that the page has shown; UsageError where they are others by now."""
    path, name, digest = (body.get(key) for key in ("path", "name", "digest"))
    if not isinstance(path, str) or not isinstance(body.get("is_on"), bool):
        raise UsageError("The request has no path, or no state.")
    file = next((one for one in rules_of(root, path) if one.name == name), None)
    if file is None or file.digest != digest:
        raise UsageError(f"{NAME} has changed meanwhile: look at it again.")
    switch(file, on=body["is_on"])


def _places(root: str, path: str) -> list[Place]:
    parent = PurePosixPath(path.removeprefix(_SHARED).strip("/")).parent
    # Another drive's files are not below the root.
    if not root or any(":" in part for part in parent.parts[:1]):
        return []
    top = Path(root)
    folder = top / parent
    # A link may lead out of what the server shows.
    if not folder.resolve().is_relative_to(top.resolve()):
        return [(NAME, top)]
    return [(NAME, top), (str(parent / NAME), folder)]

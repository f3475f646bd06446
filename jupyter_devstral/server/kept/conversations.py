"""Conversations with notebooks, kept in the user's own data folder: one file for each notebook path.

A notebook has any number of conversations: each message names its `thread`, "" for the first one. A thread is
there as long as it has a message; its title, where the user gave it one, is kept beside the messages.

They hold what the user asked and what was answered, so they are readable by the user alone. An answer that is
arriving has a small file of its own beside its conversation's, with its question: it is written often, and
before the first word, for which a long conversation would take its time. Knows no HTTP.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...core.errors import UsageError
from ...core.whole_file import write_private
from ..notebooks import notebook_key

LIMIT = 2_000_000
# Of one notebook, in characters: the oldest messages go where more is said.
_MOST = 8_000_000
_KEPT = 500
# Ids of messages that were taken away, so that a page which still shows them cannot bring them back.
_REMEMBERED = 2000
_PART = ".part"
# Of such a file: the question, which its conversation may not have yet.
_ASKED = "question"
_TOO_LONG = "This message is too long to be kept: attach less, or ask about a part of it."
# Of a title, and of the question that stands for one, in characters.
_TITLE = 200

Message = dict[str, Any]

# Two requests of one server may be about the same file.
_lock = threading.RLock()


class Conversations:
    """All conversations of one server root; blocking, for a thread."""

    def __init__(self, folder: Path, root: str) -> None:
        self._folder = folder
        self._root = root

    def read(self, path: str) -> list[Message]:
        """The messages about this notebook; none where none are stored, or where they cannot be read."""
        with _lock:
            messages = self._load(path)["messages"]
            parts = [_json(part) for part in self._parts(path)]
        arriving = {
            part.get("id"): {key: value for key, value in part.items() if key != _ASKED} for part in parts
        }
        return [{**one, **arriving.get(one.get("id"), {})} for one in messages]

    def threads(self, path: str) -> list[dict[str, Any]]:
        """The conversations about this notebook, the one last asked in first.

        Each has `id`, `title` ("" where the user gave none), `first` (its first question), `at` (when it was
        last asked in, in milliseconds) and `count` (of its messages).
        """
        with _lock:
            stored = self._load(path)
        found: dict[str, dict[str, Any]] = {}
        for one in stored["messages"]:
            id = thread_of(one)
            empty = {"id": id, "title": stored["titles"].get(id, ""), "first": _question(one), "count": 0}
            thread = found.setdefault(id, empty)
            thread["at"] = _asked_at(one)
            thread["count"] += 1
        return sorted(found.values(), key=lambda thread: -float(thread["at"]))

    def write(self, path: str, messages: Any) -> None:
        """Store exactly these messages; raises UsageError for what is no conversation."""
        _check(messages)
        if not messages:
            return self.delete(path)
        with _lock:
            if len(json.dumps(messages)) > LIMIT:
                raise UsageError("The conversation is too long to be kept: clear it to begin a new one.")
            self._store(path, messages, [], {})
        return None

    def merge(
        self,
        path: str,
        put: Any,
        remove: Sequence[str] = (),
        *,
        restore: bool = False,
        known: bool = False,
        titles: Mapping[str, str] | None = None,
    ) -> None:
        """Put messages beside those that are there, by their ids.

        Args:
            put: messages, or fields of messages that are there; in the order of `at`.
            remove: ids of messages to take away; they stay away.
            restore: whether `put` may bring messages back that were taken away.
            known: leave out messages that are not there.
            titles: of conversations, by their threads; "" takes one away.

        Raises UsageError for what is no list of messages.
        """
        _check(put)
        with _lock:
            stored = self._load(path)
            removed = [*stored["removed"], *(id for id in remove if id not in stored["removed"])]
            if restore:
                back = {one.get("id") for one in put}
                removed = [id for id in removed if id not in back]
            gone = set(removed)
            by_id = {one.get("id", f"?{place}"): one for place, one in enumerate(stored["messages"])}
            for one in put:
                if one.get("id") not in gone and (not known or one.get("id") in by_id):
                    by_id[one.get("id")] = _merged(by_id.get(one.get("id"), {}), one)
            messages = [one for id, one in by_id.items() if id not in gone]
            named = {**stored["titles"], **{id: title[:_TITLE] for id, title in (titles or {}).items()}}
            self._store(path, sorted(messages, key=_asked_at), removed, named)
            for id in remove:
                self._part(path, id).unlink(missing_ok=True)

    def begin(self, path: str, message: Mapping[str, Any]) -> None:
        """Keep a question whose answer begins; raises UsageError for one that is too long."""
        text = json.dumps({"id": message["id"], "state": message.get("state"), _ASKED: message})
        if len(text) > _MOST:
            raise UsageError(_TOO_LONG)
        with _lock:
            write_private(self._part(path, str(message["id"])), text)

    def hold(self, path: str, part: Mapping[str, Any], message: Mapping[str, Any]) -> None:
        """Keep what has arrived of the answer to a question that has begun, and was not taken away since."""
        with _lock:
            file = self._part(path, str(message["id"]))
            if file.exists():
                write_private(file, json.dumps({**part, _ASKED: message}))

    def settle(self, path: str, part: Mapping[str, Any]) -> None:
        """An answer has ended: its message is whole."""
        with _lock:
            self.merge(path, [dict(part)], known=True)
            self._part(path, str(part.get("id"))).unlink(missing_ok=True)

    def rename(self, path: str, new_path: str) -> None:
        """A conversation goes where its notebook went."""
        with _lock:
            for part in self._parts(path):
                os.replace(part, self._folder / part.name.replace(self._name(path), self._name(new_path)))
            with suppress(FileNotFoundError):
                os.replace(self._file(path), self._file(new_path))

    def delete(self, path: str) -> None:
        with _lock:
            for file in (self._file(path), *self._parts(path)):
                file.unlink(missing_ok=True)

    def _load(self, path: str) -> dict[str, Any]:
        stored = _json(self._file(path))
        messages = [one for one in _list(stored.get("messages")) if isinstance(one, dict)]
        removed = [one for one in _list(stored.get("removed")) if isinstance(one, str)]
        titles = stored.get("titles")
        known = {*(one.get("id") for one in messages), *removed}
        # Questions that have begun since it was written.
        asked = (_json(part).get(_ASKED) for part in self._parts(path))
        begun = [one for one in asked if isinstance(one, dict) and one.get("id") not in known]
        return {
            "messages": sorted([*messages, *begun], key=_asked_at) if begun else messages,
            "removed": removed,
            "titles": {id: title for id, title in titles.items() if isinstance(title, str)}
            if isinstance(titles, dict)
            else {},
        }

    def _store(
        self, path: str, messages: list[Message], removed: list[str], titles: Mapping[str, str]
    ) -> None:
        if not messages and not removed:
            return self.delete(path)
        kept = _fitting(messages)
        there = {thread_of(one) for one in kept}
        text = json.dumps(
            {
                "version": 1,
                "path": path,
                "messages": kept,
                "removed": removed[-_REMEMBERED:],
                "titles": {id: title for id, title in titles.items() if title and id in there},
            }
        )
        file = self._file(path)
        is_new = not file.exists()
        write_private(file, text)
        if is_new:
            self._forget_oldest()
        return None

    def _name(self, path: str) -> str:
        return notebook_key(self._root, path)

    def _file(self, path: str) -> Path:
        return self._folder / f"{self._name(path)}.json"

    def _part(self, path: str, id: str) -> Path:
        return self._folder / f"{self._name(path)}.{hashlib.sha256(id.encode()).hexdigest()[:16]}{_PART}"

    def _parts(self, path: str) -> list[Path]:
        return list(self._folder.glob(f"{self._name(path)}.*{_PART}"))

    def _forget_oldest(self) -> None:
        files = sorted(self._folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - _KEPT)]:
            # With what stands beside it.
            for beside in self._folder.glob(f"{file.stem}.*"):
                beside.unlink(missing_ok=True)


def thread_of(message: Mapping[str, Any]) -> str:
    """The conversation that a message belongs to; messages of older versions belong to the first one."""
    thread = message.get("thread")
    return thread if isinstance(thread, str) else ""


def _merged(there: Message, put: Message) -> Message:
    """A message with newer fields; a whole answer stays whole where a page only lost its end.

    What was asked stays what it is: a page knows less of its pictures.
    """
    if there.get("state") == "done" and put.get("state") in ("cut", "failed"):
        return there
    return {**there, **put, **({"asked": there["asked"]} if "asked" in there else {})}


def _question(message: Mapping[str, Any]) -> str:
    asked = message.get("asked")
    typed = asked.get("typed") if isinstance(asked, dict) else ""
    return typed[:_TITLE] if isinstance(typed, str) else ""


def _check(messages: Any) -> None:
    if not isinstance(messages, list) or not all(isinstance(one, dict) for one in messages):
        raise UsageError("A conversation is a list of messages.")


def _fitting(messages: list[Message]) -> list[Message]:
    """The newest messages that fit; raises UsageError where not even the last one does."""
    kept: list[Message] = []
    room = _MOST
    for one in reversed(messages):
        room -= len(json.dumps(one))
        if room < 0:
            break
        kept.insert(0, one)
    if messages and not kept:
        raise UsageError(_TOO_LONG)
    return kept


def _asked_at(message: Mapping[str, Any]) -> float:
    """Milliseconds; messages of older versions have none, and stay before all others."""
    at = message.get("at")
    return float(at) if isinstance(at, (int, float)) and at == at else 0.0


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _json(file: Path) -> dict[str, Any]:
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}

"""The seam to a model server: what the pipeline needs of whatever streams a reply."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from .messages import Chunk, Message
from .window import Window


class Model(Protocol):
    """What a reply needs of a model server."""

    @property
    def name(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def remote_place(self) -> str: ...
    def chat(
        self, messages: Sequence[Message], *, num_predict: int, window: Window | None = None
    ) -> Iterator[Chunk]: ...
    def close(self) -> None: ...
    def phase(self) -> str: ...

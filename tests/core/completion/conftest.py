"""Cursors written as `|` in a cell's text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jupyter_devstral.core.completion.place import Place


@pytest.fixture
def at() -> Callable[..., Place]:
    def place(text: str, **more: Any) -> Place:
        before, _, after = text.partition("|")
        return Place(before + after, len(before), **more)

    return place

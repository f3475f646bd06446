"""`jupyter devstral pull`: a model's download with its progress."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Protocol

from ...core.model.server import PullProgress, Wishes
from ...core.text.typed import typed
from ...session.model_choice import model_server
from ..settings import read_settings
from .models import size_text

# Without a terminal a line for every tenth of a layer is enough.
_STEPS = 10


class _Shown(Protocol):
    def show(self, step: PullProgress) -> None: ...

    def close(self) -> None: ...


def command(arguments: argparse.Namespace) -> int:
    """Download a model; returns 130 where it was interrupted."""
    server = model_server(
        read_settings(arguments.flags), Wishes(model=arguments.model, route=arguments.route), start=False
    )
    shown: _Shown = _Bars() if sys.stderr.isatty() else _Lines()
    try:
        with closing(shown):
            _follow(server.pull(), shown)
    except KeyboardInterrupt:
        server.close()
        again = f"`jupyter devstral pull {typed(arguments.model)}`"
        print(f"\nInterrupted. What has arrived is kept: {again} goes on from there.", file=sys.stderr)
        return 130
    print(f"{arguments.model} is ready.")
    return 0


def _follow(steps: Iterator[PullProgress], shown: _Shown) -> None:
    for step in steps:
        shown.show(step)


class _Bars:
    """One bar for each layer, on a terminal."""

    def __init__(self) -> None:
        self._layer = ""
        self._bar: Any = None

    def show(self, step: PullProgress) -> None:
        from tqdm import tqdm

        if not step.total:
            self.close()
            print(step.status, file=sys.stderr)
            return
        if step.digest != self._layer or self._bar is None:
            self.close()
            self._layer = step.digest
            # What an earlier, interrupted pull left counts as done, not as speed.
            self._bar = tqdm(
                total=step.total, initial=step.completed, unit="B", unit_scale=True, desc=_layer_name(step)
            )
        self._bar.update(step.completed - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class _Lines:
    """A line for every step worth one, where there is no terminal."""

    def __init__(self) -> None:
        self._last: tuple[str, int] = ("", -1)

    def show(self, step: PullProgress) -> None:
        tenth = step.completed * _STEPS // step.total if step.total else -1
        if self._last == (step.digest or step.status, tenth):
            return
        self._last = (step.digest or step.status, tenth)
        share = f": {size_text(step.completed)} of {size_text(step.total)}" if step.total else ""
        print(f"{_layer_name(step) if step.total else step.status}{share}", file=sys.stderr)

    def close(self) -> None:
        pass


def _layer_name(step: PullProgress) -> str:
    return step.digest.removeprefix("sha256:")[:12] or step.status

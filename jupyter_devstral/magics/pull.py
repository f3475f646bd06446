"""Progress of a running download: a widget where a front-end draws widgets, elsewhere a line of text."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, Protocol

from ..core.own_packages import own_module
from ..core.text.amounts import size_text
from ..core.text.markdown import inline_code, prose
from ..core.text.typed import typed
from .display.live_output import output_for, printable, undisturbed
from .notebook.front_end import widgets_work

if TYPE_CHECKING:
    from ..core.model.server import PullProgress
    from .session import ShellSession


class Bar(Protocol):
    """Protocol of a progress bar."""

    def start(self) -> None:
        """Show that the download begins."""
        ...

    def update(self, progress: PullProgress) -> None:
        """Show one step."""
        ...

    def end(self, text: str) -> None:
        """Show how the download ended."""
        ...


class PullRun:
    """A download that `%devstral stop` can end from another thread."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.stopped = False

    def close(self) -> None:
        """End the download."""
        self.stopped = True
        self._model.close()


def pull(session: ShellSession, name: str) -> None:
    """Download a model and show the progress. After an interrupt the server keeps what has arrived."""
    model = session.model()
    name = name or session.config.model
    bar: Bar = WidgetBar(name) if widgets_work(session.ip) else TextBar(session.ip, name)
    run = PullRun(model)
    session.track(run)
    try:
        bar.start()
        _follow(model.pull(name), bar)
    except KeyboardInterrupt:
        run.close()
    except BaseException:
        undisturbed(lambda: bar.end(f"{inline_code(name)} was not pulled."))
        raise
    finally:
        session.untrack(run)
    stopped = f"Stopped. What has arrived is kept: `%devstral pull {typed(name)}` goes on from there."
    undisturbed(lambda: bar.end(stopped if run.stopped else f"{inline_code(name)} is ready."))


def _follow(steps: Iterator[PullProgress], bar: Bar) -> None:
    with closing(steps):  # type: ignore[type-var]
        for step in steps:
            bar.update(step)


class Layers:
    """The bytes of all layers together. The server reports one layer at a time."""

    def __init__(self) -> None:
        self._layers: dict[str, tuple[int, int]] = {}
        self._begin = time.monotonic()
        self._at_begin: int | None = None

    def add(self, progress: PullProgress) -> None:
        """Add one step."""
        if progress.digest and progress.total:
            self._layers[progress.digest] = (progress.completed, progress.total)
            if self._at_begin is None and progress.completed:
                self._at_begin = self.completed

    @property
    def completed(self) -> int:
        """The bytes that have arrived."""
        return sum(completed for completed, _ in self._layers.values())

    @property
    def total(self) -> int:
        """The bytes of all known layers."""
        return sum(total for _, total in self._layers.values())

    @property
    def rate(self) -> float:
        """The bytes per second of this run, without those that were there before."""
        seconds = time.monotonic() - self._begin
        return (self.completed - (self._at_begin or 0)) / seconds if seconds > 0.5 else 0.0


class TextBar:
    """One line of text, updated in place where the front-end can do that."""

    def __init__(self, ip: Any, name: str) -> None:
        self._output = output_for(ip, stepwise=True)
        self._name = name
        self._layers = Layers()

    def start(self) -> None:
        """Show that the download begins."""
        self._output.start(lambda: f"pulling {self._name}")

    def update(self, progress: PullProgress) -> None:
        """Show one step."""
        self._layers.add(progress)
        text = progress_line(self._name, progress.status, self._layers)
        self._output.write(text, lambda: prose(text))

    def end(self, text: str) -> None:
        """Show how the download ended."""
        self._output.finish({"text/markdown": text, "text/plain": text}, text)


class WidgetBar:
    """A bar drawn by tqdm's notebook widget."""

    def __init__(self, name: str) -> None:
        self._layers = Layers()
        self._bar: Any = None
        self._name = name

    def start(self) -> None:
        """Draw the widget."""
        self._bar = own_module("tqdm.notebook").tqdm(
            desc=f"pulling {self._name}", unit="B", unit_scale=True, unit_divisor=1000
        )

    def update(self, progress: PullProgress) -> None:
        """Move the bar."""
        self._layers.add(progress)
        if self._layers.total and self._bar.total != self._layers.total:
            self._bar.reset(total=self._layers.total)
        self._bar.update(self._layers.completed - self._bar.n)
        if not progress.digest:
            self._bar.set_postfix_str(progress.status)

    def end(self, text: str) -> None:
        """Close the bar, and print how the download ended."""
        if self._bar is not None:
            self._bar.set_postfix_str("")
            self._bar.close()
        print(text.replace("`", ""))


def progress_line(name: str, status: str, layers: Layers) -> str:
    """Describe the progress: "pulling devstral-small-2: 42 % of 15.2 GB · 35 MB/s · 4 min left"."""
    if not layers.total:
        return f"{name}: {printable(status)}"
    parts = [f"pulling {name}: {100 * layers.completed // layers.total} % of {size_text(layers.total)}"]
    if layers.rate > 0:
        parts += [f"{size_text(layers.rate)}/s"]
        minutes = (layers.total - layers.completed) / layers.rate / 60
        parts += [f"{minutes:.0f} min left" if minutes >= 1 else f"{minutes * 60:.0f} s left"]
    return " · ".join(parts)

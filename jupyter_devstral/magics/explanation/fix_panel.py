"""Buttons under an explanation where no JupyterLab half draws them: ipywidgets in VS Code, Colab, Notebook.

The place is reserved while the cell runs and filled by updates later; a later display would land in another
cell.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...core.own_packages import own_module
from . import fix_card

if TYPE_CHECKING:
    from ...core.notebook.cells import Cell
    from .fix_card import FixCard

Act = Callable[[str, str], None]


class FixPanel:
    """The buttons of one explanation: its card, and `steps`, the cells to run for its fix."""

    def __init__(self, ip: Any, card: FixCard, steps: Callable[[], Sequence[Cell]], act: Act) -> None:
        self._ip = ip
        self._card = card
        self._steps = steps
        self._act = act
        self._display_id = uuid.uuid4().hex
        self._reserved = False
        self._box: Any = None
        self._output: Any = None

    def reserve(self) -> None:
        """Reserve the place below the explanation; on the thread that runs the cell."""
        if not self._reserved:
            self._reserved = True
            self._publish({"text/plain": "", "text/markdown": ""}, update=False)

    def show(self) -> None:
        """Draw the buttons that make sense now."""
        card = self._card
        buttons = self._buttons()
        if card.state == fix_card.DISMISSED or not buttons:
            if self._box is not None:
                self._box.children = ()
            return
        ipywidgets = own_module("ipywidgets")

        if self._box is None:
            self._output = ipywidgets.Output()
            self._box = ipywidgets.VBox()
            view = {"version_major": 2, "version_minor": 0, "model_id": self._box.model_id}
            self._publish(
                {"application/vnd.jupyter.widget-view+json": view, "text/plain": "", "text/markdown": ""},
                update=True,
            )
        row = []
        for label, act in buttons:
            button = ipywidgets.Button(description=label, layout=ipywidgets.Layout(width="auto"))
            button.on_click(lambda _, act=act: act())
            row.append(button)
        self._box.children = (ipywidgets.HBox(row), self._output)

    def _buttons(self) -> list[tuple[str, Callable[[], None]]]:
        card = self._card
        if card.state == fix_card.OFFER:
            return [("Explain", self._sender("explain"))]
        if card.state != fix_card.DONE or card.reply is None:
            return []
        fix: list[tuple[str, Callable[[], None]]] = []
        if (card.edits or card.rerun) and self._can_run():
            fix = [("Run the fix" if card.edits else "Run again", self._run)]
        if card.edits:
            fix.append(("Copy", self._copy))
        return [*fix, ("Explain more", self._sender("more")), ("Dismiss", self._sender("dismiss"))]

    def _sender(self, action: str) -> Callable[[], None]:
        return lambda: self._act(action, self._card.id)

    def _can_run(self) -> bool:
        """Tell whether a click can run the cells.

        A click is handled inside the kernel's loop, which cannot wait for itself: no cell may await.
        """
        from ...core.python.source import awaits

        return not any(awaits(cell.source) for cell in self._steps())

    def _run(self) -> None:
        """Run what the trial would run, with its output below the buttons. The click is the consent.

        It runs at once: a click comes between two cells, on a thread that runs cells.
        """
        self._output.clear_output()
        with self._output:
            for cell in self._steps():
                if not self._ip.run_cell(cell.source, store_history=True).success:
                    return

    def _copy(self) -> None:
        """Show the corrected source to copy from. A kernel cannot write to the clipboard."""
        ipywidgets = own_module("ipywidgets")

        from ..display.insertion import accepted_cell

        source = accepted_cell(self._card.edits, self._card.name_of)
        area = ipywidgets.Textarea(
            value=source,
            rows=min(20, source.count("\n") + 1),
            description="copy",
            layout=ipywidgets.Layout(width="100%"),
        )
        self._box.children = (self._box.children[0], area, self._output)

    def _publish(self, data: dict[str, Any], *, update: bool) -> None:
        transient = {"display_id": self._display_id}
        self._ip.display_pub.publish(data, metadata={}, transient=transient, update=update)

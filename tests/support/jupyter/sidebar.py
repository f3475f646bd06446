"""The sidebar of a page: asked, and its parts found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.jupyter.server import code, markdown

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.support.jupyter.lab_page import LabPage

CELLS = [
    code("a", "prices = [1, 2]"),
    code("b", "double = [price * 2 for price in prices]"),
    markdown("m", "# Text"),
]
CODE = "Here it is:\n\n```python\ntotal = sum(prices)\ntotal\n```\n"


class Side:
    """The sidebar of a page."""

    def __init__(self, lab: LabPage) -> None:
        self.lab = lab
        self.page = lab.page
        self.panel = lab.page.locator("#jp-devstral-chat")
        self.draft = self.panel.locator(".jp-devstral-draft")
        self.last = self.panel.locator(".jp-devstral-exchange").last

    def open(self, cells: list[dict[str, Any]] = CELLS, **options: Any) -> str:
        name = self.lab.open(cells, **options)
        self.show()
        return name

    def show(self) -> None:
        self.lab.command("jupyter-devstral:open-chat")
        self.draft.wait_for()

    def ask(self, text: str, *, has_receipt: bool = True) -> None:
        """Send it, and wait until the end of its answer is drawn."""
        before = self.exchanges()
        self.draft.fill(text)
        # Completion takes Enter for itself while it is open.
        self.page.keyboard.press("Escape")
        self.draft.press("Enter")
        self.lab.wait_until(lambda: self.exchanges() == before + 1)
        self.lab.wait_until(lambda: self.last.get_attribute("data-state") == "done")
        # What is Markdown in it is drawn a moment later.
        receipt = self.last.locator(".jp-devstral-receipt")
        self.lab.wait_until(lambda: not has_receipt or receipt.inner_text() != "")

    def button(self, action: str) -> Locator:
        return self.panel.locator(f"button[data-action='{action}']")

    def exchanges(self) -> int:
        return self.panel.locator(".jp-devstral-exchange").count()

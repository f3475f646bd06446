"""What cells of a run do to displays of other cells, and to widgets, in a real kernel."""

from __future__ import annotations

import os

import pytest

from tests.server.agent.conftest import run_in, text_of

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")

WIDGETS = "It shows or changes a widget: widgets are live only after you have run the cell yourself."
HANDLE = "handle.update({'text/plain': 'new'}, raw=True)"
OPEN = "comm.create_comm(target_name='jupyter.widget', data={'state': {}})"


def test_a_rehearsed_update_of_a_display_is_told_with_its_cell(begin, jupyter, kernel_id) -> None:
    run_in(jupyter, kernel_id, "handle = display({'text/plain': 'mine'}, raw=True, display_id='of-the-user')")
    run = begin(
        "```python\nown = display({'text/plain': 'a'}, raw=True, display_id='of-the-run')\n```",
        f"```python\n{HANDLE}\nown.update({{'text/plain': 'b'}}, raw=True)\n```",
        "Done.",
    )
    run.end()
    first, second = run.cells
    assert (first["shows"], first["updates"], text_of(first)) == (["of-the-run"], [], "a")
    assert second["updates"] == [
        {"display_id": "of-the-user", "data": {"text/plain": "new"}, "metadata": {}},
        {"display_id": "of-the-run", "data": {"text/plain": "b"}, "metadata": {}},
    ]
    assert second["outputs"] == second["notes"] == []
    run_in(jupyter, kernel_id, "del handle")


def test_what_a_rehearsed_cell_sends_a_widget_goes_nowhere_and_is_said(
    begin, ollama, jupyter, kernel_id
) -> None:
    opens = f"import comm\nstates = []\nwidget = {OPEN}"
    run_in(jupyter, kernel_id, opens)
    sends = "```python\nwidget.send({'method': 'update', 'state': {'value': 5}})\n```"
    other = f"```python\nother = {OPEN}\n```"
    run = begin(sends, other, "```python\nx\n```", "Done.")
    assert run.end()["how"] == "done"
    assert [cell["notes"] for cell in run.cells] == [[["widget", WIDGETS]], [["widget", WIDGETS]], []]
    assert [cell["error"] for cell in run.cells] == ["", "", ""]
    # The kernel has one widget, as before.
    ollama.forget()
    asked = "len(comm.get_comm_manager().comms)"
    run = begin(f"```python\n{asked}\n```", "Done.")
    run.end()
    assert text_of(run.cells[0]) == "1"
    run_in(jupyter, kernel_id, "widget.close()\ndel widget, states")


def test_a_widget_of_ipywidgets_is_rehearsed_as_its_text(begin, ollama, jupyter, kernel_id) -> None:
    pytest.importorskip("ipywidgets")
    run_in(jupyter, kernel_id, "import ipywidgets\nslider = ipywidgets.IntSlider(value=3)")
    run = begin(
        "```python\nslider.value = 7\nslider\n```",
        "```python\nother = ipywidgets.HTML('x')\nother\n```",
        "```python\nslider.value\n```",
        "Done.",
    )
    end = run.end()
    shown, made, value = run.cells
    assert (shown["notes"], made["notes"], value["notes"]) == (
        [["widget", WIDGETS]],
        [["widget", WIDGETS]],
        [],
    )
    assert "IntSlider(value=7" in text_of(shown)
    assert text_of(value) == "7"
    assert end["changes"] == {"new": ["other"], "changed": ["slider"]}
    # The user's own stands where it stood.
    ollama.forget()
    again = begin("```python\nslider.value\n```", "Done.")
    again.end()
    assert text_of(again.cells[0]) == "3"
    run_in(jupyter, kernel_id, "slider.close()\ndel slider")

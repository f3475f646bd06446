"""What cells show elsewhere than below themselves: displays of other cells, and widgets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jupyter_devstral.kernel.rehearsal.rehearsal import Rehearsal

SHOW = "display({'text/plain': 'one'}, raw=True, display_id='shown')"
IMPORT = "from IPython.display import update_display\n"
UPDATE = f"{IMPORT}update_display({{'text/plain': %r}}, raw=True, display_id='shown')"


@pytest.fixture
def rehearsal(bare_ip, tmp_path, monkeypatch) -> Iterator[Rehearsal]:
    monkeypatch.chdir(tmp_path)
    one = Rehearsal(bare_ip)
    # Not whether a copy is sound here: the threads of a test's own process are a library's that works.
    one.start()
    yield one
    one.close()


def test_an_update_of_another_cells_display_is_told_with_its_id(rehearsal) -> None:
    first = rehearsal.run(SHOW)
    assert (first.shows, first.updates) == (("shown",), ())
    second = rehearsal.run(f"{UPDATE % 'two'}\n{UPDATE % 'three'}\nprint('out')")
    assert second.updates == ({"display_id": "shown", "data": {"text/plain": "three"}, "metadata": {}},)
    assert [output["output_type"] for output in second.outputs] == ["stream"]
    # Nothing of it is left for the next one.
    assert rehearsal.run("1").updates == ()


def test_an_update_of_a_cells_own_display_is_none_of_another(rehearsal) -> None:
    step = rehearsal.run(f"{SHOW}\n{UPDATE % 'two'}")
    assert (step.shows, step.updates) == (("shown",), ())
    assert step.outputs[0]["data"] == {"text/plain": "two"}


def test_a_display_that_was_cleared_is_not_shown(rehearsal) -> None:
    assert rehearsal.run(f"{SHOW}\nfrom IPython.display import clear_output\nclear_output()").shows == ()


def test_many_updates_are_told_as_one_a_display_and_not_without_end(rehearsal) -> None:
    many = (
        "for n in range(1000):\n    update_display({'text/plain': 'x' * 9}, raw=True, display_id=str(n % 50))"
    )
    step = rehearsal.run(IMPORT + many)
    assert len(step.updates) == 20
    assert len({one["display_id"] for one in step.updates}) == 20


def test_a_widget_that_is_shown_is_told_of(rehearsal) -> None:
    view = "{'application/vnd.jupyter.widget-view+json': {'model_id': 'm'}, 'text/plain': 'IntSlider()'}"
    assert rehearsal.run(f"display({view}, raw=True)").has_widget is True
    assert rehearsal.run("display({'text/plain': 'x'}, raw=True)").has_widget is False

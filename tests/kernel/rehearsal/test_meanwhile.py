"""What a kernel has done since a moment: cells that ran, by whose they are, and variables that differ."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jupyter_devstral.kernel.rehearsal.meanwhile import Meanwhile, RanCell, Since
from jupyter_devstral.kernel.rehearsal.rehearsal import Rehearsal


@pytest.fixture
def rehearsal(bare_ip, tmp_path, monkeypatch) -> Iterator[Rehearsal]:
    monkeypatch.chdir(tmp_path)
    bare_ip.run_cell("import numpy as np\nx, y, z, items, a = 1, 2, 3, [1], np.zeros(3)", store_history=True)
    one = Rehearsal(bare_ip)
    # Not whether a copy is sound here: the threads of a test's own process are a library's that works.
    one.start()
    yield one
    one.close()


@pytest.fixture
def since(bare_ip, rehearsal) -> Iterator[Since]:
    one = Since(bare_ip, rehearsal.facts(), lambda: "")
    yield one
    one.close()


def test_it_says_what_the_kernel_has_run_and_changed_since(bare_ip, rehearsal, since) -> None:
    assert since.meanwhile() == Meanwhile()
    # What is done in the copy is not the user's.
    rehearsal.run("y = 20\nonly_there = 1")
    assert since.meanwhile() == Meanwhile()
    bare_ip.run_cell("x = 5\nitems.append(2)", store_history=True)
    bare_ip.run_cell("a[0] = 1\nnew = 1\ndel z", store_history=True, cell_id="aaaa")
    # It is known behind the end of the copy, too.
    rehearsal.close()
    said = since.meanwhile()
    assert said.ran == (RanCell("x = 5\nitems.append(2)"), RanCell("a[0] = 1\nnew = 1\ndel z", "aaaa"))
    assert sorted(said.variables) == ["a", "items", "new", "x", "z"]


def test_what_changes_without_a_cell_is_named_too(bare_ip, since) -> None:
    bare_ip.user_ns["items"].append(2)
    assert since.meanwhile() == Meanwhile((), ("items",))


def test_a_copy_that_was_at_work_when_it_was_ended_had_said_enough(bare_ip, rehearsal, since) -> None:
    rehearsal.begin("while True:\n    pass")
    bare_ip.run_cell("x = 5", store_history=True)
    assert since.meanwhile().variables == ("x",)


def test_where_there_can_be_no_fork_now_the_cells_are_named_all_the_same(bare_ip, rehearsal) -> None:
    since = Since(bare_ip, rehearsal.facts(), lambda: "a thread of the user's works")
    bare_ip.run_cell("x = 5", store_history=True, cell_id="aaaa")
    assert since.meanwhile() == Meanwhile((RanCell("x = 5", "aaaa"),), ())
    since.close()


def test_it_listens_no_more_when_it_is_closed(bare_ip, rehearsal) -> None:
    before = list(bare_ip.events.callbacks["post_run_cell"])
    Since(bare_ip, None, lambda: "").close()
    assert bare_ip.events.callbacks["post_run_cell"] == before

"""Rehearsals asked for from outside: a cell is begun once however often it is asked after."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jupyter_devstral.kernel.rehearsal import calls
from tests.support.waiting import eventually


@pytest.fixture
def call(bare_ip, tmp_path, monkeypatch) -> Iterator[Callable[..., dict[str, Any]]]:
    monkeypatch.chdir(tmp_path)
    # The threads of a test's own process are a library's that works.
    monkeypatch.setattr(calls.Rehearsal, "why_not", lambda self, sources=(): "")

    def call(do: str, **fields: Any) -> dict[str, Any]:
        return json.loads(calls.carry_out(bare_ip, json.dumps({"do": do, **fields})))

    yield call
    call("end")


def begun(call: Callable[..., dict[str, Any]], run: str) -> None:
    assert call("begin", seconds=60, memory=2**31, run=run) == {"problem": ""}


def step(number: int, source: str, seconds: float = 30.0, run: str = "one") -> dict[str, Any]:
    return {"run": run, "number": number, "source": source, "allowed": [], "seconds": seconds}


def test_a_cell_is_begun_once_however_often_it_is_asked_after(call, tmp_path) -> None:
    begun(call, "one")
    gate = tmp_path / "gate"
    count = "import os\nn = globals().get('n', 0) + 1"
    source = f"{count}\nwhile not os.path.exists({str(gate)!r}):\n    pass\nn"
    assert call("step", **step(1, source, 0.0)) == {"running": True}
    assert call("step", **step(1, source, 0.0)) == {"running": True}
    # While the copy is at work it says nothing else.
    assert call("changes")["new"] == []
    gate.touch()
    assert eventually(lambda: "running" not in call("step", **step(1, source, 0.2)))
    first = call("step", **step(1, source))
    assert first == call("step", **step(1, source))
    assert first["outputs"][0]["data"]["text/plain"] == "1"
    assert call("changes")["new"] != []


def test_a_copy_that_another_run_left_behind_makes_room(call) -> None:
    begun(call, "one")
    call("step", **step(1, "x = 1"))
    # Asked twice, the copy stays.
    begun(call, "one")
    assert "x" in str(call("describe", names=["x"])["found"])
    begun(call, "two")
    assert call("step", **step(2, "x")) == {"lost": True}
    assert call("step", **step(1, "x", run="two"))["error"].startswith("NameError")
    # Only its own run ends it.
    call("end", run="one")
    assert call("step", **step(2, "1", run="two"))["error"] == ""


def test_a_copy_in_use_is_not_taken_by_a_call_without_a_name(call) -> None:
    begun(call, "one")
    assert call("begin", seconds=60, memory=2**31)["problem"] == "another run is at work in this kernel"


def test_what_the_kernel_did_since_a_run_is_said_behind_its_end_and_that_of_another(call, bare_ip) -> None:
    bare_ip.run_cell("x = 1", store_history=True)
    begun(call, "one:1")
    bare_ip.run_cell("x = 2", store_history=True, cell_id="aaaa")
    begun(call, "two:1")
    call("end", run="two:1")
    bare_ip.run_cell("x = 1", store_history=True)
    assert call("meanwhile", run="one") == {"ran": [["x = 2", "aaaa"], ["x = 1", ""]], "moved": []}
    assert call("meanwhile", run="two") == {"ran": [["x = 1", ""]], "moved": ["x"]}
    assert call("meanwhile", run="three") == {"lost": True}
    # A fresh copy of the run knows it all.
    begun(call, "one:2")
    assert call("meanwhile", run="one") == {"ran": [], "moved": []}


def test_of_many_runs_the_latest_are_remembered(call, bare_ip) -> None:
    before = len(bare_ip.events.callbacks["post_run_cell"])
    for number in range(12):
        begun(call, f"many-{number}:1")
        call("end")
    assert call("meanwhile", run="many-0") == {"lost": True}
    assert call("meanwhile", run="many-11") == {"ran": [], "moved": []}
    assert len(bare_ip.events.callbacks["post_run_cell"]) <= before + 8

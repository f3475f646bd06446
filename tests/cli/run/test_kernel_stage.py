"""A real kernel for one run: its copy shows what it shows itself, and stays apart from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_devstral.cli.run.kernel_stage import KernelStage
from jupyter_devstral.core.agent.steps import Ran


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KernelStage]:
    with KernelStage("python3", tmp_path_factory.mktemp("notebook"), seconds=60) as one:
        one.set_up({}, load=False)
        yield one


def shown(ran: Ran) -> list[object]:
    return [
        {key: value for key, value in output.items() if key not in ("execution_count", "traceback")}
        for output in ran.outputs
    ]


@pytest.mark.parametrize(
    "source",
    [
        "print('a'); import sys; print('b', file=sys.stderr); 'c'",
        "import warnings\nwarnings.warn('careful')",
        "import logging\nlogging.warning('careful')",
        "1/0",
        "display({'text/html': '<b>x</b>', 'text/plain': 'x'}, raw=True)",
        "import asyncio\nawait asyncio.sleep(0)\n'awaited'",
        "%%capture out\nprint(1)",
        "%time 1",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "x = 1;",
        "__file__ if '__file__' in dir() else _",
    ],
)
def test_a_cell_shows_in_the_copy_what_it_shows_for_real(stage: KernelStage, source: str) -> None:
    stage.begin()
    assert stage.problem == ""
    try:
        copied = stage.run(source, ())
    finally:
        stage.end()
    real = stage.run_for_real(source)
    if source.startswith("%time"):
        # How long it took is no part of it.
        assert [output["output_type"] for output in copied.outputs] == ["stream", "execute_result"]
        return
    assert shown(copied) == shown(real)
    assert (copied.error, copied.refused) == (real.error, "")


def test_a_second_run_in_the_same_kernel_waits_for_the_first(stage: KernelStage) -> None:
    stage.begin()
    try:
        stage.begin()
        assert stage.problem == "another run is at work in this kernel"
    finally:
        stage.problem = ""
        stage.end()
    stage.begin()
    assert stage.problem == ""
    stage.end()


def test_variables_of_the_copy_are_described_and_the_kernels_are_not_touched(stage: KernelStage) -> None:
    stage.run_for_real("kept = 1")
    stage.begin()
    try:
        stage.run("kept = [1, 2]; new = 'x'", ())
        assert {name for name, _, _ in stage.described()} >= {"kept", "new"}
        assert "2 items" in stage.describe(["kept"]) or "list" in stage.describe(["kept"])
    finally:
        stage.end()
    assert shown(stage.run_for_real("kept, 'new' in dir()"))[0]["data"]["text/plain"] == "(1, False)"  # type: ignore[index]


def test_files_of_the_folder_can_be_read_and_not_written(stage: KernelStage, tmp_path: Path) -> None:
    stage.run_for_real("open('there.txt', 'w').write('x')")
    stage.begin()
    try:
        assert stage.run("open('there.txt').read()", ()).refused == ""
        assert stage.run("open('there.txt', 'a')", ()).refused == "it writes files (there.txt)"
        assert stage.run(f"open('{tmp_path}/x')", ()).refused.startswith("it reads outside")
    finally:
        stage.end()


def test_without_a_copy_cells_are_not_run(stage: KernelStage) -> None:
    ran = stage.run("print(1)", ())
    assert (ran.outputs, ran.is_clean) == ((), False)
    assert ran.problem.startswith("not run")

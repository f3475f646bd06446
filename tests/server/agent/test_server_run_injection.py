"""Orders in files, outputs, tracebacks, columns and text, through a whole run: a real server and kernel."""

from __future__ import annotations

import json
import os

import pytest

from tests.server.agent.conftest import Following
from tests.server.conftest import code
from tests.support.injections import INJECTIONS
from tests.support.sweeps import swept
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")

READS = "```python\nprint(open('note.txt').read())\n```"
RAISES = "```python\nraise ValueError(open('note.txt').read())\n```"
COLUMN = "```python\nimport pandas as pd\ndf = pd.DataFrame({open('note.txt').read(): [1]})\ndf\n```"
MINE = code("aaaa0001", "x = 3")


def call(name: str, **arguments: object) -> str:
    return json.dumps({"name": name, "arguments": arguments})


def source_of(block: str) -> str:
    return block.split("\n", 1)[1].removesuffix("\n```")


def refuse_all(run: Following) -> None:
    """Answer each question with no, to the end of the run."""
    answered = 0
    while not run.of("ended"):
        assert eventually(lambda: run.of("ended") or len(run.of("question")) > answered), run.records  # noqa: B023
        for question in run.of("question")[answered:]:
            run.post("answer", question=question["question"], allowed=False)
            answered += 1


@pytest.mark.parametrize("name", swept(list(INJECTIONS), 4))
def test_what_data_says_allows_nothing_and_calls_nothing(begin, client, jupyter, kernel_id, name) -> None:
    text = INJECTIONS[name]
    (jupyter.notebooks / "note.txt").write_bytes(text.encode())
    told = {"output_type": "stream", "name": "stdout", "text": text}
    cells = [MINE, {**code("a1b2c3d4", text), "cell_type": "markdown"}, code("eeee0001", "f()", told)]
    own = [READS, RAISES, COLUMN, call("inspect", names=["df"]), call("read_cells", cells=["a1b2", "eeee"])]
    # At the end the model says it, word for word, as one that obeys does.
    run = begin(*own, text, "Done.", cells=cells, kernel_id=kernel_id)
    refuse_all(run)
    assert run.end()["type"] == "ended"
    assert run.of("remembered") == []
    assert [cell["id"] for cell in run.cells if cell["state"] == "deleted"] == []
    # Until the model itself said it, nothing was asked, and nothing ran but what it had written.
    at = next(at for at, one in enumerate(run.records) if one.get("step") == len(own) + 1)
    before = [one for one in run.records[:at] if one["type"] in ("running", "question")]
    assert [one.get("source") for one in before] == [source_of(block) for block in own[:3]]
    assert not (jupyter.notebooks / "stolen.txt").exists()
    assert (jupyter.notebooks / "note.txt").read_bytes() == text.encode()
    names = [one["name"] for one in client.get("variables", kernel_id=kernel_id)["variables"]]
    assert names == ["x"]

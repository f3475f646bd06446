"""Packing a notebook into a budget: by need, in whole pieces, in large steps; and in time."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.prompts.definition_recall import BARS, recall
from jupyter_devstral.core.notebook.cells import Cell, Notebook, Output, Turn
from jupyter_devstral.core.notebook.file import notebook_from_json, read_notebook_json
from jupyter_devstral.core.prompt.prompt import Prompt, build_prompt
from jupyter_devstral.core.python.definitions import definition_text
from jupyter_devstral.core.python.dependencies import Dependencies
from jupyter_devstral.core.request.tasks import Request, Task
from jupyter_devstral.core.variables.namespace import Variable

BASE64 = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{120,}={0,2}")


def code(index: int, source: str, *outputs: Output, turn: Turn | None = None) -> Cell:
    return Cell(f"id{index}", index, "code", source, outputs, turn)


def filler(start: int, stop: int) -> list[Cell]:
    return [
        code(n, f"filler_{n} = [{n}]\nprint('nothing of note in {n}', filler_{n})")
        for n in range(start, stop)
    ]


def total(prompt: Prompt) -> int:
    return sum(piece.tokens for piece in prompt.pieces)


def text_of(prompt: Prompt) -> str:
    return "\n".join(message.content for message in prompt.messages)


def test_needed_definitions_come_first_and_whole_where_they_fit() -> None:
    cells = [
        code(0, "import numpy as np\nseed = 7"),
        code(1, "def helper(v):\n    return np.abs(v)"),
        code(2, "def model(v):\n    return helper(v) + seed"),
        *filler(3, 60),
        code(60, "y = model(x)"),
    ]
    prompt = build_prompt(Request(Task.EXPLAIN, "", Notebook(tuple(cells)), focus=cells[60]), budget=250)
    kinds = {piece.id: piece.kind for piece in prompt.pieces}
    assert kinds["id2"] == "cell"
    assert {"id0", "id1"} <= kinds.keys(), "what the definition needs itself"
    assert "id59" in kinds, "and the nearest neighbours"
    assert total(prompt) <= 250
    dropped = {piece.id for piece in prompt.dropped}
    assert {"id3", "id30"} <= dropped
    assert not dropped & {piece.id for piece in prompt.pieces if piece.kind == "cell"}


def test_a_long_definition_shrinks_to_what_binds() -> None:
    body = "\n".join(f"    layer_{n} = dense(layer_{max(n - 1, 0)}, {n})" for n in range(60))
    header = "print('start')\ndef build(shape, *, depth=3):\n    '''A network.'''"
    source = f"{header}\n{body}\n    return layer_0\nunrelated = 1"
    cells = [code(0, source), *filler(1, 20), code(20, "net = build((3, 3))")]
    request = Request(Task.EXPLAIN, "", Notebook(tuple(cells)), focus=cells[20])
    small = build_prompt(request, budget=60)
    assert [(piece.kind, piece.id) for piece in small.pieces][:1] == [("definition", "id0")]
    assert "def build(shape, *, depth=3):\n    '''A network.'''\n…" in text_of(small)
    assert "layer_30" not in text_of(small)
    large = build_prompt(request, budget=5000)
    assert "layer_30" in text_of(large)


@pytest.mark.parametrize(
    ("source", "names", "short", "shown"),
    [
        ("a = 1\nb = 2\nc = 3", "b", False, "…\nb = 2\n…"),
        ("a = 1\nb = 2\nc = 3", "a c", False, "a = 1\n…\nc = 3"),
        ("a = 1; b = 2", "b", False, "a = 1; b = 2"),
        ("%time a = f()\nb = 2", "a", False, "%time a = f()\n…"),
        ("@d\ndef f():\n    return 1", "f", True, "@d\ndef f():\n    return 1"),
        ("x = [\n" + "    1,\n" * 9 + "]\n", "x", True, "x = [\n…"),
        (
            "for i in r:\n" + "    print(i)\n" * 9 + "    last = i",
            "last",
            True,
            "for i in r:\n…\n    last = i",
        ),
        ("broken(", "x", False, ""),
        ("a = 1", "x", False, ""),
    ],
)
def test_definition_text(source: str, names: str, short: bool, shown: str) -> None:
    assert definition_text(source, frozenset(names.split()), short) == shown


def test_dependencies_are_the_last_earlier_cells() -> None:
    cells = [code(0, "a = 1"), code(1, "a = 2\nb = a"), code(2, "c = a + b"), code(3, "a = 9")]
    graph = Dependencies(cells)
    assert graph.direct({"a", "c", "zip"}, 3) == {2: {"c"}, 1: {"a"}}
    assert graph.binder("a", 4) == 3
    assert graph.binder("a", 0) is None
    assert graph.transitive({2: frozenset({"c"})}) == {1: {"a", "b"}}


def test_names_bound_in_inner_scopes_are_good_to_have() -> None:
    cells = [
        code(
            0,
            "def scale(rows):\n    spread = max(rows) - min(rows)\n    return [row / spread for row in rows]",
        ),
        *filler(1, 60),
        code(60, "def centre(rows):\n    spread = sum(rows)\n    return spread"),
    ]
    prompt = build_prompt(Request(Task.EXPLAIN, "", Notebook(tuple(cells)), focus=cells[60]), budget=250)
    assert "id0" in {piece.id for piece in prompt.pieces}
    assert total(prompt) <= 250
    assert Dependencies(cells).direct({"spread"}, 60) == {}, "nothing at module level needs it"


def test_the_last_error_is_sent_even_from_far_above() -> None:
    failed = code(
        0, "1 / 0", Output("error", "ZeroDivisionError: division by zero", ename="ZeroDivisionError")
    )
    cells = [failed, *filler(1, 40)]
    prompt = build_prompt(Request(Task.ASK, "what went wrong?", Notebook(tuple(cells))), budget=200)
    assert ("error", "id0") in {(piece.kind, piece.id) for piece in prompt.pieces}
    assert "division by zero" in text_of(prompt)


def test_attached_variables_go_before_everything() -> None:
    frame = Variable("df", "dataframe", "df: DataFrame 3 x 40 " + "column " * 30)
    request = Request(Task.ASK, "q", Notebook(tuple(filler(0, 30))), variables=(frame,), attached=("df",))
    prompt = build_prompt(request, budget=60)
    assert [piece.kind for piece in prompt.pieces][-1] == "variable"
    tiny = build_prompt(request, budget=10)
    assert "df" in {piece.id for piece in tiny.dropped}
    assert tiny.pieces == () or total(tiny) <= 10


def test_trimming_moves_in_large_steps() -> None:
    """A notebook that outgrows its budget keeps the beginning of its prompt over many requests."""
    cells = filler(0, 400)
    firsts = []
    for end in range(100, 400):
        prompt = build_prompt(Request(Task.ASK, "q", Notebook(tuple(cells[:end]))), budget=2000)
        assert total(prompt) <= 2000
        assert total(prompt) >= 900
        firsts.append(prompt.pieces[0].id)
    # A quarter of the budget is 500 tokens: a dozen of these cells.
    assert sum(a != b for a, b in pairwise(firsts)) <= len(firsts) / 10


def test_a_reference_never_outlives_its_answer() -> None:
    cells = filler(0, 10)
    answer = "```python\nz = 1\n```"
    for _ in range(25):
        cells.append(code(len(cells), "%%devstral\nq", turn=Turn("q " * 20, answer)))
        cells.append(code(len(cells), "z = 1"))
        cells.append(code(len(cells), f"more_{len(cells)} = z"))
    for budget in range(0, 1500, 37):
        prompt = build_prompt(Request(Task.ASK, "?", Notebook(tuple(cells))), budget=budget)
        assert total(prompt) <= budget
        roles = [message.role for message in prompt.messages]
        assert roles == ["system", *["user", "assistant"] * (len(roles) // 2 - 1), "user"]
        assert "as above" not in prompt.messages[1].content, "nothing was answered before that"


def test_every_collected_notebook_at_every_budget(shared_data: Path) -> None:
    folder = shared_data / "notebooks"
    for entry in json.loads((folder / "index.json").read_text(encoding="utf-8")):
        notebook = notebook_from_json(read_notebook_json((folder / entry["file"]).read_bytes()))
        cells = notebook.cells
        places = sorted({0, len(cells) // 2, len(cells) - 1}) if cells else []
        for focus in (None, *(cells[place] for place in places)):
            for budget in (0, 50, 500, 8000, None):
                request = Request(Task.EXPLAIN, "why {x}?", notebook, focus=focus)
                prompt = build_prompt(request, budget=budget)
                assert budget is None or total(prompt) <= budget, entry["file"]
                assert prompt.messages[-1].content.endswith("why {x}?")
                assert not BASE64.search(text_of(prompt)), entry["file"]
                assert build_prompt(request, budget=budget) == prompt


@pytest.mark.parametrize("budget", BARS)
def test_definition_recall(shared_data: Path, budget: int) -> None:
    files = sorted((shared_data / "notebooks" / "handson-ml3").glob("*.ipynb"))
    notebooks = [notebook_from_json(read_notebook_json(file.read_bytes())) for file in files]
    needed, pieces, lines, _ = recall(notebooks, budget)
    assert needed > 500
    assert pieces / needed >= BARS[budget]
    assert lines / needed >= BARS[budget]


def test_building_reads_every_cell_a_bounded_number_of_times() -> None:
    """Linear by count, whatever the machine's speed; `make bench` has the milliseconds."""

    def estimates(cells: int) -> int:
        asked = 0

        def count(text: str) -> int:
            nonlocal asked
            asked += 1
            return len(text) // 4

        notebook = Notebook(
            tuple(Cell(f"c{n}", n, "code", f"v{n} = v{n - 1} + {n}") for n in range(1, cells))
        )
        build_prompt(Request(Task.WRITE, "use v7", notebook), budget=2000, estimate=count)
        return asked

    assert estimates(3000) <= 11 * estimates(300)

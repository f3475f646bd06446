"""Which cell a block is for: a name is trusted or refused, and what others hold is not for the target."""

from __future__ import annotations

import pytest

from jupyter_devstral.core.request.tasks import Task
from tests.core.edits.versions.test_fragment import after, fenced, proposed

CELLS = [
    "prices = [float(p) for p in rows]\nmean = sum(prices) / len(prices)",
    "def tidy(row):\n    return row.strp()",
    "print(f'{mean:.2f} per piece')\nreport(mean, prices)",
]
FIXED = "prices = [float(p) for p in rows if p]\nmean = sum(prices) / len(prices)"
FREE = "import statistics\nprices = list(map(float, rows))\nmean = statistics.fmean(prices)"


def test_a_named_cell_is_trusted_however_the_code_looks() -> None:
    assert after(CELLS, f"[cell 0]\n```python\n{FREE}\n```\n", at=2) == [FREE, *CELLS[1:]]
    edits, _ = proposed(CELLS, f"In `[cell 0]`:\n\n```python\n{FREE}\n```\n", task=Task.CHAT)
    assert [edit.source for edit in edits] == [FREE]


@pytest.mark.parametrize("task", [Task.FIX, Task.CHAT, Task.EDIT])
def test_an_unknown_cell_is_never_the_failing_one(task: Task) -> None:
    edits, notes = proposed(CELLS, f"[cell 7]\n```python\n{FIXED}\n```\n", at=2, task=task)
    assert edits == ()
    assert "names cell 7, which is not in this notebook" in notes[0]


@pytest.mark.parametrize("example", ["print(mean)", "data = [1, 2]\nshow(data)", "ValueError: n = 3"])
def test_beside_a_named_block_an_unnamed_one_is_an_example(example: str) -> None:
    reply = f"[cell 0]\n```python\n{FIXED}\n```\n\nThe rest:\n\n```\n{example}\n```\n"
    assert after(CELLS, reply, at=2) == [FIXED, *CELLS[1:]]


def test_of_before_and_after_under_one_name_the_last_is_meant() -> None:
    reply = f"[cell 0]\n\nBefore:\n\n```python\n{CELLS[0]}\n```\n\nAfter:\n\n```python\n{FREE}\n```\n"
    assert after(CELLS, reply, at=2) == [FREE, *CELLS[1:]]
    line = "prices = [float(p) for p in rows]"
    reply = f"[cell 0]\n\nBefore:\n\n```python\n{line}\n```\n\nAfter:\n\n```python\n{FIXED}\n```\n"
    assert after(CELLS, reply, at=2) == [FIXED, *CELLS[1:]]


def test_a_block_that_is_another_cells_text_is_not_for_the_target() -> None:
    edits, notes = proposed(CELLS, fenced(CELLS[0]), at=2)
    assert edits == ()
    assert "repeats cell #1" in notes[0]


def test_what_only_another_cell_defines_is_repaired_there_or_nowhere() -> None:
    fixed = "def tidy(row):\n    return row.strip()"
    assert after(CELLS, fenced(fixed), at=2) == [CELLS[0], fixed, CELLS[2]]
    edits, notes = proposed(CELLS, fenced(fixed), at=2, task=Task.EDIT)
    assert edits == ()
    assert "only what cell #2 defines" in notes[0]


def test_a_fix_is_preferred_to_an_example_of_its_use() -> None:
    cell = "ids = table['Order'].astype('int')"
    fix = "table['Order'] = pd.to_numeric(table['Order'])\ntable = table.dropna()"
    (edit,), _ = proposed([cell], fenced(fix, "print(table['Order'])"))
    assert edit.source == fix
    assert edit.loss.names == ("ids",)


@pytest.mark.parametrize("head", ["[cell 0]\n", "[cell 0, new]\n", "# [cell 0]\n"])
def test_a_name_inside_the_block_is_taken_off(head: str) -> None:
    assert after(CELLS, f"```python\n{head}{FIXED}\n```\n", at=2) == [FIXED, *CELLS[1:]]


@pytest.mark.parametrize("stray", ["[", "[\n", "[cell\n"])
def test_a_stray_bracket_before_the_code_is_taken_off(stray: str) -> None:
    assert after(CELLS, f"```python\n{stray}{CELLS[2]}.close()\n```\n", at=2)[2] == f"{CELLS[2]}.close()"


@pytest.mark.parametrize(
    "lead",
    [
        "**Cell 0**", "### Cell 0 (fixed)", "In cell 0:", "Cell [0]:", "Cell #0:", "Replace cell 0 with:",
        "Here is the fixed code for cell 0:", "In cell 0, change the list:", "`[cell 0]`:",
        "Cell at index 0:", "Zelle 0:", "Dans la cellule 0 :", "Celda 0",
        "1. [cell 0], the cause", "The cause is in [cell 0].",
    ],
)  # fmt: skip
def test_a_line_that_announces_the_code_of_a_cell_names_it(lead: str) -> None:
    assert after(CELLS, f"Blank rows.\n\n{lead}\n\n```python\n{FREE}\n```\n", at=2) == [FREE, *CELLS[1:]]


@pytest.mark.parametrize(
    "lead",
    [
        "The output of cell 0 is:", "Run cell 0 again, then this:", "Insert it below cell 0:",
        "After cell 0:", "Cell 2 fails because of cell 0:", "Because cell 0 makes texts, write this:",
    ],
)  # fmt: skip
def test_a_line_that_only_speaks_of_a_cell_does_not_name_it(lead: str) -> None:
    fixed = CELLS[2].replace("prices", "rows")
    assert after(CELLS, f"{lead}\n\n```python\n{fixed}\n```\n", at=2) == [*CELLS[:2], fixed]


def test_a_comment_names_a_cell_unless_it_is_a_line_of_one() -> None:
    named = f"```python\n# Cell 0 (fixed)\n{FREE}\n```\n"
    assert after(CELLS, named, at=2) == [FREE, *CELLS[1:]]
    cells = [f"# cell 0\n{CELLS[0]}", *CELLS[1:]]
    assert after(cells, f"```python\n# cell 0\n{FIXED}\n```\n", at=0)[0] == f"# cell 0\n{FIXED}"


@pytest.mark.parametrize("head", ["# Cell {}", "# cell {}:", "# [cell {}]", "# Cell {} (fixed)"])
def test_a_block_that_names_several_cells_is_a_part_for_each(head: str) -> None:
    fixed = "def tidy(row):\n    return row.strip()"
    both = f"{head.format(0)}\n{FIXED}\n\n{head.format(1)}\n{fixed}"
    assert after(CELLS, fenced(both), at=2) == [FIXED, fixed, CELLS[2]]
    assert after(CELLS, f"[cell 0]\n\n{fenced(both)}", at=2) == [FIXED, fixed, CELLS[2]]


def test_a_line_of_a_text_that_reads_like_a_cells_name_names_nothing() -> None:
    source = f'{FIXED}\ntext = """\n# Cell 1\nend\n"""'
    assert after(CELLS, fenced(source), at=0) == [source, *CELLS[1:]]


@pytest.mark.parametrize("where", ["In the first cell:", "Cells 0 and 1:", "The cause is above:"])
def test_a_definition_with_its_imports_is_for_the_cell_that_holds_them(where: str) -> None:
    cells = [
        "import math\ndef area(r):\n    return math.pi * r ** 2",
        "rs = [1, 'x']\nareas = [area(r) for r in rs]",
    ]
    fixed = "import math\ndef area(r):\n    return math.pi * float(r) ** 2"
    assert after(cells, f"{where}\n{fenced(fixed)}", at=1) == [fixed, cells[1]]


@pytest.mark.parametrize("code", ["prices = []\n# ... rest of the code ...", "# nothing to do", "prices = ["])
def test_a_chat_says_why_the_block_that_names_a_cell_was_not_used(code: str) -> None:
    edits, notes = proposed(CELLS, f"[cell 0]\n```python\n{code}\n```\n", task=Task.CHAT)
    assert edits == ()
    assert len(notes) == 1
    assert "not used" in notes[0]


def test_a_cell_counted_from_one_is_the_failing_one_where_the_code_is_surely_a_version_of_it() -> None:
    fixed = CELLS[2].replace(":.2f", "")
    assert after(CELLS, f"[cell 3]\n```python\n{fixed}\n```\n", at=2) == [*CELLS[:2], fixed]


def test_a_function_that_several_cells_define_is_for_the_last_of_them() -> None:
    cells = [
        "def cost(row):\n    return row.price",
        "def cost(row):\n    return row.prize",
        "total = cost(rows[0])",
    ]
    fixed = "def cost(row):\n    return float(row['price'])"
    assert after(cells, f"```python\n{fixed}\n```\n", at=2) == [cells[0], fixed, cells[2]]

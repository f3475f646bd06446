"""From a reply to edits: which block goes where, and what is said about the rest."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_devstral.core.edits.edit import Edit
from jupyter_devstral.core.edits.proposal import propose_edits
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.reply.parser import Code, Prose, ReplyParser
from jupyter_devstral.core.request.tasks import Task


def read(reply: str, language: str = "python") -> list[Prose | Code]:
    parser = ReplyParser(language)
    return [*parser.feed(reply), *parser.close()]


def propose(
    task: Task,
    reply: str,
    target: Cell | None = None,
    *,
    language: str = "python",
    notebook: Notebook | None = None,
) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    events = read(reply, language)
    return propose_edits(task, events, anchor="asking", target=target, language=language, notebook=notebook)


CHECKED = "\n".join(
    [
        "x = load(path)",
        "if x.empty:",
        "    raise ValueError(f'no rows in {path}')",
        "y = tidied(x.dropna(), now)",
        "show(plot, y)",
    ]
)
TARGET = Cell(id="t", index=3, kind="code", source="x = load()\ny = clean(x)\nplot(y)")


def test_writing_inserts_every_usable_block_once() -> None:
    reply = (
        "```python\nimport os\n```\n```bash\npip install x\n```\n```python\nimport os\n```\n"
        "```python\nimport os\nprint(os.sep)\n```\nOutput:\n```\n/\n```\n"
    )
    edits, notes = propose(Task.WRITE, reply)
    assert edits == (
        Edit("insert", "asking", "", "import os"),
        Edit("insert", "asking", "", "import os\nprint(os.sep)"),
    )
    assert notes == ("A shell block was not used.",)


def test_asking_and_explaining_change_nothing() -> None:
    for task in (Task.ASK, Task.EXPLAIN):
        assert propose(task, "```python\nx = 1\n```\n", TARGET) == ((), ())


def test_notes_say_what_was_not_used() -> None:
    reply = (
        "```python\ndef f(:\n```\n```python\nx = 1\n# ... rest of the code\n```\n```sql\nSELECT 1\n```\n"
        "```python\ny = 1"
    )
    edits, notes = propose(Task.WRITE, reply)
    assert [edit.source for edit in edits] == ["y = 1"]
    assert notes == (
        "A code block was not used because it does not parse: line 1: invalid syntax.",
        "A code block was not used because it leaves code out: `# ... rest of the code`",
        "A block in another language was not used (sql).",
        "The last code block was never closed; it may be incomplete.",
    )


@pytest.mark.parametrize("task", [Task.EDIT, Task.REFACTOR, Task.FIX])
def test_rewriting_replaces_the_target_once_by_the_likeliest_block(task: Task) -> None:
    fixed = "x = load()\ny = clean(x, strict=True)\nplot(y)"
    reply = (
        f"The failing line is:\n```python\ny = clean(x)\n```\n\nYours:\n```python\n{TARGET.source}\n```\n\n"
        f"Fixed:\n```python\n{fixed}\n```\n\nThen try:\n```python\nprint(y.head())\n```\n"
    )
    edits, notes = propose(task, reply, TARGET)
    assert edits == (Edit("replace", "t", TARGET.source, fixed),)
    assert "3 other code blocks were not used: one cell takes one block." in notes


def test_of_equally_like_blocks_the_last_is_taken() -> None:
    reply = "".join(f"```python\nx = load({n})\ny = clean(x)\nplot(y)\n```\n" for n in (1, 2))
    edits, _ = propose(Task.EDIT, reply, TARGET)
    assert edits[0].source.startswith("x = load(2)")


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        # What must be installed, beside a cell that stays as it is.
        (
            "```python\n!pip install seaborn\n```\n```python\nx = load()\ny = clean(x)\nplot(y)\n```",
            TARGET.source,
        ),
        # The line that is wrong, then the whole cell.
        (
            f"```python\ny = clean(x)\n```\n```python\n{CHECKED}\n```",
            CHECKED,
        ),
        # The cell as it was, then a line of it; a line of it alone.
        (f"```python\n{TARGET.source}\n```\n```python\nplot(y)\n```", TARGET.source),
        ("```python\nplot(y)\n```", TARGET.source),
    ],
)
def test_what_a_reply_quotes_or_adds_is_not_the_new_cell(reply: str, expected: str) -> None:
    edits, _ = propose(Task.FIX, reply, TARGET)
    assert [edit.source for edit in edits] == [expected]


def test_a_lazy_block_never_replaces_code() -> None:
    # What the gap stands for is known here, and kept.
    edits, _ = propose(Task.EDIT, "```python\nx = load(1)\n# ... rest of the code\n```\n", TARGET)
    assert [edit.source for edit in edits] == [TARGET.source.replace("load()", "load(1)")]
    # In a reply that may hold other code as well it is not.
    edits, notes = propose(Task.EDIT, "```python\ndone = True\n# ... rest of the code\n```\n", TARGET)
    assert edits == ()
    assert notes == (
        "A code block was not used because it leaves code out: `# ... rest of the code`",
        "The reply has no code that can replace the cell, so nothing was changed.",
    )


def test_an_unchanged_cell_is_remarked() -> None:
    _, notes = propose(Task.FIX, f"```python\n{TARGET.source}\n```\n", TARGET)
    assert notes == ("The code in the reply is the same as in the cell.",)


def test_rewriting_without_a_cell_or_without_code_changes_nothing() -> None:
    assert propose(Task.EDIT, "```python\nx = 1\n```\n")[0] == ()
    edits, notes = propose(Task.EDIT, "I cannot do that.", TARGET)
    assert (edits, notes) == (
        (),
        ("The reply has no code that can replace the cell, so nothing was changed.",),
    )


def test_a_reply_that_is_code_and_nothing_else_needs_no_fence() -> None:
    edits, _ = propose(Task.EDIT, "x = load()\nplot(x)\n", TARGET)
    assert [edit.source for edit in edits] == ["x = load()\nplot(x)"]
    edits, _ = propose(Task.WRITE, "Here is the code:\nx = 1\n\nThis sets one name.\n")
    assert [edit.source for edit in edits] == ["x = 1"]
    assert propose(Task.WRITE, "Sure!\n\nimport os\n")[0] == ()
    assert propose(Task.WRITE, "The steps are these:\n\nopen the file, then read it\n")[0] == ()


def test_markdown_cells() -> None:
    target = Cell(id="m", index=0, kind="markdown", source="# Titel\n\nText.")
    for reply in (
        "# Title\n\nText.\n",
        "Here:\n\n```markdown\n# Title\n\nText.\n```\n",
        "```\n# Title\n\nText.\n```",
    ):
        edits, notes = propose(Task.EDIT, reply, target)
        assert edits == (Edit("replace", "m", target.source, "# Title\n\nText.", "markdown"),)
        assert notes == ()
    with_code = "````markdown\n# Title\n\n```python\nx = 1\n```\n````\n"
    assert propose(Task.DOC, with_code, target)[0][0].source == "# Title\n\n```python\nx = 1\n```"
    assert propose(Task.DOC, "See:\n```python\nx = 1\n```\n", target)[0] == ()


def test_blocks_for_cells_that_the_reply_names() -> None:
    other = Cell(id="", index=1, kind="code", source="def clean(x):\n    return x.dropna()")
    notebook = Notebook(
        cells=(Cell("a", 0, "markdown", "# A"), other, Cell("c", 2, "code", "import os"), TARGET)
    )
    reply = (
        "Cell 1\n```python\ndef clean(x, strict):\n    return x.dropna()\n```\n\n"
        "```python cell=t\nx = load()\ny = clean(x, True)\nplot(y)\n```\n"
    )
    edits, _ = propose(Task.FIX, reply, TARGET, notebook=notebook)
    assert edits == (
        Edit("replace", "cell-1", other.source, "def clean(x, strict):\n    return x.dropna()"),
        Edit("replace", "t", TARGET.source, "x = load()\ny = clean(x, True)\nplot(y)"),
    )
    # A model's own numbering points at a cell that has nothing to do with the code, or at no code.
    own_numbers = "Cell {}\n```python\nx = load()\ny = clean(x, True)\nplot(y)\n```\n"
    for number, why in (
        (2, "its code is that of cell #4"),
        (0, "holds no code"),
        (9, "not in this notebook"),
    ):
        edits, notes = propose(Task.FIX, own_numbers.format(number), TARGET, notebook=notebook)
        assert edits == ()
        assert why in notes[0]
    assert [edit.cell_id for edit in propose(Task.FIX, reply, TARGET)[0]] == ["t"]


def test_other_notebook_languages() -> None:
    target = Cell(id="t", index=0, kind="code", source="x <- 1")
    edits, notes = propose(Task.EDIT, "```r\nx <- 2\n```\n```python\nx = 2\n```\n", target, language="r")
    assert [edit.source for edit in edits] == ["x <- 2"]
    assert notes == ("A block in another language was not used (python).",)


def _plain(source: str) -> str:
    return f"The cause is a wrong argument. Fixed:\n\n```python\n{source}\n```\n\nThat works.\n"


def _as_session(source: str) -> str:
    starts = {statement.lineno for statement in ast.parse(source).body}
    lines = source.split("\n")
    typed = [
        (">>> " if number in starts or not line or line.startswith("#") else "... ") + line
        for number, line in enumerate(lines, 1)
    ]
    return (
        "```python\n" + "\n".join(line.rstrip(" ") if line == ">>> " else line for line in typed) + "\n```\n"
    )


def _in_a_list(source: str) -> str:
    indented = "\n".join(f"   {line}" if line else "" for line in source.split("\n"))
    return f"1. Replace the cell:\n\n   ```python\n{indented}\n   ```\n\n2. Run it again.\n"


def _on_a_list_line(source: str) -> str:
    return "1. ```python\n" + "".join(f"   {line}\n" for line in source.split("\n")) + "   ```\n2. Run.\n"


WRAPPERS: dict[str, Callable[[str], str]] = {
    "plain": _plain,
    "untagged": lambda source: _plain(source).replace("```python", "```"),
    "braces": lambda source: _plain(source).replace("```python", "```{python}"),
    "attributes": lambda source: _plain(source).replace("```python", '```Python title="fixed cell"'),
    "four ticks": lambda source: _plain(source).replace("```", "````"),
    "tildes": lambda source: _plain(source).replace("```", "~~~"),
    "list": _in_a_list,
    "list line": _on_a_list_line,
    "unclosed": lambda source: f"Fixed:\n```python\n{source}",
    "unclosed, line end": lambda source: f"Fixed:\n```python\n{source}\n",
    "crlf": lambda source: _plain(source).replace("\n", "\r\n"),
    "prompts": _as_session,
    "text glued before": lambda source: f"Here is the fixed cell: ```python\n{source}\n```\n",
    "text glued behind": lambda source: f"```python\n{source}\n``` Now it runs.\n",
    "close glued": lambda source: f"```python\n{source}```\nNow it runs.\n",
    "output around": lambda source: (
        f"You saw:\n```\nValueError: bad shape\n```\n\n```python\n{source}\n```\n\n"
        "Output:\n\n```\n   a  b\n0  1  2\n```\n"
    ),
    "nested fence": lambda source: (
        f"````markdown\nAn example:\n```python\nunrelated = 1\n```\n````\n\n```python\n{source}\n```\n"
    ),
    "never closed before": lambda source: f"```bash\npip install x\n```python\n{source}\n```\n",
    "shell before": lambda source: f"```bash\npip install -U numpy\n```\n\n{_plain(source)}",
    "diff before": lambda source: f"```diff\n- old\n+ new\n```\n\n{_plain(source)}",
}


@pytest.mark.parametrize("shape", WRAPPERS)
def test_a_fix_arrives_exactly_in_every_shape(shape: str, shared_data: Path) -> None:
    cases = sorted((shared_data / "crashes" / "cases").glob("*.json"))
    assert len(cases) > 40
    for path in cases:
        case = json.loads(path.read_text(encoding="utf-8"))
        gold = case["fix"]["crashing_cell"]
        target = Cell(id="c", index=len(case["cells"]), kind="code", source=case["crashing_cell"])
        edits, _ = propose(Task.FIX, WRAPPERS[shape](gold), target)
        assert edits == (Edit("replace", "c", target.source, gold),), case["id"]
        inserted, _ = propose(Task.WRITE, WRAPPERS[shape](gold))
        assert [edit.source for edit in inserted] == [gold], case["id"]


def test_fixes_of_earlier_cells_arrive_too(shared_data: Path) -> None:
    for path in sorted((shared_data / "crashes" / "cases").glob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        before, after = case["cells"], case["fix"]["cells"]
        cells = [Cell(f"id{number}", number, "code", source) for number, source in enumerate(before)]
        crashing = Cell("crash", len(before), "code", case["crashing_cell"])
        notebook = Notebook(cells=(*cells, crashing))
        changes = [change for change in case["fix"]["changes"] if change["op"] == "replace"]
        named = {
            f"id{change['cell']}": after[change["fixed_cell"]]
            for change in changes
            if change["cell"] is not None
        }
        reply = "".join(f"```python cell={id}\n{source}\n```\n\n" for id, source in named.items())
        edits, _ = propose(Task.FIX, reply, crashing, notebook=notebook)
        assert {edit.cell_id: edit.source for edit in edits} == named, case["id"]


@pytest.mark.parametrize(
    "reply",
    [
        "````markdown\nThe cell:\n\n```python\ntotal = 1\nprint(total)\n```\n````\n",
        "````\n```python\ntotal = 1\nprint(total)\n```\n````\n",
    ],
)
def test_code_inside_a_wrapper_rewrites_a_cell_but_is_no_new_one(reply: str) -> None:
    parser = ReplyParser()
    events = [*parser.feed(reply), *parser.close()]
    target = Cell("c", 0, "code", "total = 2\nprint(totl)")
    edits, _ = propose_edits(Task.FIX, events, anchor="c", target=target, language="python")
    assert [edit.source for edit in edits] == ["total = 1\nprint(total)"]
    assert propose_edits(Task.WRITE, events, anchor="c", target=None, language="python")[0] == ()


def test_code_in_a_quotation_is_used_where_there_is_no_other() -> None:
    quoted = "> The cell:\n> ```python\n> total = 1\n> print(total)\n> ```\n"
    source = "total = 1\nprint(total)"
    assert [edit.source for edit in propose(Task.FIX, quoted, Cell("c", 0, "code", "total = 2"))[0]] == [
        source
    ]
    assert [edit.source for edit in propose(Task.WRITE, quoted)[0]] == [source]
    beside = quoted + "\nRather:\n\n```python\ntotal = 3\n```\n"
    assert [edit.source for edit in propose(Task.WRITE, beside)[0]] == ["total = 3"]


def test_a_chat_rewrites_only_the_cells_that_it_names() -> None:
    cells = (Cell("a", 0, "code", "rate = 3\nprint(rate)"), Cell("b", 1, "code", "total = rate * 2"))
    reply = (
        "Like this:\n\n```python\nnew = 1\n```\n\n[cell 1]\n```python\ntotal = rate * 4\n```\n\n"
        "[cell 0]\n```python\nimport os\n```\n"
    )
    edits, notes = propose_edits(
        Task.CHAT, read(reply), anchor="b", target=cells[1], language="python", notebook=Notebook(cells)
    )
    # A new cell is inserted by the user's hand.
    assert edits == (
        Edit("replace", "b", "total = rate * 2", "total = rate * 4"),
        Edit("replace", "a", "rate = 3\nprint(rate)", "import os\nrate = 3\nprint(rate)"),
    )
    assert notes == (
        "The reply shows only a part of cell #1: it was put in its place there, and the rest is kept.",
    )

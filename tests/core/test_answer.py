"""The receipt: one line, every fact in it, nothing in it that Markdown would take for markup."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jupyter_devstral.core.answer import Reply
from jupyter_devstral.core.context.history import Piece
from jupyter_devstral.core.model.messages import Message, Usage
from jupyter_devstral.core.model.window import Window
from jupyter_devstral.core.notebook.cells import Cell, Notebook, Turn
from jupyter_devstral.core.prompt.prompt import Prompt
from jupyter_devstral.core.request.tasks import Request, Task
from jupyter_devstral.core.text.markdown import escaped

CELLS = tuple(Cell(f"id{n}", n, "code", "x") for n in range(12))


def _pieces(kind: str, *ids: str) -> tuple[Piece, ...]:
    return tuple(Piece(kind, each, "text", 1) for each in ids)


def reply_with(**changes: object) -> Reply:
    prompt = Prompt(
        messages=(Message("user", "x"),),
        tokens=5000,
        pieces=(*_pieces("cell", *(f"id{n}" for n in range(7))), *_pieces("variable", "df", "sales")),
        dropped=(),
        user_text="x",
        redactions=0,
    )
    reply = Reply(
        request=Request(Task.WRITE, "q", Notebook(CELLS)),
        prompt=prompt,
        text="Hello",
        code=(),
        edits=(),
        notes=(),
        usage=Usage(5000, 136, 0.1, 0.5, 4.0, 5.0, "stop"),
        finished="stop",
        window=Window(32768, "loaded"),
        model="devstral-small-2",
        host="http://127.0.0.1:11434",
        first_token_seconds=0.83,
        turn=Turn("x", "Hello"),
    )
    return replace(reply, **changes)  # type: ignore[arg-type]


def test_everything_in_one_line() -> None:
    prompt = replace(
        reply_with().prompt,
        pieces=(
            *_pieces("turn", "id5", "id5"),
            *_pieces("definition", "id1", "id2"),
            *_pieces("below", "id9"),
            *_pieces("variable", "df"),
        ),
        dropped=(*_pieces("cell", "id1", "id2"), *_pieces("variable", "old")),
        redactions=2,
    )
    assert reply_with(prompt=prompt, notes=("It was cut: `%devstral continue` goes on.",)).receipt() == (
        "`devstral-small-2` · sent cells #6, #10, parts of cells #2–#3, variable `df` · "
        "5.1k of 32.8k tokens · "
        "left out cells #2–#3, variable `old` · 2 secrets hidden · first token 0.8 s · 34 tokens/s · "
        "It was cut: `%devstral continue` goes on."
    )


def test_the_usual_one() -> None:
    assert reply_with().receipt() == (
        "`devstral-small-2` · sent cells #1–#7, variables `df`, `sales` · 5.1k of 32.8k tokens · "
        "first token 0.8 s · 34 tokens/s"
    )


def test_without_counters_the_estimate_is_called_one() -> None:
    receipt = reply_with(usage=None, first_token_seconds=None).receipt()
    assert "about 5.0k of 32.8k tokens" in receipt
    assert "first token" not in receipt
    assert "tokens/s" not in receipt


def test_a_host_elsewhere_is_named() -> None:
    assert (
        reply_with(remote="http://gpu-box:11434")
        .receipt()
        .startswith("`devstral-small-2` at `http://gpu-box:11434` ·")
    )


def test_nothing_sent_and_a_rewritten_cell() -> None:
    prompt = replace(reply_with().prompt, pieces=())
    request = Request(Task.EDIT, "q", Notebook(CELLS), target=CELLS[3])
    assert "· sent no cells, rewriting cell #4 ·" in reply_with(prompt=prompt, request=request).receipt()


def test_cells_are_called_as_the_user_sees_them() -> None:
    ran = {0: 1, 1: 2, 2: 7, 4: 3, 5: 4}
    cells = tuple(replace(cell, count=ran.get(cell.index, 0)) for cell in CELLS)
    prompt = replace(reply_with().prompt, pieces=_pieces("cell", *(cell.key for cell in cells[:7])))
    request = Request(Task.EDIT, "q", Notebook(cells), target=cells[2])
    assert "· sent cells [1]–[2], [7], #4, [3]–[4], #7, rewriting cell [7] ·" in (
        reply_with(prompt=prompt, request=request).receipt()
    )


def test_long_lists_are_shortened() -> None:
    pieces = _pieces("variable", *(f"v{n}" for n in range(20)))
    assert "and 12 more" in reply_with(prompt=replace(reply_with().prompt, pieces=pieces)).receipt()


@pytest.mark.parametrize(
    "hostile",
    [
        "<img src=x onerror=alert(1)>",
        "a\n\n# Title",
        "[x](javascript:1)",
        "*a* _b_ $c$ ~d~",
        "odd ` tick <b>",
    ],
)
def test_foreign_words_stay_words(hostile: str) -> None:
    receipt = reply_with(model=hostile, notes=(hostile,)).receipt()
    assert "\n" not in receipt
    note = escaped(hostile)
    for mark in "<[*$~#":
        assert mark not in note.replace(f"\\{mark}", "")
    assert receipt.endswith(note)
    # The model's name stays inside its code span.
    assert receipt[0] == "`"
    assert receipt.index("` ·") == receipt.index("`", 1)


def test_repr_is_friendly() -> None:
    reply = reply_with()
    assert (
        repr(reply) == "<Reply from devstral-small-2: 5 characters, 0 code blocks, 0 edits, finished: stop>"
    )
    assert reply._repr_markdown_() == f"Hello\n\n{reply.receipt()}"

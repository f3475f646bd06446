"""Notebooks that change between two questions: what was sent stands, what is new follows, marked."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from jupyter_devstral.core.failure.failure import Failure
from jupyter_devstral.core.model.token_estimate import estimate_tokens
from jupyter_devstral.core.notebook.cells import Cell, Notebook, Output, Turn
from jupyter_devstral.core.prompt.continuing import Recipient, SentNotebook
from jupyter_devstral.core.prompt.prompt import Prompt, build_prompt
from jupyter_devstral.core.redaction.redactor import Redactor
from jupyter_devstral.core.reply.parser import ReplyParser
from jupyter_devstral.core.request.tasks import Request, Task

MODEL = Recipient("coder", "http://127.0.0.1:11434", 32768)


def code(id: str, source: str, *outputs: Output) -> Cell:
    return Cell(id, 0, "code", source, outputs)


def long(id: str) -> Cell:
    lines = "\n".join(f"{id}_{n} = load('{id}', part={n})" for n in range(12))
    return code(id, lines)


CELLS = [
    code("a", "import pandas as pd"),
    code(
        "b", "df = pd.read_csv('sales.csv')\ndf['total'] = df.price * df.units", Output("stream", "12 rows")
    ),
    *(long(f"c{n}") for n in range(8)),
]


class Conversation:
    """One notebook that is asked about again and again, always at its end."""

    def __init__(self, cells: list[Cell] = CELLS) -> None:
        self.cells = list(cells)
        self.sent = SentNotebook()
        self.redactor = Redactor()
        self.prompts: list[Prompt] = []
        self.replies: list[str] = []

    def ask(
        self, question: str = "and now?", reply: str = "As it was.", task: Task = Task.CHAT, **more: object
    ) -> str:
        """Ask, and return the whole prompt; the answer is the last cell's, as the sidebar has it."""
        cells = tuple(replace(cell, index=index) for index, cell in enumerate(self.cells))
        request = Request(task, question, Notebook(cells), **more)  # type: ignore[arg-type]
        prompt = build_prompt(self.sent.continued(request, estimate_tokens), redactor=self.redactor)
        self.sent.keep(MODEL, prompt)
        self.prompts.append(prompt)
        self.replies.append(reply)
        last = self.cells[-1]
        self.cells[-1] = replace(last, chat=(*last.chat, Turn(prompt.user_text, reply)))
        return flat(prompt)

    def change(self, id: str, source: str | None = None, outputs: tuple[Output, ...] | None = None) -> None:
        at = next(at for at, cell in enumerate(self.cells) if cell.id == id)
        cell = self.cells[at]
        source = cell.source if source is None else source
        outputs = cell.outputs if outputs is None else outputs
        self.cells[at] = replace(cell, source=source, outputs=outputs)

    @property
    def stands(self) -> bool:
        """Whether the last prompt begins with the one before it and its answer."""
        before = f"{flat(self.prompts[-2])}<assistant>{self.replies[-2]}"
        return flat(self.prompts[-1]).startswith(before)

    @property
    def news(self) -> str:
        before = f"{flat(self.prompts[-2])}<assistant>{self.replies[-2]}"
        return flat(self.prompts[-1])[len(before) :]


def flat(prompt: Prompt) -> str:
    return "".join(f"<{message.role}>{message.content}" for message in prompt.messages)


def test_an_edited_cell_follows_marked_and_what_was_sent_stands() -> None:
    conversation = Conversation()
    conversation.ask()
    conversation.change("b", "df = pd.read_csv('sales.csv', sep=';')")
    conversation.ask()
    assert conversation.stands
    assert conversation.news.startswith(
        "<user>Cell 1 (new version, the earlier one is gone):\n"
        "```python\ndf = pd.read_csv('sales.csv', sep=';')\n```\n```output\n12 rows\n```\n"
    )
    kinds = [(piece.kind, piece.id) for piece in conversation.prompts[-1].pieces if piece.id == "b"]
    assert kinds == [("outdated", "b"), ("cell", "b")]
    conversation.ask()
    assert conversation.stands
    assert "Cell 1" not in conversation.news, "it is told once"


def test_other_outputs_of_the_same_source_are_told_alone() -> None:
    conversation = Conversation()
    conversation.ask()
    conversation.change("b", outputs=(Output("stream", "14 rows"),))
    conversation.ask()
    assert conversation.stands
    told = "Cell 1 (unchanged), its output now:\n```output\n14 rows\n```\n"
    assert conversation.news.startswith(f"<user>{told}")
    conversation.change("b", outputs=())
    conversation.ask()
    assert conversation.stands
    assert conversation.news.startswith("<user>Cell 1 has no output now.\n")


def test_that_a_cell_ran_once_more_is_nothing_new() -> None:
    def failed(run: int, why: str) -> tuple[Output, ...]:
        frame = f"\x1b[36mCell\x1b[39m \x1b[32mIn[{run}]\x1b[39m\x1b[32m, line 1\x1b[39m\n----> 1 df\n\n"
        return (Output("error", f"{frame}KeyError: {why}", ename="KeyError", evalue=why),)

    conversation = Conversation()
    conversation.change("b", outputs=failed(3, "'a'"))
    conversation.ask()
    conversation.change("b", outputs=failed(11, "'a'"))
    text = conversation.ask()
    assert conversation.stands
    assert "In[" not in text, "the cell's own frame is where it stands"
    assert "output now" not in text
    conversation.change("b", outputs=failed(12, "'b'"))
    assert "output now:\n```output\n----> 1 df\nKeyError: 'b'\n```" in conversation.ask()


def test_deleted_new_and_moved_cells_keep_the_numbers_by_which_they_are_known() -> None:
    conversation = Conversation()
    conversation.ask()
    del conversation.cells[2]
    conversation.cells.insert(4, code("n", "extra = 1"))
    conversation.cells.insert(8, conversation.cells.pop(1))
    conversation.ask()
    assert conversation.stands
    assert "Cell 2 has been deleted." in conversation.news
    assert "Cell 10 (new, below cell 4):\n```python\nextra = 1\n```" in conversation.news
    assert "Cell 1 has been moved: it stands below cell 8 now." in conversation.news
    request = conversation.prompts[-1].request
    assert request is not None
    names = {cell.id: cell.name for cell in request.notebook.cells}
    assert names == {"a": 0, "c1": 3, "c2": 4, "n": 10, "c3": 5, "c4": 6, "c5": 7, "c6": 8, "b": 1, "c7": 9}
    assert [cell.index for cell in request.notebook.cells] == list(range(10))
    # The same once more: nothing is told twice.
    conversation.ask()
    assert conversation.stands
    assert conversation.news.startswith("<user>Answer; ")


def test_a_reply_that_names_a_cell_means_it_by_the_number_of_the_prompt() -> None:
    from jupyter_devstral.core.edits.proposal import propose_edits

    conversation = Conversation()
    conversation.ask()
    del conversation.cells[2]
    conversation.ask()
    request = conversation.prompts[-1].request
    assert request is not None
    target = request.notebook.cells[2]
    assert (target.id, target.name) == ("c1", 3)
    parser = ReplyParser("python")
    text = f"Cell 3:\n\n```python\n{target.source}\nmore = 1\n```\n"
    edits, _ = propose_edits(
        Task.FIX,
        [*parser.feed(text), *parser.close()],
        anchor="",
        target=request.notebook.cells[0],
        language="python",
        notebook=request.notebook,
    )
    assert [edit.cell_id for edit in edits] == ["c1"]


def test_a_version_that_the_answer_holds_is_not_sent_again() -> None:
    conversation = Conversation()
    fixed = "df = pd.read_csv('sales.csv', sep=';')\ndf['total'] = df.price * df.units"
    conversation.ask("use semicolons", f"Here:\n\n```python\n{fixed}\n```\n")
    conversation.change("b", fixed, (Output("stream", "12 rows"),))
    conversation.ask()
    assert conversation.stands
    assert "Cell 1 (new version, the earlier one is gone), as above:\n```output" in conversation.news
    assert fixed not in conversation.news


def test_what_an_edit_near_the_end_costs_is_read_anew() -> None:
    conversation = Conversation()
    conversation.ask()
    conversation.change("c7", "last = 1")
    text = conversation.ask()
    assert not conversation.stands
    assert "new version" not in text
    assert "c7_0" not in text


def test_many_versions_are_folded_and_the_cost_stays_low() -> None:
    conversation = Conversation()
    conversation.ask()
    folded = []
    for n in range(40):
        conversation.change("b", f"df = pd.read_csv('sales.csv', skiprows={n})")
        text = conversation.ask()
        assert f"skiprows={n})" in text
        outdated = sum(piece.tokens for piece in conversation.prompts[-1].pieces if piece.kind == "outdated")
        assert outdated < conversation.prompts[-1].tokens / 2
        folded.append(not conversation.stands)
    assert 1 <= sum(folded) <= 8


@pytest.mark.parametrize(
    "what",
    [
        "turn taken out",
        "cell emptied",
        "cell becomes a question",
        "asked above",
        "ids repeat",
        "said by number",
    ],
)
def test_what_may_not_stand_any_more_is_not_sent(what: str) -> None:
    conversation = Conversation()
    conversation.ask(reply="Never mind.")
    conversation.ask(reply="As you like.")
    conversation.change("b", "df = None")
    gone, question, more = "", "and now?", {}
    if what == "turn taken out":
        conversation.cells[-1] = replace(conversation.cells[-1], chat=())
        gone = "Never mind."
    elif what == "cell emptied":
        conversation.change("c0", "", ())
        gone = "c0_1 ="
    elif what == "cell becomes a question":
        conversation.change("c0", "%%devstral\nwhy?", ())
        gone = "c0_1 ="
    elif what == "asked above":
        more = {"focus": replace(conversation.cells[5], index=5), "scope": "above"}
        gone = "c7_1 ="
    elif what == "ids repeat":
        conversation.cells.append(replace(conversation.cells[-1], chat=()))
        gone = "new version"
    else:
        conversation.cells.insert(1, code("n", "extra = 1"))
        question, gone = "what does cell 2 do?", "new version"
    text = conversation.ask(question, **more)
    assert gone not in text
    assert "df.price" not in text
    assert "df = None" in text


def test_a_cell_that_was_filled_since_is_new() -> None:
    conversation = Conversation([CELLS[0], code("e", ""), *CELLS[1:]])
    conversation.ask()
    conversation.change("e", "import numpy as np")
    conversation.ask()
    assert conversation.stands
    assert "Cell 1 (new, below cell 0):\n```python\nimport numpy as np\n```" in conversation.news


def test_a_secret_that_is_known_by_now_is_taken_out_of_what_was_sent() -> None:
    conversation = Conversation()
    conversation.change("b", "login('hunter2-is-it')")
    assert "hunter2-is-it" in conversation.ask()
    conversation.change("b", "password = 'hunter2-is-it'\nlogin(password)")
    text = conversation.ask()
    assert "hunter2-is-it" not in text
    assert "new version" in text


def test_an_error_that_a_question_told_is_told_again_only_where_it_was_not_answered() -> None:
    error = Output("error", "KeyError: 'totl'", ename="KeyError", evalue="'totl'")
    for answered in (True, False):
        conversation = Conversation()
        conversation.change("b", "df['totl']", (error,))
        failure = Failure("KeyError", "'totl'", "b")
        focus = replace(conversation.cells[1], index=1)
        text = conversation.ask("why?", task=Task.FIX, failure=failure, target=focus)
        assert text.count("KeyError") == 1
        if not answered:
            conversation.cells[-1] = replace(conversation.cells[-1], chat=())
        text = conversation.ask()
        assert ("its output now" in text) is not answered
        assert text.count("KeyError") == 1


def test_an_unchanged_notebook_reads_as_if_nothing_had_been_kept() -> None:
    conversation = Conversation()
    conversation.ask()
    for n in range(4):
        conversation.cells.append(code(f"n{n}", f"more_{n} = {n}", Output("result", str(n))))
        text = conversation.ask(f"question {n}")
        cells = tuple(replace(cell, index=at) for at, cell in enumerate(conversation.cells))
        cells = (*cells[:-1], replace(cells[-1], chat=cells[-1].chat[:-1]))
        assert text == flat(build_prompt(Request(Task.CHAT, f"question {n}", Notebook(cells))))
        assert conversation.stands


@pytest.mark.parametrize("seed", range(30))
def test_whatever_changes_the_last_version_of_every_cell_is_the_one_of_the_notebook(seed: int) -> None:
    at_random = random.Random(seed)
    conversation = Conversation()
    stood = 0
    for step in range(12):
        cells = conversation.cells
        for _ in range(at_random.randint(0, 2)):
            at = at_random.randrange(len(cells) - 1)
            kind = at_random.choice(["edit", "outputs", "delete", "insert", "move", "append"])
            if kind == "edit":
                cells[at] = replace(cells[at], source=f"edited_{step}_{at} = {step}")
            elif kind == "outputs":
                cells[at] = replace(cells[at], outputs=(Output("stream", f"out {step} {at}"),))
            elif kind == "delete" and len(cells) > 4 and not cells[at].chat:
                del cells[at]
            elif kind == "insert":
                cells.insert(at, code(f"i{step}{at}{len(cells)}", f"inserted_{step}_{at} = 1"))
            elif kind == "move" and not cells[at].chat:
                cells.insert(at_random.randrange(len(cells)), cells.pop(at))
            elif kind == "append":
                cells.append(code(f"z{step}{len(cells)}", f"appended_{step} = 1"))
        conversation.ask(f"step {'abcdefghijklmn'[step]}")
        prompt = conversation.prompts[-1]
        request = prompt.request
        assert request is not None
        stood += step > 0 and conversation.stands
        told: dict[str, str] = {}
        for piece in prompt.pieces:
            if piece.kind == "cell" and "```python" in piece.text:
                assert piece.id not in told, "one version of a cell holds"
                told[piece.id] = piece.text
        assert told.keys() == {cell.key for cell in request.notebook.cells}
        for cell in request.notebook.cells:
            assert told[cell.key].startswith(f"Cell {cell.name}")
            assert f"```python\n{cell.source}\n```" in told[cell.key]
            last = [piece.text for piece in prompt.pieces if piece.id == cell.key and "output" in piece.text]
            assert all(output.text in last[-1] for output in cell.outputs)
        assert len({cell.name for cell in request.notebook.cells}) == len(request.notebook.cells)
    assert stood, "and mostly nothing of it is read again"

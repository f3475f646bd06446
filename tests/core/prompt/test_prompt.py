"""The messages of a prompt: layout, replayed turns, prefix stability, scopes, literal text, golden files."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_devstral.core.model.token_estimate import estimate_tokens
from jupyter_devstral.core.notebook.cells import Cell, Notebook, Output, Turn
from jupyter_devstral.core.prompt.prompt import Prompt, build_prompt, wording
from jupyter_devstral.core.redaction.redactor import Redactor
from jupyter_devstral.core.request.tasks import Attachment, Request, Rules, Task
from jupyter_devstral.core.variables.namespace import Variable

GOLDEN = Path(__file__).parents[2] / "golden" / "prompts"
FRAME = Variable("sales", "dataframe", "sales: DataFrame 120 x 2\n  price: float64, 3 null\n  region: object")
TRACEBACK = (
    "\x1b[0;31m---------------------------------------------------------------------------\x1b[0m\n"
    "\x1b[0;31mKeyError\x1b[0m                                  Traceback (most recent call last)\n"
    "Cell \x1b[0;32mIn[3], line 2\x1b[0m\n\x1b[1;32m      1\x1b[0m total = 0\n"
    "\x1b[0;32m----> 2\x1b[0m sales['pric']\n\n"
    "File ~/venv/lib/python3.11/site-packages/pandas/core/frame.py:4090, in DataFrame.__getitem__(key)\n"
    "-> 4090     indexer = self.columns.get_loc(key)\n\n\x1b[0;31mKeyError\x1b[0m: 'pric'"
)


def code(index: int, source: str, *outputs: Output, turn: Turn | None = None) -> Cell:
    return Cell(f"id{index}", index, "code", source, outputs, turn)


def book(*cells: Cell, language: str = "python") -> Notebook:
    return Notebook(cells, language)


def text_of(prompt: Prompt) -> str:
    return "\n".join(message.content for message in prompt.messages)


SHOP = (
    code(0, "import pandas as pd\nsales = pd.read_csv('sales.csv')"),
    Cell("id1", 1, "markdown", "# Prices\nSee `sales`."),
    code(2, "sales", Output("result", "   price region\n0    1.0      n\n1    2.0      s", "text/html")),
    code(
        3,
        "%%devstral\nplot {price}",
        turn=Turn("Task: write new cells.\nplot {price}", "Here:\n\n```python\nsales.plot()\n```\n"),
    ),
    code(
        4,
        "sales.plot()",
        Output("result", "<Axes: >"),
        Output("display", "<Figure size 640x480 with 1 Axes>", "image/png"),
    ),
    code(5, "total = 0\nsales['pric']", Output("error", TRACEBACK, ename="KeyError", evalue="'pric'")),
    code(6, "%devstral fix"),
    code(7, "print(total)", Output("stream", "0\n" * 500)),
)
R_BOOK = book(
    Cell("a", 0, "code", "frame <- read.csv('a.csv')\nsummary(frame)"),
    Cell("b", 1, "raw", "raw text with ``` in it"),
    language="r",
)
NEEDED = "def load(path):\n    '''Rows of a file.'''\n" + "\n".join(f"    step_{n} = path" for n in range(30))
LONG = book(
    code(0, f"{NEEDED}\n    return path"),
    *(code(n, f"filler_{n} = {n}\nprint('nothing to see in number {n}')") for n in range(1, 40)),
    code(40, "rows = load('x')"),
)
GOLDEN_REQUESTS = {
    "write": (Request(Task.WRITE, "now by region", book(*SHOP[:5]), variables=(FRAME,)), None),
    "fix": (Request(Task.FIX, "", book(*SHOP), focus=SHOP[6], target=SHOP[5]), None),
    "explain": (Request(Task.EXPLAIN, "", book(*SHOP), focus=SHOP[2], scope="above"), None),
    "squeezed": (Request(Task.EXPLAIN, "why?", LONG, focus=LONG.cells[40]), 120),
    "other_language": (Request(Task.ASK, "what is `frame`?", R_BOOK), None),
    "nothing": (Request(Task.ASK, "what is a closure?"), None),
}


@pytest.mark.parametrize("name", GOLDEN_REQUESTS)
def test_golden(name: str) -> None:
    request, budget = GOLDEN_REQUESTS[name]
    prompt = build_prompt(request, budget=budget)
    found = {
        "messages": [{"role": m.role, "content": m.content.split("\n")} for m in prompt.messages[1:]],
        "pieces": [f"{piece.kind} {piece.id} {piece.tokens}" for piece in prompt.pieces],
        "dropped": [f"{piece.kind} {piece.id} {piece.tokens}" for piece in prompt.dropped],
        "user_text": prompt.user_text,
    }
    file = GOLDEN / f"{name}.json"
    if os.environ.get("DEVSTRAL_REWRITE_GOLDEN"):
        file.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert found == json.loads(file.read_text(encoding="utf-8"))


def test_the_system_prompt_is_short_and_always_the_same() -> None:
    prompts = [build_prompt(request, budget=budget) for request, budget in GOLDEN_REQUESTS.values()]
    assert len({prompt.messages[0] for prompt in prompts}) == 1
    assert estimate_tokens(prompts[0].messages[0].content) < 250


def test_every_task_has_a_short_line() -> None:
    for task in Task:
        assert 0 < estimate_tokens(wording(task.value)) <= 25
        assert "\n" not in wording(task.value)


def flat(prompt: Prompt) -> str:
    return "".join(f"<{message.role}>{message.content}" for message in prompt.messages)


def test_a_session_only_ever_appends() -> None:
    """The prompt of every step begins with the prompt of the step before and its answer."""
    cells: list[Cell] = []
    before = ""
    for step in range(6):
        cells.append(code(len(cells), f"x_{step} = load({step})", Output("result", str(step))))
        focus = code(len(cells), f"%%devstral\nquestion {step}")
        frame = Variable("df", "dataframe", f"df: DataFrame {3 + step // 3} x 2")
        request = Request(Task.WRITE, f"question {step}", book(*cells, focus), focus, variables=(frame,))
        prompt = build_prompt(request, budget=20_000)
        assert flat(prompt).startswith(before)
        assert flat(build_prompt(request, budget=20_000)) == flat(prompt)
        described = sum(message.content.count("df: DataFrame") for message in prompt.messages)
        assert described == 1 + step // 3, "a variable is described again only when its schema has changed"
        answer = f"Done.\n```python\ny_{step} = x_{step}\n```  \n"
        before = flat(prompt) + f"<assistant>{answer}"
        cells.append(replace(focus, turn=Turn(prompt.user_text, answer, prompt.described)))
        cells.append(code(len(cells), f"y_{step} = x_{step}"))
    assert f"Cell {len(cells) - 4}, as above:" in flat(prompt)
    assert [message.role for message in prompt.messages] == ["system", *["user", "assistant"] * 5, "user"]


def test_code_of_the_answer_is_not_sent_twice() -> None:
    answer = "One:\n```python\na = 1\n```\nTwo:\n~~~python\nb = 2\n~~~\n"
    asked = code(0, "%%devstral\nq", turn=Turn("q", answer))
    for source, said in [
        ("a = 1", "block 1 of the above"),
        ("b = 2\n", "block 2 of the above"),
        ("# %%\na = 1\n\n# %%\nb = 2", "as above"),
    ]:
        prompt = build_prompt(Request(Task.ASK, "?", book(asked, code(1, source, Output("result", "7")))))
        assert f"Cell 1, {said}:\n```output\n7\n```" in prompt.messages[-1].content
        assert text_of(prompt).count(source.strip().split("\n")[-1]) == 1
        assert "id1" in {piece.id for piece in prompt.pieces}
    changed = build_prompt(Request(Task.ASK, "?", book(asked, code(1, "a = 2"))))
    assert "a = 2" in changed.messages[-1].content


@pytest.mark.parametrize(
    "question",
    [
        "{0} {x!r} %s %(y)s $HOME ${z} \\n",
        "<SECRET_9> [cell N] `a` ```",
        "日本語 🎉 \u202e",
        "a\n\nb\n",
        " lead",
    ],
)
def test_questions_are_taken_literally(question: str) -> None:
    prompt = build_prompt(Request(Task.EDIT, question, book(code(0, "x = 1")), target=code(0, "x = 1")))
    assert prompt.messages[-1].content.endswith("\n" + question)
    assert prompt.user_text.endswith("\n" + question)


def test_scopes() -> None:
    above, focus, below = code(0, "up = 1"), code(1, "mid = up"), code(2, "down = mid")
    notebook = book(above, focus, below)

    def sent(scope: str) -> set[str]:
        text = text_of(build_prompt(Request(Task.EXPLAIN, "", notebook, focus=focus, scope=scope)))
        return {source for source in ("up = 1", "mid = up", "down = mid") if source in text}

    assert sent("notebook") == {"up = 1", "mid = up", "down = mid"}
    assert sent("above") == {"up = 1", "mid = up"}
    assert sent("cell") == {"mid = up"}
    assert sent("none") == set()


@pytest.mark.parametrize("task", [Task.EDIT, Task.REFACTOR, Task.DOC, Task.FIX])
def test_a_cell_to_rewrite_is_sent_without_any_context(task: Task) -> None:
    notebook = book(code(0, "up = 1"), code(1, "mid = up"), code(2, f"%%devstral {task.value} -c none\nq"))
    prompt = build_prompt(Request(task, "q", notebook, notebook.cells[2], notebook.cells[1], scope="none"))
    assert "Cell 1:\n```python\nmid = up\n```" in text_of(prompt)
    assert "up = 1" not in text_of(prompt)
    assert "cell 1" in prompt.user_text


@pytest.mark.parametrize("words", range(20, 45))
def test_a_secret_in_a_long_message_is_replaced_before_the_message_is_cut(words: int) -> None:
    said = "some filler, " * words + "password: 'two words, and;more 7'. " + "and, more. " * 60
    failed = code(0, "go()", Output("error", f"RuntimeError: {said}", "", "RuntimeError", said))
    text = text_of(build_prompt(Request(Task.ASK, "why?", book(failed)), redactor=Redactor()))
    assert not [word for word in ("two words", "and;more", ";more 7") if word in text]


def test_cells_below_are_for_this_request_alone() -> None:
    focus = code(1, "%%devstral\nq")
    prompt = build_prompt(Request(Task.WRITE, "q", book(code(0, "a = 1"), focus, code(2, "b = 2")), focus))
    assert "Cell 2, below:" in prompt.messages[-1].content
    assert "b = 2" not in prompt.user_text
    assert [piece.kind for piece in prompt.pieces] == ["cell", "below"]


def test_requests_without_an_answer_and_empty_cells_are_not_sent() -> None:
    cells = (
        code(0, "%%devstral\nsecret plans"),
        code(1, "%devstral status\n"),
        code(2, "  \n"),
        code(3, "%load_ext x"),
    )
    prompt = build_prompt(Request(Task.ASK, "q", book(*cells)))
    assert [piece.id for piece in prompt.pieces] == ["id3"]
    assert "secret plans" not in text_of(prompt)


def test_the_cell_to_rewrite_is_named_and_sent_once() -> None:
    prompt = build_prompt(Request(Task.REFACTOR, "", book(*SHOP), focus=SHOP[6], target=SHOP[5]))
    assert "Refactor cell 5" in prompt.messages[-1].content
    assert text_of(prompt).count("total = 0\n") == 1
    unplaced = build_prompt(Request(Task.DOC, "", book(*SHOP), focus=SHOP[6], target=SHOP[5]), budget=0)
    assert text_of(unplaced).count("total = 0\n") == 1, "with no budget the target is sent all the same"
    assert unplaced.pieces == ()


def test_fences_are_longer_than_any_inside() -> None:
    prompt = build_prompt(Request(Task.ASK, "q", book(code(0, 's = """\n````\n"""'))))
    assert '`````python\ns = """\n````\n"""\n`````' in prompt.messages[-1].content


def test_outputs_are_short_clean_and_never_data() -> None:
    blob = "iVBORw0KGgo" + "AbC1" * 300
    cell = code(
        0,
        f"show('{blob}')\n",
        Output("stream", "\x1b[31mred\x1b[0m\rdone at 0x7f12ab34cd56\n" + "line\n" * 400 + "the end"),
        Output("display", "<IPython.core.display.HTML object>", "text/html"),
        Output("result", f"b'{blob}'"),
        Output("result", "<matplotlib.lines.Line2D at 0x7fa1b2c3d4e5>"),
    )
    note = Cell("m", 1, "markdown", f"![x](data:image/png;base64,{blob})")
    text = text_of(build_prompt(Request(Task.ASK, "q", book(cell, note))))
    assert "\x1b" not in text
    assert "0x7f" not in text
    assert "AbC1AbC1AbC1" not in text
    assert "IPython.core" not in text
    assert "…" in text
    assert "the end" in text
    assert len(text) < 3000


def test_an_error_is_its_message_and_the_failing_line() -> None:
    text = text_of(build_prompt(Request(Task.ASK, "q", book(SHOP[5]))))
    assert "----> 2 sales['pric']" in text
    assert "KeyError: 'pric'" in text
    assert "get_loc" not in text
    bare = code(0, "f()", Output("error", "", ename="Exit", evalue="odd"))
    assert "Exit: odd" in text_of(build_prompt(Request(Task.ASK, "q", book(bare))))


def test_causes_without_a_line_of_the_user_are_left_out() -> None:
    traceback = (
        "KeyError  Traceback (most recent call last)\n"
        "File pandas/_libs/index.pyx:172, in pandas._libs.index.IndexEngine.get_loc()\n"
        "--> 172 'Could not get source, probably due dynamically evaluated source code.'\n\nKeyError: 'a'\n\n"
        "The above exception was the direct cause of the following exception:\n\n"
        "KeyError  Traceback (most recent call last)\nCell In[1], line 1\n----> 1 df['a']\n\nKeyError: 'a'"
    )
    text = text_of(build_prompt(Request(Task.ASK, "q", book(code(0, "df['a']", Output("error", traceback))))))
    assert "```output\n----> 1 df['a']\nKeyError: 'a'\n```" in text
    assert "pyx" not in text
    assert "The above exception" not in text
    chained = "Cell In[1], line 1\n----> 1 a\n\nE: a\n\nDuring handling of the above exception, another " + (
        "exception occurred:\n\nCell In[1], line 3\n----> 3 b\n\nE: b"
    )
    assert "----> 1 a" in text_of(
        build_prompt(Request(Task.ASK, "q", book(code(0, "a", Output("error", chained)))))
    )


def test_variables() -> None:
    cells = (code(0, "n = 3\nk = compute()\ndef f():\n    pass"), code(1, "m = k"))
    variables = (
        FRAME,
        Variable("n", "scalar", "n: int = 3"),
        Variable("k", "container", "k: dict of 4"),
        Variable("m", "container", "m: dict of 4"),
        Variable("f", "function", "f()"),
        Variable("hidden", "object", "hidden: Thing\n\n  with a blank line"),
    )
    request = Request(Task.ASK, "what is k?", book(*cells), variables=variables, attached=("m",))
    prompt = build_prompt(request)
    named = [piece.id for piece in prompt.pieces if piece.kind == "variable"]
    assert named == ["m", "k", "sales", "hidden"], "attached, named, then what no sent cell shows"
    assert prompt.user_text.startswith("Variables:\nm: dict of 4\n")
    turn = Turn(prompt.user_text, "An answer.", prompt.described)
    again = replace(request, notebook=book(*cells, code(2, "%%devstral\nwhat is k?", turn=turn)))
    assert not [piece for piece in build_prompt(again).pieces if piece.kind == "variable"]
    new = replace(FRAME, text="sales: DataFrame 99 x 2")
    changed = build_prompt(replace(again, variables=(new, *variables[1:])))
    assert [piece.id for piece in changed.pieces if piece.kind == "variable"] == ["sales"]
    alone = build_prompt(replace(request, scope="none"))
    assert [piece.id for piece in alone.pieces] == ["m"]


def test_what_a_loop_leaves_bound_is_described_only_where_the_user_attached_it() -> None:
    cells = book(code(0, "for row in rows:\n    total += row"), code(1, "for key in d:\n    pass\nkey = 1"))
    variables = tuple(Variable(name, "container", f"{name}: tuple") for name in ("row", "key", "rows"))
    request = Request(Task.ASK, "print a row for each key", cells, variables=variables)
    described = [piece.id for piece in build_prompt(request).pieces if piece.kind == "variable"]
    assert described == ["key", "rows"]
    attached = build_prompt(replace(request, attached=("row",)))
    assert "row" in [piece.id for piece in attached.pieces if piece.kind == "variable"]


def test_a_column_more_costs_one_line() -> None:
    cells: list[Cell] = []

    def step(text: str) -> str:
        variable = Variable("df", "dataframe", text)
        prompt = build_prompt(Request(Task.ASK, "q", book(*cells), variables=(variable,)))
        cells.append(code(len(cells), "%%devstral\nq", turn=Turn(prompt.user_text, "A.", prompt.described)))
        return prompt.user_text.removesuffix(f"{wording('ask')}\nq").strip()

    assert step("df: 3 x 2\n  a: int\n  b: str") == "Variables:\ndf: 3 x 2\n  a: int\n  b: str"
    assert step("df: 3 x 3\n  a: int\n  b: str\n  c: str") == "Variables:\ndf: 3 x 3\n  …\n  c: str"
    assert step("df: 3 x 3\n  a: int\n  b: str\n  c: str") == ""
    assert step("df: 2 x 3\n  a: int\n  b: str\n  c: str") == "Variables:\ndf: 2 x 3\n  …"
    assert step("df: 2 x 3\n  a: int\n  b: str\n  c: str") == ""
    changed = "df: 2 x 3\n  a: int\n  b: float\n  c: str"
    assert step(changed) == "Variables:\ndf: 2 x 3\n  …\n  b: float"
    assert step(changed) == ""
    fewer = "df: 2 x 2\n  a: int\n  c: str"
    assert step(fewer) == f"Variables:\n{fewer}"


def test_what_a_turn_only_says_in_the_form_of_a_description_describes_nothing() -> None:
    """The user's own words, and a turn of which nobody has stored what it described."""
    variable = Variable("df", "dataframe", "df: 3 x 2\n  a: int\n  b: str")
    turn = Turn("Variables:\ndf: 3 x 2\n  a: int\n  b: str\n\nAnswer.\nis that right?", "Yes.")
    cells = book(code(0, "%%devstral\nq", turn=turn))
    [piece] = [
        piece
        for piece in build_prompt(Request(Task.ASK, "q", cells, variables=(variable,))).pieces
        if piece.kind == "variable"
    ]
    assert piece.text == variable.text


def test_secrets_stay_here_and_their_numbers_do_not_depend_on_the_budget() -> None:
    first, second = "sk-proj-" + "aB3dE5gH7jK9" * 4, "ghp_" + "Zx9Yw8Vu7Ts6" * 3
    cells = (
        code(0, f"api_key = '{first}'"),
        code(1, "print(token)", Output("stream", "x" * 290 + f" token {second}" + "y" * 400)),
        code(2, "call(api_key)"),
    )
    variable = Variable("token", "scalar", f"token: str = '{second}'")
    for budget in (None, 0, 40, 60):
        request = Request(
            Task.ASK, f"use {second} now", book(*cells), variables=(variable,), attached=("token",)
        )
        prompt = build_prompt(request, budget=budget, redactor=Redactor())
        text = text_of(prompt)
        assert first not in text
        assert second not in text
        assert "Vu7Ts6" not in text
        assert "use <SECRET_2> now" in text
        assert prompt.user_text.endswith(f"use {second} now"), "recorded as the user wrote it"
        assert second not in prompt.user_text.removesuffix(f"use {second} now")
        asked = "\n".join(message.content for message in prompt.messages[1:])
        assert prompt.redactions == (2 if "<SECRET_1>" in asked else 1)


def test_a_focus_from_elsewhere_means_at_the_end() -> None:
    stranger = Cell("elsewhere", 0, "code", "%%devstral\nq")
    prompt = build_prompt(Request(Task.ASK, "q", book(code(0, "a = 1"), code(1, "b = 2")), focus=stranger))
    assert [piece.id for piece in prompt.pieces] == ["id0", "id1"]


def chat_cells() -> tuple[Cell, ...]:
    asked = (Turn("Task: …\nhow many?", "Three."), Turn("Task: …\nand now?", "Four."))
    return (Cell("a", 0, "code", "x = 3", chat=asked), Cell("b", 1, "code", "x = 4"))


def test_a_chat_stands_where_it_was_held() -> None:
    prompt = build_prompt(Request(Task.CHAT, "why?", Notebook(chat_cells())))
    roles = [message.role for message in prompt.messages]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]
    assert prompt.messages[1].content.endswith("how many?")
    assert prompt.messages[3].content == "Task: …\nand now?"
    assert prompt.messages[5].content.startswith("Cell 1:")
    assert prompt.messages[5].content.endswith("why?")


def test_the_next_message_of_a_chat_only_adds() -> None:
    notebook = Notebook((Cell("a", 0, "code", "x = 3"),))
    first = build_prompt(Request(Task.CHAT, "how many?", notebook))
    turn = Turn(first.user_text, "Three.")
    after = Notebook((replace(notebook.cells[0], chat=(turn,)),))
    assert flat(build_prompt(Request(Task.CHAT, "why?", after))).startswith(flat(first))


def test_attachments_stand_before_the_question_and_are_replayed() -> None:
    attachments = (Attachment("file", "load.py", "key = 'sk-ant-api03-" + "a1B2" * 12 + "'\n"),)
    request = Request(Task.CHAT, "what is it?", attachments=attachments, images=("aGk=",))
    prompt = build_prompt(request, redactor=Redactor())
    asked = prompt.messages[-1]
    assert "File load.py:\n```\nkey = '<SECRET_1>'\n```" in asked.content
    assert asked.content.index("File load.py") < asked.content.index("what is it?")
    assert asked.images == ("aGk=",)
    assert "File load.py" in prompt.user_text
    assert "sk-ant" not in prompt.user_text
    assert [(piece.kind, piece.id) for piece in prompt.pieces] == [("file", "load.py")]


@pytest.mark.parametrize("begin", ["", "backup-", "backup_"])
@pytest.mark.parametrize("key", ["ghp_" + "a1B2c3D4e" * 4, "AKIAIOSFODNN7QXAMPLF"])
def test_a_key_in_the_name_of_a_file_is_not_sent(begin: str, key: str) -> None:
    name = f"{begin}{key}.csv"
    request = Request(
        Task.CHAT,
        f'what is in @"{name}"?',
        attachments=(Attachment("file", name, "a,b\n1,2"),),
        rules=(Rules(name, "Be brief."),),
    )
    prompt = build_prompt(request, redactor=Redactor())
    assert key not in flat(prompt)
    assert f"File {begin}<SECRET_1>.csv:" in flat(prompt)
    # The receipt stays on this machine; a piece is left out by its name.
    assert [piece.id for piece in prompt.pieces] == [name, name]


def test_the_selected_cell_is_named_and_sent_whatever_the_budget() -> None:
    cells = tuple(Cell(f"c{n}", n, "code", f"value_{n} = {n}") for n in range(30))
    request = Request(Task.CHAT, "what does it do?", Notebook(cells), target=cells[4])
    tight = build_prompt(request, budget=0)
    assert "The user has cell 4 selected." in tight.messages[-1].content
    assert "value_4 = 4" in tight.messages[-1].content
    assert "value_5 = 5" not in flat(tight)


def test_several_selected_cells_are_named_and_sent_whatever_the_budget() -> None:
    cells = tuple(Cell(f"c{n}", n, "code", f"value_{n} = {n}") for n in range(30))
    asked = Request(Task.CHAT, "compare", Notebook(cells), target=cells[4], selected=("c4", "c9", "c7"))
    tight = build_prompt(asked, budget=0)
    assert "The user has cells 4, 7 and 9 selected." in tight.messages[-1].content
    assert [n for n in range(30) if f"value_{n} = {n}" in flat(tight)] == [4, 7, 9]
    explained = build_prompt(replace(asked, task=Task.EXPLAIN), budget=0)
    assert "Explain cells 4, 7 and 9, and its error" in explained.messages[-1].content
    # One cell is rewritten at a time, and without the notebook nothing of it is sent.
    edited = build_prompt(replace(asked, task=Task.EDIT, question="x"), budget=0)
    assert "cells 4" not in edited.messages[-1].content
    assert "value_7" not in flat(build_prompt(replace(asked, scope="none", target=None)))

"""The request: its exact body, what is in it and what never is, and when nobody is asked."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from jupyter_devstral.core.completion.asking import WINDOW, Prepared, holds_secret, prepare, why_not_asked
from jupyter_devstral.core.completion.families import QWEN, Inserting
from jupyter_devstral.core.completion.place import Place
from jupyter_devstral.core.completion.variable_log import VariableLog
from jupyter_devstral.core.model.token_estimate import estimate_tokens
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.redaction.redactor import Redactor
from jupyter_devstral.core.variables.namespace import Variable

At = Callable[..., Place]
SECRET = "sk-proj-" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA2cD4fG6hJ8"


def asked(place: Place, *earlier: str, **more: Any) -> Prepared:
    cells = [Cell(f"c{n}", n, "code", source) for n, source in enumerate(earlier)]
    cell = Cell("here", len(cells), "code", place.source)
    return prepare(Notebook((*cells, cell)), cell, place, Inserting(QWEN), model="m", **more)


def test_the_body_is_the_same_for_the_same_cursor_and_whole(at: At) -> None:
    prepared = asked(at("y = 1\nx = |)\nz"), "import a")
    assert prepared.request.body() == asked(at("y = 1\nx = |)\nz"), "import a").request.body()
    assert prepared.request.body() == {
        "model": "m",
        "prompt": "<|fim_prefix|>import a\n\ny = 1\n<|fim_suffix|>)\nz<|fim_middle|>x =",
        "raw": True,
        "stream": True,
        "truncate": False,
        "logprobs": True,
        "keep_alive": 300,
        "options": {
            "num_ctx": WINDOW,
            "num_predict": 48,
            "temperature": 0.0,
            "repeat_penalty": 1.0,
            "stop": [*QWEN.stops, "\n"],
        },
    }
    assert prepared.taken == " "


def test_a_key_adds_to_the_prompt_and_changes_nothing_before(at: At) -> None:
    for more, grown in (("f|", " f"), ("fo|", " fo"), ("foo.|", " foo.")):
        first = asked(at("a = 1\nx = |\nb"), whole_words=False)
        later = asked(at(f"a = 1\nx = {more}\nb"), whole_words=False)
        assert later.request.prompt == first.request.prompt + grown


@pytest.mark.parametrize(
    ("line", "shown", "taken", "word"),
    [
        ("x = pd.re|", "x = pd.", "", "re"),
        ("x = p|", "x =", " ", "p"),
        ("us|", "", "", "us"),
        ("x = |", "x =", " ", ""),
    ],
)
def test_a_word_that_is_being_typed_is_left_to_the_model(
    at: At, line: str, shown: str, taken: str, word: str
) -> None:
    prepared = asked(at(line))
    assert prepared.request.prompt.endswith(f"<|fim_middle|>{shown}")
    assert (prepared.taken, prepared.word) == (taken, word)


def test_a_model_nobody_knows_is_asked_with_a_suffix_that_is_never_empty(at: At) -> None:
    cell = Cell("a", 0, "code", "x = ")
    request = prepare(Notebook((cell,)), cell, at("x = |"), Inserting(None), model="m").request
    assert (request.prompt, request.body()["suffix"]) == ("x =", "\n")
    assert "raw" not in request.body()


@pytest.mark.parametrize(
    ("chat", "own"),
    [("30m", 300), ("5m", 150), ("1m", 30), (-1, 300), ("-1s", 300), (10, 10), ("1h30m", 300)],
)
def test_the_model_is_let_go_before_the_chat_model(at: At, chat: str | int, own: int) -> None:
    assert asked(at("x|"), keep_alive=chat).request.body()["keep_alive"] == own


def test_runner_options_never_vary_with_the_place(at: At) -> None:
    for text in ("x|", "def f():\n    |", "|", "a\n" * 3000 + "|"):
        options = asked(at(text), on_cpu=True).request.options
        assert (options["num_ctx"], options["num_gpu"]) == (WINDOW, 0)


def test_everything_fits_the_window(at: At) -> None:
    wide = "数据 = 表格.取('列')\n"
    prepared = asked(at(wide * 900 + "x|\n" + wide * 300), *([wide * 200] * 20))
    assert estimate_tokens(prepared.request.prompt) + 48 <= WINDOW


def test_secrets_are_replaced_in_every_part(at: At) -> None:
    place = at(f"api_key = '{SECRET}'\ncall('{SECRET}', |)\nagain('{SECRET}')")
    body = asked(place, f"token = '{SECRET}'", redactor=Redactor()).request.body()
    assert SECRET not in str(body)
    assert body["prompt"].count("<SECRET_1>") == 4


def test_secrets_are_taken_out_before_anything_is_cut(at: At) -> None:
    lines = "\n".join(f"x{n} = '{SECRET}' + '{'y' * 700}'" for n in range(12))
    long = f"x = '{'z' * 760} {SECRET}'"
    for place in (at(f"{lines}\nx = |\n{lines}"), at(f"x = |\n{long}"), at(f"{long}\nx = |{long}")):
        body = str(asked(place, lines, f"key = '{SECRET}'", redactor=Redactor()).request.body())
        assert not any(SECRET[start : start + 12] in body for start in range(len(SECRET) - 12))


@pytest.mark.parametrize(
    "text",
    [
        f"k = '{SECRET[:20]}|{SECRET[20:]}'",
        f"api_key = '{SECRET}|",
        f"api_key = '{SECRET[:24]}|",
        f"x = '{SECRET} and |'",
    ],
)
def test_a_cursor_in_a_secret_is_noticed(at: At, text: str) -> None:
    assert holds_secret(at(text))


def test_a_cursor_beside_a_secret_may_ask(at: At) -> None:
    assert not holds_secret(at(f"api_key = '{SECRET}'\nx = |"))
    assert not holds_secret(at("x = 'plain|"))


@pytest.mark.parametrize(
    ("text", "above", "why"),
    [
        ("x = |", "code", ""),
        ("x = 1 # a|", "code", "comment"),
        ("x = 'a|", "code", "string"),
        ("x = |1 + 2", "code", "middle"),
        ("f(|)", "code", ""),
        ("|", "code", "empty"),
        ("|", "markdown", ""),
        ("x = 1\n|", "code", "empty"),
        ("if x:\n    |", "code", ""),
        ("f(\n|", "code", ""),
        ("%%bash\nls|", "code", "language"),
    ],
)
def test_nobody_is_asked_where_it_is_of_no_use(at: At, text: str, above: str, why: str) -> None:
    place = at(text)
    cells = (Cell("a", 0, above, "# Title"), Cell("b", 1, "code", place.source))
    reason = why_not_asked(place, Notebook(cells), cells[1])
    assert bool(reason) == bool(why)
    assert why in reason


def test_an_empty_notebook_is_nothing_to_go_by(at: At) -> None:
    cell = Cell("a", 0, "code", "")
    assert why_not_asked(at("|"), Notebook((cell,)), cell)


def test_earlier_cells_are_left_out_in_big_steps(at: At) -> None:
    earlier: list[str] = []
    prompts = []
    for number in range(120):
        earlier.append(f"step_{number} = compute({number}, 'with some arguments', size={number})" * 2)
        prompts.append(asked(at("x = |"), *earlier).request.prompt.partition("<|fim_suffix|>")[0])
    kept = [later.startswith(before) for before, later in pairwise(prompts)]
    assert kept.count(False) <= 6
    assert len(prompts[-1]) < 8_000


def test_questions_are_no_context_and_prose_is_a_string(at: At) -> None:
    cells = (
        Cell("a", 0, "markdown", "# Sales"),
        Cell("b", 1, "code", "%%devstral\nwhy?"),
        Cell("c", 2, "raw", "raw"),
        Cell("d", 3, "code", "x = "),
        Cell("e", 4, "code", "below"),
    )
    prompt = prepare(Notebook(cells), cells[3], at("x = |"), Inserting(QWEN), model="m").request.prompt
    assert prompt == '<|fim_prefix|>"""# Sales"""\n\n<|fim_suffix|><|fim_middle|>x ='


def frame(columns: str) -> Variable:
    return Variable("df", "dataframe", f"df: pandas DataFrame, 2 rows × 2 columns\n  {columns}")


def test_variables_stand_behind_the_cell_that_changed_them(at: At) -> None:
    cells = (
        Cell("a", 0, "code", "df = load()"),
        Cell("b", 1, "code", "df['c'] = 1"),
        Cell("c", 2, "code", "x = "),
    )
    notebook, log = Notebook(cells), VariableLog()
    log.update([frame("a: int64")], notebook, ran="a")
    assert log.remarks() == {"a": ("# df: pandas DataFrame, 2 rows × 2 columns: a: int64",)}
    before = asked_with(log, notebook, at)
    log.update([frame("a: int64")], notebook, ran="b")
    assert asked_with(log, notebook, at) == before
    log.update([frame("a: int64, c: int64")], notebook, ran="b")
    assert list(log.remarks()) == ["a", "b"]
    prompt = asked_with(log, notebook, at)
    assert prompt.index("a: int64\n") < prompt.index("df['c'] = 1") < prompt.index("c: int64")


def asked_with(log: VariableLog, notebook: Notebook, at: At) -> str:
    cell = notebook.cells[-1]
    place = Place(cell.source, len(cell.source))
    return prepare(notebook, cell, place, Inserting(QWEN), model="m", remarks=log.remarks()).request.prompt


def test_a_new_kernel_forgets_what_was_told() -> None:
    notebook, log = Notebook((Cell("a", 0, "code", "df = 1"),)), VariableLog()
    log.update([frame("a: int64")], notebook, ran="a")
    log.update([], notebook)
    assert log.remarks() == {}


def test_a_word_of_a_hundred_thousand_letters_is_no_work(at: At) -> None:
    # A search that begins anew at each of them would take minutes.
    assert asked(at("x = '" + "a" * 100_000 + "|")).word == "a" * 200

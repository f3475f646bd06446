"""`eval`: the cases are right about themselves; a model is asked, judged, and asked nothing twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_devstral.cli.commands import eval as command
from jupyter_devstral.cli.evals.cases import SUITES, Case, load_suite
from tests.cli.conftest import Cli
from tests.support.scripted.server import ScriptedOllama


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))


def test_there_are_enough_cases_and_each_is_whole() -> None:
    assert [len(load_suite(suite)) >= least for suite, least in zip(SUITES, (40, 30, 20), strict=True)]
    for case in (case for suite in SUITES for case in load_suite(suite)):
        assert case.cells, case.id
        assert case.gold or case.rerun, case.id
        assert case.check or case.suite == "test", case.id
        assert bool(case.ask) == (case.suite == "write"), case.id
    names = [(suite, case.id) for suite in SUITES for case in load_suite(suite)]
    assert len(names) == len(set(names))


def test_all_gold_answers_are_right_and_no_null_answer_is(cli: Cli) -> None:
    ended = cli("eval", "--self-test")
    count = sum(len(load_suite(suite)) for suite in SUITES)
    assert ended.text.splitlines() == [
        f"gold answers: {count} of {count} right",
        f"null answers: 0 of {count} right",
    ]
    assert ended.code == 0


def test_a_gold_answer_that_is_wrong_is_an_error(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoilt(suite: str) -> tuple[Case, ...]:
        return tuple(replace(case, gold="offers = priced = None") for case in load_suite(suite))

    monkeypatch.setattr(command, "load_suite", spoilt)
    ended = cli("eval", "--self-test", "--suite", "write", "--limit", "1")
    assert ended.code == 1
    assert "gold answers: 0 of 1 right" in ended.text
    assert "write rows-with-price" in ended.text


def test_a_model_is_measured_and_no_case_is_asked_twice(cli: Cli, scripted_ollama: ScriptedOllama) -> None:
    fix, write = load_suite("fix")[0], load_suite("write")[0]
    scripted_ollama.replies = [
        f"A typo.\n\n```python\n{fix.gold}\n```\n",
        "```python\npriced = offers\n```\n",
    ]
    flags = [f"--DevstralConfig.host={scripted_ollama.url}"]
    arguments = ("eval", "--suite", "fix,write", "--limit", "1", "--json", *flags)
    ended = cli(*arguments)
    assert ended.code == 0, ended.err
    suites = ended.json["suites"]
    assert set(ended.json) == {"model", "suites"}
    assert set(suites["fix"]) == {"cases", "right", "runs", "tokens", "seconds", "failed"}
    assert (suites["fix"]["right"], suites["fix"]["failed"]) == (1, [])
    assert (suites["write"]["right"], suites["write"]["runs"]) == (0, 1)
    assert suites["write"]["failed"] == [write.id]
    assert suites["fix"]["tokens"] > 0
    asked = len(scripted_ollama.chats)
    assert cli(*arguments).json == ended.json
    assert len(scripted_ollama.chats) == asked
    page = cli("eval", "--suite", "fix,write", "--limit", "1", *flags)
    assert "1 of 1" in page.text
    assert f"write {write.id}" in page.text
    assert "window" in page.text


def test_two_models_are_compared(cli: Cli, scripted_ollama: ScriptedOllama) -> None:
    write = load_suite("write")[0]
    scripted_ollama.replies = [f"```python\n{write.gold}\n```\n", "No idea."]
    ended = cli(
        "eval",
        "--suite=write",
        "--limit=1",
        "--json",
        f"--DevstralConfig.host={scripted_ollama.url}",
        "--compare",
        "devstral-small-2:latest",
    )
    assert ended.code == 0, ended.err
    assert [one["suites"]["write"]["right"] for one in ended.json] == [1, 0]


@pytest.mark.parametrize("arguments", [["--suite", "poems"], ["--limit", "0"]])
def test_what_is_typed_wrongly_is_said(cli: Cli, arguments: list[str]) -> None:
    assert cli("eval", *arguments).code == 2


def test_where_no_copy_is_sound_nothing_is_run(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONSTARTUP", "")
    monkeypatch.setattr(
        "jupyter_devstral.cli.evals.judge.soundness_expression", lambda: "repr('\"a GPU is in use\"')[1:-1]"
    )
    ended = cli("eval", "--self-test", "--limit", "1")
    assert ended.code == 1
    assert "Nothing was run" in ended.err
    assert "a GPU is in use" in ended.err

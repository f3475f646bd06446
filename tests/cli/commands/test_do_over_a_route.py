"""`do --route NAME`: a whole task over the OpenAI dialect, each request judged by Mistral's validator."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_devstral.core.settings import policy_files
from tests.cli.conftest import Cli, Ended, code_cell, write_notebook
from tests.support.scripted.openai_server import Called, ScriptedV1

LOAD = "rows = [1, 2, 3]"
COUNT = "I count.\n\n```python\nprint('rows:', len(rows))\n```\n"
TASK = "Count the rows."

Do = Callable[..., Ended]


@pytest.fixture
def server() -> Iterator[ScriptedV1]:
    with ScriptedV1() as running:
        yield running
        assert running.complaints == []


@pytest.fixture
def do(cli: Cli, server: ScriptedV1, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Do:
    """Runs the task over a route of this machine; `route` changes it."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data-of-jupyter"))
    path = write_notebook(tmp_path / "in.ipynb", [code_cell(LOAD, "a1b2c3d4")])

    def run(*replies: Any, route: dict[str, Any] | None = None, options: tuple[str, ...] = ()) -> Ended:
        server.replies = list(replies)
        routes = {"cluster": route or {"address": server.url}}
        flags = (f"--DevstralConfig.routes={routes!r}", "--DevstralConfig.host=http://127.0.0.1:9")
        return cli("do", path, TASK, "-o", tmp_path / "out.ipynb", "--route", "cluster", *flags, *options)

    return run


def cells_of(tmp_path: Path) -> list[Any]:
    notebook = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    nbformat.validate(notebook)
    return list(notebook.cells)


def roles(server: ScriptedV1) -> list[str]:
    return [message["role"] for message in server.chats[-1].body["messages"]]


@pytest.mark.parametrize("form", ["plain", "all-0", "object"])
def test_calls_and_cells_of_one_reply_are_carried_out_and_answered(
    do: Do, server: ScriptedV1, tmp_path: Path, form: str
) -> None:
    looks = Called([("inspect", {"names": ["rows"]}), ("notebook_outline", {})], COUNT, form)
    ended = do(looks, Called([("done", {"summary": "Three rows."})], form=form))
    assert ended.code == 0, ended.err
    assert [cell.source for cell in cells_of(tmp_path)] == [LOAD, "print('rows:', len(rows))"]
    assert cells_of(tmp_path)[1].outputs[0].text == "rows: 3\n"
    first, second = (each.body for each in server.chats)
    assert [tool["function"]["name"] for tool in first["tools"]] == [
        tool["function"]["name"] for tool in second["tools"]
    ]
    assert roles(server) == ["system", "user", "assistant", "tool", "tool"]
    assert second["messages"][: len(first["messages"])] == first["messages"]
    calls = second["messages"][2]["tool_calls"]
    assert [call["id"] for call in calls] == [one["tool_call_id"] for one in second["messages"][3:]]
    assert "rows" in second["messages"][3]["content"]


def test_what_was_read_once_is_not_read_again(do: Do, server: ScriptedV1) -> None:
    calls = [Called([("inspect", {"names": [f"x{number}"]})], f"Step {number}.") for number in range(9)]
    assert do(*calls, "Done.").code == 0
    prompts = [[json.dumps(each) for each in chat.body["messages"]] for chat in server.chats]
    assert len(prompts) == 10
    for before, after in pairwise(prompts):
        assert after[: len(before)] == before


def test_a_call_that_was_cut_is_asked_for_again(do: Do, server: ScriptedV1, tmp_path: Path) -> None:
    server.fail_next("cut", after=4)
    ended = do(Called([("inspect", {"names": ["rows"]})]), COUNT, "Done.")
    assert ended.code == 0, ended.err
    assert "was cut" in server.chats[1].body["messages"][-1]["content"]
    assert len(cells_of(tmp_path)) == 2


@pytest.mark.parametrize("status", [400, 422])
def test_a_model_without_tools_writes_its_calls_as_text(do: Do, server: ScriptedV1, status: int) -> None:
    error = {"error": {"message": "This model takes no tools", "code": status}}
    server.fail_next("status", status=status, body=error)
    ended = do('{"name": "inspect", "arguments": {"names": ["rows"]}}', COUNT, "Done.")
    assert ended.code == 0, ended.err
    bodies = [each.body for each in server.chats]
    assert ["tools" in body for body in bodies] == [True, False, False, False]
    assert "Tools, called by a block" in bodies[1]["messages"][-1]["content"]
    assert "rows" in bodies[2]["messages"][-1]["content"]


def test_a_model_that_has_none_by_its_own_word_is_never_sent_any(do: Do, server: ScriptedV1) -> None:
    server.props = {"chat_template_caps": {"supports_tools": False}}
    assert do(COUNT, "Done.").code == 0
    assert not any("tools" in each.body for each in server.chats)


def test_a_route_that_may_not_be_taken_ends_it_before_anything_runs(
    do: Do, server: ScriptedV1, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / policy_files.FILE).write_text(json.dumps({"routes": ["local"]}))
    monkeypatch.setattr(policy_files, "policy_folders", lambda: [tmp_path / "etc"])
    ended = do(COUNT)
    assert (ended.code, server.requests) == (1, [])
    assert "The route cluster" in ended.err
    assert not (tmp_path / "out.ipynb").exists()


def test_a_run_on_a_route_that_leaves_says_what_it_would_have_to_send(do: Do, server: ScriptedV1) -> None:
    ended = do(COUNT, route=server.far_away, options=("--DevstralConfig.allow_remote=True",))
    assert ended.code == 1
    assert "cluster may not receive outputs" in ended.err
    assert server.chats == []


def test_what_leaves_has_no_secrets_in_it(do: Do, server: ScriptedV1, tmp_path: Path) -> None:
    secret = "hunter2-and-more"
    write_notebook(
        tmp_path / "in.ipynb", [code_cell(f"password = {secret!r}\nrows = [password]", "a1b2c3d4")]
    )
    far = {**server.far_away, "send": ["source", "schemas", "outputs"]}
    off = ("--DevstralConfig.allow_remote=True", "--DevstralConfig.redact=False")
    show = "```python\nprint(password)\n```"
    ended = do(show, Called([("inspect", {"names": ["password", "rows"]})]), "Done.", route=far, options=off)
    assert ended.code == 0, ended.err
    assert len(server.chats) == 3
    assert secret not in json.dumps([each.body for each in server.chats])


@pytest.mark.parametrize(
    ("level", "option"), [("off", "--plan"), ("plan", "--yes-run"), ("rehearse", "--yes-run")]
)
def test_a_policy_says_how_far_a_run_may_go(
    do: Do, server: ScriptedV1, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str, option: str
) -> None:
    (tmp_path / "agent.json").write_text(json.dumps({"agent": level}))
    monkeypatch.setenv(policy_files.VARIABLE, str(tmp_path / "agent.json"))
    ended = do(COUNT, options=(option,))
    assert (ended.code, server.requests) == (1, [])
    assert "An agent may" in ended.err


def test_the_log_of_a_run_holds_and_can_be_checked(
    do: Do, cli: Cli, server: ScriptedV1, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "audit.jsonl"
    (tmp_path / "log.json").write_text(json.dumps({"audit": {"to": str(log), "required": True}}))
    monkeypatch.setenv(policy_files.VARIABLE, str(tmp_path / "log.json"))
    assert do(COUNT, "Done.").code == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [one["kind"] for one in lines] == ["send", "action", "send"]
    assert {one["notebook"] for one in lines} == {str(tmp_path / "in.ipynb")}
    assert cli("audit", "verify").code == 0
    log.write_text(log.read_text().replace("write_cell", "read_cells"))
    broken = cli("audit", "verify")
    assert broken.code == 1
    assert "line 3 " in broken.text

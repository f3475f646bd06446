"""The driver of a run: where its steps may go, and what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from jupyter_devstral.core.agent.steps import Question, Ran
from jupyter_devstral.core.errors import RemoteRefused
from jupyter_devstral.core.model.server import Wishes
from jupyter_devstral.core.notebook.cells import Notebook
from jupyter_devstral.core.redaction.redactor import Redactor
from jupyter_devstral.core.settings.config import DevstralConfig
from jupyter_devstral.session.agent.driver import AgentDriver, Audience
from jupyter_devstral.session.agent.run_record import RunRecord
from jupyter_devstral.session.session import Session
from tests.support.scripted.engine import Script
from tests.support.scripted.server import ScriptedOllama


class Stage:
    """Runs nothing; every cell ends as it is told."""

    def __init__(self, ran: Ran) -> None:
        self.ran = ran

    def run(self, source: str, allowed: Sequence[str]) -> Ran:
        return self.ran

    def describe(self, names: Sequence[str]) -> str:
        return ""


def driver(session: Session, record: RunRecord, audience: Audience, **wishes: str) -> AgentDriver:
    ran = Ran(refused="it writes files (x)")
    return AgentDriver(session, session.model(Wishes(**wishes)), Redactor(), Stage(ran), audience, record)


def test_a_route_that_may_not_receive_outputs_gets_no_run(tmp_path: Path) -> None:
    config = DevstralConfig(
        allow_remote=True,
        routes={"far": {"address": "https://models.invalid/v1", "model": "m", "send": ["source"]}},
    )
    one = driver(Session(config), RunRecord(tmp_path), Audience(), route="far")
    with pytest.raises(RemoteRefused, match="far may not receive schemas and outputs"):
        one.prepare(Notebook(), "Count.")


def test_questions_and_their_answers_are_in_the_record_of_the_user_alone(
    tmp_path: Path, scripted_ollama: ScriptedOllama
) -> None:
    asked: list[Question] = []
    scripted_ollama.replies = ["```python\nopen('x', 'w')\n```", "Done."]
    record = RunRecord(tmp_path / "runs")
    one = driver(
        Session(DevstralConfig(host=scripted_ollama.url)),
        record,
        Audience(answer=lambda question: bool(asked.append(question))),
    )
    ended = one.carry_out(one.prepare(Notebook(), "Write a file."))
    record.close()
    assert [question.effect for question in asked] == ["it writes files (x)"]
    assert ended.refused == [(asked[0].cell, "it writes files (x)")]
    assert record.path.stat().st_mode & 0o777 == 0o600
    entries = [json.loads(line) for line in record.path.read_text(encoding="utf-8").splitlines()]
    assert [entry["what"] for entry in entries] == ["task", "reply", "cell", "question", "reply", "end"]
    assert (entries[3]["allowed"], entries[3]["by"]) == (False, "")


def test_tools_are_sent_to_a_model_that_has_them(tmp_path: Path, scripted_ollama: ScriptedOllama) -> None:
    one = driver(Session(DevstralConfig(host=scripted_ollama.url)), RunRecord(tmp_path), Audience())
    one.carry_out(one.prepare(Notebook(), "Nothing."))
    names = [tool["function"]["name"] for tool in scripted_ollama.chats[0].body["tools"]]
    assert names == ["delete_cell", "done", "inspect", "notebook_outline", "read_cells", "run_cell"]


def test_what_a_run_shows_under_the_name_of_a_secret_is_not_sent(
    tmp_path: Path, scripted_ollama: ScriptedOllama
) -> None:
    shown = {
        "output_type": "execute_result",
        "execution_count": None,
        "metadata": {},
        "data": {"text/plain": "['Zq7vK2mN9xWt4LpR8bYc', 'hunter2hunter2']"},
    }
    scripted_ollama.replies = ["```python\npasswords\n```", "Done."]
    session = Session(DevstralConfig(host=scripted_ollama.url))
    stage = Stage(Ran(outputs=(shown,)))
    one = AgentDriver(session, session.model(Wishes()), Redactor(), stage, Audience(), RunRecord(tmp_path))
    one.carry_out(one.prepare(Notebook(), "Show them."))
    assert len(scripted_ollama.chats) > 1
    sent = json.dumps(scripted_ollama.chats[-1].body)
    assert "<SECRET_1>" in sent
    assert "hunter2hunter2" not in sent


def test_a_folder_that_cannot_be_made_stops_no_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    record = RunRecord(tmp_path / "file" / "runs")
    record.add("task", task="x")
    record.close()
    assert not record.path.exists()


def test_a_reply_without_end_is_ended_and_the_record_says_so(
    tmp_path: Path, scripted_ollama: ScriptedOllama
) -> None:
    line, told = "- [ ] Load the three CSV files.\n", list[str]()
    scripted_ollama.replies = [
        Script([line[:9], line[9:]] * 20_000, delay=0.01),
        "```python\nx = 1\n```",
        "Done.",
    ]
    record = RunRecord(tmp_path / "runs")
    session = Session(DevstralConfig(host=scripted_ollama.url))
    audience = Audience(say=told.append)
    one = AgentDriver(session, session.model(Wishes()), Redactor(), Stage(Ran()), audience, record)
    ended = one.carry_out(one.prepare(Notebook(), "Load them."))
    record.close()
    assert (ended.how, ended.steps, [cell.source for cell in ended.draft.touched]) == ("done", 3, ["x = 1"])
    assert scripted_ollama.wait_for(lambda: scripted_ollama.chats[0].closed_early)
    assert scripted_ollama.chats[1].body["messages"][-2]["content"] == line
    entries = [json.loads(one) for one in record.path.read_text(encoding="utf-8").splitlines()]
    reply = next(entry for entry in entries if entry["what"] == "reply")
    # What came, as it came, and why no more did.
    assert reply["text"].startswith(line * 2)
    assert len(reply["text"]) < 200 * len(line)
    assert reply["ended"] == f"it repeats {line.strip()!r}"
    words = "The model wrote the same line again and again; its reply was ended there."
    assert words in told
    assert words in [entry.get("words") for entry in entries]
    # The server did not count them.
    assert ended.reply_tokens > 300


def test_a_reply_that_only_has_a_long_table_is_heard_to_its_end(
    tmp_path: Path, scripted_ollama: ScriptedOllama
) -> None:
    table = "| region | amount |\n| --- | --- |\n" + "| unknown | unknown |\n" * 100 + "That is all."
    scripted_ollama.replies = [table]
    record = RunRecord(tmp_path / "runs")
    one = driver(Session(DevstralConfig(host=scripted_ollama.url)), record, Audience())
    assert one.carry_out(one.prepare(Notebook(), "Show it.")).summary == table
    record.close()
    assert '"ended"' not in record.path.read_text(encoding="utf-8")

"""One line for each action of a run and each answer about one; what cannot be logged may not be done."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from jupyter_devstral.core.agent.steps import Ran
from jupyter_devstral.core.errors import NotLogged, PolicyRefused, RunnerFailed
from jupyter_devstral.core.model.server import Wishes
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.redaction.redactor import Redactor
from jupyter_devstral.core.settings import policy_files
from jupyter_devstral.core.settings.config import DevstralConfig
from jupyter_devstral.session.agent.driver import AgentDriver, Audience
from jupyter_devstral.session.agent.run_record import RunRecord
from jupyter_devstral.session.audit.chain import entries, verify
from jupyter_devstral.session.session import Session
from tests.support.scripted.openai_server import Called, ScriptedV1

Write = Callable[..., None]
NOTEBOOK = Notebook((Cell("a1b2c3d4", 0, "code", "salaries = [1, 2]"),))
WRITES = "```python\nopen('report.csv', 'w')\n```"


class Stage:
    """Ends each cell as it is told; `before` is called first."""

    def __init__(self, *ran: Ran, before: Callable[[], object] = lambda: None) -> None:
        self.ran = list(ran)
        self.before = before
        self.sources: list[str] = []

    def run(self, source: str, allowed: Sequence[str]) -> Ran:
        self.before()
        self.sources.append(source)
        return self.ran.pop(0) if self.ran else Ran(seconds=0.25)

    def describe(self, names: Sequence[str]) -> str:
        return "salaries: list of 2"


@pytest.fixture
def server() -> Iterator[ScriptedV1]:
    with ScriptedV1() as running:
        yield running
        assert running.complaints == []


@pytest.fixture
def policy_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    folder = tmp_path / "etc"
    folder.mkdir()
    monkeypatch.setattr(policy_files, "policy_folders", lambda: [folder])
    return lambda **keys: (folder / policy_files.FILE).write_text(json.dumps(keys))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log" / "audit.jsonl"


def run(
    server: ScriptedV1,
    tmp_path: Path,
    stage: Stage,
    *replies: Any,
    answers: Sequence[bool] = (),
    plan: bool = False,
) -> RunRecord:
    server.replies = list(replies)
    session = Session(DevstralConfig(routes={"here": {"address": server.url}}))
    model = session.model(Wishes(route="here", notebook="work/pay.ipynb"))
    record = RunRecord(tmp_path / "runs")
    waiting = list(answers)
    audience = Audience(answer=lambda question: waiting.pop(0))
    driver = AgentDriver(session, model, Redactor(), stage, audience, record, plan=plan)
    try:
        driver.carry_out(driver.prepare(NOTEBOOK, "Count."))
    finally:
        record.close()
    return record


def lines_of(log: Path) -> list[dict[str, Any]]:
    assert verify(log).broken == 0
    assert not any((log.parent / "audit.pending").iterdir())
    return list(entries(log))


def test_each_send_and_each_action_is_one_line(
    server: ScriptedV1, policy_file: Write, tmp_path: Path, log: Path
) -> None:
    policy_file(audit={"to": str(log)})
    calls = Called([("inspect", {"names": ["salaries"]})], "```python\nlen(salaries)\n```")
    record = run(server, tmp_path, Stage(), calls, Called([("done", {"summary": "Two."})]))
    lines = lines_of(log)
    assert [(one["kind"], one["step"], one["tool"]) for one in lines] == [
        ("send", 1, None),
        ("action", 1, "write_cell"),
        ("action", 1, "inspect"),
        ("send", 2, None),
        ("action", 2, "done"),
    ]
    assert {one["run"] for one in lines} == {record.id}
    assert {(one["notebook"], one["route"], one["model"]) for one in lines} == {
        ("work/pay.ipynb", "here", "devstral-2")
    }
    fields = "v time seq user host notebook run step kind route address model prompt_sha256 tokens pieces"
    rest = "secrets_hidden tool cell decision trial outcome ms"
    for one in lines:
        assert not set(f"{fields} {rest}".split()) - set(one)
    assert lines[0]["pieces"]["cells"] == ["a1b2c3d4"]
    write = lines[1]
    assert (write["outcome"], write["trial"]) == ("done", {"became": "ran", "outputs": 0, "ms": 250})
    assert len(write["cell"]) == 8
    # Names and counts; neither what the model wrote nor what the user has.
    assert not any(word in log.read_text() for word in ("len(salaries)", "salaries = ", "Two.", "Count."))


def test_what_is_asked_and_what_was_answered_has_a_line_of_its_own(
    server: ScriptedV1, policy_file: Write, tmp_path: Path, log: Path
) -> None:
    policy_file(audit={"to": str(log)})
    refused = Ran(refused="it writes files (report.csv)")
    again = WRITES.replace("'w'", "'a'")
    stage = Stage(refused, refused, Ran(error="OSError: no"))
    run(server, tmp_path, stage, WRITES, again, "Done.", answers=[False, True])
    lines = [one for one in lines_of(log) if one["kind"] != "send"]
    assert [one["kind"] for one in lines] == ["refusal", "action", "approval", "action"]
    asked = {"asked": "it writes files", "remembered": False}
    assert lines[0]["decision"] == {**asked, "allowed_by": None}
    assert lines[2]["decision"] == {**asked, "allowed_by": "user"}
    assert lines[1]["trial"]["became"] == "refused: it writes files"
    assert lines[3]["trial"]["became"] == "failed: OSError"
    assert lines[1]["cell"] == lines[0]["cell"]
    assert "report.csv" not in log.read_text()


def test_what_must_be_logged_and_cannot_be_is_not_done(
    server: ScriptedV1, policy_file: Write, tmp_path: Path, log: Path
) -> None:
    policy_file(audit={"to": str(log), "required": True})

    def blocked(messages: Any) -> str:
        # Between the send and the action.
        log.unlink()
        log.mkdir()
        return WRITES

    stage = Stage()
    server.replies = blocked
    session = Session(DevstralConfig(routes={"here": {"address": server.url}}))
    log.parent.mkdir()
    log.touch()
    model = session.model(Wishes(route="here"))
    driver = AgentDriver(session, model, Redactor(), stage, Audience(), RunRecord(tmp_path / "runs"))
    agent = driver.prepare(NOTEBOOK, "Count.")
    with pytest.raises(NotLogged, match="nothing was sent or done"):
        driver.carry_out(agent)
    assert (stage.sources, agent.draft.touched) == ([], [])


def test_an_action_in_the_middle_of_which_the_run_is_stopped_is_logged_as_that(
    server: ScriptedV1, policy_file: Write, tmp_path: Path, log: Path
) -> None:
    policy_file(audit={"to": str(log)})

    def stop() -> None:
        raise KeyboardInterrupt

    run(server, tmp_path, Stage(before=stop), "```python\n1\n```")
    assert [(one["kind"], one["outcome"]) for one in lines_of(log)] == [
        ("send", "stop"),
        ("action", "interrupted"),
    ]


def test_a_run_that_fails_says_with_what(
    server: ScriptedV1, policy_file: Write, tmp_path: Path, log: Path
) -> None:
    policy_file(audit={"to": str(log)})
    server.fail_next("status", status=500, body={"error": {"message": "of a secret"}})
    with pytest.raises(RunnerFailed):
        run(server, tmp_path, Stage(), "x")
    assert [(one["kind"], one["outcome"]) for one in lines_of(log)] == [
        ("send", "RunnerFailed"),
        ("error", "RunnerFailed"),
    ]


def test_names_are_hashed_with_a_key_where_the_policy_says_so(
    server: ScriptedV1, policy_file: Write, tmp_path: Path, log: Path
) -> None:
    plain = tmp_path / "plain.jsonl"
    policy_file(audit={"to": str(log), "names": "hashed"})
    (tmp_path / "more.json").write_text(json.dumps({"audit": {"to": str(plain)}}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(policy_files.VARIABLE, str(tmp_path / "more.json"))
        run(server, tmp_path, Stage(), Called([("run_cell", {"cell": "a1b2"})]), "Done.")
    text = log.read_text()
    assert not any(name in text for name in ("pay.ipynb", "a1b2c3d4"))
    send, action, _ = lines_of(log)
    assert send["notebook"] == action["notebook"]
    assert send["pieces"]["cells"] == [action["cell"]]
    assert action["cell"].startswith("hmac:")
    assert (action["tool"], action["route"]) == ("run_cell", "here")
    assert log.with_name("audit.jsonl.key").stat().st_mode & 0o777 == 0o600
    # The other log, of another policy, has the names.
    assert list(entries(plain))[1]["cell"] == "a1b2c3d4"


@pytest.mark.parametrize(
    ("level", "plan", "says"),
    [("off", True, "may not run at all"), ("off", False, "may not run"), ("plan", False, "may only plan")],
)
def test_a_policy_says_how_far_a_run_may_go(
    server: ScriptedV1, policy_file: Write, tmp_path: Path, level: str, plan: bool, says: str
) -> None:
    policy_file(agent=level)
    with pytest.raises(PolicyRefused, match=says):
        run(server, tmp_path, Stage(), "Done.", plan=plan)
    assert server.chats == []


@pytest.mark.parametrize(("level", "plan"), [("plan", True), ("rehearse", False), ("run", False)])
def test_what_it_allows_goes_on(
    server: ScriptedV1, policy_file: Write, tmp_path: Path, level: str, plan: bool
) -> None:
    policy_file(agent=level)
    run(server, tmp_path, Stage(), "Done.", plan=plan)
    assert len(server.chats) == 1


def test_a_policy_that_comes_in_the_middle_of_a_run_ends_it(
    server: ScriptedV1, policy_file: Write, tmp_path: Path
) -> None:
    stage = Stage(before=lambda: policy_file(agent="off"))
    with pytest.raises(PolicyRefused):
        run(server, tmp_path, stage, "```python\n1\n```", "Done.")
    assert len(server.chats) == 1

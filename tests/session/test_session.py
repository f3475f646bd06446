"""What leaves over a route, seen from the server that gets it: from a shell, as a user types."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from jupyter_devstral.core.model.openai import client as client_module
from jupyter_devstral.core.settings import policy_files
from tests.support.jupyter.shells import bare_ip, connected, explainer_of, ip, run, session
from tests.support.scripted.openai_server import ScriptedV1

__all__ = ["bare_ip", "connected", "ip", "run", "session"]
CANARY = "Wendeltreppe-7741"
# A cell whose source does not hold what it shows.
SHOWS = "'Wendeltreppe' + '-7741'"
SECRET = "sk-proj-9aF3kLm2Qw8Zx7Yv6Bn5Tr4Ee1Uu0"
Write = Callable[..., Path]


@pytest.fixture
def server() -> Iterator[ScriptedV1]:
    client_module._listed.clear()
    with ScriptedV1(["It is fine."]) as running:
        yield running
        assert running.complaints == []


@pytest.fixture
def policy_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    folder = tmp_path / "etc"
    folder.mkdir()
    monkeypatch.setattr(policy_files, "policy_folders", lambda: [folder])

    def write(**keys: Any) -> Path:
        path = folder / policy_files.FILE
        path.write_text(json.dumps(keys))
        return path

    return write


@pytest.fixture
def shell(ip: Any, session: Any, connected: Any, server: ScriptedV1, policy_file: Write) -> Any:
    """A shell with a local engine and a route that leaves the machine."""
    session.config.routes = {"cluster": server.far_away}
    session.config.allow_remote = True
    return ip


def sent(server: ScriptedV1) -> str:
    return "\n".join(json.dumps(record.body, ensure_ascii=False) for record in server.chats)


def test_a_question_over_a_route_takes_source_and_schemas_and_no_output(
    shell: Any, run: Any, server: Any
) -> None:
    run(f"price = 3\n{SHOWS}", "a")
    run(f"api_key = '{SECRET}'", "b")
    run("%%devstral --route cluster ask\nis this good?", "c")
    assert "price = 3" in sent(server)
    assert CANARY not in sent(server)
    assert SECRET not in sent(server)
    assert "`devstral-2` at `llm.example`" in shell.display_pub.markdown
    assert "not sent: outputs" in shell.display_pub.markdown


def test_redaction_cannot_be_switched_off_on_a_route(shell: Any, run: Any, session: Any, server: Any) -> None:
    session.config.redact = False
    run(f"api_key = '{SECRET}'", "b")
    run("%%devstral --route cluster ask\nis this good?", "c")
    assert SECRET not in sent(server)
    assert len(server.chats) == 1


def test_a_secret_that_only_an_output_gives_away_is_hidden_in_the_source(
    shell: Any, run: Any, server: Any
) -> None:
    run("words = ['Tr0ub4dor-horse-9']", "a")
    run("'pass' + 'word = ' + repr(words[0])", "b")
    run("%%devstral --route cluster ask\nis this good?", "c")
    assert "words = " in sent(server)
    assert "Tr0ub4dor" not in sent(server)


def test_outputs_go_where_the_route_says_so(shell: Any, run: Any, session: Any, server: Any) -> None:
    session.config.routes = {"cluster": {**server.far_away, "send": ["source", "outputs"]}}
    run(SHOWS, "a")
    run("%%devstral --route cluster ask\nis this good?", "c")
    assert CANARY in sent(server)


def test_an_answer_of_the_local_engine_is_not_replayed_elsewhere(
    shell: Any, run: Any, connected: Any, server: Any
) -> None:
    connected.replies = [f"You printed {CANARY}."]
    run("%%devstral ask\nwhat was printed?", "a")
    run("%%devstral --route cluster ask\nand now?", "b")
    run("%%devstral --route cluster ask\nand then?", "c")
    assert CANARY not in sent(server)
    assert "what was printed?" not in sent(server)
    # What was said there already goes again: the prefix stays.
    assert "and now?" in json.dumps(server.chats[1].body)


def test_an_answer_is_not_continued_on_another_route(
    shell: Any, run: Any, connected: Any, server: Any
) -> None:
    run(SHOWS, "a")
    connected.fail_next("cut")
    run("%%devstral ask\nwhat was printed?", "b")
    result = run("%devstral continue --route cluster")
    assert "may go to" in str(result.error_in_exec)
    assert server.chats == []


def test_a_ten_step_conversation_is_read_only_where_it_is_new(
    shell: Any, run: Any, session: Any, server: Any
) -> None:
    session.choose_route("cluster")
    shares = []
    for step in range(10):
        run(f"value_{step} = {step}", f"v{step}")
        run(f"%%devstral ask\nwhat about {step}?", f"q{step}")
        usage = session.last.usage
        shares.append(usage.cached_tokens / usage.prompt_tokens)
    bodies = [record.body["messages"] for record in server.chats]
    for before, after in pairwise(bodies):
        assert after[: len(before) - 1] == before[:-1]
    assert min(shares[2:]) > 0.7, shares


def test_a_route_is_chosen_for_the_session_and_shown(
    shell: Any, run: Any, server: Any, connected: Any
) -> None:
    run("%devstral route")
    assert "llm.example" in shell.display_pub.markdown
    run("%devstral route cluster")
    assert "not this machine" in shell.display_pub.markdown
    run("%%devstral ask\nhello?", "a")
    assert len(server.chats) == 1
    run("%devstral route local")
    run("%%devstral ask\nhello?", "b")
    assert (len(server.chats), len(connected.chats)) == (1, 1)


def test_a_route_that_there_is_not_is_refused(shell: Any, run: Any) -> None:
    assert "There are: local, cluster" in str(run("%devstral route mistral").error_in_exec)
    assert "There are: local, cluster" in str(run("%%devstral --route mistral ask\nhm?").error_in_exec)


def test_nothing_is_explained_off_the_machine_that_nobody_asked_for(
    shell: Any, run: Any, session: Any, server: Any
) -> None:
    session.choose_route("cluster")
    explainer_of(session).was_told("on")
    run(f"raise ValueError('{CANARY}')", "a")
    assert server.requests == []
    assert "has this explained at llm.example" in shell.display_pub.markdown
    run("%devstral explain", "b")
    assert len(server.chats) == 1
    assert "ValueError" in sent(server)
    # The message is an output; the line that failed is source.
    assert sent(server).count(CANARY) == sent(server).count(f"raise ValueError('{CANARY}')")


def test_a_route_may_say_that_explanations_need_not_ask(
    shell: Any, run: Any, session: Any, server: Any
) -> None:
    session.config.routes = {"cluster": {**server.far_away, "background": True}}
    session.choose_route("cluster")
    explainer_of(session).was_told("on")
    run("undefined_name", "a")
    assert len(server.chats) == 1


def test_what_a_policy_locks_is_shown_with_its_file(shell: Any, run: Any, policy_file: Write) -> None:
    path = policy_file(routes=["local"], redact=True)
    run("%devstral status")
    assert f"locked by {path}" in shell.display_pub.markdown
    assert "no lock" in shell.display_pub.markdown


def test_nothing_typed_passes_a_policy(
    shell: Any, run: Any, session: Any, server: Any, policy_file: Write
) -> None:
    policy_file(routes=["local"], allow_remote=False)
    for attempt in (
        "%config DevstralConfig.allow_remote = True",
        "%config DevstralConfig.redact = False",
        "get_ipython().magics_manager.registry['DevstralMagics'].session.route = 'cluster'",
        "%devstral route cluster",
    ):
        run(attempt)
        run("%%devstral --route cluster ask\nhello?")
    session.route = "cluster"
    run("%%devstral ask\nhello?")
    run("%devstral models")
    run("%devstral status")
    run("%devstral doctor")
    run("undefined_name")
    run("%devstral explain")
    assert server.requests == []


def test_privacy_is_told_without_asking_anybody(shell: Any, run: Any, server: Any, connected: Any) -> None:
    connected.forget()
    run("%devstral doctor --privacy")
    text = shell.display_pub.markdown
    assert "prompts leave this machine for llm.example" in text
    assert "Stays here: outputs, files, images" in text
    assert server.requests == []
    assert connected.requests == []


def test_a_dry_run_shows_what_would_go(shell: Any, run: Any, server: Any) -> None:
    run(SHOWS, "a")
    run("%%devstral --route cluster --dry-run ask\nhm?", "b")
    assert CANARY not in shell.display_pub.markdown
    assert server.requests == []


def test_an_engine_that_fails_offers_a_route_with_what_would_go_there(
    shell: Any, run: Any, session: Any, server: Any
) -> None:
    session.config.host = "http://127.0.0.1:9"
    run(SHOWS, "a")
    run(f"api_key = '{SECRET}'", "b")
    failed = run("%%devstral ask\nwhat was printed?", "c").error_in_exec
    offered = re.search(r"`--route cluster` \(([^)]*)\)", str(failed))
    assert offered, failed
    what = offered[1]
    assert what.startswith("llm.example: 2 cells, 1")
    assert what.endswith(" tokens, 1 secret hidden, no outputs")
    assert server.requests == []
    # What was offered is what goes.
    run("%%devstral ask --route cluster\nwhat was printed?", "c")
    assert "1 secret hidden" in shell.display_pub.markdown
    assert CANARY not in sent(server)

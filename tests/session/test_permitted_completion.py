"""Completions under a policy: the same lock, the same log, and never off this machine unasked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_devstral.core.errors import NotSent, PolicyRefused
from jupyter_devstral.core.model.completion import CompletionRequest
from jupyter_devstral.core.model.server import Wishes
from jupyter_devstral.core.settings.config import DevstralConfig
from jupyter_devstral.session.audit.chain import entries
from jupyter_devstral.session.model_choice import model_server
from jupyter_devstral.session.permitted_completion import PermittedCompletingServer
from tests.session.test_permitted_server import Write, policy_file
from tests.support.scripted.openai_server import ScriptedV1
from tests.support.scripted.server import ScriptedOllama

__all__ = ["policy_file"]
ASKED = CompletionRequest("devstral-small-2", "x = ", None, {}, "5m")


def completing(config: DevstralConfig) -> PermittedCompletingServer:
    server = model_server(config)
    assert isinstance(server, PermittedCompletingServer)
    return server


def test_a_completion_of_this_machine_is_one_line_in_the_log(policy_file: Write, tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    policy_file(audit={"to": str(log)})
    with ScriptedOllama(["1 + 2"]) as ollama:
        chunks = list(completing(DevstralConfig(host=ollama.url)).completion(ASKED).chunks())
    assert "".join(chunk.text for chunk in chunks) == "1 + 2"
    [entry] = entries(log)
    assert (entry["kind"], entry["route"], entry["outcome"]) == ("send", "local", "stop")
    assert "x = " not in log.read_text()


@pytest.mark.parametrize("keys", [{"routes": []}, {"models": ["other*"]}, {"nonsense": 1, "routes": []}])
def test_a_policy_holds_for_completions(policy_file: Write, keys: dict[str, Any]) -> None:
    with ScriptedOllama(["1"]) as ollama:
        server = completing(DevstralConfig(host=ollama.url))
        policy_file(**keys)
        if "nonsense" in keys:
            # What cannot be understood leaves this machine's engine.
            assert list(server.completion(ASKED).chunks())
            return
        with pytest.raises(PolicyRefused):
            list(server.completion(ASKED).chunks())
        assert [each for each in ollama.requests if each.path == "/api/generate"] == []


def test_nothing_is_completed_off_this_machine(policy_file: Write) -> None:
    with ScriptedOllama(cloud_model="coder:480b-cloud") as ollama:
        config = DevstralConfig(host=ollama.url, model="coder:480b-cloud", allow_remote=True)
        with pytest.raises(NotSent, match="not this machine"):
            list(completing(config).completion(ASKED).chunks())
        assert [each for each in ollama.requests if each.path == "/api/generate"] == []


def test_a_route_without_completions_has_none(policy_file: Write) -> None:
    with ScriptedV1() as server:
        config = DevstralConfig(routes={"here": {"address": server.url}})
        assert not hasattr(model_server(config, Wishes(route="here")), "completion")

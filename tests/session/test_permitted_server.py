"""The seam under a policy: read at each request, whatever the settings say, and what is logged there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_devstral.core.errors import (
    DevstralError,
    NoServer,
    NotLogged,
    PolicyRefused,
    RemoteRefused,
    RequestRefused,
)
from jupyter_devstral.core.model.messages import Message
from jupyter_devstral.core.model.openai import client as client_module
from jupyter_devstral.core.model.server import Wishes
from jupyter_devstral.core.settings import policy_files
from jupyter_devstral.core.settings.config import DevstralConfig
from jupyter_devstral.session.audit.chain import entries, verify
from jupyter_devstral.session.model_choice import model_server
from jupyter_devstral.session.permitted_server import PermittedServer
from tests.support.scripted.openai_server import ScriptedV1
from tests.support.scripted.server import ScriptedOllama

ASKED = [Message("user", "What is 6 × 7?")]
Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def _nothing_known() -> None:
    client_module._listed.clear()


@pytest.fixture
def policy_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes the policy of the one folder that counts."""
    folder = tmp_path / "etc"
    folder.mkdir()
    monkeypatch.setattr(policy_files, "policy_folders", lambda: [folder])
    monkeypatch.delenv("DEVSTRAL_POLICY", raising=False)
    return lambda **keys: _written(folder / policy_files.FILE, keys)


def _written(path: Path, keys: dict[str, Any]) -> Path:
    path.write_text(json.dumps(keys))
    return path


@pytest.fixture
def server() -> Iterator[ScriptedV1]:
    with ScriptedV1() as running:
        yield running
        assert running.complaints == []


def far(server: ScriptedV1, **settings: Any) -> PermittedServer:
    """A route that leaves this machine."""
    config = DevstralConfig(routes={"cluster": server.far_away}, allow_remote=True, **settings)
    return model_server(config, Wishes(route="cluster"))


def ask(model: PermittedServer) -> str:
    return "".join(chunk.text for chunk in model.chat(ASKED, num_predict=20, window=model.window()))


ALL: list[Callable[[PermittedServer], object]] = [
    lambda model: model.window(),
    lambda model: list(model.chat(ASKED, num_predict=5)),
    lambda model: model.version(),
    lambda model: model.models(),
    lambda model: model.running(),
    lambda model: model.details(),
    lambda model: list(model.pull("x")),
]


def test_without_a_policy_an_allowed_route_answers(server: ScriptedV1, policy_file: Write) -> None:
    model = far(server)
    assert ask(model) == "Hello."
    assert model.remote_place == "llm.example"
    assert model.may_receive == {"source", "schemas"}
    assert model.redacts


def test_a_route_needs_allow_remote(server: ScriptedV1, policy_file: Write) -> None:
    model = far(server)
    model._config.allow_remote = False
    with pytest.raises(RemoteRefused):
        ask(model)
    assert server.requests == []


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize(
    "keys",
    [
        {"routes": ["local"]},
        {"routes": []},
        {"allow_remote": False},
        {"routes": [{"name": "cluster", "address": "http://other.example/v1"}]},
        {"routes": [{"name": "other", "address": "http://llm.example/v1"}]},
        {"no_such_key": 1},
    ],
)
def test_what_a_policy_forbids_is_not_even_asked(
    server: ScriptedV1, policy_file: Write, keys: dict[str, Any], method: Callable[[PermittedServer], object]
) -> None:
    policy_file(**keys)
    with pytest.raises(PolicyRefused, match="Nothing was sent"):
        method(far(server))
    assert server.requests == []


def test_a_policy_that_comes_later_holds_for_the_next_request(server: ScriptedV1, policy_file: Write) -> None:
    model = far(server)
    assert ask(model) == "Hello."
    policy_file(routes=["local"])
    with pytest.raises(PolicyRefused):
        ask(model)
    assert len(server.chats) == 1


def test_only_models_that_match_are_asked(server: ScriptedV1, policy_file: Write) -> None:
    policy_file(models=["devstral*"])
    assert ask(far(server)) == "Hello."
    config = DevstralConfig(routes={"cluster": server.far_away}, allow_remote=True)
    with pytest.raises(PolicyRefused, match="The model gpt may not be asked"):
        ask(model_server(config, Wishes(route="cluster", model="gpt")))
    assert len(server.chats) == 1


def test_a_model_that_the_server_chooses_is_looked_at_too(server: ScriptedV1, policy_file: Write) -> None:
    policy_file(models=["codestral*"])
    config = DevstralConfig(routes={"here": {"address": server.url}})
    with pytest.raises(PolicyRefused):
        ask(model_server(config, Wishes(route="here")))
    assert server.chats == []


def test_the_local_engine_is_permitted_only_on_this_machine(policy_file: Write) -> None:
    policy_file(routes=["local"])
    with ScriptedOllama() as ollama:
        assert ask(model_server(DevstralConfig(host=ollama.url))) == "Hello."
    with pytest.raises(PolicyRefused, match="gpu-box"):
        ask(model_server(DevstralConfig(host="http://gpu-box:11434", allow_remote=True)))


def test_a_model_that_ollama_forwards_is_not_local(policy_file: Write) -> None:
    policy_file(routes=["local"])
    with ScriptedOllama(cloud_model="gpt-oss:120b-cloud") as ollama:
        config = DevstralConfig(host=ollama.url, model="gpt-oss:120b-cloud", allow_remote=True)
        with pytest.raises(PolicyRefused):
            ask(model_server(config))
        assert ollama.chats == []


def test_no_setting_passes_a_lock(
    server: ScriptedV1, policy_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy_file(routes=["local"], redact=True, send={"local": ["source"]})

    class Another(DevstralConfig):
        """A second class of settings, with other defaults."""

    for config in (
        DevstralConfig(routes={"cluster": server.far_away}, allow_remote=True, redact=False),
        Another(routes={"cluster": server.far_away}, allow_remote=True, redact=False),
    ):
        config.routes["cluster"]["address"] = "http://llm.example:80/v1/"
        with pytest.raises(DevstralError):
            ask(model_server(config, Wishes(route="cluster")))
        for variable in (
            "JUPYTER_NO_CONFIG",
            "JUPYTER_PREFER_ENV_PATH",
            "JUPYTER_CONFIG_PATH",
            "JUPYTER_CONFIG_DIR",
        ):
            monkeypatch.setenv(variable, "1")
        local = model_server(config)
        assert local.redacts
        assert local.may_receive == {"source"}
    assert server.requests == []


def test_the_environment_only_adds_a_policy(
    server: ScriptedV1, policy_file: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy_file(routes=["local"])
    monkeypatch.setenv("DEVSTRAL_POLICY", str(_written(tmp_path / "mine.json", {"allow_remote": True})))
    with pytest.raises(PolicyRefused):
        ask(far(server))
    monkeypatch.setenv("DEVSTRAL_POLICY", str(tmp_path / "missing.json"))
    with pytest.raises(PolicyRefused, match=r"missing\.json"):
        ask(far(server))


def test_a_policy_says_what_may_go(server: ScriptedV1, policy_file: Write) -> None:
    policy_file(send={"cluster": ["schemas", "outputs"]})
    route = {**server.far_away, "send": ["source", "schemas"]}
    config = DevstralConfig(routes={"cluster": route}, allow_remote=True)
    assert model_server(config, Wishes(route="cluster")).may_receive == {"schemas"}


def test_each_send_is_one_line(server: ScriptedV1, policy_file: Write, tmp_path: Path) -> None:
    log = tmp_path / "log" / "audit.jsonl"
    policy_file(audit={"to": str(log)})
    model = far(server)
    ask(model)
    ask(model)
    server.fail_next("status", status=400, body={"error": {"message": "secret words"}})
    with pytest.raises(RequestRefused):
        ask(model)
    first, second, third = entries(log)
    assert first["kind"] == "send"
    assert (first["route"], first["address"], first["model"]) == (
        "cluster",
        "http://llm.example:80/v1",
        "devstral-2",
    )
    assert first["tokens"]["in"] > 0
    assert first["outcome"] == "stop"
    assert first["prompt_sha256"] == second["prompt_sha256"]
    assert third["outcome"] == "RequestRefused"
    assert "6 × 7" not in log.read_text()
    assert "secret words" not in log.read_text()
    assert verify(log).lines == 3
    assert not any((log.parent / "audit.pending").iterdir())
    assert log.stat().st_mode & 0o777 == 0o600


def test_leaving_an_answer_early_is_logged(server: ScriptedV1, policy_file: Write, tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    policy_file(audit={"to": str(log)})
    server.replies = ["word " * 50]
    chunks = far(server).chat(ASKED, num_predict=100)
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    assert [entry["outcome"] for entry in entries(log)] == ["interrupted"]


def test_what_must_be_logged_and_cannot_be_is_not_sent(
    server: ScriptedV1, policy_file: Write, tmp_path: Path
) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("")
    policy_file(audit={"to": str(blocked / "audit.jsonl"), "required": True})
    model = far(server)
    model.window()
    with pytest.raises(NotLogged, match="nothing was sent"):
        model.chat(ASKED, num_predict=5)
    assert server.chats == []


def test_a_log_that_is_not_required_does_not_stop_a_send(
    server: ScriptedV1, policy_file: Write, tmp_path: Path
) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("")
    policy_file(audit={"to": str(blocked / "audit.jsonl")})
    assert ask(far(server)) == "Hello."


def test_a_refused_send_is_logged_as_that(server: ScriptedV1, policy_file: Write, tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    policy_file(audit={"to": str(log)}, routes=["local"])
    with pytest.raises(PolicyRefused):
        far(server).chat(ASKED, num_predict=5)
    assert [entry["kind"] for entry in entries(log)] == ["policy"]


def test_a_send_whose_process_died_is_logged_by_the_next(
    server: ScriptedV1, policy_file: Write, tmp_path: Path
) -> None:
    log = tmp_path / "audit.jsonl"
    policy_file(audit={"to": str(log)})
    process = os.fork()
    if process == 0:
        far(server).chat(ASKED, num_predict=5)
        os._exit(0)
    os.waitpid(process, 0)
    ask(far(server))
    assert [entry["outcome"] for entry in entries(log)] == ["died", "stop"]


def test_a_failing_local_engine_offers_other_routes_in_words(server: ScriptedV1, policy_file: Write) -> None:
    routes = {"cluster": server.far_away}
    config = DevstralConfig(host="http://127.0.0.1:9", routes=routes, allow_remote=True)
    with pytest.raises(NoServer, match=r"--route cluster` \(llm\.example\)"):
        model_server(config).window()
    assert server.requests == []
    policy_file(routes=["local"])
    with pytest.raises(NoServer) as caught:
        model_server(config).window()
    assert "--route" not in str(caught.value)

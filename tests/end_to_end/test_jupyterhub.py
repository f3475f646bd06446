"""Two users of a JupyterHub share one engine: keys, headers, the lock and the log, seen from outside.

All servers run as one system user here: that nobody reads another's files is not shown, and not ours to keep.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_devstral.cli.app import main
from tests.server.conftest import question
from tests.support.jupyter.hub import Hub, HubUser, why_there_is_none
from tests.support.scripted.openai_server import ScriptedV1

KEY = "sesame-of-the-spawner"
ASK = "%load_ext jupyter_devstral\n%devstral --route cluster ask Which prices?"


@pytest.fixture(scope="module")
def engine() -> Iterator[ScriptedV1]:
    with ScriptedV1(["It is fine."], key=KEY) as server:
        yield server
        assert server.complaints == []


@pytest.fixture(scope="module")
def another() -> Iterator[ScriptedV1]:
    """An engine that nobody may ask."""
    with ScriptedV1(["It is not."]) as server:
        yield server


@pytest.fixture(scope="module")
def users(
    tmp_path_factory: pytest.TempPathFactory, engine: ScriptedV1, another: ScriptedV1
) -> Iterator[tuple[HubUser, HubUser]]:
    """Ada takes what she is given; Bob has settings of his own against the policy."""
    if reason := why_there_is_none():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("hub")
    policy = folder / "policy.json"
    permitted = ["local", {"name": "cluster", "address": engine.url}]
    policy.write_text(json.dumps({"routes": permitted, "audit": {"to": "local", "required": True}}))
    environment = {"LLM_KEY": KEY, "DEVSTRAL_POLICY": str(policy)}
    with Hub(folder, environment) as hub:
        given = {"key_env": "LLM_KEY", "headers": {"X-User-ID": "{user}"}, "model": "devstral-2"}
        settings = {"routes": {"cluster": {"address": engine.url, **given}}}
        configure(hub.home("ada"), settings)
        mine = {"cluster": {"address": another.url}, "mine": {"address": another.url}}
        configure(hub.home("bob"), {"routes": mine, "allow_remote": True, "redact": False})
        both = hub.sign_in("ada"), hub.sign_in("bob")
        for user in both:
            user.wait()
        yield both


def configure(home: Path, settings: dict[str, Any]) -> None:
    """Write a user's settings where servers and kernels read them."""
    text = "".join(f"c.DevstralConfig.{name} = {value!r}\n" for name, value in settings.items())
    for file in (
        home / ".jupyter/jupyter_server_config.py",
        home / ".ipython/profile_default/ipython_config.py",
    ):
        file.parent.mkdir(parents=True)
        file.write_text(text)


def asked(user: HubUser, **fields: Any) -> list[dict[str, Any]]:
    answer = user.request("POST", "jupyter-devstral/chat", json=question(**fields)).raise_for_status()
    return [json.loads(line) for line in answer.text.splitlines()]


def log_of(user: HubUser) -> Path:
    return user.hub.home(user.name) / ".local/share/jupyter/jupyter_devstral/audit.jsonl"


def test_each_asks_the_shared_engine_under_a_name_and_is_logged(
    users: tuple[HubUser, HubUser],
    engine: ScriptedV1,
    another: ScriptedV1,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ada, bob = users
    assert asked(ada, route="cluster")[-1]["type"] == "done"
    assert "It is fine." in ada.run(ASK)
    # Bob, whose settings name other addresses, is served where he names the one that is permitted.
    route = {"address": engine.url, "key_env": "LLM_KEY", "headers": {"X-User-ID": "{user}"}}
    shown = bob.run(
        f"%load_ext jupyter_devstral\n%config DevstralConfig.routes = {{'cluster': {route!r}}}\n{ASK}"
    )
    assert "It is fine." in shown
    assert [chat.headers["x-user-id"] for chat in engine.chats] == ["ada", "ada", "bob"]
    assert {chat.headers["authorization"] for chat in engine.chats} == {f"Bearer {KEY}"}
    sessions = [chat.headers["x-session-id"] for chat in engine.chats]
    assert len(set(sessions)) == 3
    for user, sends in ((ada, 2), (bob, 1)):
        entries = [json.loads(line) for line in log_of(user).read_text().splitlines()]
        sent = [one for one in entries if one["kind"] == "send"]
        assert [(one["user"], one["route"], one["outcome"]) for one in sent] == [
            (user.name, "cluster", "stop")
        ] * sends
        assert main(["audit", "verify", str(log_of(user))]) == 0
        assert KEY not in log_of(user).read_text()
        assert log_of(user).stat().st_mode & 0o777 == 0o600
    assert another.requests == []


def test_no_setting_of_a_user_and_no_request_of_a_page_passes_the_lock(
    users: tuple[HubUser, HubUser], another: ScriptedV1
) -> None:
    _, bob = users
    for route in ("cluster", "mine"):
        last = asked(bob, route=route)[-1]
        assert (last["type"], "does not allow it" in last["message"]) == ("error", True)
        assert bob.request(
            "PUT", "jupyter-devstral/routes", json={"path": "a.ipynb", "route": route}
        ).is_client_error
    lines = "\n".join(f"%devstral --route {route} ask Which prices?" for route in ("cluster", "mine"))
    shown = bob.run(f"%load_ext jupyter_devstral\n%config DevstralConfig.allow_remote = True\n{lines}")
    assert "does not allow it" in shown
    assert another.requests == []


def test_a_page_sees_the_routes_and_never_the_key(users: tuple[HubUser, HubUser]) -> None:
    ada, _ = users
    routes = ada.request("GET", "jupyter-devstral/routes", params={"path": "a.ipynb"}).raise_for_status()
    assert [route["name"] for route in routes.json()["routes"]] == ["local", "cluster"]
    assert KEY not in routes.text
    assert KEY not in ada.request("GET", "jupyter-devstral/status", params={"route": "cluster"}).text


def test_one_user_has_no_access_to_the_server_of_another(users: tuple[HubUser, HubUser]) -> None:
    ada, bob = users
    answer = ada.http.get(f"/user/{bob.name}/jupyter-devstral/routes", params={"path": "a.ipynb"})
    assert answer.status_code in (403, 404)

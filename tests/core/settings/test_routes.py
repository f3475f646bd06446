"""Routes in the configuration: what may be said of one, and what is refused with its reason."""

from __future__ import annotations

from typing import Any

import pytest
from traitlets import TraitError

from jupyter_devstral.core.errors import ConfigurationError
from jupyter_devstral.core.settings.config import DevstralConfig
from jupyter_devstral.core.settings.policy import PermittedRoute, PolicyError, read_policy


def route(**fields: Any) -> Any:
    return DevstralConfig(routes={"cluster": {"address": "https://llm.example/v1", **fields}}).route(
        "cluster"
    )


def test_a_route_has_one_plain_address() -> None:
    assert route().address == "https://llm.example:443/v1"
    assert route(address="HTTPS://LLM.Example/v1/").address == "https://llm.example:443/v1"
    assert route().place == "llm.example"
    assert route(address="http://127.0.0.1:8080/v1").place == "127.0.0.1:8080"


def test_off_the_machine_only_source_and_schemas_go_unless_the_route_says_more() -> None:
    assert route().may_send == ("source", "schemas")
    assert route(send=["outputs", "source"]).may_send == ("source", "outputs")
    assert route(send=[]).may_send == ()
    assert "outputs" in route(address="http://localhost:8080/v1").may_send


@pytest.mark.parametrize(
    ("name", "fields", "words"),
    [
        ("local", {"address": "https://x/v1"}, "cannot be called 'local'"),
        ("a b", {"address": "https://x/v1"}, "route's name"),
        ("a", "https://x/v1", "is a dictionary"),
        ("a", {}, "needs an address"),
        ("a", {"address": "x/v1"}, "address is a URL"),
        ("a", {"address": "ftp://x/v1"}, "address is a URL"),
        ("a", {"address": "https://user:hunter2@x/v1"}, "without a key"),
        ("a", {"address": "https://x/v1?key=hunter2"}, "without a key"),
        ("a", {"address": "https://x/v1", "dialect": "grpc"}, "one of 'openai'"),
        ("a", {"address": "https://x/v1", "key": "hunter2"}, "no setting 'key'"),
        ("a", {"address": "https://x/v1", "key_env": "sk-hunter2"}, "not the key itself"),
        ("a", {"address": "http://x/v1", "key_env": "KEY"}, "unencrypted"),
        ("a", {"address": "https://x/v1", "send": ["everything"]}, "is a list of 'source'"),
        ("a", {"address": "https://x/v1", "send": "source"}, "is a list of 'source'"),
        ("a", {"address": "https://x/v1", "background": "yes"}, "True or False"),
        ("a", {"address": "https://x/v1", "window": 0}, "256 or more"),
        ("a", {"address": "https://x/v1", "headers": {"Authorization": "hunter2"}}, "named by key_env"),
        ("a", {"address": "https://x/v1", "headers": {"X": "a\r\nY: hunter2"}}, "no header can have"),
        ("a", {"address": "https://x/v1", "verify": False}, "no setting 'verify'"),
        ("a", {"address": "http://127.0.0.1/v1", "proxy": "http://p:1"}, "takes no proxy"),
    ],
)
def test_what_cannot_be_used_is_refused_and_no_secret_is_quoted(name: str, fields: Any, words: str) -> None:
    with pytest.raises(TraitError, match=words) as caught:
        DevstralConfig(routes={name: fields})
    assert "hunter2" not in str(caught.value) or "is a dictionary" in words


def test_a_route_that_is_changed_in_place_is_still_checked() -> None:
    config = DevstralConfig(routes={"cluster": {"address": "https://llm.example/v1"}})
    config.routes["local"] = {"address": "https://elsewhere.example/v1"}
    with pytest.raises(ConfigurationError, match="cannot be called 'local'"):
        config.route("cluster")


def test_a_route_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ConfigurationError, match="There are: local, cluster"):
        DevstralConfig(routes={"cluster": {"address": "https://llm.example/v1"}}).route("mistral")


def test_a_policy_compares_addresses_as_machines_do() -> None:
    policy = read_policy({"routes": ["local", {"name": "cluster", "address": "https://LLM.example/v1/"}]})
    assert policy.permits_route("cluster", route().address)
    assert not policy.permits_route("cluster", "https://llm.example/V1")
    assert policy.permits_route("local", "http://localhost:11434")
    assert not policy.permits_route("local", "http://gpu-box:11434")
    assert not policy.permits_route("local", "ollama.com")


def test_the_common_routes_of_two_policies_are_those_with_one_address() -> None:
    one = read_policy({"routes": ["local", {"name": "cluster", "address": "https://llm.example/v1"}]})
    other = read_policy({"routes": [{"name": "cluster", "address": "https://llm.example:443/v1/"}]})
    assert one.and_also(other).routes == (PermittedRoute("cluster", "https://llm.example:443/v1"),)


def test_an_address_of_a_policy_that_is_none_is_an_error() -> None:
    with pytest.raises(PolicyError, match="is no address"):
        read_policy({"routes": [{"name": "a", "address": "http://"}, {"name": "b", "address": "http://a b"}]})

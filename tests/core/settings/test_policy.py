"""What a policy file may say, and that of several the strictest wins."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_devstral.core.settings.policy import Policy, PolicyError, closed, read_policy


def test_an_empty_policy_leaves_everything_to_the_settings() -> None:
    policy = read_policy({})
    assert policy == Policy()
    assert policy.permits_route("cluster", "https://llm.example/v1")
    assert policy.permits_model("anything")


def test_a_route_is_permitted_by_name_and_address() -> None:
    policy = read_policy({"routes": ["local", {"name": "cluster", "address": "https://llm.example/v1"}]})
    assert policy.permits_route("local", "http://127.0.0.1:11434")
    assert policy.permits_route("cluster", "https://LLM.example/v1/")
    assert not policy.permits_route("cluster", "https://llm.example.evil/v1")
    assert not policy.permits_route("mistral", "https://llm.example/v1")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "JSON object"),
        ({"route": ["local"]}, "no key 'route'"),
        ({"routes": ["cluster"]}, "needs its address"),
        ({"routes": "local"}, "is a list"),
        ({"routes": [{"name": "cluster"}]}, "name and address"),
        ({"routes": [{"name": "local", "address": "https://x/v1"}]}, "cannot be called"),
        ({"routes": [{"name": "a", "address": "x"}]}, "a URL"),
        ({"redact": "yes"}, "true or false"),
        ({"agent": "propose"}, "off, plan, rehearse, run"),
        ({"send": {"cluster": ["everything"]}}, "it may have source"),
        ({"send": ["source"]}, "is an object"),
        ({"audit": "local"}, "is an object"),
        ({"audit": {"to": "off", "required": True}}, "off and required"),
        ({"models": "devstral"}, "list of texts"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_what_it_takes(data: Any, words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        read_policy(data)


def test_of_two_policies_the_strictest_wins_thing_by_thing() -> None:
    one = read_policy(
        {
            "routes": ["local", {"name": "cluster", "address": "https://llm.example/v1"}],
            "agent": "rehearse",
            "send": {"cluster": ["source", "schemas", "outputs"]},
            "audit": {"to": "local"},
            "models": ["devstral*"],
        }
    )
    other = read_policy(
        {
            "routes": [{"name": "cluster", "address": "https://llm.example/v1"}],
            "agent": "plan",
            "redact": True,
            "send": {"cluster": ["source", "files"]},
            "audit": {"to": "/var/log/devstral.jsonl", "required": True},
            "models": ["*-2", "*-small-2"],
        }
    )
    both = one.and_also(other)
    assert both == replaced(other.and_also(one), both)
    assert not both.permits_route("local", "http://127.0.0.1:11434")
    assert both.permits_route("cluster", "https://llm.example/v1")
    assert both.agent == "plan"
    assert both.redact
    assert both.sendable("cluster", ("source", "schemas", "files")) == ("source",)
    assert both.permits_model("devstral-small-2")
    assert not both.permits_model("devstral-latest")
    assert len(both.audit) == 2


def replaced(policy: Policy, order: Policy) -> Policy:
    """`policy` with its lists in the order of another one: which file came first does not matter."""
    import dataclasses

    return dataclasses.replace(policy, models=order.models, audit=order.audit, sources=order.sources)


def test_routes_of_one_name_and_two_addresses_leave_none() -> None:
    one = read_policy({"routes": [{"name": "cluster", "address": "https://a/v1"}]})
    other = read_policy({"routes": [{"name": "cluster", "address": "https://b/v1"}]})
    assert one.and_also(other).routes == ()


def test_a_closed_policy_stays_on_this_machine() -> None:
    policy = closed("The policy cannot be read.")
    assert policy.permits_route("local", "http://127.0.0.1:11434")
    assert not policy.permits_route("cluster", "https://llm.example/v1")
    assert (policy.allow_remote, policy.redact, policy.agent, policy.mcp) == (False, True, "off", False)
    assert policy.and_also(read_policy({"agent": "run"})).problem

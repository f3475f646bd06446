"""`jupyter devstral policy check`: a file explained, and whether it is a lock."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli


def test_a_policy_is_explained_rule_by_rule(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "devstral_policy.json"
    rules = {
        "routes": ["local", {"name": "cluster", "address": "https://llm.example/v1"}],
        "models": ["devstral*"],
        "allow_remote": True,
        "redact": True,
        "send": {"cluster": ["source"]},
        "audit": {"to": "local", "required": True},
        "agent": "plan",
    }
    path.write_text(json.dumps(rules))
    ended = cli("policy", "check", str(path))
    assert ended.code == 0
    for words in (
        "this machine; cluster at https://llm.example:443/v1",
        "devstral*",
        "Secrets are always replaced",
        "To cluster may go: source",
        "what cannot be logged is not sent",
        "at most: plan",
        "no lock",
    ):
        assert words in ended.text


@pytest.mark.parametrize("text", ["{", '{"alow_remote": false}', "[]", '{"routes": ["cluster"]}'])
def test_what_cannot_be_understood_closes_and_says_why(cli: Cli, tmp_path: Path, text: str) -> None:
    path = tmp_path / "devstral_policy.json"
    path.write_text(text)
    ended = cli("policy", "check", str(path))
    assert ended.code == 1
    assert "everything is closed" in ended.text


def test_a_file_that_is_not_there_closes_too(cli: Cli, tmp_path: Path) -> None:
    assert cli("policy", "check", str(tmp_path / "none.json")).code == 1

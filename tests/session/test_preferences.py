"""Wishes of a page: carried out where nobody else has decided, and shown with whoever has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config

from jupyter_devstral.core.settings import policy_files
from jupyter_devstral.core.settings.config import DevstralConfig
from jupyter_devstral.session.preferences import NAMES, Preferences


def test_wishes_are_carried_out_and_taken_back() -> None:
    config = DevstralConfig()
    preferences = Preferences(config)
    assert preferences.take({"auto_explain": "off", "context": "cell", "trial_seconds": 2}) == []
    assert (config.auto_explain, config.context, config.trial_seconds) == ("off", "cell", 2.0)
    assert preferences.take({"auto_explain": None}) == []
    assert (config.auto_explain, config.context) == ("on", "cell")
    assert preferences.take(dict.fromkeys(NAMES)) == []
    assert config.context == "notebook"


def test_what_cannot_be_is_said_and_the_rest_is_done() -> None:
    config = DevstralConfig()
    problems = Preferences(config).take(
        {
            "auto_explain": "perhaps",
            "values": "none",
            "host": "http://evil.example",
            "routes": {},
            "model": " ",
        }
    )
    assert len(problems) == 2
    assert "auto_explain" in problems[0]
    assert (config.auto_explain, config.values, config.routes) == ("on", "none", {})
    assert "evil" not in config.host


def test_what_a_file_gives_is_fixed_and_named(tmp_path: Path) -> None:
    file = tmp_path / "jupyter_server_config.py"
    file.write_text("c.DevstralConfig.auto_explain = 'button'\n")
    (tmp_path / "other.py").write_text("c.Other.auto_explain = 1\n")
    given = Config(
        {"DevstralConfig": {"auto_explain": "button", "model": "devstral", "completion": "manual"}}
    )
    config = DevstralConfig(config=given)
    preferences = Preferences(config, [str(tmp_path / "other.py"), str(file), str(tmp_path / "gone.py")])
    preferences.take({"auto_explain": "off", "model": "other", "think": True})
    assert (config.auto_explain, config.model, config.think) == ("button", "devstral", True)
    record = preferences.record()
    for fact in record.values():
        assert fact.pop("about")
    assert record["auto_explain"] == {"value": "button", "locked_by": str(file), "note": ""}
    assert record["model"]["locked_by"] == "the configuration"
    assert record["completion"]["locked_by"] == "the configuration"
    assert record["think"] == {"value": True, "locked_by": "", "note": ""}
    json.dumps(record)


def test_what_was_typed_is_not_undone_by_a_page_that_comes_back() -> None:
    config = DevstralConfig()
    preferences = Preferences(config)
    preferences.take({"auto_explain": "button"})
    config.auto_explain = "off"
    preferences.take({"auto_explain": "on", "context": "above"})
    assert (config.auto_explain, config.context) == ("off", "above")


def test_what_a_policy_locks_is_named_with_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_files, "policy_folders", lambda: [tmp_path])
    rules: dict[str, Any] = {"redact": True, "trial": False, "models": ["devstral*"]}
    (tmp_path / policy_files.FILE).write_text(json.dumps(rules))
    preferences = Preferences(DevstralConfig())
    preferences.take({"redact": False})
    record = preferences.record()
    assert record["redact"]["value"] is True
    assert record["redact"]["locked_by"] == str(tmp_path / policy_files.FILE)
    assert record["trial_seconds"]["value"] == 0
    assert "devstral*" in record["model"]["note"]
    assert record["model"]["locked_by"] == ""

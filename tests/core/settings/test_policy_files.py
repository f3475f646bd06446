"""Which files are a policy: the folders of system and environment, and one that a spawner adds."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from jupyter_devstral.core.settings import policy_files
from jupyter_devstral.core.settings.policy_files import can_be_changed, policy


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two policy folders, empty."""
    made = [tmp_path / "system", tmp_path / "environment"]
    for folder in made:
        folder.mkdir()
    monkeypatch.setattr(policy_files, "policy_folders", lambda: made)
    monkeypatch.delenv("DEVSTRAL_POLICY", raising=False)
    return made


def write(folder: Path, data: Any) -> Path:
    path = folder / "devstral_policy.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


def test_without_a_file_there_is_no_rule(folders: list[Path]) -> None:
    assert policy().sources == ()
    assert policy().routes is None


def test_all_files_hold_and_the_strictest_wins(
    folders: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [write(folders[0], {"agent": "plan"}), write(folders[1], {"redact": True})]
    named = tmp_path / "more.json"
    named.write_text('{"agent": "run", "allow_remote": false}', encoding="utf-8")
    monkeypatch.setenv("DEVSTRAL_POLICY", str(named))
    found = policy()
    assert (found.agent, found.redact, found.allow_remote) == ("plan", True, False)
    assert found.sources == (*map(str, paths), str(named))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "is no JSON"),
        ("[]", "JSON object"),
        ('{"agents": "off"}', "no key 'agents'"),
        ('{"agent": "plan", "agent": "run"}', "twice"),
        ("\udcff", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
    ],
    ids=["broken", "a list", "a misspelt key", "a key twice", "no UTF-8", "too deep"],
)
def test_what_cannot_be_understood_closes(folders: list[Path], text: str, why: str) -> None:
    path = folders[0] / "devstral_policy.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    found = policy()
    assert why in found.problem
    assert str(path) in found.problem
    assert (found.agent, found.allow_remote) == ("off", False)


def test_a_named_file_that_is_missing_closes(folders: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVSTRAL_POLICY", "/nowhere/devstral.json")
    assert "/nowhere/devstral.json cannot be read" in policy().problem


def test_a_folder_in_its_place_and_a_dangling_link_close(folders: list[Path]) -> None:
    (folders[0] / "devstral_policy.json").mkdir()
    assert policy().problem
    (folders[0] / "devstral_policy.json").rmdir()
    os.symlink("/nowhere/else", folders[0] / "devstral_policy.json")
    assert policy().problem


def test_a_change_is_seen_at_the_next_request(folders: list[Path]) -> None:
    path = write(folders[0], {"agent": "plan"})
    assert policy().agent == "plan"
    write(folders[0], {"agent": "off", "redact": True})
    assert policy().agent == "off"
    path.unlink()
    assert policy().agent == "run"


@pytest.mark.parametrize(
    "variable", ["JUPYTER_CONFIG_PATH", "JUPYTER_CONFIG_DIR", "JUPYTER_NO_CONFIG", "JUPYTER_PREFER_ENV_PATH"]
)
def test_what_a_user_sets_in_the_environment_moves_no_folder(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = policy_files.policy_folders()
    write(tmp_path, {"agent": "off"})
    monkeypatch.setenv(variable, str(tmp_path))
    assert policy_files.policy_folders() == before
    assert tmp_path not in before


def test_a_file_that_the_user_owns_is_known_to_be_no_lock(folders: list[Path]) -> None:
    assert can_be_changed(write(folders[0], {}))

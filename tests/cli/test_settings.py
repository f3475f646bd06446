"""One configuration: files of Jupyter and IPython, the environment, flags anywhere on the line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_devstral.cli.settings import ipython_folder, read_settings, settings_given, take_flags
from jupyter_devstral.core.errors import ConfigurationError, UsageError


def test_flags_stand_anywhere_in_both_forms() -> None:
    flags, rest = take_flags(
        ["--DevstralConfig.model=a=b", "run", "--DevstralConfig.seed", "7", "x.ipynb", "-o", "y"]
    )
    assert flags == {"model": "a=b", "seed": "7"}
    assert rest == ["run", "x.ipynb", "-o", "y"]
    with pytest.raises(UsageError, match=r"--DevstralConfig\.model=VALUE"):
        take_flags(["run", "--DevstralConfig.model"])


def test_a_flag_has_the_type_of_its_setting() -> None:
    settings = read_settings(
        {"num_ctx": "8192", "temperature": "0.5", "redact": "False", "host": "0.0.0.0:99", "seed": "None"}
    )
    assert (settings.num_ctx, settings.temperature, settings.redact, settings.seed) == (
        8192,
        0.5,
        False,
        None,
    )
    assert settings.host == "http://127.0.0.1:99"


@pytest.mark.parametrize(
    "name",
    [
        "jupyter_config",
        "jupyter_server_config",
        "jupyter_devstral_config",
        "ipython/profile_default/ipython_config",
    ],
)
@pytest.mark.parametrize("suffix", [".py", ".json"])
def test_every_configuration_file_counts(own_configuration: Path, name: str, suffix: str) -> None:
    path = own_configuration / f"{name}{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"DevstralConfig": {"model": "from-file"}}
    path.write_text("c.DevstralConfig.model = 'from-file'" if suffix == ".py" else json.dumps(content))
    assert read_settings({}).model == "from-file"
    assert settings_given({}) == {"model": "from-file"}
    assert read_settings({"model": "from-flag"}).model == "from-flag"


def test_the_most_specific_file_wins(own_configuration: Path) -> None:
    (own_configuration / "jupyter_config.py").write_text(
        "c.DevstralConfig.model = 'a'; c.DevstralConfig.seed = 1"
    )
    (own_configuration / "jupyter_devstral_config.py").write_text("c.DevstralConfig.model = 'b'")
    settings = read_settings({})
    assert (settings.model, settings.seed) == ("b", 1)


def test_nothing_given_is_nothing_to_pass_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:4242")
    assert read_settings({}).host == "http://127.0.0.1:4242"
    assert settings_given({}) == {}


@pytest.mark.parametrize("content", ["c.DevstralConfig.model = ", "1/0", "raise SystemError('no')"])
def test_a_broken_file_is_one_clear_line(own_configuration: Path, content: str) -> None:
    path = own_configuration / "jupyter_devstral_config.py"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"jupyter_devstral_config\.py"):
        read_settings({})


def test_the_ipython_folder_is_ipythons(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from IPython.paths import get_ipython_dir

    assert ipython_folder() == Path(get_ipython_dir())
    monkeypatch.delenv("IPYTHONDIR")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ipython_folder() == Path(get_ipython_dir())

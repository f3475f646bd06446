"""The configuration file that all front-ends read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config

from jupyter_devstral.core.errors import ConfigurationError
from jupyter_devstral.magics.session import ShellSession
from jupyter_devstral.session.settings_files import below
from tests.support.jupyter.shells import bare_ip

__all__ = ["bare_ip"]


@pytest.fixture
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of configuration that there is."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    return tmp_path


def test_magics_read_the_file_and_what_ipython_says_comes_first(
    own_configuration: Path, bare_ip: Any
) -> None:
    (own_configuration / "jupyter_devstral_config.py").write_text(
        "c.DevstralConfig.model = 'from-file'; c.DevstralConfig.seed = 3; c.OtherThing.x = 1"
    )
    bare_ip.config = Config(DevstralConfig={"seed": 4})
    config = ShellSession(bare_ip).config
    assert (config.model, config.seed) == ("from-file", 4)
    # A page may not wish for another one.
    assert {"model", "seed"} <= config.given()
    assert "OtherThing" not in config.config


def test_without_such_a_file_the_configuration_is_that_of_the_shell(own_configuration: Path) -> None:
    config = Config(DevstralConfig={"seed": 4})
    assert below(config) is config


def test_a_broken_file_is_named(own_configuration: Path) -> None:
    (own_configuration / "jupyter_devstral_config.py").write_text("1/0")
    with pytest.raises(ConfigurationError, match=r"jupyter_devstral_config\.py .*Repair it"):
        below(Config())

"""Which model server answers: the only reader of `DevstralConfig.engine`.

An engine is a module with `connect(config, wishes, *, start)`, named in `settings.config.ENGINES` and
imported when it is first asked.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ..core.settings.config import ENGINES, STAND_INS

if TYPE_CHECKING:
    from ..core.model.server import ModelServer, Wishes
    from ..core.settings.config import DevstralConfig


def model_server(config: DevstralConfig, wishes: Wishes | None = None, *, start: bool = True) -> ModelServer:
    """Return the model server that the settings choose; a request's own wishes win over them.

    `start` starts a server that belongs to this process where it is not running yet. Raises
    ConfigurationError for settings that cannot be used.
    """
    from ..core.model.server import Wishes

    server: ModelServer = import_module(ENGINES[config.engine]).connect(
        config, wishes or Wishes(), start=start
    )
    return server


def is_stand_in(config: DevstralConfig) -> bool:
    """Whether what answers is no Devstral, but a small model that shows how everything works."""
    return config.engine in STAND_INS


def described(config: DevstralConfig) -> str:
    """The choice in words, without asking anybody: "devstral-small-2 at http://127.0.0.1:11434"."""
    if is_stand_in(config):
        return f"{config.engine} stand-in model"
    return f"{config.model} at {config.host}"

"""The dialect "openai": a server that a route names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .client import OpenAIModel

if TYPE_CHECKING:
    from ...settings.config import DevstralConfig
    from ..server import ModelServer, Wishes


def connect(config: DevstralConfig, wishes: Wishes, *, start: bool) -> ModelServer:
    """Return the server of `wishes.route`; there is nothing to `start`. Raises ConfigurationError."""
    return OpenAIModel(config, config.route(wishes.route or ""), wishes)

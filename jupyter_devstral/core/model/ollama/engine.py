"""The engine "ollama": a server that the user runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .client import OllamaModel

if TYPE_CHECKING:
    from ...settings.config import DevstralConfig
    from ..examination import Finding
    from ..server import ModelServer, Wishes


def connect(config: DevstralConfig, wishes: Wishes, *, start: bool) -> ModelServer:
    """Return the configured server, or the one that the route names; there is nothing to `start`."""
    route = config.route(wishes.route) if wishes.route else None
    return OllamaModel(
        config,
        host=route.address if route else None,
        model=wishes.model or (route.model if route else None),
        num_ctx=wishes.num_ctx,
        temperature=wishes.temperature,
        seed=wishes.seed,
        think=wishes.think,
    )


def examine(config: DevstralConfig) -> Iterator[Finding]:
    """Look at the server and its model; raises ModelError where it does not answer."""
    from .examination import findings_of

    return findings_of(OllamaModel(config))

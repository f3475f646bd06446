"""The engine "embedded": a small stand-in model behind our own server, which ends with this process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..core.errors import UsageError
from ..core.model.ollama.client import OllamaModel
from .launch import embedded_model_name, ensure_embedded

if TYPE_CHECKING:
    from ..core.model.server import ModelServer, PullProgress, Wishes
    from ..core.settings.config import DevstralConfig


class EmbeddedModel(OllamaModel):
    """The stand-in: Ollama's API over one file of this machine."""

    kind = "The embedded server"
    can_pull = False

    def pull(self, name: str = "") -> Iterator[PullProgress]:
        """Refuse: there is one file and no library to download from."""
        raise UsageError(
            "The embedded engine runs one file (DevstralConfig.gguf) and cannot download models."
        )


def connect(config: DevstralConfig, wishes: Wishes, *, start: bool) -> ModelServer:
    """Return the embedded server's model, started where `start` says so and it is not running yet.

    Raises what `ensure_embedded` raises.
    """
    return EmbeddedModel(
        config,
        host=ensure_embedded(config) if start else None,
        model=wishes.model or embedded_model_name(config),
        num_ctx=wishes.num_ctx,
        temperature=wishes.temperature,
        seed=wishes.seed,
    )

"""Where the model answers: Ollama's address, or that of the embedded server, started when needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..core.settings.config import DevstralConfig


def address_and_name(settings: DevstralConfig) -> tuple[str | None, str | None]:
    """Host and model to pass on to `OllamaModel`; None means what is configured."""
    if settings.engine != "embedded":
        return None, None
    from ..embedded.launch import embedded_model_name, ensure_embedded

    return ensure_embedded(settings), embedded_model_name(settings)

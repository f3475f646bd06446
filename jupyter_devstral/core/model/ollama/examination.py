"""What the doctor looks at of an Ollama server and its model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...settings.hosts import is_loopback
from ...text.typed import typed
from ..examination import Finding, free_memory
from ..window import Window, choose_window
from .facts import cache_bytes_per_token, full_name, model_in_show, running_as

if TYPE_CHECKING:
    from ..server import ModelInfo, RunningModel
    from .client import OllamaModel

_PATIENCE_SECONDS = 3
_UPDATE = "Update Ollama: https://ollama.com/download"
_WINDOWS = (262_144, 131_072, 65_536, 32_768, 16_384, 8_192, 4_096)
# What a runner needs beside weights and cache: buffers, and for Devstral the vision part (0.9 GB).
_OVERHEAD_BYTES = 1_000_000_000


def findings_of(model: OllamaModel) -> Iterator[Finding]:
    """Look at version, model, memory and window; raises ModelError where the server does not answer."""
    version = model.version(timeout=_PATIENCE_SECONDS)
    place = "" if is_loopback(model.host) else " It is not this machine: what you send leaves it."
    yield Finding(True, f"Ollama {version} answers at {model.host}.{place}")
    yield from _version(version, model.name)
    models = model.models(timeout=_PATIENCE_SECONDS)
    found = next((info for info in models if full_name(info.name) == full_name(model.name)), None)
    if found is None:
        yield _missing(model.name, models)
        return
    shown = model.show(timeout=_PATIENCE_SECONDS)
    remote = found.remote_host or model_in_show(model.name, shown).remote_host
    if remote:
        yield _forwarded(model, remote)
        return
    yield Finding(True, f"The model {model.name} is there ({_gigabytes(found.size)}).")
    yield from _memory(model, found, shown)


def _version(version: str, model: str) -> Iterator[Finding]:
    numbers = _numbers(version)
    if numbers is None:
        yield Finding(
            None, f"The version {version!r} says nothing; Devstral Small 2 needs Ollama 0.13.3 or later."
        )
    elif numbers < (0, 13, 3) and full_name(model).rpartition("/")[2].startswith(
        ("devstral-small-2", "devstral-2")
    ):
        yield Finding(False, f"Ollama {version} cannot run {model}: that needs 0.13.3 or later.", _UPDATE)
    elif numbers < (0, 12, 6):
        yield Finding(False, f"Ollama {version} cuts long prompts in silence; 0.12.6 does not.", _UPDATE)
    elif numbers < (0, 13, 3):
        yield Finding(
            None, f"Ollama {version} cannot run Devstral Small 2: that needs 0.13.3 or later.", _UPDATE
        )
    elif numbers < (0, 15, 3):
        yield Finding(None, f"Ollama {version} breaks nested tool arguments; 0.15.3 mended that.", _UPDATE)


def _missing(name: str, models: list[ModelInfo]) -> Finding:
    others = ", ".join(info.name for info in models[:5])
    there = f" It has {others}{' …' if len(models) > 5 else ''}." if others else " It has no models yet."
    step = f"`%devstral pull {typed(name)}` (in a terminal: `jupyter devstral pull {typed(name)}`)"
    if others:
        step += f", or use one that is there: `%devstral model {typed(models[0].name)}`"
    return Finding(False, f"Ollama does not have the model {name}.{there}", step)


def _forwarded(model: OllamaModel, remote: str) -> Finding:
    text = f"Ollama does not run {model.name} itself but forwards it to {remote}."
    if model.config.allow_remote:
        return Finding(None, f"{text} That is allowed: what you send leaves this machine.")
    step = "Choose a model that runs here (`%devstral models`), or set `DevstralConfig.allow_remote = True`."
    return Finding(False, f"{text} It is refused.", step)


def _memory(model: OllamaModel, info: ModelInfo, shown: object) -> Iterator[Finding]:
    running = model.running(timeout=_PATIENCE_SECONDS)
    loaded = running_as(model.name, running, [info])
    if loaded is not None:
        yield _loaded(loaded)
        return
    facts = model_in_show(model.name, shown)
    asked = model.asked_window
    window = choose_window(
        need=0,
        loaded=0,
        configured=model.config.num_ctx,
        default=model.config.default_num_ctx,
        trained=lambda: facts.context_length,
        made_with=lambda: facts.num_ctx,
    )
    if window.tokens < asked.tokens and model.config.num_ctx:
        yield Finding(
            None, f"The window asked for, {asked.tokens:,} tokens, is more than {model.name} knows."
        )
    yield _fit(model, info, window, cache_bytes_per_token(shown))


def _loaded(running: RunningModel) -> Finding:
    share = running.gpu_share
    text = (
        f"It is loaded with a window of {running.context_length:,} tokens and takes "
        f"{_gigabytes(running.size)}, {share:.0%} of it on the GPU."
    )
    if share >= 0.999:
        return Finding(True, text)
    slow = (
        "It answers from the CPU, slowly." if share == 0 else "The part on the CPU slows every answer down."
    )
    step = (
        "A smaller window takes less: stop the model (`ollama stop`), set DevstralConfig.num_ctx, ask again."
    )
    return Finding(None, f"{text} {slow}", step if running.context_length > 4096 else "")


def _fit(model: OllamaModel, info: ModelInfo, window: Window, per_token: int) -> Finding:
    text = (
        f"It is not loaded; the next request asks for a window of {window.tokens:,} tokens ({window.source})."
    )
    if not per_token:
        return Finding(True, text)
    parts = [info.size, window.tokens * per_token, _OVERHEAD_BYTES]
    total = sum(parts)
    # Of what is shown, so that a reader who adds it up comes to the same.
    shown = sum(round(part / 1e9, 1) for part in parts) * 1e9
    text += (
        f" That takes about {_gigabytes(shown)}: {_gigabytes(parts[0])} for the model, "
        f"{_gigabytes(parts[1])} for the window and {_gigabytes(parts[2])} to work with."
    )
    free = free_memory() if is_loopback(model.host) else 0
    if not free:
        return Finding(True, text)
    text += (
        f" This machine has {_gigabytes(free)} of memory free; what its GPU has is known once it is loaded."
    )
    if total <= free:
        return Finding(True, text)
    left = (free - info.size - _OVERHEAD_BYTES) // per_token
    fitting = next((size for size in _WINDOWS if size <= left), 0)
    if fitting:
        return Finding(None, text, f"A window that fits: `%config DevstralConfig.num_ctx = {fitting}`.")
    return Finding(None, text, "Unless the GPU can hold it, use a smaller model (`%devstral models`).")


def _numbers(version: str) -> tuple[int, int, int] | None:
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version)
    numbers = (int(match[1]), int(match[2]), int(match[3])) if match else (0, 0, 0)
    # 0.0.0 is what a build from source calls itself.
    return numbers if any(numbers) else None


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:.1f} GB"

"""What goes into `/chat/completions` and `/tokenize`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ...text.terminal_text import encodable
from ..messages import Message

if TYPE_CHECKING:
    from ...settings.config import DevstralConfig
    from ...settings.routes import Route
    from ..server import Wishes

# Mistral's own API has another name for a seed, takes no temperature above 1, and keeps prefixes by a key.
_MISTRAL = (".mistral.ai",)
_KINDS_OF_IMAGE = (("/9j/", "image/jpeg"), ("R0lGOD", "image/gif"), ("UklGR", "image/webp"))


def body_of(
    route: Route,
    config: DevstralConfig,
    wishes: Wishes,
    model: str,
    messages: Sequence[Message],
    num_predict: int,
) -> dict[str, Any]:
    """The body of a streaming request."""
    temperature = config.temperature if wishes.temperature is None else wishes.temperature
    seed = config.seed if wishes.seed is None else wishes.seed
    is_mistral = (urlsplit(route.address).hostname or "").endswith(_MISTRAL)
    body: dict[str, Any] = {
        "model": model,
        "messages": [_as_sent(message) for message in messages],
        "stream": True,
        # Without it the counters are not told.
        "stream_options": {"include_usage": True},
        "max_tokens": max(1, num_predict),
        "temperature": min(temperature, 1.0) if is_mistral else temperature,
    }
    if seed is not None:
        body["random_seed" if is_mistral else "seed"] = seed
    if is_mistral and wishes.session:
        body["prompt_cache_key"] = wishes.session
    return body


def tokens_asked(model: str, messages: Sequence[Message]) -> Mapping[str, Any]:
    """The body for a count: vLLM reads the messages, llama-server the content."""
    return {
        "model": model,
        "messages": [_as_sent(message) for message in messages],
        "content": "\n".join(encodable(message.content) for message in messages),
    }


def _as_sent(message: Message) -> dict[str, Any]:
    text = encodable(message.content)
    if not message.images:
        return {"role": message.role, "content": text}
    parts: list[dict[str, Any]] = [{"type": "text", "text": text}]
    parts += [{"type": "image_url", "image_url": {"url": _url(image)}} for image in message.images]
    return {"role": message.role, "content": parts}


def _url(image: str) -> str:
    kind = next((kind for start, kind in _KINDS_OF_IMAGE if image.startswith(start)), "image/png")
    return f"data:{kind};base64,{image}"

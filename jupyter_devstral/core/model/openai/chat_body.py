"""What goes into `/chat/completions` and `/tokenize`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ...text.terminal_text import encodable
from ..messages import Message, ToolCall

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
    *,
    tools: Sequence[Mapping[str, Any]] = (),
    schema: Mapping[str, Any] | None = None,
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
    if tools:
        body |= {"tools": list(tools), "tool_choice": "auto"}
    if schema is not None:
        form = {"name": "reply", "schema": dict(schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    return body


def may_do_without(body: Mapping[str, Any]) -> bool:
    """Whether a request that is refused can be asked again without its tools or its schema."""
    if "response_format" in body:
        return True
    return "tools" in body and all(message["role"] != "tool" for message in body["messages"])


def tokens_asked(model: str, messages: Sequence[Message]) -> Mapping[str, Any]:
    """The body for a count: vLLM reads the messages, llama-server the content."""
    return {
        "model": model,
        "messages": [_as_sent(message) for message in messages],
        "content": "\n".join(encodable(message.content) for message in messages),
    }


def _as_sent(message: Message) -> dict[str, Any]:
    text = encodable(message.content)
    if message.answers is not None:
        return {"role": message.role, "content": text, "tool_call_id": message.answers.id}
    if message.tool_calls:
        return {"role": message.role, "content": text, "tool_calls": list(map(_call, message.tool_calls))}
    if not message.images:
        return {"role": message.role, "content": text}
    parts: list[dict[str, Any]] = [{"type": "text", "text": text}]
    parts += [{"type": "image_url", "image_url": {"url": _url(image)}} for image in message.images]
    return {"role": message.role, "content": parts}


def _call(call: ToolCall) -> dict[str, Any]:
    # Never what could not be read: templates take the arguments apart again.
    arguments = encodable(json.dumps(dict(call.arguments), ensure_ascii=False))
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _url(image: str) -> str:
    kind = next((kind for start, kind in _KINDS_OF_IMAGE if image.startswith(start)), "image/png")
    return f"data:{kind};base64,{image}"

"""What `/v1/models`, `/tokenize` and `/props` say, read from their JSON; what is left out stays unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..server import ModelInfo

# The window by vLLM, by Mistral, by LM Studio and by gateways; llama-server has it in `meta`.
_WINDOWS = ("max_model_len", "max_context_length", "context_length", "context_window")


def models_in_list(data: Any) -> list[ModelInfo]:
    """The models of a `GET /v1/models` body; entries that are none are left out."""
    entries = data.get("data") if isinstance(data, Mapping) else None
    listed = entries if isinstance(entries, list) else []
    found = [_model(entry) for entry in listed if isinstance(entry, Mapping)]
    return [info for info in found if info.name]


def tokens_in(data: Any) -> int:
    """The count of a `/tokenize` body; 0 where it has none."""
    if not isinstance(data, Mapping):
        return 0
    count, tokens = data.get("count"), data.get("tokens")
    if isinstance(count, int) and not isinstance(count, bool):
        return max(count, 0)
    return len(tokens) if isinstance(tokens, list) else 0


def capabilities_in(props: Any) -> tuple[str, ...]:
    """What llama-server's `/props` says that its model can, as Ollama names it; empty where it does not say.

    Without a template that knows tools it takes them in silence, and the model never hears of them.
    """
    caps = _mapping(props).get("chat_template_caps")
    if not isinstance(caps, Mapping) or "supports_tools" not in caps:
        return ()
    tools = ("tools",) if caps["supports_tools"] is True else ()
    vision = ("vision",) if _mapping(_mapping(props).get("modalities")).get("vision") is True else ()
    return ("completion", *tools, *vision)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _model(entry: Mapping[str, Any]) -> ModelInfo:
    meta = _mapping(entry.get("meta"))
    windows = [*(entry.get(key) for key in _WINDOWS), meta.get("n_ctx"), meta.get("n_ctx_train")]
    window = next((value for value in windows if _is_count(value)), None)
    size: Any = meta.get("size")
    name = entry.get("id", entry.get("name"))
    return ModelInfo(
        name if isinstance(name, str) else "",
        size=int(size) if _is_count(size) else 0,
        context_length=window,
        capabilities=_capabilities(entry.get("capabilities")),
    )


def _capabilities(said: Any) -> tuple[str, ...]:
    """As Ollama names them, of Mistral's flags or of a list."""
    if isinstance(said, Sequence) and not isinstance(said, str):
        return tuple(one for one in said if isinstance(one, str))
    flags = said if isinstance(said, Mapping) else {}
    names = {
        "completion_chat": "completion",
        "function_calling": "tools",
        "vision": "vision",
        "completion_fim": "insert",
    }
    return tuple(name for flag, name in names.items() if flags.get(flag) is True)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0

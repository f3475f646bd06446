"""Facts that Ollama's `/api/tags`, `/api/show` and `/api/ps` say about models, read from their raw JSON.

Must not do I/O. Bodies may come from another program than Ollama: a field of a wrong type reads as absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ..messages import Usage
from ..server import ModelInfo, RunningModel

_NANOSECONDS = 1e9
# How an answer ended; "repetition" is said by the embedded server.
_ENDS: Mapping[Any, Literal["length", "cut"]] = {"length": "length", "repetition": "cut"}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMBT])", re.IGNORECASE)
_UNITS = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
# Where Ollama forwards models of its own cloud.
CLOUD = "ollama.com"


def full_name(name: str) -> str:
    """`name` with the tag Ollama assumes when none is given, in lower case (Ollama's names ignore case)."""
    last = name.rpartition("/")[2]
    return (name if ":" in last else f"{name}:latest").lower()


def running_as(
    name: str, running: Sequence[RunningModel], tags: Sequence[ModelInfo] = ()
) -> RunningModel | None:
    """The loaded model that answers to `name`, or None.

    Names of one model share one runner, which `/api/ps` lists under the name that loaded it; `tags` tell.
    """
    by_name = next((entry for entry in running if full_name(entry.name) == full_name(name)), None)
    digests = {info.digest for info in tags if full_name(info.name) == full_name(name) and info.digest}
    return by_name or next((entry for entry in running if entry.digest in digests), None)


def is_cloud_name(name: str) -> bool:
    """Tell names by which Ollama forwards a request to ollama.com: they end in "-cloud" or ":cloud"."""
    return name.lower().endswith(("-cloud", ":cloud"))


def models_in_tags(body: Any) -> list[ModelInfo]:
    """The models of an `/api/tags` body."""
    models = []
    for entry in _entries(body):
        details = _mapping(entry.get("details"))
        name = _text(entry.get("name")) or _text(entry.get("model"))
        models.append(
            ModelInfo(
                name=name,
                size=_number(entry.get("size")),
                digest=_text(entry.get("digest")),
                context_length=_number(details.get("context_length")) or None,
                capabilities=_texts(entry.get("capabilities")),
                remote_host=_remote_host(entry, name),
            )
        )
    return models


def models_in_ps(body: Any) -> list[RunningModel]:
    """The loaded models of an `/api/ps` body; a model that is still loading is not in it."""
    return [
        RunningModel(
            name=_text(entry.get("name")) or _text(entry.get("model")),
            size=_number(entry.get("size")),
            size_vram=_number(entry.get("size_vram")),
            context_length=_number(entry.get("context_length")),
            digest=_text(entry.get("digest")),
        )
        for entry in _entries(body)
    ]


def model_in_show(name: str, body: Any) -> ModelInfo:
    """Read what an `/api/show` body says about `name`."""
    entry = _mapping(body)
    return ModelInfo(
        name=name,
        context_length=_architecture_number(entry, "context_length") or None,
        capabilities=_texts(entry.get("capabilities")),
        remote_host=_remote_host(entry, name),
        quantization=_text(_mapping(entry.get("details")).get("quantization_level")),
        num_ctx=_parameter(entry, "num_ctx"),
        parameters=_parameter_count(entry),
    )


def cache_bytes_per_token(show_body: Any) -> int:
    """Count the bytes of KV cache (f16) for one token of window; 0 where `/api/show` does not tell.

    Keys and values, 2 bytes each, for every layer and KV head: Devstral Small 2 gives 163,840.
    """
    entry = _mapping(show_body)
    layers = _architecture_number(entry, "block_count")
    heads = _architecture_number(entry, "attention.head_count_kv")
    width = _architecture_number(entry, "attention.key_length")
    if not width:
        query_heads = _architecture_number(entry, "attention.head_count")
        width = _architecture_number(entry, "embedding_length") // query_heads if query_heads else 0
    value_width = _architecture_number(entry, "attention.value_length") or width
    return layers * heads * (width + value_width) * 2


def _architecture_number(show: Mapping[str, Any], key: str) -> int:
    # Never a search by suffix: "rope.scaling.original_context_length" ends like "context_length", and a
    # 393,216-token model was read as an 8,192-token one that way.
    info = _mapping(show.get("model_info"))
    return _number(info.get(f"{_text(info.get('general.architecture'))}.{key}"))


def _parameter_count(show: Mapping[str, Any]) -> int:
    """How many parameters it has: as its file says, else as rounded for people, such as "494.03M"."""
    exact = _number(_mapping(show.get("model_info")).get("general.parameter_count"))
    size = _SIZE.fullmatch(_text(_mapping(show.get("details")).get("parameter_size")).strip())
    return exact or (int(float(size[1]) * _UNITS[size[2].upper()]) if size else 0)


def _parameter(show: Mapping[str, Any], name: str) -> int | None:
    """Read a number among the lines of `parameters`, such as `num_ctx      8192`."""
    lines = (line.split() for line in _text(show.get("parameters")).splitlines())
    values = [line[1] for line in lines if len(line) == 2 and line[0] == name]
    return int(values[-1]) if values and values[-1].isdecimal() and int(values[-1]) else None


def _remote_host(entry: Mapping[str, Any], name: str) -> str:
    remote = _text(entry.get("remote_host")) or ("another server" if entry.get("remote_model") else "")
    return remote or (CLOUD if is_cloud_name(name) else "")


def _entries(body: Any) -> Sequence[Mapping[str, Any]]:
    models = _mapping(body).get("models")
    return [entry for entry in models if isinstance(entry, Mapping)] if isinstance(models, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _number(value: Any) -> int:
    return int(value) if isinstance(value, (int, float)) else 0


def usage_of(record: Mapping[str, Any]) -> Usage:
    """Read the counters of a final record (`done: true`); Ollama leaves out those that are zero."""

    def seconds(key: str) -> float:
        return (record.get(key) or 0) / _NANOSECONDS

    return Usage(
        prompt_tokens=record.get("prompt_eval_count") or 0,
        reply_tokens=record.get("eval_count") or 0,
        load_seconds=seconds("load_duration"),
        prompt_seconds=seconds("prompt_eval_duration"),
        reply_seconds=seconds("eval_duration"),
        total_seconds=seconds("total_duration"),
        done_reason=_ENDS.get(record.get("done_reason"), "stop"),
    )

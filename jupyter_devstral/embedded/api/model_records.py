"""Records of models for `/api/tags`, `/api/show` and `/api/ps`, with fields in Ollama's order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import go_json
from ..engine import ModelCard
from .residence import Resident

Record = dict[str, Any]


def canonical_name(name: str) -> str:
    """The name with its tag and without the default registry: "smollm2" -> "smollm2:latest"."""
    short = name.strip().removeprefix("registry.ollama.ai/").removeprefix("library/")
    return short if ":" in short.rpartition("/")[2] else f"{short}:latest"


def tags_record(card: ModelCard) -> Record:
    """One entry of `/api/tags`."""
    architecture = card.model_info.get("general.architecture", "")
    lengths = {
        "context_length": card.context_length,
        "embedding_length": card.model_info.get(f"{architecture}.embedding_length", 0),
    }
    record: Record = {"name": card.name, "model": card.name}
    record |= _present({"remote_model": card.remote_model, "remote_host": card.remote_host})
    record |= {"modified_at": card.modified_at, "size": card.size, "digest": card.digest}
    record["details"] = {**_details(card), **_present(lengths)}
    record["capabilities"] = list(card.capabilities)
    return record


def show_record(card: ModelCard) -> Record:
    """The body of `/api/show`."""
    texts = {
        "license": card.license,
        "modelfile": card.modelfile,
        "parameters": card.parameters,
        "template": card.template,
        "system": card.system,
    }
    remote = {"remote_model": card.remote_model, "remote_host": card.remote_host}
    return {
        **_present(texts),
        "details": _details(card),
        **_present(remote),
        "model_info": dict(card.model_info),
        **_present({"tensors": [dict(tensor) for tensor in card.tensors]}),
        "capabilities": list(card.capabilities),
        "modified_at": card.modified_at,
    }


def ps_record(resident: Resident) -> Record:
    """One entry of `/api/ps`. Everything runs on the CPU."""
    card = resident.card
    return {
        "name": card.name,
        "model": card.name,
        "size": resident.size,
        "digest": card.digest,
        "details": _details(card),
        "expires_at": go_json.timestamp(resident.expires_at),
        "size_vram": 0,
        "context_length": resident.runner.num_ctx,
    }


def _details(card: ModelCard) -> Record:
    return {"parent_model": "", **card.details}


def _present(fields: Mapping[str, Any]) -> Record:
    return {name: value for name, value in fields.items() if value}

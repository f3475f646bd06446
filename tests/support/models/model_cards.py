"""Cards of the models that the double offers."""

from __future__ import annotations

from jupyter_devstral.embedded.api.model_records import canonical_name
from jupyter_devstral.embedded.engine import ModelCard

_FIM_TEMPLATE = (
    "{{- if .Suffix }}<|fim_prefix|>{{ .Prompt }}<|fim_suffix|>{{ .Suffix }}<|fim_middle|>"
    "{{- else }}{{ .Prompt }}{{- end }}"
)


def devstral_card(name: str = "devstral-small-2", context_length: int = 393_216) -> ModelCard:
    """Devstral Small 2 as a daemon describes it."""
    return ModelCard(
        name=canonical_name(name),
        digest="24277f07f62d" + "0" * 52,
        size=15_177_374_099,
        details=_details("mistral3", "24.0B", "Q4_K_M"),
        model_info={
            "general.architecture": "mistral3",
            "general.parameter_count": 24_011_361_280,
            "mistral3.attention.head_count": 32,
            "mistral3.attention.head_count_kv": 8,
            "mistral3.attention.key_length": 128,
            "mistral3.attention.value_length": 128,
            "mistral3.block_count": 40,
            "mistral3.context_length": context_length,
            "mistral3.embedding_length": 5120,
            "mistral3.rope.scaling.original_context_length": 8192,
            "mistral3.vision.embedding_length": 1024,
        },
        template="{{ .Prompt }}",
        capabilities=("completion", "vision", "tools"),
        modified_at="2026-11-01T08:00:00.123456789Z",
    )


def fim_card(name: str = "qwen2.5-coder:1.5b-base", *, template: str = _FIM_TEMPLATE) -> ModelCard:
    """A small model that fills in the middle, as a daemon describes it."""
    return ModelCard(
        name=canonical_name(name),
        digest="cd" * 32,
        size=986_060_000,
        details=_details("qwen2", "1.5B", "Q4_K_M"),
        model_info={
            "general.architecture": "qwen2",
            "general.basename": "Qwen2.5-Coder",
            "qwen2.attention.head_count": 12,
            "qwen2.attention.head_count_kv": 2,
            "qwen2.block_count": 28,
            "qwen2.context_length": 32_768,
            "qwen2.embedding_length": 1536,
        },
        template=template,
        capabilities=("completion", "insert") if template else ("completion",),
    )


def cloud_card(name: str) -> ModelCard:
    """A stub that a daemon forwards to another machine."""
    return ModelCard(
        name=canonical_name(name),
        digest="ab" * 32,
        size=382,
        details=_details("mistral3", "123B", "FP8"),
        model_info={"general.architecture": "mistral3", "mistral3.context_length": 262_144},
        capabilities=("completion", "tools"),
        remote_host="https://ollama.com:443",
        remote_model=name.removesuffix("-cloud"),
    )


def _details(family: str, parameters: str, quantization: str) -> dict[str, object]:
    return {
        "format": "gguf",
        "family": family,
        "families": [family],
        "parameter_size": parameters,
        "quantization_level": quantization,
    }

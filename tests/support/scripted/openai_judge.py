"""Mistral's own validator as the judge of each request that the scripted `/v1` server gets."""

from __future__ import annotations

from typing import Any

# What Mistral's API documents beside the fields of its request class, and vLLM and llama-server read.
_TRANSPORT = frozenset({"stream", "stream_options", "prompt_cache_key", "seed", "random_seed", "max_tokens"})


def complaint(body: Any) -> str:
    """What Mistral's validator has against a request; "" for nothing, or where it is not installed."""
    try:
        from mistral_common.exceptions import InvalidMessageStructureException, InvalidRequestException
        from mistral_common.protocol.instruct.request import ChatCompletionRequest
        from mistral_common.protocol.instruct.validator import MistralRequestValidatorV13, ValidationMode
    except ImportError:
        return ""
    fields = {key: value for key, value in body.items() if key not in _TRANSPORT}
    try:
        request = ChatCompletionRequest.from_openai(**fields, max_tokens=body.get("max_tokens"))
        MistralRequestValidatorV13(mode=ValidationMode.serving).validate_request(request)
    except (InvalidRequestException, InvalidMessageStructureException, ValueError, TypeError) as error:
        return f"{type(error).__name__}: {error}"
    return ""

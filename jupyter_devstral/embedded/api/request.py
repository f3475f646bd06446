"""A generation request, read from its JSON body with Ollama's own validations and error texts."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .. import go_json
from ..engine import ModelCard, Refusal, RunnerOptions

# Field -> (accepted JSON kinds, the Go type in the error text).
_CHAT_FIELDS = {
    "model": (("string",), "string"),
    "messages": (("array",), "[]api.Message"),
    "stream": (("bool",), "bool"),
    "options": (("object",), "map[string]interface {}"),
    "tools": (("array",), "api.Tools"),
    "truncate": (("bool",), "bool"),
    "shift": (("bool",), "bool"),
    "logprobs": (("bool",), "bool"),
    "top_logprobs": (("number",), "int"),
    "_debug_render_only": (("bool",), "bool"),
}
_GENERATE_FIELDS = {
    **_CHAT_FIELDS,
    **dict.fromkeys(("prompt", "suffix", "system", "template"), (("string",), "string")),
    "raw": (("bool",), "bool"),
    "images": (("array",), "[]api.ImageData"),
}
_MESSAGE_FIELDS = {
    "role": (("string",), "string"),
    "content": (("string",), "string"),
    "images": (("array",), "[]api.ImageData"),
    "tool_calls": (("array",), "[]api.ToolCall"),
}
_INTEGERS = frozenset(
    [
        "num_keep",
        "seed",
        "num_predict",
        "top_k",
        "repeat_last_n",
        "num_ctx",
        "num_batch",
        "num_gpu",
        "main_gpu",
        "num_thread",
        "draft_num_predict",
    ]
)
_FLOATS = frozenset(
    ["top_p", "min_p", "typical_p", "temperature", "repeat_penalty", "presence_penalty", "frequency_penalty"]
)
_BOOLEANS = frozenset({"use_mmap", "penalize_newline"})
_RUNNER_OTHERS = ("num_batch", "num_gpu", "main_gpu", "use_mmap", "draft_num_predict")
_SCHEMA_TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
_THINK_LEVELS = ("high", "medium", "low", "max")


@dataclass(frozen=True)
class GenerationRequest:
    """A checked body of `/api/chat` or `/api/generate`; accessors give every field its default."""

    body: Mapping[str, Any]
    is_chat: bool
    keep_alive: float | None

    @classmethod
    def parse(cls, raw: bytes, *, is_chat: bool) -> GenerationRequest:
        """Read a body. Raises Refusal in Ollama's words."""
        body = go_json.loads(raw)
        _check_fields(body, is_chat)
        if not body.get("model"):
            raise Refusal("model is required")
        if not 0 <= (body.get("top_logprobs") or 0) <= 20:
            raise Refusal("top_logprobs must be between 0 and 20")
        return cls(body, is_chat, go_json.keep_alive_seconds(body.get("keep_alive")))

    @property
    def model(self) -> str:
        """The requested model name."""
        return str(self.body["model"])

    @property
    def stream(self) -> bool:
        """Whether the answer comes in pieces."""
        return self.body.get("stream") is not False

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The chat messages. A generate prompt becomes one user message behind its system text."""
        if self.is_chat:
            return list(self.body.get("messages") or [])
        system = self.body.get("system")
        head = [{"role": "system", "content": system}] if system else []
        user = {"role": "user", "content": self.prompt, "images": self.body.get("images") or []}
        return [*head, user]

    @property
    def prompt(self) -> str:
        """The text that `/api/generate` continues."""
        return self.body.get("prompt") or ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to answer. Such a request loads or unloads the model."""
        return not self.body.get("messages") if self.is_chat else not self.prompt

    @property
    def raw(self) -> bool:
        """Whether the prompt goes out as it is, without a template."""
        return bool(self.body.get("raw"))

    @property
    def suffix(self) -> str:
        """The text behind the gap to fill."""
        return self.body.get("suffix") or ""

    @property
    def truncate(self) -> bool:
        """Whether a prompt that is too long may be cut."""
        return self.body.get("truncate") is not False

    @property
    def shift(self) -> bool:
        """Whether generation may go on beyond the window."""
        return self.body.get("shift") is not False

    @property
    def has_images(self) -> bool:
        """Whether a message carries images."""
        return any(message.get("images") for message in self.messages)

    @property
    def top_logprobs(self) -> int | None:
        """The number of likely tokens reported with each token."""
        return int(self.body.get("top_logprobs") or 0) if self.body.get("logprobs") else None

    @cached_property
    def options(self) -> dict[str, Any]:
        """The known options, cast to their types. Unknown ones are dropped, as Ollama does."""
        return check_options(self.body.get("options") or {})

    @property
    def num_predict(self) -> int | None:
        """The most tokens to generate; a negative number means no limit."""
        wanted = self.options.get("num_predict", -1)
        return wanted if wanted > 0 else None

    def runner(self, card: ModelCard, default_num_ctx: int) -> RunnerOptions:
        """The options that decide about a reload. The window is clamped to the trained one."""
        options = self.options
        num_ctx = max(int(options.get("num_ctx") or default_num_ctx), 4)
        others = tuple((name, options[name]) for name in _RUNNER_OTHERS if name in options)
        limit = card.context_length or num_ctx
        return RunnerOptions(min(num_ctx, limit), options.get("num_thread", 0), self.shift, others)

    def check(self, card: ModelCard) -> None:
        """Raise Refusal for everything that Ollama notices before it loads.

        These are wrong options, and features that the model lacks.
        """
        full_name = f"registry.ollama.ai/library/{card.name}"
        if self.body.get("think") and "thinking" not in card.capabilities:
            raise Refusal(f'"{self.model}" does not support thinking')
        if self.body.get("tools") and "tools" not in card.capabilities:
            raise Refusal(f"{full_name} does not support tools")
        if self.suffix and "insert" not in card.capabilities:
            raise Refusal(f"{full_name} does not support insert")
        check_options(self.body.get("options") or {})

    def schema(self) -> str | Mapping[str, Any] | None:
        """The requested output format. Raises Refusal (500, as Ollama does) for anything else."""
        wanted = self.body.get("format")
        if wanted in (None, "", "json"):
            return wanted or None
        if isinstance(wanted, dict):
            _check_schema(wanted)
            return wanted
        shown = go_json.dumps(go_json.dumps(wanted))
        raise Refusal(f'invalid format: {shown}; expected "json" or a valid JSON Schema object', 500)


def _check_schema(schema: Any, at: str = "#") -> None:
    """Raise Refusal, in llama.cpp's words, for a type that JSON does not have."""
    if not isinstance(schema, dict):
        return
    types = schema.get("type", [])
    for name in types if isinstance(types, list) else [types]:
        if name not in _SCHEMA_TYPES:
            text = f"JSON schema conversion failed:\nJSON schema error at {at}: unrecognized type {name}"
            message = f"Field 'json_schema': \"json_schema\": {text}"
            error = {"code": 400, "message": message, "type": "invalid_request_error"}
            raise Refusal(go_json.dumps({"error": error}))
    for name, each in (schema.get("properties") or {}).items():
        _check_schema(each, f"{at}/properties/{name}")
    _check_schema(schema.get("items"), f"{at}/items")


def check_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Cast options as Ollama does.

    Floats are cut to integers where one is wanted; a wrong type is a Refusal (500).
    """
    checked: dict[str, Any] = {}
    for name, value in options.items():
        if value is None:
            continue
        if name in _INTEGERS:
            checked[name] = int(_number(name, value, "integer"))
        elif name in _FLOATS:
            checked[name] = float(_number(name, value, "float32"))
        elif name in _BOOLEANS:
            if not isinstance(value, bool):
                raise Refusal(f'option "{name}" must be of type boolean', 500)
            checked[name] = value
        elif name == "stop":
            checked[name] = _strings(name, value)
    return checked


def _number(name: str, value: Any, go_type: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refusal(f'option "{name}" must be of type {go_type}', 500)
    return value


def _strings(name: str, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise Refusal(f'option "{name}" must be of type array', 500)
    if not all(isinstance(item, str) for item in value):
        raise Refusal(f'option "{name}" must be of an array of strings', 500)
    return value


def _check_fields(body: Mapping[str, Any], is_chat: bool) -> None:
    struct = "ChatRequest" if is_chat else "GenerateRequest"
    _check_kinds(body, _CHAT_FIELDS if is_chat else _GENERATE_FIELDS, struct)
    for message in (body.get("messages") or []) if is_chat else ():
        if not isinstance(message, dict):
            raise Refusal(_unmarshal(message, f"{struct}.messages", "api.Message"))
        _check_kinds(message, _MESSAGE_FIELDS, f"{struct}.messages")
        _check_images(message.get("images") or [])
    if not is_chat:
        _check_images(body.get("images") or [])
    think = body.get("think")
    if isinstance(think, str) and think not in _THINK_LEVELS:
        levels = ", ".join(f'"{level}"' for level in _THINK_LEVELS)
        raise Refusal(f"invalid think value: {go_json.dumps(think)} (must be {levels}, true, or false)")


def _check_kinds(
    body: Mapping[str, Any], fields: Mapping[str, tuple[tuple[str, ...], str]], struct: str
) -> None:
    for name, (kinds, go_type) in fields.items():
        value = body.get(name)
        if value is not None and go_json.kind(value) not in kinds:
            raise Refusal(_unmarshal(value, f"{struct}.{name}", go_type))


def _unmarshal(value: Any, field: str, go_type: str) -> str:
    return f"json: cannot unmarshal {go_json.kind(value)} into Go struct field {field} of type {go_type}"


def _check_images(images: list[Any]) -> None:
    for image in images:
        try:
            base64.b64decode(image, validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise Refusal(f"illegal base64 data at input byte {_first_bad_byte(image)}") from None


def _first_bad_byte(image: Any) -> int:
    alphabet = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n")
    return next((at for at, letter in enumerate(str(image)) if letter not in alphabet), len(str(image)))

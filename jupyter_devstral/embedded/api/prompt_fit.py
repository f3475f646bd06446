"""Fitting of a prompt to the window, as Ollama does where a client did not ask for `truncate: false`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import go_json
from ..engine import Engine, ModelCard, Refusal
from .request import GenerationRequest

_DEFAULT_KEEP = 4
_SHIFT_REFUSED = (
    "the prompt is longer than the context length currently available to the model; shorten the prompt, "
    "adjust the context length in settings, or use a model with a longer context length"
)


class PromptFit:
    """The rendering and tokenizing of a request for one model and one window."""

    def __init__(self, engine: Engine, card: ModelCard, request: GenerationRequest, num_ctx: int) -> None:
        self.engine = engine
        self.card = card
        self.request = request
        self.num_ctx = num_ctx

    async def fit(self) -> tuple[str, Sequence[int]]:
        """The prompt and its tokens. Raises Refusal where Ollama refuses instead of cutting."""
        prompt, tokens = await self._render_what_fits()
        if len(tokens) < self.num_ctx:
            return prompt, tokens
        if self.request.truncate and not self.request.shift and not self.card.native:
            raise Refusal(_SHIFT_REFUSED)
        if not self.request.truncate or self.card.native:
            raise Refusal(_window_exceeded(len(tokens), self.num_ctx))
        return prompt, self._without_front(tokens)

    async def render(self, messages: Sequence[Mapping[str, Any]]) -> str:
        """The prompt text, without any cutting."""
        request = self.request
        if request.raw:
            return request.prompt
        if not request.is_chat and request.suffix:
            return await self.engine.render(self.card, messages, {**request.body, "suffix": request.suffix})
        return await self.engine.render(self.card, self._with_model_system(messages), request.body)

    async def _render_what_fits(self) -> tuple[str, Sequence[int]]:
        messages = self.request.messages
        prompt = await self.render(messages)
        tokens = await self.engine.tokenize(self.card, prompt)
        if not self.request.is_chat or not self.request.truncate:
            return prompt, tokens
        for start in range(1, len(messages)):
            if len(tokens) < self.num_ctx:
                break
            systems = [message for message in messages[:start] if message.get("role") == "system"]
            prompt = await self.render([*systems, *messages[start:]])
            tokens = await self.engine.tokenize(self.card, prompt)
        return prompt, tokens

    def _without_front(self, tokens: Sequence[int]) -> Sequence[int]:
        """The first few tokens and the last half window, which llama.cpp keeps when it shifts."""
        keep = max(self.request.options.get("num_keep", _DEFAULT_KEEP), 0)
        tail = max((self.num_ctx - keep) // 2, 1)
        return [*tokens[:keep], *tokens[len(tokens) - tail :]]

    def _with_model_system(self, messages: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        has_system = bool(messages) and messages[0].get("role") == "system"
        if self.card.system and not has_system:
            return [{"role": "system", "content": self.card.system}, *messages]
        return messages


def _window_exceeded(prompt_tokens: int, num_ctx: int) -> str:
    sizes = f"request ({prompt_tokens} tokens) exceeds the available context size ({num_ctx} tokens)"
    error = {
        "code": 400,
        "message": f"{sizes}, try increasing it",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": prompt_tokens,
        "n_ctx": num_ctx,
    }
    return go_json.dumps({"error": error})

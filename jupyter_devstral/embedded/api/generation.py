"""One generation as Ollama's records: load, render, fit, generate, count. Independent of HTTP."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from .. import go_json
from ..engine import Counters, Engine, Job, ModelCard, Piece, Refusal
from .prompt_fit import PromptFit
from .request import GenerationRequest
from .residence import Residence

Record = dict[str, Any]
# Ollama ends an answer without a final record after this many equal pieces in a row.
_REPEAT_LIMIT = 30
_CONTEXTS_PER_ANSWER = 10
_NOT_MULTIMODAL = "Multimodal data provided, but model does not support multimodal requests."


class Generation:
    """The answer to one checked request, as records to send."""

    def __init__(
        self, residence: Residence, card: ModelCard, request: GenerationRequest, default_num_ctx: int
    ) -> None:
        self.residence = residence
        self.engine: Engine = residence.engine
        self.card = card
        self.request = request
        self.default_num_ctx = default_num_ctx
        self.started = time.perf_counter()

    async def records(self) -> AsyncGenerator[Record, None]:
        """Yield the records in sending order. Raises Refusal before the first or between two."""
        request = self.request
        if request.is_empty and request.keep_alive == 0:
            await self.residence.dismiss(self.card)
            yield self._record("", done=True, done_reason="unload")
            return
        runner = request.runner(self.card, self.default_num_ctx)
        async with self.residence.turn(self.card, runner, request.keep_alive) as load_seconds:
            if request.is_empty:
                yield self._record("", done=True, done_reason="load")
                return
            async with aclosing(self._answer(runner.num_ctx, load_seconds)) as records:
                async for record in records:
                    yield record

    async def whole(self) -> Record:
        """Fold all records into the one that `stream: false` gets."""
        texts: list[str] = []
        logprobs: list[Any] = []
        last = self._record("")
        async with aclosing(self.records()) as records:
            async for record in records:
                texts.append(record["message"]["content"] if self.request.is_chat else record["response"])
                logprobs.extend(record.get("logprobs", ()))
                last = record
        if "_debug_info" in last:
            return last
        return self._with_text({**last, "logprobs": logprobs} if logprobs else last, "".join(texts))

    async def _answer(self, num_ctx: int, load_seconds: float) -> AsyncGenerator[Record, None]:
        request = self.request
        if request.has_images and "vision" not in self.card.capabilities:
            error = {"code": 400, "message": _NOT_MULTIMODAL, "type": "invalid_request_error"}
            raise Refusal(go_json.dumps({"error": error}))
        fit = PromptFit(self.engine, self.card, request, num_ctx)
        if request.body.get("_debug_render_only"):
            yield self._debug_record(await fit.render(request.messages))
            return
        schema = request.schema()
        prompt, tokens = await fit.fit()
        job = Job(
            card=self.card,
            prompt=prompt,
            tokens=tokens,
            num_predict=request.num_predict or _CONTEXTS_PER_ANSWER * num_ctx,
            options=request.options,
            schema=schema,
            top_logprobs=request.top_logprobs,
            body=request.body,
        )
        async with aclosing(self._pieces(job, load_seconds)) as records:
            async for record in records:
                yield record

    async def _pieces(self, job: Job, load_seconds: float) -> AsyncGenerator[Record, None]:
        last, repeats, count = "", 0, 0
        asked_at = first_at = time.perf_counter()
        reply: list[str] = []
        async with aclosing(self.engine.generate(job)) as events:
            async for event in events:
                if isinstance(event, Counters):
                    context = await self._context(job, "".join(reply))
                    yield self._final_record(event, load_seconds, context)
                    return
                word = event.text.strip()
                repeats = repeats + 1 if word == last else 0
                last = word
                if repeats > _REPEAT_LIMIT and not self.card.native:
                    if not self.card.explains:
                        return
                    now = time.perf_counter()
                    counted = len(job.tokens), first_at - asked_at, count, now - first_at
                    context = await self._context(job, "".join(reply))
                    yield self._final_record(Counters("repetition", *counted), load_seconds, context)
                    return
                first_at = first_at if count else time.perf_counter()
                count += 1
                reply.append(event.text)
                if event.text:
                    yield self._piece_record(event)

    async def _context(self, job: Job, reply: str) -> Sequence[int]:
        """The token ids that `/api/generate` returns, prompt and answer. Chat and raw requests have none."""
        if self.request.is_chat or self.request.raw:
            return ()
        return [*job.tokens, *await self.engine.tokenize(self.card, reply)]

    def _record(self, text: str, **more: Any) -> Record:
        record: Record = {"model": self.request.model, "created_at": go_json.timestamp()}
        if self.request.is_chat:
            record["message"] = {"role": "assistant", "content": text}
        else:
            record["response"] = text
        record["done"] = False
        record.update(more)
        return record

    def _with_text(self, record: Record, text: str) -> Record:
        if self.request.is_chat:
            return {**record, "message": {"role": "assistant", "content": text}}
        return {**record, "response": text}

    def _piece_record(self, piece: Piece) -> Record:
        return (
            self._record(piece.text, logprobs=list(piece.logprobs))
            if piece.logprobs
            else self._record(piece.text)
        )

    def _debug_record(self, prompt: str) -> Record:
        record = self._record("", _debug_info={"rendered_template": prompt})
        if self.request.is_chat:
            record["message"] = {"role": "", "content": ""}
        return record

    def _final_record(self, counters: Counters, load_seconds: float, context: Sequence[int]) -> Record:
        counts = {
            "context": list(context),
            "total_duration": _nanoseconds(time.perf_counter() - self.started),
            "load_duration": _nanoseconds(load_seconds),
            "prompt_eval_count": counters.prompt_tokens,
            "prompt_eval_duration": _nanoseconds(counters.prompt_seconds),
            "eval_count": counters.reply_tokens,
            "eval_duration": _nanoseconds(counters.reply_seconds),
        }
        present = {name: value for name, value in counts.items() if value}  # Go's `omitempty`
        return self._record("", done=True, done_reason=counters.done_reason, **present)


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9)

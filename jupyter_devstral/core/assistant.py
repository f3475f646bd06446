"""The whole path of a request: facts -> prompt -> stream -> reply events.

Knows nothing of screens: a magic, a server and a command line iterate over the same `ReplyStream`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .importing import collector_paused

with collector_paused():
    from .answer import Outgoing, Reply
    from .errors import NotSent, WindowExceeded
    from .model.messages import Message, Usage
    from .model.server import ModelServer
    from .model.token_estimate import TokenEstimate
    from .model.window import Window, needed_tokens
    from .prompt.continuing import Recipient, SentNotebook, anew
    from .prompt.prompt import MESSAGE_OVERHEAD, Prompt, build_prompt, wording
    from .prompt.safe_request import narrowed
    from .redaction.redactor import Redactor, Restorer
    from .reply_stream import CONTINUE, Delta, Event, Note, ReplyStream, Retraction, TextFilter
    from .request.allowance import EVERYTHING, Allowance
    from .request.tasks import Request, Rules
    from .settings.config import DevstralConfig
    from .text.control_tokens import Mender, broken_up

__all__ = ["Assistant", "Delta", "Event", "Note", "Outgoing", "Reply", "ReplyStream", "Retraction"]

# Part of the window that a prompt may fill beside the reply: an estimate is not a count.
_FILL = 0.95
# Models of fewer parameters stop after the sentence that a fix would begin with.
_THINKS_FIRST = 1_000_000_000


class Assistant:
    """Answers requests with one model.

    Args:
        model: what streams.
        redactor: shared by all requests of a session, so that a secret keeps its placeholder; not used when
            `config.redact` is off.
        estimate: the model's token estimate, which every answer corrects.
        how_to_continue: what is said below an answer that is not complete.
        allowance: what of a request may go to the model.
        announce: told what goes out, just before it does.
        sent: what was last sent of the notebook, to go on from there.
        rules: of the project, which every request carries.
        about: told which request is answered, before a server is asked for anything.

    Attributes:
        estimate: of the model's tokens.
    """

    def __init__(
        self,
        config: DevstralConfig,
        model: ModelServer,
        *,
        redactor: Redactor | None = None,
        estimate: TokenEstimate | None = None,
        how_to_continue: str = CONTINUE,
        allowance: Allowance | None = None,
        announce: Callable[[Outgoing], None] | None = None,
        sent: SentNotebook | None = None,
        rules: tuple[Rules, ...] = (),
        about: Callable[[Request], None] | None = None,
    ) -> None:
        self._rules = rules
        self._announced = announce
        self._about = about or (lambda request: None)
        self._sent = sent or SentNotebook()
        self.allowance = allowance or Allowance()
        self._how_to_continue = how_to_continue
        self.config = config
        self.model = model
        redacts = config.redact or self.allowance.redacts
        self._redactor = (redactor or Redactor()) if redacts else None
        self.estimate = estimate or TokenEstimate()

    def prompt(self, request: Request, *, window: Window | None = None) -> Prompt:
        """The prompt that `reply` would send, without a single request to any server.

        `window` is one that an earlier reply had; without one, the configured or default window is assumed.
        """
        return self._pack(request, lambda need: window or self.model.asked_window)[0]

    def reply(self, request: Request, *, prompt: Prompt | None = None) -> ReplyStream:
        """Ask; `prompt` is one that `prompt(request)` returned. Raises ModelError, RemoteRefused."""
        self._about(request)
        if prompt is None:
            prompt, window = self._pack(request, self.model.window)
        else:
            request = prompt.request or request
            window = self.model.window(needed_tokens(prompt.tokens, self.config.max_reply_tokens))
            if prompt.values and not self._sends_values:
                prompt = self.prompt(request, window=window)
        reserve = window.reply_reserve(self.config.max_reply_tokens)
        return self._stream(Outgoing(prompt.request or request, prompt, window, reserve))

    def continue_reply(self, reply: Reply) -> ReplyStream:
        """Go on with a reply that was cut, hit its length or was interrupted: the result is all of it."""
        if not reply.text.strip():
            return self._behind(reply, ())
        return self._behind(reply, self._turn(reply, wording("continue")), partial=reply.text)

    def follow_up(self, reply: Reply, words: str, *, quotes_outputs: bool = False) -> ReplyStream:
        """Ask again in the conversation that led to `reply`: `words` stand behind it.

        `quotes_outputs` says that they are not ours alone but hold what code has said. Raises NotSent where
        that, or the conversation, may not go to this model.
        """
        if quotes_outputs and "outputs" not in self.allowance.kinds:
            raise NotSent(
                "What the code said when it ran was not sent to "
                f"{self.model.remote_place or self.model.host}: outputs may not go there."
            )
        return self._behind(reply, self._turn(reply, words))

    def _turn(self, reply: Reply, words: str) -> tuple[Message, Message]:
        """A reply, and what is said about it."""
        text = self._redactor.redact([reply.text, words]) if self._redactor else [reply.text, words]
        return Message("assistant", broken_up(text[0])), Message("user", broken_up(text[1]))

    def _behind(self, reply: Reply, turn: tuple[Message, ...], partial: str = "") -> ReplyStream:
        """Ask with the whole conversation of `reply`, and `turn` at its end."""
        self._about(reply.request)
        first = reply.first_prompt or reply.prompt
        if not (EVERYTHING if first.kinds is None else first.kinds) <= self.allowance.kinds:
            raise NotSent(
                f"The last answer is from {reply.host}, with more than may go to {self.model.host}. Ask the "
                "question itself there."
            )
        after = (*reply.after, *turn)
        prompt = self._extended(first, after)
        window = self.model.window(needed_tokens(prompt.tokens, self.config.max_reply_tokens))
        if first.values and not self._sends_values:
            first = self.prompt(reply.request, window=window)
            prompt = self._extended(first, after)
        reserve = window.reply_reserve(self.config.max_reply_tokens)
        if prompt.tokens > _room(window, reserve):
            taken = prompt.tokens - first.tokens
            smaller = self._fit(reply.request, first, _room(window, reserve) - taken)
            prompt = self._extended(smaller, after)
        return self._stream(Outgoing(reply.request, prompt, window, reserve, partial, first, after))

    def _stream(self, outgoing: Outgoing) -> ReplyStream:
        _refuse_hopeless(outgoing)
        filters: list[TextFilter] = [Mender(), *([Restorer(self._redactor)] if self._redactor else [])]
        if outgoing.partial:
            from .reply.continuation import Joiner

            filters.append(Joiner(outgoing.partial, outgoing.request.notebook.language))
        else:
            filters.append(_echo_filter(outgoing))
        return ReplyStream(
            self.model,
            outgoing,
            filters=filters,
            repack=self._repack,
            learn=self._learn,
            how_to_continue=self._how_to_continue,
            announce=self._announce,
        )

    def _announce(self, outgoing: Outgoing) -> None:
        if self._announced is not None:
            self._announced(outgoing)
        if self._may_go_on:
            self._sent.keep(self._recipient(outgoing.window), outgoing.first_prompt or outgoing.prompt)

    @property
    def _may_go_on(self) -> bool:
        """Whether versions of cells that are gone may be sent again: nowhere but on this machine."""
        return self.allowance.is_everything and not self.model.remote_place

    def _recipient(self, window: Window) -> Recipient:
        return Recipient(self.model.name, self.model.host, window.tokens, self._rules)

    def _goes_on(self, window: Window) -> bool:
        """Whether the model that read the last prompt reads the next one, in the same window."""
        last = self._sent.last
        return self._may_go_on and last is not None and last[0] == self._recipient(window)

    def _pack(self, request: Request, window_for: Callable[[int], Window]) -> tuple[Prompt, Window]:
        """Everything if it fits the window, else whole pieces left out until it does.

        What was sent of the notebook before stands, as long as all fits.
        """
        cause_first = self._cause_first
        going_on = self._sent.continued(request, self.estimate) if self._may_go_on else anew(request)
        whole = self._build(going_on, None)
        window = window_for(needed_tokens(int(whole.tokens / _FILL) + 1, self.config.max_reply_tokens))
        room = _room(window, window.reply_reserve(self.config.max_reply_tokens))
        if going_on.history is not None and (whole.tokens > room or not self._goes_on(window)):
            going_on = anew(going_on)
            whole = self._build(going_on, None)
        if (whole.values and not self._sends_values) or self._cause_first != cause_first:
            # Only now the server has said that it forwards this model elsewhere, or how large it is.
            whole = self._build(going_on, None)
        return (whole if whole.tokens <= room else self._fit(going_on, whole, room)), window

    def _fit(self, request: Request, prompt: Prompt, tokens: int) -> Prompt:
        """`request` again in at most `tokens`, given a prompt of it that is larger."""
        fixed = prompt.tokens - sum(piece.tokens for piece in prompt.pieces)
        return self._build(request, max(0, tokens - fixed))

    def _build(self, request: Request, budget: int | None) -> Prompt:
        allowance = self.allowance
        request = replace(request, rules=self._rules) if self._rules else request
        prompt = build_prompt(
            narrowed(request, allowance, self._redactor),
            budget=budget,
            estimate=self.estimate,
            redactor=self._redactor,
            values=self._sends_values,
            cause_first=self._cause_first,
        )
        if allowance.is_everything:
            return prompt
        return replace(prompt, kinds=allowance.kinds, withheld=allowance.withheld(request), request=request)

    @property
    def _sends_values(self) -> bool:
        """Whether prompts may hold values of the user's data: on this machine, and where that is wanted."""
        return self.config.values == "samples" and not self.model.remote_place

    @property
    def _cause_first(self) -> bool:
        return self.model.parameters >= _THINKS_FIRST

    def _extended(self, prompt: Prompt, after: tuple[Message, ...]) -> Prompt:
        """`prompt` with more messages behind it."""
        tokens = sum(self.estimate(message.content) + MESSAGE_OVERHEAD for message in after)
        return replace(prompt, messages=(*prompt.messages, *after), tokens=prompt.tokens + tokens)

    def _repack(self, outgoing: Outgoing, refused: WindowExceeded) -> tuple[Outgoing, str] | None:
        """The same request made to fit, by the server's own numbers where it gave them."""
        window = outgoing.window
        if 0 < refused.window < window.tokens:
            window = Window(refused.window, "model")
        reserve = window.reply_reserve(self.config.max_reply_tokens)
        really = refused.prompt_tokens or 2 * outgoing.prompt.tokens
        room = int(_room(window, reserve) * outgoing.prompt.tokens / max(1, really))
        first = outgoing.first_prompt or outgoing.prompt
        taken = outgoing.prompt.tokens - first.tokens
        smaller = self._fit(outgoing.request, first, room - taken)
        if len(smaller.dropped) <= len(first.dropped):
            return None
        prompt = self._extended(smaller, outgoing.after)
        count = f"{refused.prompt_tokens:,} tokens" if refused.prompt_tokens else "longer than estimated"
        sentence = f"The prompt was {count} for a window of {window.tokens:,}: packed smaller and sent again."
        return replace(outgoing, prompt=prompt, window=window, num_predict=reserve), sentence

    def _learn(self, outgoing: Outgoing, usage: Usage) -> str:
        """Compare the server's count with the estimate; a sentence if the server must have cut the prompt."""
        estimated, actual = outgoing.prompt.tokens, usage.prompt_tokens
        if _was_truncated(estimated, actual, outgoing.window.tokens):
            return (
                f"The server read only {actual:,} of about {estimated:,} tokens of the prompt: it cuts "
                "prompts in silence; update Ollama to 0.12.6 or later."
            )
        self.estimate.correct(estimated, actual)
        return ""


def _echo_filter(outgoing: Outgoing) -> TextFilter:
    """Takes off what the answer repeats of the end of its prompt."""
    from .reply.echo import EchoFilter

    question = outgoing.request.question
    if outgoing.after:
        return EchoFilter(outgoing.after[-1].content, question)
    ours = outgoing.prompt.user_text.removesuffix(question).rstrip()
    return EchoFilter(ours.rpartition("\n")[2], question)


def _refuse_hopeless(outgoing: Outgoing) -> None:
    """Raise WindowExceeded for what cannot fit, before a model is loaded with that window for nothing."""
    prompt, window = outgoing.prompt, outgoing.window
    # A model that is loaded says so itself, at once and by its own count.
    if window.source == "loaded" or prompt.tokens <= window.tokens:
        return
    if window.source == "model":
        larger = "It is all that the model was trained for: shorten the cell, or use another model (`-m`)."
    else:
        larger = "Shorten the cell, or use a larger window (`--num-ctx`, DevstralConfig.num_ctx)."
    raise WindowExceeded(
        f"What cannot be left out (the cell, your words, attachments) is about {prompt.tokens:,} tokens; "
        f"the window is {window.tokens:,}. Nothing was sent.",
        larger,
        window=window.tokens,
    )


def _room(window: Window, reserve: int) -> int:
    """Tokens for the prompt."""
    return int((window.tokens - reserve) * _FILL)


def _was_truncated(estimated: int, actual: int, window: int) -> bool:
    # A server that does not know `truncate` keeps num_ctx/2 + 2 tokens of a long prompt, or drops messages.
    # Prompts that fill less than half of the window were not cut, however wrong the estimate.
    if not actual or estimated < window / 2:
        return False
    return actual < 0.4 * estimated or (actual == window // 2 + 2 and actual < 0.9 * estimated)

"""The one place where what a server of the OpenAI dialect says becomes a `ModelError` whose text is advice.

What the words are is from llama-server (measured), vLLM (source, issues) and Mistral (documentation).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ...errors import (
    ModelError,
    ModelMissing,
    NoServer,
    NotSupported,
    RequestRefused,
    RunnerFailed,
    ServerBusy,
)
from ...settings.routes import place_of
from ..server_words import ServerWords, one_line, too_long
from .error_body import unpack

if TYPE_CHECKING:
    from .link import Link

_TOO_LONG = re.compile(
    r"exceed_context_size|exceeds the available context size|maximum context length|max_model_len"
    r"|context_length_exceeded|(?:prompt|input)\b.{0,60}\b(?:too long|too large|longer than|exceeds)"
    r"|exceeds? the (?:model'?s? )?(?:max\w* )?context|too many tokens|greater than the context length"
    r"|context.{0,12}overflow",
    re.IGNORECASE,
)
_NO_MODEL = re.compile(
    r"model\b.*\b(?:not found|does not exist|not exist|invalid)|no such model|invalid[_ ]model|unknown model",
    re.IGNORECASE,
)
_SPENT = re.compile(
    r"insufficient_quota|exceeded your current quota|billing|credit|spending|monthly", re.IGNORECASE
)
_LOADING = re.compile(r"loading model|is loading|still loading|warming up", re.IGNORECASE)
_NO_MEMORY = re.compile(r"out of memory|cuda error|failed to allocate|insufficient memory", re.IGNORECASE)
_NO_TEMPLATE = re.compile(r"chat template|jinja|roles must alternate|conversation roles", re.IGNORECASE)
# What servers say of tools, or of a schema, that they do not take: vLLM, llama-server, Mistral, gateways.
_FORM = re.compile(
    r"\btools?\b|tool[-_ ]c|function[- _]?call|response_format|json_schema|guided|structured|grammar",
    re.IGNORECASE,
)


class Busy(ServerBusy):
    """The server asks to come back later.

    Attributes:
        again: whether asking again may help.
        loading: the model is not in memory yet.
    """

    def __init__(
        self, problem: str, next_step: str = "", *, again: bool = True, loading: bool = False
    ) -> None:
        super().__init__(problem, next_step)
        self.again = again
        self.loading = loading


def refusal(
    link: Link, status: int, body: str, *, model: str = "", may_do_without: bool = False
) -> ModelError:
    """The error for an HTTP answer that is not 2xx.

    `may_do_without`: the request had tools or a schema, and can be asked without them.
    """
    words = _without_key(unpack(body), link)
    said = f" It said: {words.text}" if words.text else ""
    if 300 <= status < 400:
        return RequestRefused(
            f"{_who(link)} sends requests on to another address. They are not followed, so that neither "
            "a prompt nor a key goes where nobody sent it.",
            "Correct the route's address.",
        )
    if may_do_without and _is_about_form(status, words):
        return NotSupported(f"{_who(link)} takes no tools, or no schema, with this model ({status}).{said}")
    if status not in (401, 403, 407, 429) and (special := _recognised(words, link, model)):
        return special
    if status in _DENIED:
        problem, next_step = _DENIED[status](link)
        return RequestRefused(problem + said, next_step)
    if status == 429:
        return _too_many(link, words, said)
    if status == 404:
        return _not_found(link, words, model, said)
    if status >= 500:
        return _failed(link, status, words, said)
    if not words.from_api:
        return RequestRefused(
            f"What answers at {link.address} is not the API that the route expects (status {status}).{said}"
        )
    return RequestRefused(f"{_who(link)} refused the request (status {status}).{said}")


def _is_about_form(status: int, words: ServerWords) -> bool:
    """Whether a refusal may be one of tools or of a schema: by its status, or by its words."""
    if _TOO_LONG.search(words.text) or not words.from_api:
        return False
    return status in (422, 501) or (status in (400, 404, 500) and bool(_FORM.search(words.text)))


def stream_error(link: Link, text: str, *, model: str, begun: bool) -> ModelError:
    """The error that a server reports inside a stream; `text` is its event or its words."""
    words = _without_key(unpack(text), link)
    where = "in the middle of its answer" if begun else "before it answered"
    return _recognised(words, link, model) or RunnerFailed(
        f"{_who(link)} stopped {where}. It said: {words.text}", "Ask again."
    )


def no_answer(link: Link, words: str) -> NoServer:
    """The error where no connection can be made."""
    why = f" ({one_line(words)})" if words else ""
    return NoServer(
        f"Nothing answers at {link.address}, the route {link.route}{why}.",
        "Is the server up, and this machine on its network (VPN)? `%devstral doctor` says more.",
    )


def slow(link: Link) -> NoServer:
    """The error where a connection is taken but nothing comes."""
    return NoServer(f"{_who(link)} takes connections but does not answer in time.", "Ask whoever runs it.")


def lost(link: Link, *, begun: bool) -> RunnerFailed:
    """The error for a connection that broke off."""
    when = "in the middle of the answer" if begun else "before it answered"
    return RunnerFailed(f"The connection to {_who(link)} was lost {when}.", "Ask again.")


def untrusted(link: Link, words: str) -> NoServer:
    """The error for a certificate that nothing here vouches for."""
    why = re.sub(r"^\[SSL[^\]]*\]\s*|\s*\(_ssl\.c:\d+\)", "", words)
    return NoServer(
        f"The certificate of {link.address} is not trusted ({one_line(why)}), so nothing was sent.",
        "Where your organisation signs its own, name its file of certificates as `ca_bundle` of the "
        f"route {link.route}; a proxy that opens TLS needs the same.",
    )


def proxy_refused(link: Link, words: str) -> NoServer:
    """The error for a proxy on the way that does not let the request through."""
    return NoServer(
        f"The proxy on the way to {link.address} refused the connection ({one_line(words)}).",
        f"Look at `proxy` of the route {link.route}, HTTPS_PROXY and NO_PROXY.",
    )


def not_the_api(link: Link) -> RunnerFailed:
    """The error for an answer that says all is well and is not of this API."""
    return RunnerFailed(
        f"What answers at {link.address} does not speak the OpenAI API.",
        "The address of a route usually ends with /v1.",
    )


def unreadable_event(link: Link) -> RunnerFailed:
    """The error for an event in an answer that is no part of one."""
    return RunnerFailed(
        f"In the middle of the answer {_who(link)} sent what cannot be read; the rest is lost."
    )


def model_missing(link: Link, model: str) -> ModelMissing:
    """The error for a model that the server does not have."""
    return ModelMissing(
        f"{_who(link)} has no model {model or 'of that name'}.",
        "`%devstral models` lists what it has; `-m NAME` asks another, and `model` of the route names the "
        "usual one.",
        model=model,
    )


def _recognised(words: ServerWords, link: Link, model: str) -> ModelError | None:
    """Errors known by their words, whichever way they arrive."""
    if _TOO_LONG.search(words.text):
        return too_long(words, "Send less (`-c cell`).")
    if _NO_MEMORY.search(words.text):
        problem = f"{_who(link)} ran out of memory. It said: {words.text}"
        return RunnerFailed(problem, "Send less (`-c cell`).")
    if _NO_TEMPLATE.search(words.text):
        return RequestRefused(
            f"{_who(link)} cannot put the messages into the form its model wants: its chat template is "
            f"missing or another model's. It said: {words.text}"
        )
    if _NO_MODEL.search(words.text):
        return model_missing(link, model)
    return None


def _no_key(link: Link) -> tuple[str, str]:
    if link.key_env:
        problem = f"{_who(link)} does not accept the key in {link.key_env} (401)."
        return problem, "Is it whole, and still valid?"
    return (
        f"{_who(link)} wants a key (401).",
        "Put it into an environment variable before Jupyter starts, and name that as `key_env` of the route "
        f"{link.route}.",
    )


def _forbidden(link: Link) -> tuple[str, str]:
    return (
        f"{_who(link)} does not allow this (403).",
        "The key, or the plan it belongs to, may not use the model or the address.",
    )


# The problem, and the next step.
_DENIED: dict[int, Callable[[Link], tuple[str, str]]] = {
    401: _no_key,
    403: _forbidden,
    407: lambda link: (
        f"The proxy on the way to {link.address} wants a sign-in (407).",
        "Look at `proxy` of the route.",
    ),
    413: lambda link: (f"{_who(link)} takes no request this large (413).", "Send less (`-c cell`)."),
    422: lambda link: (f"{_who(link)} does not know a field of the request, or its value (422).", ""),
}


def _too_many(link: Link, words: ServerWords, said: str) -> Busy:
    if _SPENT.search(words.text):
        problem = f"What this key may use at {_who(link)} is spent (429).{said}"
        return Busy(problem, "Ask whoever pays for it.", again=False)
    return Busy(f"{_who(link)} takes no more requests for now (429).{said}", "Try again in a moment.")


def _failed(link: Link, status: int, words: ServerWords, said: str) -> ModelError:
    if status not in (502, 503, 504, 529):
        return RunnerFailed(f"{_who(link)} could not answer (status {status}).{said}", "Ask again.")
    loading = bool(_LOADING.search(words.text))
    why = "is loading its model" if loading else f"is busy or not up (status {status})"
    return Busy(f"{_who(link)} {why}.{said}", "Try again in a moment.", loading=loading)


def _not_found(link: Link, words: ServerWords, model: str, said: str) -> ModelError:
    if words.from_api and "model" in words.text.lower():
        return model_missing(link, model)
    return RequestRefused(
        f"There is no such address at {link.address} (404).{said}",
        "The address of a route usually ends with /v1.",
    )


def _who(link: Link) -> str:
    return f"{place_of(link.address)} ({link.route})"


def _without_key(words: ServerWords, link: Link) -> ServerWords:
    """The words without the key, should the server repeat it."""
    if not link.key or link.key not in words.text:
        return words
    return replace(words, text=words.text.replace(link.key, "…"))

"""The one place where what a server or a connection says becomes a `ModelError` whose text is advice.

Ollama's errors come in three shapes: a status with `{"error": …}`, an `{"error": …}` line inside a 200
stream, and JSON from the runner nested inside the `error` string.
"""

from __future__ import annotations

import json
import re
from typing import Literal

from ...errors import (
    ModelError,
    ModelMissing,
    NoServer,
    NotSupported,
    RequestRefused,
    RunnerFailed,
    ServerBusy,
    ServerTooOld,
)
from ...settings.hosts import is_loopback
from ...text.typed import typed
from ..server_words import ServerWords, count, one_line, too_long

_TOO_LONG = re.compile(
    r"exceed_context_size|exceeds the available context size"
    r"|prompt is (?:too long|longer than the context length)|input length exceeds",
    re.IGNORECASE,
)
_NO_MEMORY = re.compile(
    r"requires more system memory|out of memory|cudaMalloc failed|unable to allocate|insufficient memory"
    r"|failed to allocate|not enough (?:system )?memory|resource limitations",
    re.IGNORECASE,
)
_UNKNOWN_ARCHITECTURE = re.compile(
    r"unknown model architecture|newer version of ollama|requires a newer version", re.IGNORECASE
)
_NO_TOOLS = re.compile(r"does not support tools", re.IGNORECASE)
_NOT_FOUND = re.compile(r"model\b.*\bnot found|file does not exist|manifest unknown", re.IGNORECASE)
# What servers that speak TLS say to those who do not; and the other way round, in OpenSSL's words.
_WANTS_TLS = re.compile(r"HTTP request (?:to an HTTPS server|was sent to HTTPS port)", re.IGNORECASE)
_NO_TLS = re.compile(
    r"wrong.version.number|record layer failure|http request\]|unexpected.eof|EOF occurred|handshake",
    re.IGNORECASE,
)
_DISTRUSTED = re.compile(r"certificate.verify.failed", re.IGNORECASE)
_API_PATH = re.compile(r"(?<=[^/])/(v1|api)(?:/[\w/-]*)?$")
_DOCTOR = "`%devstral doctor` (in a terminal: `jupyter devstral doctor`) says more."


def unpack(body: str) -> ServerWords:
    """The message of an error body: plain text, `{"error": …}`, or JSON nested in the `error` string."""
    try:
        data = json.loads(body)
    except ValueError:
        return ServerWords(one_line(body), from_api=False)
    error = data.get("error", data) if isinstance(data, dict) else data
    if isinstance(error, str):
        nested = unpack(error) if error.lstrip().startswith("{") else None
        return nested if nested and nested.from_api else ServerWords(one_line(error))
    if not isinstance(error, dict):
        return ServerWords(one_line(str(error)))
    text = f"{error.get('message') or ''} {error.get('type') or ''}"
    return ServerWords(one_line(text), count(error.get("n_prompt_tokens")), count(error.get("n_ctx")))


def refusal(status: int, body: str, *, host: str, model: str) -> ModelError:
    """The error for an HTTP answer with an error status."""
    words = unpack(body)
    if status == 503 and words.from_api:
        return ServerBusy(
            f"Ollama at {host} is busy: its queue of requests is full.",
            "Try again in a moment, or stop another program that is using it.",
        )
    if special := _recognised(words, model=model):
        return special
    said = f" It said: {words.text}" if words.text else ""
    if status == 400 and _WANTS_TLS.search(words.text):
        return _speaks_tls(host)
    if status in (401, 403):
        return RequestRefused(_denied(status, words, host))
    if 300 <= status < 400:
        return RequestRefused(
            f"The server at {host} sends requests on to another address. They are not followed.",
            "Set DevstralConfig.host to the address that answers.",
        )
    if not words.from_api:
        kind = RunnerFailed if status >= 500 else RequestRefused
        if status == 404 and (advice := _path_advice(host)):
            return kind(advice)
        return kind(
            f"What answers at {host} is not Ollama's API (status {status}); a proxy or another program may "
            f"be in between. {_DOCTOR}{said}"
        )
    if status == 404 and (advice := _path_advice(host)):
        return RequestRefused(advice)
    if status >= 500:
        return RunnerFailed(f"Ollama could not answer (status {status}). Ask again; {_DOCTOR}{said}")
    return RequestRefused(f"Ollama refused the request (status {status}).{said}")


def stream_error(line: str, *, model: str, begun: bool) -> ModelError:
    """The error for an `{"error": …}` line inside a 200 stream; `line` is the error's text."""
    words = unpack(line)
    where = "in the middle of its answer" if begun else "before it answered"
    return _recognised(words, model=model) or RunnerFailed(
        f"The model stopped {where}. Ask again: Ollama loads it afresh. It said: {words.text}"
    )


def pull_error(line: str, *, model: str) -> ModelError:
    """The error for an `{"error": …}` line inside a pull."""
    words = unpack(line)
    if _NOT_FOUND.search(words.text):
        return RequestRefused(
            f"There is no model {model} to download.", "Look its name up at https://ollama.com/library."
        )
    if _UNKNOWN_ARCHITECTURE.search(words.text):
        return _too_old(words, model)
    return RunnerFailed(
        f"Ollama could not download {model}. Start it again later: what has arrived is kept. "
        f"It said: {words.text}"
    )


def connection_error(
    words: str, failed: Literal["refused", "slow", "lost"], *, host: str, begun: bool
) -> ModelError:
    """The error for a connection that failed, with its words; `begun`: part of the answer had come."""
    if host.startswith("https:") and _NO_TLS.search(words):
        return RunnerFailed(
            f"The server at {host} does not speak https. Set DevstralConfig.host (or OLLAMA_HOST) to "
            f"{host.replace('https:', 'http:', 1)}."
        )
    if _DISTRUSTED.search(words):
        return RunnerFailed(
            f"The certificate of {host} is not one that this machine trusts. If it is your own, name its "
            f"authority in the environment variable SSL_CERT_FILE. It said: {one_line(words)}"
        )
    if failed == "refused":
        if is_loopback(host):
            port = (
                " (unless told otherwise it listens on port 11434)" if host.endswith((":80", ":443")) else ""
            )
            return NoServer(f"No Ollama at {host}{port}.", f"Start it with `ollama serve`; {_DOCTOR}")
        return NoServer(
            f"Nothing answers at {host}.", f"Is that machine on, and Ollama started there? {_DOCTOR}"
        )
    if failed == "slow":
        return NoServer(
            f"The server at {host} takes connections but does not answer.", f"Restart Ollama; {_DOCTOR}"
        )
    if begun:
        return RunnerFailed(f"The connection to Ollama at {host} was lost in the middle of the answer.")
    return RunnerFailed(
        f"Ollama at {host} closed the connection before it answered: it, or the model's process, was "
        f"probably stopped{' (or it speaks https)' if host.startswith('http:') else ''}. Ask again; {_DOCTOR}"
    )


def not_ollama(host: str) -> ModelError:
    """The error for an answer that is not what Ollama sends, with a status that says all is well."""
    if advice := _path_advice(host):
        return RunnerFailed(advice)
    return RunnerFailed(
        f"What answers at {host} does not speak Ollama's API.",
        f"Look at DevstralConfig.host and OLLAMA_HOST; {_DOCTOR}",
    )


def unreadable_line(host: str) -> ModelError:
    """The error for a line that is not Ollama's in the middle of an answer that was."""
    return RunnerFailed(
        f"In the middle of the answer {host} sent a line that is not Ollama's; the rest is lost."
    )


def model_missing(model: str) -> ModelMissing:
    """The error for a model the server does not have."""
    name = typed(model)
    return ModelMissing(
        f"Ollama does not have the model {model}.",
        f"Get it with `%devstral pull {name}` (in a terminal: `jupyter devstral pull {name}`).",
        model=model,
    )


def _recognised(words: ServerWords, *, model: str) -> ModelError | None:
    """Errors known by their words, whichever way they arrive."""
    if _TOO_LONG.search(words.text):
        return too_long(
            words, "Send less (`-c cell`), or use a larger window (`--num-ctx`, DevstralConfig.num_ctx)."
        )
    if _NO_MEMORY.search(words.text):
        return RunnerFailed(
            f"There is not enough memory to load {model}. Use a smaller window "
            "(`%config DevstralConfig.num_ctx = 8192`), a smaller model (`-m`), or close other programs. "
            f"Ollama said: {words.text}"
        )
    if _UNKNOWN_ARCHITECTURE.search(words.text):
        return _too_old(words, model)
    if "llama-server binary not found" in words.text:
        return RunnerFailed(
            "This installation of Ollama is incomplete: its llama-server is missing, as in some packages.",
            "Install Ollama anew from https://ollama.com/download.",
        )
    if _NO_TOOLS.search(words.text):
        return NotSupported(f"The model {model} has no tools. Ollama said: {words.text}")
    if _NOT_FOUND.search(words.text):
        return model_missing(model)
    return None


def _too_old(words: ServerWords, model: str) -> ServerTooOld:
    update = "update it (https://ollama.com/download)"
    return ServerTooOld(f"This Ollama is too old for {model}; {update}. It said: {words.text}")


def _speaks_tls(host: str) -> ModelError:
    return RunnerFailed(
        f"The server at {host} speaks https. Set DevstralConfig.host (or OLLAMA_HOST) to "
        f"{host.replace('http:', 'https:', 1)}."
    )


def _path_advice(host: str) -> str:
    """What is wrong with an address that names a part of an API in place of a server; "" where none does."""
    found = _API_PATH.search(host)
    if not found:
        return ""
    which = "of the API that speaks like OpenAI's" if found[1] == "v1" else "of Ollama's API"
    return (
        f"The host {host} ends in /{found[1]}, a path {which}; what is asked here begins at the server's own "
        f"address. Set DevstralConfig.host (or OLLAMA_HOST) to {host[: found.start()]}."
    )


def _denied(status: int, words: ServerWords, host: str) -> str:
    if status == 401:
        return f"The server at {host} wants a sign-in or a key (OLLAMA_API_KEY). It said: {words.text}"
    if words.text:
        return f"The server at {host} refused the request (403). It said: {words.text}"
    return (
        f"Ollama at {host} refused this address (403). A server that listens on this machine only answers to "
        "127.0.0.1 and localhost: set DevstralConfig.host to http://127.0.0.1:11434."
    )

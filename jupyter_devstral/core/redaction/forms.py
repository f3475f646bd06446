"""Secrets that show by their own form: provider tokens, keys beside their ids, private keys."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from functools import lru_cache

from ..text.lazy_pattern import LazyPattern
from .prefixes import FORMS
from .search import Span, holds_one
from .values import is_placeholder, looks_random

# The start of a run of token characters, also after an escaped newline. Starting only there keeps it linear.
_START = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))"
_END = r"(?![A-Za-z0-9])"
_RUN = LazyPattern(r"[A-Za-z0-9_+/=.:|~$%\\-]{16,}")
_BEGINNING = LazyPattern(_START + r"[A-Za-z0-9](?=[A-Za-z0-9/-])")
# No form is without one; most texts are.
_LONG_RUN = LazyPattern(r"[A-Za-z0-9_+/-]{16}")


def _token(pattern: str) -> LazyPattern:
    return LazyPattern(_START + pattern + _END)


# Forms that show in their middle or at their end: literals of which one must occur, and the token around it.
# Open runs are bounded so that a hostile text cannot make a search quadratic.
SHAPES: tuple[tuple[tuple[str, ...], LazyPattern], ...] = (
    (("eyJ",), _token(r"eyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{8,8000}(?:\.[A-Za-z0-9_-]{0,4000})?")),
    # Telegram; in an address "bot" stands before it.
    (
        (":AA",),
        LazyPattern(r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt])|(?<=bot))\d{8,10}:AA[A-Za-z0-9_-]{30,40}" + _END),
    ),
    ((":APA91b",), _token(r"[A-Za-z0-9_-]{8,24}:APA91b[A-Za-z0-9_-]{100,200}")),  # Firebase
    (("-us",), _token(r"[0-9a-f]{32}-us\d{1,2}")),  # MailChimp
    (("atlasv1.",), LazyPattern(r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}")),
    (("Q~",), LazyPattern(r"(?<![\w~.])[\w~.]{3}\dQ~[\w~.-]{31,34}")),
    # Azure: every service signs its keys, the new ones all in one way.
    (("JQQJ9",), _token(r"[A-Za-z0-9]{44,56}JQQJ9[9DH][A-Za-z0-9]{20,32}={0,2}")),
    (
        (
            "AzFu",
            "AzSe",
            "AzCa",
            "AzEg",
            "+ASt",
            "+ASb",
            "+AEh",
            "+ARm",
            "+ABa",
            "+ACR",
            "+AMC",
            "ACDb",
            "AIoT",
            "APIM",
        ),
        _token(
            r"[A-Za-z0-9+/_-]{32,80}(?:Az(?:Fu|Se|Ca|Eg)|\+(?:AS[tb]|AEh|ARm|ABa|ACR|AMC)|ACDb|AIoT|APIM)"
            r"[A-Za-z0-9+/_-]{5,10}={0,2}"
        ),
    ),
    (("NRAL",), _token(r"[0-9a-f]{32,36}(?:FFFF)?NRAL")),
    (("_mmk",), _token(r"[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk")),
    (("|",), LazyPattern(r"\|(?<=\d{15}\|)[A-Za-z0-9_-]{27,40}" + _END)),  # Facebook, an app's
    ((":fx",), _token(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}:fx")),  # DeepL
    (("1/1", "2/1"), _token(r"[12]/\d{16}(?:/\d{16})?:[0-9a-f]{32}")),  # Asana
)

# Begins with its rarest part: the search then runs at memory speed.
_DISCORD_TAIL = LazyPattern(r"\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}" + _END)
_DISCORD_HEAD = LazyPattern(r"(?<![A-Za-z0-9_-])[MNO][A-Za-z0-9_-]{23,25}\Z")
_AWS_NEIGHBOUR = LazyPattern(r"""["']([A-Za-z0-9/+]{40})["']""")
_PEM_BEGIN = LazyPattern(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = LazyPattern(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_BODY = LazyPattern(r"(?:[A-Za-z0-9+/=:, -]|\\n|\s){0,6000}")
_PUTTY_KEY = LazyPattern(
    r"Private-Lines: ?\d{1,3}(?:\\n|\s){1,4}(?P<value>(?:[A-Za-z0-9+/=]{8,80}(?:\\n|\s){0,4}){1,60})(?<=\S)"
)
_AWS_ID = LazyPattern(r"A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}")
_WRAP = r"(?:\\n|\r?\n[ \t]{0,20})"
_BASE64_WORD = LazyPattern(
    r"M[A-P][A-Za-z0-9+/]{58,8000}"
    rf"(?:(?:{_WRAP}[A-Za-z0-9+/]{{60,80}}){{1,100}}(?:{_WRAP}[A-Za-z0-9+/]{{1,80}}(?=[=\\\"'\r\n]|\Z))?)?={{0,2}}"
)
_INSIDE_A_WORD = LazyPattern(r"(?<!\\)[A-Za-z0-9+/=_-]\Z|\\[^nrt]\Z")
# Encrypted PKCS#8 names its cipher first: PKCS#5 or PKCS#12.
_KEY_CIPHERS = (b"\x2a\x86\x48\x86\xf7\x0d\x01\x05", b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c")


def find_tokens(text: str) -> Iterator[Span]:
    """Spans in `text` that are secrets by their own form, in no particular order; they may overlap."""
    if _LONG_RUN.search(text):
        yield from _with_prefixes(text)
        for literals, pattern in SHAPES:
            if holds_one(text, literals):
                yield from of_shape(text, pattern)
        yield from _discord_tokens(text)
        yield from _aws_neighbours(text)
        yield from _encoded_keys(text)
    if "PRIVATE KEY" in text:
        yield from _private_keys(text)
    if "Private-Lines" in text:
        yield from (match.span("value") for match in _PUTTY_KEY.finditer(text))


def prefix_patterns() -> Iterator[tuple[str, LazyPattern]]:
    """Every prefix of `FORMS`, with the pattern of a token that begins with it."""
    for form in FORMS:
        for prefix in form.prefixes.split():
            yield prefix, _token(rf"{re.escape(prefix)}(?P<body>{form.body})")


@lru_cache(maxsize=1)
def _by_beginning() -> dict[str, list[LazyPattern]]:
    """The patterns by the first two characters of what they find."""
    patterns: dict[str, list[LazyPattern]] = {}
    for prefix, pattern in prefix_patterns():
        patterns.setdefault(prefix[:2], []).append(pattern)
    return patterns


def _with_prefixes(text: str) -> Iterator[Span]:
    patterns = _by_beginning()
    for run in _RUN.finditer(text):
        for word in _BEGINNING.finditer(text, *run.span()):
            for pattern in patterns.get(text[word.start() : word.end() + 1], ()):
                match = pattern.match(text, word.start())
                if match and _is_live(match["body"]):
                    yield match.span()


def of_shape(text: str, pattern: LazyPattern) -> Iterator[Span]:
    """Spans of the live tokens that `pattern` finds."""
    for match in pattern.finditer(text):
        if _is_live(match.group()):
            yield match.span()


def _is_live(body: str) -> bool:
    """Not the rest of `sk-your-key-here`, `ghp_xxxxxxxx` or a word such as `sk-learn-contrib-project`."""
    return len(set(body)) > 4 and looks_random(body) and not is_placeholder(body)


def _discord_tokens(text: str) -> Iterator[Span]:
    for match in _DISCORD_TAIL.finditer(text):
        before = max(0, match.start() - 27)
        head = _DISCORD_HEAD.search(text[before : match.start()])
        if head:
            yield before + head.start(), match.end()


def _aws_neighbours(text: str) -> Iterator[Span]:
    """The secret key standing near an AWS key id."""
    for key_id in _AWS_ID.finditer(text):
        match = _AWS_NEIGHBOUR.search(text, key_id.end(), key_id.end() + 160)
        if match and looks_random(match.group(1)):
            yield match.span(1)


def _encoded_keys(text: str) -> Iterator[Span]:
    for match in _BASE64_WORD.finditer(text):
        is_inside = _INSIDE_A_WORD.search(text, max(0, match.start() - 2), match.start())
        if not is_inside and _is_private_key(match.group()[:60]):
            yield match.span()


def _is_private_key(start: str) -> bool:
    """Whether base64 begins as a private key does: a sequence with a small number, or a cipher, in front."""
    head = base64.b64decode(start)
    inside = head[2 + (head[1] & 0x7F if head[1] & 0x80 else 0) :]
    if inside[:2] == b"\x02\x01":
        return inside[2] in (0, 1, 3)
    return inside[:1] == b"\x30" and any(cipher in inside[:16] for cipher in _KEY_CIPHERS)


def _private_keys(text: str) -> Iterator[Span]:
    done = 0
    end = _PEM_END.search(text)
    for begin in _PEM_BEGIN.finditer(text):
        if begin.start() < done:
            continue
        if end and end.start() < begin.end():
            end = _PEM_END.search(text, begin.end())
        body = _PEM_BODY.match(text, begin.end())
        done = body.end() if body else begin.end()
        if end and end.start() - begin.end() < 20_000:
            done = end.end()
        if done > begin.end() + 30:
            yield begin.start(), done

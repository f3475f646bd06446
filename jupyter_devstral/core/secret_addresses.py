"""Secrets in addresses: the credentials of a URL, signatures and keys in its query, webhooks, keys of accounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .lazy_pattern import LazyPattern
from .secret_search import Span, holds_one, matches_behind
from .secret_values import is_placeholder, looks_random


class Part(NamedTuple):
    """Words in lower case, what must end with one of them, and the secret that follows it."""

    words: tuple[str, ...]
    before: LazyPattern
    behind: LazyPattern


_ANYTHING = LazyPattern(r"\Z")
# In JSON and in HTML the ampersand is written in other ways.
_PARAMETER = LazyPattern(r"(?:[?&;~]|\\u0026|%26)[\w.-]{0,40}(?:=|%3[Dd])\Z")
_PARAMETER_ITSELF = LazyPattern(r"(?:[?&;~]|\\u0026|%26)(?:key|code|appid)=\Z")
_SIGNED_HEADER = LazyPattern(
    r"(?i)(?:\b(?:x|q)-[a-z-]{0,16}|\bsignedheaders=[\w;-]{1,400}[, ]{1,3})signature\Z"
)


def _value(pattern: str) -> LazyPattern:
    return LazyPattern(f"(?P<value>{pattern})")


PARTS = (
    Part(
        ("hooks.slack.com/",), _ANYTHING, _value(r"(?:services|workflows|triggers)/[A-Za-z0-9/_+-]{20,120}")
    ),
    Part(("/api/webhooks/",), _ANYTHING, _value(r"\d{10,22}/[\w-]{30,100}")),  # Discord
    Part(("webhook.office.com/",), _ANYTHING, _value(r"webhookb2/[\w@/-]{40,300}")),
    Part(("hooks.zapier.com/hooks/catch/",), _ANYTHING, _value(r"\d{3,12}/[a-z0-9]{5,12}")),
    Part(("/with/key/",), _ANYTHING, _value(r"[\w-]{16,60}")),  # IFTTT
    Part(("/bot/v2/hook/",), _ANYTHING, _value(r"[\w-]{16,60}")),  # Feishu, Lark
    Part(
        ("signature=", "sig=", "hmac=", "signature%3d", "sig%3d"),
        _PARAMETER,
        _value(r"[A-Za-z0-9%+/_.~=-]{16,2000}"),
    ),
    Part(
        ("signature",),
        _SIGNED_HEADER,
        LazyPattern(r"[\\\"']{0,3}\s{0,3}[:=]\s{0,3}[\\\"']{0,2}(?P<value>[A-Za-z0-9%+/_~=-]{32,2000})"),
    ),
    Part(("key=",), _PARAMETER_ITSELF, _value(r"[A-Za-z0-9_-]{20,100}(?![\w-])")),
    Part(("code=",), _PARAMETER_ITSELF, _value(r"[A-Za-z0-9%+/_=-]{40,200}(?![\w-])")),  # Azure Functions
    Part(("appid=",), _PARAMETER_ITSELF, _value(r"[0-9a-f]{32}(?![\w-])")),
    Part(("accountkey=",), _ANYTHING, _value(r"[A-Za-z0-9+/]{40,100}={0,2}")),
    Part(("accesskey=",), _ANYTHING, _value(r"[A-Za-z0-9+/]{20,100}={0,2}")),
)
_USERINFO = LazyPattern(r"[^\s/'\"<>`\\]{1,300}@")
# A password in an address of a database is often not quoted: it may hold a slash.
_DATABASE = LazyPattern(
    r"(?:postgres\w*|mysql|mariadb|mongodb|rediss?|amqps?|mssql|oracle|snowflake|clickhouse|trino)(?:\+\w+)?\Z"
)
_DATABASE_USERINFO = LazyPattern(r"[^\s/'\"<>`\\:]{0,100}:[^\s'\"<>`\\]{1,300}@")
_INTERPOLATED = LazyPattern(r"\{[^}]*\}|\$\{?\w+\}?|%\(\w+\)s|%s")


def find_in_addresses(text: str, lowered: str) -> Iterator[Span]:
    """Spans of secrets; `lowered` is `text` in lower case, of the same length."""
    for part in PARTS:
        if holds_one(lowered, part.words):
            yield from spans_of(part, text, lowered)
    if "://" in text:
        yield from _url_credentials(text)


def spans_of(part: Part, text: str, lowered: str) -> Iterator[Span]:
    """Spans of what `part` describes, where it looks random."""
    for match in matches_behind(text, lowered, part.words, part.behind):
        if looks_random(match["value"]) and not is_placeholder(match["value"]):
            if part.before is _ANYTHING or part.before.search(
                text, max(0, match.start() - 450), match.start()
            ):
                yield match.span("value")


def _url_credentials(text: str) -> Iterator[Span]:
    """`user:password` of every URL, and the password alone, which may be printed elsewhere."""
    at = text.find("://")
    while at >= 0:
        is_database = _DATABASE.search(text[max(0, at - 30) : at])
        match = (_DATABASE_USERINFO if is_database else _USERINFO).match(text, at + 3)
        if match and at and text[at - 1].isalnum():
            start, end = at + 3, match.end() - 1
            yield from _userinfo(text, start, end)
        at = text.find("://", at + 3)


def _userinfo(text: str, start: int, end: int) -> Iterator[Span]:
    user, colon, password = text[start:end].partition(":")
    if not colon:
        if len(user) >= 16 and looks_random(user) and not _INTERPOLATED.search(user):
            yield start, end  # https://<token>@host, Sentry's DSN
        return
    if _INTERPOLATED.fullmatch(password) or is_placeholder(password) or not password:
        return
    yield start, end
    if len(password) >= 4 and password != user and not password.isdigit():
        yield end - len(password), end

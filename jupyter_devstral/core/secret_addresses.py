"""Secrets in addresses: the credentials of a URL, signatures and keys in its query, webhooks, connection strings."""

from __future__ import annotations

from collections.abc import Iterator

from .lazy_pattern import LazyPattern
from .secret_tokens import Span
from .secret_values import is_placeholder, looks_random

# In JSON and in HTML the ampersand is written in other ways.
_PARAMETER = r"(?:(?<=[?&;~])|(?<=\\u0026)|(?<=%26))"
# Literals of which one must occur in the text in lower case, and the secret behind them.
PARTS: tuple[tuple[tuple[str, ...], LazyPattern], ...] = (
    (
        ("hooks.slack.com/",),
        LazyPattern(r"(?<=hooks\.slack\.com/)(?P<value>(?:services|workflows|triggers)/[A-Za-z0-9/_+-]{20,120})"),
    ),
    (("/api/webhooks/",), LazyPattern(r"(?<=/api/webhooks/)(?P<value>\d{10,22}/[\w-]{30,100})")),
    (("webhook.office.com/",), LazyPattern(r"(?<=webhook\.office\.com/)(?P<value>webhookb2/[\w@/-]{40,300})")),
    (("hooks.zapier.com/",), LazyPattern(r"(?<=hooks\.zapier\.com/hooks/catch/)(?P<value>\d{3,12}/[a-z0-9]{5,12})")),
    (("/with/key/",), LazyPattern(r"(?<=/with/key/)(?P<value>[\w-]{16,60})")),  # IFTTT
    (("/bot/v2/hook/",), LazyPattern(r"(?<=/bot/v2/hook/)(?P<value>[\w-]{16,60})")),  # Feishu, Lark
    (
        ("signature", "sig=", "sig%3d", "hmac="),
        LazyPattern(
            _PARAMETER + r"(?i:[\w.-]{0,30}signature|sig|hmac)(?:=|%3[Dd])(?P<value>[A-Za-z0-9%+/_.~=-]{16,2000})"
        ),
    ),
    # A signature that is sent in a header or in the fields of a form.
    (
        ("signature",),
        LazyPattern(
            r"(?i)(?:\b(?:x|q)-[a-z-]{0,12}signature|signedheaders=[\w;-]{1,400}[, ]{1,3}signature)[\\\"']{0,3}\s{0,3}[:=]\s{0,3}[\\\"']{0,2}"
            r"(?P<value>[A-Za-z0-9%+/_~=-]{32,2000})"
        ),
    ),
    (("key=",), LazyPattern(_PARAMETER + r"key=(?P<value>[A-Za-z0-9_-]{20,100})(?![\w-])")),
    (("code=",), LazyPattern(_PARAMETER + r"code=(?P<value>[A-Za-z0-9%+/_=-]{40,200})(?![\w-])")),  # Azure Functions
    (("appid=",), LazyPattern(_PARAMETER + r"appid=(?P<value>[0-9a-f]{32})(?![\w-])")),
    (("accountkey=",), LazyPattern(r"(?<=AccountKey=)(?P<value>[A-Za-z0-9+/]{40,100}={0,2})")),
    (("accesskey=",), LazyPattern(r"(?<=AccessKey=)(?P<value>[A-Za-z0-9+/]{20,100}={0,2})")),
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
    for literals, pattern in PARTS:
        for literal in literals:
            if literal in lowered:
                yield from parts_of(text, pattern)
                break
    if "://" in text:
        yield from _url_credentials(text)


def parts_of(text: str, pattern: LazyPattern) -> Iterator[Span]:
    """Spans of what `pattern` finds, where it looks random."""
    for match in pattern.finditer(text):
        if looks_random(match["value"]) and not is_placeholder(match["value"]):
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



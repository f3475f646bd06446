"""Secrets in addresses, headers, XML and forms: credentials and signatures of URLs, tokens, cookies."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import NamedTuple

from ..text.lazy_pattern import LazyPattern
from .names import PASSWORD, TOKEN, what_name_says
from .search import Span, holds_one, matches_behind, words
from .values import can_be_secret, is_placeholder, looks_random


class Part(NamedTuple):
    """Words in lower case, what must end with one of them, and the secret that follows it."""

    words: tuple[str, ...]
    before: LazyPattern
    behind: LazyPattern


_ANYTHING = LazyPattern(r"\Z")
# In JSON, in HTML and inside another address the ampersand is written in other ways.
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
        words("signature= sig= hmac= signature%3d sig%3d"),
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
# `"https://%s:%s@host" % ("ana", "…")`, `"https://{}:{}@host".format(…)`
_FILLED_USERINFO = LazyPattern(
    r"[\"'](?P<before>[^\"'\n]{0,200}://[^\"'\n/@]{0,100}:)(?P<field>%s|\{(?P<name>\w{0,40})\})@[^\"'\n]{0,300}[\"']"
    r"\s{0,3}(?:%\s{0,3}|\.format)\("
)
_FILLED_FIELD = LazyPattern(r"%[sdr]|\{\w{0,40}\}")
_FILLED_WITH = LazyPattern(
    r"\s{0,20}(?:(?P<name>\w{1,40})\s{0,3}=\s{0,3})?(?:[bru]?(?P<q>[\"'])(?P<value>[^\"'\n]{0,200})(?P=q)|[^,()\"'\n]{1,100})"
    r"\s{0,20}(?:,|(?=\)))"
)
_HEADER = LazyPattern(
    r"(?i)[\\\"']{0,3}\]?\s{0,3}[:=,]{1,3}\s{0,3}[bfru]{0,2}[\\\"']{0,2}"
    r"(?:(?P<scheme>[a-z][\w-]{1,30})[ \t]{1,3})?(?P<rest>[A-Za-z0-9._~+/=:|%-]{1,4000})"
)
_SCHEMES = words("""
    basic bearer token apikey api-key negotiate ntlm kerberos digest hawk oauth mac ssws geniekey
    splunk key bot jwt dpop sharedkey sharedkeylite sharedaccesssignature zoho-oauthtoken pveapitoken
    apitoken access_token
""")
# `Digest username="ana", response="…"`, `AWS4-HMAC-SHA256 Credential=…, Signature=…`
_NAMED_PARTS = LazyPattern(
    r"(?:[\w-]{1,30}=(?:\\?[\"'][^\"'\n\\]{0,600}\\?[\"']|[^\s,\"']{0,600})[,; \t]{0,3}){1,20}"
)
_NAMED_PART = LazyPattern(r"(?P<name>[\w-]{1,30})=\\?[\"']?(?P<value>[A-Za-z0-9._~+/=%-]{16,2000})")
_KNOWN_PARTS = words("username realm uri signedheaders headers keyid algorithm")
SCHEMES_ALONE = ("bearer ", "ntlm ", "negotiate ", "ssws ", "geniekey ", "apikey ")
_BEHIND_SCHEME = LazyPattern(r"\s{0,3}(?P<value>[A-Za-z0-9._~+/=-]{8,4000})")
SESSIONS = words("sessionid phpsessid jsessionid connect.sid csrftoken xsrf-token _gitlab_session")
_BEHIND_SESSION = LazyPattern(r"[\\\"']{0,2}\s{0,3}[:=]\s{0,3}[\\\"']{0,2}(?P<value>[\w%.+/=~-]{16,4000})")
_COOKIE = LazyPattern(
    r"(?i)[\\\"']{0,2}\s{0,3}[:=]\s{0,3}[\\\"']{0,2}(?P<cookies>[\w.-]{1,80}=[^\"'\n]{8,4000})"
)
_CRUMB = LazyPattern(r"(?<==)(?P<value>[\w%.+/~-]{16,4000})")

_XML = LazyPattern(r"<(?P<tag>[\w.:-]{2,60})(?:\s[^<>\n]{0,100})?>(?P<value>[^<>\n]{4,400})</(?P=tag)>")
_XML_SETTING = LazyPattern(
    r"(?i)<(?:add|property|entry|param|setting)\s[^<>]{0,80}?(?:key|name)=\"(?P<tag>[\w.:-]{3,60})\"\s{1,9}"
    r"value=\"(?P<value>[^\"<>\n]{4,400})\""
)
_INPUT = LazyPattern(
    r"(?i)\b[^<>]{0,200}\bpassword\b[^<>]{0,200}?\bvalue=\\?(?P<p>[\"'])(?P<value>[^\"'<>\n\\]{4,200})\\?(?P=p)"
)


def find_on_the_web(text: str, lowered: str) -> Iterator[Span]:
    """Spans of secrets; `lowered` is `text` in lower case, of the same length."""
    for part in PARTS:
        if holds_one(lowered, part.words):
            yield from spans_of(part, text, lowered)
    if "://" in text:
        yield from _url_credentials(text)
        if ":%s@" in text or "}@" in text:
            yield from _filled_in(text)
    if "authorization" in lowered:
        for match in matches_behind(text, lowered, ("authorization",), _HEADER):
            yield from _authorization(text, match)
    if "cookie" in lowered:
        yield from _cookies(text, lowered)
    if holds_one(lowered, (*SESSIONS, *SCHEMES_ALONE, "basic ")):
        yield from _without_header(text, lowered)


def find_in_tags(text: str, lowered: str) -> Iterator[Span]:
    """Spans of secrets in XML and HTML; `lowered` is `text` in lower case, of the same length."""
    if "<input" in lowered:
        for match in matches_behind(text, lowered, ("<input",), _INPUT):
            if can_be_secret(match["value"], PASSWORD):
                yield match.span("value")
    if "</" not in text and "/>" not in text:
        return
    for pattern in (_XML, _XML_SETTING):
        for match in pattern.finditer(text):
            kind = what_name_says(match["tag"].rpartition(":")[2])
            if kind and can_be_secret(match["value"], kind):
                yield match.span("value")


def spans_of(part: Part, text: str, lowered: str) -> Iterator[Span]:
    """Spans of what `part` describes, where it looks random."""
    for match in matches_behind(text, lowered, part.words, part.behind):
        if not looks_random(match["value"]) or is_placeholder(match["value"]):
            continue
        start = match.start()
        if part.before is _ANYTHING or part.before.search(text, max(0, start - 450), start):
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


def _filled_in(text: str) -> Iterator[Span]:
    """The password that is put into the address of a literal."""
    for match in _FILLED_USERINFO.finditer(text):
        place, at = len(_FILLED_FIELD.findall(match["before"])), match.end()
        place = int(match["name"]) if (match["name"] or "").isdigit() else place
        number = 0
        while given := _FILLED_WITH.match(text, at):
            is_it = given["name"] == match["name"] if given["name"] else number == place
            if is_it and given["value"] and can_be_secret(given["value"], PASSWORD):
                yield given.span("value")
            at, number = given.end(), number + 1


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


def _authorization(text: str, match: re.Match[str]) -> Iterator[Span]:
    value = match["rest"]
    parts = _NAMED_PARTS.match(text, match.start("rest"))
    if match["scheme"] and parts and len(parts.group()) > 8:
        for part in _NAMED_PART.finditer(text, *parts.span()):
            if part["name"].lower() not in _KNOWN_PARTS and looks_random(part["value"]):
                yield part.span("value")
        return
    is_known = (match["scheme"] or "").lower() in _SCHEMES and len(value) >= 8 and len(set(value)) > 4
    if (is_known or (looks_random(value) and len(value) >= 8)) and not is_placeholder(value):
        yield match.span("rest")


def _cookies(text: str, lowered: str) -> Iterator[Span]:
    for match in matches_behind(text, lowered, ("cookie",), _COOKIE):
        for crumb in _CRUMB.finditer(text, *match.span("cookies")):
            if can_be_secret(crumb["value"], TOKEN):
                yield crumb.span("value")


def _without_header(text: str, lowered: str) -> Iterator[Span]:
    """Numbers of sessions, and what stands behind a scheme that nothing calls a header."""
    for match in matches_behind(text, lowered, SESSIONS, _BEHIND_SESSION):
        if can_be_secret(match["value"], TOKEN):
            yield match.span("value")
    for match in matches_behind(text, lowered, SCHEMES_ALONE, _BEHIND_SCHEME):
        if can_be_secret(match["value"], TOKEN) and len(match["value"]) >= 16:
            yield match.span("value")
    for match in matches_behind(text, lowered, ("basic ",), _BEHIND_SCHEME):
        if _is_basic(match["value"]):
            yield match.span("value")


def _is_basic(value: str) -> bool:
    """Whether `value` is a name and a password in base64."""
    try:
        return b":" in base64.b64decode(value, validate=True)
    except ValueError:
        return False

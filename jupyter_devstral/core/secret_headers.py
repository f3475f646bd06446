"""Secrets in the headers of HTTP: `Authorization` in all its schemes, cookies and the numbers of sessions."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from .lazy_pattern import LazyPattern
from .secret_names import TOKEN
from .secret_search import Span, holds_one, matches_behind
from .secret_values import can_be_secret, is_placeholder, looks_random

_HEADER = LazyPattern(
    r"(?i)[\\\"']{0,3}\s{0,3}[:=,\]]{1,3}\s{0,3}[bfru]{0,2}[\\\"']{0,2}"
    r"(?:(?P<scheme>[a-z][\w-]{1,30})[ \t]{1,3})?(?P<rest>[A-Za-z0-9._~+/=:|%-]{1,4000})"
)
_SCHEMES = frozenset(
    "basic bearer token apikey api-key negotiate ntlm kerberos digest hawk oauth mac ssws geniekey splunk key bot jwt "
    "dpop sharedkey sharedkeylite sharedaccesssignature zoho-oauthtoken pveapitoken apitoken access_token".split()
)
# `Digest username="ana", response="…"`, `AWS4-HMAC-SHA256 Credential=…, Signature=…`
_NAMED_PARTS = LazyPattern(
    r"(?:[\w-]{1,30}=(?:\\?[\"'][^\"'\n\\]{0,600}\\?[\"']|[^\s,\"']{0,600})[,; \t]{0,3}){1,20}"
)
_NAMED_PART = LazyPattern(r"(?P<name>[\w-]{1,30})=\\?[\"']?(?P<value>[A-Za-z0-9._~+/=%-]{16,2000})")
_KNOWN_PARTS = frozenset(("username", "realm", "uri", "signedheaders", "headers", "keyid", "algorithm"))
_SCHEMES_ALONE = ("bearer ", "ntlm ", "negotiate ", "ssws ", "geniekey ", "apikey ")
_SCHEME_VALUE = LazyPattern(r"\s{0,3}(?P<value>[A-Za-z0-9._~+/=-]{8,4000})")
_SESSIONS = (
    "sessionid",
    "phpsessid",
    "jsessionid",
    "connect.sid",
    "csrftoken",
    "xsrf-token",
    "_gitlab_session",
)
_SESSION_VALUE = LazyPattern(r"[\\\"']{0,2}\s{0,3}[:=]\s{0,3}[\\\"']{0,2}(?P<value>[\w%.+/=~-]{16,4000})")
_COOKIE = LazyPattern(
    r"(?i)[\\\"']{0,2}\s{0,3}[:=]\s{0,3}[\\\"']{0,2}(?P<cookies>[\w.-]{1,80}=[^\"'\n]{8,4000})"
)
_CRUMB = LazyPattern(r"(?<==)(?P<value>[\w%.+/~-]{16,4000})")


def find_in_headers(text: str, lowered: str) -> Iterator[Span]:
    """Spans of secrets; `lowered` is `text` in lower case, of the same length."""
    if "authorization" in lowered:
        for match in matches_behind(text, lowered, ("authorization",), _HEADER):
            yield from _authorization(text, match)
    if "cookie" in lowered:
        for match in matches_behind(text, lowered, ("cookie",), _COOKIE):
            for crumb in _CRUMB.finditer(text, *match.span("cookies")):
                if can_be_secret(crumb["value"], TOKEN):
                    yield crumb.span("value")
    if holds_one(lowered, (*_SESSIONS, *_SCHEMES_ALONE, "basic ")):
        yield from _without_header(text, lowered)


def _without_header(text: str, lowered: str) -> Iterator[Span]:
    for match in matches_behind(text, lowered, _SESSIONS, _SESSION_VALUE):
        if can_be_secret(match["value"], TOKEN):
            yield match.span("value")
    for match in matches_behind(text, lowered, _SCHEMES_ALONE, _SCHEME_VALUE):
        if can_be_secret(match["value"], TOKEN) and len(match["value"]) >= 16:
            yield match.span("value")
    for match in matches_behind(text, lowered, ("basic ",), _SCHEME_VALUE):
        if _is_basic(match["value"]):
            yield match.span("value")


def _is_basic(value: str) -> bool:
    """Whether `value` is a name and a password in base64."""
    try:
        return b":" in base64.b64decode(value, validate=True)
    except ValueError:
        return False


def _authorization(text: str, match: re.Match[str]) -> Iterator[Span]:
    value = match["rest"]
    parts = _NAMED_PARTS.match(text, match.start("rest"))
    if match["scheme"] and parts and len(parts.group()) > 8:
        yield from _named_parts(text, parts.span())
    elif len(value) >= 8 and len(set(value)) > 4 and not is_placeholder(value):
        if looks_random(value) or (match["scheme"] or "").lower() in _SCHEMES:
            yield match.span("rest")


def _named_parts(text: str, span: Span) -> Iterator[Span]:
    for part in _NAMED_PART.finditer(text, *span):
        if part["name"].lower() not in _KNOWN_PARTS and looks_random(part["value"]):
            yield part.span("value")

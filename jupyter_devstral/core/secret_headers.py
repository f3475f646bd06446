"""Secrets in the headers of HTTP: `Authorization` in all its schemes, cookies and the numbers of sessions."""

from __future__ import annotations

from collections.abc import Iterator

from .lazy_pattern import LazyPattern
from .secret_names import TOKEN
from .secret_tokens import Span
from .secret_values import can_be_secret, is_placeholder, looks_random

_HEADER = LazyPattern(
    r"(?i)authorization[\\\"']{0,3}\s{0,3}[:=,\]]{1,3}\s{0,3}[bfru]{0,2}[\\\"']{0,2}"
    r"(?:(?P<scheme>[a-z][\w-]{1,30})[ \t]{1,3})?(?P<value>[A-Za-z0-9._~+/=:|%-]{8,4000})"
)
_SCHEMES = frozenset(
    "basic bearer token apikey api-key negotiate ntlm kerberos digest hawk oauth mac ssws geniekey splunk key bot jwt "
    "dpop sharedkey sharedkeylite sharedaccesssignature zoho-oauthtoken pveapitoken apitoken access_token".split()
)
# `Digest username="ana", response="…"`, `AWS4-HMAC-SHA256 Credential=…, Signature=…`
_NAMED_PARTS = LazyPattern(r"(?:[\w-]{1,30}=(?:\\?[\"'][^\"'\n\\]{0,2000}\\?[\"']|[^\s,\"']{0,2000})[,; \t]{0,3}){1,20}")
_NAMED_PART = LazyPattern(r"(?P<name>[\w-]{1,30})=\\?[\"']?(?P<value>[A-Za-z0-9._~+/=%-]{16,2000})")
_KNOWN_PARTS = frozenset(("username", "realm", "uri", "signedheaders", "headers", "keyid", "algorithm"))
_SCHEME_ALONE = LazyPattern(
    r"\b(?:[Bb]earer|BEARER|Basic|NTLM|Negotiate|SSWS|GenieKey|ApiKey)\s{1,3}(?P<value>[A-Za-z0-9._~+/=-]{8,4000})"
)
_SESSION = LazyPattern(
    r"(?i)\b(?:sessionid|phpsessid|jsessionid|connect\.sid|csrftoken|xsrf-token|_gitlab_session|asp\.net_sessionid)"
    r"[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?P<value>[\w%.+/=~-]{16,4000})"
)
_COOKIE = LazyPattern(r"(?i)\bcookie[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?P<cookies>[\w.-]{1,80}=[^\"'\n]{8,4000})")
_CRUMB = LazyPattern(r"(?<==)(?P<value>[\w%.+/~-]{16,4000})")


def find_in_headers(text: str, lowered: str) -> Iterator[Span]:
    """Spans of secrets; `lowered` is `text` in lower case, of the same length."""
    if "authorization" in lowered:
        yield from _authorization(text)
    if any(scheme in text for scheme in ("earer ", "BEARER ", "Basic ", "NTLM ", "Negotiate ", "SSWS ", "Key ")):
        for match in _SCHEME_ALONE.finditer(text):
            if looks_random(match["value"]) and not is_placeholder(match["value"]):
                yield match.span("value")
    if "cookie" in lowered:
        yield from _cookies(text)
    if "sess" in lowered or "connect.sid" in lowered or "srf" in lowered:
        for match in _SESSION.finditer(text):
            if can_be_secret(match["value"], TOKEN):
                yield match.span("value")


def _authorization(text: str) -> Iterator[Span]:
    for match in _HEADER.finditer(text):
        value = match["value"]
        parts = _NAMED_PARTS.match(text, match.start("value"))
        if match["scheme"] and parts and len(parts.group()) > 8:
            yield from _named_parts(text, parts.span())
        elif not is_placeholder(value) and len(set(value)) > 4:
            if looks_random(value) or (match["scheme"] or "").lower() in _SCHEMES:
                yield match.span("value")


def _named_parts(text: str, span: Span) -> Iterator[Span]:
    for part in _NAMED_PART.finditer(text, *span):
        if part["name"].lower() not in _KNOWN_PARTS and looks_random(part["value"]):
            yield part.span("value")


def _cookies(text: str) -> Iterator[Span]:
    for match in _COOKIE.finditer(text):
        for crumb in _CRUMB.finditer(text, *match.span("cookies")):
            if can_be_secret(crumb["value"], TOKEN):
                yield crumb.span("value")

"""Secrets that show by where they stand: in a login call, a tuple, SQL, XML, a cookie, a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from ..text.lazy_pattern import LazyPattern
from .forms import Span
from .names import KEY, PASSWORD, TOKEN, what_name_says
from .values import can_be_secret, looks_random

_QUOTED_VALUE = r"[bru]?(?P<p>[\"'])(?P<value>[^\"'\n]{4,200})(?P=p)"
_LOGIN_CALL = LazyPattern(
    r"\b(?:login|authenticate|sign_?in|log_?on|HTTP(?:Basic|Digest|Proxy)Auth|BasicAuth|set_?credentials)\(\s{0,9}"
    r"[bru]?(?P<q>[\"'])[^\"'\n]{1,100}(?P=q)\s{0,9},\s{0,9}" + _QUOTED_VALUE
)
_HOST_CALL = LazyPattern(
    r"\b(?:FTP|FTP_TLS|connect)\(\s{0,9}(?P<q>[\"'])[^\"'\n]{1,100}(?P=q)\s{0,9},\s{0,9}"
    r"(?P=q)[^\"'\n]{1,100}(?P=q)\s{0,9},\s{0,9}" + _QUOTED_VALUE
)
_COMMAND_USER = LazyPattern(
    r"(?:^|\s)(?:-u|--user|--proxy-user)[ =]?[\"']?[^\s:\"']{1,100}:(?P<value>[^\s\"'@]{4,200})"
)
_COMMAND_PASSWORD = LazyPattern(
    r"\b(?:mysql|mysqldump|mysqladmin|sshpass|docker\s+login|twine\s+upload)\b[^\n|;]{0,200}?"
    r"\s-p ?[\"']?(?P<value>[^\s\"']{4,200})"
)
_SQL = LazyPattern(
    r"(?i)\b(?:identified\s+(?:with\s+\w+\s+)?by|password)\s{1,9}(?P<p>')(?P<value>[^'\n]{4,200})'"
)
_NETRC = LazyPattern(r"\blogin\s{1,20}\S{1,100}\s{1,20}password\s{1,20}(?P<value>[^\s\"'`]{4,200})")
_PGPASS = LazyPattern(r"(?m)^[\w.*-]{1,100}:(?:5432|\*):[\w*-]{1,60}:[\w*-]{1,60}:(?P<value>[^\s:]{4,200})$")
_XML = LazyPattern(
    r"(?i)<(?P<tag>[\w.:-]{0,40}(?:password|passwd|pwd|secret|token|api_?key|access_?key))>"
    r"(?P<value>[^<>\n]{4,400})</(?P=tag)>"
)
_INPUT = LazyPattern(
    r"(?i)<input\b[^<>]{0,200}\bpassword\b[^<>]{0,200}?\bvalue=(?P<p>[\"'])(?P<value>[^\"'<>\n]{4,200})(?P=p)"
)
_SAID = LazyPattern(
    r"(?i)\b(?P<name>password|passphrase|passwort|pwd|(?:api|secret|access)[ _-]?key"
    r"|(?:api|access|auth)[ _-]?token)[ \t]{1,3}(?:is|was|ist)[ \t]*:?[ \t]{1,3}"
    r"[\"'`]?(?P<value>(?!(?:base|sha|md|utf)-?\d)[^\s\"'`,;<>()]{6,200}?)[\"'`]?(?=[.!?,;:})\]]?(?:\s|$))"
)
_SESSION = LazyPattern(
    r"(?i)\b(?:sessionid|phpsessid|jsessionid|connect\.sid|csrftoken|xsrf-token)[\"']?\s{0,3}[:=]\s{0,3}"
    r"[\"']?(?P<value>[\w%.+/=~-]{16,4000})"
)
_COOKIE = LazyPattern(r"(?i)\bcookie[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?P<cookies>[\w.-]{1,80}=[^\"'\n]{8,4000})")
_CRUMB = LazyPattern(r"(?<==)(?P<value>[\w%.+/~-]{16,4000})")
_FERNET = LazyPattern(r"(?:\bFernet\(|key\s{0,3}=\s{0,3})b?[\"'](?P<value>[\w-]{43}=)[\"']")
_PLACES = (
    (
        ("login(", "auth(", "authenticate(", "credentials(", "signin(", "sign_in(", "logon(", "log_on("),
        _LOGIN_CALL,
        PASSWORD,
    ),
    (("ftp(", "ftp_tls(", "connect("), _HOST_CALL, PASSWORD),
    (("curl", "wget", "http ", "--user", "--proxy-user"), _COMMAND_USER, PASSWORD),
    (("mysql", "sshpass", "docker", "twine"), _COMMAND_PASSWORD, PASSWORD),
    (("identified", "password '"), _SQL, PASSWORD),
    (("login ", "login\t"), _NETRC, PASSWORD),
    ((":5432:", ":*:"), _PGPASS, PASSWORD),
    (("<input",), _INPUT, PASSWORD),
    (("sessid", "sessionid", "connect.sid", "csrftoken", "xsrf-token"), _SESSION, TOKEN),
    (("fernet", "key"), _FERNET, TOKEN),
)
# Before the names, in a traceback, stands the number of the line.
_TUPLE = LazyPattern(
    r"(?m)^(?:[ \t]{0,9}-{0,9}>?[ \t]{0,9}\d{1,6}[ \t])?[ \t]{0,80}[\"']?"
    r"(?P<names>[A-Za-z_]\w{0,60}(?:[ \t]{0,9},[ \t]{0,9}[A-Za-z_]\w{0,60}){1,9})"
    r"[ \t]{0,9}=[ \t]{0,9}\(?(?P<values>[^\n=]{8,2000})$"
)
_ELEMENT = LazyPattern(
    r"[ \t]*(?:[bru]{0,2}(?P<q>[\"'])(?P<value>(?:(?!(?P=q))[^\\\n]|\\.)*)(?P=q)|[^,\"'()\[\]{}\n]+)"
    r"[ \t]*(?:,|[)\"']{0,2}$)"
)


def find_placed(text: str, lowered: str) -> Iterator[Span]:
    """Spans of secrets; `lowered` is `text` in lower case, of the same length."""
    for literals, pattern, kind in _PLACES:
        if any(literal in lowered for literal in literals):
            for match in pattern.finditer(text):
                if can_be_secret(match["value"], kind):
                    yield match.span("value")
    if "</" in text:
        yield from _in_tags(text)
    if " is " in lowered or " was " in lowered or " ist " in lowered:
        yield from _said(text)
    if "cookie" in lowered:
        yield from _cookies(text)
    if "," in text:
        yield from _in_tuples(text)


def _in_tags(text: str) -> Iterator[Span]:
    for match in _XML.finditer(text):
        kind = what_name_says(match["tag"].rpartition(":")[2])
        if kind and can_be_secret(match["value"], kind):
            yield match.span("value")


def _said(text: str) -> Iterator[Span]:
    """`the password is hunter22`, with digits in it: prose says "is" of many things."""
    for match in _SAID.finditer(text):
        if looks_random(match["value"]) and can_be_secret(match["value"], PASSWORD):
            yield match.span("value")


def _cookies(text: str) -> Iterator[Span]:
    for match in _COOKIE.finditer(text):
        for crumb in _CRUMB.finditer(text, *match.span("cookies")):
            if can_be_secret(crumb["value"], TOKEN):
                yield crumb.span("value")


def _in_tuples(text: str) -> Iterator[Span]:
    """`user, password = "ana", "hunter2"`."""
    for match in _TUPLE.finditer(text):
        kinds = [what_name_says(name.strip()) for name in match["names"].split(",")]
        at, end = match.span("values")
        for kind in kinds if any(kinds) else ():
            element = _ELEMENT.match(text, at, end)
            if element is None:
                break
            if kind in (PASSWORD, KEY, TOKEN) and element["value"] and can_be_secret(element["value"], kind):
                yield element.span("value")
            at = element.end()

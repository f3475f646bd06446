"""Secrets that show by where they stand: in a call, a tuple, XML, a form, a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .lazy_pattern import LazyPattern
from .secret_names import KEY, PASSWORD, TOKEN, VENDORS, what_name_says
from .secret_search import Span, matches_behind
from .secret_values import can_be_secret, is_key_like, looks_random

_ARGUMENT = r"[bru]?(?:\"[^\"\n]{0,200}\"|'[^'\n]{0,200}')|[\w.]{1,60}(?:\[[^\[\]\n]{1,60}\])?"
_ARGUMENTS = LazyPattern(
    rf"\s{{0,9}}(?:{_ARGUMENT})(?:\s{{0,9}},\s{{0,9}}(?:{_ARGUMENT})){{0,5}}\s{{0,9}}(?=[,)])"
)
_ONE = LazyPattern(_ARGUMENT)
# Calls that are handed a password, and as which of their arguments; a port is not counted.
PASSWORD_CALLS = {
    "login": 1,
    "authenticate": 1,
    "sign_in": 1,
    "signin": 1,
    "log_on": 1,
    "logon": 1,
    "httpbasicauth": 1,
    "httpdigestauth": 1,
    "httpproxyauth": 1,
    "basicauth": 1,
    "basic_auth": 1,
    "digestauth": 1,
    "tableauauth": 1,
    "plaintextauthprovider": 1,
    "passwordauthenticator": 1,
    "set_credentials": 1,
    "setcredentials": 1,
    "simple_bind_s": 1,
    "simple_bind": 1,
    "cx_oracle.connect": 1,
    "oracledb.connect": 1,
    "redis": 1,
    "strictredis": 1,
    "ftp": 2,
    "ftp_tls": 2,
    "connect": 2,
    "mysqlconnection": 2,
    "influxdbclient": 2,
    "minio": 2,
    "keyring.set_password": 2,
    "create_user": 2,
    "create_superuser": 2,
    "set_password": 0,
    "setpassword": 0,
    "check_password": 0,
    "set_passphrase": 0,
    "password_hash": 0,
}
_OWNER = LazyPattern(r"(?<!\w)(?:\w+\.)?\Z")
_CALLS = tuple(f"{name}(" for name in PASSWORD_CALLS)
# Calls that are handed a key without a name: makers of keys, and what any of them calls its client.
_KEY_TAKERS = frozenset(
    f"{VENDORS} client api apikey sdk bot telebot auth oauth handler authenticator authentication credential credentials "
    "token key keys secret session wrapper login configure init authenticate connection github gitlab reddit fernet "
    "linear bearer rest websocket timeseries".split()
)
# Calls with a long random argument that is no key.
_OTHER_TAKERS = frozenset(
    "hash digest sha md uuid id object file folder path url image video audio block transaction tx address commit "
    "sequence seq dna rna protein smiles mol model dataset checksum fingerprint cid public regex pattern decimal".split()
)
_KEY_IN_QUOTES = LazyPattern(r"[\"'](?P<value>[A-Za-z0-9_+/=.-]{16,1000})\\?[\"']")
_CALLEE = LazyPattern(
    rf"(?P<callee>[\w.]{{2,80}})\(\s{{0,80}}(?:(?:{_ARGUMENT})\s{{0,9}},\s{{0,80}}){{0,4}}b?\Z"
)
# What is bound to a mere "key" and known by its form: of Alpha Vantage, of Fernet, in kaggle.json.
BARE_KEYS = (
    (LazyPattern(r"(?i)key\s{0,3}=\s{0,3}\Z"), LazyPattern(r"[A-Z0-9]{16}")),
    (LazyPattern(r"(?i)(?:key\s{0,3}=\s{0,3}|\bFernet\()b?\Z"), LazyPattern(r"[\w-]{43}=")),
    (LazyPattern(r"[\"']key\\?[\"']\s{0,3}:\s{0,3}\\?\Z"), LazyPattern(r"[0-9a-f]{32}")),
)
# Of a private key as JSON.
_JWK_PART = LazyPattern(r"[\"'](?:d|p|q|dp|dq|qi|k)\\?[\"']\s{0,3}:\s{0,3}\\?\Z")
_INPUT = LazyPattern(
    r"(?i)\b[^<>]{0,200}\bpassword\b[^<>]{0,200}?\bvalue=\\?(?P<p>[\"'])(?P<value>[^\"'<>\n\\]{4,200})\\?(?P=p)"
)
_XML = LazyPattern(r"<(?P<tag>[\w.:-]{2,60})(?:\s[^<>\n]{0,100})?>(?P<value>[^<>\n]{4,400})</(?P=tag)>")
_XML_SETTING = LazyPattern(
    r"(?i)<(?:add|property|entry|param|setting)\s[^<>]{0,80}?(?:key|name)=\"(?P<tag>[\w.:-]{3,60})\"\s{1,9}value=\"(?P<value>[^\"<>\n]{4,400})\""
)
# Before the names, in a traceback, stands the number of the line.
_TUPLE = LazyPattern(
    r"(?m)(?:[ \t]{0,9}-{0,9}>?[ \t]{0,9}\d{1,6}[ \t])?[ \t]{0,80}[\"']?"
    r"(?P<names>[A-Za-z_]\w{0,60}(?:[ \t]{0,9},[ \t]{0,9}[A-Za-z_]\w{0,60}){1,9})"
    r"[ \t]{0,9}=[ \t]{0,9}\(?(?P<values>[^\n=]{8,2000})$"
)
_ELEMENT = LazyPattern(
    r"[ \t]*(?:[bru]{0,2}(?P<q>[\"'])(?P<value>(?:(?!(?P=q))[^\\\n]|\\.)*)(?P=q)|[^,\"'()\[\]{}\n]+)"
    r"[ \t]*(?:,|[)\"']{0,2}$)"
)


def find_placed(text: str, lowered: str) -> Iterator[Span]:
    """Spans of secrets; `lowered` is `text` in lower case, of the same length."""
    if "(" in text:
        yield from _in_password_calls(text, lowered)
    yield from _keys_in_quotes(text)
    if "</" in text or "/>" in text or "<input" in lowered:
        yield from _in_tags(text, lowered)


def _in_password_calls(text: str, lowered: str) -> Iterator[Span]:
    for call in _CALLS:
        for arguments in matches_behind(text, lowered, (call,), _ARGUMENTS) if call in lowered else ():
            start = arguments.start() - len(call)
            owner = _OWNER.search(text, max(0, start - 40), start)
            given = [one for one in _ONE.finditer(text, *arguments.span()) if not one.group().isdigit()]
            wanted = PASSWORD_CALLS[call[:-1]]
            if owner is None or (owner.group() and f"{owner.group()}{call[:-1]}".lower() in PASSWORD_CALLS):
                continue  # part of a longer name, or read as the call of that module
            if len(given) > wanted:
                yield from _quoted(given[wanted], PASSWORD)


def _quoted(argument: re.Match[str], kind: str) -> Iterator[Span]:
    written = argument.group()
    if written[-1:] in ("'", '"'):
        start = argument.start() + len(written) - len(written.lstrip("bru")) + 1
        if can_be_secret(written.lstrip("bru")[1:-1], kind):
            yield start, argument.end() - 1


def _keys_in_quotes(text: str) -> Iterator[Span]:
    """`Mistral("…")`, `Client("AC…", "…")`, `Fernet(b"…")`, `"d": "…"` of a key in JSON."""
    has_jwk = '"kty' in text or "'kty" in text
    for match in _KEY_IN_QUOTES.finditer(text):
        value, start = match["value"], match.start()
        if not looks_random(value):
            continue
        is_bare = any(
            form.fullmatch(value) and before.search(text, max(0, start - 30), start)
            for before, form in BARE_KEYS
        )
        if (
            is_bare
            or (has_jwk and _JWK_PART.search(text, max(0, start - 30), start))
            or _is_handed_over(text, match)
        ):
            yield match.span("value")


def _is_handed_over(text: str, match: re.Match[str]) -> bool:
    if not is_key_like(match["value"]):
        return False
    callee = _CALLEE.search(text, max(0, match.start() - 300), match.start())
    return bool(callee and _takes_keys(callee["callee"], match["value"]))


def _takes_keys(callee: str, value: str) -> bool:
    """Whether a call of this name takes keys; any class may where the value can be nothing else."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", callee)
    words = {part.lower() for part in parts} | {
        f"{first}{second}".lower() for first, second in zip(parts, parts[1:], strict=False)
    }
    if words & _KEY_TAKERS:
        return True
    is_class = callee.rpartition(".")[2][:1].isupper() and not words & _OTHER_TAKERS
    return is_class and value.isalnum() and len(value) >= 24 and not value.islower() and not value.isupper()


def _in_tags(text: str, lowered: str) -> Iterator[Span]:
    for match in matches_behind(text, lowered, ("<input",), _INPUT):
        if can_be_secret(match["value"], PASSWORD):
            yield match.span("value")
    for pattern in (_XML, _XML_SETTING):
        for match in pattern.finditer(text):
            kind = what_name_says(match["tag"].rpartition(":")[2])
            if kind and can_be_secret(match["value"], kind):
                yield match.span("value")


def tuple_elements(text: str, start: int) -> Iterator[Span] | None:
    """Spans of `user, password = "ana", "hunter2"`, of which a name begins at `start`; None if this is no such line."""
    match = _TUPLE.match(text, text.rfind("\n", max(0, start - 800), start) + 1)
    if match is None or not match.start("names") <= start < match.end("names"):
        return None
    return _elements(text, match)


def _elements(text: str, match: re.Match[str]) -> Iterator[Span]:
    at, end = match.span("values")
    for name in match["names"].split(","):
        kind = what_name_says(name.strip())
        element = _ELEMENT.match(text, at, end)
        if element is None:
            break
        if kind in (PASSWORD, KEY, TOKEN) and element["value"] and can_be_secret(element["value"], kind):
            yield element.span("value")
        at = element.end()

"""Secrets that show by where they stand: in a call, a tuple, XML, a form, a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .lazy_pattern import LazyPattern
from .secret_names import KEY, PASSWORD, TOKEN, VENDORS, what_name_says
from .secret_tokens import Span
from .secret_values import can_be_secret, is_key_like, looks_random

_ARGUMENT = r"[bru]?(?:\"[^\"\n]{0,200}\"|'[^'\n]{0,200}')|[\w.]{1,60}(?:\[[^\[\]\n]{1,60}\])?"
_ARGUMENTS = LazyPattern(rf"\s{{0,9}}(?:{_ARGUMENT})(?:\s{{0,9}},\s{{0,9}}(?:{_ARGUMENT})){{0,5}}\s{{0,9}}(?=[,)])")
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
_PASSWORD_CALL = LazyPattern(
    r"(?i)\b(?P<name>" + "|".join(re.escape(name) for name in sorted(PASSWORD_CALLS, key=len, reverse=True)) + r")\("
)
# Calls that are handed a key without a name: makers of keys, and what any of them calls its client.
_KEY_TAKERS = frozenset(
    f"{VENDORS} client api apikey sdk bot telebot auth oauth handler authenticator authentication credential credentials "
    "token key keys secret session wrapper login configure init authenticate connection github gitlab reddit fernet "
    "linear bearer rest websocket".split()
)
_KEY_IN_QUOTES = LazyPattern(r"[\"'](?P<value>[A-Za-z0-9_+/=.-]{16,200})[\"']\s{0,9}[,)]")
_CALLEE = LazyPattern(rf"(?P<callee>[\w.]{{2,80}})\(\s{{0,80}}(?:(?:{_ARGUMENT})\s{{0,9}},\s{{0,80}}){{0,4}}\Z")
_NAMED_KEY = LazyPattern(r"\b(?:api|consumer|auth|access)?_?key=[\"'](?P<value>[A-Z0-9]{16})[\"']")  # Alpha Vantage
_KAGGLE = LazyPattern(r"[\"']key\\?[\"']\s{0,3}:\s{0,3}\\?[\"'](?P<value>[0-9a-f]{32})\\?[\"']")
_JWK = LazyPattern(r"[\"'](?:d|p|q|dp|dq|qi|k)\\?[\"']\s{0,3}:\s{0,3}\\?[\"'](?P<value>[\w-]{22,1000})\\?[\"']")
_FERNET = LazyPattern(r"(?:\bFernet\(|key\s{0,3}=\s{0,3})b?[\"'](?P<value>[\w-]{43}=)[\"']")
_INPUT = LazyPattern(
    r"(?i)<input\b[^<>]{0,200}\bpassword\b[^<>]{0,200}?\bvalue=(?P<p>[\"'])(?P<value>[^\"'<>\n]{4,200})(?P=p)"
)
PLACES = (
    (("<input",), _INPUT, PASSWORD),
    (("fernet", "key"), _FERNET, TOKEN),
    (("key=",), _NAMED_KEY, TOKEN),
    (('"key', "'key"), _KAGGLE, TOKEN),
    (('"kty', "'kty"), _JWK, TOKEN),
)
_XML = LazyPattern(
    r"(?i)<(?P<tag>[\w.:-]{0,40}(?:password|passwd|pwd|secret|token|api_?key|access_?key))>"
    r"(?P<value>[^<>\n]{4,400})</(?P=tag)>"
)
_XML_SETTING = LazyPattern(
    r"(?i)<(?:add|property|entry|param|setting)\s[^<>]{0,80}?(?:key|name)=\"(?P<tag>[\w.:-]{3,60})\"\s{1,9}value=\"(?P<value>[^\"<>\n]{4,400})\""
)
_SAID = LazyPattern(
    r"(?i)\b(?P<name>passwords?|passphrase|passwort|kennwort|pwd|mot de passe|mdp|contrase(?:ñ|n)a|clave|senha|parola d['’]ordine"
    r"|wachtwoord|(?:api|secret|access)[ _-]?(?:key|token)|auth[ _-]?token|(?:api|zugangs)[ -]?schl(?:ü|ue)ssel|cl[eé] (?:d['’])?api"
    r"|clave (?:de )?api|chave (?:de |da )?api|chiave api|api-sleutel|jeton)"
    r"(?:[ \t](?:for|of|pour|de|du|para|do|da|per|für|voor)[ \t][\w@.'’-]{1,40}(?:[ \t][\w@.-]{1,30})?)?"
    r"[ \t]{1,3}(?:is|was|ist|war|lautet|est|était|es|era|é|è|are)[ \t]*:?[ \t]{1,3}"
    r"[\"'`“«]?(?P<value>(?!(?:base|sha|md|utf)-?\d)[^\s\"'`“”«»,;<>()]{6,200}?)[\"'`”»]?(?=[.!?,;:})\]]?(?:\s|$|\\n))"
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
    for literals, pattern, kind in PLACES:
        if any(literal in lowered for literal in literals):
            yield from at_place(text, pattern, kind)
    if "(" in text:
        yield from _in_password_calls(text)
        yield from _in_key_calls(text)
    if "</" in text or "/>" in text:
        yield from _in_tags(text)
    if any(verb in lowered for verb in (" is ", " was ", " ist ", " lautet ", " est ", " es ", " é ", " è ", " are ")):
        yield from _said(text)
    if "," in text:
        yield from _in_tuples(text)


def at_place(text: str, pattern: LazyPattern, kind: str) -> Iterator[Span]:
    """Spans of what `pattern` finds, where it can be a secret of this kind."""
    for match in pattern.finditer(text):
        if can_be_secret(match["value"], kind):
            yield match.span("value")


def _in_password_calls(text: str) -> Iterator[Span]:
    for call in _PASSWORD_CALL.finditer(text):
        arguments = _ARGUMENTS.match(text, call.end())
        if arguments is None:
            continue
        given = [one for one in _ONE.finditer(text, *arguments.span()) if not one.group().isdigit()]
        wanted = PASSWORD_CALLS[call["name"].lower()]
        if len(given) > wanted:
            yield from _quoted(given[wanted], PASSWORD)


def _quoted(argument: re.Match[str], kind: str) -> Iterator[Span]:
    written = argument.group()
    if written[-1:] in ("'", '"'):
        start = argument.start() + len(written) - len(written.lstrip("bru")) + 1
        if can_be_secret(written.lstrip("bru")[1:-1], kind):
            yield start, argument.end() - 1


def _in_key_calls(text: str) -> Iterator[Span]:
    """`Mistral("…")`, `Client("AC…", "…")`."""
    for match in _KEY_IN_QUOTES.finditer(text):
        if is_key_like(match["value"]):
            callee = _CALLEE.search(text, max(0, match.start() - 300), match.start())
            if callee and _takes_keys(callee["callee"]):
                yield match.span("value")


def _takes_keys(callee: str) -> bool:
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", callee)
    pairs = (first + second for first, second in zip(words, words[1:], strict=False))
    return any(word.lower() in _KEY_TAKERS for word in (*words, *pairs))


def _in_tags(text: str) -> Iterator[Span]:
    for pattern in (_XML, _XML_SETTING):
        for match in pattern.finditer(text):
            kind = what_name_says(match["tag"].rpartition(":")[2])
            if kind and can_be_secret(match["value"], kind):
                yield match.span("value")


def _said(text: str) -> Iterator[Span]:
    """`the password is hunter22`, with digits in it: prose says "is" of many things."""
    for match in _SAID.finditer(text):
        if looks_random(match["value"]) and can_be_secret(match["value"], PASSWORD):
            yield match.span("value")


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

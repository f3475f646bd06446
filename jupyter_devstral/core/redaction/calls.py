"""Secrets that a call is handed without a name: passwords of logins, keys of clients."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ..text.lazy_pattern import LazyPattern
from .names import PASSWORD, VENDORS
from .search import Span, matches_behind, words
from .values import can_be_secret, is_key_like, looks_random

_ARGUMENT = (
    r"[bru]?(?:\"[^\"\n]{0,200}\"|'[^'\n]{0,200}')|\{[^{}\n]{0,200}\}"
    r"|[\w.]{1,60}(?:\[[^\[\]\n]{1,60}\]|\([^()\n]{0,100}\))?"
)
_ARGUMENTS = LazyPattern(
    rf"\s{{0,9}}(?:{_ARGUMENT})(?:\s{{0,9}},\s{{0,9}}(?:{_ARGUMENT})){{0,5}}\s{{0,9}}(?=[,)])"
)
_ONE = LazyPattern(_ARGUMENT)
# Calls whose first, second or third argument is a password; a port is not counted.
PASSWORD_FIRST = words("""
    set_password setpassword check_password set_passphrase password_hash hmac.new hmac.digest
    urlsafetimedserializer urlsafeserializer
""")
PASSWORD_SECOND = words("""
    login authenticate sign_in signin log_on logon httpbasicauth httpdigestauth httpproxyauth
    basicauth basic_auth digestauth tableauauth plaintextauthprovider passwordauthenticator
    set_credentials setcredentials simple_bind simple_bind_s cx_oracle.connect oracledb.connect redis
    strictredis jwt.encode jwt.decode jws.sign jws.verify
""")
PASSWORD_THIRD = words("""
    ftp ftp_tls connect mysqlconnection influxdbclient minio keyring.set_password create_user
    create_superuser
""")
_PLACE_OF = {
    f"{name}(": place
    for place, names in enumerate((PASSWORD_FIRST, PASSWORD_SECOND, PASSWORD_THIRD))
    for name in names
}
_OWNER = LazyPattern(r"(?<!\w)(?:\w+\.)?\Z")
_BASIC = LazyPattern(r"\s{0,3}b?[\"'][^\"':\s{}]{1,60}:(?P<value>[^\"'\n{}]{4,200})[\"']")
# Calls that are handed a key: those who give keys out, and what any of them calls its client.
_KEY_TAKERS = frozenset(
    words(f"""
    {VENDORS} client api apikey sdk bot telebot auth oauth handler authenticator authentication
    credential credentials token key keys secret session wrapper login configure init authenticate
    connection reddit fernet linear bearer rest websocket timeseries
    """)
)
# Calls with a long random argument that is no key.
_OTHER_TAKERS = frozenset(
    words("""
    hash digest sha md uuid id object file folder path url image video audio block transaction tx
    address commit sequence seq dna rna protein smiles mol model dataset checksum fingerprint cid
    public regex pattern decimal
    """)
)
_KEY_IN_QUOTES = LazyPattern(r"[\"'](?P<value>[A-Za-z0-9_+/=.-]{16,1000})\\?[\"']")
# In a traceback the number of a line stands before it.
_GAP = r"\s{0,80}(?:(?:-{1,8}> ?)?\d{1,6}[ \t]{1,80})?"
_CALLEE = LazyPattern(
    rf"(?P<callee>[\w.]{{2,80}})\({_GAP}(?:(?:\w{{1,40}}\s{{0,3}}=\s{{0,3}})?(?:{_ARGUMENT})\s{{0,9}},{_GAP}){{0,4}}"
    r"(?:key\s{0,3}=\s{0,3})?b?\Z"
)
# What is bound to a mere "key" and known by its form: of Alpha Vantage, of Fernet, in kaggle.json.
BARE_KEYS = (
    (LazyPattern(r"(?i)key\s{0,3}=\s{0,3}\Z"), LazyPattern(r"[A-Z0-9]{16}")),
    (LazyPattern(r"(?i)(?:key\s{0,3}=\s{0,3}|\bFernet\()b?\Z"), LazyPattern(r"[\w-]{43}=")),
    (LazyPattern(r"[\"']key\\?[\"']\s{0,3}:\s{0,3}\\?\Z"), LazyPattern(r"[0-9a-f]{32}")),
    (  # of Azure, for Spark
        LazyPattern(r"account\.key\.[\w.-]{1,80}\\?[\"']\s{0,3}[,:]\s{0,3}\\?\Z"),
        LazyPattern(r"[A-Za-z0-9+/]{20,100}={0,2}"),
    ),
)
# Of a private key as JSON.
_JWK_PART = LazyPattern(r"[\"'](?:d|p|q|dp|dq|qi|k)\\?[\"']\s{0,3}:\s{0,3}\\?\Z")
_KEY_ENTRY = LazyPattern(r"[\"']key\\?[\"']\s{0,3}:\s{0,3}\\?\Z")
_USER_ENTRY = LazyPattern(r"(?i)[\"'](?:user(?:_?name|_?id)?|login|e-?mail|account)\\?[\"']\s{0,3}:")
_CALLEE_WORDS = LazyPattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def find_handed_over(text: str, lowered: str) -> Iterator[Span]:
    """Spans of secrets; `lowered` is `text` in lower case, of the same length."""
    if "(" in text:
        for call in _PLACE_OF:
            if call in lowered:
                yield from _passwords_of(call, text, lowered)
        for match in matches_behind(text, lowered, ("b64encode(",), _BASIC):
            if can_be_secret(match["value"], PASSWORD):
                yield match.span("value")
    yield from _keys_in_quotes(text)


def _passwords_of(call: str, text: str, lowered: str) -> Iterator[Span]:
    for arguments in matches_behind(text, lowered, (call,), _ARGUMENTS):
        start = arguments.start() - len(call)
        owner = _OWNER.search(text, max(0, start - 40), start)
        if owner is None or (owner.group() and f"{owner.group()}{call}".lower() in _PLACE_OF):
            continue  # a part of a longer name, or the call of a module that has its own entry
        given = [one for one in _ONE.finditer(text, *arguments.span()) if not one.group().isdigit()]
        if len(given) > _PLACE_OF[call]:
            yield from _in_quotes(given[_PLACE_OF[call]])


def _in_quotes(argument: re.Match[str]) -> Iterator[Span]:
    literal = argument.group().lstrip("bru")
    if literal[:1] in ("'", '"') and can_be_secret(literal[1:-1], PASSWORD):
        yield argument.end() - len(literal) + 1, argument.end() - 1


def _keys_in_quotes(text: str) -> Iterator[Span]:
    """`Mistral("…")`, `Client("AC…", "…")`, `Fernet(b"…")`, `"d": "…"` of a key in JSON."""
    has_jwk = '"kty' in text or "'kty" in text
    for match in _KEY_IN_QUOTES.finditer(text):
        if looks_random(match["value"]) and (
            _is_bare_key(text, match)
            or (is_key_like(match["value"]) and _is_beside_a_user(text, match))
            or (has_jwk and _JWK_PART.search(text, max(0, match.start() - 30), match.start()))
            or (is_key_like(match["value"]) and _is_handed_over(text, match))
        ):
            yield match.span("value")


def _is_bare_key(text: str, match: re.Match[str]) -> bool:
    start = match.start()
    return any(
        form.fullmatch(match["value"]) and before.search(text, max(0, start - 120), start)
        for before, form in BARE_KEYS
    )


def _is_beside_a_user(text: str, match: re.Match[str]) -> bool:
    """`{"username": "ana", "key": "…"}`, in either order."""
    if not _KEY_ENTRY.search(text, max(0, match.start() - 30), match.start()):
        return False
    before = text[max(0, match.start() - 200) : match.start()].rpartition("{")[2]
    behind = text[match.end() : match.end() + 200].partition("}")[0]
    return bool(_USER_ENTRY.search(before) or _USER_ENTRY.search(behind))


def _is_handed_over(text: str, match: re.Match[str]) -> bool:
    """Whether `match` is an argument of a call that takes keys, or of a class if it can be nothing else."""
    called = _CALLEE.search(text, max(0, match.start() - 300), match.start())
    if called is None:
        return False
    parts = [part.lower() for part in _CALLEE_WORDS.findall(called["callee"])]
    said = {*parts, *map("".join, pairwise(parts))}
    if not said.isdisjoint(_KEY_TAKERS):
        return True
    value = match["value"]
    is_class = called["callee"].rpartition(".")[2][:1].isupper() and said.isdisjoint(_OTHER_TAKERS)
    return is_class and value.isalnum() and len(value) >= 24 and not value.islower() and not value.isupper()

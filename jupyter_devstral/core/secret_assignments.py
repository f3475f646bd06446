"""Secrets that show by the name they are bound to: assignments, keywords, dict entries, settings, options.

Looks for the stems of secret names first (memory speed), then reads what stands around each hit.
"""

from __future__ import annotations

from collections.abc import Iterator

from .lazy_pattern import LazyPattern
from .secret_expressions import STRING, Value, arguments_at, values_at
from .secret_literals import accepted
from .secret_names import KEY, PASSWORD, TOKEN, what_name_says, without_accents
from .secret_places import tuple_elements
from .secret_printed import find_printed
from .secret_settings import bare_value, option_value
from .secret_search import Span, positions
from .secret_values import looks_random

# Every name that says something holds one of these in lower case, without accents.
_STEMS = (
    *(
        "pass",
        "pwd",
        "psw",
        "pw",
        "secret",
        "token",
        "key",
        "auth",
        "cred",
        "dsn",
        "conn",
        "salt",
        "pepper",
        "psk",
    ),
    *(
        "bearer",
        "jwt",
        "mdp",
        "jeton",
        "identifiant",
        "cle_",
        "cle ",
        "cle-",
        "cle'",
        "_cle",
        "clef",
        "cleapi",
    ),
    *(
        "cleacces",
        "clesecrete",
        "cleprivee",
        "contrase",
        "contrasin",
        "clave",
        "llave",
        "senha",
        "chave",
        "chiave",
    ),
    *(
        "segre",
        "parol",
        "paswort",
        "kennwort",
        "geheim",
        "losungswort",
        "schlus",
        "schlues",
        "zugang",
        "zugriff",
    ),
    *(
        "anmeldedaten",
        "wachtwoord",
        "sleutel",
        "toegang",
        "inloggegevens",
        "losenord",
        "adgangskode",
        "kodeord",
    ),
    *("salasana", "haslo", "heslo", "jelszo", "sifre", "parool"),
)
_STEMS_OF_OTHER_SCRIPTS = (
    *(
        "cle\u00a0",
        "cle’",
        "пароль",
        "токен",
        "ключ",
        "密码",
        "密碼",
        "口令",
        "密钥",
        "密鑰",
        "令牌",
        "パスワード",
        "トークン",
    ),
    *("秘密鍵", "キー", "비밀번호", "토큰", "סיסמה", "المرور"),
)
_NAME_END = LazyPattern(r"[\w-]*")
_NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."
_MAX_NAME = 120

_CLOSING = LazyPattern(r"\\?[\"']?\s{0,2}\]?")
_ANNOTATION = LazyPattern(
    r"\s{0,3}:\s{0,3}[A-Za-z_][\w.\[\], |]{0,60}(?: ?\([\d,]{1,12} characters\))?\s{0,3}=(?!=)"
)
_SEPARATOR = LazyPattern(
    r"\s{0,40}(?:===?|!==?|=>|:=|\|\|=?|\?\?=?|[=:]|or(?=\s{1,3}[\"']))[ \t\u00a0\u202f]{0,8}(?:\\?\n[ \t]{0,40})?"
)
_COMMA = LazyPattern(r"\s{0,8},\s{0,8}")
_SETTER = LazyPattern(
    r"(?:getenv|get|setdefault|putenv|setenv|option|options|set|set_key|conf|config|env|header|pop|setex|add|put|fetch"
    r"|add_header|setattr|getattr|environmentvariable|getordefault|property|\bpair)\s?\(\s{0,8}"
    r"(?:(?:[\"'][\w. -]{1,60}[\"']|[\w.]{1,60})\s{0,4},\s{0,4})?\Z"
)
_FALLBACK = LazyPattern(r"[\"'][)\]]{1,2}(?:\.\w{1,20}\(\))?\s{0,9}(?:or\b|\|\||\?\?|\?:)\s{0,9}")
_PAIR_END = LazyPattern(r"\s{0,3}[)\]]")
# Between bracket and string, in a traceback, stands the number of the next line.
_OPEN = LazyPattern(r"\s{0,8}[(\[{]\s{0,80}(?:(?:-{1,8}> ?)?\d{1,6}\s{1,40})?")
_PAIR = LazyPattern(r"[\s,]{0,80}[\"'][\w. @-]{1,80}[\"']\s{0,3}:\s{0,3}(?=[\"'])")
_BETWEEN = LazyPattern(r"[\s,\\]{0,80}")


def find_named(text: str, lowered: str) -> Iterator[Span]:
    """Spans of string values (without quotes) and bare words bound to secret names; they may overlap.

    `lowered` is `text` in lower case, of the same length.
    """
    plain, stems = text, _STEMS
    if not text.isascii():
        plain, stems = without_accents(text), (*_STEMS, *_STEMS_OF_OTHER_SCRIPTS)
        lowered = lowered if plain is text else without_accents(lowered)
    hits: list[int] = []
    for stem in stems:
        if stem in lowered:
            hits += positions(lowered, stem)
    end = 0
    for hit in sorted(hits):
        if hit < end:
            continue
        start, end = _name_around(plain, hit, end)
        if end - start <= _MAX_NAME:
            yield from _bound_to(text, plain, start, end)


def _name_around(text: str, hit: int, floor: int) -> Span:
    before = text[max(floor, hit - 80) : hit]
    match = _NAME_END.match(text, hit)
    return hit - len(before) + len(before.rstrip(_NAME_CHARACTERS)), match.end() if match else hit


def _bound_to(text: str, plain: str, start: int, end: int) -> Iterator[Span]:
    name = plain[start:end]
    kind = what_name_says(name)
    if kind and (text[end : end + 1] == "," or text[max(0, start - 2) : start].rstrip()[-1:] == ","):
        elements = tuple_elements(text, start)
        if elements is not None:
            yield from elements
            return
    found = False
    for span in _value_after(text, start, end, kind) if kind else ():
        found = True
        yield span
    if not kind and name[-1:] in ("s", "S") and what_name_says(name[:-1]) in (PASSWORD, KEY):
        yield from _list_after(text, end, what_name_says(name[:-1]))
    elif not found:
        yield from find_printed(text, plain, start, end)


def _value_after(text: str, start: int, end: int, kind: str) -> Iterator[Span]:
    closing = _CLOSING.match(text, end)
    after_name = closing.end() if closing else end
    quoted_name = after_name > end and text[end] in "\"'\\"
    annotation = None if quoted_name else _ANNOTATION.match(text, end)
    separator = annotation or _SEPARATOR.match(text, after_name)
    if separator is None:
        yield from (_argument if quoted_name else option_value)(text, start, end, kind)
        return
    position = separator.end()
    found = False
    for span in _spans_at(text, position, kind, separator.group(), text[start:end].lower().endswith("auth")):
        found = True
        yield span
    if not found and not annotation:
        yield from bare_value(text, start, separator, kind)


def _spans_at(text: str, position: int, kind: str, separator: str, is_auth: bool) -> Iterator[Span]:
    """The secrets among what the expression at `position` can come to."""
    opened = _OPEN.match(text, position)
    if opened and "{" in opened.group():
        for match in _pair_run(text, opened.end()):
            if looks_random(match.group(match.lastgroup or 0)):
                yield from accepted(text, Value([match]), kind)
        return
    values = values_at(text, position)
    if is_auth and opened and len(values) == 2:  # `auth=("ana", "…")`
        values, kind = values[1:], PASSWORD
    if any(sign in separator for sign in ("==", "!=")):
        values = values[:1]
    for value in values:
        # `"password": ["hunter2", …]`: a column of them.
        if not value.listed or (kind == PASSWORD and looks_random(value.text)):
            yield from accepted(text, value, kind)


def _argument(text: str, start: int, end: int, kind: str) -> Iterator[Span]:
    """The value beside a name in quotes: `getenv("PW", "…")`, `getenv("PW") or "…"`, `["--password", "…"]`."""
    if fallback := _FALLBACK.match(text, end):
        for value in values_at(text, fallback.end()):
            yield from accepted(text, value, kind)
    comma = _COMMA.match(text, end + (2 if text[end] == "\\" else 1))
    if comma is None:
        return
    before = text[max(0, start - 120) : start].rstrip("\"'\\")
    literal = STRING.match(text, comma.end())
    said = literal.group(literal.lastgroup or 0) if literal else ""
    is_pair = (
        before[-1:] in ("(", "[") and literal and _PAIR_END.match(text, literal.end()) and looks_random(said)
    )
    is_option = text[start] == "-" and not said.startswith("-")
    if _SETTER.search(before) or ((is_pair or is_option) and not what_name_says(said)):
        for value in values_at(text, comma.end()):
            yield from accepted(text, value, kind)
    for value in arguments_at(text, comma.end()):
        yield from accepted(text, value, kind)


def _list_after(text: str, end: int, kind: str) -> Iterator[Span]:
    separator = _SEPARATOR.match(text, end)
    opened = _OPEN.match(text, separator.end()) if separator else None
    if opened:
        run = _pair_run if "{" in opened.group() else _string_run
        for match in run(text, opened.end()):
            yield from accepted(text, Value([match]), kind)


def _pair_run(text: str, position: int) -> Iterator:
    """The values of `"name": "value", …`, as long as they are strings."""
    while (pair := _PAIR.match(text, position)) and (match := STRING.match(text, pair.end())):
        yield match
        position = match.end()


def _string_run(text: str, position: int) -> Iterator:
    while match := STRING.match(text, position):
        yield match
        between = _BETWEEN.match(text, match.end())
        position = between.end() if between else match.end()

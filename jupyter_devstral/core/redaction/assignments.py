"""Secrets that show by the name they are bound to: assignments, keywords, dict entries, settings, options.

Looks for the stems of secret names first (memory speed), then reads what stands around each hit.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..text.lazy_pattern import LazyPattern
from .expressions import STRING, Literal, Value, arguments_at, values_at
from .literals import accepted, tuple_elements
from .names import KEY, PASSWORD, TOKEN, what_name_says, without_accents
from .places.apart import values_apart
from .places.printed import find_printed
from .places.settings import bare_value, number_value, option_value
from .places.tables import table_values
from .search import Span, positions, words
from .values import can_be_secret, is_key_like, looks_random

# Every name that says something holds one of these in lower case, without accents.
_STEMS: tuple[str, ...] = (
    *words("pass pwd psw pw secret token key auth cred dsn conn salt pepper psk bearer jwt"),
    *("cle_", "cle ", "cle-", "cle'", "_cle", "clef", "cleapi", "cleacces", "clesecrete", "cleprivee"),
    *words(
        "mdp jeton identifiant contrase contrasin clave llave senha chave chiave segre parol paswort kennwort"
    ),
    # The word is a part of too many others.
    *("pin=", "pin =", "pin:", "pin :", "pin'", 'pin"', "pin)", "pin ", "pin_code", "puk", "cvv", "cvc"),
    *words("geheim losungswort schlus schlues zugang zugriff anmeldedaten wachtwoord sleutel toegang"),
    *words("inloggegevens losenord adgangskode kodeord salasana haslo heslo jelszo sifre parool"),
)
_STEMS_OF_OTHER_SCRIPTS = (
    *("cle\u00a0", "cle’"),
    *words("пароль токен ключ 密码 密碼 口令 密钥 密鑰 令牌"),
    *words("秘密鍵 パスワード トークン キー 비밀번호 토큰 סיסמה المرور"),
)
_NAME_END = LazyPattern(r"[\w-]*")
_NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."
_MAX_NAME = 120

_CLOSING = LazyPattern(r"\\?[\"']?\s{0,2}\]?")
_ANNOTATION = LazyPattern(
    r"\s{0,3}:\s{0,3}[A-Za-z_&][\w.\[\], |&<>]{0,60}(?: ?\([\d,]{1,12} characters\))?\s{0,3}=(?!=)"
)
_LAMBDA = LazyPattern(r"lambda\b[^:\n\"']{0,60}:\s{0,3}")
_DEFINED = LazyPattern(r"\b(?:def|function|fn|func|fun)\s{1,3}\Z")
_PARAMETERS = LazyPattern(
    r"\([^()]{0,300}(?:\([^()]{0,100}\)[^()]{0,100}){0,5}\)\s{0,3}(?:->\s{0,3}[^:{\n]{1,60})?\s{0,3}[:{]"
)
_RETURN = LazyPattern(r"\b(?:return|yield)\s{1,3}")
_NEXT_DEFINITION = LazyPattern(r"\n[^\n]{0,40}\b(?:def|class|function)\s")
_BODY = 800
# What a function of such a name gives back says something of a secret, and is none.
_JUDGES = LazyPattern(
    r"(?i)_*(?:check|valid|verif|hash|is|has|set|gen|create|make|build|test|reset|change|update|ask|prompt"
    r"|confirm|encrypt|decrypt|mask|strip|parse|count|next|on|handle|rate|score|judge|require|need)(?:_|[a-z]*[A-Z_])"
)
_ASSIGNED_TO = LazyPattern(r"[\"'](?P<value>[^\"'\n]{6,200})[\"']\s{1,3}->\s{1,3}\Z")
_SEPARATOR = LazyPattern(
    r"\s{0,40}(?:===?|!==?|=>|:=|<<?-|\|\|=?|\?\?=?|[=:]|or(?=\s{1,3}[\"']))[ \t\u00a0\u202f]{0,8}"
    r"(?:\\?\n[ \t]{0,40})?"
)
_COMMA = LazyPattern(r"\s{0,8},\s{0,8}")
_SETTER = LazyPattern(
    r"(?:getenv|get|setdefault|putenv|setenv|option|options|set|set_key|conf|config|env|header|pop|setex|add|put"
    r"|fetch|insert|withcolumn|with_column|add_header|setattr|getattr|environmentvariable|getordefault|property|define|\bpair)\s?\(\s{0,8}"
    r"(?:(?:[\"'][\w. -]{1,60}[\"']|[\w.]{1,60})\s{0,4},\s{0,4})?\Z"
)
_FALLBACK = LazyPattern(r"[\"'][)\]]{1,2}(?:\.\w{1,20}\(\))?\s{0,9}(?:or\b|\|\||\?\?|\?:)\s{0,9}")
_PAIR_END = LazyPattern(r"\s{0,3}[)\]]")
# Between bracket and string, in a traceback, stands the number of the next line.
_OPEN = LazyPattern(
    r"(?:(?:np|pd|pl)?\.?(?:array|Series|Index|list|set|tuple|frozenset)\()?\s{0,8}[(\[{]\s{0,80}"
    r"(?:(?:-{1,8}> ?)?\d{1,6}\s{1,40})?"
)
_PAIR = LazyPattern(r"[\s,]{0,80}(?:[\"'][\w. @-]{1,80}[\"']|\d{1,9})\s{0,3}:\s{0,3}(?=[\"'])")
_BETWEEN = LazyPattern(r"[\s,\\]{0,80}")
_ENDS_A_HEADING = LazyPattern(r"[\s,;|&\"'\\<│┆┃║┇┊]|\Z")
_WORD_BEFORE = LazyPattern(r"(?<![A-Za-z])[A-Za-z]{1,20} \Z")


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
    """The secrets bound to the name from `start` to `end`, by the first reading that finds any."""
    name = plain[start:end]
    kind = what_name_says(name)
    if not kind and name[-1:] in ("s", "S") and what_name_says(name[:-1]):
        yield from _list_after(text, end, what_name_says(name[:-1]))
        return
    if kind and (text[end : end + 1] == "," or text[max(0, start - 2) : start].rstrip()[-1:] == ","):
        elements = tuple_elements(text, start)
        if elements is not None:
            yield from elements
            return
    if kind:
        yield from values_apart(text, start, end, kind)
    spans = list(_value_after(text, start, end, kind)) if kind else []
    if kind and not spans and text[max(0, start - 3) : start].strip() == "->":  # of R
        behind = _ASSIGNED_TO.search(text, max(0, start - 210), start)
        spans = [behind.span("value")] if behind and can_be_secret(behind["value"], kind) else []
    spans = spans or list(find_printed(text, plain, start, end))
    is_heading = text[end : end + 1] == "<" or (not spans and _ENDS_A_HEADING.match(text, end))
    if is_heading and (kind or text[start - 1 : start] == " "):
        start, kind = (start, kind) if kind else _of_two_words(plain, start, end)
        spans += table_values(text, start, end, kind) if kind else ()
    yield from spans


def _of_two_words(plain: str, start: int, end: int) -> tuple[int, str]:
    """Where a heading like "API key" begins, and what it says."""
    before = _WORD_BEFORE.search(plain, max(0, start - 22), start)
    return (before.start(), what_name_says(plain[before.start() : end])) if before else (start, "")


def _value_after(text: str, start: int, end: int, kind: str) -> Iterator[Span]:
    closing = _CLOSING.match(text, end)
    after_name = closing.end() if closing else end
    quoted_name = after_name > end and text[end] in "\"'\\"
    annotation = None if quoted_name else _ANNOTATION.match(text, end)
    separator = annotation or _SEPARATOR.match(text, after_name)
    if separator is None:
        yield from (_argument if quoted_name else option_value)(text, start, end, kind)
        if text[end : end + 1] == "(":  # `Password(value="…")`
            yield from _returned(text, start, end, kind)
            for value in arguments_at(text, end + 1):
                yield from accepted(text, value, kind)
        return
    found = False
    for span in _spans_at(text, separator.end(), kind, separator.group(), text[start:end]):
        found = True
        yield span
    if not found and not annotation:
        yield from bare_value(text, start, separator, kind)
    if not found:
        yield from number_value(text, start, separator, kind)


def _returned(text: str, start: int, end: int, kind: str) -> Iterator[Span]:
    """What a function of such a name gives back: `def get_password(): return "…"`."""
    parameters = _PARAMETERS.match(text, end)
    if parameters is None or not _DEFINED.search(text, max(0, start - 12), start):
        return
    if _JUDGES.match(text, start, end):
        return
    stop = min(len(text), parameters.end() + _BODY)
    if other := _NEXT_DEFINITION.search(text, parameters.end(), stop):
        stop = other.start()
    for match in _RETURN.finditer(text, parameters.end(), stop):
        for value in values_at(text, match.end()):
            if not any(map(str.isspace, value.text)) and (kind != TOKEN or is_key_like(value.text)):
                yield from accepted(text, value, kind)


def _spans_at(text: str, position: int, kind: str, separator: str, name: str) -> Iterator[Span]:
    """The secrets among what the expression at `position` can come to."""
    if function := _LAMBDA.match(text, position):
        position = function.end()
    opened = _OPEN.match(text, position)
    if opened and "{" in opened.group():
        for match in _pair_run(text, opened.end()):
            if looks_random(match.group(match.lastgroup or 0)):
                yield from accepted(text, Value([match]), kind)
        return
    values = values_at(text, position)
    if opened and name.lower().endswith("auth"):  # `auth=("ana", "…")`, `auth=(user, "…")`
        is_second = len(values) == 2 or not STRING.match(text, opened.end())
        values, kind = values[-1:] if is_second else [], PASSWORD
    if "==" in separator or "!=" in separator:
        values = values[:1]
    for value in values:
        # `"password": ["hunter2", …]`: a column of them.
        is_one = (kind == PASSWORD and looks_random(value.text)) or (
            kind == TOKEN and is_key_like(value.text)
        )
        if is_one or not value.listed:
            yield from accepted(text, value, kind)


def _argument(text: str, start: int, end: int, kind: str) -> Iterator[Span]:
    """The value beside a name in quotes: `getenv("PW", "…")`, `getenv("PW") or "…"`, `["--pw", "…"]`."""
    if fallback := _FALLBACK.match(text, end):
        for value in values_at(text, fallback.end()):
            yield from accepted(text, value, kind)
    comma = _COMMA.match(text, end + (2 if text[end] == "\\" else 1))
    if comma is None:
        return
    before = text[max(0, start - 120) : start].rstrip("\"'\\")
    literal = STRING.match(text, comma.end())
    said = literal.group(literal.lastgroup or 0) if literal else ""
    is_pair = before[-1:] in ("(", "[") and literal and _PAIR_END.match(text, literal.end())
    is_option = text[start] == "-" and not said.startswith("-")
    is_beside = (is_option or (is_pair and looks_random(said))) and not what_name_says(said)
    for value in values_at(text, comma.end()) if is_beside or _SETTER.search(before) else ():
        yield from accepted(text, value, kind)
    for value in arguments_at(text, comma.end()):
        yield from accepted(text, value, kind)


def _list_after(text: str, end: int, kind: str) -> Iterator[Span]:
    """`passwords = ["…", "…"]`, `API_KEYS = {"a": "…"}`; of tokens only those that can be nothing else."""
    separator = _SEPARATOR.match(text, end)
    opened = _OPEN.match(text, separator.end()) if separator else None
    if opened is None or kind not in (PASSWORD, KEY, TOKEN):
        return
    for match in (_pair_run if "{" in opened.group() else _string_run)(text, opened.end()):
        if kind != TOKEN or is_key_like(match.group(match.lastgroup or 0)):
            yield from accepted(text, Value([match]), kind)


def _pair_run(text: str, position: int) -> Iterator[Literal]:
    """The values of `"name": "value", …`, as long as they are strings."""
    while (pair := _PAIR.match(text, position)) and (match := STRING.match(text, pair.end())):
        yield match
        position = match.end()


def _string_run(text: str, position: int) -> Iterator[Literal]:
    while match := STRING.match(text, position):
        yield match
        between = _BETWEEN.match(text, match.end())
        position = between.end() if between else match.end()

"""Secrets that a program or a person wrote out under a name of several words, a heading or in a sentence.

`Secret access key: …`, `Mot de passe : « … »`, `**Password** for root: …`, `| API key | … |`, and columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...text.lazy_pattern import LazyPattern
from ..expressions import values_at
from ..literals import accepted
from ..names import KEY, PASSWORD, TOKEN, what_name_says
from ..search import Span, words
from ..values import can_be_secret, is_key_like, is_number, is_unpronounceable, looks_random
from .tables import row_values

_BETWEEN_WORDS = "[ \u00a0'’-]"
_WORDS_BEFORE = LazyPattern(rf"(?:[A-Za-z]{{1,20}}{_BETWEEN_WORDS}){{1,3}}\Z")
_VERB = r"(?:is|was|are|ist|war|lautet|est|es|era|e)"
_TAG = r"</?(?:b|strong|em|i|code|dt|dd|td)>"
# The rest of the name, what closes it, and what stands between it and the value.
_HEADING = LazyPattern(
    rf"(?P<rest>(?:{_BETWEEN_WORDS}(?!{_VERB}\b)[A-Za-z]{{1,20}}){{0,5}})"
    r"(?P<aside>[ \u00a0][(\[][^()\[\]\n]{1,40}[)\]])?"
    rf"(?P<marks>(?:\\?[*_`\"'”»]|{_TAG}){{0,4}})"
    r"(?:(?P<sign>[ \t\u00a0\u202f\u2009]{0,3}(?:->|=>|[=＝→—–]|:(?![:=])|：|(?<=[ \t\u00a0])-(?=[ \t])))"
    rf"(?P<marks_behind>(?:[*_]|{_TAG}){{0,3}})"
    rf"|(?P<verb>[ \t]{{1,3}}{_VERB}[ \t]{{0,2}}:?(?=[ \t]))"
    r"|(?P<cell>[ \t]{0,20}\|[ \t]{0,20}|</t[dh]>\s{0,9}<t[dh][^<>]{0,80}>)"
    r"|(?P<column>[ \t]{2,60}|\t|\\t)(?=\S)"
    r"|(?P<beside>[ \t](?=\S)))"
)
_BLANKS = "[ \t\u00a0\u202f\u2009]{0,8}"
_QUOTED = LazyPattern(
    rf"{_BLANKS}(?:[*_]{{1,3}}|{_TAG})?[ ]?\{{?\\?[`\"'“”„«‘‹]{{1,3}}[ \u00a0\u202f]?"
    r"(?P<value>[^`\"'“”«»‘’‹›\n\\]{4,200}?)[ \u00a0\u202f]?\\?[`\"'“”»’›]"
)
_PLAIN = LazyPattern(rf"{_BLANKS}(?:[*_]{{1,3}}|{_TAG})?(?P<value>[^\s'\"`,;&|)(\[\]}}{{<>\\“”«»]{{4,200}})")
# `print("password:", "…")`, `"password: %s" % "…"`
_APART = LazyPattern(
    r"\s?(?:%[sr]|\{[^{}\n]{0,20}\})?\\?[\"'](?:\s{0,3}[,%]\s{0,3}|\.format\(\s{0,3})(?=[bru]?\\?[\"'])"
)
# "The key is sha256" says of what kind it is.
_OF_A_KIND = LazyPattern(r"(?i)(?:base|sha|md|utf|aes|rsa|hs|rs|es|ed)-?\d")
_SENTENCE_END = LazyPattern(r"[\"'`”»]?[.!?,;:})\]]{0,3}(?:\s|\\n|\Z|[\"'])")
_NAME = LazyPattern(r"[^\W\d]+(?:\.[^\W\d]+)*")
_LINE_END = LazyPattern(r"[ \t\r]*(?:\n|\Z|[\"'])")
# With these the name ends: what follows says whose, what for, or of what kind.
_ENDS_OF_NAME = words("""
    for of to on in at pour de du des d del della para por per do da di dos fur von vom van voor bei
    en chez temporary temp initial current actual new old wrong incorrect invalid bad provisoire
    temporaire initial actuel actuelle incorrecte errone temporal provisional provisorio provisoria
    provvisoria temporanea temporaneo temporaria inicial incorrecta errata falsch tijdelijk
""")
_MERE_KEYS = words("key cle clef clave chave chiave schlussel schluessel sleutel")
# With letters of both kinds and digits: digests and names of columns have not.
_KEY_BY_ITSELF = LazyPattern(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9_+=-]{20,200}")
_BEFORE_A_PASSWORD = LazyPattern(
    r"(?:\A|[\n,/;:(]|\b(?:with|and|the|und|mit|et|avec|con|com|y|e|met|en))\s{0,3}\Z"
)


def find_printed(text: str, plain: str, start: int, end: int) -> Iterator[Span]:
    """Spans of what is written out under the name at `start`; `plain` is `text` without accents."""
    heading = _HEADING.match(plain, end)
    if heading is None:
        return
    before = _WORDS_BEFORE.search(plain, max(0, start - 63), start)
    opens = before.start() if before else start
    kind = _kind_of(plain, opens, start, end, heading["rest"])
    if not kind and plain[start:end].lower() in _MERE_KEYS and (heading["sign"] or heading["verb"]):
        yield from _behind_a_mere_key(text, heading.end())
        return
    if kind not in (PASSWORD, KEY, TOKEN):
        return
    if heading["sign"]:
        yield from _after_sign(text, heading, kind, is_plain=bool(what_name_says(plain[start:end])))
    elif heading["verb"]:
        is_introduced = heading["verb"].endswith(":")  # "The token is: …" says of no kind of token what it is
        yield from _in_a_sentence(text, heading.end(), KEY if is_introduced and kind == TOKEN else kind)
    elif heading["beside"]:
        is_quoted = text[heading.end()] in "`\"'“„«"
        if kind != PASSWORD or is_quoted or _BEFORE_A_PASSWORD.search(plain, max(0, start - 12), start):
            yield from _in_a_sentence(text, heading.end(), kind, is_beside=True)
    elif _opens_line(text, opens, is_cell=bool(heading["cell"])):
        several = list(row_values(text, heading.end(), kind)) if heading["column"] else []
        yield from several or _in_a_cell(text, heading, kind)


def _behind_a_mere_key(text: str, position: int) -> Iterator[Span]:
    """ "Use this key: …": of a word that says so little only what nobody writes by hand, and no digest."""
    match = _QUOTED.match(text, position) or _PLAIN.match(text, position)
    value = match["value"].rstrip(".!?") if match else ""
    if match and _KEY_BY_ITSELF.fullmatch(value) and is_key_like(value):
        start = match.start("value")
        if _SENTENCE_END.match(text, start + len(value)):
            yield start, start + len(value)


def _kind_of(plain: str, opens: int, start: int, end: int, rest: str) -> str:
    behind = rest.replace("’", " ").replace("'", " ").replace("-", " ").split()
    if plain[start:end].lower() == "pass":  # "all tests pass: 12"
        return ""
    kind = what_name_says(plain[opens:end] + rest)
    if not kind and (not behind or behind[0].lower() in _ENDS_OF_NAME):
        kind = what_name_says(plain[opens:end])
    return kind


def _after_sign(text: str, heading: re.Match[str], kind: str, is_plain: bool) -> Iterator[Span]:
    position = heading.end()
    if apart := _APART.match(text, position):
        for value in values_at(text, apart.end()):
            yield from accepted(text, value, kind)
        return
    marks = (heading["marks"] + heading["marks_behind"]).strip("\"'\\")
    is_written = marks or heading["aside"] or heading["rest"] or heading["sign"].strip() not in ("=", ":")
    if is_plain and not is_written:
        return  # `name = value` and `"name": value`, which were judged as code and settings
    if quoted := _QUOTED.match(text, position):
        if can_be_secret(quoted["value"], kind):
            yield quoted.span("value")
        return
    match = _PLAIN.match(text, position)
    if match is None or text[match.end() : match.end() + 1] in ("(", "["):
        return
    start = match.start("value")
    word = match["value"].rstrip(".:*_!?")
    if can_be_secret(word, kind) and _is_no_word(word, kind):
        yield start, start + len(word)


def _in_a_sentence(text: str, position: int, kind: str, is_beside: bool = False) -> Iterator[Span]:
    """`the password is hunter22`, "with the key `…`", with digits in it: prose says "is" of many things."""
    match = _QUOTED.match(text, position) or _PLAIN.match(text, position)
    if match is None or _OF_A_KIND.match(match["value"]):
        return
    start = match.start("value")
    value = match["value"].rstrip(".:*_!?")
    if (
        kind == PASSWORD
        and not is_beside
        and is_number(value)
        and _SENTENCE_END.match(text, start + len(value))
    ):
        if can_be_secret(value, kind):
            yield start, start + len(value)
        return
    is_long = kind == TOKEN or (is_beside and kind == KEY)
    is_random = looks_random(value) and (any(map(str.isdigit, value)) or is_unpronounceable(value))
    if not is_random or (is_long and not is_key_like(value)):
        return
    if can_be_secret(value, kind) and _SENTENCE_END.match(text, start + len(value)):
        yield start, start + len(value)


def _in_a_cell(text: str, heading: re.Match[str], kind: str) -> Iterator[Span]:
    match = _QUOTED.match(text, heading.end()) or _PLAIN.match(text, heading.end())
    if match is None or not (heading["cell"] or _LINE_END.match(text, match.end())):
        return
    value = match["value"]
    is_random = is_key_like(value) if kind == TOKEN else any(map(str.isdigit, value))
    if is_random and can_be_secret(value, TOKEN):
        yield match.span("value")


def _is_no_word(value: str, kind: str) -> bool:
    """Prose goes on behind a colon, too."""
    if kind == PASSWORD:
        is_name = _NAME.fullmatch(value) and not is_unpronounceable(value)
        return len(value) >= 5 and any(map(str.isalnum, value)) and not is_name
    return looks_random(value)


def _opens_line(text: str, start: int, is_cell: bool) -> bool:
    before = text[max(0, start - 200) : start].rpartition("\n")[2]
    if is_cell:
        row = before.replace('"', "'").rpartition("'")[2]
        return row.lstrip(" \t-0123456789>")[:1] == "|" or before.rstrip(" \t*_`")[-1:] == ">"
    return before[-1:] in ("'", '"') or not before.strip(" \t-#*>|0123456789")

"""Secrets that a program or a person wrote out under a name of several words, a heading or a cell of a table.

`Secret access key: …`, `Mot de passe : « … »`, `**Password** for root: …`, `| API key | … |`, and columns.
"""

from __future__ import annotations

from collections.abc import Iterator

from .lazy_pattern import LazyPattern
from .secret_names import KEY, PASSWORD, TOKEN, what_name_says
from .secret_search import Span
from .secret_values import can_be_secret, is_key_like, is_unpronounceable, looks_random

_BETWEEN_WORDS = "[ \u00a0'’-]"
_WORDS_BEFORE = LazyPattern(rf"(?:[A-Za-z]{{1,20}}{_BETWEEN_WORDS}){{1,3}}\Z")
_VERB = r"(?:is|was|are|ist|war|lautet|est|es|era|e)"
_TAG = r"</?(?:b|strong|em|i|code|dt|dd|td)>"
# The rest of the name, what closes it, and what stands between it and the value.
_HEADING = LazyPattern(
    rf"(?P<rest>(?:{_BETWEEN_WORDS}(?!{_VERB}\b)[A-Za-z]{{1,20}}){{0,5}})(?P<aside>[ \u00a0][(\[][^()\[\]\n]{{1,40}}[)\]])?"
    rf"(?P<marks>(?:\\?[*_`\"'”»]|{_TAG}){{0,4}})"
    r"(?:(?P<sign>[ \t\u00a0\u202f\u2009]{0,3}(?:->|=>|[=→—–]|:(?![:=])|：|(?<=[ \t\u00a0])-(?=[ \t])))"
    rf"(?P<marks_behind>(?:[*_]|{_TAG}){{0,3}})"
    r"|(?P<beside>[ \t](?=[`\"'“„«]))"
    rf"|(?P<verb>[ \t]{{1,3}}{_VERB}[ \t]{{0,2}}:?(?=[ \t]))"
    r"|(?P<cell>[ \t]{0,20}\|[ \t]{0,20}|</t[dh]>\s{0,9}<t[dh][^<>]{0,80}>)"
    r"|(?P<column>[ \t]{2,60}|\t|\\t)(?=\S))"
)
_BLANKS = "[ \t\u00a0\u202f\u2009]{0,8}"
_QUOTED = LazyPattern(
    _BLANKS + r"(?:[*_]{1,3}|<(?:b|strong|em|i|code|dd|td)>)?[ ]?\\?[`\"'“”„«‘‹]{1,3}[ \u00a0\u202f]?"
    r"(?P<value>[^`\"'“”«»‘’‹›\n\\]{4,200}?)[ \u00a0\u202f]?\\?[`\"'“”»’›]"
)
_PLAIN = LazyPattern(
    _BLANKS + r"(?:[*_]{1,3}|<(?:b|strong|em|i|code|dd|td)>)?(?P<value>[^\s'\"`,;&|)(\[\]}{<>\\“”«»]{4,200})"
)
# "The key is sha256" says of what kind it is.
_OF_A_KIND = LazyPattern(r"(?i)(?:base|sha|md|utf|aes|rsa|hs|rs|es|ed)-?\d")
_SENTENCE_END = LazyPattern(r"[\"'`”»]?[.!?,;:})\]]?(?:\s|\\n|\Z|[\"'])")
_NAME = LazyPattern(r"[^\W\d]+(?:\.[^\W\d]+)*")
_LINE_END = LazyPattern(r"[ \t\r]*(?:\n|\Z|[\"'])")
# With these the name ends: what follows says whose or what for.
_PREPOSITIONS = frozenset(
    "for of to on in at pour de du des d del della para por per do da di dos fur von vom van voor bei en chez".split()
)


def find_printed(text: str, plain: str, start: int, end: int) -> Iterator[Span]:
    """Spans of what is written out under the name in `text` from `start` to `end`; `plain` is without accents."""
    heading = _HEADING.match(plain, end)
    if heading is None:
        return
    before = _WORDS_BEFORE.search(plain, max(0, start - 63), start)
    opens = before.start() if before else start
    kind = _kind_of(plain, opens, start, end, heading["rest"])
    if kind not in (PASSWORD, KEY, TOKEN):
        return
    if heading["sign"]:
        if _is_more_than_a_name(heading, plain[start:end]):
            yield from _after_sign(text, heading.end(), kind)
    elif heading["verb"] or heading["beside"]:
        yield from _after_verb(text, heading.end(), kind)
    elif _opens_line(text, opens, is_cell=bool(heading["cell"])):
        match = _QUOTED.match(text, heading.end()) or _PLAIN.match(text, heading.end())
        if match and (heading["cell"] or _LINE_END.match(text, match.end())):
            value = match["value"]
            if can_be_secret(value, TOKEN) and (
                is_key_like(value) if kind == TOKEN else any(map(str.isdigit, value))
            ):
                yield match.span("value")


def _kind_of(plain: str, opens: int, start: int, end: int, rest: str) -> str:
    words = rest.replace("’", " ").replace("'", " ").replace("-", " ").split()
    kind = what_name_says(plain[opens:end] + rest)
    if not kind and (not words or words[0].lower() in _PREPOSITIONS):
        kind = what_name_says(plain[opens:end])
    if plain[start:end].lower() == "pass":  # "all tests pass: 12"
        return ""
    return kind


def _is_more_than_a_name(heading, name: str) -> bool:
    """Whether this is no plain `name = value` or `"name": value`, which was judged as code or setting."""
    marks = (heading["marks"] + heading["marks_behind"]).strip("\"'\\")
    written = marks or heading["aside"] or heading["rest"]
    return bool(written or heading["sign"].strip() not in ("=", ":") or not what_name_says(name))


def _after_sign(text: str, position: int, kind: str) -> Iterator[Span]:
    if quoted := _QUOTED.match(text, position):
        if can_be_secret(quoted["value"], kind):
            yield quoted.span("value")
        return
    plain = _PLAIN.match(text, position)
    if plain is None or text[plain.end() : plain.end() + 1] in ("(", "["):
        return
    start = plain.start("value")
    value = plain["value"].rstrip(".:*_!?")
    if can_be_secret(value, kind) and _is_no_word(value, kind):
        yield start, start + len(value)


def _after_verb(text: str, position: int, kind: str) -> Iterator[Span]:
    """`the password is hunter22`, "the key `…`", with digits in it: prose says "is" of many things."""
    match = _QUOTED.match(text, position) or _PLAIN.match(text, position)
    if (
        match is None
        or (kind == TOKEN and not is_key_like(match["value"]))
        or _OF_A_KIND.match(match["value"])
    ):
        return
    start = match.start("value")
    value = match["value"].rstrip(".:*_!?")
    if looks_random(value) and can_be_secret(value, kind) and _SENTENCE_END.match(text, start + len(value)):
        yield start, start + len(value)


def _is_no_word(value: str, kind: str) -> bool:
    """Prose goes on behind a colon, too."""
    if kind == PASSWORD:
        return (
            len(value) >= 5
            and any(map(str.isalnum, value))
            and (not _NAME.fullmatch(value) or is_unpronounceable(value))
        )
    return looks_random(value)


def _opens_line(text: str, start: int, is_cell: bool) -> bool:
    before = text[max(0, start - 200) : start].rpartition("\n")[2]
    if is_cell:
        row = before.replace('"', "'").rpartition("'")[2]
        return row.lstrip(" \t-0123456789>")[:1] == "|" or before.rstrip(" \t*_`")[-1:] == ">"
    return before[-1:] in ("'", '"') or not before.strip(" \t-#*>|0123456789")

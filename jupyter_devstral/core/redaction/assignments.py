"""Secrets that show by the name they are bound to: assignments, keywords, dict entries, settings, options.

Looks for the stems of secret names first (memory speed), then reads what stands around each hit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..text.lazy_pattern import LazyPattern
from .forms import Span
from .names import KEY, PASSWORD, TOKEN, what_name_says
from .places import find_placed
from .values import can_be_secret, looks_random

_STEMS = ("pass", "pwd", "psw", "secret", "token", "key", "auth", "cred", "dsn", "conn")
_NAME_END = LazyPattern(r"[\w-]*")
_NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."
_MAX_NAME = 120

_CLOSING = LazyPattern(r"\\?[\"']?\s{0,2}\]?")
_ANNOTATION = LazyPattern(
    r"\s{0,3}:\s{0,3}[A-Za-z_][\w.\[\], |]{0,60}(?: ?\([\d,]{1,12} characters\))?\s{0,3}=(?!=)"
)
_SEPARATOR = LazyPattern(r"\s{0,40}(?:===?|!==?|=>|:=|\|\|=|[=:])[ \t]{0,8}(?:\\?\n[ \t]{0,40})?")
_COMMA = LazyPattern(r"\s{0,8},\s{0,8}")
_SETTER = LazyPattern(
    r"(?:getenv|get|setdefault|putenv|setenv|option|options|set|set_key|conf|config|header|pop|setex|add|put|add_header|\bpair)\s?\(\s{0,8}"
    r"(?:[\"'][\w. -]{1,60}[\"']\s{0,4},\s{0,4})?\Z"
)
# Between bracket and string, in a traceback, stands the number of the next line.
_OPEN = LazyPattern(r"\s{0,8}[(\[{]\s{0,80}(?:(?:-{1,8}> ?)?\d{1,6}\s{1,40})?")
_STRING = LazyPattern(
    r"[bfruBFRU]{0,2}(?:"
    r'"""(?P<d3>(?:[^"\\]|\\.|"(?!""))*)"""'
    r"|'''(?P<s3>(?:[^'\\]|\\.|'(?!''))*)'''"
    r'|"(?P<d>(?:[^"\\\n]|\\.)*)"'
    r"|'(?P<s>(?:[^'\\\n]|\\.)*)'"
    r'|\\"(?P<ed>[^"\\\n]*)\\"'
    r"|\\'(?P<es>[^'\\\n]*)\\')",
    re.DOTALL,
)
# What a secret is wrapped in where it is bound.
_WRAPPER = LazyPattern(
    r"(?:\w{1,40}\.){0,3}(?:Secret|SecretStr|SecretBytes|Password|quote|quote_plus|str|bytes)\(\s{0,8}"
)
_PAIR = LazyPattern(r"[\s,]{0,80}[\"'][\w. @-]{1,80}[\"']\s{0,3}:\s{0,3}(?=[\"'])")
_BETWEEN = LazyPattern(r"[\s,\\]{0,80}")
_BARE = LazyPattern(r"[^\s'\"`,;&|)(\[\]}{<>\\]+")
_OPTION_VALUE = LazyPattern(r"[= \t]{1,3}")
_COLUMN_GAP = LazyPattern(r"[ \t]{2,60}(?=\S{6,200}[ \t]*(?:\n|\Z))")
_ARITHMETIC = LazyPattern(r"0x[0-9a-fA-F]+|[\d.,+eE-]+|[A-Za-z_][\w.]*[+*/%-]=?[\w.]+")
_IDENTIFIER = LazyPattern(r"[A-Za-z_][\w.]*\Z")
_SHELL_LINE = LazyPattern(r"\s*(?:[!$]|%env\b|%set_env\b|%sx\b|export\b|set\b|ENV\b|SET\b)")
_SHELL_CELL = LazyPattern(r"\s*%%(?:bash|sh|script|cmd|powershell|writefile|file)\b")
_SETTINGS_LINE = LazyPattern(r"[A-Z][A-Z0-9_]*=\S+[ \t]*\Z")
_INI_SECTION = LazyPattern(r"^\[[\w .:-]+\][ \t]*$", re.MULTILINE)
_YAML_SECTION = LazyPattern(
    r"^ {0,20}(?!(?:else|try|finally):)[\w-]{1,60}:[ \t]*\n {1,20}[\w-]{1,60}:[ \t]", re.MULTILINE
)
_LONGEST_VALUE = 20_000


def find_named(text: str) -> Iterator[Span]:
    """Spans of string values (without quotes) and bare words bound to secret names; they may overlap."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters grow in lower case
        lowered = re.sub(r"[A-Z]+", lambda match: match.group().lower(), text)
    hits = sorted(position for stem in _STEMS for position in _positions(lowered, stem))
    end = 0
    for hit in hits:
        if hit < end:
            continue
        start, end = _name_around(text, hit, end)
        name = text[start:end]
        if end - start <= _MAX_NAME and (kind := what_name_says(name)):
            yield from _value_after(text, start, end, kind)
        elif (
            end - start <= _MAX_NAME
            and name[-1:] in ("s", "S")
            and what_name_says(name[:-1]) in (PASSWORD, KEY)
        ):
            yield from _list_after(text, end, what_name_says(name[:-1]))
    yield from find_placed(text, lowered)


def _positions(text: str, stem: str) -> Iterator[int]:
    position = text.find(stem)
    while position >= 0:
        yield position
        position = text.find(stem, position + len(stem))


def _name_around(text: str, hit: int, floor: int) -> Span:
    before = text[max(floor, hit - 80) : hit]
    match = _NAME_END.match(text, hit)
    return hit - len(before) + len(before.rstrip(_NAME_CHARACTERS)), match.end() if match else hit


def _value_after(text: str, start: int, end: int, kind: str) -> Iterator[Span]:
    closing = _CLOSING.match(text, end)
    after_name = closing.end() if closing else end
    quoted_name = after_name > end and text[end] in "\"'\\"
    annotation = None if quoted_name else _ANNOTATION.match(text, end)
    separator = annotation or _SEPARATOR.match(text, after_name)
    if separator is None:
        if quoted_name and (comma := _COMMA.match(text, after_name)) and _is_setter(text, start):
            yield from _strings_at(text, comma.end(), kind)
        elif not quoted_name:
            yield from _after_blank(text, start, end, kind)
        return
    position = separator.end()
    if annotation:
        position += len(text[position : position + 8]) - len(text[position : position + 8].lstrip(" "))
    if wrapper := _WRAPPER.match(text, position):
        position = wrapper.end()
    found = False
    for span in _strings_at(text, position, kind, is_auth=text[start:end].lower().endswith("auth")):
        found = True
        yield span
    if not found and not annotation:
        yield from _bare_value(text, start, separator, kind)


def _strings_at(text: str, position: int, kind: str, is_auth: bool = False) -> Iterator[Span]:
    """String literals at `position`: one, a concatenation in brackets, or the second of an `auth=` pair."""
    match = _STRING.match(text, position)
    if match:
        yield from _accepted(text, match, kind)
        return
    opened = _OPEN.match(text, position)
    if opened is None or text[opened.end() - 1 : opened.end()] == "{" or "{" in opened.group():
        return
    spans = list(_string_run(text, opened.end()))
    if is_auth and len(spans) == 2:
        spans, kind = spans[1:], PASSWORD
    elif "[" in opened.group():
        # `"password": ["hunter2", …]`: a column of them.
        spans = [
            match for match in spans if kind == PASSWORD and looks_random(match.group(match.lastgroup or 0))
        ]
    for match in spans:
        yield from _accepted(text, match, kind)


def _list_after(text: str, end: int, kind: str) -> Iterator[Span]:
    separator = _SEPARATOR.match(text, end)
    opened = _OPEN.match(text, separator.end()) if separator else None
    if opened:
        run = _pair_run if "{" in opened.group() else _string_run
        for match in run(text, opened.end()):
            yield from _accepted(text, match, kind)


def _pair_run(text: str, position: int) -> Iterator[re.Match[str]]:
    """The values of `"name": "value", …`, as long as they are strings."""
    while (pair := _PAIR.match(text, position)) and (match := _STRING.match(text, pair.end())):
        yield match
        position = match.end()


def _string_run(text: str, position: int) -> Iterator[re.Match[str]]:
    while match := _STRING.match(text, position):
        yield match
        between = _BETWEEN.match(text, match.end())
        position = between.end() if between else match.end()


def _accepted(text: str, match: re.Match[str], kind: str) -> Iterator[Span]:
    start, end = match.span(match.lastgroup or 0)
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    value = text[start:end]
    prefix = match.group()[:2].lower().rstrip("\"'")
    if "f" in prefix and re.search(r"\{[^{}]*\}", value):
        return
    if end - start <= _LONGEST_VALUE and can_be_secret(value, kind):
        yield start, end


def _is_setter(text: str, start: int) -> bool:
    before = text[max(0, start - 120) : start]
    return bool(_SETTER.search(before.rstrip("\"'\\")))


def _after_blank(text: str, start: int, end: int, kind: str) -> Iterator[Span]:
    """`--password hunter2` and the columns of a printed table or Series (`password    hunter2`)."""
    if text[start : start + 2] == "--" or text[max(0, start - 2) : start] == "--":
        gap = _OPTION_VALUE.match(text, end)
    else:
        gap = _COLUMN_GAP.match(text, end) if _opens_line(text, start) else None
        kind = TOKEN if gap else kind
    if gap is None:
        return
    if text[gap.end() : gap.end() + 1] in "\"'":
        yield from _strings_at(text, gap.end(), kind)
        return
    value = _BARE.match(text, gap.end())
    if value and value.group()[0] != "-" and can_be_secret(value.group(), kind):
        yield value.span()


def _bare_value(text: str, start: int, separator: re.Match[str], kind: str) -> Iterator[Span]:
    """A value without quotes: in a settings file, a shell line, a connection string, a printed report."""
    match = _BARE.match(text, separator.end())
    if match is None or "\n" in separator.group() or match.group()[0] in "%$":
        return
    if ":" in separator.group() and text[start : separator.start()].lower() == "pass":
        return  # the Python statement, in prose
    value = match.group().rstrip(".:")
    if text[match.end() : match.end() + 1] in ("(", "[") or not can_be_secret(value, kind):
        return
    line_start = start - len(text[max(0, start - 2000) : start].rpartition("\n")[2])
    line_end = text.find("\n", match.end(), match.end() + 500)
    line = text[line_start : line_end if line_end >= 0 else match.end() + 500]
    if _is_data_line(text, line, match.start() - line_start):
        plausible = True
    elif _IDENTIFIER.match(value) or value.replace("_", "").isdigit():
        plausible = ":" in separator.group() and _is_report(line, start - line_start, value)
        plausible = plausible or (_is_unlike_a_name(value))
    else:
        plausible = True
    if plausible and not _ARITHMETIC.fullmatch(value):
        yield match.start(), match.start() + len(value)


def _is_data_line(text: str, line: str, column: int) -> bool:
    """Not Python: a shell line or cell, a settings file, the inside of a string literal."""
    before = line[:column]
    inside_string = (before.count('"') - before.count('\\"')) % 2 or (
        before.count("'") - before.count("\\'")
    ) % 2
    if inside_string or _SHELL_LINE.match(line) or _SETTINGS_LINE.match(line.strip()):
        return True
    if _SHELL_CELL.match(text) or _INI_SECTION.search(text[:2000]):
        return True
    return _YAML_SECTION.search(text[:2000]) is not None


def _is_report(line: str, column: int, value: str) -> bool:
    """`password: hunter2` as a line of YAML or of printed output, the value its last word."""
    before = line[:column].strip(" \t-#*>|")
    rest = line[column:].rstrip().endswith(value)
    return not before and rest and any(map(str.isdigit, value))


def _is_unlike_a_name(value: str) -> bool:
    digits = sum(map(str.isdigit, value))
    mixed = any(map(str.isupper, value)) and any(map(str.islower, value))
    return (
        len(value) >= 8 and "." not in value and "_" not in value and (digits >= 3 or (digits >= 1 and mixed))
    )


def _opens_line(text: str, start: int) -> bool:
    before = text[max(0, start - 200) : start].rpartition("\n")[2]
    return not before.strip(" \t-#*>|\"'0123456789")

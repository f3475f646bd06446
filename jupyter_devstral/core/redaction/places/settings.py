"""Values without quotes behind a secret name: settings, shell lines, connection strings, options, reports."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...text.lazy_pattern import LazyPattern
from ..expressions import values_at
from ..literals import accepted
from ..search import Span, holds_one, words
from ..values import can_be_secret, can_be_secret_number, is_unpronounceable

BARE = LazyPattern(r"[^\s'\"`,;&|)(\[\]}{<>\\]{1,2000}")
_OPTION_GAP = LazyPattern(r"[= \t]{1,3}")
# Words of a manual, not values: "the --password option".
_OF_OPTIONS = words(
    "option options flag flags argument arguments parameter parameters switch setting with from"
)
_SHELL_DEFAULT = LazyPattern(r":?[-=](?P<value>[^\s'\"`{}$]{4,200})\}")
_ARITHMETIC = LazyPattern(r"0x[0-9a-fA-F]+|[\d.,+eE-]+|[A-Za-z_][\w.]*[+*/%-]=?[\w.]+")
_NUMBER = LazyPattern(
    r"[ \t]{0,8}(?P<value>\d[\d_]{3,40})(?=[ \t]*(?:[\n\r,;)}\]#\"'`|\\<]|\Z)|[ \t]+(?:if|or|else|and)\b)"
)
_IDENTIFIER = LazyPattern(r"[A-Za-z_][\w.]*\Z")
_SHELL_LINE = LazyPattern(r"\s*(?:[!$]|%env\b|%set_env\b|%sx\b|export\b|set\b|ENV\b|SET\b)")
_SHELL_CELL = LazyPattern(r"\s*%%(?:bash|sh|script|cmd|powershell|writefile|file)\b")
_SETTINGS_LINE = LazyPattern(
    r"(?:[ \t]{0,40}-[ \t]|export[ \t]|[ \t]{1,40}(?=[A-Z]))?"
    r"(?:[A-Z][A-Z0-9_]*=\S+(?:[ \t]+[a-z./][^=()]*)?|[a-z][\w.-]*=[^\s_.,()\[\]]+)"
)
_INI_SECTION = LazyPattern(r"^\[[\w .:-]+\][ \t]*$", re.MULTILINE)
_YAML_SECTION = LazyPattern(
    r"^ {0,20}(?!(?:else|try|finally):)[\w-]{1,60}:[ \t]*\n {1,20}[\w-]{1,60}:[ \t]", re.MULTILINE
)
# Its neighbours in a connection string: with semicolons (ODBC, Azure), with blanks (libpq).
_PLACE = (
    r"(?:data source|server|host|hostaddr|addr|address|port|user|user ?id|uid|database|initial catalog|dbname"
    r"|driver|encrypt|sslmode|ssl|trustservercertificate|persist security info|integrated security|endpoint"
    r"|account ?name|protocol|connection timeout|connect_timeout|application_name|dsn|hostname"
    r"|multipleactiveresultsets)"
)
_BESIDE_SEMICOLON = LazyPattern(rf"(?:^|[;\s\"'{{}}=:]){_PLACE}\s?=[^;=\n]{{1,200}};")
_AFTER_SEMICOLON = LazyPattern(rf"\s?;\s?{_PLACE}\s?=")
_BESIDE_BLANK = LazyPattern(
    rf"(?:^|[\s\"']){_PLACE}=[^\s,;()=]{{1,200}}\s{{1,3}}(?:\w{{1,30}}=[^\s,;()=]{{1,200}}\s{{1,3}}){{0,9}}\Z"
)
_AFTER_BLANK = LazyPattern(rf"\s{{1,3}}{_PLACE}=[^\s,;()=]")
_WITH_A_LOGIN = LazyPattern(
    r"(?i)\b(?:user(?:name)?|login|e-?mail|utilisateur|identifiant|usuario|usuário|benutzer(?:name)?|utente|gebruiker"
    r"(?:snaam)?|compte|account|host|server)[\"'*]{0,3}\s?[:=]\s?[^,;/|\s]"
)
_DEFINITION = LazyPattern(r"\s{0,80}(?:async\s+)?def\b")
_TYPE = LazyPattern(r"[A-Za-z]{1,12}(?:8|16|32|64|128|256)")


def option_value(text: str, start: int, end: int, kind: str) -> Iterator[Span]:
    """`--password hunter2`, `-password hunter2`, `/password:hunter2`, `${PASSWORD:-hunter2}`."""
    if text[max(0, start - 2) : start] == "${":
        if (default := _SHELL_DEFAULT.match(text, end)) and can_be_secret(default["value"], kind):
            yield default.span("value")
        return
    if not _is_option(text, start):
        return
    gap = _OPTION_GAP.match(text, end)
    if gap is None:
        return
    if text[gap.end() : gap.end() + 1] in "\"'":
        for value in values_at(text, gap.end()):
            yield from accepted(text, value, kind)
        return
    match = BARE.match(text, gap.end())
    if match is None or match.group()[0] in "-$%" or match.group() in _OF_OPTIONS:
        return
    if can_be_secret(match.group(), kind):
        yield match.span()


def _is_option(text: str, start: int) -> bool:
    """One dash or two; a minus has a blank or a name on its other side as well."""
    if text[start : start + 2] == "--" or text[max(0, start - 2) : start] == "--":
        return True
    before = text[start - 1 : start]
    return text[start] == "-" and (not before or before.isspace() or before in "\"'`[(|")


def bare_value(text: str, start: int, separator: re.Match[str], kind: str) -> Iterator[Span]:
    """What stands behind `separator`, where this is no code or the value no name of code."""
    if ":" in separator.group() and text[start : separator.start()].lower() == "pass":
        return  # the Python statement, in prose
    match = BARE.match(text, separator.end())
    if match is None or match.group()[0] in "%$" or holds_one(separator.group(), ("\n", "<-")):
        return
    if text[max(0, start - 2) : start] == "${":
        yield from option_value(text, start, separator.start(), kind)
        return
    # Quoted as in print: elsewhere the value stands without these.
    value = match.group().rstrip(".:").strip("“”„«»‘’‹›")
    begin = text.index(value, match.start())
    if text[match.end() : match.end() + 1] in ("(", "[") or not can_be_secret(value, kind):
        return
    line_start = start - len(text[max(0, start - 2000) : start].rpartition("\n")[2])
    line_end = text.find("\n", match.end(), match.end() + 500)
    line = text[line_start : line_end if line_end >= 0 else match.end() + 500]
    if _is_data_line(text, line, begin - line_start) or is_in_connection(text, start, match.end()):
        plausible = True
    elif _IDENTIFIER.match(value) or value.replace("_", "").isdigit():
        plausible = ":" in separator.group() and _is_report(line, start - line_start, value)
        plausible = plausible or (_is_unlike_a_name(value))
    else:
        plausible = True
    if plausible and not _ARITHMETIC.fullmatch(value):
        yield begin, begin + len(value)


def number_value(text: str, start: int, separator: re.Match[str], kind: str) -> Iterator[Span]:
    """A number that a secret name is bound to: `password = 12345678`, `{"pin": 4711}`."""
    match = _NUMBER.match(text, separator.end())
    if match is None or text[start : separator.start()].rstrip("\"'] ").lower().endswith("pass"):
        return  # "tests that pass: 12345"
    if can_be_secret_number(match["value"], kind):
        yield match.span("value")


def is_in_connection(text: str, start: int, end: int) -> bool:
    """Tell whether a setting from `start` to `end` in `text` is one of a connection string's."""
    if text[start - 1 : start] in ("?", "&"):
        return True
    before = text[max(0, start - 300) : start].rpartition("\n")[2].lower()
    behind = text[end : end + 50].lower()
    return bool(
        _AFTER_SEMICOLON.match(behind)
        or (before.rstrip()[-1:] == ";" and _BESIDE_SEMICOLON.search(before))
        or _AFTER_BLANK.match(behind)
        or _BESIDE_BLANK.search(before)
    )


def _is_data_line(text: str, line: str, column: int) -> bool:
    """Not Python: a shell line or cell, a settings file, the inside of a string literal."""
    before = line[:column]
    inside_string = (before.count('"') - before.count('\\"')) % 2 or (
        before.count("'") - before.count("\\'")
    ) % 2
    if inside_string or _SHELL_LINE.match(line) or _SETTINGS_LINE.fullmatch(line.rstrip()):
        return True
    if _SHELL_CELL.match(text) or _INI_SECTION.search(text[:2000]):
        return True
    return _YAML_SECTION.search(text[:2000]) is not None


def _is_report(line: str, column: int, value: str) -> bool:
    """`password: hunter2` as a line of YAML or of printed output, or beside a login."""
    if not any(map(str.isdigit, value)) and not is_unpronounceable(value):
        return False
    if not line[:column].strip(" \t-#*>|") and line[column:].rstrip().endswith(value):
        return True
    is_code = _DEFINITION.match(line) or _TYPE.fullmatch(value)
    return not is_code and bool(_WITH_A_LOGIN.search(line, 0, column))


def _is_unlike_a_name(value: str) -> bool:
    digits = sum(map(str.isdigit, value))
    mixed = any(map(str.isupper, value)) and any(map(str.islower, value))
    return (
        len(value) >= 8 and "." not in value and "_" not in value and (digits >= 3 or (digits >= 1 and mixed))
    )

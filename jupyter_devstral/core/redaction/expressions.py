"""Reads which string literals an expression can come to: `getenv("PW") or "…"`, `"…" if x else "…"`.

No parser: a secret stands in code that does not parse, in tracebacks with numbers of lines in front, and in
other languages. Conditions, subscripts and arguments are passed over, except where a call gives back what it
is given.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..text.lazy_pattern import LazyPattern
from .search import words

Literal = re.Match[str]

STRING = LazyPattern(
    r"[bfruBFRU]{0,2}(?:"
    r'"""(?P<d3>(?:[^"\\]|\\.|"(?!""))*)"""'
    r"|'''(?P<s3>(?:[^'\\]|\\.|'(?!''))*)'''"
    r'|"(?P<d>(?:[^"\\\n]|\\.)*)"'
    r"|'(?P<s>(?:[^'\\\n]|\\.)*)'"
    r'|\\"(?P<ed>[^"\\\n]*)\\"'
    r"|\\'(?P<es>[^'\\\n]*)\\')",
    re.DOTALL,
)
_REACH = 1000  # characters of one expression
_MOST_PIECES = 40
# In a traceback the number of the line stands before it.
_MARGIN = r"(?:[ \t]{0,9}-{0,9}>?[ \t]{0,9}\d{1,6}(?=[ \t]))?[ \t]{0,80}"
_BLANK = LazyPattern(rf"(?:[ \t\u00a0]{{1,80}}|\\\n{_MARGIN}){{1,4}}")
_BREAK = LazyPattern(rf"(?:[ \t]{{0,80}}(?:#[^\n]{{0,200}})?\n{_MARGIN}){{1,8}}")
# Where a line cannot begin a statement, it continues the one before.
_CONTINUED = LazyPattern(
    rf"[ \t]{{0,3}}\n{_MARGIN}(?=(?:or|if|else)[ \t(][^:\n]{{0,400}}$|\+|\|\||\?\?)", re.MULTILINE
)
_QUOTE = LazyPattern(r"[bfruBFRU]{0,2}[\"']|\\[\"']")
_NAME = LazyPattern(r"\$?[A-Za-z_]\w*(?:(?:\.|\?\.|::|->)[A-Za-z_]\w*)*")
_METHOD = LazyPattern(r"\.\w{1,40}")
_DEFAULT = LazyPattern(r"(?:default|fallback|value)\s{0,3}=")
_NUMBER = LazyPattern(r"\d[\w.]*")
_KEYWORD = LazyPattern(r"\s{0,3}=(?!=)\s{0,3}")
_ALTERNATIVE = LazyPattern(r"\|\||\?\?|\?:|[?:]")
_OTHER = LazyPattern(r"[^\w\s\"'\\()\[\]{},]+")

# Calls that give back what they are given, and those whose second argument stands in for what is not found.
_WRAPPERS = words("""
    secret secretstr secretbytes password quote quote_plus str bytes string b64decode unhexlify
    fromhex a2b_hex field text const array series index
""")
_GETTERS = words("""
    get getenv getattr pop setdefault config env fetch getordefault getproperty get_env get_secret
    secret_or next
""")
_DEFAULTS = words("default fallback value initial_value default_value")
_ENDS = words("for while lambda return raise import from def class with assert yield del not in is if")


@dataclass
class Value:
    """String literals that stand together for one value; `listed` if it is an element of a list."""

    literals: list[Literal] = field(default_factory=list)
    listed: bool = False

    @property
    def text(self) -> str:
        """What the literals say together."""
        return "".join(literal.group(literal.lastgroup or 0) for literal in self.literals)


def values_at(text: str, position: int) -> list[Value]:
    """The values that the expression at `position` can come to, as far as they are written there."""
    return _Reader(text, position).read()


def arguments_at(text: str, position: int) -> list[Value]:
    """The values of `default=` and the like among the arguments of a call from `position` on."""
    if not _DEFAULT.search(text, position, position + _REACH):
        return []
    return _Reader(text, position, ["call"]).read()


class _Reader:
    """One expression, read piece by piece from left to right."""

    def __init__(self, text: str, position: int, opened: Sequence[str] = ()) -> None:
        self.text = text
        self.position = position
        self.end = min(len(text), position + _REACH)
        self.values: list[Value] = []
        self.opened = list(opened)  # of each open bracket: "group", "list", "join", "getter", "call"
        self.outside = len(opened)
        self.condition: int | None = None  # how many brackets were open where an `if` began
        self.has_operand = False
        self.is_glued = False  # a literal that follows belongs to the last value
        self.is_default = False  # what follows is the argument `default=`
        self.is_ternary = False  # a `?` was read, its `:` was not

    def read(self) -> list[Value]:
        for _ in range(_MOST_PIECES):
            if self.position >= self.end or not self._piece():
                break
        return self.values

    def _piece(self) -> bool:
        """Take one piece; False where the expression ends."""
        text, at = self.text, self.position
        blank = _BLANK.match(text, at) or (_BREAK if self.opened else _CONTINUED).match(text, at)
        if blank:
            self.position = blank.end()
            return True
        if _QUOTE.match(text, at):
            return self._literal()
        if text[at] in "([{":
            return self._open(text[at])
        if text[at] in ")]}":
            return self._close()
        if text[at] == ",":
            return self._comma()
        if name := _NAME.match(text, at):
            return self._name(name)
        return self._operator()

    def _literal(self) -> bool:
        match = STRING.match(self.text, self.position)
        if match is None or (self.has_operand and not self.is_glued):
            return False
        if self._counts():
            if not self.is_glued or not self.values:
                self.values.append(Value(listed="list" in self.opened))
            self.values[-1].literals.append(match)
        self.position, self.has_operand, self.is_glued, self.is_default = match.end(), True, True, False
        return True

    def _counts(self) -> bool:
        """Whether a literal here is a result, not a condition or the argument of a call."""
        return self.is_default or not (
            self.condition is not None or "call" in self.opened or "getter" in self.opened
        )

    def _open(self, bracket: str) -> bool:
        if bracket == "{" and not self.opened:
            return False
        kind = "list" if bracket == "[" else "group"
        if self.has_operand or bracket == "{":
            kind = "call"
        elif self.opened[-1:] == ["join"]:
            kind = "join"
        return self._enter(kind, self.position + 1)

    def _enter(self, kind: str, position: int) -> bool:
        self.opened.append(kind)
        self.position, self.has_operand, self.is_glued, self.is_default = position, False, False, False
        return True

    def _close(self) -> bool:
        if len(self.opened) == self.outside:
            return False
        kind = self.opened.pop()
        if self.condition is not None and self.condition > len(self.opened):
            self.condition = None
        self.position, self.has_operand, self.is_default = self.position + 1, True, False
        self.is_glued = self.is_glued and kind == "group"
        return True

    def _comma(self) -> bool:
        if not self.opened:
            return False
        if self.opened[-1] == "getter":
            self.opened[-1] = "default"
        elif self.opened[-1] == "default":
            self.opened[-1] = "call"
        self.position, self.has_operand, self.is_default = self.position + 1, False, False
        self.is_glued = self.is_glued and self.opened[-1] == "join"
        return True

    def _name(self, name: re.Match[str]) -> bool:
        word = name.group()
        if word == "if" and self.has_operand and self.condition is None:
            self.condition = len(self.opened)
        elif word == "else" and self.condition is not None:
            self.condition = None if self.condition == len(self.opened) else self.condition
        elif word not in ("or", "and", "else", "await", "new"):
            return self._operand(name)
        self.position, self.has_operand, self.is_glued = name.end(), False, False
        return True

    def _operand(self, name: re.Match[str]) -> bool:
        """A name, and the bracket behind it if it is called."""
        word, text = name.group(), self.text
        if word in _ENDS and self._counts():
            return False
        if word in _DEFAULTS and self.opened and (keyword := _KEYWORD.match(text, name.end())):
            self.position, self.is_default, self.is_glued, self.has_operand = (
                keyword.end(),
                True,
                False,
                False,
            )
            return True
        if self.has_operand and self._counts():
            return False
        if text[name.end() : name.end() + 1] == "(":
            return self._enter(_kind_of_call(word), name.end() + 1)
        self.position, self.has_operand, self.is_glued, self.is_default = name.end(), True, False, False
        return True

    def _operator(self) -> bool:
        text, at = self.text, self.position
        if number := _NUMBER.match(text, at):
            self.position, self.has_operand, self.is_glued = number.end(), True, False
            return True
        if self.has_operand and (method := _METHOD.match(text, at)):
            self.position = method.end()
            if text[method.end() : method.end() + 1] == "(":
                return self._enter("join" if method.group() == ".join" else "call", method.end() + 1)
            return True
        if text[at] in "+&" and self.has_operand:
            self.position, self.has_operand = at + 1, False
            return True
        if other := _ALTERNATIVE.match(text, at):
            return self._otherwise(other)
        passed = _OTHER.match(text, at)
        if passed is None or self._counts():
            return False
        self.position, self.has_operand, self.is_glued = passed.end(), False, False
        return True

    def _otherwise(self, operator: re.Match[str]) -> bool:
        """`a || b`, `a ?? b`, and `test ? a : b` of other languages."""
        if operator.group() == ":" and self._counts() and not self.is_ternary:
            return False
        self.is_ternary = operator.group() == "?"
        self.position, self.has_operand, self.is_glued = operator.end(), False, False
        return True


def _kind_of_call(name: str) -> str:
    last = re.split(r"\.|::|->", name)[-1].lower()
    if last in _WRAPPERS:
        return "group"
    return "getter" if last in _GETTERS else "call"

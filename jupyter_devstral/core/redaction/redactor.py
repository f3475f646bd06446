"""Secrets out of anything that leaves; placeholders restored in what returns."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

from ..text.lazy_pattern import LazyPattern
from .assignments import find_named
from .calls import find_handed_over
from .commands import find_in_commands
from .forms import find_tokens
from .literals import JOINT
from .search import Span, in_lower_case
from .values import is_number
from .web import find_in_tags, find_on_the_web

_PLACEHOLDER = LazyPattern(r"<SECRET_(\d{1,9})>")
_PREFIX = "<SECRET_"
_LONGEST_PLACEHOLDER = len("<SECRET_999999999>")
# A short secret that could be part of a word is replaced elsewhere only where it stands alone.
_BARE_WORD = LazyPattern(r"[A-Za-z]{1,11}|\d{1,11}")
_ALONE = r"(?:(?<![A-Za-z0-9_])|(?<=\\[nrt])){}(?![A-Za-z0-9_])"


@dataclass(frozen=True)
class Found:
    """A secret as it is written in a text; `glued` if it stands directly beside other word characters."""

    text: str
    glued: bool


_FINDERS = (find_on_the_web, find_named, find_in_commands, find_handed_over, find_in_tags)


@lru_cache(maxsize=8192)
def find_secrets(text: str) -> tuple[Found, ...]:
    """The distinct secrets in `text`, in order of first appearance; a pure function of the text.

    A value that is written in several literals is a secret as a whole, too: so it is printed.
    """
    spans = _spans(text)
    found = [Found(text[start:end], _is_glued(text, start, end)) for start, end in spans]
    return tuple(dict.fromkeys((*found, *(Found(whole, False) for whole in _put_together(text, spans)))))


def _spans(text: str) -> list[Span]:
    lowered = in_lower_case(text)
    every = {*find_tokens(text), *(span for finder in _FINDERS for span in finder(text, lowered))}
    joined: list[Span] = []
    for start, end in sorted(every, key=lambda span: (span[0], -span[1])):
        if joined and joined[-1][0] < start < joined[-1][1] < end:  # overlap without nesting: one secret
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _put_together(text: str, spans: list[Span]) -> Iterator[str]:
    """The values that are written in several literals side by side."""
    parts: list[str] = []
    end = -1
    for start, stop in spans:
        if 0 <= end < start and JOINT.fullmatch(text, end, start):
            parts.append(text[start:stop])
        else:
            yield from _whole(parts)
            parts = [text[start:stop]]
        end = stop
    yield from _whole(parts)


def _whole(parts: list[str]) -> Iterator[str]:
    written = "".join(parts)
    whole = JOINT.sub("", written) if len(written) < 2000 else written
    if len(parts) > 1 or whole != written:
        yield whole


def _is_glued(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    is_escape = re.match(r"\\[nrt]", text[max(0, start - 2) : start])
    return _is_word(after) or (_is_word(before) and not is_escape)


def _is_word(character: str) -> bool:
    return character == "_" or (character.isalnum() and character.isascii())


def _touches_another(match: re.Match[str]) -> bool:
    before = match.string[max(0, match.start() - _LONGEST_PLACEHOLDER) : match.start()]
    return match.string.startswith(_PREFIX, match.end()) or bool(re.search(r"<SECRET_\d{1,9}>\Z", before))


class Redactor:
    """Replaces secrets by `<SECRET_1>`, `<SECRET_2>` … and puts them back.

    The vault lives as long as the Redactor: a secret keeps its placeholder, also where it reappears without
    the context that gave it away. Numbers follow first appearance; numbers that a text already uses literally
    before they are given out are skipped.
    """

    def __init__(self) -> None:
        self._secret_of: dict[str, str] = {}  # every written form -> the secret as first seen
        self._number_of: dict[str, int] = {}
        self._by_number: dict[int, str] = {}
        self._taken: set[int] = set()
        self._glued: set[str] = set()
        self._forms: tuple[str, ...] = ()
        self._last: set[int] = set()

    @property
    def count(self) -> int:
        """How many distinct secrets the last `redact` replaced."""
        return len(self._last)

    @property
    def total(self) -> int:
        """How many distinct secrets were replaced so far."""
        return len(self._by_number)

    def redact(self, texts: Sequence[str]) -> list[str]:
        """`texts` with every secret found in any of them, now or earlier, replaced in all of them."""
        for text in texts:
            self._learn(text)
        self._last = set()
        return [self._replace(text) for text in texts]

    def restore(self, text: str) -> str:
        """`text` with known placeholders replaced by the secrets; unknown ones stay."""
        return _PLACEHOLDER.sub(self._reveal, text) if _PREFIX in text else text

    def _learn(self, text: str) -> None:
        if _PREFIX in text:
            self._taken |= {int(number) for number in _PLACEHOLDER.findall(text)} - self._by_number.keys()
        found = [(secret.text, secret.glued) for secret in find_secrets(text)]
        self._glued |= {secret for secret, glued in found if glued}
        new = [secret for secret, _ in found if secret not in self._secret_of]
        for secret in new:
            for form in _written_forms(secret):
                self._secret_of.setdefault(form, secret)
        if new:
            self._forms = tuple(sorted(self._secret_of, key=lambda form: (-len(form), form)))

    def _replace(self, text: str) -> str:
        present = [form for form in self._forms if form in text]
        if not present:
            return text
        patterns = (
            re.escape(form) if self._is_free(form) else _ALONE.format(re.escape(form)) for form in present
        )
        return _compiled("|".join(patterns)).sub(self._placeholder, text)

    def _is_free(self, form: str) -> bool:
        """Replaced wherever it occurs, also inside a longer word."""
        return form in self._glued or not _BARE_WORD.fullmatch(form)

    def _placeholder(self, match: re.Match[str]) -> str:
        secret = self._secret_of[match.group()]
        number = self._number_of.get(secret)
        if number is None:
            number = len(self._by_number) + 1
            while number in self._taken or number in self._by_number:
                number += 1
            self._number_of[secret] = number
            self._by_number[number] = secret
        self._last.add(number)
        return f"<SECRET_{number}>"

    def _reveal(self, match: re.Match[str]) -> str:
        secret = self._by_number.get(int(match[1]))
        if secret is None:
            return match[0]
        if _is_glued(match.string, *match.span()) or _touches_another(match):
            self._glued.add(secret)  # so that it is found again where the model glued it to a word
        return secret


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _written_forms(secret: str) -> list[str]:
    """`secret` as it may be written elsewhere: unescaped, escaped in a repr or in JSON, quoted in a URL."""
    forms = [secret]
    if "\\" in secret:
        forms.append(_unescaped(secret))
    if "_" in secret and is_number(secret):  # printed without
        forms.append(secret.replace("_", ""))
    if "%" in secret:
        forms.append(unquote(secret))
    for value in tuple(forms):
        forms += [repr(value)[1:-1], json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]]
        # A notebook may hold half a pair, which has no UTF-8 form.
        forms += [quote(value, safe=safe, errors="surrogatepass") for safe in ("", "/")]
    return [form for form in dict.fromkeys(forms) if len(form) >= 4]


def _unescaped(literal: str) -> str:
    try:
        value = ast.literal_eval('"' + literal.replace('"', '\\"').replace("\n", "\\n") + '"')
    except (SyntaxError, ValueError):
        return literal
    return value if isinstance(value, str) else literal


class Restorer:
    """Restores placeholders in a stream; holds back at most the beginning of one placeholder."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = ""
        self._context = ""  # what came just before: a secret can be glued to it

    def feed(self, text: str) -> str:
        """The next piece to show; "" when it cannot be decided yet."""
        text = self._held + text
        cut = _undecided_from(text)
        self._held = text[cut:]
        return self._restored(text[:cut])

    def close(self) -> str:
        """What was held back."""
        held, self._held = self._held, ""
        return self._restored(held)

    def _restored(self, text: str) -> str:
        restore = self._redactor.restore
        piece = restore(self._context + text)[len(restore(self._context)) :]
        self._context = (self._context + text)[-_LONGEST_PLACEHOLDER:]
        return piece


def _undecided_from(text: str) -> int:
    """Where a placeholder may have begun that `text` does not finish; `len(text)` if none."""
    start = text.rfind("<", max(0, len(text) - _LONGEST_PLACEHOLDER))
    if start < 0:
        return len(text)
    tail = text[start:]
    is_begun = _PREFIX.startswith(tail) or (tail.startswith(_PREFIX) and tail[len(_PREFIX) :].isdigit())
    return start if is_begun else len(text)

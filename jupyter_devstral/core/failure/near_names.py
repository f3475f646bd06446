"""Names that may have been meant, among those that exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from ..variables.tables import key_text

_CLOSE, _LIKENESS = 3, 0.6


def near(name: str, names: Iterable[str]) -> list[str]:
    """The names most like `name`, including those that differ in case only or where one begins the other."""
    words = [word for word in dict.fromkeys(names) if isinstance(word, str) and word != name]
    same = [word for word in words if word.casefold() == name.casefold() or word.strip() == name.strip()]
    begins = [word for word in words if len(name) > 2 and len(word) > 2 and _one_begins_the_other(word, name)]
    like = difflib.get_close_matches(name, words, _CLOSE, _LIKENESS)
    return list(dict.fromkeys([*same, *like, *begins]))[:_CLOSE]


def _one_begins_the_other(one: str, other: str) -> bool:
    one, other = one.casefold(), other.casefold()
    return one.startswith(other) or other.startswith(one)


def listed(names: Iterable[str]) -> str:
    """Names of code, as a sentence lists them."""
    return ", ".join(f"`{name}`" for name in names)


def listed_keys(keys: Iterable[object]) -> str:
    """Keys and labels, as code writes them."""
    return ", ".join(map(key_text, keys))

"""What server and kernel say, in other languages than English: `locale/LANGUAGE/said.json`.

A page fetches the sentences of its user's language once, and finds what it was told among them: kernels,
daemons and stored conversations speak one language, whoever looks at them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

_LOCALE = Path(__file__).parents[2] / "locale"
_NAME = re.compile(r"[A-Za-z]{2,3}(_[A-Za-z]{2,4})?")


def sentences(language: str) -> dict[str, str]:
    """The sentences by their English ones, with %1, %2 … for what is filled in.

    There are none of a language that is not known.
    """
    name = language.replace("-", "_")
    if not _NAME.fullmatch(name):
        return {}
    try:
        known: dict[str, str] = json.loads((_LOCALE / name / "said.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return known

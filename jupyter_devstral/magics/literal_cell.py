"""Keeps a `%%devstral` cell as typed: IPython strips `>>>` and `In [1]:` before it looks for magics."""

from __future__ import annotations

import re

_FIRST_LINE = re.compile(r"%%devstral(?:[ \t](?P<line>.*))?$", re.DOTALL)


def keep_cell(lines: list[str]) -> list[str]:
    """An input transformer: a `%%devstral` cell becomes a plain call, other cells stay.

    Without a body it is the line magic: `%%devstral doc` needs no words, and IPython would refuse it.
    """
    start = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    first = _FIRST_LINE.match(lines[start].rstrip()) if start < len(lines) else None
    if first is None:
        return lines
    line, body = first["line"] or "", "".join(lines[start + 1 :])
    if body:
        return [f"get_ipython().run_cell_magic('devstral', {line!r}, {body!r})\n"]
    return [f"get_ipython().run_line_magic('devstral', {line!r})\n"]


# IPython then leaves it out when it asks whether a cell that is being typed is complete.
keep_cell.has_side_effects = True  # type: ignore[attr-defined]

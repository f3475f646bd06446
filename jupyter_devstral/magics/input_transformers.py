"""Input transformers that keep `%%devstral` cells and `%devstral …?` lines as they were typed.

IPython strips `>>>` and `In [1]:` before it looks for magics, and treats a question mark as a call for help.
"""

from __future__ import annotations

import re

_FIRST_LINE = re.compile(r"%%devstral(?:[ \t](?P<line>.*))?$", re.DOTALL)


def keep_cell(lines: list[str]) -> list[str]:
    """Turn a `%%devstral` cell into a plain call. Other cells stay as they are.

    Without a body the call is the line magic: `%%devstral doc` needs no words, and IPython would reject it.
    """
    start = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    first = _FIRST_LINE.match(lines[start].rstrip()) if start < len(lines) else None
    if first is None:
        return lines
    line, body = first["line"] or "", "".join(lines[start + 1 :])
    if body:
        return [f"get_ipython().run_cell_magic('devstral', {line!r}, {body!r})\n"]
    return [f"get_ipython().run_line_magic('devstral', {line!r})\n"]


# IPython then skips it when it checks whether a cell that is being typed is complete.
keep_cell.has_side_effects = True  # type: ignore[attr-defined]


_QUESTION = re.compile(
    r"(?P<indent>[ \t]*)(?P<target>[^\W\d]\w*[ \t]*=[ \t]*)?"
    r"%devstral[ \t]+(?P<line>.*\?)[ \t]*(?P<end>\r?\n?)$"
)


_QUOTES = re.compile(r"'''|\"\"\"|#[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'")


def keep_question_marks(lines: list[str]) -> list[str]:
    """Turn `%devstral …?` outside of strings into a plain call, line by line."""
    if not any("%devstral" in line and line.rstrip().endswith("?") for line in lines):
        return lines
    result, open_quote, continued = [], "", False
    for line in lines:
        match = None if open_quote or continued else _QUESTION.match(line)
        if match:
            call = f"get_ipython().run_line_magic('devstral', {match['line']!r})"
            line = f"{match['indent']}{match['target'] or ''}{call}{match['end']}"
        elif not open_quote and line.lstrip()[:1] in ("%", "!"):
            pass  # the words of another magic: their quotes mean nothing
        else:
            open_quote = _open_quote_after(line, open_quote)
        continued = not open_quote and line.rstrip("\r\n").endswith("\\")
        result.append(line)
    return result


def explain_late_cell_magic(lines: list[str]) -> list[str]:
    """Turn a cell with `%%devstral` below its first line into a call that explains the mistake."""
    if not any(line.startswith("%%devstral") for line in lines) or _is_cell_magic(lines):
        return lines
    open_quote = ""
    for line in lines:
        if not open_quote and _FIRST_LINE.match(line.rstrip()):
            return ["get_ipython().run_line_magic('%devstral', '')\n"]
        if open_quote or line.lstrip()[:1] not in ("%", "!"):
            open_quote = _open_quote_after(line, open_quote)
    return lines


def _is_cell_magic(lines: list[str]) -> bool:
    return next((line for line in lines if line.strip()), "").lstrip().startswith("%%")


def _open_quote_after(line: str, quote: str) -> str:
    """The triple quote that is open at the end of a line, given the one at its beginning."""
    position = 0
    while position < len(line):
        if quote:
            end = line.find(quote, position)
            if end < 0:
                return quote
            position, quote = end + 3, ""
            continue
        match = _QUOTES.search(line, position)
        if match is None:
            return ""
        position = match.end()
        quote = match[0] if match[0] in ("'''", '"""') else ""
    return quote

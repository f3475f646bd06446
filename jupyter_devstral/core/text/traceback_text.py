"""Tracebacks as text: the user's own frames and the final message.

Reads them as notebooks store them (IPython 5 to 9, CPython); stack traces of other languages are only
shortened.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .lazy_pattern import LazyPattern
from .terminal_text import as_shown, clean_output

__all__ = ["capped_message", "clean_output", "clean_traceback", "failing_lines", "is_library", "tidy_path"]

GAP = "…"
MESSAGE_LIMIT = 1000
_LINE_LIMIT = 400
_USER_BLOCKS = 16

_RULER = LazyPattern(r"^\s*[-=]{20,}\s*$")
_TITLE = LazyPattern(r"^(?:[\w.]+\s+)?Traceback \(most recent call last\):?\s*$")
_CHAINED = LazyPattern(
    r"^(?:During handling of the above exception, another exception occurred"
    r"|The above exception was the direct cause of the following exception):?\s*$"
)
_CELL_FRAME = LazyPattern(r"^ {0,2}(?:Cell|Input) In ?\[\d*\].*|^ {0,2}Cell .{0,80}, line \d+.*")
_FILE_FRAME = LazyPattern(r"^ {0,8}File (?P<path>\"[^\"\n]+\"|<[^>\n]+>|(?:[A-Za-z]:)?[^:,\n]+)[:,]")
_BARE_FRAME = LazyPattern(
    r"^(?P<path><[\w-]+[^>\n]*>|(?:[~/\\]|[A-Za-z]:[\\/])[^\n]*?) in (?P<call>[\w<].*)$"
)
_GRAPH_FRAME = LazyPattern(
    r"^ {2,8}(?P<path>(?:[~/\\]|[A-Za-z]:)[^\s:]+):\d+ [\w<]"
)  # in TensorFlow's messages
_SOURCE_LINE = LazyPattern(r"^(?:\s*$|-*>? *\d+(?:\s|$)| {2,}|\t|\s*\[)")
_ERROR_LINE = LazyPattern(r"^ {0,8}[\w.]{0,100}(?:Error|Exception|Warning|Interrupt|Exit)(?::|$)")
_ARROW = LazyPattern(r"^-+> ?\d+ ?(.*)$")
# Where a cut leaves no half token behind, which redaction could no longer recognise.
_BETWEEN_TOKENS = LazyPattern(r"[^\w.+/=-]")
_LIBRARY = LazyPattern(
    r"(?:site|dist)-packages|[/\\](?:lib|lib64|Lib)[/\\]python|[/\\]Lib[/\\]|[/\\]python3?\.?\d*\.zip"
    r"|<frozen |<__array_function__|<decorator-gen|internals>|[/\\]importlib[/\\]|<attrs generated"
)
_TEMPORARY_CELL = LazyPattern(r"[^\s\"]*[/\\]ipykernel_\d+[/\\]\d+\.py")
_HOME = LazyPattern(r"(?:/home/|/Users/|[A-Za-z]:\\Users\\)[^/\\\s\"':]+(?=[/\\])|(?<![\w/.])/root(?=/)")


@dataclass
class _Block:
    """Lines of a traceback; `kind` is "user" or "library" for a frame, else "chained" or "message"."""

    kind: str
    lines: list[str] = field(default_factory=list)


def clean_traceback(text: str) -> str:
    """Reduce a traceback to the user's own frames and the final message. Library frames become one "…".

    Home directories are shortened to `~`. A message longer than about 1,000 characters keeps its head and
    tail. Not empty unless `text` is.
    """
    shown = clean_output(as_shown(text).replace("\t", "    "))
    blocks = _limited(_blocks(shown.split("\n")))
    lines: list[str] = []
    for block in blocks:
        if block.kind == "library":
            if lines[-1:] != [GAP]:
                lines.append(GAP)
        elif block.kind == "user":
            lines += [_shortened(line) for line in _trimmed(block.lines)]
        else:
            lines += capped_message("\n".join(_trimmed(block.lines))).split("\n")
    result = "\n".join(_tidy(line) for line in lines).strip("\n")
    return result or (GAP if text else "")


def failing_lines(text: str) -> list[str]:
    """The lines of the user's frames that an arrow marks, outermost first, without indentation."""
    shown = as_shown(text).replace("\t", "    ")
    users = [block for block in _blocks(shown.split("\n")) if block.kind == "user"]
    found = [match[1].strip() for block in users for line in block.lines if (match := _ARROW.match(line))]
    # CPython's own tracebacks have no arrows; they show the line itself.
    return found or [block.lines[1].strip() for block in users if len(block.lines) > 1]


def is_library(path: str) -> bool:
    """Tell whether a frame's file belongs to Python or an installed package."""
    return _LIBRARY.search(path) is not None


def _blocks(lines: list[str]) -> list[_Block]:
    blocks: list[_Block] = []
    in_frame = False
    for line in lines:
        kind = _frame_kind(line)
        if kind:
            blocks.append(_Block(kind, [line]))
            in_frame = True
        elif _RULER.match(line) or _TITLE.match(line):
            in_frame = False
        elif _CHAINED.match(line):
            blocks.append(_Block("chained", [line]))
            in_frame = False
        elif in_frame and _SOURCE_LINE.match(line) and not _ERROR_LINE.match(line):
            blocks[-1].lines.append(line)
        else:
            in_frame = False
            if not blocks or blocks[-1].kind != "message":
                blocks.append(_Block("message"))
            blocks[-1].lines.append(line)
    return [block for block in blocks if any(line.strip() for line in block.lines)]


def _frame_kind(line: str) -> str:
    """The kind of frame that `line` opens, "user" or "library"; "" for any other line."""
    if _CELL_FRAME.match(line):
        return "user"
    match = _FILE_FRAME.match(line) or _BARE_FRAME.match(line) or _GRAPH_FRAME.match(line)
    if match is None:
        return ""
    return "library" if _LIBRARY.search(match.group("path")) else "user"


def _limited(blocks: list[_Block]) -> list[_Block]:
    """Keep only the first and last of many user frames, as in deep recursion."""
    users = [index for index, block in enumerate(blocks) if block.kind == "user"]
    if len(users) <= _USER_BLOCKS:
        return blocks
    half = _USER_BLOCKS // 2
    dropped = set(users[half:-half])
    return [_Block("library", [GAP]) if i in dropped else block for i, block in enumerate(blocks)]


def _trimmed(lines: list[str]) -> list[str]:
    """Remove the blank lines at both ends."""
    start, end = 0, len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return lines[start:end]


def capped_message(message: str, limit: int = MESSAGE_LIMIT) -> str:
    """Remove the middle of a long message.

    It is cut between words: redaction cannot recognise half a secret.
    """
    if len(message) <= limit:
        return message
    half = limit // 2
    tail = message[-half:]
    gap = _BETWEEN_TOKENS.search(tail)
    return f"{_head(message, half)} {GAP} {tail[gap.end() :].lstrip() if gap else ''}".rstrip()


def _shortened(line: str) -> str:
    return line if len(line) <= _LINE_LIMIT else f"{_head(line, _LINE_LIMIT)}{GAP}"


def _head(text: str, length: int) -> str:
    gap = _BETWEEN_TOKENS.search(text[:length][::-1])
    return text[: length - gap.start()].rstrip() if gap else ""


def _tidy(line: str) -> str:
    """Shorten the paths that name the person or the process."""
    line = _TEMPORARY_CELL.sub("Cell", line) if "ipykernel_" in line else line
    return tidy_path(line).rstrip()


def tidy_path(text: str) -> str:
    """Write paths without the name of the home directory."""
    return _HOME.sub("~", text)

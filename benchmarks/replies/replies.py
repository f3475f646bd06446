"""1,200 recorded replies through the parser: nothing lost, nothing inserted that is no Python cell."""

from __future__ import annotations

import ast
import json
import re
import textwrap
from pathlib import Path

from benchmarks.row import Row
from jupyter_devstral.core.reply.parser import Code, Prose, ReplyParser

PYTHON = {"", "python", "python3", "py", "ipython", "ipython3", "{python}"}
FENCE = re.compile(r"[ \t]*(?P<marks>`{3,}|~{3,})[ \t]*(?P<tag>[^\s`]*)[^`]*")
# What a reply leaves for the reader to write: such a block is no whole cell.
PLACEHOLDER = re.compile(r"\.\.\.|…|\byour\b.{0,20}\b(?:here|goes)\b", re.IGNORECASE)


def simple_blocks(reply: str) -> list[str]:
    """Blocks tagged python that a plain line scanner finds and `ast` accepts, without placeholders."""
    found, body, opened = [], [], None
    for line in reply.replace("\r\n", "\n").split("\n"):
        fence = FENCE.fullmatch(line)
        if opened is None:
            opened, body = fence, []
        elif fence and not fence["tag"] and fence["marks"].startswith(opened["marks"]):
            source = textwrap.dedent("\n".join(body))
            if opened["tag"].lower() in PYTHON - {""} and is_whole(source):
                found.append(blank_free(source))
            opened = None
        else:
            body.append(line)
    return found


def is_whole(source: str) -> bool:
    """Whether `ast` accepts the source and nothing in it is left to the reader."""
    if not source.strip() or PLACEHOLDER.search(source):
        return False
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def blank_free(source: str) -> str:
    """The lines without blanks at their ends: `dedent` takes them from empty lines."""
    return "\n".join(line.rstrip() for line in source.strip().split("\n"))


def run(shared: Path | None) -> list[Row]:
    """Every reply at whole."""
    if shared is None:
        return [Row("recorded replies", "no recorded replies here", "", "100 %", None)]
    lines = (shared / "replies" / "replies.jsonl").read_text(encoding="utf-8").splitlines()
    whole = wrong = offered = expected = 0
    for line in lines:
        reply = json.loads(line)["reply"]
        parser = ReplyParser()
        events = [*parser.feed(reply), *parser.close()]
        whole += "".join(e.text if isinstance(e, Prose) else e.raw for e in events) == reply
        cells = [e for e in events if isinstance(e, Code) and e.verdict == "cell"]
        wrong += sum(e.language.lower() not in PYTHON for e in cells)
        sources = "\n".join(blank_free(e.source) for e in cells)
        for block in simple_blocks(reply):
            expected += 1
            offered += block in sources
    count = len(lines)
    return [
        Row("replies given back whole by the events", f"{whole}/{count}", "", "100 %", whole == count),
        Row("cells from a block tagged otherwise", str(wrong), "", "0", wrong == 0),
        Row(
            "python blocks that parse and are offered",
            f"{offered}/{expected}",
            "",
            "100 %",
            offered == expected,
        ),
    ]

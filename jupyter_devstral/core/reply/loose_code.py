"""Code outside any fence: in HTML, in a quotation, or bare below a line that announces it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from .code_block import Code, read_code
from .languages import canonical
from .python_evidence import is_weak_evidence, looks_like_python
from .trailing_prose import looks_like_prose

_TAGS = re.compile(
    r"""^[ \t]*(?:<pre[^<>]*>\s*)?<(?P<tag>code|python|pre)\b(?P<attributes>[^<>]*)>(?P<html>.*?)</(?P=tag)>
      | ^[ \t]*\[(?P<mark>PYTHON|CODE)\](?P<marked>.*?)\[/(?P=mark)\]
      | ^[ \t]*(?P<ticks>``|\'\'\'|\"\"\")(?:python\d?|py)[ \t]*\n(?P<ticked>.*?)\n[ \t]*(?P=ticks)[ \t]*$""",
    re.VERBOSE | re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_LANGUAGE = re.compile(r"(?:language|lang|highlight)-(?P<word>[\w+#-]+)")
_QUOTED = re.compile(r"^[ \t]*> ?(.*)$", re.MULTILINE)
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d+);")
# How many endings of a reply are tried as code, and how many lines may announce it.
_MOST_ENDS, _MOST_LEADS = 8, 8
_PLAIN_LINES = 3


def loose_code(text: str, language: str) -> list[Code]:
    """The blocks of a reply that has no fence, as far as they can become cells."""
    found = [code for code in _in_tags(text, language) if code.verdict == "cell"]
    return found or list(_bare(text, language))


def quoted_text(text: str) -> str:
    """The text behind `>` at the beginning of lines, where it contains a fence; "" elsewhere."""
    inner = "\n".join(_QUOTED.findall(text))
    return inner if "```" in inner or "~~~" in inner else ""


def _in_tags(text: str, language: str) -> Iterator[Code]:
    for found in _TAGS.finditer(text):
        inner = found["html"] or found["marked"] or found["ticked"] or ""
        if "\n" not in inner.strip() and found["tag"] == "code" and "\n" not in inner:
            # A word in a sentence.
            continue
        named = _LANGUAGE.search(found["attributes"] or "")
        tag = named["word"] if named else "python" if "python" in found[0][:20].lower() else ""
        source = html.unescape(inner) if _ENTITY.search(inner) else inner
        yield read_code(found[0], tag, source.strip("\r\n"), notebook_language=language)


def _bare(text: str, language: str) -> Iterator[Code]:
    """Candidates for code: the whole reply, the text below a colon or, of several statements, below prose.

    Each goes up to the next prose.
    """
    if canonical(language) != "python":
        return
    lines = re.split(r"\r\n|\r|\n", text.strip("\r\n"))
    announced = [at + 1 for at, line in enumerate(lines) if _announces(line)][:_MOST_LEADS]
    for start in (0, *announced):
        code = _code_from(lines[start:], language, whole=start == 0)
        if code is not None:
            yield code
            return
    below = [
        at + 1 for at in range(1, len(lines)) if not lines[at].strip() and looks_like_prose(lines[at - 1])
    ]
    for start in below[:_MOST_LEADS]:
        code = _code_from(lines[start:], language, whole=False)
        if code is not None and _is_plainly_code(code.source):
            yield code
            return


def _is_plainly_code(source: str) -> bool:
    """Whether nobody would write it for an example of a value."""
    lines = source.count("\n") + 1
    return lines >= _PLAIN_LINES or (lines > 1 and not is_weak_evidence(source))


def _announces(line: str) -> bool:
    return line.rstrip(" *_").endswith((":", "：")) and looks_like_prose(line)


def _code_from(lines: list[str], language: str, *, whole: bool) -> Code | None:
    """Make a block of the lines up to the last one that is not prose."""
    ends = [len(lines)]
    if not whole:
        ends += [at for at in range(len(lines) - 1, 0, -1) if not lines[at].strip() and _is_prose(lines[at:])]
    for end in ends[:_MOST_ENDS]:
        source = "\n".join(lines[:end]).strip("\n")
        if source and looks_like_python(source):
            code = read_code(source, "", source, notebook_language=language)
            return code if code.verdict == "cell" else None
    return None


def _is_prose(lines: list[str]) -> bool:
    first = next((line for line in lines if line.strip()), "")
    return looks_like_prose(first)

"""A request as it may leave this machine: outputs cleaned, secrets replaced, blobs and library frames out.

Secrets are looked for in what a terminal would show (escapes can stand inside one) and before anything is cut
short: half a secret is not recognised any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Protocol

from ..failure.failure import Failure
from ..notebook.cells import Cell, Notebook, Output
from ..request.allowance import Allowance
from ..request.tasks import RULES_BYTES, Request
from ..text.lazy_pattern import LazyPattern
from ..text.terminal_text import as_shown
from ..text.traceback_text import clean_output, clean_traceback
from .named_outputs import named_outputs

# Outputs are cut to a few hundred characters later: text beyond this length need not be cleaned.
_LONGEST = 20_000
_LAST_GAP = LazyPattern(r"\s\S*\Z")
_FIRST_GAP = LazyPattern(r"\s")
_GAP_IN_NAME = LazyPattern(r"[-_.+~ ]")
_FRAME_CONTEXT = LazyPattern(r"^\s+\d+(?:\s.*)?$")
_FAILING_LINE = LazyPattern(r"^-+> ", re.MULTILINE)
_OWN_FRAME = re.compile(r"(?:Cell In|Input In ?)\[\d+\], line \d+")
_COMPILED_FRAME = LazyPattern(
    r"^(?: *File \"?[^\"\n]*?\.(?:pyx|pxi|pxd)\b|\S+\.(?:pyx|pxi|pxd) in ).*\n(?:-+> .*\n)?", re.MULTILINE
)
_CAUSE = re.compile(
    r"^(?:The above exception was the direct cause|During handling of the above).*\n", re.MULTILINE
)
# Wrapped base64 has lines of 60 to 76 characters.
_BLOB_CHARACTERS = 60


class Redacts(Protocol):
    """Protocol of a redactor: `core.redaction.Redactor`."""

    def redact(self, texts: Sequence[str]) -> list[str]:
        """The texts with their secrets replaced."""
        ...


def narrowed(request: Request, allowance: Allowance, redactor: Redacts | None) -> Request:
    """What may go of a request; secrets that the rest of it gives away are known all the same."""
    if allowance.is_everything:
        return request
    if redactor is not None:
        safe_request(request, redactor)
    return allowance.narrowed(request)


def safe_request(request: Request, redactor: Redacts | None) -> Request:
    """The same request, clean.

    All texts of the notebook are redacted together, in document order, also those that will not be sent: so
    the placeholders do not depend on what is.
    """
    cells = [shown_cell(cell) for cell in request.notebook.cells]
    extra = [shown_cell(cell) for cell in (request.focus, request.target) if cell is not None]
    texts = [text for cell in [*cells, *extra] for text in _texts_of(cell)]
    texts += [variable.text for variable in request.variables]
    texts += _failure_texts(request.failure)
    texts += [text for each in request.attachments for text in (each.text, each.name)]
    texts.append(request.question)
    texts += [text for rules in request.rules for text in (rules.text, rules.name)]
    # Mostly the same texts again; those of earlier versions come last, for the sake of the placeholders.
    steps = [shown_cell(step.cell) for step in request.history.steps] if request.history else []
    seen = set(texts)
    texts += dict.fromkeys(text for cell in steps for text in _texts_of(cell) if text not in seen)
    names = [*(each.name for each in request.attachments), *(each.name for each in request.rules)]
    told = [*map(named_outputs, [*cells, *extra, *steps]), *map(_ends_of_name, names)]
    # What is told comes last, too, and only to be known.
    safe = redactor.redact([*texts, *dict.fromkeys(told)])[: len(texts)] if redactor is not None else texts
    said = dict(zip(texts, safe, strict=True))
    safe_steps = iter(
        [clean_cell(_with_texts(cell, map(said.__getitem__, _texts_of(cell)))) for cell in steps]
    )
    rest = iter(safe)
    safe_cells = tuple(clean_cell(_with_texts(cell, rest)) for cell in cells)
    safe_extra = [clean_cell(_with_texts(cell, rest)) for cell in extra]
    return replace(
        request,
        notebook=Notebook(safe_cells, request.notebook.language),
        focus=safe_extra.pop(0) if request.focus is not None else None,
        target=safe_extra.pop(0) if request.target is not None else None,
        variables=tuple(replace(variable, text=next(rest)) for variable in request.variables),
        failure=_failure_with(request.failure, rest),
        attachments=tuple(replace(each, text=next(rest), name=next(rest)) for each in request.attachments),
        question=next(rest),
        history=request.history.with_cells(lambda _: next(safe_steps)) if request.history else None,
        rules=tuple(replace(rules, text=_first_of(next(rest)), name=next(rest)) for rules in request.rules),
    )


def _ends_of_name(name: str) -> str:
    """The ends of a file's name, a line each: in `backup-AKIA….csv` a key is glued to a word."""
    return "\n".join(name[gap.end() :] for gap in _GAP_IN_NAME.finditer(name))


def _first_of(rules: str) -> str:
    """As much of a file of rules as a prompt carries, in whole lines where it has any."""
    content = rules.encode(errors="replace")
    if len(content) <= RULES_BYTES:
        return rules
    kept = content[:RULES_BYTES].decode(errors="ignore")
    return kept[: kept.rfind("\n") + 1] or _LAST_GAP.sub("", kept)


@lru_cache(maxsize=16384)
def shown_cell(cell: Cell) -> Cell:
    """The cell with its outputs as they are seen on the screen, the longest ones without their middle."""
    return replace(cell, outputs=tuple(_shown(output) for output in cell.outputs))


@lru_cache(maxsize=16384)
def clean_cell(cell: Cell) -> Cell:
    """The cell with its outputs fit to be read, and without data blobs in its source."""
    source = cell.source
    if len(source) >= _BLOB_CHARACTERS:
        source = clean_output(source) if _may_hold_a_blob(source) else source
    return replace(cell, source=source, outputs=tuple(_clean_output(output) for output in cell.outputs))


def is_sent_whole(cell: Cell) -> bool:
    """Tell whether a cell's source is sent as it stands; a rewrite of another would lose what is left out."""
    return clean_cell(cell).source == cell.source


def _may_hold_a_blob(source: str) -> bool:
    return ";base64," in source or any(len(word) >= _BLOB_CHARACTERS for word in source.split())


def _shown(output: Output) -> Output:
    text = output.text
    if len(text) > 2 * _LONGEST:
        head, tail = _LAST_GAP.sub("", text[:_LONGEST]), text[-_LONGEST:]
        gap = _FIRST_GAP.search(tail)
        text = f"{head}\n…\n{tail[gap.end() :] if gap else ''}"
    return replace(output, text=as_shown(text), evalue=as_shown(output.evalue))


def _clean_output(output: Output) -> Output:
    text = output.text
    if output.kind != "error":
        return replace(output, text=clean_output(text))
    said = clean_output(f"{output.ename}: {output.evalue}".strip(": "))
    frames = _shortest(clean_traceback(text))
    if said and not any(output.ename in line for line in frames):
        frames.append(said)
    return Output("error", "\n".join(frames), output.mime, output.ename, "")


def _shortest(traceback: str) -> list[str]:
    """The frames by their failing lines, the messages; no cause in which no line of the user failed."""
    parts = _CAUSE.split(_COMPILED_FRAME.sub("", traceback))
    told = [part for part in parts[:-1] if _FAILING_LINE.search(part)] + parts[-1:]
    lines = [line for part in told for line in part.split("\n") if line and not _FRAME_CONTEXT.match(line)]
    # The outermost frame is the cell's own, and the number of its run another one each time.
    is_own = len(lines) > 1 and _OWN_FRAME.fullmatch(lines[0]) and _FAILING_LINE.match(lines[1])
    return lines[1:] if is_own else lines


def _texts_of(cell: Cell) -> Iterator[str]:
    yield cell.source
    for output in cell.outputs:
        yield output.text
        yield output.evalue
    for turn in cell.turns:
        yield turn.user_text
        yield turn.reply


def _failure_texts(failure: Failure | None) -> list[str]:
    """What of a failure may hold a secret."""
    if failure is None:
        return []
    inside = [text for frame in failure.frames for text in (frame.source, frame.place, *frame.values)]
    return [as_shown(text) for text in (failure.evalue, *failure.causes, *failure.hints, *inside)]


def _failure_with(failure: Failure | None, texts: Iterator[str]) -> Failure | None:
    """The failure with these texts, read fit."""
    if failure is None:
        return None
    clean = map(clean_output, texts)
    evalue = next(clean)
    causes = tuple(next(clean) for _ in failure.causes)
    hints = tuple(next(clean) for _ in failure.hints)
    frames = tuple(
        replace(frame, source=next(clean), place=next(clean), values=tuple(next(clean) for _ in frame.values))
        for frame in failure.frames
    )
    return replace(failure, evalue=evalue, causes=causes, hints=hints, frames=frames)


def _with_texts(cell: Cell, texts: Iterator[str]) -> Cell:
    source = next(texts)
    outputs = tuple(replace(output, text=next(texts), evalue=next(texts)) for output in cell.outputs)
    turn = replace(cell.turn, user_text=next(texts), reply=next(texts)) if cell.turn else None
    chat = tuple(replace(turn, user_text=next(texts), reply=next(texts)) for turn in cell.chat)
    if (source, turn, outputs, chat) == (cell.source, cell.turn, cell.outputs, cell.chat):
        return cell
    return replace(cell, source=source, outputs=outputs, turn=turn, chat=chat)

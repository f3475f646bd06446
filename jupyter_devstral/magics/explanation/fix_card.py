"""The look of an explanation: the bundle that the JupyterLab half renders, with Markdown beside it.

Pure functions of their arguments, independent of kernel and model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ...core.notebook.cells import REPLY_MIME
from ...core.text.markdown import code_block, prose
from ...core.wire import turn_record
from ..display.insertion import diff_markdown

if TYPE_CHECKING:
    from ...core.answer import Reply
    from ...core.edits.edit import Edit
    from ...core.notebook.cells import Notebook

OFFER, WORKING, DONE, DISMISSED = "offer", "working", "done", "dismissed"
ACCEPT = "`%devstral accept` puts it into a cell."
HOW_TO_CHANGE = (
    "Failing cells are explained by themselves. `%devstral auto button` shows one line instead, "
    "`%devstral auto off` nothing."
)


@dataclass
class FixCard:
    """One explanation on the screen. Fields that are not known yet are empty.

    Attributes:
        id: the id of the card in messages from the front-end.
        state: OFFER (a line to ask for it), WORKING, DONE or DISMISSED.
        title: the error in one line.
        cell_id: the cell that failed; `notebook` gives its place.
        prose: Markdown, already made safe.
        trial, verdict: the outcome of the fix in a trial, in words, and as one of `trial.Verdict`'s kinds.
        rerun: keys of the cells that "Apply and run" runs.
        advice: what to do where there is nothing to apply.
        notes: quiet sentences at the end.
        hint: a note that is only worth showing under an answer.
        says_accept: whether it names `%devstral accept`, for users who type where no front-end applies edits.
    """

    id: str
    title: str
    cell_id: str
    notebook: Notebook
    state: str = WORKING
    prose: str = ""
    edits: tuple[Edit, ...] = ()
    trial: str = ""
    verdict: str = ""
    rerun: tuple[str, ...] = ()
    advice: str = ""
    receipt: str = ""
    notes: list[str] = field(default_factory=list)
    hint: str = ""
    says_accept: bool = True
    reply: Reply | None = None
    said: str = ""

    def bundle(
        self, arriving: str = "", status: str = "", fallback: str = "", *, waited: float = 0
    ) -> dict[str, Any]:
        """All MIME types of the card's display.

        `arriving` is the Markdown, `status` what is waited for, and `waited` for how many seconds, of an
        explanation that is not finished; `fallback` all of it for front-ends that do not know the card.
        """
        shown = fallback or self.markdown()
        data: dict[str, Any] = {
            "version": 1,
            "task": "fix",
            "reply": self.said,
            "prose": arriving or self.prose,
            "edits": [edit.as_json() for edit in self.edits],
            "receipt": self.receipt,
            "card": self._card(status, waited),
        }
        if self.reply is not None:
            data |= _record_of(self.reply)
        return {REPLY_MIME: data, "text/markdown": shown, "text/plain": shown}

    def markdown(self) -> str:
        """The finished explanation for front-ends that do not know the card."""
        if self.state == DISMISSED:
            return ""
        parts = [self.prose.strip(), self._fix(), prose(self.advice), self.receipt]
        parts += [f"*{prose(note)}*" for note in self.notes]
        return "\n\n".join(part for part in parts if part)

    def ending(self) -> str:
        """The same without the prose, which a terminal has shown already."""
        parts = [self._fix(), self.advice, self.receipt, *self.notes]
        return "\n\n".join(part for part in parts if part)

    def _fix(self) -> str:
        if not self.edits:
            return ""
        where = " and ".join(dict.fromkeys(self.name_of(edit.cell_id) for edit in self.edits))
        badge = f" · *{prose(self.trial)}*" if self.trial else ""
        accept = f"\n{ACCEPT}" if self.says_accept else ""
        return f"**Fix for {where}**{badge}\n\n{diff_markdown(self.edits, self.name_of)}{accept}"

    def name_of(self, key: str) -> str:
        """Name a cell by what the user sees of it: "cell [4]", "cell #5"."""
        return self.notebook.called(key, "the cell")

    def _index_of(self, key: str) -> int | None:
        return next((cell.index for cell in self.notebook.cells if key and cell.key == key), None)

    def _card(self, status: str, waited: float) -> dict[str, Any]:
        targets = dict.fromkeys(edit.cell_id for edit in self.edits)
        return {
            "id": self.id,
            "state": self.state,
            "status": status,
            "waited": int(waited),
            "title": self.title,
            "failed": {"cell_id": self.cell_id, "index": self._index_of(self.cell_id)},
            "targets": [{"cell_id": key, "index": self._index_of(key)} for key in targets],
            "trial": {"kind": self.verdict, "text": self.trial} if self.trial else None,
            "rerun": list(self.rerun),
            "advice": self.advice,
            "hint": " ".join(self.notes).replace("`", ""),
        }


def _record_of(reply: Reply) -> dict[str, Any]:
    """The stored record that replays the exchange and accounts for it."""
    return {
        "turn": turn_record(reply.turn),
        "finished": reply.finished,
        "notes": list(reply.notes),
        "usage": asdict(reply.usage) if reply.usage else None,
        "model": reply.model,
    }


def explanation_prose(
    text: str, language: str, *, without_code: bool = False, shown: Sequence[str] = ()
) -> str:
    """The prose of a reply as safe Markdown.

    A cell in it is left out where all its lines stand in one of the sources `shown`, as a diff shows those
    elsewhere; with `without_code` every one is.
    """
    from ...core.edits.versions.loss import code_lines
    from ...core.reply.code_block import Prose, cell_heading
    from ...core.reply.parser import ReplyParser

    elsewhere = [set(code_lines(source)) for source in shown]
    parser = ReplyParser(language)
    parts: list[str] = []
    for event in (*parser.feed(text), *parser.close()):
        if isinstance(event, Prose):
            parts.append(event.text)
        elif event.verdict == "cell" and (
            without_code or any(lines.issuperset(code_lines(event.source)) for lines in elsewhere)
        ):
            lines = parts.pop().rstrip().split("\n") if parts else []
            # A line that only names the cell of the code is left out with it.
            named = bool(lines) and bool(cell_heading(lines[-1].strip()))
            parts.append("\n".join(lines[:-1] if named else lines) + "\n\n")
        else:
            parts.append(f"\0{code_block(event.source, event.language)}")
    return "".join(_dressed(parts)).strip()


def _dressed(parts: Sequence[str]) -> Iterable[str]:
    for part in parts:
        yield f"\n{part[1:]}\n" if part.startswith("\0") else prose(part)

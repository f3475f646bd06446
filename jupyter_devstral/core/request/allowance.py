"""What of a request may go where it is answered: the one place that takes the rest out.

Knows no route and no policy: whoever asks says which kinds may go, and which earlier turns had no others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..failure.failure import Failure, Frame
from ..notebook.cells import Cell, Turn
from ..settings.policy import SENDABLE, Sendable
from .tasks import Attachment, Request

EVERYTHING = frozenset(SENDABLE)


def _never(turn: Turn) -> bool:
    return False


@dataclass(frozen=True)
class Allowance:
    """What may go.

    Attributes:
        kinds: of things; the user's own words always go.
        redacts: whether secrets are replaced whatever the settings say.
        may_replay: whether an earlier exchange held nothing else; it quotes what was sent with it.
    """

    kinds: frozenset[Sendable] = EVERYTHING
    redacts: bool = False
    may_replay: Callable[[Turn], bool] = _never

    @property
    def is_everything(self) -> bool:
        """Whether nothing is taken out."""
        return self.kinds >= EVERYTHING

    def narrowed(self, request: Request) -> Request:
        """The request without what may not go; the same one where everything may."""
        if self.is_everything:
            return request
        notebook = replace(request.notebook, cells=tuple(map(self._cell, request.notebook.cells)))
        return replace(
            request,
            notebook=notebook,
            history=request.history.with_cells(self._cell) if request.history else None,
            focus=self._cell(request.focus) if request.focus else None,
            target=self._cell(request.target) if request.target else None,
            variables=request.variables if "schemas" in self.kinds else (),
            attached=request.attached if "schemas" in self.kinds else (),
            failure=self._failure(request.failure) if request.failure else None,
            attachments=tuple(each for each in request.attachments if _kind_of(each) in self.kinds),
            images=request.images if "images" in self.kinds else (),
            rules=request.rules if "files" in self.kinds else (),
        )

    def withheld(self, request: Request) -> tuple[Sendable, ...]:
        """The kinds that a request has and that may not go, in the order of SENDABLE."""
        cells = request.notebook.cells
        has: dict[Sendable, bool] = {
            "source": any(cell.source.strip() for cell in cells),
            "schemas": bool(request.variables),
            "outputs": request.failure is not None or any(cell.outputs for cell in cells),
            "files": bool(request.rules) or "files" in map(_kind_of, request.attachments),
            "images": bool(request.images),
        }
        return tuple(kind for kind in SENDABLE if has[kind] and kind not in self.kinds)

    def _cell(self, cell: Cell) -> Cell:
        """The cell as far as it may go; it keeps its place, by which others are counted."""
        return replace(
            cell,
            source=cell.source if "source" in self.kinds else "",
            outputs=cell.outputs if "outputs" in self.kinds else (),
            turn=cell.turn if cell.turn and self.may_replay(cell.turn) else None,
            chat=tuple(turn for turn in cell.chat if self.may_replay(turn)),
        )

    def _failure(self, failure: Failure) -> Failure:
        """The failure: its message and its values are outputs, its failing lines are source."""
        if "outputs" not in self.kinds:
            causes = tuple(cause.partition(":")[0] for cause in failure.causes)
            failure = replace(failure, evalue="", causes=causes, hints=())
        return replace(failure, frames=tuple(map(self._frame, failure.frames)))

    def _frame(self, frame: Frame) -> Frame:
        return replace(
            frame,
            source=frame.source if "source" in self.kinds else "",
            values=frame.values if "outputs" in self.kinds else (),
        )


def _kind_of(attachment: Attachment) -> Sendable:
    return "files" if attachment.kind == "file" and not attachment.is_source else "source"

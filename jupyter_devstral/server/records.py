"""What the browser is told about a prompt, as JSON: pieces with their tokens, window, what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..core.context.cell_text import cell_text

if TYPE_CHECKING:
    from ..core.context.history import Piece
    from ..core.model.token_estimate import TokenEstimate
    from ..core.model.window import Window
    from ..core.notebook.cells import Notebook
    from ..core.prompt.prompt import Prompt
    from ..core.request.tasks import Request

_LABELS = {
    "cell": "cell {}",
    "below": "cell {}",
    "definition": "part of cell {}",
    "error": "error of cell {}",
    "turn": "earlier answer",
    "outdated": "earlier versions of changed cells",
}


def sent_record(
    request: Request,
    prompt: Prompt,
    window: Window,
    *,
    reply_reserve: int,
    model: str,
    place: str,
    route: str,
    estimate: TokenEstimate,
    notes: Sequence[str] = (),
    rules: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """What is, or would be, sent; see the protocol in CONTRIBUTING.md."""
    pieces = _records(prompt.pieces, request.notebook)
    target = request.target
    if target is not None and f"cell:{target.key}" not in {piece["key"] for piece in pieces}:
        text = cell_text(target, request.notebook.language)
        label = f"cell {target.sign}"
        pieces.append(_record("target", target.key, label, estimate(text), target.index))
    pieces += [_record("image", str(n), f"image {n + 1}", 0) for n in range(len(request.images))]
    return {
        "tokens": prompt.tokens,
        "window": window.tokens,
        "window_source": window.source,
        "reply_reserve": reply_reserve,
        "is_remote": bool(place),
        "place": place,
        "route": route,
        "withheld": list(prompt.withheld),
        "model": model,
        "redactions": prompt.redactions,
        "values": prompt.values,
        # What is replayed of this question in later ones; an answer that is stopped never says so.
        "user_text": prompt.user_text,
        "described": [list(one) for one in prompt.described],
        "pieces": pieces,
        "dropped": _records(prompt.dropped, request.notebook),
        "notes": list(notes),
        "rules": list(rules),
    }


def _records(pieces: Iterable[Piece], notebook: Notebook) -> list[dict[str, Any]]:
    """One record for each key, in order; a turn is two pieces, and a cell may have several turns.

    All that no longer holds is one record: of a deleted cell there is nothing to point at.
    """
    index_of = {cell.key: cell.index for cell in notebook.cells}
    records: dict[str, dict[str, Any]] = {}
    for piece in pieces:
        if piece.kind == "outdated":
            piece = replace(piece, id="")
        index = index_of.get(piece.id) if piece.kind in _LABELS else None
        label = _LABELS.get(piece.kind, "{}").format(
            piece.id if index is None else notebook.cells[index].sign
        )
        record = _record(piece.kind, piece.id, label or "selection", 0, index)
        records.setdefault(record["key"], record)["tokens"] += piece.tokens
    return list(records.values())


def _record(kind: str, id: str, label: str, tokens: int, index: int | None = None) -> dict[str, Any]:
    """`label` is English; `index`, of a cell, is there for front-ends that speak other languages."""
    key = kind if kind == "selection" else f"{kind}:{id}"
    return {"key": key, "kind": kind, "label": label, "index": index, "tokens": tokens}

"""A cell of a run as a page reads it."""

from __future__ import annotations

from typing import Any

from ...core.agent.draft import Draft, DraftCell

# Of one cell, in characters of JSON; more is only said to have been there.
_MOST = 4_000_000
_WIDGET = "It shows or changes a widget: widgets are live only after you have run the cell yourself."


def cell_records(draft: Draft) -> dict[str, dict[str, Any]]:
    """All cells that the run has made something of, by id."""
    records: dict[str, dict[str, Any]] = {}
    above = ""
    for cell in draft.cells:
        if cell.state != "as it was" or cell.ran is not None:
            records[cell.id] = _record(draft, cell, above)
        above = cell.id
    return records


def _record(draft: Draft, cell: DraftCell, above: str) -> dict[str, Any]:
    ran = cell.ran
    return {
        "id": cell.id,
        "name": draft.short(cell),
        "above": above,
        "kind": cell.kind,
        "state": cell.state if not (cell.deleted and cell.before is None) else "as it was",
        "source": cell.source,
        "before": cell.before,
        "outputs": _fitting([dict(output) for output in cell.outputs]),
        "shows": list(ran.shows) if ran else [],
        "updates": _fitting([dict(update) for update in ran.updates]) if ran else [],
        "notes": _notes(cell),
        "ran": ran is not None,
        "error": ran.error if ran else "",
        "problem": ran.problem if ran else "",
        "refused": list(cell.refused),
        "seconds": round(ran.seconds, 3) if ran else 0,
        "memory": ran.memory if ran else 0,
    }


def _notes(cell: DraftCell) -> list[list[str]]:
    """Say what is to be known of a cell before it is kept: a kind and a sentence each."""
    refused = [f"Refused in the rehearsal: {one}. The cell does so when it is run." for one in cell.refused]
    notes = [["refused", words] for words in refused]
    ran = cell.ran
    if ran is not None and ran.problem:
        notes.append(["problem", f"Not finished: {ran.problem}."])
    if ran is not None and ran.has_widget:
        notes.append(["widget", _WIDGET])
    return notes


def _fitting(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    room = _MOST
    for output in outputs:
        room -= len(str(output))
        if room < 0:
            text = "(more was shown than is kept for the review)\n"
            return [*kept, {"output_type": "stream", "name": "stderr", "text": text}]
        kept.append(output)
    return kept

"""The records of a run so far; of what a cell showed only the last is kept."""

from __future__ import annotations

from typing import Any

from ..followed_log import FollowedLog
from ..streaming import Record, joined


class RunLog(FollowedLog):
    """A log in which a repaired cell's earlier outputs are its error alone."""

    def __init__(self) -> None:
        super().__init__()
        self._latest: dict[str, int] = {}

    @property
    def joined(self) -> list[Record]:
        """All records, texts that follow one another as one."""
        return list(joined(self.records))

    def add(self, record: Record) -> None:
        """Add a record; the outputs that one before it showed of the same cell go."""
        if record["type"] == "cell":
            self._forget_outputs(str(record["cell"]["id"]))
            self._latest[record["cell"]["id"]] = len(self.records)
        super().add(record)

    def _forget_outputs(self, cell: str) -> None:
        at = self._latest.get(cell)
        if at is not None:
            record = self.records[at]
            errors = [one for one in record["cell"]["outputs"] if one.get("output_type") == "error"]
            self.records[at] = {**record, "cell": {**record["cell"], "outputs": errors}}


def shown_cells(records: list[Record]) -> dict[str, Any]:
    """The last record of each cell, by id."""
    return {record["cell"]["id"]: record["cell"] for record in records if record["type"] == "cell"}

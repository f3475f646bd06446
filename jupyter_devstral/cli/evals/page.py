"""The one page that `eval` prints."""

from __future__ import annotations

from collections.abc import Sequence

from .results import Row, failures, table
from .sufficiency import Terms, comparison, sentences


def page(results: Sequence[tuple[str, Sequence[Row], Terms]]) -> str:
    """The figures; below, whether each model's window and quantisation suffice, and where it fails."""
    lines = table([(model, rows) for model, rows, _ in results])
    for model, rows, terms in results:
        lines += ["", f"{model}:", *(f"  {sentence}." for sentence in sentences(terms, rows))]
        cut = sum(row.cut for row in rows)
        if cut and terms.longest_reply >= terms.max_reply_tokens:
            lines.append(
                f"  {cut} of its answers were ended by their length: a larger max_reply_tokens may help."
            )
        lines += failures(model, rows)
    if len(results) == 2:
        lines += ["", f"{comparison(results[0][1], results[1][1])}."]
    return "\n".join(lines) + "\n"

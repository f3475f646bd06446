"""Outcomes of tests in words and as a Markdown table."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.text.markdown import code_block, inline_code, prose, table
from .pytest_run import PASSED, SKIPPED, TestOutcome

_DETAILS = 10


def outcomes_markdown(outcomes: Sequence[TestOutcome]) -> str:
    """Write a line that counts, a table, and pytest's report of the tests that did not pass."""
    parts = [f"**{counted(outcomes)}**"]
    if outcomes:
        parts.append(outcomes_table(outcomes))
    reported = [one for one in outcomes if one.detail]
    parts += [f"{inline_code(one.name)}\n\n{code_block(one.detail, 'text')}" for one in reported[:_DETAILS]]
    if len(reported) > _DETAILS:
        parts.append(f"*{len(reported) - _DETAILS} more reports are not shown.*")
    return "\n\n".join(parts)


def outcomes_table(outcomes: Sequence[TestOutcome]) -> str:
    """Write a Markdown table with a row a test."""
    rows = [
        (inline_code(one.name), one.kind, _milliseconds(one.seconds), prose(one.message)) for one in outcomes
    ]
    # Side panels are narrow.
    columns = 4 if any(one.message for one in outcomes) else 3
    return table(["test", "result", "ms", "why"][:columns], [row[:columns] for row in rows])


def counted(outcomes: Sequence[TestOutcome]) -> str:
    """Count the tests: "5 tests, all pass", "5 tests: 3 pass, 1 failed, 1 skipped"."""
    number = f"{len(outcomes)} {'test' if len(outcomes) == 1 else 'tests'}"
    kinds = [one.kind for one in outcomes]
    if not outcomes:
        return "no test ran"
    if set(kinds) == {PASSED}:
        return f"{number}, all pass" if len(outcomes) > 1 else f"{number}, it passes"
    order = [PASSED, *sorted(set(kinds) - {PASSED, SKIPPED}), SKIPPED]
    words = [f"{kinds.count(kind)} {'pass' if kind == PASSED else kind}" for kind in order if kind in kinds]
    return f"{number}: {', '.join(words)}"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f}" if seconds >= 0.0005 else "<1"

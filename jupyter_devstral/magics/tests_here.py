"""`%%devstral pytest`: the tests of a cell, run in the kernel itself, with a table of what became of them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from ..core.errors import UsageError
from .cell_tests import HELPERS, PASSED, SKIPPED, TestOutcome, define_tests, run_tests, tests_in
from .live_output import sendable
from .markdown import code_block, inline_code, prose, table

_DETAILS = 10


def run_here(ip: Any, source: str) -> None:
    """Execute a cell of tests and run them; without a source, the tests that the namespace has.

    Raises what the cell raises, and `UsageError` where there is no test.
    """
    if source.strip():
        code = _plain_python(ip, source)
        filename = ip.compile.cache(code, ip.execution_count, raw_code=source)
        try:
            names = define_tests(code, ip.user_ns, filename)
        finally:
            # `%who` tells hidden names by their values.
            ip.user_ns_hidden.update({name: ip.user_ns[name] for name in HELPERS if name in ip.user_ns})
    else:
        names = tests_in(ip.user_ns)
    if not names:
        raise UsageError("There is no test here: pytest takes functions named `test_…` and classes `Test…`.")
    outcomes = run_tests(names, ip.user_ns)
    markdown = outcomes_markdown(outcomes)
    ip.display_pub.publish(sendable({"text/markdown": markdown, "text/plain": markdown}), metadata={})


def _plain_python(ip: Any, source: str) -> str:
    """IPython's syntax as calls, only where there is any: pytest quotes the lines of what it runs."""
    try:
        ast.parse(source)
    except SyntaxError:
        return str(ip.transform_cell(source))
    return source


def outcomes_markdown(outcomes: Sequence[TestOutcome]) -> str:
    """A line that counts, a table of the tests, and pytest's report of those that did not pass."""
    parts = [f"**{counted(outcomes)}**"]
    if outcomes:
        parts.append(outcomes_table(outcomes))
    reported = [one for one in outcomes if one.detail]
    parts += [f"{inline_code(one.name)}\n\n{code_block(one.detail, 'text')}" for one in reported[:_DETAILS]]
    if len(reported) > _DETAILS:
        parts.append(f"*{len(reported) - _DETAILS} more reports are not shown.*")
    return "\n\n".join(parts)


def outcomes_table(outcomes: Sequence[TestOutcome]) -> str:
    """One row a test, as a Markdown table."""
    rows = [
        (inline_code(one.name), one.kind, _milliseconds(one.seconds), prose(one.message)) for one in outcomes
    ]
    # Side panels are narrow.
    columns = 4 if any(one.message for one in outcomes) else 3
    return table(["test", "result", "ms", "why"][:columns], [row[:columns] for row in rows])


def counted(outcomes: Sequence[TestOutcome]) -> str:
    """ "5 tests, all pass", "5 tests: 3 pass, 1 failed, 1 skipped"."""
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

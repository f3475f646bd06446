"""`%%devstral pytest`: a cell's tests, run in the kernel itself, and a table of their outcomes."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from ..core.errors import UsageError
from ..core.notebook.own_cells import TESTS_KEY
from ..kernel.proof.cell_tests import HELPERS, CellTests, define_tests, tests_apart, without_shell_names
from ..kernel.proof.outcomes_text import counted, outcomes_markdown
from ..kernel.proof.pytest_run import ERROR, FAILED, TestOutcome, run_tests, tests_in
from .display.live_output import publish_text


def run_here(ip: Any, source: str) -> None:
    """Execute a cell of tests and run them. Without a source, run the tests in the namespace.

    Raises whatever the cell raises, and UsageError where there is no test.
    """
    with without_shell_names(ip.user_ns):
        try:
            cells = [_defined(ip, source)] if source.strip() else _known(ip.user_ns)
            cells = [cell for cell in cells if cell.names]
            if not cells:
                raise UsageError(
                    "There is no test here: pytest takes functions named `test_…` and classes `Test…`."
                )
            outcomes = [one for cell in cells for one in run_tests(cell.names, cell.namespace)]
        finally:
            # `%who` recognises hidden names by their values.
            ip.user_ns_hidden.update({name: ip.user_ns[name] for name in HELPERS if name in ip.user_ns})
    _show(ip, outcomes, cells if source.strip() else [])


def _defined(ip: Any, source: str) -> CellTests:
    code = _plain_python(ip, source)
    return define_tests(code, ip.user_ns, ip.compile.cache(code, ip.execution_count, raw_code=source))


def _known(user_ns: dict[str, Any]) -> list[CellTests]:
    return [CellTests(tests_in(user_ns), user_ns), *tests_apart(user_ns)]


def _show(ip: Any, outcomes: Sequence[TestOutcome], cells: Sequence[CellTests]) -> None:
    markdown = "\n\n".join([outcomes_markdown(outcomes), *(note for cell in cells for note in _notes(cell))])
    failed = sum(one.kind in (FAILED, ERROR) for one in outcomes)
    # Tells a runner of notebooks that the cell failed, although it did not raise.
    metadata = {TESTS_KEY: {"failed": failed, "text": counted(outcomes)}}
    publish_text(ip.display_pub, markdown, markdown, metadata=metadata)


def _notes(cell: CellTests) -> list[str]:
    notes = []
    if cell.kept:
        names = ", ".join(f"`{name}`" for name in cell.kept)
        stays = "stays as it is" if len(cell.kept) == 1 else "stay as they are"
        notes.append(
            f"Your own {names} {stays}: this cell's tests ran beside it, in a namespace of their own."
        )
    for name in dict.fromkeys(cell.twice):
        notes.append(f"This cell defines `{name}` more than once: only the last one ran.")
    return notes


def _plain_python(ip: Any, source: str) -> str:
    """Turn IPython's syntax into calls, only where there is any. Pytest quotes the lines of what it runs."""
    try:
        ast.parse(source)
    except SyntaxError:
        return str(ip.transform_cell(source))
    return source

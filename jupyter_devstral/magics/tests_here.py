"""`%%devstral pytest`: the tests of a cell, run in the kernel itself, with a table of what became of them."""

from __future__ import annotations

import ast
from typing import Any

from ..core.errors import UsageError
from ..kernel.proof.outcomes_text import outcomes_markdown
from ..kernel.proof.pytest_run import HELPERS, define_tests, run_tests, tests_in
from .display.live_output import publish_text


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
    publish_text(ip.display_pub, markdown, markdown)


def _plain_python(ip: Any, source: str) -> str:
    """IPython's syntax as calls, only where there is any: pytest quotes the lines of what it runs."""
    try:
        ast.parse(source)
    except SyntaxError:
        return str(ip.transform_cell(source))
    return source

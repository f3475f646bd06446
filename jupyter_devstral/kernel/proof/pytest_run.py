"""A run of pytest in this very process for tests that stand in a cell.

Must not know who wrote the tests, or how the results are shown. pytest is imported with the first run only.

The tests of a cell have no file. pytest is given a module node made of the namespace's objects in place of
one, with no configuration, no `conftest.py` and no plugins of other packages: the result must not depend on
the folder that the kernel runs in. Rewriting asserts uses `_pytest.assertion.rewrite`, as there is no public
way to it for code without a file.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from ...core.errors import UsageError
from ...core.unit_tests.written_tests import is_test_name
from .own_pytest import own_pytest

PASSED, FAILED, ERROR, SKIPPED = "passed", "failed", "error", "skipped"

_MESSAGE_LIMIT, _DETAIL_LIMIT = 200, 4000
_ARGUMENTS = ("--capture=sys", "--noconftest", "-c", os.devnull, "--rootdir", os.sep)
_NO_PLUGINS = ("terminal", "cacheprovider", "faulthandler", "junitxml", "logging", "pastebin", "stepwise")


@dataclass(frozen=True)
class TestOutcome:
    """The end of one test.

    Attributes:
        name: of the test, with its parameters: "test_mean[2]".
        kind: PASSED, FAILED (an assertion does not hold), ERROR (anything else was raised) or SKIPPED.
        seconds: of its call, without fixtures.
        message: what was asserted or raised, on one line; "" when it passed.
        detail: pytest's own report, with the lines of the test; "" when it passed.
    """

    # pytest would take it for tests, by its name.
    __test__ = False

    name: str
    kind: str
    seconds: float = 0.0
    message: str = ""
    detail: str = ""

    @property
    def test(self) -> str:
        """The function or class it is of: "test_mean" of "test_mean[2]", "TestIt" of "TestIt::test_one"."""
        return self.name.partition("[")[0].partition("::")[0]


def tests_in(namespace: Mapping[str, Any]) -> tuple[str, ...]:
    """List the names that are bound to tests of the notebook's cells."""
    return tuple(
        name
        for name, value in namespace.items()
        if (is_case(value) or (is_test_name(name) and (inspect.isfunction(value) or inspect.isclass(value))))
        and value.__module__ == "__main__"
    )


def is_case(value: object) -> bool:
    """Whether it is a class of `unittest`'s tests, which may have any name."""
    # Where nobody has imported it, nothing is one.
    unittest = sys.modules.get("unittest")
    return unittest is not None and inspect.isclass(value) and issubclass(value, unittest.TestCase)


def run_tests(
    names: Collection[str],
    namespace: Mapping[str, Any],
    *,
    stop_at_first: bool = False,
    on_begin: Callable[[str], None] | None = None,
    on_end: Callable[[TestOutcome, BaseException | None], None] | None = None,
) -> list[TestOutcome]:
    """Run the tests that `names` are bound to; the fixtures of the whole namespace are theirs.

    Args:
        stop_at_first: end with the first test that fails.
        on_begin, on_end: told each test's name before it runs, and its outcome with what it raised after.

    Raises `UsageError` when pytest did not get as far as running them.
    """
    with own_pytest():
        return _run_tests(names, namespace, stop_at_first=stop_at_first, on_begin=on_begin, on_end=on_end)


def _run_tests(
    names: Collection[str],
    namespace: Mapping[str, Any],
    *,
    stop_at_first: bool,
    on_begin: Callable[[str], None] | None,
    on_end: Callable[[TestOutcome, BaseException | None], None] | None,
) -> list[TestOutcome]:
    import pytest
    from _pytest.fixtures import FixtureFunctionDefinition

    module = ModuleType("tests")
    for name, value in namespace.items():
        # A fixture is known by its type: asking a user's object for an attribute may run the user's code.
        if name in names or type(value) is FixtureFunctionDefinition:
            setattr(module, name, value)
    collected = _Collected(module, on_begin, on_end)
    arguments = [*_ARGUMENTS, *(part for name in _NO_PLUGINS for part in ("-p", f"no:{name}"))]
    if stop_at_first:
        arguments.append("--maxfail=1")
    with _no_foreign_plugins():
        status = pytest.main(arguments, plugins=[collected])
    if status == pytest.ExitCode.INTERRUPTED and not collected.problems:
        raise KeyboardInterrupt
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise UsageError("\n".join(["pytest could not run these tests.", *collected.problems]))
    return list(collected.outcomes.values())


class _Collected:
    """The plugin that gives pytest its one module, and keeps what became of the tests."""

    def __init__(
        self,
        module: ModuleType,
        on_begin: Callable[[str], None] | None,
        on_end: Callable[[TestOutcome, BaseException | None], None] | None,
    ) -> None:
        self._module = module
        self._on_begin, self._on_end = on_begin, on_end
        self.outcomes: dict[str, TestOutcome] = {}
        self.problems: list[str] = []
        self._raised: dict[str, tuple[str, str, BaseException]] = {}

    def pytest_collection(self, session: Any) -> bool:
        """Collect the one module."""
        import pytest

        module = self._module

        class CellModule(pytest.Module):
            def _getobj(self) -> ModuleType:
                return module

        node = CellModule.from_parent(session, path=Path(os.sep, "cell.py"))
        session.items = list(session.genitems(node))
        session.testscollected = len(session.items)
        session.config.hook.pytest_collection_modifyitems(
            session=session, config=session.config, items=session.items
        )
        return True

    def pytest_collectreport(self, report: Any) -> None:
        """Keep why something could not be collected."""
        if report.failed:
            self.problems.append(str(report.longreprtext)[-_DETAIL_LIMIT:])

    def pytest_pyfunc_call(self, pyfuncitem: Any) -> bool | None:
        """Await a test that is a coroutine, in a loop of its own."""
        if not inspect.iscoroutinefunction(pyfuncitem.obj):
            return None
        wanted = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
        _run_apart(pyfuncitem.obj(**wanted))
        return True

    def pytest_runtest_makereport(self, item: Any, call: Any) -> None:
        """Note what was raised; what pytest makes of a call no longer says it."""
        import pytest

        if call.excinfo is not None:
            asserted = call.excinfo.errisinstance((AssertionError, pytest.fail.Exception))
            kind = FAILED if asserted and call.when == "call" else ERROR
            self._raised[item.nodeid] = kind, _one_line(call.excinfo), call.excinfo.value

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Tell that a test begins."""
        if self._on_begin is not None:
            self._on_begin(nodeid.partition("::")[2])

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Tell how a test ended."""
        raised = self._raised.pop(nodeid, None)
        outcome = self.outcomes.get(nodeid.partition("::")[2])
        if self._on_end is not None and outcome is not None:
            self._on_end(outcome, raised[2] if raised else None)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep the outcome of a phase of a test."""
        name = report.nodeid.partition("::")[2]
        before = self.outcomes.get(name)
        if report.failed:
            kind, message, _ = self._raised.get(report.nodeid, (ERROR, "", None))
            self.outcomes[name] = TestOutcome(name, kind, report.duration, message, _detail(report))
        elif report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else "expected to fail"
            self.outcomes[name] = TestOutcome(
                name, SKIPPED, report.duration, reason.removeprefix("Skipped: ")
            )
        elif report.when == "call" and before is None:
            self.outcomes[name] = TestOutcome(name, PASSED, report.duration)


def _run_apart(coroutine: Any) -> None:
    """Await it to its end, in a thread where this one runs a loop already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(coroutine)
        return
    with ThreadPoolExecutor(1, "devstral-test") as thread:
        thread.submit(asyncio.run, coroutine).result()


def _one_line(excinfo: Any) -> str:
    text = " ".join(excinfo.exconly(tryshort=True).split())
    return text if len(text) <= _MESSAGE_LIMIT else text[: _MESSAGE_LIMIT - 1] + "…"


def _detail(report: Any) -> str:
    printed = [f"--- {title} ---\n{text.rstrip()}" for title, text in report.sections if text.strip()]
    # pytest takes the indentation of the first line away with the blank lines above it.
    indent = "    " if report.longreprtext.startswith(("def ", "async def ", "@")) else ""
    # Of a frame that hides itself pytest says how to see it, with an option that nobody can give here.
    shown = re.sub(r"\nAll traceback entries are hidden\..*\Z", "", report.longreprtext)
    text = "\n".join([indent + shown, *printed])
    half = _DETAIL_LIMIT // 2
    return text if len(text) <= _DETAIL_LIMIT else f"{text[:half]}\n…\n{text[-half:]}"


@contextmanager
def _no_foreign_plugins() -> Iterator[None]:
    """Keep out installed plugins and options of the environment."""
    changed = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "PYTEST_PLUGINS": ""}
    before = {name: os.environ.get(name) for name in (*changed, "PYTEST_CURRENT_TEST")}
    os.environ.update(changed)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

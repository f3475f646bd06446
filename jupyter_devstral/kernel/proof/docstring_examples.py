"""Examples of docstrings as tests: one for each example that says what is printed, and one for all together.

The tests call back into this module, in the copy of the kernel that runs them.
"""

from __future__ import annotations

import doctest
from collections.abc import Mapping
from typing import Any

from ...core.unit_tests.docstrings import examples_in
from ...core.unit_tests.written_tests import TestSource


def as_tests(docstrings: Mapping[str, str]) -> TestSource:
    """A test for each example with an output, "test_NAME_2" for the second one; setup is run before it."""
    tests = [
        (f"test_{name}_{number + 1}", text, number)
        for name, text in docstrings.items()
        for number, (_, wanted, _) in enumerate(examples_in(text))
        if wanted
    ]
    return TestSource(tests=tuple((test, _calling(test, text, number)) for test, text, number in tests))


def as_whole(docstrings: Mapping[str, str]) -> TestSource:
    """A test for each docstring, as doctest itself would run it."""
    return TestSource(
        tests=tuple(
            (f"test_{name}", _calling(f"test_{name}", text, None)) for name, text in docstrings.items()
        )
    )


def numbers_of(test_names: set[str], name: str, count: int) -> set[int]:
    """Which examples of `name` the tests are of."""
    return {number for number in range(count) if f"test_{name}_{number + 1}" in test_names}


def check(docstring: str, number: int | None, namespace: dict[str, Any]) -> None:
    """Run one example behind those that print nothing, or all for None.

    Raises AssertionError, with what was expected and what came, or what the example raised.
    """
    __tracebackhide__ = True
    test = doctest.DocTestParser().get_doctest(docstring, namespace, "docstring", None, 0)
    if number is not None:
        before = [one for one in test.examples[:number] if not one.want and not one.exc_msg]
        test.examples = [*before, test.examples[number]]
    runner = _Runner()
    runner.run(test, out=str)
    if runner.raised is not None:
        raise runner.raised
    assert not runner.difference, runner.difference


class _Runner(doctest.DocTestRunner):
    """Keeps the first failure."""

    def __init__(self) -> None:
        super().__init__(verbose=False)
        self.difference = ""
        self.raised: BaseException | None = None

    def report_failure(self, out: Any, test: Any, example: Any, got: str) -> None:
        said = self._checker.output_difference(example, got, 0)  # type: ignore[attr-defined]
        self.difference = self.difference or f">>> {example.source.rstrip()}\n{said}"

    def report_unexpected_exception(self, out: Any, test: Any, example: Any, exc_info: Any) -> None:
        self.raised = self.raised or exc_info[1]


def _calling(test: str, text: str, number: int | None) -> str:
    return (
        f"def {test}():\n    from {__name__} import check\n\n    __tracebackhide__ = True\n"
        f"    check({text!r}, {number}, globals())"
    )

"""Examples of docstrings as tests, one for each that prints something, and one for all together.

The tests call back into this module, in the copy of the kernel that runs them.
"""

from __future__ import annotations

import doctest
from collections.abc import Mapping
from typing import Any

from ...core.unit_tests.docstrings import examples_in, without_examples
from ...core.unit_tests.written_tests import TestSource
from .runs import passed, run_in_copy


def as_tests(docstrings: Mapping[str, str]) -> TestSource:
    """Make a test of each example with an output, "test_NAME_2" of the second; setup is run before it."""
    tests = [
        (f"test_{name}_{number + 1}", text, number)
        for name, text in docstrings.items()
        for number, (_, wanted, _) in enumerate(examples_in(text))
        if wanted
    ]
    return TestSource(tests=tuple((test, _calling(test, text, number)) for test, text, number in tests))


def as_whole(docstrings: Mapping[str, str]) -> TestSource:
    """Make a test of each docstring, as doctest itself would run it."""
    return TestSource(
        tests=tuple(
            (f"test_{name}", _calling(f"test_{name}", text, None)) for name, text in docstrings.items()
        )
    )


def holding(
    ip: Any, docstrings: Mapping[str, str], good: set[str], seconds: float
) -> tuple[dict[str, str], list[str]]:
    """Keep the examples that hold one by one, and then together in a copy of the kernel.

    Args:
        good: names of the tests, as `as_tests` gives them, that pass.
        seconds: for the copy.

    Returns the docstrings that are left, by name, and sentences about the others. Raises OSError when the
    system refuses a copy.
    """
    kept = {}
    for name, text in docstrings.items():
        examples = examples_in(text)
        tested = {number for number, (_, wanted, _) in enumerate(examples) if wanted}
        holds = {number for number in range(len(examples)) if f"test_{name}_{number + 1}" in good}
        if holds:
            kept[name] = without_examples(text, tested - holds)
    whole = as_whole(kept)
    together = passed(run_in_copy(ip, whole.python(), whole.names, seconds=seconds)) if kept else set()
    notes = [
        f"The examples of `{name}` hold one by one, but not together: not inserted."
        for name in kept
        if f"test_{name}" not in together
    ]
    return {name: text for name, text in kept.items() if f"test_{name}" in together}, notes


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
    """A runner that keeps the first failure."""

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

"""Of a test in which some asserts do not hold, the others are kept."""

from __future__ import annotations

from jupyter_devstral.core.unit_tests.written_tests import TestSource, read_tests
from jupyter_devstral.kernel.proof.assert_by_assert import saved
from jupyter_devstral.kernel.proof.pytest_run import ERROR, FAILED, PASSED, TestOutcome


def outcomes(tests: TestSource) -> list[TestOutcome]:
    """By what the tests themselves say: "wrong" fails, "raises" raises."""
    return [
        TestOutcome(name, ERROR if "raises" in text else FAILED if "wrong" in text else PASSED)
        for name, text in tests.tests
    ]


def told(source: str) -> tuple[dict[str, str], dict[str, str]]:
    tests = read_tests([source], ["f"])
    kept, found = saved(tests, outcomes(tests), outcomes)
    return dict(kept.tests), {one.test: one.kind for one in found}


def test_what_holds_is_kept_and_what_does_not_is_a_question() -> None:
    tests, kinds = told(
        "def test_f():\n    '''f.'''\n    assert f(1) == 1\n    assert f(2) == wrong\n    assert f(3)"
    )
    assert tests["test_f"] == "def test_f():\n    assert f(1) == 1\n    assert f(3)"
    assert tests["test_f_in_doubt"] == "def test_f_in_doubt():\n    assert f(2) == wrong"
    assert kinds == {"test_f": PASSED, "test_f_in_doubt": FAILED}


def test_an_assert_that_raises_is_left_out() -> None:
    tests, kinds = told("def test_f():\n    assert f(1)\n    assert raises(f)")
    assert tests == {"test_f": "def test_f():\n    assert f(1)"}
    assert kinds == {"test_f": PASSED}


def test_a_test_that_does_more_or_holds_nowhere_stays_whole() -> None:
    for body in (
        "x = wrong\n    assert f(1)\n    assert x",
        "assert wrong\n    assert f(wrong)",
        "assert wrong",
    ):
        source = f"def test_f():\n    {body}"
        tests, kinds = told(source)
        assert tests == {"test_f": source}
        assert kinds == {"test_f": FAILED}

"""Of a test in which a part does not hold, the other parts are kept."""

from __future__ import annotations

from jupyter_devstral.core.unit_tests.written_tests import TestSource, read_tests
from jupyter_devstral.kernel.proof.partly_holding import saved
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
        "assert f(1); assert wrong",
        "assert wrong\n    assert f(wrong)",
        "assert wrong",
    ):
        source = f"def test_f():\n    {body}"
        tests, kinds = told(source)
        assert tests == {"test_f": source}
        assert kinds == {"test_f": FAILED}


def test_what_prepares_a_check_stays_with_it() -> None:
    tests, kinds = told(
        "def test_f(tmp_path):\n    made = f(tmp_path)\n    assert made.a\n"
        "    # the second one\n    other = f(1)\n"
        "    assert other == wrong\n    with pytest.warns(UserWarning):\n        f(0)\n    tidy()"
    )
    assert tests["test_f"] == (
        "def test_f(tmp_path):\n    made = f(tmp_path)\n    assert made.a\n"
        "    # the second one\n    other = f(1)\n"
        "    with pytest.warns(UserWarning):\n        f(0)"
    )
    assert tests["test_f_in_doubt"] == (
        "def test_f_in_doubt(tmp_path):\n    made = f(tmp_path)\n    # the second one\n    other = f(1)\n"
        "    assert other == wrong"
    )
    assert kinds == {"test_f": PASSED, "test_f_in_doubt": FAILED}


def test_the_same_check_twice_is_kept_once() -> None:
    tests, _ = told(
        "def test_f():\n    assert f(1)\n    assert f(1)\n    assert f(2)\n    assert wrong\n    assert wrong"
    )
    assert tests["test_f"] == "def test_f():\n    assert f(1)\n    assert f(2)"
    assert tests["test_f_in_doubt"] == "def test_f_in_doubt():\n    assert wrong"


def test_what_holds_only_beside_what_does_not_stays_whole() -> None:
    """A check that changes what the next one sees: without it, nothing is as it was."""
    source = "def test_f():\n    stack = [1, 2]\n    assert stack.pop() == wrong\n    assert stack == [1]"

    def run(tests: TestSource) -> list[TestOutcome]:
        return [TestOutcome(name, PASSED if name.endswith("_check_1") else FAILED) for name, _ in tests.tests]

    tests = read_tests([source], ["f"])
    kept, found = saved(tests, [TestOutcome("test_f", FAILED)], run)
    assert dict(kept.tests) == {"test_f": source}
    assert found == [TestOutcome("test_f", FAILED)]


def parametrized(source: str, *kinds: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    tests = read_tests([source], ["f"])
    first = [TestOutcome(f"test_f[{n}]", kind) for n, kind in enumerate(kinds)]

    def run(again: TestSource) -> list[TestOutcome]:
        of = {"test_f": (PASSED, PASSED), "test_f_in_doubt": (FAILED,)}
        return [
            TestOutcome(f"{name}[{n}]", kind) for name, _ in again.tests for n, kind in enumerate(of[name])
        ]

    kept, found = saved(tests, first, run)
    return dict(kept.tests), [(one.name, one.kind) for one in found]


CASES = """@pytest.mark.parametrize("value, wanted", [
    (90, "ä"),
    (80, "B"),  # above
    (10, "D"),
    (5, "F"),
])
def test_f(value, wanted):
    assert f(value) == wanted"""


def test_of_a_parametrized_test_the_cases_that_hold_are_kept() -> None:
    tests, kinds = parametrized(CASES, PASSED, FAILED, ERROR, PASSED)
    assert tests["test_f"] == CASES.replace('    (80, "B"),  # above\n    (10, "D"),\n', "")
    assert tests["test_f_in_doubt"] == (
        '@pytest.mark.parametrize("value, wanted", [\n    (80, "B"),\n])\n'
        "def test_f_in_doubt(value, wanted):\n    assert f(value) == wanted"
    )
    assert kinds == [("test_f[0]", PASSED), ("test_f[1]", PASSED), ("test_f_in_doubt[0]", FAILED)]


def test_cases_that_cannot_be_told_apart_stay_together() -> None:
    for source in (
        CASES.replace("[\n", "[\n    *more,\n"),
        CASES.replace("])", '], ids=["a", "b", "c", "d"])'),
        CASES.replace("@pytest", "@other\n@pytest", 1),
    ):
        tests, _ = parametrized(source, PASSED, FAILED, PASSED, PASSED)
        assert tests == {"test_f": source}

"""`%%devstral pytest` in a real kernel: pytest's messages, fixtures and marks for tests that have no file."""

import time

import pytest

TESTS = """%%devstral pytest
import pytest

@pytest.fixture
def three():
    return 3

def test_right(three):
    assert double(three) == 6

def test_wrong():
    print("said on the way")
    assert double([1, 2][0]) == 5

def test_broken():
    double(undefined_name)

def test_raises():
    with pytest.raises(ValueError):
        double(1)

@pytest.mark.parametrize("number", [1, 2])
def test_printing(number, capsys):
    print(number)
    assert capsys.readouterr().out == f"{number}\\n"

@pytest.mark.skip("for later")
def test_left():
    pass

async def test_awaited():
    import asyncio
    await asyncio.sleep(0)
    assert double(2) == 4

class TestBoth:
    def test_method(self, tmp_path):
        assert tmp_path.is_dir()
"""


@pytest.fixture
def double(kernel):
    kernel.run("def double(number):\n    return 2 * number")
    return kernel


def test_a_cell_of_tests(double):
    result = double.run(TESTS)
    assert result.reply["status"] == "ok"
    shown = result.markdown
    assert "**9 tests: 5 pass, 1 error, 2 failed, 1 skipped**" in shown
    rows = {line.split("`")[1]: line for line in shown.splitlines() if line.startswith("| `")}
    results = {name: row.split("|")[2].strip() for name, row in rows.items()}
    assert results == {
        "test_right": "passed",
        "test_wrong": "failed",
        "test_broken": "error",
        "test_raises": "failed",
        "test_printing[1]": "passed",
        "test_printing[2]": "passed",
        "test_left": "skipped",
        "test_awaited": "passed",
        "TestBoth::test_method": "passed",
    }
    assert "assert 2 == 5 + where 2 = double(1)" in rows["test_wrong"]
    assert "NameError" in rows["test_broken"]
    assert "DID NOT RAISE" in rows["test_raises"]
    assert "for later" in rows["test_left"]
    assert ">       assert double([1, 2][0]) == 5" in shown
    assert "said on the way" in shown


def test_nothing_is_left_behind(double):
    double.run(
        "import os, sys\n"
        "before = set(globals()) | {'found', 'before'}, dict(os.environ), sys.stdout, [*sys.path]"
    )
    double.run("%%devstral pytest\ndef test_one():\n    assert double(1) == 2")
    double.run(
        "found = [name for name in set(globals()) - before[0] if name[0] not in '_@'], "
        "dict(os.environ) == before[1], sys.stdout is before[2], sys.path == before[3]"
    )
    assert "(['test_one'], True, True, True)" in double.run("print(found)").text
    assert "@py" not in double.run("%who").text


def test_all_tests_of_the_namespace(double):
    assert "no test here" in double.run("%devstral pytest").text
    double.run("def test_one():\n    assert double(1) == 2")
    double.run("%%devstral pytest\ndef test_two():\n    assert double(2) == 5")
    shown = double.run("%devstral pytest").markdown
    assert "**2 tests: 1 pass, 1 failed**" in shown
    assert "test_one" in shown
    assert "test_two" in shown


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("x = 1", "There is no test here"),
        ("def test_it(:\n    pass", "SyntaxError"),
        ("1 / 0\ndef test_it():\n    pass", "ZeroDivisionError"),
    ],
)
def test_a_cell_that_has_none(double, cell, said):
    assert said in double.run(f"%%devstral pytest\n{cell}").text


def test_a_folder_full_of_pytest_changes_nothing(double, tmp_path):
    (tmp_path / "conftest.py").write_text("raise RuntimeError('read')")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    double.run(
        f"import os; home = os.getcwd(); os.chdir({str(tmp_path)!r}); os.environ['PYTEST_ADDOPTS'] = '-x'"
    )
    try:
        result = double.run("%%devstral pytest\ndef test_one():\n    assert double(1) == 2")
        assert "1 test, it passes" in result.markdown
    finally:
        double.run("os.chdir(home); del os.environ['PYTEST_ADDOPTS']")


def test_an_interrupt_ends_the_tests(double):
    begun = double.start(
        "%%devstral pytest\ndef test_long():\n    print('begun')\n    while True:\n        pass"
    )
    time.sleep(1)
    double.interrupt()
    assert "interrupted" in double.finish(begun).text
    assert "1 test, it passes" in double.run("%%devstral pytest\ndef test_one():\n    assert 1").markdown

"""Cells of tests in a real kernel: the user's names stay, and what passes here passes exported."""

import os
import subprocess
import sys

import pytest

from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.unit_tests.export import export_tests

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")

MINE = "def test_plus():\n    assert 'mine'\n\nRATE = 3\n\ndef plus(a):\n    return a + RATE - 2"


@pytest.fixture
def plus(kernel):
    kernel.run(MINE)
    kernel.run("import math; own = {name: id(value) for name, value in globals().items() if name[0] != '_'}")
    return kernel


def is_rebound(kernel):
    """Names of the user's that stand for something else now."""
    return kernel.run(
        "print([name for name in own if id(globals().get(name)) != own[name]"
        " and name not in ('own', 'In', 'Out', 'open')])"
    ).text.strip()


@pytest.mark.parametrize(
    ("cell", "result", "said"),
    [
        ("def test_plus():\n    assert plus(1) == 2", "1 test, it passes", ["`test_plus`"]),
        ("def test_plus():\n    assert plus(1) == 3", "1 failed", ["`test_plus`"]),
        # A helper of the same name is the tests' alone.
        ("RATE = 5\ndef test_it():\n    assert (RATE, plus(1)) == (5, 2)", "it passes", ["`RATE`"]),
        ("RATE += 1\ndef test_it():\n    assert (RATE, plus(1)) == (4, 2)", "it passes", ["`RATE`"]),
        ("for RATE in (1, 2): pass\ndef test_it():\n    assert RATE == 2", "it passes", ["`RATE`"]),
        ("from math import pi as plus\ndef test_it():\n    assert plus > 3", "it passes", ["`plus`"]),
        ("from math import *\ndef test_it():\n    assert pi > plus(2)", "it passes", []),
        ("del RATE\ndef test_it():\n    assert plus(1) == 2", "it passes", []),
        ("def test_it():\n    global RATE\n    RATE = 9\n    assert plus(1) == 2", "it passes", []),
        (
            "class plus:\n    pass\nclass TestIt:\n    def test_a(self): assert plus()",
            "it passes",
            ["`plus`"],
        ),
        ("import math\ndef test_it():\n    assert math.pi > plus(2)", "it passes", []),
        ("class TestIt:\n    value = plus(1)\n    def test_a(self): assert self.value == 2", "it passes", []),
    ],
)
def test_nothing_of_the_users_is_bound_anew(plus, cell, result, said):
    shown = plus.run(f"%%devstral pytest\n{cell}").markdown
    assert result in shown
    assert all(f"Your own {name} stay" in shown for name in said)
    assert ("Your own" in shown) == bool(said)
    assert is_rebound(plus) == "[]"


def test_a_cell_may_be_run_again_and_changed(plus):
    for expected in (2, 3):
        shown = plus.run(
            f"%%devstral pytest\nN = 1\ndef test_n():\n    assert plus(N) == {expected}"
        ).markdown
        assert "Your own" not in shown
    assert "1 failed" in shown


def test_tests_beside_the_users_are_among_all_of_the_namespace(plus):
    plus.run("%%devstral pytest\ndef test_plus():\n    assert plus(1) == 2\ndef test_more():\n    pass")
    assert "**3 tests, all pass**" in plus.run("%devstral pytest").markdown
    # They see what the notebook has now, and a new cell of them takes the place of the old one.
    plus.run("def plus(a):\n    return a")
    assert "3 tests: 2 pass, 1 failed" in plus.run("%devstral pytest").markdown
    plus.run("%%devstral pytest\ndef test_plus():\n    assert plus(1) == 1")
    assert "**2 tests, all pass**" in plus.run("%devstral pytest").markdown


@pytest.mark.parametrize(
    ("cell", "results", "said"),
    [
        (
            "def test_a():\n    assert 0\ndef test_a():\n    assert 1",
            ["test_a"],
            "defines `test_a` more than once",
        ),
        (
            "class TestIt:\n    def test_a(self): pass\n    def test_a(self): pass",
            ["TestIt::test_a"],
            "defines `TestIt.test_a` more than once",
        ),
        ("def test_a(): pass\ntest_b = test_a", ["test_a", "test_b"], ""),
        ("def check(): pass\ntest_c = check", ["test_c"], ""),
        ("if True:\n    def test_d(): pass\nelse:\n    def test_d(): assert 0", ["test_d"], ""),
        ("def testF(): pass", ["testF"], ""),
        (
            "import unittest\nclass ClipTests(unittest.TestCase):\n    def test_g(self): pass",
            ["ClipTests::test_g"],
            "",
        ),
        ("import functools\ntest_e = functools.partial(lambda n: None, 1)", ["test_e"], ""),
    ],
)
def test_every_test_runs_or_it_is_said(kernel, cell, results, said):
    shown = kernel.run(f"%%devstral pytest\n{cell}").markdown
    assert [line.split("`")[1] for line in shown.splitlines() if line.startswith("| `")] == results
    assert "all pass" in shown or "it passes" in shown
    assert (said or "more than once") in shown or not said
    assert ("more than once" in shown) == bool(said)


FIRST = "def first(path):\n    with open(path) as f:\n        return f.read()"
LEAVES = "def leave():\n    exit('gone')"
PATCHES = [
    (
        FIRST,
        "from unittest.mock import mock_open, patch\n\ndef test_first():\n"
        "    with patch('builtins.open', mock_open(read_data='1')):\n        assert first('x.txt') == '1'",
    ),
    (
        FIRST,
        "import io\n\ndef test_first(monkeypatch):\n"
        "    monkeypatch.setattr('builtins.open', lambda path: io.StringIO('one'))\n"
        "    assert first('x.txt') == 'one'",
    ),
    (
        FIRST,
        "import builtins\nfrom unittest import mock\n\ndef test_first():\n"
        "    with mock.patch.object(builtins, 'open', mock.mock_open(read_data='one')) as opened:\n"
        "        assert first('x.txt') == 'one'\n    opened.assert_called_once_with('x.txt')",
    ),
    (
        FIRST,
        "from unittest.mock import mock_open, patch\n\ndef test_first():\n"
        "    with patch('__main__.open', mock_open(read_data='one'), create=True):\n"
        "        assert first('x.txt') == 'one'",
    ),
    (FIRST, "def test_descriptor():\n    import os\n    assert open(os.dup(0), 'rb')"),
    (
        LEAVES,
        "import pytest\n\ndef test_leave():\n    with pytest.raises(SystemExit, match='gone'):\n"
        "        leave()",
    ),
    (
        "def fetch():\n    return 1\n\ndef double():\n    return 2 * fetch()",
        "from unittest.mock import patch\n\n@patch('__main__.fetch', return_value=4)\n"
        "def test_double(fetched):\n    assert double() == 8\n    fetched.assert_called_once()",
    ),
    (
        "def fetch():\n    return 1\n\ndef double():\n    return 2 * fetch()",
        "def test_double(monkeypatch):\n    monkeypatch.setattr('__main__.fetch', lambda: 4)\n"
        "    assert double() == 8",
    ),
    (
        "def save(path):\n    path.write_text('x')",
        "def test_save(tmp_path):\n    save(tmp_path / 'a')\n    assert (tmp_path / 'a').exists()",
    ),
    (
        "import tempfile\n\ndef save():\n    return tempfile.mkdtemp()",
        "import os\n\ndef test_save():\n    assert os.path.isdir(save())",
    ),
]


@pytest.mark.parametrize(("code", "tests"), PATCHES)
def test_what_passes_in_a_copy_passes_here_and_exported(kernel, scripted_ollama, tmp_path, code, tests):
    name = code.rpartition("def ")[2].partition("(")[0]
    kernel.run(code, "code")
    scripted_ollama.replies = [f"```python\n{tests}\n```"]
    proven = kernel.run(f"%devstral test {name}", "asking")
    if name in tests:
        assert "1 test, it passes" in proven.markdown
        assert tests.partition("def test")[2] in proven.next_input
    assert "1 test, it passes" in kernel.run(f"%%devstral pytest\n{tests}").markdown
    # IPython's own is back.
    assert "_modified_open" in kernel.run("print(open.__code__.co_name)").text
    book = Notebook((Cell("a", 0, "code", code), Cell("b", 1, "code", f"%%devstral pytest\n{tests}")))
    exported = export_tests(book, "nb")
    (tmp_path / f"{exported.code_name}.py").write_text(exported.code)
    (tmp_path / f"{exported.test_name}.py").write_text(exported.tests)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=60)
    assert "1 passed" in ran.stdout, ran.stdout


def test_the_name_of_the_users_own_open_stays(kernel):
    kernel.run("def open(path):\n    return 'mine'")
    assert (
        "it passes"
        in kernel.run("%%devstral pytest\ndef test_it():\n    assert open('x') == 'mine'").markdown
    )
    assert kernel.run("print(open('x'))").text.strip() == "mine"
    kernel.run("del open\nfrom io import open")

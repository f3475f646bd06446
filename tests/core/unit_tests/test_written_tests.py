"""The tests in a reply, as one cell."""

import pytest

from jupyter_devstral.core.unit_tests.written_tests import mentions, read_tests

ONE = "def test_one():\n    assert clip(1) == 1"


def test_a_cell_from_a_block():
    found = read_tests([f"import math\n\n{ONE}\n"], ["clip"])
    assert found.names == ("test_one",)
    assert found.cell() == f"%%devstral pytest\nimport math\n\n\n{ONE}"
    assert found.notes == ()
    assert mentions(found, ["clip"])
    assert not mentions(found, ["other"])


def test_decorators_and_comments_stay_with_their_test():
    text = "# Edges.\n@pytest.mark.parametrize('n', [1])\ndef test_n(n):\n    assert clip(n)  # so\n    # end"
    found = read_tests([text], ["clip"])
    assert found.python() == "import pytest\n\n\n" + text.rsplit("\n", 1)[0]


def test_helpers_fixtures_and_data_are_shared():
    text = f"import pytest\nDATA = [1]\n@pytest.fixture\ndef three():\n    return 3\n{ONE}"
    found = read_tests([text], ["clip"])
    assert found.shared == ("import pytest", "DATA = [1]", "@pytest.fixture\ndef three():\n    return 3")


@pytest.mark.parametrize(
    "text",
    [
        "if __name__ == '__main__':\n    pytest.main()",
        "test_one()",
        "print('ok')",
        "for t in tests:\n    t()",
    ],
)
def test_what_only_runs_is_left_out(text):
    found = read_tests([f"{ONE}\n\n{text}\n"], ["clip"])
    assert found.python() == ONE
    assert len(found.notes) == 1


def test_a_copy_of_the_target_is_left_out():
    found = read_tests([f"def clip(n):\n    return n\n\n{ONE}"], ["clip"])
    assert found.python() == ONE
    assert "repeats `clip`" in found.notes[0]


def test_loose_asserts_become_a_test():
    found = read_tests(["x = 2\nassert clip(x) == 2\nassert clip(0) == 0, 'low'"], ["clip"])
    assert (
        found.python()
        == "x = 2\n\n\ndef test_clip():\n    assert clip(x) == 2\n    assert clip(0) == 0, 'low'"
    )


def test_a_later_test_replaces_one_of_its_name():
    found = read_tests([ONE, "def test_two(): pass", "def test_one(): assert clip(2)"], ["clip"])
    assert found.tests == (
        ("test_two", "def test_two(): pass"),
        ("test_one", "def test_one(): assert clip(2)"),
    )


@pytest.mark.parametrize("blocks", [[], [""], ["x = 1"], ["def test_(:"], ["%pip install pytest"]])
def test_no_tests(blocks):
    assert read_tests(blocks, ["clip"]).tests == ()


def test_our_own_magic_is_taken_off_and_remarks_stand_above():
    found = read_tests([f"%%devstral pytest\n{ONE}"], ["clip"])
    assert found.cell({"test_one": "why?"}) == f"%%devstral pytest\n# why?\n{ONE}"
    assert found.keep(()).tests == ()


MODULES = frozenset({"math", "unittest", "pytest", "statistics"})


def is_module(name):
    return name.partition(".")[0] in MODULES


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("from your_module import clip\n\n" + ONE, ONE),
        (
            "from your_module import clip as c\ndef test_a(): assert c(1)",
            "c = clip\n\n\ndef test_a(): assert c(1)",
        ),
        ("from .calc import *\n" + ONE, ONE),
        ("from . import clip\n" + ONE, ONE),
        ("from your.module import (\n    clip,\n    other,\n)\n" + ONE, ONE),
        ("import your_module\ndef test_a(): assert your_module.clip(1)", "def test_a(): assert clip(1)"),
        (
            "import your.calc as m\ndef test_a(): assert m.clip('ü', m.LOW)",
            "def test_a(): assert clip('ü', LOW)",
        ),
        (
            "import math, your_module\ndef test_a(): assert your_module.clip(math.pi)",
            "import math\n\n\ndef test_a(): assert clip(math.pi)",
        ),
        (
            "def test_a():\n    from your_module import clip\n    assert clip(1)",
            "def test_a():\n    pass\n    assert clip(1)",
        ),
        # A library's function must not take the place of the notebook's.
        ("from statistics import clip, mode\n" + ONE, "from statistics import mode\n\n\n" + ONE),
        (
            "from statistics import clip as expected\n" + ONE,
            "from statistics import clip as expected\n\n\n" + ONE,
        ),
        (
            "from unittest.mock import patch\n@patch('your_module.fetch')\ndef test_a(f): assert clip(1)\n"
            "from your_module import clip",
            "from unittest.mock import patch\n\n\n@patch('__main__.fetch')\ndef test_a(f): assert clip(1)",
        ),
        # Something else is missing: the error that says so is worth more.
        ("import numpy as np\n" + ONE, "import numpy as np\n\n\n" + ONE),
        (
            "from numpy.testing import assert_allclose\n" + ONE,
            "from numpy.testing import assert_allclose\n\n\n" + ONE,
        ),
        ("from numpy import clip as expected\n" + ONE, "expected = clip\n\n\n" + ONE),
    ],
)
def test_an_import_that_means_the_notebook_costs_itself_alone(text, python):
    found = read_tests([text], ["clip"], known=["clip", "fetch"], is_module=is_module)
    assert found.python() == python
    assert len(found.notes) == (
        0 if "import numpy" in python or "numpy.testing" in python or "as expected" in python else 1
    )


def test_two_tests_of_one_name_in_a_block_both_run():
    found = read_tests([f"{ONE}\n\n{ONE.replace('1', '2')}\n\n{ONE}"], ["clip"])
    assert found.names == ("test_one", "test_one_2")
    assert "def test_one_2():\n    assert clip(2) == 2" in found.python()
    assert found.notes == ("Two tests of the reply are named `test_one`: the second is `test_one_2` now.",)
    classes = read_tests(["class TestIt:\n    x = clip\n\nclass TestIt:\n    y = clip"], ["clip"])
    assert classes.names == ("TestIt", "TestIt_2")


def test_a_later_block_is_meant_and_it_is_said():
    found = read_tests([ONE, ONE.replace("1", "2")], ["clip"])
    assert found.tests == (("test_one", ONE.replace("1", "2")),)
    assert found.notes == ("The reply has `test_one` twice: the later one is used.",)


def test_a_case_of_unittest_is_a_test_whatever_its_name():
    text = "import unittest\nclass ClipTests(unittest.TestCase):\n    def test_a(self):\n        clip(1)"
    assert read_tests([text], ["clip"]).names == ("ClipTests",)

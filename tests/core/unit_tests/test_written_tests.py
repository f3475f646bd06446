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

"""A fix is never called clean without a word on what went: a decorator, a check, a docstring, a magic."""

from __future__ import annotations

import pytest

from jupyter_devstral.core.edits.edit import Edit, with_losses
from jupyter_devstral.core.edits.versions.dropped import dropped_parts
from jupyter_devstral.core.edits.versions.loss import loss_of

CELL = '''class Basket:
    """What was bought."""

    @property
    def total(self):
        # never below zero
        assert self.items, "empty"
        return sum(price(item) for item in self.items)

    @staticmethod
    def empty():
        return Basket()'''


def without(line: str) -> str:
    return "\n".join(one for one in CELL.split("\n") if one.strip() != line)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("@property", "@property"),
        ("@staticmethod", "@staticmethod"),
        ('"""What was bought."""', '"""What was bought."""'),
        ("# never below zero", "# never below zero"),
        ('assert self.items, "empty"', "assert self.items, 'empty'"),
    ],
)
def test_a_part_that_goes_is_named(line: str, said: str) -> None:
    assert dropped_parts(CELL, without(line)) == (said,)
    edit = Edit("replace", "c", CELL, without(line), loss=loss_of(CELL, without(line)))
    assert with_losses("ran clean in 0.1 s", [edit]) == f"ran clean in 0.1 s, but drops {said}"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("%%writefile a.py\nprnt(1)", "print(1)", ("%%writefile",)),
        ("%%bash\nlss", "import os\nos.listdir()", ("%%bash",)),
        ("%matplotlib inline\nplot(x)", "plot(y)", ("%matplotlib",)),
        ("%time x = slow(5)", "x = slow(6)", ("%time",)),
        ("!pip install a\nimport a", "%pip install a\nimport a", ()),
        ("%matplotlib inline\nx = 1", "%matplotlib widget\nx = 1", ()),
        ("@cache\ndef f():\n    return 1", "@lru_cache\ndef f():\n    return 1", ()),
        ("# a b\nx = 1", "# a better b\nx = 1", ()),
        ("x = 1  # a", "x = 1  # a\ny = 2  # b", ()),
        ("x = (", "x = 1", ()),
        ("def f(): return 1", "def g(): return 1", ()),
    ],
)
def test_what_was_rewritten_did_not_go(before: str, after: str, said: tuple[str, ...]) -> None:
    assert dropped_parts(before, after) == said


def test_a_long_one_is_cut_and_has_no_marks_of_code() -> None:
    before = f'def f():\n    """Use `a` and {"b" * 60}.\n\n    More.\n    """\n    return x'
    [said] = dropped_parts(before, "def f():\n    return x")
    assert (said[:14], said[-1], len(said)) == ('"""Use \'a\' and', "…", 40)


@pytest.mark.parametrize("body", ["return 0", "pass", "...", "raise NotImplementedError"])
def test_a_function_that_computes_nothing_any_more_has_lost_its_statements(body: str) -> None:
    before = "def f(x):\n    return x / zero\n\ny = f(1)"
    assert loss_of(before, f"def f(x):\n    {body}\n\ny = f(1)").removed == 1
    method = "class A:\n    def f(self, x):\n        y = x\n        return y / zero"
    assert loss_of(method, f"class A:\n    def f(self, x):\n        {body}").removed > 0
    assert not loss_of(before, before.replace("zero", "2"))


def test_a_name_of_a_function_is_not_made_by_the_cell() -> None:
    before = "items = []\nitems.append(1)"
    after = "def main():\n    items = []\n    items.append(1)\n\nmain()"
    assert loss_of(before, after).names == ("items",)
    assert loss_of("def f(self):\n    self.x = 1", "def f(self):\n    self.y = 1").changes == ()

"""Small faults for functions: one change each, in its place, and only where a test could notice."""

import ast

import pytest

from jupyter_devstral.core.unit_tests.mutants import mutants_of

CLIP = '''def clip(number, low: int = 0):
    """Doc 3."""
    print("hi", 3)
    if number < low:
        return low
    return number
'''


def changes(source):
    return [(mutant.line, mutant.kind, mutant.change) for mutant in mutants_of(source)]


def test_every_fault_with_its_line_and_words():
    assert changes(CLIP) == [
        (4, "boundary", "`<` → `<=`"),
        (4, "comparison", "`<` → `>=`"),
        (5, "return", "`return low` → `return None`"),
        (6, "return", "`return number` → `return None`"),
    ]


@pytest.mark.parametrize(
    ("body", "change"),
    [
        ("return a + b", "`+` → `-`"),
        ("return a // b", "`//` → `*`"),
        ("return a and b", "`and` → `or`"),
        ("return not a", "`not a` → `a`"),
        ("return [True]", "`True` → `False`"),
        ("return a[0]", "`0` → `1`"),
        ("return a is b", "`is` → `is not`"),
        ("return a in b", "`in` → `not in`"),
        ("if a: return b", "`a` → `not a`"),
        ("a.append(b)", "without `a.append(b)`"),
        ("a.x = b", "without `a.x = b`"),
        ("raise ValueError(a)", "without `raise ValueError(a)`"),
        ("a += b", "without `a += b`"),
        ("return [x for x in a if x > b]", "`>` → `>=`"),
        ("return (lambda x: x * a)(b)", "`*` → `/`"),
        ("def inner():\n        return a - b\n    return inner", "`-` → `+`"),
        ("with a:\n        b.go()", "without `b.go()`"),
        ("try:\n        pass\n    except KeyError:\n        b.go()", "without `b.go()`"),
        ("match a:\n        case 1:\n            return b", "`return b` → `return None`"),
    ],
)
def test_operators(body, change):
    found = [mutant for mutant in mutants_of(f"def f(a, b):\n    {body}\n") if mutant.change == change]
    assert len(found) == 1
    ast.parse(found[0].source)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "x = 1 + 2",
        "def f(:",
        "def f(a=1, *, b: 2 = 3) -> 4: ...",
        "@cache(3)\ndef f():\n    pass",
        "def f():\n    'doc'\n    logger.info('a', 1 + 2)",
        "def f():\n    return",
    ],
)
def test_nothing_to_change(source):
    assert mutants_of(source) == []


def test_each_mutant_differs_from_the_source_and_from_the_others():
    mutants = mutants_of(CLIP)
    assert len({mutant.source for mutant in mutants} | {ast.unparse(ast.parse(CLIP))}) == len(mutants) + 1


def test_of_many_a_number_spread_over_all_lines():
    source = "def f(a):\n" + "".join(f"    a += {number}\n" for number in range(100))
    chosen = mutants_of(source, limit=10)
    assert len(chosen) == 10
    assert chosen[0].line < 15
    assert chosen[-1].line > 85


def test_methods_are_named_by_their_path():
    source = "class Box:\n    def area(self):\n        return self.size\n"
    assert [mutant.path for mutant in mutants_of(source)] == [("Box", "area")]

"""Verdicts on good, wrong, vacuous and hanging tests of functions that others wrote."""

import os
import warnings

import pytest

from jupyter_devstral.core.python.source import defines_the_same
from jupyter_devstral.core.unit_tests.mutants import mutants_of
from jupyter_devstral.kernel.proof.pytest_run import ERROR, FAILED, PASSED
from jupyter_devstral.kernel.proof.runs import CUT_OFF, run_in_copy, survivors
from jupyter_devstral.kernel.proof.targets import defined_targets, definition_source

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")

# Seconds for all mutants of a function; on a quiet machine a few are enough.
BUDGET = 120
# Module, function, and arguments as Python.
TARGETS = [
    ("statistics", "median", "[3, 1, 2, 9]"),
    ("statistics", "median_low", "[3, 1, 2, 9]"),
    ("statistics", "median_high", "[3, 1, 2, 9]"),
    ("statistics", "mode", "[1, 2, 2]"),
    ("statistics", "multimode", "[1, 1, 2, 2, 3]"),
    ("statistics", "quantiles", "[1, 2, 3, 4, 5]"),
    ("statistics", "harmonic_mean", "[40, 60]"),
    ("statistics", "covariance", "[1, 2, 3], [2, 4, 7]"),
    ("colorsys", "rgb_to_hsv", "0.2, 0.4, 0.4"),
    ("colorsys", "hsv_to_rgb", "0.5, 0.5, 0.4"),
    ("colorsys", "rgb_to_hls", "0.2, 0.4, 0.6"),
    ("colorsys", "hls_to_rgb", "0.6, 0.4, 0.5"),
    ("colorsys", "rgb_to_yiq", "0.2, 0.4, 0.6"),
    ("textwrap", "dedent", "'  a\\n    b\\n'"),
    ("textwrap", "indent", "'a\\n\\nb', '> '"),
    ("textwrap", "shorten", "'hello world again', 13"),
    ("html", "escape", "'<a href=\"x\">'"),
    ("shlex", "quote", "'a b'"),
    ("shlex", "join", "['a', 'b c']"),
    ("fnmatch", "translate", "'*.t[xy]t'"),
    ("urllib.parse", "quote", "'a b/ü'"),
    ("urllib.parse", "unquote", "'a%20b'"),
    ("urllib.parse", "urljoin", "'http://a/b/c', '../d'"),
    ("urllib.parse", "parse_qsl", "'a=1&b=2'"),
    ("email.utils", "parseaddr", "'Me <me@example.org>'"),
    ("calendar", "isleap", "2024"),
    ("calendar", "leapdays", "2000, 2025"),
    ("calendar", "weekday", "2024, 2, 29"),
    ("string", "capwords", "'two  words'"),
    ("copy", "copy", "[1, [2]]"),
    ("ipaddress", "v4_int_to_packed", "3232235777"),
    ("difflib", "get_close_matches", "'appel', ['ape', 'apple', 'peach']"),
]


@pytest.fixture(scope="module")
def tried():
    return {"functions": 0}


def _tests(call, value):
    good = f"def test_good():\n    assert {call} == {value!r}\n"
    wrong = f"def test_wrong():\n    assert {call} == 'something else'\n"
    broken = f"def test_broken():\n    assert {call} == undefined\n"
    vacuous = f"def test_vacuous():\n    {call}\n    assert True\n"
    hanging = f"def test_hanging():\n    while True:\n        {call}\n"
    return good, wrong, broken, vacuous, hanging


@pytest.mark.parametrize(("module", "name", "arguments"), TARGETS, ids=[f"{m}.{n}" for m, n, _ in TARGETS])
def test_verdicts(bare_ip, tried, pace, module, name, arguments):
    bare_ip.run_cell(f"from {module} import {name}")
    value = bare_ip.ev(f"{name}({arguments})")
    source = definition_source(bare_ip.user_ns[name])
    if source is None:
        pytest.skip("written in C in this Python")
    good, wrong, broken, vacuous, hanging = _tests(f"{name}({arguments})", value)
    names = ["test_good", "test_wrong", "test_broken", "test_vacuous", "test_hanging"]
    with warnings.catch_warnings():
        # A copy inherits that warnings are errors here; in a kernel they are not.
        warnings.simplefilter("ignore")
        outcomes = run_in_copy(
            bare_ip, good + wrong + broken + vacuous + hanging, names, seconds=0.4 + 5 * pace
        )
        assert [one.kind for one in outcomes] == [PASSED, FAILED, ERROR, PASSED, CUT_OFF]
        mutants = mutants_of(source, limit=8)
        run, alive = survivors(bare_ip, vacuous, ["test_vacuous"], mutants, took=pace, budget=BUDGET)
        noticed = {one.source for one in run} - {one.source for one in alive}
        run_good, alive_good = survivors(bare_ip, good, ["test_good"], mutants, took=pace, budget=BUDGET)
    assert len(run) == len(run_good) == len(mutants)
    # A fault that makes the call raise or hang is noticed by any test that calls it, and by a good one too.
    assert noticed <= {one.source for one in run_good} - {one.source for one in alive_good}
    assert bare_ip.ev(f"{name}({arguments})") == value
    tried["functions"] += 1


def test_at_least_thirty_were_tried(tried):
    assert tried["functions"] >= 30


CACHED = """import functools
calls = 0

@functools.lru_cache
def double(x):
    return 2 * x + 1

class Shop:
    @functools.cache
    def price(self, x):
        return 2 * x + 1

    @functools.cached_property
    def tax(self):
        return 2 * 3 + 1

shop = Shop()
twice = functools.cache(lambda x: double(x) * 2)
double(3), shop.price(3), twice(3)
"""


@pytest.mark.parametrize(
    ("name", "call", "value"),
    [("double", "double(3)", 7), ("Shop", "shop.price(3) + shop.tax", 14), ("double", "twice(3)", 14)],
)
def test_what_was_answered_before_is_no_answer_of_a_mutant(bare_ip, pace, name, call, value):
    assert bare_ip.run_cell(CACHED).success
    mutants = mutants_of(definition_source(bare_ip.user_ns[name]))
    tests = f"def test_it():\n    assert {call} == {value}\n"
    tried, alive = survivors(bare_ip, tests, ["test_it"], mutants, took=pace, budget=BUDGET)
    assert len(tried) == len(mutants) > 3
    assert alive == []
    # The kernel's own answers stay.
    assert bare_ip.user_ns["double"].cache_info().currsize == 1


@pytest.mark.parametrize(
    "source",
    [
        "class Bare:\n    size: int = 3",
        "import dataclasses\n@dataclasses.dataclass\nclass Bare:\n    size: int",
        "class Bare:\n    @property\n    def size(self):\n        return 2",
        "class Bare:\n    @staticmethod\n    def size():\n        return 2",
    ],
)
def test_a_class_without_plain_methods_has_a_source(bare_ip, source):
    for text in (source, "class Bare:\n    older = True", source):
        bare_ip.run_cell(text, store_history=True)
    node = source[source.index("class Bare") :]
    assert definition_source(bare_ip.user_ns["Bare"]).endswith(node)


DECORATED = [
    "from dataclasses import dataclass\n\n@dataclass\nclass It:\n    x: int\n"
    "    def twice(self):\n        return self.x * 2",
    "from dataclasses import dataclass\n\n@dataclass(frozen=True, slots=True)\nclass It:\n    x: int",
    "import functools\n\n@functools.total_ordering\nclass It:\n    def __lt__(self, o):\n        return True",
    "import enum\n\n@enum.unique\nclass It(enum.Enum):\n    A = 1",
    "def known(cls):\n    return cls\n\n@known\n@known\nclass It:\n    one = 1",
    "def single(cls):\n    def get(*a):\n        return cls(*a)\n    return get\n\n"
    "@single\nclass It:\n    def f(self):\n        return 1",
    "import functools\n\n@functools.lru_cache\ndef It(x):\n    return x",
    # It does not say what it wraps.
    "def logged(f):\n    def wrapper(*a):\n        return f(*a)\n    return wrapper\n\n"
    "@logged\ndef It(x):\n    return x",
    "class Task:\n    def __init__(self, f):\n        self.f = f\n"
    "    def __call__(self, *a):\n        return self.f(*a)\n\n@Task\ndef It(x):\n    return x",
    "from contextlib import contextmanager\n\n@contextmanager\ndef It(x):\n    yield x",
    "from typing import NamedTuple\n\nclass It(NamedTuple):\n    x: int",
    "if True:\n    pass\n\nclass It(dict): x = 1",
]


@pytest.mark.parametrize("source", DECORATED)
def test_what_has_just_run_is_not_stale(bare_ip, source):
    bare_ip.run_cell("def It(older):\n    pass", store_history=True)
    assert bare_ip.run_cell(source, store_history=True).success
    [target] = defined_targets(source, {"It": bare_ip.user_ns["It"]})
    assert defines_the_same("It", source, target.source)
    assert target.source.startswith(("@", "class It"))


def test_what_was_changed_since_is_stale(bare_ip):
    bare_ip.run_cell(DECORATED[0], store_history=True)
    for changed in (
        DECORATED[0].replace("@dataclass\n", "@dataclass(order=True)\n"),
        DECORATED[0].replace("* 2", "* 3"),
    ):
        [target] = [one for one in defined_targets(changed, bare_ip.user_ns) if one.name == "It"]
        assert not defines_the_same("It", changed, target.source)

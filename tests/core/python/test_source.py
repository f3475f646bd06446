"""Names bound and read by cells, with IPython's syntax in the way, and by text that is not Python."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_devstral.core.notebook.cells import Cell
from jupyter_devstral.core.notebook.own_cells import is_request
from jupyter_devstral.core.python.source import (
    awaits,
    mentioned_names,
    names_of,
    parse_cell,
    parses,
    to_python,
    without_ipython_syntax,
)


@pytest.mark.parametrize(
    ("source", "binds", "loads"),
    [
        ("df = df.dropna()", "df", "df"),
        ("x = 1\ny = x + z", "x y", "z"),
        ("x += 1", "x", "x"),
        ("x: int\ny: int = x", "y", "int x"),
        ("a.b = c\nd[e] = f", "", "a c d e f"),
        ("(a, [b, *c]), d.e = f", "a b c", "d f"),
        ("import a.b, c as d\nfrom e import f as g, h\nfrom i import *", "a d g h", ""),
        ("for i in a:\n    pass\nelse:\n    j = i", "i j", "a"),
        ("with open(p) as f, g() as (h, i):\n    pass", "f h i", "g open p"),
        ("try:\n    pass\nexcept E as e:\n    print(e)", "e", "E print"),
        ("if (n := len(a)) > 1:\n    n", "n", "a len"),
        ("[i * k for i in r if (m := i)]", "m", "k r"),
        ("{k: v for k, v in d.items()}\nk", "", "d k"),
        ("match q:\n    case [1, *r]:\n        pass\n    case {'a': b, **c}:\n        pass", "b c r", "q"),
        ("x = 1\ndel x", "", ""),
        ("del x", "", "x"),
        ("def f(a, b=c, *d, **e):\n    y = a + z\n    return y", "f", "c z"),
        ("def f():\n    return g()\ndef g():\n    return h", "f g", "h"),
        ("def f():\n    global q, w\n    q = 1\n    return w", "f q", "w"),
        ("def f():\n    n = 1\n    def g():\n        nonlocal n\n        n = m\n    return g", "f", "m"),
        ("def f():\n    return x\nx = 1", "f x", ""),
        ("x = x + 1\nlambda x, y=x: x + y + w", "x", "w x"),
        ("class A(B):\n    c = d\n    def m(self):\n        return c, A", "A", "B c d"),
        ("@cached\ndef f() -> T:\n    pass", "f", "T cached"),
        ("f'{a!r:>{b}}'", "", "a b"),
        ("await fetch(url)", "", "fetch url"),
        ("%matplotlib inline\nx = y", "x", "y"),
        ("%time x = f(y)\n!ls {a}\nz = !cat\nw = %sql q\nb?", "x z w", "f y"),
        ("%timeit -n 3 f(y)", "", "f y"),
        ("!pip install a \\\n  b\nx = 1", "x", ""),
        ("%%time\nx = f(y)", "x", "f y"),
        ("%%capture out\nx = 1", "out x", ""),
        ("%%bash\nx=1", "", ""),
        ("%%devstral\nplot x", "", ""),
        ("    x = 1\n    y = x", "x y", ""),
        (">>> x = y\n... z = 1", "x z", "y"),
    ],
)
def test_names(source: str, binds: str, loads: str) -> None:
    names = names_of(source)
    assert names.binds == set(binds.split())
    assert names.loads == set(loads.split())


@pytest.mark.parametrize(
    ("source", "binds", "loads"),
    [
        ("df = df.dropna(\ny = [1, 2", {"df", "y"}, {"df"}),
        ("def f(x)\n  return x", {"f"}, {"x"}),
        ('print "value", value', set(), {"print", "value"}),
        ("frame <- read(path) # note\nif (x) {", {"frame"}, {"read", "path", "x"}),
    ],
)
def test_names_of_what_does_not_parse_are_guessed(source: str, binds: set[str], loads: set[str]) -> None:
    names = names_of(source)
    assert names.binds == binds
    assert names.loads == loads


def test_mentioned_names_include_what_is_local() -> None:
    assert mentioned_names("def f():\n    x = y\n    return x.z") == {"x", "y"}
    assert mentioned_names("x = (y") == {"x", "y"}


def test_parses_says_where_not() -> None:
    assert parses("%time x = 1\n!ls\ny?") is None
    assert parses("%%html\n<b>") is None
    assert parses("await f()") is None
    assert (parses("x = 1\ny = (") or "").startswith("line 2: ")
    assert (parses("%%time\nx = (\n") or "").startswith("line 2: ")
    assert parses("x = '\\d'") is None  # a SyntaxWarning is not an error
    assert parses("x\0y") is not None


def test_to_python_is_what_ipython_runs() -> None:
    assert to_python("x = 1") == "x = 1"
    assert "run_line_magic('time', 'f()')" in to_python("%time f()")
    assert "run_cell_magic('bash'" in to_python("%%bash\nls")


def test_lines_stay_where_they_are() -> None:
    source = "%load_ext x\n!a \\\n  b\nif y:\n    %time z = 1\n"
    tree = parse_cell(source)
    assert tree is not None
    assert [statement.lineno for statement in tree.body] == [1, 2, 4]
    assert without_ipython_syntax(source).count("\n") == source.count("\n")


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet=st.sampled_from("abx =:()[]%!?\n\t\\'\"#\r\0é🎉>.,"), max_size=60) | st.text(max_size=40)
)
def test_no_text_is_too_odd(source: str) -> None:
    names_of(source)
    mentioned_names(source)
    to_python(source)
    verdict = parses(source)
    assert verdict is None or "line " in verdict


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(["a = b", "b = a", "c += a", "def b(): return c", "[a for c in b]", "lambda: a"])
    )
)
def test_a_cell_runs_when_what_it_loads_is_there(lines: list[str]) -> None:
    source = "\n".join(lines)
    names = names_of(source)
    scope: dict[str, object] = {name: [] for name in names.loads}
    try:
        exec(compile(ast.parse(source), "cell", "exec"), scope)
    except TypeError:
        return  # what the names hold does not matter here
    assert names.binds <= scope.keys()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("await f()", True),
        ("[await x for x in y]", True),
        ("async with a as b:\n    pass", True),
        ("%time x = 1\nawait f()", True),
        ("async def f():\n    await g()", False),
        ("x = 1", False),
        ("return await f()", False),
        ("await f(", False),
        ("await " * 3000 + "x", False),
    ],
)
def test_awaits(source: str, expected: bool) -> None:
    assert awaits(source) is expected


def test_deep_nesting_is_survived() -> None:
    assert not awaits("(" * 3000 + "x" + ")" * 3000)
    assert names_of("(" * 3000 + "x" + ")" * 3000).binds == frozenset()
    assert "x" in names_of("+".join(["x"] * 5000)).loads


def test_names_need_no_ipython() -> None:
    script = (
        "import sys; from jupyter_devstral.core.python.source import names_of;"
        "names_of('%time x = 1\\ny?'); names_of('broken('); assert 'IPython' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_a_cell_of_tests_is_python():
    source = "%%devstral pytest\ndef test_it():\n    assert double(1) == 2"
    names = names_of(source)
    assert names.binds == {"test_it"}
    assert names.loads == {"double"}
    assert parses(source) is None
    assert parses("%%devstral pytest\ndef test_it(:") == "line 2: invalid syntax"
    assert not is_request(Cell("a", 0, "code", source))
    assert is_request(Cell("a", 0, "code", "%%devstral pytest of what?\nno"))

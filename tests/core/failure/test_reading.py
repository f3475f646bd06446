"""A live exception read into strings: frames, values, causes, what may be behind it; nothing of it kept."""

import gc
import sys
import weakref

import numpy as np
import pandas as pd
import pytest

from jupyter_devstral.core.failure.failure import Failure, failure_of_cell
from jupyter_devstral.core.failure.reading import message_of, read_exception
from jupyter_devstral.core.notebook.cells import Cell, Notebook, Output
from jupyter_devstral.core.prompt.failure_text import failure_text
from jupyter_devstral.core.prompt.prompt import build_prompt
from jupyter_devstral.core.redaction.redactor import Redactor
from jupyter_devstral.core.request.tasks import Request, Task

KEYS = {"<first>": "c0", "<failing>": "c1", "<old>": ""}


def raised(source, namespace, file="<failing>"):
    import linecache

    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    try:
        exec(compile(source, file, "exec"), namespace)
    except Exception as error:  # noqa: BLE001 - any error is what is wanted
        # Without this function's own frame.
        return error.with_traceback(error.__traceback__.tb_next)
    raise AssertionError("it did not fail")


def read(source, **namespace):
    """What is read of a cell that fails in a namespace with these values."""
    values = {"__name__": "__main__", **namespace}
    error = raised(source, values)
    return read_exception(error, cell="c1", cell_of=KEYS.get, namespace=values)


def test_the_failing_statement_and_the_values_of_its_parts():
    failure = read("def f(part, whole):\n    x = 1\n    return part / (whole - 2)\nf(6, 2)")
    assert (failure.ename, failure.evalue) == ("ZeroDivisionError", "division by zero")
    assert failure.title == "ZeroDivisionError: division by zero"
    outer, inner = failure.frames
    assert (outer.cell, outer.line, outer.function, outer.source) == ("c1", 4, "", "f(6, 2)")
    assert (inner.line, inner.function, inner.source) == (3, "f", "return part / (whole - 2)")
    assert {"part: int = 6", "whole: int = 2", "whole - 2: int = 0"} <= set(inner.values)
    assert failure.names[:2] == ("part", "whole")


def test_a_statement_of_several_lines_is_one():
    failure = read("total = sum(\n    x / 0\n    for x in [1, 2]\n)")
    assert "x / 0" in failure.frames[-1].source


def test_a_function_of_another_cell_and_an_earlier_version():
    namespace = {"__name__": "__main__"}
    for file in ("<first>", "<old>"):
        source = f"def {file[1:-1]}():\n    return 1 / 0"
        import linecache

        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        exec(compile(source, file, "exec"), namespace)
    first = read_exception(raised("first()", namespace), cell="c1", cell_of=KEYS.get, namespace=namespace)
    assert [frame.cell for frame in first.frames] == ["c1", "c0"]
    old = read_exception(raised("old()", namespace), cell="c1", cell_of=KEYS.get, namespace=namespace)
    assert (old.frames[1].cell, old.frames[1].place) == ("", "an earlier version of a cell")


def test_frames_of_libraries_are_left_out_and_their_versions_told():
    failure = read("df['pric']", df=pd.DataFrame({"price": [1.0]}))
    assert [frame.source for frame in failure.frames] == ["df['pric']"]
    assert failure.versions == (f"pandas {pd.__version__}",)


def test_of_a_recursion_the_ends():
    failure = read("def f(n):\n    return f(n + 1)\nf(0)")
    assert failure.ename == "RecursionError"
    assert 2 <= len(failure.frames) <= 5


def test_causes_contexts_and_members_of_groups():
    failure = read("try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('b') from e")
    assert failure.causes == ("KeyError: 'a'",)
    failure = read("try:\n    {}['a']\nexcept KeyError:\n    1 / 0")
    assert failure.causes == ("KeyError: 'a'",)
    failure = read("try:\n    {}['a']\nexcept KeyError:\n    raise ValueError('b') from None")
    assert failure.causes == ()
    if sys.version_info >= (3, 11):
        failure = read("raise ExceptionGroup('two', [ValueError('a'), KeyError('b')])")
        assert failure.causes == ("ValueError: a", "KeyError: 'b'")


def test_a_syntax_error_has_its_place():
    failure = read("x = 1\ny = (2,\nz ==")
    [frame] = failure.frames
    assert frame.cell == "c1"
    assert frame.line > 0
    assert failure.ename == "SyntaxError"


@pytest.mark.parametrize(
    ("source", "namespace", "says"),
    [
        ("prces", {"prices": [1]}, "`prces` is not defined; names like it: `prices`"),
        ("Prices", {"prices": [1]}, "names like it: `prices`"),
        ("nowhere_near", {"x": 1}, "`nowhere_near` is not defined in this kernel"),
        ("lenn([])", {}, "names like it: `len`"),
        ("d['pric']", {"d": {"price": 4, "units": 1}}, "`d` has no key 'pric'; keys like it: 'price'"),
        ("d['zz']", {"d": {"price": 4, "units": 1}}, "it has: 'price', 'units'"),
        ("d[3]", {"d": {}}, "`d` has no key 3; it has: no keys"),
        (
            "df['pric']",
            {"df": pd.DataFrame({"price": [1], "units": [2]})},
            "`df` has no column 'pric'; columns like it: 'price'",
        ),
        (
            "df[['price', 'unit']]",
            {"df": pd.DataFrame({"price": [1], "units": [2]})},
            "`df` has no column 'unit'; columns like it: 'units'",
        ),
        ("df.pric", {"df": pd.DataFrame({"price": [1]})}, "DataFrame has no `pric`; names like it: `price`"),
        ("df.drop(columns='pric')", {"df": pd.DataFrame({"price": [1]})}, "'price'"),
        ("'x'.uper()", {}, "str has no `uper`; names like it: `upper`"),
        ("np.arrange(3)", {"np": np}, "module numpy has no `arrange`; names like it: `arange`"),
        ("x.head()", {"x": None}, "the object whose `head` was asked for is None"),
        ("import pandsa", {}, "no package in this kernel's Python"),
        ("import pandsa", {}, "modules like `pandsa`: `pandas`"),
        ("from pandas import DataFram", {}, "pandas has no `DataFram`; names like it: `DataFrame`"),
        ("open('nowhere/x.csv')", {}, "there is no folder 'nowhere' in the working directory"),
    ],
)
def test_what_may_be_behind_it(source, namespace, says):
    failure = read(source, **namespace)
    if "the object whose" in says and not failure.hints:
        # Since Python 3.10 the error knows its object, and None is described by its type.
        assert "NoneType" in failure.evalue
        return
    assert says in " | ".join(failure.hints)


def test_a_file_with_a_name_like_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sales.csv").write_text("")
    failure = read("open('Sales.csv')")
    assert "there is no file 'Sales.csv'; in that folder, names like it: `sales.csv`" in failure.hints


@pytest.mark.parametrize(
    "error", [ValueError("x"), type("E", (Exception,), {"__str__": lambda self: 1 / 0})()]
)
def test_a_message_is_always_text(error):
    assert isinstance(message_of(error), str)


def test_nothing_is_kept_alive():
    class Big:
        pass

    big = Big()
    namespace = {"__name__": "__main__", "big": big}
    error = raised("def f(value):\n    return value.nothing\nf(big)", namespace)
    failure = read_exception(error, cell="c1", cell_of=KEYS.get, namespace=namespace)
    kept = weakref.ref(big)
    del big, error, namespace
    gc.collect()
    assert kept() is None
    assert failure.frames


def test_a_stored_error_is_read_too():
    traceback = (
        "---------------------------------------------------------------------------\n"
        "KeyError                                  Traceback (most recent call last)\n"
        "Cell In[3], line 2\n      1 x = 1\n----> 2 prices['pric']\n\nKeyError: 'pric'"
    )
    output = Output("error", traceback, ename="KeyError", evalue="'pric'")
    cell = Cell("c", 0, "code", "x = 1\nprices['pric']", (output,))
    failure = failure_of_cell(cell)
    assert failure is not None
    [frame] = failure.frames
    assert (frame.cell, frame.line, frame.source) == ("c", 2, "prices['pric']")
    assert failure_of_cell(Cell("d", 1, "code", "x = 1")) is None


def test_the_same_error_has_the_same_signature():
    assert read("1 / 0").signature == read("1 / 0").signature
    assert read("1 / 0").signature != read("2 / 0").signature
    assert read("1 / 0").signature != read("{}['a']").signature


def test_the_text_names_cells_and_is_one_block():
    failure = read("def f(d):\n    return d['pric']\nf({'price': 1})")
    text = failure_text(failure, Notebook((Cell("c0", 0, "code", ""), Cell("c1", 1, "code", "f(d)"))))
    assert text.splitlines()[0] == "Cell 1 failed:"
    assert "line 2, in f: return d['pric']\nKeyError: 'pric'\n```" in text
    assert "- `d` has no key 'pric'; keys like it: 'price'" in text
    assert "\n\n" not in text


def test_secrets_among_the_values_do_not_leave():
    secret = "sk-ant-api03-" + "a1B2" * 12
    failure = read("def f(token):\n    return {}[token]\nf(key)", key=secret)
    assert isinstance(failure, Failure)
    cell = Cell("c1", 0, "code", "f(key)")
    request = Request(Task.FIX, "", Notebook((cell,)), focus=cell, target=cell, failure=failure)
    prompt = build_prompt(request, redactor=Redactor())
    assert secret not in "".join(message.content for message in prompt.messages)
    assert "<SECRET_1>" in prompt.messages[-1].content


SALES = pd.DataFrame({"revenue": [1, 2], "region": ["a", "b"]})


@pytest.mark.parametrize(
    "line",
    [
        "sales.groupby('region')['revenu'].sum()",
        "sales.groupby('region')[['revenu', 'regio']].sum()",
        "sales.groupby('region').agg({'revenu': 'sum'})",
        "grouped['revenu'].sum()",
        "sales.drop(columns='revenu')",
        "sales.set_index('revenu')",
        "sales[['revenu']]",
    ],
)
def test_however_pandas_says_that_a_column_is_missing_the_near_name_is_given(line):
    failure = read(line, sales=SALES, grouped=SALES.groupby("region"))
    assert any("has no column 'revenu'; columns like it: 'revenue'" in hint for hint in failure.hints)
    assert not any("not found" in hint.lower() for hint in failure.hints)


def test_a_key_with_blanks_is_a_key():
    assert "'unit price'" in read("table['unit price']", table={"unit prize": 1}).hints[0]
    assert "'not in stock'" in read("table['not in stock']", table={"in stock": 1}).hints[0]


def test_frames_of_compiled_code_without_a_source_are_not_read():
    failure = read("numpy.random.default_rng(0).choice([], 3)", numpy=np)
    assert len(failure.frames) == 1
    failure = read("numpy.random.randint(5, 2)", numpy=np)
    assert [frame.place for frame in failure.frames] == [""]


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("import pandas\npandas.DataFrame({'a': [1]}).append({'a': 2})", "pd.concat([frame, more]"),
        ("import pandas\npandas.DataFrame({'a': [1]}).applymap(str)", "instead: `map`"),
        ("import pandas\npandas.Series([1]).iteritems()", "instead: `items`"),
        ("import numpy\nnumpy.product([1])", "instead: `np.prod`"),
        ("list = [1]\nlist('ab')", "`del list` gives it back"),
        ("sum = 3\nsum([1])", "bound that name to a value of type int"),
    ],
)
def test_what_took_the_place_of_a_name_is_told(source, hint):
    assert [one for one in read(source).hints if hint in one]


def test_a_builtin_that_the_notebook_left_alone_is_not_spoken_of():
    assert not [one for one in read("x = 3\nx(1)").hints if "gives it back" in one]


PANDAS = "import pandas as pd\n"


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("pd.Series([1, 2], index=['a', 'b'])[0]", "`.iloc[0]` takes by place"),
        (
            "a = pd.DataFrame({'k': [1]})\nb = pd.DataFrame({'id': [1]})\na.merge(b, on='k')",
            "only `a` has a column 'k', `b` has 'id'",
        ),
        (
            "t = pd.DataFrame({'g': ['x', 'x'], 'n': ['p', 'q']})\nt.groupby('g').mean()",
            "`numeric_only=True` leaves out",
        ),
    ],
)
def test_what_pandas_does_not_say_itself(source, hint):
    assert [one for one in read(PANDAS + source).hints if hint in one]


def test_of_an_error_without_pandas_nothing_of_pandas_is_said():
    assert not [one for one in read("{}[0]").hints if "iloc" in one]


@pytest.mark.skipif(not hasattr(BaseException, "add_note"), reason="notes came with Python 3.11")
def test_what_was_added_to_an_error_is_read():
    source = "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    error.add_note('row 5')\n    raise"
    assert read(source).title == "ZeroDivisionError: division by zero (row 5)"

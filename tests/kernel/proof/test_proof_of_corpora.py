"""Verdicts on tests of what notebooks really hold: functions with their decorators, answers of sessions.

The functions are those of a notebook on TensorFlow, on a stand-in made of NumPy; the answers are reference
answers of recorded sessions, made functions of the frames that they read. Nothing of either is kept here.
"""

import ast
import contextlib
import functools
import io
import json
import os
import shutil
import textwrap
import time
import types
import warnings

import pytest

from jupyter_devstral.core.python.source import definitions_of, names_of
from jupyter_devstral.core.unit_tests.mutants import mutants_of
from jupyter_devstral.kernel.proof.pytest_run import ERROR, FAILED, PASSED
from jupyter_devstral.kernel.proof.runs import CUT_OFF, run_in_copy, survivors
from jupyter_devstral.kernel.proof.targets import definition_source
from tests.support.sessions import cells_of

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")
pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")

DEEP, TOOLS = "12_custom_models_and_training_with_tensorflow.ipynb", "tools_numpy.ipynb"
# Apart by less and by more than a threshold, and by just that.
NEAR_AND_FAR = "np.array([0.0, 1.0, 2.0, 0.5]), np.array([0.25, 0.0, -3.0, 2.25])"
METRIC = "types.SimpleNamespace(name='{}', result=lambda: {})"
STEPS = f"{METRIC.format('loss', 0.5)}, [{METRIC.format('mae', 0.25)}]"
SOFT = "np.array([-2.0, 0.0, 3.0])"
# Notebook, cell, function, a call of it. `seeded`, `printed` and `tf` are defined below.
IN_NOTEBOOKS = [
    (DEEP, 98, "huber_fn", f"huber_fn({NEAR_AND_FAR})"),
    (DEEP, 108, "create_huber", f"create_huber(1.5)({NEAR_AND_FAR})"),
    (DEEP, 123, "my_softplus", f"my_softplus({SOFT})"),
    (DEEP, 123, "my_glorot_initializer", "my_glorot_initializer(seeded((3, 2)))"),
    (DEEP, 123, "my_l1_regularizer", "my_l1_regularizer(np.array([[1.0, -2.0], [3.0, 0.5]]))"),
    (DEEP, 123, "my_positive_weights", "my_positive_weights(np.array([-1.5, 0.0, 0.5, 2.0]))"),
    (DEEP, 194, "f", "f(5.0, 3.0)"),
    (DEEP, 211, "f", "f(5.0, 3.0)"),
    (DEEP, 216, "my_softplus", f"my_softplus({SOFT})"),
    (DEEP, 218, "my_softplus", f"(my_softplus({SOFT}), my_softplus.__wrapped__({SOFT})[1](2.0))"),
    (DEEP, 222, "random_batch", "random_batch(seeded(np.arange(50)), np.arange(50) * 2, 4)"),
    (DEEP, 223, "print_status_bar", f"printed(print_status_bar, 2, 2, {STEPS})"),
    (DEEP, 230, "cube", "cube(-3)"),
    (DEEP, 236, "tf_cube", "tf_cube(np.array([2.0, -3.0]))"),
    (DEEP, 251, "tf_cube", "printed(tf_cube, 4)"),
    (DEEP, 260, "shrink", "shrink(np.arange(2 * 28 * 28).reshape(2, 28, 28))"),
    (DEEP, 266, "add_10", "add_10(5)"),
    (DEEP, 270, "add_10", "add_10(5)"),
    (DEEP, 274, "add_10", "add_10(np.array([1, 2]))"),
    (DEEP, 277, "increment", "(increment(tf.Variable(3)), increment(tf.Variable(3), 4))"),
    (DEEP, 279, "increment", "(counter.assign(1), increment(), increment(5))"),
    (DEEP, 284, "add_10", "add_10(-5)"),
    (DEEP, 289, "my_mse", f"my_mse({NEAR_AND_FAR})"),
    (DEEP, 290, "my_mae", f"my_mae({NEAR_AND_FAR})"),
    (TOOLS, 45, "my_function", "my_function(2, 3, 4)"),
]
# Session, cell.
IN_SESSIONS = [
    ("01-getting-knowing-your-data-chipotle", 7),
    ("01-getting-knowing-your-data-chipotle", 12),
    ("01-getting-knowing-your-data-chipotle", 13),
    ("01-getting-knowing-your-data-chipotle", 14),
    ("01-getting-knowing-your-data-occupation", 11),
    ("01-getting-knowing-your-data-occupation", 15),
    ("01-getting-knowing-your-data-occupation", 16),
    ("02-filtering-sorting-chipotle", 5),
    ("02-filtering-sorting-chipotle", 7),
    ("02-filtering-sorting-euro12", 6),
    ("02-filtering-sorting-euro12", 8),
    ("02-filtering-sorting-euro12", 12),
    ("02-filtering-sorting-fictional-army", 7),
    ("02-filtering-sorting-fictional-army", 12),
    ("03-grouping-alcohol-consumption", 6),
    ("03-grouping-occupation", 6),
    ("03-grouping-regiment", 6),
    ("04-apply-students-alcohol-consumption", 5),
    ("04-apply-us-crime-rates", 5),
    ("05-merge-auto-mpg", 5),
    ("05-merge-fictitous-names", 6),
    ("05-merge-housing-market", 2),
    ("05-merge-housing-market", 3),
    ("08-creating-series-and-dataframes-pokemon", 2),
    ("08-creating-series-and-dataframes-pokemon", 4),
    ("09-time-series-getting-financial-data", 5),
    ("09-time-series-getting-financial-data", 7),
    ("09-time-series-apple-stock", 8),
    ("10-deleting-iris", 4),
    ("10-deleting-iris", 7),
    ("10-deleting-iris", 8),
    ("10-deleting-wine", 8),
]
NAMES = ["test_good", "test_wrong", "test_broken", "test_vacuous", "test_hanging"]
HANGS = 0.4
# Seconds for all mutants of a function; on a quiet machine a few are enough.
BUDGET = 120
PANDAS_CHECKS = {pd.DataFrame: "assert_frame_equal", pd.Series: "assert_series_equal"}


@pytest.fixture(scope="module")
def noticed():
    """Of each function its origin, its mutants, those that its good and those that its vacuous test saw."""
    counts = []
    yield counts
    for origin in ("notebook", "session"):
        rows = [row for row in counts if row[0] == origin]
        mutants, good, vacuous = (sum(row[column] for row in rows) for column in (1, 2, 3))
        print(f"{origin}: {len(rows)} functions; {mutants} mutants: good {good}, vacuous {vacuous}")


@pytest.mark.parametrize(
    ("notebook", "at", "name", "call"), IN_NOTEBOOKS, ids=[f"{n}-{at}" for _, at, n, _ in IN_NOTEBOOKS]
)
def test_functions_of_notebooks(bare_ip, pace, shared_data, noticed, notebook, at, name, call):
    prepare(bare_ip)
    assert bare_ip.run_cell(in_notebook(shared_data, notebook, at, name)).success
    judge(bare_ip, name, call, noticed, "notebook", pace)


@pytest.mark.parametrize(("session", "at"), IN_SESSIONS)
def test_answers_of_sessions(bare_ip, pace, shared_data, noticed, session, at, tmp_path, monkeypatch):
    call = answer_in_place(bare_ip, shared_data, session, at, tmp_path, monkeypatch)
    frames = frames_of(bare_ip)
    judge(bare_ip, "answer", call, noticed, "session", pace)
    assert_same_frames(bare_ip, frames)


def test_a_counter_of_the_kernel_does_not_move(bare_ip, pace, shared_data):
    """The function changes a global: its tests and those of its mutants change that of their copy."""
    prepare(bare_ip)
    assert bare_ip.run_cell(in_notebook(shared_data, DEEP, 279, "increment")).success
    source = (
        "def test_one():\n    assert increment(7) == 7\n"
        "def test_two():\n    assert increment() == 8, 'the tests of one run share their copy'\n"
    )
    outcomes = run_in_copy(bare_ip, source, ["test_one", "test_two"], seconds=60)
    assert [one.kind for one in outcomes] == [PASSED, PASSED]
    mutants = mutants_of(definition_source(bare_ip.user_ns["increment"]))
    tried, alive = survivors(bare_ip, source, ["test_one", "test_two"], mutants, took=pace, budget=BUDGET)
    assert (len(tried), alive) == (len(mutants), [])
    assert bare_ip.user_ns["counter"].value == 0


@pytest.mark.parametrize(("session", "at"), [("04-apply-us-crime-rates", 5), ("10-deleting-iris", 8)])
def test_a_frame_of_the_kernel_is_not_changed_in_place(
    bare_ip, shared_data, session, at, tmp_path, monkeypatch
):
    """The answer drops what it is given: from the kernel's own frame, as a test without care calls it."""
    careful = answer_in_place(bare_ip, shared_data, session, at, tmp_path, monkeypatch)
    careless = careful.replace(".copy()", "")
    argument = careless.removeprefix("answer(").removesuffix(")")
    frames = frames_of(bare_ip)
    source = (
        f"def test_it():\n    before = {argument}.shape\n    {careless}\n"
        f"    assert {argument}.shape != before\n"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcomes = run_in_copy(bare_ip, source, ["test_it"], seconds=60)
    assert [one.kind for one in outcomes] == [PASSED], outcomes
    assert_same_frames(bare_ip, frames)


def test_good_tests_notice_what_vacuous_ones_do_not(noticed):
    if not noticed:
        pytest.skip("no function was tried: the shared data folder is not beside this repository")
    if len(noticed) < len(IN_NOTEBOOKS) + len(IN_SESSIONS):
        pytest.skip("only a part of the functions was tried: no share of them all")
    origins = [row[0] for row in noticed]
    assert origins.count("notebook") >= 20
    assert origins.count("session") >= 15
    mutants, good, vacuous = (sum(row[column] for row in noticed) for column in (1, 2, 3))
    assert good >= 0.8 * mutants
    # Those that make the call raise or hang: more than that no test without an assert can notice.
    assert vacuous <= 0.25 * mutants


def prepare(ip):
    """What the functions of the notebooks know: the libraries, and the stand-in."""
    ip.run_cell("import types\nimport numpy as np")
    ip.push({"tf": tensorflow_of_numpy(), "seeded": seeded, "printed": printed})


def in_notebook(shared_data, notebook, at, name):
    """The source of a function with its decorators; where the cell makes its global counter, with that."""
    stored = json.loads((shared_data / "notebooks" / "handson-ml3" / notebook).read_text(encoding="utf-8"))
    cell = "".join(stored["cells"][at]["source"])
    node = definitions_of(cell)[name]
    begins = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    lines = cell.split("\n")
    made = [line for line in lines[: begins - 1] if line.startswith("counter =")]
    return "\n".join([*made, *lines[begins - 1 : node.end_lineno]])


def answer_in_place(ip, shared_data, session, at, tmp_path, monkeypatch):
    """Run a session up to an answer, define that as a function; a call of it with copies of its frames."""
    folder = shared_data / "sessions"
    stored = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    failing = next(one["reference_errors"] for one in stored if one["set"] == session)
    shutil.copytree(folder / "exercise" / "_inputs", tmp_path / "inputs")
    monkeypatch.chdir(tmp_path)
    cells = list(cells_of(folder / "exercise" / f"{session}.py"))
    with warnings.catch_warnings():
        # A session is not silent with the pandas of today.
        warnings.simplefilter("ignore")
        for number, cell in enumerate(cells[:at]):
            ran = ip.run_cell(cell.source)
            assert ran.success or number in [one["cell"] for one in failing]
        read = sorted(names_of(cells[at].source).loads & set(frames_of(ip)))
        assert cells[at].question
        assert read
        assert ip.run_cell(as_function(cells[at].source, read)).success
    return f"answer({', '.join(f'{one}.copy()' for one in read)})"


def as_function(source, read):
    """An answer as a function of what it reads: of its last expression, or of what its last line changes."""
    last = ast.parse(source).body[-1]
    lines = source.split("\n")
    if isinstance(last, ast.Expr) and not changes_in_place(last.value):
        lines, result = lines[: last.lineno - 1], ast.unparse(last.value)
    else:
        changed = last.value if isinstance(last, ast.Expr) else last.targets[0]
        result = root_name(changed)
    inside = textwrap.indent("\n".join([*lines, f"return {result}"]), "    ")
    return f"def answer({', '.join(read)}):\n{inside}\n"


def changes_in_place(node):
    return isinstance(node, ast.Call) and any(one.arg == "inplace" for one in node.keywords)


def root_name(node):
    """`frame` of `frame.loc[1:2, "x"]`, and of a call of its method."""
    while not isinstance(node, ast.Name):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id


def frames_of(ip):
    """Copies of the frames and series that the shell has, by name; what IPython names itself left out."""
    found = {
        key: value for key, value in ip.user_ns.items() if type(value) in PANDAS_CHECKS and key[0] != "_"
    }
    return {key: value.copy() for key, value in found.items()}


def assert_same_frames(ip, frames):
    assert frames
    for name, frame in frames.items():
        getattr(pd.testing, PANDAS_CHECKS[type(frame)])(ip.user_ns[name], frame)


def judge(ip, name, call, noticed, origin, pace):
    """Good, wrong, erring, vacuous and hanging tests each get their verdict, and nothing is left of them."""
    with warnings.catch_warnings():
        # A copy inherits that warnings are errors here; in a kernel they are not.
        warnings.simplefilter("ignore")
        assert ip.run_cell(f"expected = {call}").success
        began = time.monotonic()
        ip.ev(call)
        took = time.monotonic() - began
        ip.push({"another": another(ip.user_ns["expected"])})
        before = {key: id(value) for key, value in ip.user_ns.items()}
        header = "import numpy as np\nimport pandas as pd\nimport pytest\n"
        good = f"{header}def test_good():\n    {compared(call, ip.user_ns['expected'], 'expected')}\n"
        vacuous = f"def test_vacuous():\n    {call}\n    assert True\n"
        tests = (
            f"{good}def test_wrong():\n    {compared(call, ip.user_ns['expected'], 'another')}\n"
            f"def test_broken():\n    assert {call} is undefined\n{vacuous}"
            f"def test_hanging():\n    while True:\n        {call}\n"
        )
        outcomes = run_in_copy(ip, tests, NAMES, seconds=HANGS + 5 * pace + 10 * took)
        assert [one.kind for one in outcomes] == [PASSED, FAILED, ERROR, PASSED, CUT_OFF], outcomes
        mutants = mutants_of(definition_source(ip.user_ns[name]), limit=8)
        tried, alive = survivors(ip, good, ["test_good"], mutants, took=took + pace, budget=BUDGET)
        also, blind = survivors(ip, vacuous, ["test_vacuous"], mutants, took=took + pace, budget=BUDGET)
        raising = raise_or_hang(ip, call, mutants, seconds=1 + 10 * (took + pace))
    noticed.append((origin, len(mutants), len(mutants) - len(alive), len(mutants) - len(blind)))
    assert mutants
    assert tried == also == mutants
    assert set(alive) <= set(blind)
    assert [one for one in mutants if one not in blind] == raising
    assert {key: id(value) for key, value in ip.user_ns.items()} == before


def raise_or_hang(ip, call, mutants, seconds):
    """The mutants that cannot be called, found in another way: each is defined anew, and called."""
    names = [f"test_{number}" for number in range(len(mutants))]
    source = "".join(
        f"def {name}():\n    exec({mutant.source!r}, globals())\n    {call}\n"
        for name, mutant in zip(names, mutants, strict=True)
    )
    outcomes = run_in_copy(ip, source, names, seconds=seconds)
    assert {one.kind for one in outcomes} <= {PASSED, ERROR, CUT_OFF}
    return [mutant for mutant, one in zip(mutants, outcomes, strict=True) if one.kind != PASSED]


def compared(call, value, other):
    """A statement that compares as tests of such a value do."""
    if type(value) in PANDAS_CHECKS:
        return f"pd.testing.{PANDAS_CHECKS[type(value)]}({call}, {other})"
    if isinstance(value, np.ndarray) or (isinstance(value, tuple) and isinstance(value[0], np.ndarray)):
        return f"np.testing.assert_allclose({call}, {other})"
    if isinstance(value, float):
        return f"assert {call} == pytest.approx({other})"
    return f"assert {call} == {other}"


def another(value):
    """Something else of the same kind."""
    if type(value) in PANDAS_CHECKS:
        return value.iloc[:-1]
    if isinstance(value, np.ndarray):
        return value + 1
    if isinstance(value, tuple):
        return (another(value[0]), *value[1:])
    if isinstance(value, (str, list)):
        return value + value[:1]
    return value + 1


def seeded(value):
    """The argument of a function that draws at random: its draws are the same each time."""
    np.random.seed(5)
    return value


def printed(function, *arguments):
    """What a call gives, and what it prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        value = function(*arguments)
    return [value, out.getvalue()]


class Variable:
    """As much of TensorFlow's as is needed."""

    def __init__(self, value):
        self.value = value

    def assign(self, value):
        self.value = value
        return value

    def assign_add(self, value):
        return self.assign(self.value + value)


def function_decorator(function=None, **_options):
    """`tf.function` as it is written: bare, or with options; it wraps, as the real one does."""
    if function is None:
        return function_decorator

    @functools.wraps(function)
    def wrapped(*arguments, **named):
        return function(*arguments, **named)

    return wrapped


def custom_gradient(function):
    """The decorated function gives a value and its gradient; who calls it gets the value."""

    @functools.wraps(function)
    def wrapped(*arguments):
        return function(*arguments)[0]

    return wrapped


def while_loop(condition, body, values):
    while condition(*values):
        values = body(*values)
    return values


def tensorflow_of_numpy():
    """What the functions of the notebook call of TensorFlow, which is not installed."""

    def normal(shape, stddev, dtype):
        return np.random.normal(scale=stddev, size=shape).astype(dtype)

    same = {"abs", "square", "where", "exp", "sqrt", "maximum", "zeros_like", "less", "add", "float32"}
    return types.SimpleNamespace(
        **{name: getattr(np, name) for name in same},
        math=types.SimpleNamespace(log=np.log),
        random=types.SimpleNamespace(normal=normal),
        reduce_sum=np.sum,
        reduce_mean=np.mean,
        range=range,
        constant=lambda value: value,
        stop_gradient=lambda value: value,
        while_loop=while_loop,
        TensorSpec=lambda *arguments: arguments,
        Variable=Variable,
        function=function_decorator,
        custom_gradient=custom_gradient,
    )

"""Verdicts on tests of functions of real notebooks, and of answers of recorded sessions as functions."""

import ast
import json
import os
import shutil
import textwrap
import time
import warnings

import pytest

from jupyter_devstral.core.mutants import mutants_of
from jupyter_devstral.core.python_source import definitions_of, names_of
from jupyter_devstral.magics.cell_tests import ERROR, FAILED, PASSED
from jupyter_devstral.magics.test_proof import CUT_OFF, run_in_copy, survivors
from jupyter_devstral.magics.test_targets import definition_source
from tests.support.sessions import CLEAN_SETS, cells_of

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")

DEEP, TOOLS = "12_custom_models_and_training_with_tensorflow.ipynb", "tools_numpy.ipynb"
IMAGES = "np.arange(2 * 4 * 4).reshape(2, 4, 4)"
# Notebook, cell, function, arguments: those that need no TensorFlow once their decorators are off.
IN_NOTEBOOKS = [
    (DEEP, 194, "f", "5.0, 3.0"),
    (DEEP, 222, "random_batch", "np.full(9, 4), np.full(9, 5), 3"),
    (DEEP, 223, "print_status_bar", "1, 2, types.SimpleNamespace(name='loss', result=lambda: 0.5)"),
    (DEEP, 230, "cube", "3"),
    (DEEP, 236, "tf_cube", "-2"),
    (DEEP, 260, "shrink", IMAGES),
    (DEEP, 266, "add_10", "5"),
    (TOOLS, 45, "my_function", "1, 2, 3"),
]
OF_EACH_SESSION = 2
NAMES = ["test_good", "test_wrong", "test_broken", "test_vacuous", "test_hanging"]


@pytest.fixture(scope="module")
def noticed():
    """Mutants that were noticed by good and by vacuous tests, and all of them."""
    counts = {"good": 0, "vacuous": 0, "all": 0, "functions": 0}
    yield counts
    print(counts)


@pytest.mark.parametrize(
    ("notebook", "at", "name", "arguments"), IN_NOTEBOOKS, ids=[n for _, _, n, _ in IN_NOTEBOOKS]
)
def test_functions_of_notebooks(bare_ip, shared_data, noticed, notebook, at, name, arguments):
    pytest.importorskip("numpy")
    stored = json.loads((shared_data / "notebooks" / "handson-ml3" / notebook).read_text())
    cell = "".join(stored["cells"][at]["source"])
    bare_ip.run_cell("import types\nimport numpy as np")
    bare_ip.run_cell(ast.get_source_segment(cell, definitions_of(cell)[name]))
    judge(bare_ip, name, f"{name}({arguments})", noticed)


@pytest.mark.parametrize("session", CLEAN_SETS)
def test_answers_of_sessions(bare_ip, shared_data, noticed, session, tmp_path, monkeypatch):
    """An answer becomes a function of the variables that it reads."""
    pytest.importorskip("pandas")
    folder = shared_data / "sessions" / "exercise"
    shutil.copytree(folder / "_inputs", tmp_path / "inputs")
    judged = 0
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bare_ip.run_cell("import copy")
        for number, cell in enumerate(cells_of(folder / f"{session}.py")):
            wrapped = as_function(cell, f"answer_{number}", bare_ip.user_ns)
            # What writes files has a verdict of its own: it is not tried.
            if wrapped and judged < OF_EACH_SESSION and ".to_csv" not in cell.source:
                source, call = wrapped
                bare_ip.run_cell(source)
                if bare_ip.ev(call) is not None:
                    judge(bare_ip, f"answer_{number}", call, noticed)
                    judged += 1
            assert bare_ip.run_cell(cell.source).success
    assert judged


def test_good_tests_notice_what_vacuous_ones_do_not(noticed):
    if not noticed["functions"]:
        pytest.skip("no function was tried: the shared data folder is not beside this repository")
    assert noticed["functions"] >= 30
    assert noticed["good"] >= 0.7 * noticed["all"]
    assert noticed["good"] >= 1.5 * noticed["vacuous"]


def as_function(cell, name, namespace):
    """Its source, and a call with copies of what it reads; None for what reads no frame or gives nothing."""
    body = ast.parse(cell.source).body
    if not cell.question or not body:
        return None
    last, lines = body[-1], cell.source.split("\n")
    if isinstance(last, ast.Expr):
        result = ast.unparse(last.value)
        lines = lines[: last.lineno - 1]
    elif isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name):
        result = last.targets[0].id
    else:
        return None
    read = sorted(
        each
        for each in names_of(cell.source).loads
        if each in namespace and hasattr(namespace[each], "columns")
    )
    if not read:
        return None
    inside = textwrap.indent("\n".join([*lines, f"return {result}"]), "    ")
    call = f"{name}({', '.join(f'copy.deepcopy({each})' for each in read)})"
    return f"def {name}({', '.join(read)}):\n{inside}\n", call


def judge(ip, name, call, noticed):
    """Good, wrong, erring, vacuous and hanging tests each get their verdict, and nothing is left of them."""
    with warnings.catch_warnings():
        # A copy inherits that warnings are errors here; in a kernel they are not.
        warnings.simplefilter("ignore")
        began = time.monotonic()
        ip.run_cell(f"expected = repr({call})")
        seconds = 1.5 + 10 * (time.monotonic() - began)
        before = {key: id(value) for key, value in ip.user_ns.items()}
        good = f"def test_good():\n    assert repr({call}) == expected\n"
        vacuous = f"def test_vacuous():\n    {call}\n    assert True\n"
        tests = (
            f"{good}def test_wrong():\n    assert repr({call}) == 'something else'\n"
            f"def test_broken():\n    assert {call} is undefined\n{vacuous}"
            f"def test_hanging():\n    while True:\n        {call}\n"
        )
        outcomes = run_in_copy(ip, tests, NAMES, seconds=seconds)
        assert [one.kind for one in outcomes] == [PASSED, FAILED, ERROR, PASSED, CUT_OFF], outcomes
        mutants = mutants_of(definition_source(ip.user_ns[name]), limit=8)
        tried, alive = survivors(ip, good, ["test_good"], mutants, took=0.0, budget=20)
        also, blind = survivors(ip, vacuous, ["test_vacuous"], mutants, took=0.0, budget=20)
    assert len(tried) == len(also) == len(mutants)
    assert {one.source for one in alive} <= {one.source for one in blind}
    noticed["all"] += len(mutants)
    noticed["good"] += len(mutants) - len(alive)
    noticed["vacuous"] += len(mutants) - len(blind)
    noticed["functions"] += 1
    assert {key: id(value) for key, value in ip.user_ns.items()} == before

"""A copy that lives on over cells: what it shows, what it may not do, how it ends; nothing else changes."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
from pathlib import Path

import pytest

from jupyter_devstral.core.agent.rules import findings
from jupyter_devstral.kernel.rehearsal.rehearsal import Rehearsal
from tests.support.waiting import eventually


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The notebook's folder, with some data."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for name in ("sales.csv", "a", "data/one.csv"):
        (tmp_path / name).write_text("x,y\n1,2\n")
    return tmp_path


@pytest.fixture
def rehearsal(bare_ip, folder):
    one = Rehearsal(bare_ip)
    # Not whether a copy is sound here: the threads of a test's own process are a library's that works.
    one.start()
    yield one
    one.close()


def texts(step) -> str:
    return "".join(
        str(output.get("text", output.get("data", {}).get("text/plain", ""))) for output in step.outputs
    )


def test_variables_live_from_cell_to_cell_and_the_kernels_do_not_change(bare_ip, rehearsal) -> None:
    bare_ip.run_cell("kept = 1")
    assert rehearsal.run("x = 20").problem == ""
    assert texts(rehearsal.run("x + 22")) == "42"
    assert "x" not in bare_ip.user_ns


def test_streams_results_displays_and_errors_become_outputs(rehearsal) -> None:
    step = rehearsal.run(
        "import sys\nprint('out')\nprint('more')\nprint('err', file=sys.stderr)\n"
        "display({'text/html': '<b>x</b>', 'text/plain': 'x'}, raw=True)\n'result'"
    )
    assert [output["output_type"] for output in step.outputs] == [
        "stream",
        "stream",
        "display_data",
        "execute_result",
    ]
    assert step.outputs[0]["text"] == "out\nmore\n"
    assert step.outputs[2]["data"] == {"text/html": "<b>x</b>", "text/plain": "x"}
    failed = rehearsal.run("print('before')\n1/0")
    assert failed.error == "ZeroDivisionError: division by zero"
    assert [output["output_type"] for output in failed.outputs] == ["stream", "error"]
    assert failed.outputs[1]["ename"] == "ZeroDivisionError"
    assert "ZeroDivisionError" in "".join(failed.outputs[1]["traceback"])
    assert rehearsal.run("1 +").error.startswith("SyntaxError")


def test_a_display_is_updated_and_outputs_are_cleared(rehearsal) -> None:
    step = rehearsal.run("h = display('one', display_id=True)\nh.update('two')")
    assert [output["data"]["text/plain"] for output in step.outputs] == ["'two'"]
    step = rehearsal.run(
        "from IPython.display import clear_output\nprint('one')\nclear_output(wait=True)\nprint('two')"
    )
    assert texts(step) == "two\n"


def test_a_picture_comes_as_png(bare_ip, folder) -> None:
    pytest.importorskip("matplotlib")
    bare_ip.run_cell("%matplotlib inline")
    one = Rehearsal(bare_ip)
    one.start()
    try:
        step = one.run("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    finally:
        one.close()
    assert step.error == ""
    pictures = [output for output in step.outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 1
    assert pictures[0]["data"]["image/png"].startswith("iVBOR")


def test_each_step_is_judged_by_its_own_refusal(rehearsal, folder) -> None:
    assert rehearsal.run("open('out.csv', 'w')").refused == "it writes files (out.csv)"
    after = rehearsal.run("1/0")
    assert (after.refused, after.error) == ("", "ZeroDivisionError: division by zero")
    # What code swallows did not happen all the same.
    quiet = rehearsal.run("try:\n    open('two.csv', 'w')\nexcept OSError:\n    pass")
    assert quiet.refused == "it writes files (two.csv)"
    assert rehearsal.run("x = 1").refused == ""
    assert sorted(path.name for path in folder.iterdir()) == ["a", "data", "sales.csv"]


def test_temporary_files_are_no_effect(rehearsal) -> None:
    step = rehearsal.run(
        "import tempfile\nwith tempfile.NamedTemporaryFile('w+') as f:\n    f.write('x'); f.seek(0)\n"
        "    print(f.read())"
    )
    assert (step.refused, texts(step)) == ("", "x\n")


@pytest.mark.parametrize(
    ("source", "effect"),
    [
        (
            "open('/home/ana/somewhere.txt')",
            "it reads outside the notebook's folder (/home/ana/somewhere.txt)",
        ),
        ("import pandas as pd\npd.read_csv('../other.csv')", "it reads outside the notebook's folder"),
        ("from pathlib import Path\nPath('/home/me/x.txt').read_text()", "it reads outside"),
        ("open('.env')", "it reads a secret (.env)"),
        ("name = 'DB_PASS' + 'WORD'\nimport os\nos.environ[name]", "it reads a secret (DB_PASSWORD)"),
        ("import os\nprint(sorted(os.environ.values()))", "it reads a secret (DB_PASSWORD)"),
        ("import os\nos.chdir('/')", "it changes the working folder"),
    ],
)
def test_reading_secrets_and_outside_the_folder_is_refused(
    bare_ip, folder, monkeypatch, source, effect
) -> None:
    monkeypatch.setenv("DB_PASSWORD", "hunter2")
    (folder / ".env").write_text("KEY=hunter2")
    one = Rehearsal(bare_ip)
    one.start()
    try:
        step = one.run(source)
        assert step.refused.startswith(effect)
        assert "hunter2" not in json.dumps(step.outputs)
    finally:
        one.close()


def test_a_secret_can_be_read_by_the_one_cell_that_was_allowed_it(bare_ip, folder, monkeypatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "hunter2")
    one = Rehearsal(bare_ip)
    one.start()
    try:
        source = "import os\nprint(os.environ['DB_PASSWORD'])"
        refused = one.run(source).refused
        assert texts(one.run(source, [refused])) == "hunter2\n"
        assert one.run(source).refused == refused
        # Nothing else is opened by it.
        assert one.run("open('out.csv', 'w')", [refused, "it writes files (out.csv)"]).refused != ""
    finally:
        one.close()


def test_reading_the_folder_and_packages_is_free(rehearsal) -> None:
    step = rehearsal.run(
        "import pandas as pd, os, json\nprint(len(pd.read_csv('sales.csv')), os.environ['HOME'] != '')\n"
        "open('data/one.csv').read()\nimport sqlite3, zoneinfo\nzoneinfo.ZoneInfo('Europe/Berlin')"
    )
    assert (step.refused, step.error) == ("", "")


def test_a_cell_that_does_not_end_is_interrupted_and_the_copy_goes_on(bare_ip, folder) -> None:
    one = Rehearsal(bare_ip, seconds=1.0)
    one.start()
    try:
        one.run("x = 1")
        step = one.run("x = 2\nwhile True:\n    pass")
        assert step.problem in ("timed out after 1 s", "not decided in 1 s")
        assert texts(one.run("x")) == "2"
    finally:
        one.close()


def test_a_cell_that_takes_its_copy_down_leaves_a_fresh_one_that_is_as_far(rehearsal) -> None:
    rehearsal.run("x = 5")
    step = rehearsal.run("import os\nos._exit(3)")
    assert step.problem.startswith("its copy of the kernel ended (exit status 3)")
    assert "a fresh copy" in step.problem
    assert texts(rehearsal.run("x")) == "5"


def test_a_copy_that_is_killed_for_want_of_memory_leaves_a_fresh_one_that_is_as_far(
    rehearsal, folder
) -> None:
    rehearsal.run("x = 5")
    rehearsal.begin("open('/dev/null')\nwhile True:\n    pass")
    assert rehearsal.outcome(0.1) is None
    # As the system does it.
    os.kill(rehearsal._pid, signal.SIGKILL)
    step = rehearsal.outcome(30)
    assert step.problem.startswith("its copy of the kernel was killed, probably for want of memory")
    assert "a fresh copy" in step.problem
    assert texts(rehearsal.run("x")) == "5"


def test_memory_is_capped_and_shown(bare_ip, folder) -> None:
    one = Rehearsal(bare_ip, memory=200 * 2**20)
    one.start()
    try:
        small = one.run("z = bytes(10)")
        large = one.run("z = bytearray(b'x') * (50 * 2**20)")
        assert large.memory - small.memory > 40 * 2**20
        assert one.run("x = bytearray(10**11)").refused == "it needs too much memory"
        assert one.run("y = [bytearray(2**20) for _ in range(2000)]").refused == "it needs too much memory"
    finally:
        one.close()


def test_an_output_of_any_size_is_cut(rehearsal) -> None:
    step = rehearsal.run("print('a' * 200_000_000)\nfor _ in range(100_000):\n    print('b')")
    assert sum(len(output["text"]) for output in step.outputs) < 1_100_000
    assert "were left out" in step.outputs[-1]["text"]
    many = rehearsal.run("for n in range(1_000):\n    display(n)")
    assert len(many.outputs) <= 201
    wide = rehearsal.run("display({'text/html': 'x' * 20_000_000, 'text/plain': 'x'}, raw=True)")
    assert wide.outputs[0]["data"] == {"text/plain": "x"}


def test_the_end_of_the_kernel_is_no_way_out(rehearsal) -> None:
    for source in ("exit()", "raise SystemExit", "import sys; sys.exit(2)"):
        assert rehearsal.run(source).refused == "it ends the kernel"
    assert texts(rehearsal.run("1")) == "1"


@pytest.mark.parametrize(
    "source",
    [
        "env",
        "env DB_PASSWORD",
        "%env DB_PASSWORD",
        "import os\nos.path.expandvars('$DB_PASSWORD')",
        "import os, string\nstring.Template('$DB_PASSWORD').substitute(os.environ)",
    ],
)
def test_what_shows_a_part_of_the_environment_shows_no_secret(bare_ip, folder, monkeypatch, source) -> None:
    monkeypatch.setenv("DB_PASSWORD", "tiger-99-lily")
    one = Rehearsal(bare_ip)
    one.start()
    try:
        step = one.run(source)
        assert step.refused == "it reads a secret (DB_PASSWORD)"
        assert "tiger-99-lily" not in json.dumps(step.outputs)
    finally:
        one.close()


def test_the_environment_is_not_read_as_a_file_of_a_thread(rehearsal) -> None:
    for source in (
        "open('/proc/thread-self/' + 'environ').read()",
        "import os\nopen(f'/proc/{os.getppid()}/task/{os.getppid()}/' + 'environ').read()",
    ):
        assert rehearsal.run(source).refused == "it reads a secret (environ)"


def test_a_database_elsewhere_is_read_after_a_question_alone(rehearsal, tmp_path_factory) -> None:
    other = tmp_path_factory.mktemp("other") / "o.db"
    connection = sqlite3.connect(other)
    with connection:
        connection.execute("create table t as select 7 as x")
    connection.close()
    for address in (f"'{other}'", f"'file:{other}?mode=ro', uri=True"):
        source = f"import sqlite3\nlist(sqlite3.connect({address}).execute('select x from t'))"
        refused = rehearsal.run(source).refused
        assert refused == f"it reads outside the notebook's folder ({other})"
        assert texts(rehearsal.run(source, [refused])) == "[(7,)]"
    assert rehearsal.run("sqlite3.connect(':memory:').execute('select 1').fetchall()").refused == ""


@pytest.mark.parametrize(
    "said", ["{}", "[]", '{"found": 1}', '{"outputs": 1}', '{"outputs": [], "error": 5}', '{"new": []}']
)
def test_what_a_cell_writes_to_the_copys_socket_is_no_answer(rehearsal, said) -> None:
    source = (
        "import os\nfor number in range(3, 256):\n    try:\n"
        f"        os.write(number, {(said + chr(10)).encode()!r})\n    except OSError:\n        pass\n7"
    )
    assert texts(rehearsal.run(source)) == "7"
    assert texts(rehearsal.run("8")) == "8"


def test_what_is_shown_can_be_written_into_a_notebook(rehearsal) -> None:
    step = rehearsal.run(
        "display({'text/plain': 5, 'image/png': None, 'application/json': {'a': 1}}, raw=True)"
    )
    assert step.outputs[0]["data"] == {"text/plain": "5", "image/png": "None", "application/json": {"a": 1}}


def test_a_copy_that_nobody_asks_ends_by_itself(bare_ip, folder) -> None:
    one = Rehearsal(bare_ip, idle=0.2)
    one.start()
    assert eventually(lambda: os.waitpid(one._pid, os.WNOHANG)[0] != 0)
    assert one.run("1").problem != ""
    one.close()


def test_closing_leaves_no_process_and_no_folder(bare_ip, folder) -> None:
    one = Rehearsal(bare_ip)
    one.start()
    pid, private = one._pid, one._folder.path
    one.close()
    one.close()
    assert not Path(private).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert one.run("1").problem.startswith("there is no copy")


def test_it_says_which_variables_are_new_and_which_have_changed(bare_ip, folder) -> None:
    bare_ip.run_cell("x, y, items = 1, 2, [1]")
    one = Rehearsal(bare_ip)
    one.start()
    try:
        one.run("new = 1\nx = 5\nitems.append(2)\n_private = 1")
        assert one.changes() == {"new": ["new"], "changed": ["x", "items"]}
        assert one.describe(["x", "none"]).split("\n")[1] == "none: there is no such variable"
        assert "items" in one.describe()
    finally:
        one.close()


def test_random_numbers_and_the_users_state_stay_as_they_were(bare_ip, rehearsal, folder) -> None:
    numpy = pytest.importorskip("numpy")
    before = (random.getstate(), numpy.random.get_state()[1].tolist(), sorted(bare_ip.user_ns), os.getcwd())
    rehearsal.run("import random, numpy as np, os\nrandom.seed(1); np.random.rand(5)\nos.environ['A'] = '1'")
    after = (random.getstate(), numpy.random.get_state()[1].tolist(), sorted(bare_ip.user_ns), os.getcwd())
    assert after == before
    assert "A" not in os.environ


def test_the_same_random_numbers_are_drawn_as_in_the_kernel(bare_ip, rehearsal) -> None:
    source = "import random, numpy as np\nprint(random.random(), np.random.rand())"
    rehearsed = texts(rehearsal.run(source))
    from IPython.utils.capture import capture_output

    with capture_output() as real:
        bare_ip.run_cell(source)
    assert rehearsed == real.stdout


def test_the_risky_cells_end_as_expected(bare_ip, folder, shared_data) -> None:
    pytest.importorskip("pandas")
    bare_ip.run_cell(
        "import pandas as pd, numpy as np\ndf = pd.DataFrame({'a': [1]})\na = np.ones(2)\n"
        "secret, s, model = 'x', '1', {}\ndef f(*a): pass"
    )
    lines = (shared_data / "agent" / "risky_cells.jsonl").read_text(encoding="utf-8").splitlines()
    ended = {}
    one = Rehearsal(bare_ip)
    one.start()
    try:
        for case in map(json.loads, lines):
            ended[case["case"]] = (case["expect"], _end_of(one, case["cell"]))
    finally:
        one.close()
    wrong = {name: pair for name, pair in ended.items() if not _fits(*pair)}
    assert wrong == {}
    assert sorted(path.name for path in folder.iterdir()) == ["a", "data", "sales.csv"]


def _end_of(rehearsal: Rehearsal, source: str) -> str:
    if findings(source):
        return "asked"
    step = rehearsal.run(source)
    if step.refused:
        return "asked" if step.refused.startswith("it reads") else "refused"
    return f"cannot run: {step.error}" if step.error or step.problem else "allowed"


def _fits(expected: str, ended: str) -> bool:
    if expected == "cannot run":
        # A richer environment has the package, and then the effect is refused.
        return ended.startswith("cannot run") or ended == "refused"
    # A package that would have the effect is missing here.
    return ended == expected or (expected == "refused" and "ModuleNotFoundError" in ended)


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("open('sale.csv')", "sales.csv"),
        ("open('data/two.csv')", "one.csv"),
        ("import csv\nrow = {'customer': 1}\nrow['customer_id']", "customer"),
        ("amounts = 1\namount", "amounts"),
    ],
)
def test_an_error_comes_with_the_names_that_there_are(rehearsal, source: str, hint: str) -> None:
    step = rehearsal.run(source)
    assert step.error
    assert hint in " ".join(step.hints)
    assert step.refused == ""
    assert json.loads(json.dumps(step.as_json()))["hints"] == list(step.hints)


@pytest.mark.parametrize("path", ["{}/sale.csv", "../sale.csv", "data/../../x.csv"])
def test_no_folder_elsewhere_is_looked_into_for_a_hint(rehearsal, tmp_path: Path, path: str) -> None:
    step = rehearsal.run(f"open({path.format(tmp_path)!r})")
    assert step.error or step.refused
    assert step.hints == ()


def test_a_step_that_ran_has_no_hints(rehearsal) -> None:
    assert rehearsal.run("1 + 1").hints == ()
    rehearsal.run("amounts = 1\namount")
    assert rehearsal.run("1 + 1").hints == ()

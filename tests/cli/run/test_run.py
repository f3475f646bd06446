"""`run`: a real kernel, a scripted model; what it inserts, executes, says and leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_devstral.core.wire import MIME
from tests.cli.conftest import Cli, code_cell, markdown_cell, write_notebook
from tests.support.scripted.server import ScriptedOllama

SET_X = "Here it is:\n\n```python\nx = 41\nprint('set', x)\n```\n"


@pytest.fixture
def notebook(tmp_path: Path) -> Callable[..., Path]:
    return lambda *cells, **metadata: write_notebook(tmp_path / "in.ipynb", cells, **metadata)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.ipynb"


def read(path: Path) -> Any:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def sources(notebook: Any) -> list[str]:
    return [cell.source for cell in notebook.cells]


def printed(cell: Any) -> str:
    return "".join(output.get("text", "") for output in cell.outputs)


def server_flags(server: ScriptedOllama) -> list[str]:
    return [f"--DevstralConfig.host={server.url}"]


def test_what_the_model_writes_is_inserted_and_executed(
    cli: Cli, notebook: Callable[..., Path], out: Path, scripted_ollama: ScriptedOllama
) -> None:
    scripted_ollama.replies = [SET_X]
    path = notebook(
        markdown_cell("# Title", "title"),
        code_cell("%%devstral\nset x to 41", "ask"),
        code_cell("print(x + 1)", "use"),
    )
    ended = cli("run", path, "-o", out, *server_flags(scripted_ollama))
    assert ended.code == 0, ended.err
    done = read(out)
    assert sources(done) == ["# Title", "%%devstral\nset x to 41", "x = 41\nprint('set', x)", "print(x + 1)"]
    assert [cell.id for cell in done.cells] == ["title", "ask", "ask-1", "use"]
    assert done.cells[2].metadata.devstral == {"inserted_by": "ask"}
    assert (printed(done.cells[2]), printed(done.cells[3])) == ("set 41\n", "42\n")
    assert [cell.execution_count for cell in done.cells[1:]] == [1, 2, 3]
    assert MIME in done.cells[1].outputs[0].data
    assert "%load_ext" not in str(sources(done))
    narrated = ended.text
    assert narrated.index("consent") < narrated.index("set x to 41") < narrated.index("Here it is:")
    assert "inserted cell #3" in narrated
    assert "| set 41" in narrated
    assert "cell 1/" in ended.err or "[1/" in narrated


def test_flags_reach_the_kernel(
    cli: Cli, notebook: Callable[..., Path], out: Path, scripted_ollama: ScriptedOllama
) -> None:
    path = notebook(
        code_cell("%%devstral ask\nhello", "ask"), code_cell("%config DevstralConfig.seed", "seed")
    )
    ended = cli("run", path, "-o", out, "--DevstralConfig.seed=77", *server_flags(scripted_ollama))
    assert ended.code == 0, ended.err
    assert scripted_ollama.chats[0].body["options"]["seed"] == 77
    assert "77" in str(read(out).cells[1].outputs)


def test_a_notebook_that_loads_the_magics_itself(
    cli: Cli, notebook: Callable[..., Path], out: Path, scripted_ollama: ScriptedOllama
) -> None:
    path = notebook(
        code_cell("%load_ext jupyter_devstral", "load"), code_cell("%%devstral ask\nhello", "ask")
    )
    ended = cli("run", path, "-o", out, *server_flags(scripted_ollama))
    assert ended.code == 0, ended.err
    assert read(out).cells[0].outputs == []
    assert len(scripted_ollama.chats) == 1


def test_the_model_sees_the_whole_notebook(
    cli: Cli, notebook: Callable[..., Path], out: Path, scripted_ollama: ScriptedOllama
) -> None:
    scripted_ollama.replies = [SET_X, "The end."]
    path = notebook(
        markdown_cell("# About prices", "title"),
        code_cell("%%devstral\nset x", "one"),
        code_cell("%%devstral ask\nand now?", "two"),
    )
    assert cli("run", path, "-o", out, *server_flags(scripted_ollama)).code == 0
    first, second = (
        "\n".join(message["content"] for message in chat.body["messages"]) for chat in scripted_ollama.chats
    )
    assert "# About prices" in first
    assert "# About prices" in second
    assert "set 41" in second
    assert scripted_ollama.chats[1].body["messages"][:2] == scripted_ollama.chats[0].body["messages"]


def test_a_rewritten_cell_arrives_below(
    cli: Cli, notebook: Callable[..., Path], out: Path, scripted_ollama: ScriptedOllama
) -> None:
    scripted_ollama.replies = ["```python\nx = 2\n```"]
    path = notebook(
        code_cell("x = 1", "first"), code_cell("%%devstral edit\nmake it 2", "edit"), code_cell("x", "last")
    )
    assert cli("run", path, "-o", out, *server_flags(scripted_ollama)).code == 0
    done = read(out)
    assert sources(done) == ["x = 1", "%%devstral edit\nmake it 2", "x = 2", "x"]
    assert done.cells[3].outputs[0].data["text/plain"] == "2"


@pytest.mark.parametrize(
    ("line", "options", "added", "executed"),
    [("", ["--no-execute-inserted"], 1, False), (" --insert none", [], 0, False), (" ask", [], 0, False)],
)
def test_inserting_and_executing_can_be_declined(
    cli: Cli,
    notebook: Callable[..., Path],
    out: Path,
    scripted_ollama: ScriptedOllama,
    line: str,
    options: list[str],
    added: int,
    executed: bool,
) -> None:
    scripted_ollama.replies = [SET_X]
    path = notebook(code_cell(f"%%devstral{line}\nset x", "ask"), code_cell("print('x' in dir())", "last"))
    assert cli("run", path, "-o", out, *options, *server_flags(scripted_ollama)).code == 0
    done = read(out)
    assert len(done.cells) == 2 + added
    assert printed(done.cells[-1]) == f"{executed}\n"


def test_running_the_result_again_does_not_pile_up_cells(
    cli: Cli, notebook: Callable[..., Path], out: Path, scripted_ollama: ScriptedOllama
) -> None:
    scripted_ollama.replies = [SET_X]
    path = notebook(code_cell("%%devstral\nset x", "ask"))
    cli("run", path, "-o", out, *server_flags(scripted_ollama))
    first = sources(read(out))
    again = cli("run", out, "-o", out, *server_flags(scripted_ollama))
    assert again.code == 0
    assert sources(read(out)) == first
    # What somebody changed since is theirs.
    data = json.loads(out.read_bytes())
    data["cells"][1]["source"] = "x = 5"
    out.write_text(json.dumps(data))
    cli("run", out, "-o", out, *server_flags(scripted_ollama))
    assert sources(read(out)) == [first[0], first[1], "x = 5"]


def test_a_cell_the_model_wrote_inserts_nothing_itself(
    cli: Cli, notebook: Callable[..., Path], out: Path, scripted_ollama: ScriptedOllama
) -> None:
    scripted_ollama.replies = ["```python\n%%devstral\nwrite yourself again\n```"]
    path = notebook(code_cell("%%devstral\nwrite yourself", "ask"))
    ended = cli("run", path, "-o", out, *server_flags(scripted_ollama))
    assert ended.code == 0
    assert len(read(out).cells) == 2
    assert len(scripted_ollama.chats) == 2


FAILS = [code_cell("a = 1", "first"), code_cell("# why\n1 / 0", "bad"), code_cell("print('after')", "after")]


def test_a_failing_cell_is_named(cli: Cli, notebook: Callable[..., Path], out: Path) -> None:
    ended = cli("run", notebook(*FAILS), "-o", out)
    assert ended.code == 1
    for part in ("cell #2", "bad", "# why", "ZeroDivisionError: division by zero"):
        assert part in ended.err
    done = read(out)
    assert done.cells[1].outputs[0].ename == "ZeroDivisionError"
    assert done.cells[2].outputs == []


def test_a_failure_is_one_line_whatever_the_cell_wrote(
    cli: Cli, notebook: Callable[..., Path], out: Path
) -> None:
    path = notebook(code_cell(r"raise ValueError('a\x1b]0;title\x07\nb\x1b[31m')", "bad"))
    err = cli("run", path, "-o", out).err
    assert err.splitlines()[-1].startswith("jupyter devstral: cell #1 (id bad) failed: ValueError: a b | ")
    assert "\x1b" not in err


def test_errors_may_be_allowed(cli: Cli, notebook: Callable[..., Path], out: Path) -> None:
    ended = cli("run", notebook(*FAILS), "-o", out, "--allow-errors")
    assert ended.code == 0
    assert "1 failed" in ended.text
    assert printed(read(out).cells[2]) == "after\n"


def test_an_expected_error_is_no_failure(cli: Cli, notebook: Callable[..., Path], out: Path) -> None:
    cells = [
        code_cell("1 / 0", "bad", metadata={"tags": ["raises-exception"]}),
        code_cell("print('after')", "after"),
    ]
    ended = cli("run", notebook(*cells), "-o", out)
    assert (ended.code, ended.err) == (0, "")
    assert printed(read(out).cells[1]) == "after\n"


def test_a_failing_cell_explains_itself(
    cli: Cli, notebook: Callable[..., Path], out: Path, scripted_ollama: ScriptedOllama
) -> None:
    scripted_ollama.replies = ["It divides by `zero`.\n\n[cell 3]\n```python\n1 / one\n```\n"]
    cells = [
        markdown_cell("# Title", "title"),
        code_cell("", "empty"),
        code_cell("one, zero = 1, 0", "names"),
        code_cell("1 / zero", "bad"),
        code_cell("1 / 0", "meant", metadata={"tags": ["raises-exception"]}),
        code_cell("print('after')", "after"),
    ]
    flags = ["--explain", "--allow-errors", *server_flags(scripted_ollama)]
    ended = cli("run", notebook(*cells), "-o", out, *flags)
    assert ended.code == 0, ended.err
    done = read(out)
    # The notebook's own cells: an explanation proposes, it does not insert.
    assert [cell.id for cell in done.cells] == ["title", "empty", "names", "bad", "meant", "after"]
    error, card = done.cells[3].outputs
    assert error.ename == "ZeroDivisionError"
    bundle = card.data[MIME]
    assert [(edit["cell_id"], edit["source"]) for edit in bundle["edits"]] == [("bad", "1 / one")]
    assert bundle["card"]["trial"]["kind"] == "clean"
    shown = card.data["text/markdown"]
    assert "explaining cell [2]" in shown
    # Who reads the finished notebook has neither this kernel nor its widgets.
    assert "%devstral accept" not in shown
    assert "It divides by" in ended.text
    assert [output.output_type for output in done.cells[4].outputs] == ["error"]
    assert len(scripted_ollama.chats) == 1
    assert printed(done.cells[5]) == "after\n"


def test_without_explain_nothing_is_asked(
    cli: Cli, notebook: Callable[..., Path], out: Path, scripted_ollama: ScriptedOllama
) -> None:
    cells = [code_cell("%load_ext jupyter_devstral", "load"), *FAILS]
    cli("run", notebook(*cells), "-o", out, "--allow-errors", *server_flags(scripted_ollama))
    assert scripted_ollama.chats == []
    assert len(read(out).cells[2].outputs) == 1


def test_an_inserted_cell_that_fails_names_its_asker(
    cli: Cli, notebook: Callable[..., Path], out: Path, scripted_ollama: ScriptedOllama
) -> None:
    scripted_ollama.replies = ["```python\nundefined_name\n```"]
    path = notebook(code_cell("%%devstral\nfail", "ask"))
    ended = cli("run", path, "-o", out, *server_flags(scripted_ollama))
    assert ended.code == 1
    assert "inserted for cell ask" in ended.err
    assert "NameError" in ended.err
    assert len(read(out).cells) == 2


def test_no_model_server_is_said_once(cli: Cli, notebook: Callable[..., Path], out: Path) -> None:
    path = notebook(code_cell("%%devstral\nhello", "ask"))
    ended = cli("run", path, "-o", out, "--DevstralConfig.host=127.0.0.1:9")
    assert ended.code == 1
    assert "cell #1" in ended.err
    assert "127.0.0.1:9" in ended.err + ended.text
    assert "Traceback" not in ended.err + ended.text


def test_a_cell_that_takes_too_long(cli: Cli, notebook: Callable[..., Path], out: Path) -> None:
    cells = [code_cell("import time\ntime.sleep(60)", "slow"), code_cell("print('after')", "after")]
    ended = cli("run", notebook(*cells), "-o", out, "--timeout", 2)
    assert ended.code == 1
    assert "--timeout" in ended.err
    assert read(out).cells[0].outputs[0].ename == "KeyboardInterrupt"
    ended = cli("run", notebook(*cells), "-o", out, "--timeout", 2, "--allow-errors")
    assert ended.code == 0
    assert printed(read(out).cells[1]) == "after\n"


def test_a_kernel_that_dies(cli: Cli, notebook: Callable[..., Path], out: Path) -> None:
    cells = [code_cell("print('before')", "before"), code_cell("import os\nos._exit(1)", "exit")]
    ended = cli("run", notebook(*cells), "-o", out)
    assert ended.code == 1
    assert "kernel died" in ended.err
    assert "cell #2" in ended.err
    assert printed(read(out).cells[0]) == "before\n"


def test_an_unknown_kernel_falls_back(cli: Cli, notebook: Callable[..., Path], out: Path) -> None:
    path = notebook(code_cell("print(1)", "a"), kernelspec={"name": "nobody", "language": "python"})
    ended = cli("run", path, "-o", out)
    assert ended.code == 0
    assert "nobody" in ended.text
    path = notebook(code_cell("1", "a"), kernelspec={"name": "nobody", "language": "R"})
    ended = cli("run", path, "-o", out)
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert "nobody" in ended.err


def test_old_formats_and_missing_ids(cli: Cli, tmp_path: Path, out: Path) -> None:
    cell = {"cell_type": "code", "input": ["print(1)"], "language": "python", "outputs": [], "metadata": {}}
    path = tmp_path / "old.ipynb"
    old = {
        "metadata": {},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [{"cells": [cell], "metadata": {}}],
    }
    path.write_text(json.dumps(old))
    assert cli("run", path, "-o", out).code == 0
    assert printed(read(out).cells[0]) == "1\n"
    twice = [code_cell("print(1)", "same"), code_cell("print(2)", "same")]
    assert cli("run", write_notebook(tmp_path / "twice.ipynb", twice), "-o", out).code == 0
    assert [printed(cell) for cell in read(out).cells] == ["1\n", "2\n"]


def test_destinations_are_checked_first(cli: Cli, notebook: Callable[..., Path], tmp_path: Path) -> None:
    path = notebook(code_cell("open('ran', 'w')", "a"))
    assert cli("run", path, "-o", tmp_path).code == 2
    assert cli("run", path, "-o", tmp_path / "o", "--html", tmp_path / "o").code == 2
    assert cli("run", path, "-o", path / "below-a-file.ipynb").code == 1
    assert not (tmp_path / "ran").exists()


def test_the_kernel_works_beside_the_notebook(cli: Cli, tmp_path: Path, out: Path) -> None:
    (tmp_path / "folder").mkdir()
    path = write_notebook(tmp_path / "folder" / "in.ipynb", [code_cell("import os\nprint(os.getcwd())", "a")])
    cli("run", path, "-o", out)
    assert printed(read(out).cells[0]).strip() == str(tmp_path / "folder")


def test_html_of_a_hostile_reply_is_inert(
    cli: Cli, notebook: Callable[..., Path], out: Path, scripted_ollama: ScriptedOllama
) -> None:
    from tests.cli.run.test_html_page import inspect

    scripted_ollama.replies = [
        "<script>alert(1)</script><img src=x onerror=alert(2)>\n\n```python\n"
        "from IPython.display import HTML\nHTML('<script>alert(3)</script><b onclick=a()>bold</b>')\n```\n"
    ]
    path = notebook(code_cell("%%devstral\nhello", "ask"), markdown_cell("<script>alert(5)</script>", "note"))
    page = out.with_suffix(".html")
    assert cli("run", path, "-o", out, "--html", page, *server_flags(scripted_ollama)).code == 0
    assert inspect(page.read_text()).live == []
    assert "bold" in page.read_text()


def test_plots_survive_in_html(cli: Cli, notebook: Callable[..., Path], out: Path) -> None:
    pytest.importorskip("matplotlib")
    from tests.cli.run.test_html_page import inspect

    path = notebook(
        code_cell("%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);", "plot")
    )
    page = out.with_suffix(".html")
    assert cli("run", path, "-o", out, "--html", page).code == 0
    assert any(image.startswith("data:image/png") for image in inspect(page.read_text()).images)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell as on Unix")
@pytest.mark.parametrize("listener", ["| true", ">&- 2>&-"])
def test_a_run_that_nobody_listens_to_is_finished(
    notebook: Callable[..., Path], out: Path, listener: str
) -> None:
    path = notebook(code_cell("print('a')", "a"), code_cell("print('b')", "b"))
    command = f'"{sys.executable}" -m jupyter_devstral.cli run "{path}" -o "{out}" {listener}'
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [printed(cell) for cell in read(out).cells] == ["a\n", "b\n"]


def test_ctrl_c_keeps_what_ran(notebook: Callable[..., Path], out: Path) -> None:
    begun = out.with_name("begun")
    path = notebook(
        code_cell("print('before')", "before"),
        code_cell(f"import time\nopen({str(begun)!r}, 'w').close()\ntime.sleep(600)", "slow"),
        code_cell("print('after')", "after"),
    )
    command = subprocess.Popen(
        [sys.executable, "-m", "jupyter_devstral.cli", "run", str(path), "-o", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not begun.exists() and command.poll() is None:
        time.sleep(0.05)
    os.kill(command.pid, signal.SIGINT)
    _, err = command.communicate(timeout=60)
    assert command.returncode == 130
    assert "Traceback" not in err
    done = read(out)
    assert printed(done.cells[0]) == "before\n"
    assert done.cells[1].outputs[-1].ename == "KeyboardInterrupt"
    assert done.cells[2].outputs == []


def test_flags_reach_magics_that_ipython_loaded_by_itself(
    cli: Cli, notebook: Callable[..., Path], out: Path, scripted_ollama: ScriptedOllama
) -> None:
    assert cli("autoload").code == 0
    path = notebook(code_cell("%%devstral ask\nhello", "ask"))
    ended = cli("run", path, "-o", out, "--DevstralConfig.seed=78", *server_flags(scripted_ollama))
    assert ended.code == 0, ended.err
    assert scripted_ollama.chats[0].body["options"]["seed"] == 78


def test_an_answer_cut_in_its_code_is_not_executed(
    cli: Cli, notebook: Callable[..., Path], out: Path, scripted_ollama: ScriptedOllama
) -> None:
    scripted_ollama.replies = ["```python\nx = 1\ny = 2\nz = 3\n```"]
    scripted_ollama.fail_next("done-length", after=6)
    path = notebook(code_cell("%%devstral\nhello", "ask"))
    ended = cli("run", path, "-o", out, *server_flags(scripted_ollama))
    assert ended.code == 0, ended.err
    assert len(read(out).cells) == 1
    assert "nothing to insert" in ended.text


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal as on Unix")
def test_a_terminal_gets_a_progress_bar(notebook: Callable[..., Path], out: Path) -> None:
    from tests.cli.terminal import OnTerminal

    path = notebook(code_cell("print('a')", "a"), code_cell("print('b')", "b"))
    with OnTerminal("run", path, "-o", out) as command:
        text = command.end()
        assert command.process.returncode == 0
        assert "1/2" in command.shown
    assert "| a\n" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_during_an_answer_keeps_what_arrived(
    notebook: Callable[..., Path], out: Path, number: int, code: int
) -> None:
    path = notebook(code_cell("%%devstral\ncount", "ask"), code_cell("print('after')", "after"))
    with ScriptedOllama(["one two three " * 200], piece_delay=0.1) as server:
        command = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "jupyter_devstral.cli",
                "run",
                str(path),
                "-o",
                str(out),
                *server_flags(server),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert command.stdout is not None
        seen = ""
        while "one two" not in seen:
            seen += command.stdout.read(1)
        os.kill(command.pid, number)
        _, err = command.communicate(timeout=30)
        assert server.wait_closed() is not None
    assert command.returncode == code
    assert "Traceback" not in err
    done = read(out)
    assert len(done.cells) == 2
    assert "one two" in done.cells[0].outputs[0].data["text/plain"]
    assert done.cells[1].outputs == []


FAILING = "%%devstral pytest\ndef test_a():\n    assert 1 == 2\n\ndef test_b():\n    pass"


@pytest.mark.parametrize(
    ("cell", "options", "code"),
    [
        (code_cell(FAILING, "tests"), [], 1),
        (code_cell("def test_a():\n    assert 1 == 2", "plain"), [], 1),
        (code_cell("%%devstral pytest\ndef test_a():\n    raise ValueError", "tests"), [], 1),
        (code_cell(FAILING, "tests", metadata={"tags": ["raises-exception"]}), [], 0),
        (code_cell(FAILING, "tests"), ["--allow-errors"], 0),
        (code_cell(FAILING.replace("1 == 2", "1 == 1"), "tests"), [], 0),
    ],
)
def test_tests_that_fail_fail_the_run(
    cli: Cli, notebook: Callable[..., Path], out: Path, cell: Any, options: list[str], code: int
) -> None:
    # The tests of the namespace are run by the line that has no cell of its own.
    cells = [cell, code_cell("%devstral pytest" if cell["id"] == "plain" else "1", "last")]
    ended = cli("run", notebook(code_cell("%load_ext jupyter_devstral", "load"), *cells), "-o", out, *options)
    assert ended.code == code, ended.err
    if code and cell["id"] == "tests":
        assert "(id tests) failed: TestsFailed: " in ended.err
        assert "1 failed. Written" in ended.text
    # What stands behind the tests ran all the same.
    assert read(out).cells[-1].execution_count


def test_half_a_character_in_a_cell_is_refused_in_words(cli: Cli, tmp_path: Path, out: Path) -> None:
    path = tmp_path / "half.ipynb"
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "x = '\ud800'", "outputs": []}
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    ended = cli("run", path, "-o", out)
    assert ended.code == 1
    assert "cell #1 holds half a character (U+D800)" in ended.err

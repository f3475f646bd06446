"""`do`: a real kernel, a scripted model; what is written, what is refused, and the exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.cli.conftest import Cli, Ended, code_cell, write_notebook
from tests.support.scripted.engine import Script
from tests.support.scripted.server import ScriptedOllama

LOAD = "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, 3]})"
COUNT = "I count the rows.\n\n```python\nprint('rows:', len(df))\n```\n"
DONE = "There are three rows."

Do = Callable[..., Ended]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_notebook(tmp_path / "in.ipynb", [code_cell(LOAD, "a1b2c3d4")])


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.ipynb"


@pytest.fixture
def do(
    cli: Cli,
    path: Path,
    out: Path,
    scripted_ollama: ScriptedOllama,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Do:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data-of-jupyter"))

    def run(*replies: str, options: tuple[str, ...] = (), task: str = "Count the rows.") -> Ended:
        scripted_ollama.replies = list(replies)
        return cli("do", path, task, "-o", out, *options, f"--DevstralConfig.host={scripted_ollama.url}")

    return run


def test_each_reply_begins_on_a_line_of_its_own(do: Do) -> None:
    assert do("```python\nprint('rows:', len(df))\n```", DONE).text.endswith(f"```\n{DONE}\n\n")


def read(path: Path) -> Any:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def printed(cell: Any) -> str:
    return "".join(output.get("text", "") for output in cell.outputs)


def test_a_task_becomes_cells_with_their_rehearsed_outputs(do: Do, path: Path, out: Path) -> None:
    before = path.read_bytes()
    ended = do(COUNT, DONE)
    assert ended.code == 0, ended.err
    first, second = read(out).cells
    assert (first.id, first.source, first.outputs) == ("a1b2c3d4", LOAD, [])
    assert second.source == "print('rows:', len(df))"
    assert printed(second) == "rows: 3\n"
    assert second.metadata.devstral == {"run": "new", "rehearsed": True}
    assert second.execution_count is None
    assert DONE in ended.text
    assert path.read_bytes() == before


def test_an_effect_is_refused_and_named_and_the_exit_code_says_so(do: Do, out: Path, tmp_path: Path) -> None:
    ended = do("```python\ndf.to_csv('report.csv')\n```", "Written.")
    assert ended.code == 4
    assert "it writes files (report.csv)" in ended.err
    cell = read(out).cells[1]
    assert cell.metadata.devstral["refused"] == ["it writes files (report.csv)"]
    assert cell.metadata.devstral["rehearsed"] is False
    assert not (tmp_path / "report.csv").exists()


def test_yes_run_runs_what_was_kept_for_real(do: Do, out: Path, tmp_path: Path) -> None:
    ended = do(COUNT, "```python\ndf.to_csv('report.csv')\n```", DONE, options=("--yes-run",))
    assert ended.code == 4
    cells = read(out).cells
    assert printed(cells[1]) == "rows: 3\n"
    assert cells[1].metadata.devstral["as_rehearsed"] is True
    assert (tmp_path / "report.csv").exists()
    assert "as rehearsed" in ended.err


def test_another_picture_is_not_as_rehearsed(do: Do, out: Path) -> None:
    source = "import matplotlib.pyplot as plt, os\n_ = plt.plot(list(os.urandom(9)))\nplt.show()"
    do(f"```python\n{source}\n```", DONE, options=("--yes-run",))
    assert read(out).cells[1].metadata.devstral["as_rehearsed"] is False


def test_what_a_cell_shows_for_real_is_written_as_a_page_shows_it(do: Do, out: Path) -> None:
    source = (
        "from IPython.display import clear_output\nimport sys\nprint('gone')\nclear_output(wait=True)\n"
        "print('a')\nprint('b', file=sys.stderr)\nprint('c')\n"
        "h = display('one', display_id=True)\nh.update('two')"
    )
    ended = do(f"```python\n{source}\n```", DONE, options=("--yes-run",))
    outputs = read(out).cells[1].outputs
    assert [one.data["text/plain"] for one in outputs if one.output_type == "display_data"] == ["'two'"]
    assert "gone" not in str(outputs)
    assert ended.err.rstrip().endswith(": as rehearsed"), ended.err


def test_a_cell_that_fails_for_real_is_an_error_of_the_command(do: Do, out: Path) -> None:
    # True in the copy alone, whose streams are its own.
    source = "import sys\nassert type(sys.stdout).__name__ != 'OutStream'"
    ended = do(f"```python\n{source}\n```", DONE, options=("--yes-run",))
    assert ended.code == 1
    assert "failed: AssertionError" in ended.err


def test_what_the_rules_ask_about_is_not_run_even_so(do: Do, out: Path, tmp_path: Path) -> None:
    secret = "```python\nimport os\nopen('x', 'w').write(str(os.environ.get('AWS_SECRET_ACCESS_KEY')))\n```"
    ended = do(secret, DONE, options=("--yes-run",))
    assert ended.code == 4
    assert "is not run: it reads a secret (AWS_SECRET_ACCESS_KEY)" in ended.err
    assert not (tmp_path / "x").exists()


def test_where_copies_are_switched_off_cells_are_written_and_not_run(do: Do, out: Path) -> None:
    ended = do(COUNT, DONE, options=("--DevstralConfig.trial_seconds=0",))
    assert ended.code == 0
    assert "No rehearsal: copies are switched off" in ended.err
    cell = read(out).cells[1]
    assert (cell.source, cell.outputs) == ("print('rows:', len(df))", [])
    assert cell.metadata.devstral == {"run": "new", "rehearsed": False}


def test_a_plan_changes_nothing(do: Do, out: Path) -> None:
    ended = do("- [ ] count\n\n```python\nlen(df)\n```", options=("--plan",))
    assert ended.code == 0
    assert [cell.source for cell in read(out).cells] == [LOAD]
    assert "- [ ] count" in ended.text


def test_a_model_that_goes_round_in_circles_gives_up(do: Do, out: Path) -> None:
    ended = do('{"name": "notebook_outline", "arguments": {}}')
    assert ended.code == 3
    assert "gave up: it repeats itself" in ended.err
    assert out.exists()


def test_an_error_of_the_model_leaves_what_was_written(
    cli: Cli, do: Do, path: Path, out: Path, scripted_ollama: ScriptedOllama
) -> None:
    def reply(messages: list[dict[str, Any]], body: dict[str, Any]) -> str:
        scripted_ollama.fail_next("400", message="no more")
        return COUNT

    scripted_ollama.replies = reply
    ended = cli("do", path, "Count.", "-o", out, f"--DevstralConfig.host={scripted_ollama.url}")
    assert ended.code == 1
    assert printed(read(out).cells[1]) == "rows: 3\n"


def test_a_notebook_without_ids_is_done_as_well(do: Do, path: Path, out: Path) -> None:
    notebook = json.loads(path.read_text())
    notebook["nbformat_minor"] = 4
    for cell in notebook["cells"]:
        del cell["id"]
    path.write_text(json.dumps(notebook))
    assert do(COUNT, DONE).code == 0
    written = read(out)
    assert [cell.source for cell in written.cells] == [LOAD, "print('rows:', len(df))"]
    assert printed(written.cells[1]) == "rows: 3\n"


def test_what_fails_in_the_copy_is_named_and_the_run_goes_on(do: Do, path: Path, out: Path) -> None:
    cells = [code_cell("1/0", "bad"), code_cell("open('y', 'w')", "file"), code_cell(LOAD, "good")]
    write_notebook(path, cells)
    ended = do(COUNT, DONE)
    assert ended.code == 0
    assert "cell #1 (id bad) in the copy: ZeroDivisionError" in ended.err
    assert "cell #2 (id file) in the copy: refused: it writes files (y)" in ended.err
    assert printed(read(out).cells[3]) == "rows: 3\n"


def test_wrong_usage_has_its_own_code(do: Do, cli: Cli, path: Path, out: Path) -> None:
    assert do(task=" ").code == 2
    assert cli("do", path, "x", "-o", path).code == 2
    assert cli("do", path, "x").code == 2
    assert not out.exists()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_an_interrupt_closes_the_models_connection_and_keeps_what_there_is(
    path: Path, out: Path, scripted_ollama: ScriptedOllama, tmp_path: Path, number: int, code: int
) -> None:
    def reply(messages: list[dict[str, Any]], body: dict[str, Any]) -> Any:
        return COUNT if len(scripted_ollama.chats) == 1 else Script(["x"] * 1000, delay=0.1)

    scripted_ollama.replies = reply
    flag = f"--DevstralConfig.host={scripted_ollama.url}"
    command = [sys.executable, "-m", "jupyter_devstral.cli", "do", str(path), "Count.", "-o", str(out), flag]
    environment = {**os.environ, "JUPYTER_DATA_DIR": str(tmp_path / "data")}
    # What runs in the background, or beyond its terminal, ignores some of these, and so does what it starts.
    process = subprocess.Popen(
        command,
        env=environment,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    try:
        assert scripted_ollama.wait_requests(2, timeout=120)
        process.send_signal(number)
        assert process.wait(60) == code
    finally:
        process.kill()
        process.wait()
    assert scripted_ollama.wait_closed() is not None
    assert printed(read(out).cells[1]) == "rows: 3\n"


def test_the_record_is_readable_by_the_user_alone(do: Do, tmp_path: Path) -> None:
    do(COUNT, "```python\ndf.to_csv('report.csv')\n```", DONE)
    (file,) = (tmp_path / "data-of-jupyter" / "jupyter_devstral" / "runs").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    entries = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [entry["what"] for entry in entries] == [
        "task",
        "reply",
        "cell",
        "reply",
        "cell",
        "question",
        "reply",
        "end",
    ]
    question = next(entry for entry in entries if entry["what"] == "question")
    assert (question["allowed"], question["question"]["effect"]) == (False, "it writes files (report.csv)")

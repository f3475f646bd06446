"""A real kernel, or terminal IPython, in an environment that is not as we would have it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_devstral.core.settings.config import EXPLAIN_PLACE
from tests.support.jupyter.kernel import Kernel

ANSWER = "fine answer — → done"
TAKEN = ("ollama", "httpx", "anyio", "idna", "tqdm")


@pytest.fixture
def kernel_in(tmp_path, monkeypatch, scripted_ollama):
    """A kernel in a folder of its own, with more environment variables; it explains at once."""
    kernels = []

    def start(**environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
        monkeypatch.setenv("OLLAMA_HOST", scripted_ollama.url)
        monkeypatch.setenv(EXPLAIN_PLACE, "here")
        monkeypatch.chdir(tmp_path)
        kernels.append(Kernel())
        return kernels[-1]

    scripted_ollama.replies = [ANSWER]
    yield start
    for kernel in kernels:
        kernel.stop()


@pytest.mark.parametrize(
    "environment",
    [
        {"ALL_PROXY": "socks5://127.0.0.1:1080", "NO_PROXY": "localhost,[::1],fd00::/8"},
        {"http_proxy": "http://u:p@ss@proxy:80:80/", "SSL_CERT_FILE": "/gone/cacert.pem"},
    ],
    ids=["socks", "broken"],
)
def test_proxies_and_certificates_have_no_say_on_this_machine(kernel_in, environment):
    kernel = kernel_in(**environment)
    kernel.run("%load_ext jupyter_devstral")
    assert "fine answer" in kernel.run("%devstral ask --context none hello").text
    failed = kernel.run("1/0").text
    assert "fine answer" in failed
    assert "Error in callback" not in failed
    assert "answers at" in kernel.run("%devstral doctor").text


@pytest.mark.parametrize("his_first", [False, True], ids=["ours-first", "his-first"])
def test_files_with_our_packages_names_stay_his(kernel_in, tmp_path, his_first):
    kernel = kernel_in()
    for name in TAKEN:
        text = f"print('RAN {name}')\nwhose = 'his'\n"
        if his_first:
            (tmp_path / name).mkdir()
        (tmp_path / (f"{name}/__init__.py" if his_first else f"{name}.py")).write_text(text)
    theirs = f"import {', '.join(TAKEN)}\nprint({', '.join(f'{name}.whose' for name in TAKEN)})"
    shown = kernel.run(theirs).text if his_first else ""
    ours = "".join(
        kernel.run(cell).text
        for cell in (
            "%load_ext jupyter_devstral",
            "%devstral ask --context none hello",
            "1/0",
            "%devstral doctor",
        )
    )
    assert ours.count("fine answer") >= 2
    assert "RAN" not in ours
    shown += kernel.run(theirs).text
    assert "his his his his his" in shown
    assert shown.count("RAN") == len(TAKEN)


def test_log_lines_about_our_requests_stay_out_of_his_cells_and_his_own_come(kernel_in, scripted_ollama):
    kernel = kernel_in()
    kernel.run("import logging; logging.basicConfig(level=1, force=True)")
    kernel.run("for name in ('httpx', 'httpcore'): logging.getLogger(name).setLevel(1)")
    kernel.run("%load_ext jupyter_devstral")
    for cell in ("%devstral ask --context none hello", "%devstral doctor", "1/0", "%devstral models"):
        shown = kernel.run(cell).text
        assert "httpcore" not in shown
        assert "HTTP Request" not in shown
    his = kernel.run(f"import httpx; print(httpx.get('{scripted_ollama.url}/api/tags').status_code)").text
    assert "HTTP Request" in his
    assert "httpcore" in his


def test_questions_in_the_cell_that_loads_the_extension_are_asked(kernel_in, scripted_ollama):
    kernel = kernel_in()
    cell = "%load_ext jupyter_devstral\n%devstral ask --context none what is this about?\nx = 3\nif x:\n"
    result = kernel.run(cell + "    %devstral ask --context none and what is x?\nx?")
    assert result.text.count("fine answer") >= 2
    assert [chat.body["messages"][-1]["content"].split("\n")[-1] for chat in scripted_ollama.chats] == [
        "what is this about?",
        "and what is x?",
    ]
    # Help about a name is still help.
    assert "int" in str(result.payload)


def test_a_cell_magic_below_the_line_that_loads_says_why_it_cannot_stand_there(kernel_in):
    kernel = kernel_in()
    first = kernel.run("%load_ext jupyter_devstral\n%%devstral ask\nhello").text
    later = kernel.run("x = 1\n%%devstral ask\nwhat is this about").text
    for shown in (first, later):
        assert "must be the first line of its cell" in shown
    assert "'text'" in str(kernel.run("text = '''\n%%devstral ask\n'''\n'text'").of("execute_result"))


def test_an_explanation_that_meets_an_unforeseen_error_ends_as_a_card(kernel_in):
    kernel = kernel_in()
    kernel.run("%load_ext jupyter_devstral")
    kernel.run("from jupyter_devstral.core.model.ollama.client import OllamaModel")
    kernel.run(
        "def window(self, need=0): raise LookupError('nobody expects this')\nOllamaModel.window = window"
    )
    shown = kernel.run("1/0")
    assert "No explanation" in shown.markdown
    assert "nobody expects this" in shown.markdown
    assert "Error in callback" not in shown.text


def ipython(folder, host, *arguments, stdin="", **environment):
    """What terminal IPython prints, as bytes."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONIOENCODING", "PYTHONUTF8")
    }
    return subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--simple-prompt", "--colors=nocolor", *arguments],
        input=stdin.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env={**kept, "PYTHONPATH": str(Path(__file__).parents[2]), "OLLAMA_HOST": host, **environment},
        timeout=120,
    ).stdout


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_a_terminal_that_is_not_utf_8_gets_question_marks(tmp_path, scripted_ollama, encoding):
    scripted_ollama.replies = [ANSWER, f"{ANSWER}\n\n```python\nundefined_name = '…'\n```\n", ANSWER]
    cells = "%load_ext jupyter_devstral\n%devstral help\n%devstral ask -c none hello\nundefined_name\n"
    cells += "%devstral doctor\n%devstral status\n%devstral fix\n%devstral last\n%devstral model\nexit\n"
    shown = ipython(tmp_path, scripted_ollama.url, stdin=cells, PYTHONIOENCODING=encoding).decode(encoding)
    assert "UnicodeEncodeError" not in shown
    assert shown.count("fine answer ? ? done") >= 2


def test_a_command_line_or_script_that_loads_and_asks_is_answered(tmp_path, scripted_ollama):
    scripted_ollama.replies = [ANSWER]
    cell = "%load_ext jupyter_devstral\n%devstral ask --context none what is this about?\n"
    (tmp_path / "script.ipy").write_text(cell)
    for arguments in (["-c", cell], ["script.ipy"]):
        assert b"fine answer" in ipython(tmp_path, scripted_ollama.url, *arguments)

"""The magics in a real kernel on a real Ollama daemon; what a small model says is not judged."""

import json
import time

import pytest

from jupyter_devstral.core.wire import MIME
from tests.support.jupyter import kernel as kernel_module

pytestmark = [pytest.mark.ollama, pytest.mark.timeout(600)]

PATIENCE = 240  # seconds; a slow and busy machine reads a prompt for long
MISSING = "jupyter-devstral-nope:1b"


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    monkeypatch.setattr(kernel_module, "TIMEOUT", PATIENCE)


@pytest.fixture
def kernel(shared_kernel, real_ollama):
    """A kernel whose extension is new and talks to the daemon; the model is not loaded."""
    real_ollama.unload()
    shared_kernel.run("%reset -f")
    shared_kernel.run("%unload_ext jupyter_devstral")
    loaded = shared_kernel.run("%load_ext jupyter_devstral")
    assert loaded.reply["status"] == "ok", loaded.text
    # Rendered by a Go template, as Devstral is.
    settings = {"model": real_ollama.templated_model, "seed": 1, "num_ctx": 4096, "keep_alive": "2m"}
    configure(shared_kernel, **real_ollama.settings, **settings, max_reply_tokens=24)
    yield shared_kernel
    real_ollama.unload()


def configure(kernel, **settings):
    lines = [f"%config DevstralConfig.{name} = {value!r}" for name, value in settings.items()]
    result = kernel.run("\n".join(lines))
    assert result.reply["status"] == "ok", result.text


def value(kernel, expression):
    """The value of an expression in the kernel that JSON can carry."""
    return json.loads(kernel.run(f"import json; print(json.dumps({expression}))").of("stream")[0]["text"])


def ok(result):
    assert result.reply["status"] == "ok", result.text
    assert not result.of("error")
    return result


def test_a_question_streams_into_its_cell_with_a_receipt(kernel, real_ollama):
    result = ok(kernel.run("%%devstral -o answer\nprint the numbers from one to five", "q"))
    assert len(result.of("display_data")) == 1
    assert len(result.of("update_display_data")) > 1
    text = value(kernel, "answer.text")
    assert text.strip()
    bundle = result.shown[MIME]
    assert bundle["reply"] == text
    assert bundle["model"] == real_ollama.templated_model
    usage = value(kernel, "[answer.usage.prompt_tokens, answer.usage.reply_tokens]")
    assert usage[0] > 20
    assert 1 <= usage[1] <= 24
    assert real_ollama.templated_model in result.markdown
    assert "of 4.1k tokens" in result.markdown
    assert "first token" in result.markdown
    # Nothing the model says runs by itself.
    assert [payload["source"] for payload in result.payload] in ([], ["set_next_input"])
    assert f"{usage[0]:,} tokens" in ok(kernel.run("%devstral last")).text


def test_the_status_line_says_what_is_waited_for(kernel):
    kernel.run("%devstral ask --dry-run warm", "w")
    result = ok(kernel.run(f"%%devstral ask\n{' '.join(f'word{n}' for n in range(300))}", "q"))
    shown = " ".join(content["data"]["text/plain"] for content in result.displays)
    assert any(words in shown for words in ("loading the model", "waiting for the model server", "reading "))


def test_the_window_that_is_loaded_is_kept(kernel):
    ok(kernel.run("%devstral ask --num-ctx 1024 hello", "a"))
    assert "1,024 tokens (loaded)" in ok(kernel.run("%devstral status")).text
    ok(kernel.run("%devstral ask -c none -o second --num-ctx 1024 hello again", "b"))
    assert value(kernel, "[second.window.tokens, second.usage.load_seconds < 0.25]") == [1024, True]


def test_what_does_not_fit_is_left_out_and_named(kernel):
    for number in range(12):
        kernel.run(f"table_{number} = {{'name_{number}': '{'word ' * 60}'}}", f"c{number}")
    result = ok(kernel.run("%devstral ask --num-ctx 1024 -o answer what is in the tables?", "q"))
    assert "left out" in result.markdown
    prompt_tokens, dropped = value(kernel, "[answer.usage.prompt_tokens, len(answer.prompt.dropped)]")
    assert 100 < prompt_tokens < 1024
    assert dropped


def test_the_second_question_reads_only_what_is_new(kernel):
    for number in range(8):
        kernel.run(f"column_{number} = {{'price': {number}, 'name': '{'abc ' * 20}'}}", f"c{number}")
    ok(kernel.run("%devstral ask -o first which columns are there?", "a"))
    ok(kernel.run("%devstral ask -o second and which is the last one?", "b"))
    cold, warm, loads, longer = value(
        kernel,
        "[first.usage.prompt_seconds, second.usage.prompt_seconds, second.usage.load_seconds,"
        " second.usage.prompt_tokens - first.usage.prompt_tokens]",
    )
    assert longer > 0
    assert warm < cold / 2
    assert loads < 0.25


def test_an_interrupt_keeps_the_text_and_continue_goes_on(kernel):
    configure(kernel, max_reply_tokens=1000)
    kernel.run("%devstral ask --dry-run warm", "w")
    msg_id = kernel.start("%%devstral ask\nWrite a long story about a fox, in many chapters.", "q")
    kernel.finish(msg_id, until=lambda result: _words_shown(result) > 25)
    interrupted = time.monotonic()
    kernel.interrupt()
    result = ok(kernel.finish(msg_id))
    assert result.ended - interrupted < 5
    assert "Interrupted" in result.markdown
    begun = result.shown[MIME]["reply"]
    assert len(begun.split()) > 15
    configure(kernel, max_reply_tokens=16)
    continued = ok(kernel.run("%devstral continue", "c"))
    assert continued.shown[MIME]["reply"].startswith(begun)
    # The daemon was free at once: a thousand tokens would have taken longer.
    assert continued.ended - interrupted < 60


def test_an_interrupt_while_loading_or_reading(kernel):
    kernel.run("%devstral ask --dry-run warm", "w")
    msg_id = kernel.start(f"%%devstral ask\n{' '.join(f'word{n}' for n in range(500))}", "q")
    kernel.finish(
        msg_id, until=lambda result: any(w in result.text for w in ("Ollama", "loading", "reading"))
    )
    interrupted = time.monotonic()
    kernel.interrupt()
    result = ok(kernel.finish(msg_id))
    assert result.ended - interrupted < 5
    assert "nterrupted" in result.markdown
    assert not result.payload
    ok(kernel.run("%devstral ask -c none hello", "again"))


def test_a_length_limit_is_said_and_can_be_continued(kernel):
    configure(kernel, max_reply_tokens=4)
    first = ok(kernel.run("%devstral ask Tell me a long story about a fox.", "q"))
    assert first.shown[MIME]["finished"] == "length"
    assert "%devstral continue" in first.markdown
    second = ok(kernel.run("%devstral continue", "c"))
    assert second.shown[MIME]["reply"].startswith(first.shown[MIME]["reply"])


@pytest.mark.parametrize(
    ("cell", "name", "words"),
    [
        (f"%devstral ask -m {MISSING} hello", "ModelMissing", f"%devstral pull {MISSING}"),
        ("%devstral pull 127.0.0.1:9/nobody/nothing:latest", "RunnerFailed", "could not download"),
    ],
)
def test_failures_are_one_sentence(kernel, cell, name, words):
    result = kernel.run(cell, "q")
    assert result.reply["status"] == "error"
    [error] = result.of("error")
    assert error["ename"] == name
    assert len(error["traceback"]) == 1
    assert words in error["traceback"][0]
    assert '{"' not in error["traceback"][0]


def test_the_reports(kernel, real_ollama):
    # A dry run asks nobody, so the model is still not loaded.
    dry = ok(kernel.run("%devstral ask --dry-run what is this?", "q"))
    assert "Nothing was sent" in dry.text
    assert "| loaded | no:" in " ".join(ok(kernel.run("%devstral status")).text.split())
    doctor = ok(kernel.run("%devstral doctor")).text
    assert "✓ Ollama " in doctor
    assert f"The model {real_ollama.templated_model} is there" in doctor
    assert "✗" not in doctor
    models = ok(kernel.run("%devstral models")).text
    assert real_ollama.templated_model in models
    assert real_ollama.native_model in models
    assert any(real_ollama.native_model in name for name in kernel.complete("%devstral model jupyter-dev"))
    assert f"%devstral pull {MISSING}" in ok(kernel.run(f"%devstral model {MISSING}")).text


def test_nbclient_runs_a_notebook_of_questions(real_ollama):
    nbformat = pytest.importorskip("nbformat")
    from nbclient import NotebookClient

    settings = {**real_ollama.settings, "model": real_ollama.native_model, "max_reply_tokens": 16}
    sources = [
        "%load_ext jupyter_devstral",
        "\n".join(f"%config DevstralConfig.{name} = {value!r}" for name, value in settings.items()),
        "%%devstral ask --num-ctx 2048\nsay hello",
    ]
    v4 = nbformat.v4
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in sources])
    NotebookClient(notebook, timeout=PATIENCE).execute()
    [output] = notebook.cells[2].outputs
    assert output.data[MIME]["reply"].strip()
    assert "of 2.0k tokens" in output.data["text/markdown"]


def _words_shown(result):
    return max((len(content["data"].get("text/plain", "").split()) for content in result.displays), default=0)

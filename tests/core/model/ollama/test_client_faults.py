"""Everything a server or a connection does wrong, in its own words; and cancelling."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_devstral.core.errors import (
    ModelError,
    ModelMissing,
    NoServer,
    NotSupported,
    RequestRefused,
    RunnerFailed,
    ServerBusy,
    ServerTooOld,
    WindowExceeded,
)
from jupyter_devstral.core.model.messages import Message
from jupyter_devstral.core.model.ollama import chat_request as exchange
from jupyter_devstral.core.model.ollama import pull, server_facts
from jupyter_devstral.core.model.ollama.client import OllamaModel, Window
from jupyter_devstral.core.model.ollama.errors import refusal, stream_error, unpack
from jupyter_devstral.core.settings.config import DevstralConfig
from tests.support.models.model_cards import devstral_card
from tests.support.scripted.server import ScriptedOllama

HELLO = [Message("user", "Hello?")]
LONG = "one two three four five six seven eight nine ten"


@pytest.fixture
def model(scripted_ollama: ScriptedOllama) -> OllamaModel:
    scripted_ollama.replies = [LONG]
    return OllamaModel(DevstralConfig(host=scripted_ollama.url))


def read(model: OllamaModel) -> tuple[str, ModelError | None, bool]:
    """The text that arrived, the error that ended it, and whether it was complete."""
    text, complete = "", False
    try:
        for chunk in model.chat(HELLO, num_predict=50):
            text += chunk.text
            complete = chunk.usage is not None
    except ModelError as error:
        return text, error, complete
    return text, None, complete


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("404", ModelMissing, "%devstral pull devstral-small-2"),
        ("400", RequestRefused, "invalid request"),
        ("400-window", WindowExceeded, "40,000 tokens"),
        ("500", RunnerFailed, "Install Ollama anew"),
        ("502-html", RunnerFailed, "502 Bad Gateway"),
        ("reset", RunnerFailed, "before it answered"),
        ("load-failure", RunnerFailed, "num_ctx"),
    ],
)
def test_failures_before_the_first_byte(
    scripted_ollama: ScriptedOllama, model: OllamaModel, fault: str, kind: type[ModelError], words: str
) -> None:
    scripted_ollama.fail_next(fault)
    text, error, complete = read(model)
    assert (text, complete) == ("", False)
    assert type(error) is kind
    assert words in str(error)
    assert "{" not in str(error)
    # The next request is as good as any.
    assert read(model) == (LONG, None, True)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("error-line", "in the middle of its answer"),
        ("runner-killed", "unexpected EOF"),
        ("garbage-line", "not Ollama's"),
        ("drop", "was lost in the middle"),
        ("reset-mid", "was lost in the middle"),
    ],
)
def test_failures_in_mid_stream_come_after_the_text(
    scripted_ollama: ScriptedOllama, model: OllamaModel, fault: str, words: str
) -> None:
    scripted_ollama.fail_next(fault, after=4)
    text, error, complete = read(model)
    assert text
    assert LONG.startswith(text)
    assert not complete
    assert type(error) is RunnerFailed
    assert words in str(error)
    assert read(model) == (LONG, None, True)


def test_an_end_without_a_final_record_is_no_error_and_not_complete(
    scripted_ollama: ScriptedOllama, model: OllamaModel
) -> None:
    scripted_ollama.fail_next("cut", after=4)
    text, error, complete = read(model)
    assert text
    assert LONG.startswith(text)
    assert (error, complete) == (None, False)


def test_the_length_limit_is_in_the_counters(scripted_ollama: ScriptedOllama, model: OllamaModel) -> None:
    scripted_ollama.fail_next("done-length")
    *_, last = model.chat(HELLO, num_predict=50)
    assert last.usage is not None
    assert last.usage.done_reason == "length"


def test_window_errors_carry_their_numbers(scripted_ollama: ScriptedOllama, model: OllamaModel) -> None:
    scripted_ollama.fail_next("400-window", prompt_tokens=910, num_ctx=512)
    error = read(model)[1]
    assert isinstance(error, WindowExceeded)
    assert (error.prompt_tokens, error.window) == (910, 512)


def test_nothing_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    model = OllamaModel(DevstralConfig(host=f"127.0.0.1:{port}"))
    for attempt in (model.window, model.models, lambda: list(model.pull("x"))):
        with pytest.raises(
            NoServer, match=rf"No Ollama at http://127\.0\.0\.1:{port}\. Start it with `ollama serve`"
        ):
            attempt()


def test_busy_servers_are_asked_again(
    scripted_ollama: ScriptedOllama, model: OllamaModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "BACK_OFF_SECONDS", (0.01, 0.01, 0.01, 0.01))
    scripted_ollama.fail_next("503", times=2)
    assert read(model) == (LONG, None, True)
    assert len(scripted_ollama.chats) == 3
    scripted_ollama.fail_next("503", times=5)
    _, error, _ = read(model)
    assert isinstance(error, ServerBusy)
    assert len(scripted_ollama.chats) == 8


def test_backing_off_can_be_closed(scripted_ollama: ScriptedOllama, model: OllamaModel) -> None:
    scripted_ollama.fail_next("503", times=5)
    threading.Timer(0.1, model.close).start()
    assert read(model) == ("", None, False)
    assert len(scripted_ollama.chats) < 5, "it did not wait out its own patience"


# -- words, without a server ----


def test_recorded_errors_are_understood(shared_data: Path) -> None:
    """Every error body that a real daemon sent becomes a sentence without JSON in it."""
    seen = 0
    for path in sorted((shared_data / "ollama_recordings").glob("*.json")):
        recording = json.loads(path.read_text())
        if recording["status"] < 400 or recording["request"]["path"].startswith("/v1"):
            continue
        error = refusal(recording["status"], recording["text"], host="http://127.0.0.1:11434", model="m")
        assert str(error).strip().endswith((".", "`", ")")) or recording["text"], path.name
        assert '{"' not in str(error), path.name
        assert "\n" not in str(error), path.name
        seen += 1
    assert seen > 20


@pytest.mark.parametrize(
    ("name", "kind", "numbers"),
    [
        ("trunc_rendered_truncate_false", WindowExceeded, (910, 512)),
        ("trunc_native_truncate_false", WindowExceeded, (930, 512)),
        ("trunc_native_chat_default_stream", WindowExceeded, (930, 512)),
        ("trunc_rendered_shift_false", WindowExceeded, (0, 0)),
        ("err_model_missing_chat", ModelMissing, None),
        ("err_show_missing", ModelMissing, None),
        ("err_404_path", RequestRefused, None),
        ("host_bad", RequestRefused, None),
        ("cloud_disabled", RequestRefused, None),
        ("err_tools", NotSupported, None),
        ("pull_fail_nostream", RunnerFailed, None),
    ],
)
def test_recorded_errors_have_their_class(
    shared_data: Path, name: str, kind: type[ModelError], numbers: tuple[int, int] | None
) -> None:
    recording = json.loads((shared_data / "ollama_recordings" / f"{name}.json").read_text())
    error = refusal(recording["status"], recording["text"], host="http://127.0.0.1:11434", model="m")
    assert type(error) is kind
    if isinstance(error, WindowExceeded):
        assert (error.prompt_tokens, error.window) == numbers


@pytest.mark.parametrize(
    ("words", "kind", "advice"),
    [
        ("model requires more system memory (21.5 GiB) than is available (9.1 GiB)", RunnerFailed, "num_ctx"),
        ("cudaMalloc failed: out of memory", RunnerFailed, "num_ctx"),
        (
            "llama runner process has terminated: unknown model architecture: 'mistral3'",
            ServerTooOld,
            "update",
        ),
        ("prompt is longer than the context length", WindowExceeded, "-c cell"),
        ("an error was encountered while running the model: unexpected EOF", RunnerFailed, "Ask again"),
    ],
)
def test_errors_known_by_their_words(words: str, kind: type[ModelError], advice: str) -> None:
    for error in (
        refusal(500, json.dumps({"error": words}), host="http://127.0.0.1:11434", model="m"),
        stream_error(words, model="m", begun=True),
    ):
        assert type(error) is kind
        assert advice in str(error)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, '{"error":"unauthorized","signin_url":"https://ollama.com/x"}', "OLLAMA_API_KEY"),
        (403, "", "127.0.0.1"),
        (307, "", "another address"),
        (404, "<html><title>Not Found</title></html>", "Not Found"),
        (418, '{"error": {"message": "short and stout"}}', "short and stout"),
        (400, '[1, "x"]', "x"),
    ],
)
def test_other_answers(status: int, body: str, words: str) -> None:
    error = refusal(status, body, host="http://127.0.0.1:11434", model="m")
    assert type(error) is RequestRefused
    assert words in str(error)


@pytest.mark.parametrize(
    "body", ["", "null", "{}", "[]", '"x"', "\x00\xff", '{"error": null}', '{"error":"{}"}', "{" * 50]
)
def test_any_body_is_unpacked(body: str) -> None:
    assert isinstance(unpack(body).text, str)
    assert str(refusal(500, body, host="http://127.0.0.1:1", model="m"))


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.0 200 OK\r\n\r\nhello", b"HTTP/1.0 200 OK\r\n\r\n[1,2]\n", b"SSH-2.0-x\r\n"]
)
def test_other_programs_on_the_port(answer: bytes) -> None:
    with _one_answer(answer) as port:
        model = OllamaModel(DevstralConfig(host=f"127.0.0.1:{port}"))
        with pytest.raises(RunnerFailed):
            list(model.chat(HELLO, num_predict=5, window=None))
        with pytest.raises(RunnerFailed):
            model.version()


def _chunked(*lines: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(line), line) for line in lines) + end


ONE = b'{"message":{"role":"assistant","content":"one"},"done":false}\n'
DONE = b'{"message":{"role":"assistant","content":""},"done":true,"eval_count":1}\n'


@pytest.mark.parametrize(
    "answer",
    [
        _chunked(b"\n\r\n", ONE, b"\n", DONE),
        _chunked(ONE[:9], ONE[9:] + DONE[:30], DONE[30:-1]),
        _chunked(ONE[:-1] + b"\r\n", DONE),
        # Nothing is missing after the counters, however the connection ends.
        _chunked(ONE, DONE, end=b""),
        _chunked(ONE, DONE, end=b"zz\r\n"),
        b"HTTP/1.0 200 OK\r\n\r\n" + ONE + DONE,
    ],
)
def test_a_whole_answer_is_whole_however_it_travels(answer: bytes) -> None:
    with _one_answer(answer) as port:
        model = OllamaModel(DevstralConfig(host=f"127.0.0.1:{port}"))
        chunks = list(model.chat(HELLO, num_predict=5, window=Window(512, "configured")))
    assert "".join(chunk.text for chunk in chunks) == "one"
    assert chunks[-1].usage is not None


def test_an_absurdly_nested_line_is_an_unreadable_line() -> None:
    with _one_answer(_chunked(ONE, b"[" * 100_000 + b"\n")) as port:
        model = OllamaModel(DevstralConfig(host=f"127.0.0.1:{port}"))
        with pytest.raises(RunnerFailed, match="not Ollama's"):
            list(model.chat(HELLO, num_predict=5, window=Window(512, "configured")))


# -- cancelling ----


def test_close_before_the_first_byte(scripted_ollama: ScriptedOllama, model: OllamaModel) -> None:
    scripted_ollama.fail_next("hang")

    def close() -> None:
        scripted_ollama.wait_requests(1)
        time.sleep(0.05)
        model.close()

    thread = threading.Thread(target=close)
    thread.start()
    # The server never answers: only closing ends this. How fast that is, `make bench` measures.
    assert read(model) == ("", None, False)
    thread.join()
    assert scripted_ollama.wait_closed() is not None
    assert scripted_ollama.wait_closed() is not None
    assert read(model) == (LONG, None, True)


def test_close_while_streaming(scripted_ollama: ScriptedOllama, model: OllamaModel) -> None:
    scripted_ollama.fail_next("stall", after=3)
    text = ""
    for chunk in model.chat(HELLO, num_predict=50):
        if not text:
            threading.Timer(0.2, model.close).start()
        text += chunk.text
    assert text
    assert LONG.startswith(text)
    assert scripted_ollama.wait_closed() is not None
    assert scripted_ollama.wait_closed() is not None


def test_leaving_the_loop_closes_the_connection(scripted_ollama: ScriptedOllama, model: OllamaModel) -> None:
    scripted_ollama.piece_delay = 0.2
    stream = model.chat(HELLO, num_predict=50)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert scripted_ollama.wait_closed() is not None
    assert scripted_ollama.wait_closed() is not None


def test_an_interrupt_before_the_first_byte_closes_the_connection(
    scripted_ollama: ScriptedOllama, model: OllamaModel
) -> None:
    import _thread

    scripted_ollama.fail_next("hang")

    def interrupt() -> None:
        scripted_ollama.wait_requests(1)
        time.sleep(0.1)
        _thread.interrupt_main()
        # What a terminal's Ctrl-C does besides: the blocking read returns.
        import os
        import signal

        if hasattr(signal, "pthread_kill"):
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)  # type: ignore[arg-type]
        else:
            os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        read(model)
    assert scripted_ollama.wait_closed() is not None
    assert scripted_ollama.wait_closed() is not None


def test_phases(scripted_ollama: ScriptedOllama, model: OllamaModel) -> None:
    assert model.phase() == ""
    scripted_ollama.fail_next("slow-load", seconds=1.2)
    phases = _phases_while(model, lambda: read(model))
    assert "loading the model" in phases
    assert model.phase() == ""
    scripted_ollama.fail_next("slow", seconds=1.2)
    assert "reading" in " ".join(_phases_while(model, lambda: read(model)))


def test_a_model_loaded_under_another_of_its_names_is_loaded(
    scripted_ollama: ScriptedOllama, model: OllamaModel
) -> None:
    scripted_ollama.engine.cards.append(devstral_card("devstral-small-2:24b"))
    scripted_ollama.fail_next("slow", seconds=1.2)
    alias = OllamaModel(DevstralConfig(host=scripted_ollama.url, model="devstral-small-2:24b"))
    phases = _phases_while(alias, lambda: read(alias))
    assert "loading the model" not in phases
    assert "reading" in " ".join(phases)


def test_a_phase_outlives_a_server_that_is_slow_to_say_what_runs(
    scripted_ollama: ScriptedOllama, model: OllamaModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter([NoServer("slow")])
    really = server_facts.running_model

    def running_model(*arguments: Any, **named: Any) -> Any:
        for error in calls:
            raise error
        return really(*arguments, **named)

    window = model.window()
    monkeypatch.setattr(server_facts, "running_model", running_model)
    scripted_ollama.fail_next("slow", seconds=1.5)
    phases = _phases_while(model, lambda: list(model.chat(HELLO, num_predict=5, window=window)))
    assert "waiting for the model server" in phases
    assert "reading" in " ".join(phases[phases.index("waiting for the model server") :])


def test_two_requests_see_each_other(scripted_ollama: ScriptedOllama, model: OllamaModel) -> None:
    pytest.importorskip("fcntl")
    scripted_ollama.first_byte_delay = 1.5
    first = threading.Thread(target=read, args=[OllamaModel(model.config)])
    first.start()
    scripted_ollama.wait_requests(1)
    phases = _phases_while(model, lambda: read(model))
    first.join()
    assert "queued behind another request" in phases


# -- pull ----


def test_pull_reports_progress(scripted_ollama: ScriptedOllama, model: OllamaModel) -> None:
    scripted_ollama.pull_with(
        [
            {"status": "pulling manifest"},
            {"status": "pulling abc", "digest": "sha256:abc", "total": 100, "completed": 40},
            {"status": "pulling abc", "digest": "sha256:abc", "total": 100, "completed": 100},
            {"status": "success"},
        ]
    )
    steps = list(model.pull("new-model"))
    assert [(step.status, step.completed, step.total) for step in steps][1] == ("pulling abc", 40, 100)
    assert steps[-1].done
    assert not steps[0].done


def test_pull_error_line(scripted_ollama: ScriptedOllama, model: OllamaModel, shared_data: Path) -> None:
    recording = json.loads((shared_data / "ollama_recordings" / "pull_fail.json").read_text())
    scripted_ollama.pull_with([json.loads(line) for line in recording["text"].splitlines()])
    with pytest.raises(RunnerFailed, match=r"could not download llama3\.2.*no such host"):
        list(model.pull("llama3.2"))
    scripted_ollama.pull_with([{"error": "pull model manifest: file does not exist"}])
    with pytest.raises(RequestRefused, match=r"no model nope.*ollama\.com/library"):
        list(model.pull("nope"))


def test_pull_goes_on_after_a_lost_connection(
    scripted_ollama: ScriptedOllama, model: OllamaModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "_PAUSE_SECONDS", 0.01)
    records = [{"status": "pulling manifest"}]
    records += [{"status": "pulling", "digest": "d", "total": 10, "completed": n} for n in range(10)]  # type: ignore[dict-item]
    scripted_ollama.pull_with([*records, {"status": "success"}])
    scripted_ollama.fail_next("drop", after=3)
    scripted_ollama.fail_next("drop", after=6)
    assert list(model.pull("x"))[-1].done
    assert len([record for record in scripted_ollama.requests if record.path == "/api/pull"]) == 3
    scripted_ollama.fail_next("drop", times=3, after=1)
    with pytest.raises(ModelError, match="broke off"):
        list(model.pull("x"))


def test_pull_can_be_closed(scripted_ollama: ScriptedOllama, model: OllamaModel) -> None:
    scripted_ollama.pull_with([{"status": f"step {n}"} for n in range(100)], delay=0.05)
    steps = []
    for step in model.pull("x"):
        steps.append(step)
        if len(steps) == 3:
            model.close()
    assert len(steps) < 10


def _phases_while(model: OllamaModel, work: Callable[[], object]) -> list[str]:
    phases: list[str] = []
    thread = threading.Thread(target=work)
    thread.start()
    while thread.is_alive():
        phases.append(model.phase())
        time.sleep(0.05)
    thread.join()
    return phases


class _one_answer:
    """A listener that gives every connection the same bytes and closes it."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> int:
        threading.Thread(target=self._serve, daemon=True).start()
        return int(self._socket.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        for connection in self._connections():
            with connection:
                # All of the request: closing with bytes unread would reset the connection.
                request = connection.recv(65536)
                while request.startswith(b"POST") and not request.endswith(b"}"):
                    request += connection.recv(65536)
                connection.sendall(self._answer)

    def _connections(self) -> Iterator[socket.socket]:
        while True:
            try:
                yield self._socket.accept()[0]
            except OSError:
                return

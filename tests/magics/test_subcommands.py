"""The words that are no questions: status, doctor, models, model, pull, stop, help."""

import socket
import threading

import pytest

from jupyter_devstral.magics.display.live_output import Ticker

LAYER = "sha256:" + "ab" * 32


@pytest.fixture
def shown(ip):
    return lambda: ip.display_pub.shown[-1]["text/markdown"]


@pytest.fixture
def deaf(session):
    """A host that accepts connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        session.config.host = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield


def test_status(run, connected, shown):
    assert run("%devstral status").success
    text = shown()
    for words in ("devstral-small-2", connected.url, "32,768 tokens", "notebook", "on the GPU", "refused"):
        assert words in text
    assert not connected.chats


def test_status_without_a_daemon(run, session, shown):
    session.config.host = "http://127.0.0.1:9"
    assert run("%devstral status").success
    assert "ollama serve" in shown()


@pytest.mark.usefixtures("deaf")
def test_status_never_hangs(run, shown):
    assert run("%devstral status").success
    assert "did not answer" in shown()


def test_models(run, connected, shown):
    assert run("%devstral models").success
    row = next(line for line in shown().splitlines() if "devstral-small-2" in line)
    assert row.startswith("| *")
    assert "GB" in row


def test_model_is_switched_for_the_session(run, connected, session, shown):
    run("%devstral model devstral-small-2")
    assert "answers" in shown()
    run("%devstral model unknown-model")
    assert session.config.model == "unknown-model"
    assert "%devstral pull unknown-model" in shown()
    run("%devstral model")
    assert "unknown-model" in shown()


def test_model_without_a_daemon_warns(run, session, shown):
    session.config.host = "http://127.0.0.1:9"
    assert run("%devstral model another").success
    assert session.config.model == "another"
    assert "could not be checked" in shown()


def test_doctor(run, connected, shown):
    assert run("%devstral doctor").success
    assert "✓" in shown()


def test_doctor_without_a_daemon(run, session, shown):
    session.config.host = "http://127.0.0.1:9"
    assert run("%devstral doctor").success
    assert "ollama serve" in shown()


def test_help_and_the_bare_word(run, ip):
    run("%devstral help")
    run("%devstral")
    first, second = ip.display_pub.shown
    assert first == second
    assert "--temperature" in first["text/plain"]


def test_stop_without_anything_running(run, shown):
    run("%devstral stop")
    assert "Nothing is running" in shown()


def test_stop_from_another_thread_ends_the_answer(run, ip, connected, session):
    connected.replies = [["a "] * 200]
    connected.piece_delay = 0.05
    timer = threading.Timer(0.6, session.stop)
    timer.start()
    run("%devstral ask count", "q")
    timer.join()
    assert "nterrupted" in ip.display_pub.markdown
    assert connected.wait_closed() is not None
    assert connected.wait_closed() is not None


def test_pull_shows_its_progress(run, ip, connected, shown):
    half = {"status": "pulling abab", "digest": LAYER, "total": 2_000_000, "completed": 1_000_000}
    connected.pull_with(
        [{"status": "pulling manifest"}, half, {**half, "completed": 2_000_000}, {"status": "success"}],
        delay=0.15,
    )
    assert run("%devstral pull tiny").success
    texts = [message["data"]["text/markdown"] for message in ip.display_pub.messages]
    assert any("50 % of 2 MB" in text for text in texts)
    assert "ready" in shown()
    assert len(ip.display_pub.shown) == 1


def test_a_failing_pull_is_one_line(run, ip, connected, capsys):
    connected.pull_with(
        [{"status": "pulling manifest"}, {"error": "pull model manifest: file does not exist"}]
    )
    assert not run("%devstral pull tyni").success
    out = capsys.readouterr().out
    assert "Traceback" not in out
    assert len(out.strip().splitlines()) == 1


def test_a_stopped_pull_says_how_to_go_on(run, ip, connected, session, shown):
    step = {"status": "pulling abab", "digest": LAYER, "total": 2_000_000, "completed": 1_000_000}
    connected.pull_with([step] * 100, delay=0.1)
    timer = threading.Timer(0.5, session.stop)
    timer.start()
    run("%devstral pull tiny")
    timer.join()
    assert "%devstral pull tiny" in shown()


HOSTILE = "<img src=x onerror=alert(1)>![a](http://evil.invalid/a.png)"


def test_a_cell_id_of_a_strange_notebook_is_text(run, ip, connected):
    run("y = 1", HOSTILE)
    run("%devstral ask --dry-run x", "q")
    assert "<img" not in ip.display_pub.markdown
    assert "![" not in ip.display_pub.markdown


def test_what_a_download_says_is_text(run, ip, connected):
    connected.pull_with([{"status": HOSTILE}, {"status": "success"}])
    run("%devstral pull tiny")
    shown = "\n".join(message["data"].get("text/markdown", "") for message in ip.display_pub.messages)
    assert "&lt;img" in shown
    assert "<img" not in shown
    assert "![" not in shown


def test_an_interrupted_download_leaves_no_ticker(run, connected, monkeypatch):
    start = Ticker.start

    def started(self):
        start(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(Ticker, "start", started)
    assert run("%devstral pull tiny").success
    assert not [thread for thread in threading.enumerate() if thread.name == "devstral-ticker"]

"""What keeps a connection from being made or understood, told as advice; and how a wait is told."""

from __future__ import annotations

import socket
import threading

import pytest

from jupyter_devstral.core.doctor import examine
from jupyter_devstral.core.errors import ConfigurationError, RequestRefused, RunnerFailed
from jupyter_devstral.core.model.ollama import connection, phase
from jupyter_devstral.core.model.ollama.client import OllamaModel
from jupyter_devstral.core.model.ollama.phase import pause_after
from jupyter_devstral.core.settings.config import DevstralConfig
from tests.support.scripted.server import ScriptedOllama

# -- before a connection is tried ----


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1080"),
        ("HTTPS_PROXY", "socks5h://127.0.0.1:1080"),
        ("http_proxy", "http://u:p@ss@proxy:80:80/"),
        ("NO_PROXY", "localhost,[::1],fd00::/8"),
        ("SSL_CERT_FILE", "/gone/cacert.pem"),
        ("SSL_CERT_DIR", "/gone"),
    ],
)
def test_the_environment_has_no_say_on_this_machine(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, scripted_ollama: ScriptedOllama
) -> None:
    monkeypatch.setenv(name, value)
    made = [connection.Connection(host) for host in (scripted_ollama.url, "https://127.0.0.1:9")]
    assert made[0].json("GET", "/api/version") == {"version": scripted_ollama.version}
    for one in made:
        one.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [("SSL_CERT_FILE", "/gone/cacert.pem"), ("OLLAMA_API_KEY", "two\nlines"), ("OLLAMA_API_KEY", "clé")],
)
def test_what_keeps_a_client_from_being_made_is_advice(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    model = OllamaModel(DevstralConfig(host="https://gpu-box.example", allow_remote=True))
    with pytest.raises(ConfigurationError, match=name):
        model.window()
    (finding,) = examine(model.config)
    assert finding.ok is False
    assert name in finding.text


def test_any_other_fault_while_a_client_is_made_is_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise LookupError("no such thing")

    monkeypatch.setattr(connection.httpx, "HTTPTransport", broken)
    with pytest.raises(ConfigurationError, match="no such thing"):
        connection.Connection("http://127.0.0.1:9")


# -- addresses ----


@pytest.mark.parametrize("path", ["/v1", "/v1/chat/completions", "/api", "/api/chat"])
def test_a_host_that_names_a_part_of_an_api_is_told_the_servers_address(
    path: str, scripted_ollama: ScriptedOllama
) -> None:
    model = OllamaModel(DevstralConfig(host=scripted_ollama.url + path))
    for ask_server in (model.window, model.version):
        with pytest.raises(RequestRefused) as caught:
            ask_server()
        assert str(caught.value).endswith(f"to {scripted_ollama.url}.")
    (finding,) = examine(model.config)
    assert f"/{path.split('/')[1]}" in finding.text


def test_https_asked_of_a_server_without_it_is_told(scripted_ollama: ScriptedOllama) -> None:
    model = OllamaModel(DevstralConfig(host=scripted_ollama.url.replace("http:", "https:")))
    with pytest.raises(RunnerFailed, match="does not speak https") as caught:
        model.version()
    assert scripted_ollama.url in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n"
        b"<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>",
    ],
    ids=["go", "nginx"],
)
def test_http_asked_of_a_server_that_speaks_https_is_told(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def serve() -> None:
            with listener.accept()[0] as connected:
                connected.recv(65536)
                connected.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(RunnerFailed, match=f"Set .* to https://127.0.0.1:{port}"):
            OllamaModel(DevstralConfig(host=f"127.0.0.1:{port}")).version()
        thread.join()


# -- waiting ----


def test_the_longer_a_request_waits_the_rarer_the_server_is_asked() -> None:
    pauses = [pause_after(waited) for waited in (0, 1, 10, 60, 120, 3600)]
    assert pauses == sorted(pauses)
    assert pauses[0] < 1
    assert 5 <= pauses[3] < pauses[-1] <= 30


def test_a_reading_that_takes_long_is_no_queue(scripted_ollama: ScriptedOllama) -> None:
    one = phase.Phase(scripted_ollama.url, "devstral-small-2", ["one two three"])
    one.sent()
    one._loaded, one._tokens = True, 3
    # As after an hour on a machine that has answered in seconds before.
    one._sent_at -= 3600
    assert str(one) == "reading 3 tokens"
    one.ended()

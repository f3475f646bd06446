"""The model seam on the scripted double: what is sent, the window, connections, what never leaves."""

from __future__ import annotations

import dataclasses
import socket

import pytest

from jupyter_devstral.core.errors import RemoteRefused
from jupyter_devstral.core.model.messages import Message
from jupyter_devstral.core.model.ollama.client import Chunk, OllamaModel, Window
from jupyter_devstral.core.model.window import choose_window, needed_tokens
from jupyter_devstral.core.settings.config import DevstralConfig
from tests.support.models.model_cards import devstral_card
from tests.support.scripted.server import ScriptedOllama

HELLO = [Message("system", "Be brief."), Message("user", "Hello?")]


def ask(model: OllamaModel, num_predict: int = 50) -> list[Chunk]:
    return list(model.chat(HELLO, num_predict=num_predict))


def test_request_body_field_by_field(scripted_ollama: ScriptedOllama) -> None:
    config = DevstralConfig(host=scripted_ollama.url, keep_alive="10m", seed=7)
    ask(OllamaModel(config), num_predict=77)
    body = dict(scripted_ollama.chats[0].body)
    assert body.pop("tools", []) == []  # the `ollama` package's own
    assert body == {
        "model": "devstral-small-2",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}],
        "stream": True,
        "truncate": False,
        "keep_alive": "10m",
        "options": {
            "num_ctx": 32768,
            "num_predict": 77,
            "temperature": 0.15,
            "repeat_penalty": 1.0,
            "seed": 7,
        },
    }


def test_a_request_s_own_wishes_win_and_no_seed_is_no_seed(scripted_ollama: ScriptedOllama) -> None:
    config = DevstralConfig(host=scripted_ollama.url, num_ctx=4096)
    model = OllamaModel(config, num_ctx=2048, temperature=0.9)
    ask(model, num_predict=0)
    options = scripted_ollama.chats[0].body["options"]
    assert options["num_ctx"] == 2048
    assert options["temperature"] == 0.9
    # 0 would make Ollama generate without end.
    assert options["num_predict"] == 1
    assert "seed" not in options


@pytest.mark.parametrize(
    "text", ['{braces} $x %s \\ "quotes"', "ünïcödé 🎉 \u202e", "a\x00b", '"}', ',"truncate":true}']
)
def test_text_arrives_literally(scripted_ollama: ScriptedOllama, text: str) -> None:
    model = OllamaModel(DevstralConfig(host=scripted_ollama.url))
    list(model.chat([Message("user", text)], num_predict=5))
    body = scripted_ollama.chats[0].body
    assert body["messages"] == [{"role": "user", "content": text}]
    assert body["truncate"] is False


def test_lone_surrogates_do_not_break_the_request(scripted_ollama: ScriptedOllama) -> None:
    model = OllamaModel(DevstralConfig(host=scripted_ollama.url))
    list(model.chat([Message("user", "a\ud800b \ud83d\ude00")], num_predict=5))
    assert scripted_ollama.chats[0].body["messages"][0]["content"] == "a\ufffdb \U0001f600"


def test_chunks_join_to_the_reply_and_the_last_carries_the_counters(scripted_ollama: ScriptedOllama) -> None:
    scripted_ollama.replies = ["Grüße,\n```python\nx = 1\n```\n"]
    chunks = ask(OllamaModel(DevstralConfig(host=scripted_ollama.url)))
    assert "".join(chunk.text for chunk in chunks) == "Grüße,\n```python\nx = 1\n```\n"
    assert len(chunks) > 3
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    usage = chunks[-1].usage
    assert usage is not None
    assert usage.prompt_tokens > 0
    assert usage.reply_tokens > 0
    assert usage.total_seconds > 0
    assert usage.done_reason == "stop"


@pytest.mark.parametrize("pieces", [["a\x85b", "\u2028", "c\u2029\n", "\x85"], ["\x1c\x0b\x0c\r\n"]])
def test_what_python_takes_for_line_ends_is_text(scripted_ollama: ScriptedOllama, pieces: list[str]) -> None:
    scripted_ollama.replies = [pieces, pieces]
    config = DevstralConfig(host=scripted_ollama.url)
    chunks = list(OllamaModel(config).chat(HELLO, num_predict=5))
    assert "".join(chunk.text for chunk in chunks) == "".join(pieces)
    assert chunks[-1].usage is not None


# -- the window ----


def test_loaded_window_is_kept(scripted_ollama: ScriptedOllama) -> None:
    scripted_ollama.set_loaded(8192)
    model = OllamaModel(DevstralConfig(host=scripted_ollama.url, num_ctx=16384))
    assert model.window() == Window(8192, "loaded")
    assert model.window(8192) == Window(8192, "loaded")


def test_loaded_window_gives_way_to_need_and_only_upwards(scripted_ollama: ScriptedOllama) -> None:
    scripted_ollama.set_loaded(8192)
    assert OllamaModel(DevstralConfig(host=scripted_ollama.url, num_ctx=16384)).window(9000) == Window(
        16384, "configured"
    )
    assert OllamaModel(DevstralConfig(host=scripted_ollama.url)).window(9000) == Window(32768, "default")
    assert OllamaModel(DevstralConfig(host=scripted_ollama.url, num_ctx=4096)).window(9000) == Window(
        8192, "loaded"
    )


def test_window_of_a_model_that_is_not_loaded(scripted_ollama: ScriptedOllama) -> None:
    scripted_ollama.set_loaded(None)
    assert OllamaModel(DevstralConfig(host=scripted_ollama.url, num_ctx=16384)).window() == Window(
        16384, "configured"
    )
    assert OllamaModel(DevstralConfig(host=scripted_ollama.url)).window() == Window(32768, "default")
    assert OllamaModel(DevstralConfig(host=scripted_ollama.url), num_ctx=1000).window() == Window(
        1000, "configured"
    )


def test_window_never_exceeds_what_the_model_was_trained_for() -> None:
    # The double's card also has rope.scaling.original_context_length = 8192, which is not it.
    with ScriptedOllama(context_length=20_000, loaded=False) as server:
        assert OllamaModel(DevstralConfig(host=server.url)).window() == Window(20_000, "model")
        assert OllamaModel(DevstralConfig(host=server.url), num_ctx=50_000).window() == Window(
            20_000, "model"
        )


def test_an_explicit_window_wins_over_the_loaded_one(scripted_ollama: ScriptedOllama) -> None:
    scripted_ollama.set_loaded(32768)
    assert OllamaModel(DevstralConfig(host=scripted_ollama.url), num_ctx=4096).window() == Window(
        4096, "configured"
    )


def test_the_window_follows_what_is_loaded_now(scripted_ollama: ScriptedOllama) -> None:
    model = OllamaModel(DevstralConfig(host=scripted_ollama.url))
    ask(model)
    scripted_ollama.set_loaded(16384)
    ask(model)
    assert [chat.body["options"]["num_ctx"] for chat in scripted_ollama.chats] == [32768, 16384]


def test_names_without_a_tag_mean_latest(scripted_ollama: ScriptedOllama) -> None:
    scripted_ollama.set_loaded(8192)
    config = DevstralConfig(host=scripted_ollama.url)
    assert OllamaModel(config, model="devstral-small-2:latest").window() == Window(8192, "loaded")


def test_need_is_what_leaves_the_prompt_its_room() -> None:
    for prompt in (10, 500, 3000, 12_288, 12_289, 40_000):
        for reply in (1, 100, 4096):
            need = needed_tokens(prompt, reply)
            window = Window(need, "default")
            assert need - window.reply_reserve(reply) >= prompt
            assert need - window.reply_reserve(reply) <= prompt + 3


def test_trained_window_is_only_asked_for_when_it_matters() -> None:
    def never() -> int:
        raise AssertionError("asked")

    assert choose_window(need=10, loaded=4096, configured=None, default=32768, trained=never).tokens == 4096


def test_a_modelfiles_window_counts_where_nobody_asks_for_another() -> None:
    card = dataclasses.replace(devstral_card(), parameters="num_ctx                        8192")
    with ScriptedOllama(loaded=False, models=[card]) as server:
        assert OllamaModel(DevstralConfig(host=server.url)).window() == Window(8192, "Modelfile")
        ask(OllamaModel(DevstralConfig(host=server.url)))
        assert server.chats[0].body["options"]["num_ctx"] == 8192
        server.set_loaded(4096)
        assert OllamaModel(DevstralConfig(host=server.url)).window(6000) == Window(8192, "Modelfile")
        server.set_loaded(None)
        assert OllamaModel(DevstralConfig(host=server.url), num_ctx=2048).window() == Window(
            2048, "configured"
        )


# -- requests and connections ----


def test_few_requests_on_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedOllama(loaded=False) as server:
        connects = _count_connects(monkeypatch)
        model = OllamaModel(DevstralConfig(host=server.url))
        ask(model)
        assert [record.path for record in server.requests] == ["/api/ps", "/api/show", "/api/chat"]
        ask(model)
        ask(OllamaModel(DevstralConfig(host=server.url)))
        assert [record.path for record in server.requests[3:]] == ["/api/ps", "/api/chat"] * 2
        assert len(connects) == 1


def test_a_window_that_is_given_is_not_asked_for_again(scripted_ollama: ScriptedOllama) -> None:
    model = OllamaModel(DevstralConfig(host=scripted_ollama.url))
    list(model.chat(HELLO, num_predict=5, window=Window(4096, "loaded")))
    assert [record.path for record in scripted_ollama.requests] == ["/api/chat"]


def test_proxies_are_ignored(scripted_ollama: ScriptedOllama, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    chunks = ask(OllamaModel(DevstralConfig(host=scripted_ollama.url)))
    assert chunks[-1].usage is not None


@pytest.mark.parametrize(
    "host", ["http://192.0.2.1:11434", "https://example.com", "gpu-box", "[2001:db8::1]"]
)
def test_a_host_elsewhere_is_refused_before_any_connection(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connects = _count_connects(monkeypatch)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: pytest.fail("a name was looked up"))
    model = OllamaModel(DevstralConfig(host=host))
    for attempt in (
        model.window,
        model.models,
        model.running,
        model.version,
        lambda: ask(model),
        lambda: list(model.pull()),
    ):
        with pytest.raises(RemoteRefused, match=r"DevstralConfig\.allow_remote = True") as caught:
            attempt()
        assert "%config DevstralConfig.allow_remote = True" in str(caught.value)
    assert connects == []


@pytest.mark.parametrize("name", ["devstral-2:123b-cloud", "gpt-oss:20b-cloud", "some:cloud"])
def test_cloud_names_are_refused_before_any_connection(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connects = _count_connects(monkeypatch)
    model = OllamaModel(DevstralConfig(), model=name)
    for attempt in (model.window, lambda: ask(model)):
        with pytest.raises(RemoteRefused, match=r"ollama\.com.*DevstralConfig\.allow_remote = True"):
            attempt()
    assert connects == []


def test_a_forwarded_model_is_refused_before_the_prompt_leaves() -> None:
    with ScriptedOllama(cloud_model="innocent-name", cloud=True) as server:
        model = OllamaModel(DevstralConfig(host=server.url), model="innocent-name")
        with pytest.raises(RemoteRefused, match=r"https://ollama\.com:443.*allow_remote"):
            ask(model)
        assert server.chats == []
        allowed = OllamaModel(DevstralConfig(host=server.url, allow_remote=True), model="innocent-name")
        allowed.window()
        assert allowed.remote_place == "https://ollama.com:443"


def test_models_say_which_are_forwarded() -> None:
    with ScriptedOllama(cloud_model="big:123b-cloud", cloud=True) as server:
        models = {model.name: model for model in OllamaModel(DevstralConfig(host=server.url)).models()}
    assert models["big:123b-cloud"].remote
    local = models["devstral-small-2:latest"]
    assert not local.remote
    assert local.size == 15_177_374_099
    assert "vision" in local.capabilities


def test_running_and_version(scripted_ollama: ScriptedOllama) -> None:
    model = OllamaModel(DevstralConfig(host=scripted_ollama.url))
    (running,) = model.running()
    assert running.name == "devstral-small-2:latest"
    assert running.context_length == 32768
    assert 0 <= running.gpu_share <= 1
    assert model.version() == "0.33.0"


def _count_connects(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every address this thread's sockets connect to from now on."""
    connects: list[object] = []
    original = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        connects.append(address)
        original(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)
    return connects

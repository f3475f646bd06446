"""What the doctor finds: each thing that can be wrong, in plain words, with the next step."""

from __future__ import annotations

import dataclasses
import re
import socket
from decimal import Decimal

import pytest

from jupyter_devstral.core.doctor import examine
from jupyter_devstral.core.model.examination import Finding
from jupyter_devstral.core.model.ollama import examination
from jupyter_devstral.core.settings.config import DevstralConfig
from tests.support.models.model_cards import devstral_card
from tests.support.scripted.server import ScriptedOllama


def found(config: DevstralConfig, words: str) -> Finding:
    """The one finding with these words."""
    findings = examine(config)
    matching = [finding for finding in findings if words in finding.text]
    assert len(matching) == 1, findings
    return matching[0]


@pytest.fixture(autouse=True)
def _much_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "free_memory", lambda: 64_000_000_000)


def test_all_is_well() -> None:
    with ScriptedOllama(loaded=False) as server:
        findings = examine(DevstralConfig(host=server.url))
    assert [finding.ok for finding in findings] == [True, True, True]
    assert "Ollama 0.33.0 answers" in findings[0].text
    assert "15.2 GB" in findings[1].text
    assert "32,768 tokens" in findings[2].text
    # 160 KiB for every token of the window.
    assert "5.4 GB for the window" in findings[2].text


def test_no_daemon() -> None:
    (finding,) = examine(DevstralConfig(host="127.0.0.1:9"))
    assert finding.ok is False
    assert finding.text == "No Ollama at http://127.0.0.1:9."
    assert "`ollama serve`" in finding.next_step


def test_a_server_that_hangs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        (finding,) = examine(DevstralConfig(host=f"127.0.0.1:{listener.getsockname()[1]}"))
    assert finding.ok is False
    assert "does not answer" in finding.text


def test_a_refused_host_is_not_asked() -> None:
    (finding,) = examine(DevstralConfig(host="http://192.0.2.1"))
    assert finding.ok is False
    assert "DevstralConfig.allow_remote = True" in finding.next_step


@pytest.mark.parametrize(
    ("version", "ok", "words"),
    [
        ("0.12.5", False, "0.13.3"),
        ("0.13.2", False, "cannot run devstral-small-2"),
        ("0.13.3", None, "nested tool arguments"),
        ("0.15.2", None, "0.15.3"),
        ("0.13.3-rc1", None, "nested tool arguments"),
    ],
)
def test_old_versions(version: str, ok: bool | None, words: str) -> None:
    with ScriptedOllama(version=version) as server:
        finding = found(DevstralConfig(host=server.url), words)
    assert finding.ok is ok
    assert "Update Ollama" in finding.next_step


def test_old_versions_and_another_model() -> None:
    with ScriptedOllama(version="0.13.0", model="smollm2:135m") as server:
        finding = found(DevstralConfig(host=server.url, model="smollm2:135m"), "Devstral Small 2")
        assert finding.ok is None
    with ScriptedOllama(version="0.12.5", model="smollm2:135m") as server:
        finding = found(DevstralConfig(host=server.url, model="smollm2:135m"), "in silence")
        assert finding.ok is False


@pytest.mark.parametrize("version", ["0.15.3", "0.33.0-rc2-scratch", "1.0.0"])
def test_new_versions_are_not_mentioned(version: str) -> None:
    with ScriptedOllama(version=version) as server:
        assert not any("Update" in finding.next_step for finding in examine(DevstralConfig(host=server.url)))


def test_missing_model() -> None:
    with ScriptedOllama(model="other:1b") as server:
        finding = found(DevstralConfig(host=server.url), "does not have the model devstral-small-2")
    assert finding.ok is False
    assert "%devstral pull devstral-small-2" in finding.next_step
    assert "jupyter devstral pull devstral-small-2" in finding.next_step
    assert "%devstral model other:1b" in finding.next_step


def test_no_models_at_all() -> None:
    with ScriptedOllama(models=[]) as server:
        assert found(DevstralConfig(host=server.url), "no models yet").ok is False


def test_forwarded_model() -> None:
    with ScriptedOllama(cloud_model="elsewhere", cloud=True) as server:
        finding = found(
            DevstralConfig(host=server.url, model="elsewhere"), "forwards it to https://ollama.com:443"
        )
        assert finding.ok is False
        assert "allow_remote" in finding.next_step
        allowed = DevstralConfig(host=server.url, model="elsewhere", allow_remote=True)
        assert found(allowed, "forwards it to").ok is None


def test_loaded_model_says_its_window_and_place(scripted_ollama: ScriptedOllama) -> None:
    scripted_ollama.set_loaded(16384)
    finding = found(DevstralConfig(host=scripted_ollama.url), "loaded with a window of 16,384 tokens")
    assert "% of it on the GPU" in finding.text


def test_a_model_loaded_under_another_of_its_names_is_loaded(scripted_ollama: ScriptedOllama) -> None:
    scripted_ollama.engine.cards.append(devstral_card("devstral-small-2:24b"))
    config = DevstralConfig(host=scripted_ollama.url, model="devstral-small-2:24b")
    found(config, "loaded with a window of 32,768 tokens")


def test_the_window_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "free_memory", lambda: 19_500_000_000)
    with ScriptedOllama(loaded=False) as server:
        finding = found(DevstralConfig(host=server.url), "It is not loaded")
        assert finding.ok is None
        # (19.5 - 15.2 - 1.0) GB at 163,840 bytes a token leave room for 20,000 tokens.
        assert "DevstralConfig.num_ctx = 16384" in finding.next_step
        monkeypatch.setattr(examination, "free_memory", lambda: 8_000_000_000)
        assert "smaller model" in found(DevstralConfig(host=server.url), "It is not loaded").next_step


@pytest.mark.parametrize("num_ctx", [4096, 32768, 50_000, 262_144])
def test_the_sum_adds_up(num_ctx: int) -> None:
    with ScriptedOllama(loaded=False) as server:
        finding = found(DevstralConfig(host=server.url, num_ctx=num_ctx), "It is not loaded")
    total, *parts = re.findall(r"(\d+\.\d) GB(?! of memory)", finding.text)
    assert len(parts) == 3
    assert Decimal(total) == sum(map(Decimal, parts))


def test_an_answer_that_nobody_expects_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OverflowError("too much")

    monkeypatch.setattr(examination, "cache_bytes_per_token", broken)
    with ScriptedOllama(loaded=False) as server:
        assert found(DevstralConfig(host=server.url), "too much").ok is False


def test_a_modelfiles_window_counts() -> None:
    card = dataclasses.replace(
        devstral_card(), parameters='stop  "</s>"\nnum_ctx                        8192'
    )
    with ScriptedOllama(loaded=False, models=[card]) as server:
        assert "8,192 tokens (Modelfile)" in found(DevstralConfig(host=server.url), "It is not loaded").text
        configured = DevstralConfig(host=server.url, num_ctx=16384)
        assert "16,384 tokens (configured)" in found(configured, "It is not loaded").text


def test_embedded_says_that_it_is_a_stand_in() -> None:
    findings = examine(DevstralConfig(engine="embedded"))
    assert "stand-in" in findings[0].text
    assert findings[0].ok is None
    assert "ollama pull devstral-small-2" in findings[0].next_step
    missing = examine(DevstralConfig(engine="embedded", gguf="/nowhere/x.gguf"))
    assert any(finding.ok is False and "/nowhere/x.gguf" in finding.text for finding in missing)

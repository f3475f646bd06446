"""Settings: every form of OLLAMA_HOST, what counts as this machine, and what a wrong value is told."""

from __future__ import annotations

import pytest
from traitlets import TraitError
from traitlets.config import Config

from jupyter_devstral.core.errors import ConfigurationError
from jupyter_devstral.core.settings.config import DevstralConfig, is_loopback, parse_host


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("   ", "http://127.0.0.1:11434"),
        ("1.2.3.4", "http://1.2.3.4:11434"),
        ("1.2.3.4:", "http://1.2.3.4:11434"),
        ("1.2.3.4:56789", "http://1.2.3.4:56789"),
        (":8080", "http://127.0.0.1:8080"),
        ("gpu-box", "http://gpu-box:11434"),
        ("GPU-Box.local:1", "http://gpu-box.local:1"),
        ("http://example.com", "http://example.com:80"),
        ("https://example.com", "https://example.com:443"),
        ("HTTPS://example.com:8443", "https://example.com:8443"),
        ("example.com/path", "http://example.com:11434/path"),
        ("https://example.com:56789/a/b/", "https://example.com:56789/a/b"),
        ("  '127.0.0.1:99' ", "http://127.0.0.1:99"),
        ('"127.0.0.1"', "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8000", "http://127.0.0.1:8000"),
        ("http://0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:11434"),
        ("[::]", "http://[::1]:11434"),
        ("[::]:1337", "http://[::1]:1337"),
        ("::1", "http://[::1]:11434"),
        ("[0001:002:003:0004::1]:56789", "http://[1:2:3:4::1]:56789"),
        ("http://[::1]/ollama", "http://[::1]:80/ollama"),
        ("127.1", "http://127.0.0.1:11434"),
        ("http://127.1:99/x", "http://127.0.0.1:99/x"),
        ("0177.0.0.1", "http://127.0.0.1:11434"),
        ("0x7f.1", "http://127.0.0.1:11434"),
        ("10.1", "http://10.0.0.1:11434"),
        ("1.2.3.4.5", "http://1.2.3.4.5:11434"),
    ],
)
def test_host_forms(text: str, url: str) -> None:
    assert parse_host(text) == url
    assert parse_host(url) == url


@pytest.mark.parametrize(
    "text",
    [
        "h:66000",
        "h:-1",
        "h:0",
        "h:x",
        "h:٣",
        "ftp://h",
        "a b",
        "http://user@h",
        "http://u:p@h:1",
        "127.0.0.1\\@evil",
        "h/a b",
        "http://127.0.0.1?x",
        "::g",
        "-h",
    ],
)
def test_unusable_hosts_are_refused_with_the_setting_named(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_host(text)
    assert text in str(caught.value) or repr(text) in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "localhost",
        "http://LOCALHOST:1/x",
        "127.0.0.1",
        "127.8.9.1:5",
        "127.1",
        "127.1:8080",
        "::1",
        "[::ffff:127.0.0.1]:1",
        "0.0.0.0",
    ],
)
def test_loopback(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "example.com",
        "http://localhost.example.com",
        "10.0.0.1",
        "192.168.1.5:11434",
        "[2001:db8::1]",
        "127.0.0.1.nip.io",
        "[::ffff:10.0.0.1]",
        "128.0.0.1",
    ],
)
def test_not_loopback(url: str) -> None:
    assert not is_loopback(url)


def test_host_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "0.0.0.0:1234")
    assert DevstralConfig().host == "http://127.0.0.1:1234"
    assert DevstralConfig(host="[::1]:5").host == "http://[::1]:5"
    monkeypatch.delenv("OLLAMA_HOST")
    assert DevstralConfig().host == "http://127.0.0.1:11434"


def test_an_unusable_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:99999")
    with pytest.raises(ConfigurationError, match=r"OLLAMA_HOST.*99999"):
        _ = DevstralConfig().host


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("host", "h:0", "65535"),
        ("model", "", "devstral-small-2"),
        ("model", "a b", "devstral-small-2"),
        ("num_ctx", "many", "int"),
        ("num_ctx", 100, "256 or more"),
        ("default_num_ctx", 0, "256 or more"),
        ("max_reply_tokens", 0, "1 or more"),
        ("temperature", 3.0, "0 to 2"),
        ("temperature", "hot", "float"),
        ("keep_alive", "soon", "30m"),
        ("context", "everything", "notebook"),
        ("engine", "vllm", "embedded"),
        ("redact", "maybe", "boolean"),
        ("seed", "x", "int"),
    ],
)
def test_a_wrong_value_names_the_setting_and_what_it_accepts(name: str, value: object, accepted: str) -> None:
    with pytest.raises(TraitError) as caught:
        DevstralConfig(config=Config({"DevstralConfig": {name: value}}))
    assert name in str(caught.value)
    assert accepted in str(caught.value)


@pytest.mark.parametrize("value", ["30m", "1h30m", "1.5h", "-1", -1, 0, 300, "45s"])
def test_keep_alive_forms(value: str | int) -> None:
    kept = DevstralConfig(keep_alive=value).keep_alive
    assert kept == (-1 if value == "-1" else value)


def test_a_setting_that_does_not_exist_is_an_error_with_the_nearest_name() -> None:
    with pytest.raises(TraitError, match=r"'alow_remote'.*'allow_remote'"):
        DevstralConfig(config=Config({"DevstralConfig": {"alow_remote": True}}))


def test_settings_can_change_later_as_percent_config_does() -> None:
    config = DevstralConfig()
    config.update_config(Config({"DevstralConfig": {"allow_remote": True, "num_ctx": 8192}}))
    assert config.allow_remote is True
    assert config.num_ctx == 8192


def test_every_setting_has_a_help_text() -> None:
    for name, trait in DevstralConfig.class_traits(config=True).items():
        assert trait.help, name

"""Certificates: the organisation's own is trusted where it is named, and nothing is sent where none is."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from jupyter_devstral.core.errors import ConfigurationError, NoServer
from tests.core.model.openai.test_client import ASKED, model_at, told
from tests.support.scripted.openai_server import ScriptedV1


@dataclass(frozen=True)
class Authority:
    certificate: Path
    key: Path


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate of 127.0.0.1 that signs itself."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    folder = tmp_path_factory.mktemp("tls")
    found = Authority(folder / "cert.pem", folder / "key.pem")
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run(
        [*command, "-keyout", str(found.key), "-out", str(found.certificate)], check=True, capture_output=True
    )
    return found


@pytest.fixture
def server(authority: Authority) -> Iterator[ScriptedV1]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.certificate, authority.key)
    with ScriptedV1(tls=context) as running:
        yield running


def test_a_certificate_that_nobody_vouches_for_is_refused_with_advice(server: ScriptedV1) -> None:
    with pytest.raises(NoServer, match=r"not trusted .*ca_bundle"):
        told(model_at(server.url))
    assert server.requests == []


def test_a_named_bundle_is_trusted(server: ScriptedV1, authority: Authority) -> None:
    assert told(model_at(server.url, ca_bundle=str(authority.certificate)))[0] == "Hello."


def test_closing_ends_an_encrypted_answer_too(server: ScriptedV1, authority: Authority) -> None:
    server.replies, server.piece_delay = ["word " * 500], 0.01
    model = model_at(server.url, ca_bundle=str(authority.certificate))
    chunks = model.chat(ASKED, num_predict=1000)
    next(chunks)
    model.close()
    assert not any(chunk.usage for chunk in chunks)


def test_a_client_certificate_is_shown_to_the_server(authority: Authority) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.certificate, authority.key)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.certificate)
    with ScriptedV1(tls=context) as server:
        pair = [str(authority.certificate), str(authority.key)]
        route = {"ca_bundle": str(authority.certificate), "client_cert": pair}
        assert told(model_at(server.url, **route))[0] == "Hello."


@pytest.mark.parametrize("field", ["ca_bundle", "client_cert"])
def test_a_file_that_is_not_there_is_said(server: ScriptedV1, tmp_path: Path, field: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        told(model_at(server.url, **{field: str(tmp_path / "none.pem")}))

"""Faults before a connection is even tried: packages, certificates and keys that cannot be used."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import ConfigurationError, DevstralError
from ..own_packages import own_module
from ..settings.hosts import is_loopback

_KEY = "OLLAMA_API_KEY"


@contextmanager
def advice_on_faults(host: str) -> Iterator[None]:
    """Turn whatever fails while a client for `host` is made ("": the packages for one) into advice."""
    try:
        yield
    except DevstralError:
        raise
    except ImportError as error:
        raise ConfigurationError(
            f"A package that jupyter-devstral needs cannot be imported ({_said(error)}). Install it again: "
            "`pip install --force-reinstall jupyter_devstral`."
        ) from None
    # What environment variables and other versions of the packages bring about has no common class.
    except Exception as error:  # noqa: BLE001
        place = f" to {host}" if host else ""
        raise ConfigurationError(
            f"A connection{place} cannot be made: {_said(error)}. Look at the environment variables of this "
            "process (OLLAMA_HOST, OLLAMA_API_KEY, SSL_CERT_FILE, SSL_CERT_DIR)."
        ) from None


def trusted_certificates(host: str) -> ssl.SSLContext:
    """The certificates that a host is judged by: those that the environment names, else those of certifi.

    Raises ConfigurationError where the environment's cannot be read, except for a server on this machine.
    """
    file, folder = (os.environ.get(name, "") for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    try:
        if file or folder:
            return ssl.create_default_context(cafile=file or None, capath=folder or None)
    except (OSError, ValueError) as error:
        if is_loopback(host):
            return ssl.create_default_context(cafile=_bundle())
        name, value = ("SSL_CERT_FILE", file) if file else ("SSL_CERT_DIR", folder)
        raise ConfigurationError(
            f"The certificates that {name} names ({value}) cannot be read: {_said(error)}. Correct that "
            "environment variable, or unset it."
        ) from None
    return ssl.create_default_context(cafile=_bundle())


def key_from_environment() -> str:
    """OLLAMA_API_KEY, "" without one; ConfigurationError where no header can hold it."""
    key = os.environ.get(_KEY, "")
    if key and not (key.isascii() and key.isprintable()):
        raise ConfigurationError(
            f"The environment variable {_KEY} holds characters that no key has (a line break, or letters "
            "that are not ASCII). Set it again, or unset it."
        )
    return key


def _bundle() -> str:
    certifi = own_module("certifi")
    # `where` looks the package up by its name, which may be a file of the user's.
    if certifi.__name__ == "certifi":
        return str(certifi.where())
    return os.path.join(os.path.dirname(certifi.__file__), "cacert.pem")


def _said(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:199]}…"

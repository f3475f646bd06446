"""A small HTTP client for llama.cpp's server. Closing one of its streams stops the server's work.

The clients of tornado and httpx either cannot close a stream at once or take half a second to import.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from ..engine import EngineFailure, Refusal

RUNNER_GONE = "an error was encountered while running the model: unexpected EOF"
_LONGEST_LINE = 16 * 1024 * 1024


class LlamaHttp:
    """A client with one connection per request to the server at `address` ("http://127.0.0.1:4242")."""

    def __init__(self, address: str, key: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._key = key

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Post a request and return the JSON answer. Raises Refusal with the server's error body as text."""
        async with self._exchange(path, body) as chunks:
            return json.loads(b"".join([chunk async for chunk in chunks]))

    async def stream(self, path: str, body: Mapping[str, Any]) -> AsyncGenerator[Any, None]:
        """Yield the JSON of each server-sent event."""
        rest = b""
        async with self._exchange(path, {**body, "stream": True}) as chunks:
            async for chunk in chunks:
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    event = _event(line)
                    if event is not None:
                        yield event

    @asynccontextmanager
    async def _exchange(
        self, path: str, body: Mapping[str, Any]
    ) -> AsyncIterator[AsyncGenerator[bytes, None]]:
        try:
            reader, writer = await asyncio.open_connection(self._host, self._port, limit=_LONGEST_LINE)
        except OSError as error:
            raise EngineFailure(RUNNER_GONE) from error
        try:
            writer.write(self._request(path, json.dumps(body).encode()))
            status, headers = await _read_head(reader)
            chunks = _read_body(reader, headers)
            if status != 200:
                raise Refusal(b"".join([chunk async for chunk in chunks]).decode(), status)
            yield chunks
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise EngineFailure(RUNNER_GONE) from error
        finally:
            writer.transport.abort()  # at once: this is what makes the server stop

    def _request(self, path: str, body: bytes) -> bytes:
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Bearer {self._key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + body


def _event(line: bytes) -> Any:
    name, _, value = line.strip().partition(b":")
    if name == b"error":
        raise Refusal(json.dumps({"error": json.loads(value)}), 500)
    if name != b"data" or value.strip() == b"[DONE]":
        return None
    event = json.loads(value)
    if "error" in event:
        raise Refusal(json.dumps(event, separators=(",", ":")), int(event["error"].get("code", 500)))
    return event


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines[1:] if line)
    return int(lines[0].split()[1]), {name.lower(): value.strip() for name, _, value in pairs}


async def _read_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> AsyncGenerator[bytes, None]:
    if headers.get("transfer-encoding") != "chunked":
        yield await reader.readexactly(int(headers.get("content-length", 0)))
        return
    while size := int(await reader.readuntil(b"\r\n"), 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)

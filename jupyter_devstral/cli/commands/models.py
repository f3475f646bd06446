"""`jupyter devstral models`: what the server has, as a table."""

from __future__ import annotations

import argparse
import sys

from ...core.model.ollama.client import OllamaModel
from ...core.model.ollama.facts import ModelInfo, full_name
from ..model_server import address_and_name
from ..settings import read_settings

_HEADER = ("NAME", "SIZE", "WINDOW", "")


def command(arguments: argparse.Namespace) -> int:
    settings = read_settings(arguments.flags)
    host, name = address_and_name(settings)
    server = OllamaModel(settings, host=host, model=name)
    models = server.models()
    if not models:
        print(f"{server.host} has no models yet: `jupyter devstral pull {server.name}`", file=sys.stderr)
        return 0
    rows = [_HEADER, *(_row(model, server.name) for model in models)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())  # noqa: B905
    return 0


def _row(model: ModelInfo, configured: str) -> tuple[str, str, str, str]:
    window = f"{model.context_length:,}" if model.context_length else "-"
    remarks = ["configured"] if full_name(model.name) == full_name(configured) else []
    if model.remote:
        remarks.append(f"runs elsewhere: {model.remote_host or 'ollama.com'}")
    return (model.name, size_text(model.size), window, ", ".join(remarks))


def size_text(size: int) -> str:
    """Bytes as `ollama list` shows them: decimal units."""
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if value >= 100 or unit == "B" else f"{value:.1f} {unit}"

"""`jupyter devstral models`: what the server has, as a table."""

from __future__ import annotations

import argparse
import sys

from ...core.model.server import ModelInfo, Wishes
from ...core.text.typed import typed
from ...session.model_choice import model_server
from ..settings import read_settings

_HEADER = ("NAME", "SIZE", "WINDOW", "")


def command(arguments: argparse.Namespace) -> int:
    """Print the server's models as a table; returns the exit code."""
    server = model_server(read_settings(arguments.flags), Wishes(route=arguments.route))
    models = server.models()
    if not models:
        how = f" yet: `jupyter devstral pull {typed(server.name)}`" if server.can_pull else "."
        print(f"{server.host} has no models{how}", file=sys.stderr)
        return 0
    configured = server.named(models)
    rows = [_HEADER, *(_row(model, model is configured) for model in models)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())  # noqa: B905
    return 0


def _row(model: ModelInfo, is_configured: bool) -> tuple[str, str, str, str]:
    window = f"{model.context_length:,}" if model.context_length else "-"
    remarks = ["configured"] if is_configured else []
    if model.remote:
        remarks.append(f"runs elsewhere: {model.remote_host}")
    return (model.name, size_text(model.size), window, ", ".join(remarks))


def size_text(size: int) -> str:
    """Bytes as `ollama list` shows them: decimal units."""
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if value >= 100 or unit == "B" else f"{value:.1f} {unit}"

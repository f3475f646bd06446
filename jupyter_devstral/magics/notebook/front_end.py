"""Facts about the front-end: whether one still listens after a cell has ended, and draws widgets."""

from __future__ import annotations

import importlib.util
import os
from typing import Any


def is_watching(ip: Any) -> bool:
    """Tell whether a front-end is known to show updates after the cell's end.

    Plain nbclient and papermill, which drop such updates, do not identify themselves.
    """
    if getattr(ip, "kernel", None) is None:
        return False
    in_colab = "google.colab" in str(type(ip))
    return bool("JPY_SESSION_NAME" in os.environ or "__vsc_ipynb_file__" in ip.user_ns or in_colab)


def widgets_work(ip: Any) -> bool:
    """Tell whether a front-end is known to draw ipywidgets. Elsewhere a widget shows as a bare repr."""
    return is_watching(ip) and importlib.util.find_spec("ipywidgets") is not None


def cell_tags(ip: Any, info: Any) -> frozenset[str]:
    """The tags of the running cell, where the front-end sends them."""
    metadata = getattr(info, "cell_meta", None)
    if metadata is None:
        # IPython 8 keeps the message, but does not pass on its metadata.
        parent = ip.get_parent() if hasattr(ip, "get_parent") else {}
        metadata = parent.get("metadata") if isinstance(parent, dict) else None
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return frozenset(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else frozenset()

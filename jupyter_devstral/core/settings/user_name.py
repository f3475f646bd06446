"""The user's name, as a hub knows it, else as the system does."""

from __future__ import annotations

import getpass
import os


def user_name() -> str:
    """The name; "" for a user without one, as in some containers."""
    if name := os.environ.get("JUPYTERHUB_USER", ""):
        return name
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""

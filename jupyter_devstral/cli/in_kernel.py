"""The part of `jupyter devstral run` that works inside the kernel: settings, and the magics loaded.

Called by code that is executed silently: neither the notebook nor the user's namespace shows a trace of it.
"""

from __future__ import annotations

from typing import Any


def setup_code(settings: dict[str, Any], *, load: bool) -> str:
    """The expression to execute silently in the kernel; binds no name there."""
    return f"__import__({__name__!r}, fromlist=['set_up']).set_up({settings!r}, load={load})"


def set_up(settings: dict[str, Any], *, load: bool) -> None:
    """Give `DevstralConfig` these values and load the extension; errors reach the command line."""
    from IPython.core.getipython import get_ipython
    from traitlets.config import Config

    ip = get_ipython()
    if ip is None:
        raise RuntimeError("this kernel does not run IPython")
    given = Config(DevstralConfig=Config(settings))
    ip.config.merge(given)
    for configurable in ip.configurables:
        if type(configurable).__name__ == "DevstralConfig":
            configurable.update_config(given)
    if load and ip.extension_manager is not None:
        ip.extension_manager.load_extension("jupyter_devstral")

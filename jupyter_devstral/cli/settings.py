"""`DevstralConfig` for the command line: configuration files, then `--DevstralConfig.NAME=VALUE`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import ConfigurationError, UsageError
from ..session.settings_files import OWN, files_of, jupyter_folders, section_of

if TYPE_CHECKING:
    from traitlets.config import Config

    from ..core.settings.config import DevstralConfig

_PREFIX = "--DevstralConfig."
# From the most general file to the most specific one, which takes precedence.
_FILES = ("jupyter_config", "ipython_config", "jupyter_server_config", OWN)


def take_flags(argv: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Separate `--DevstralConfig.x=y` and `--DevstralConfig.x y`, wherever they stand, from everything else.

    Raises `UsageError` for a flag without a value.
    """
    flags: dict[str, str] = {}
    rest: list[str] = []
    tokens = iter(argv)
    for token in tokens:
        if not token.startswith(_PREFIX):
            rest.append(token)
            continue
        name, equals, value = token.removeprefix(_PREFIX).partition("=")
        if not equals:
            following = next(tokens, None)
            if following is None:
                raise UsageError(f"{token} needs a value: {token}=VALUE")
            value = following
        flags[name] = value
    return flags, rest


def read_settings(flags: dict[str, str]) -> DevstralConfig:
    """Read the settings of this user with these flags. A ConfigurationError names the faulty setting."""
    return settings_from(_merged(flags))


def settings_given(flags: dict[str, str]) -> dict[str, Any]:
    """Only the settings that a file or a flag sets, checked, as plain JSON values."""
    config = _merged(flags)
    settings = settings_from(config)
    return {name: getattr(settings, name) for name in config.DevstralConfig}


def settings_from(config: Config) -> DevstralConfig:
    """The settings that a configuration gives. A ConfigurationError names the faulty setting."""
    from traitlets import TraitError

    from ..core.settings.config import DevstralConfig

    try:
        settings = DevstralConfig(config=config)
        # The environment is read only when the default is needed.
        _ = settings.host
    except TraitError as error:
        raise ConfigurationError(str(error)) from None
    return settings


def _merged(flags: dict[str, str]) -> Config:
    from traitlets.config import Config
    from traitlets.config.loader import DeferredConfigString

    merged = Config()
    for loaded in _files():
        merged.merge(loaded)
    for name, value in flags.items():
        merged.DevstralConfig[name] = DeferredConfigString(value)
    return merged


def _files() -> Iterator[Config]:
    """The `DevstralConfig` section of every existing configuration file, most specific last."""
    for name in _FILES:
        folders = _ipython_folders() if name == "ipython_config" else jupyter_folders()
        for path in files_of(name, folders):
            yield section_of(path)


def ipython_folder() -> Path:
    """This user's IPython folder, found by IPython's rules without the cost of importing it."""
    named = os.environ.get("IPYTHONDIR")
    if named:
        return Path(os.path.expandvars(named)).expanduser()
    folder = Path.home() / ".ipython"
    older = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "ipython"
    return older if older.is_dir() and not folder.exists() else folder


def _ipython_folders() -> list[Path]:
    import sys

    shared = [Path(sys.prefix, "etc", "ipython"), Path("/usr/local/etc/ipython"), Path("/etc/ipython")]
    return [ipython_folder() / "profile_default", *shared]

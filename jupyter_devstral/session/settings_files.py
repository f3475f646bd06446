"""The configuration file that magics, sidebar and command line have in common: `jupyter_devstral_config`.

It stands in any folder of Jupyter's configuration path. A server finds it by itself, as that of an extension.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import ConfigurationError

if TYPE_CHECKING:
    from traitlets.config import Config

OWN = "jupyter_devstral_config"


def files_of(name: str, folders: list[Path]) -> list[Path]:
    """The configuration files of that name which exist, the most specific last."""
    found = (folder / f"{name}{ending}" for folder in reversed(folders) for ending in (".py", ".json"))
    return [path for path in found if path.is_file()]


def jupyter_folders() -> list[Path]:
    """Jupyter's configuration path, the most specific folder first."""
    from jupyter_core.paths import jupyter_config_path

    return [Path(one) for one in jupyter_config_path()]


def below(config: Config) -> Config:
    """A configuration with what the common file says where it says nothing itself.

    Raises ConfigurationError for a file that is broken.
    """
    from traitlets.config import Config

    files = files_of(OWN, jupyter_folders())
    if not files:
        return config
    merged = Config()
    for path in files:
        merged.merge(section_of(path))
    merged.merge(config)
    return merged


def section_of(path: Path) -> Config:
    """The `DevstralConfig` section of a configuration file."""
    from traitlets.config import Config

    loaded = load_file(path)
    return Config(DevstralConfig=loaded.DevstralConfig) if "DevstralConfig" in loaded else Config()


def load_file(path: Path) -> Config:
    """Load one configuration file. Raises ConfigurationError, one line long, when it is broken."""
    from traitlets.config.loader import JSONFileConfigLoader, PyFileConfigLoader

    loader = (PyFileConfigLoader if path.suffix == ".py" else JSONFileConfigLoader)(
        path.name, str(path.parent)
    )
    try:
        loaded: Config = loader.load_config()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the file is the user's program: anything may come out of it
        reason = f"{type(error).__name__}: {error}"
        raise ConfigurationError(
            f"The configuration file {path} cannot be read ({reason}). Repair it or move it away."
        ) from None
    return loaded

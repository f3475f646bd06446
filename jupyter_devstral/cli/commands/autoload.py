"""`jupyter devstral autoload`: IPython and its kernels load the magics by themselves (one line of JSON)."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ...core.errors import ConfigurationError
from ...core.whole_file import write_whole
from ..settings import ipython_folder

EXTENSION = "jupyter_devstral"


def command(arguments: argparse.Namespace) -> int:
    """Switch loading at the start of IPython on or off; returns the exit code."""
    path = ipython_folder() / "profile_default" / "ipython_config.json"
    print(_switch_off(path) if arguments.off else _switch_on(path))
    return 0


def _switch_on(path: Path) -> str:
    config = _read(path)
    extensions = _extensions(config, path)
    undo = "To undo: `jupyter devstral autoload --off`."
    if EXTENSION in extensions:
        return f"IPython already loads {EXTENSION} by itself ({path}). {undo}"
    inherited = [] if extensions else _from_python_file(path.with_suffix(".py"))
    config.setdefault("InteractiveShellApp", {})["extensions"] = [*inherited, *extensions, EXTENSION]
    _write(path, config)
    said = f"IPython and its kernels now load {EXTENSION} by themselves. Changed: {path}. {undo}"
    if inherited:
        said += (
            f" The extensions of {path.with_suffix('.py').name} ({', '.join(inherited)}) are repeated in it."
        )
        said += " IPython lets the JSON file win, and says so when it starts."
    return said


def _switch_off(path: Path) -> str:
    config = _read(path)
    extensions = _extensions(config, path)
    if EXTENSION not in extensions:
        return f"Nothing to undo: {path} does not load {EXTENSION}."
    rest = [name for name in extensions if name != EXTENSION]
    # A list that only repeats the Python file's would go on hiding that file's future changes.
    section = config["InteractiveShellApp"]
    if rest and rest != _from_python_file(path.with_suffix(".py")):
        section["extensions"] = rest
    else:
        del section["extensions"]
    if not section:
        del config["InteractiveShellApp"]
    if config:
        _write(path, config)
    else:
        path.unlink()
    how = f"Changed: {path}" if config else f"Removed, for nothing else was in it: {path}"
    return f"IPython no longer loads {EXTENSION} by itself. {how}."


def _read(path: Path) -> dict[str, Any]:
    """The JSON object in the file, {} where there is none; `ConfigurationError` for anything else."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read ({error}); it was left as it is.") from None
    try:
        config = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise ConfigurationError(
            f"{path} is not valid JSON ({error}); it was left as it is. Repair it first."
        ) from None
    if not isinstance(config, dict):
        raise ConfigurationError(
            f"{path} does not hold a JSON object; it was left as it is. Repair it first."
        )
    return config


def _extensions(config: dict[str, Any], path: Path) -> list[Any]:
    section = config.get("InteractiveShellApp", {})
    extensions = section.get("extensions", []) if isinstance(section, dict) else None
    if not isinstance(extensions, list):
        raise ConfigurationError(
            f"{path}: InteractiveShellApp.extensions is not a list; it was left as it is. Repair it first."
        )
    return extensions


def _from_python_file(path: Path) -> list[str]:
    """What the Python file beside it sets: the JSON file's list will take the place of that list."""
    from traitlets.config.loader import LazyConfigValue

    from ...session.settings_files import load_file

    if not path.is_file():
        return []
    given = load_file(path).InteractiveShellApp.get("extensions", [])
    names = given.get_value([]) if isinstance(given, LazyConfigValue) else given
    return [name for name in names if isinstance(name, str) and name != EXTENSION]


def _write(path: Path, config: dict[str, Any]) -> None:
    write_whole(path, json.dumps(config, indent=2, ensure_ascii=False) + "\n")

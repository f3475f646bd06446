"""Puts the JupyterLab half into wheels, built from `labextension/` where there is Node.js.

An editable install leaves it alone: it needs Python only, and `make lab` links a built half into JupyterLab.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TARGET = "share/jupyter/labextensions/jupyter-devstral"


class LabextensionHook(BuildHookInterface):  # type: ignore[type-arg]
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        script = runpy.run_path(str(Path(self.root) / "scripts" / "build_lab.py"))
        reason = script["build"](quiet=True)
        if reason:
            self.app.display_warning(
                f"The JupyterLab half is not part of this build: {reason}. "
                "Magics and command line work without it."
            )
        if self.target_name == "wheel" and script["is_built"]():
            build_data["shared_data"] = {
                str(script["OUTPUT"]): TARGET,
                str(script["SOURCES"] / "install.json"): f"{TARGET}/install.json",
            }

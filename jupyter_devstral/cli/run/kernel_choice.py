"""The choice of the installed kernel that executes a notebook."""

from __future__ import annotations

from typing import Any

from ...core.errors import NotebookError
from ..notebook_input import NotebookInput

DEFAULT = "python3"


def kernel_for(source: NotebookInput) -> tuple[str, str]:
    """The kernel's name, and a note when it is not the one that the notebook names.

    Raises `NotebookError` when no installed kernel speaks the notebook's language.
    """
    from jupyter_client.kernelspec import KernelSpecManager

    installed = KernelSpecManager().find_kernel_specs()
    named = _named(source.data)
    language = source.notebook.language
    if named in installed:
        return named, ""
    if language == "python" and DEFAULT in installed:
        return DEFAULT, f"The kernel {named!r} is not installed; {DEFAULT} is used instead." if named else ""
    missing = f"the kernel {named!r}" if named else f"a kernel for {language}"
    there = ", ".join(sorted(installed)) or "none"
    raise NotebookError(f"{source.name}: {missing} is not installed here. Installed: {there}.")


def private(manager: Any) -> Any:
    """Return the manager of a kernel that other users of this machine cannot read along with, if it can."""
    import zmq

    if manager.has_trait("transport_encryption") and zmq.has("curve"):
        manager.transport_encryption = "auto"
    return manager


def _named(data: dict[str, Any]) -> str:
    metadata = data.get("metadata")
    spec = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    name = spec.get("name") if isinstance(spec, dict) else None
    return name if isinstance(name, str) else ""

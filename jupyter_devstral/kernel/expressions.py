"""Calls of `kernel.service` as expressions that a kernel evaluates silently, without a trace.

Imports nothing of the package: what is named here is imported in the kernel, which may have another version.
"""

from __future__ import annotations

from typing import Any

# Raised when a call or what it returns changes: server and kernel may live in different environments.
PROTOCOL = 6
_SERVICE = "jupyter_devstral.kernel.service"
_EXAM = "jupyter_devstral.kernel.exam"


def variables_expression(first: list[str]) -> str:
    """Write the call that describes variables."""
    return _call("variables_json", first)


def targets_expression(text: str, form: str, cell: str) -> str:
    """Write the call that finds what tests with these words about a cell are for."""
    return _call("targets_json", text, form, cell)


def begin_proof_expression(request: str) -> str:
    """Write the call that begins a proof."""
    return _call("begin_json", request)


def go_on_expression(key: str, answer: str) -> str:
    """Write the call that takes a proof's next step."""
    return _call("go_on_json", key, answer)


def rehearse_expression(request: str) -> str:
    """Write the call that begins a rehearsal, runs a cell in it, or ends it."""
    return _call("rehearse_json", request)


def setup_code(settings: dict[str, Any], *, load: bool) -> str:
    """Write the call that gives the kernel's `DevstralConfig` its values, and loads the magics."""
    return _call("set_up", settings, load)


def soundness_expression() -> str:
    """Why the kernel cannot judge code in copies of itself."""
    return _call("soundness_json")


def judge_expression(request: str) -> str:
    """Whether cells run, and whether a check of their result holds."""
    return _call("judge_json", request)


def _call(function: str, *arguments: object) -> str:
    listed = ", ".join(map(repr, (PROTOCOL, function, *arguments)))
    return f"__import__({_SERVICE!r}, fromlist=['call']).call({listed})"

"""The part of the sidebar that works inside the kernel: its variables, described; tests, proven.

Called by expressions that are evaluated silently: neither notebook nor namespace shows a trace of them.
"""

from __future__ import annotations

import json

_SECONDS = 0.5
# By name: in the server nothing of the kernel's half is imported.
_PROOFS = "jupyter_devstral.magics.proof_service"


def variables_expression(first: list[str]) -> str:
    """The expression to evaluate in the kernel."""
    return _call(__name__, "variables_json", first)


def targets_expression(text: str, form: str, cell: str) -> str:
    """What tests that are asked for with these words about a cell are for."""
    return _call(_PROOFS, "targets_json", text, form, cell)


def begin_proof_expression(request: str) -> str:
    """The first step of a proof."""
    return _call(_PROOFS, "begin_json", request)


def go_on_expression(key: str, answer: str) -> str:
    """A further step of it."""
    return _call(_PROOFS, "go_on_json", key, answer)


def _call(module: str, function: str, *arguments: object) -> str:
    listed = ", ".join(map(repr, arguments))
    return f"__import__({module!r}, fromlist=[{function!r}]).{function}({listed})"


def variables_json(first: list[str]) -> str:
    """The variables of the notebook's namespace, most important first, `first` ones before them."""
    from IPython.core.getipython import get_ipython

    from ..core.namespace import describe_namespace

    ip = get_ipython()
    if ip is None:
        return "[]"
    found = describe_namespace(
        ip.user_ns, first=first, hidden=set(ip.user_ns_hidden), deadline_seconds=_SECONDS
    )
    return json.dumps([[each.name, each.kind, each.text] for each in found])

"""The part of the sidebar that works inside the kernel: its variables, described.

Called by an expression that is evaluated silently: neither notebook nor namespace shows a trace of it.
"""

from __future__ import annotations

import json

_SECONDS = 0.5


def variables_expression(first: list[str]) -> str:
    """The expression to evaluate in the kernel."""
    return f"__import__({__name__!r}, fromlist=['variables_json']).variables_json({first!r})"


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

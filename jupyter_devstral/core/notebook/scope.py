"""The part of a notebook that a request may send."""

from __future__ import annotations

# From the widest to the narrowest.
SCOPES = ("notebook", "above", "cell", "none")

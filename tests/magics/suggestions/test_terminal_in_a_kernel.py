"""Where there is no prompt of a terminal, suggestions are somebody else's."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_devstral.core.errors import UsageError


def test_a_kernel_says_where_suggestions_are(session: Any) -> None:
    with pytest.raises(UsageError, match="JupyterLab"):
        session.suggestions.report("on")


def test_a_wrong_word_is_advice(session: Any) -> None:
    with pytest.raises(UsageError, match="on, off or status"):
        session.suggestions.report("maybe")

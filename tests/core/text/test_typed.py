"""Names in advice can be typed as they stand there."""

from __future__ import annotations

import shlex

import pytest

from jupyter_devstral.core.model.ollama.errors import model_missing
from jupyter_devstral.core.request.command import parse_command
from jupyter_devstral.core.text.typed import typed


@pytest.mark.parametrize(
    "name", ["coder:7b", "hf.co/a/b:Q4_K_M", "my model", "my $model", "a;b", "it's mine", "-x y"]
)
def test_a_name_is_read_back_by_the_magic_and_by_a_shell(name: str) -> None:
    assert shlex.split(typed(name)) == [name]
    if name != "it's mine":
        assert parse_command(f"pull {typed(name)}").text == name


def test_advice_quotes_what_needs_it() -> None:
    assert '`%devstral pull "my model"`' in str(model_missing("my model"))
    assert "`jupyter devstral pull coder:7b`" in str(model_missing("coder:7b"))

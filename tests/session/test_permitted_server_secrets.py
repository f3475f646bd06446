"""No secret of any set leaves this machine, whatever the settings say and the route may receive."""

from __future__ import annotations

from pathlib import Path

from tests.support.planted_secrets import Planted, planted, sent_over_a_route
from tests.support.sweeps import swept


def test_no_secret_of_any_set_goes_over_a_remote_route() -> None:
    samples = planted(None)
    assert len(samples) > 500
    assert sent_over_a_route(swept(samples, 4)) == []


def test_none_that_once_leaked_does(shared_data: Path) -> None:
    samples = planted(shared_data)[len(planted(None)) :]
    assert len(samples) == 30
    assert sent_over_a_route(samples) == []


def test_what_is_no_secret_would_be_seen() -> None:
    assert sent_over_a_route([Planted("colour = 'lavender'", ("lavender",))]) == [
        ("lavender", "colour = 'lavender'")
    ]

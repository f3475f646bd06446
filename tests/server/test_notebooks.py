"""Of a notebook only what changed travels."""

from __future__ import annotations

import json

import pytest

from tests.server.conftest import code, question

CELLS = [code(f"c{at}", f"x{at} = {at}") for at in range(6)]


def prompt(client, cells, *, version, base=None, page="page", **fields):
    sent = {"page": page, "version": version, "base": base}
    return client.http.post("prompt", json=question(cells=cells, sent=sent, **fields))


def words(response):
    return json.dumps(response.raise_for_status().json()["messages"])


def test_a_change_is_put_together_with_what_was_sent_before(client, ollama):
    whole = words(prompt(client, CELLS, version=1, page="a"))
    assert words(prompt(client, [[0, 6]], version=2, base=1, page="a")) == whole
    changed = words(prompt(client, [[0, 3], code("new", "y = 9"), [5, 6]], version=3, base=2, page="a"))
    assert all(source in changed for source in ("x0 = 0", "x2 = 2", "y = 9", "x5 = 5"))
    assert "x3 = 3" not in changed
    # What was on its way at the same time is still a change of something known.
    assert words(prompt(client, [[0, 6]], version=4, base=2, page="a")) == whole


def test_a_change_of_what_is_not_known_asks_for_all(client, ollama):
    assert prompt(client, [[0, 6]], version=2, base=1, page="other").status_code == 409
    prompt(client, CELLS, version=3, page="other").raise_for_status()
    for version in range(4, 10):
        prompt(client, [[0, 6]], version=version, base=version - 1, page="other").raise_for_status()
    assert prompt(client, [[0, 6]], version=11, base=3, page="other").status_code == 409


@pytest.mark.parametrize("entry", [[0], [0, 7], [3, 2], [-1, 2], ["0", 2], [0, 1, 2]])
def test_a_range_that_is_none_is_refused(client, ollama, entry):
    prompt(client, CELLS, version=1, page="b").raise_for_status()
    assert prompt(client, [entry], version=2, base=1, page="b").status_code == 400


def test_with_every_step_the_words_are_left_out(client, ollama):
    brief = prompt(client, CELLS, version=1, page="c", brief=True).json()
    assert "messages" not in brief
    assert brief["tokens"] > 0

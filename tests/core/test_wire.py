"""Replies as JSON, there and back; foreign data reads as nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from jupyter_devstral.core.edits.edit import Edit, Loss
from jupyter_devstral.core.notebook.cells import Turn
from jupyter_devstral.core.notebook.file import notebook_from_json
from jupyter_devstral.core.wire import MIME, edits_from_bundle, reply_bundle
from tests.core.test_answer import reply_with

EDITS = (
    Edit("insert", "id3", "", "x = 1\n", "code"),
    Edit("replace", "id1", "old", "new ünïcode \u2028", "code"),
    Edit("insert", "", "", "# Title", "markdown"),
    Edit("delete", "id2", "gone", ""),
)


def test_there_and_back() -> None:
    reply = replace(reply_with(), edits=EDITS, turn=Turn("asked\n<b>", "Hello"))
    data = json.loads(json.dumps(reply_bundle(reply)))
    assert (data["turn"]["user_text"], data["reply"]) == ("asked\n<b>", "Hello")
    assert edits_from_bundle(data) == list(EDITS)


def test_bundle_fields() -> None:
    reply = replace(reply_with(), edits=EDITS[:1], finished="length")
    assert reply_bundle(reply) == {
        "version": 1,
        "task": "write",
        "reply": "Hello",
        "edits": [{"op": "insert", "cell_id": "id3", "before": "", "source": "x = 1\n", "kind": "code"}],
        "receipt": reply.receipt(),
        "turn": {"user_text": "x"},
        "finished": "length",
        "notes": [],
        "usage": {
            "prompt_tokens": 5000,
            "reply_tokens": 136,
            "load_seconds": 0.1,
            "prompt_seconds": 0.5,
            "reply_seconds": 4.0,
            "total_seconds": 5.0,
            "done_reason": "stop",
        },
        "model": "devstral-small-2",
    }
    assert MIME == "application/vnd.jupyter-devstral.v1+json"
    assert reply_bundle(replace(reply, usage=None))["usage"] is None


def test_what_an_edit_loses_travels_with_it() -> None:
    edit = Edit("replace", "id1", "a = 1", "b = 1", loss=Loss(("a",), (), 1, 2))
    data = json.loads(json.dumps(reply_bundle(replace(reply_with(), edits=(edit,)))))
    assert data["edits"][0]["loss"] == {
        "names": ["a"], "changes": [], "removed": 1, "of": 2, "unit": "statement", "hides": [],
        "drops": [], "remakes": [],
    }  # fmt: skip
    assert edits_from_bundle(data) == [edit]


@pytest.mark.parametrize(
    "data",
    [
        None,
        1,
        "x",
        [],
        {},
        {"turn": None},
        {"turn": "x"},
        {"turn": {"user_text": 1, "reply": "x"}},
        {"turn": {"reply": "x"}},
        {"edits": {}},
        {"edits": [1, None, {}]},
    ],
)
def test_foreign_data(data: object) -> None:
    assert edits_from_bundle(data) == []


def test_what_is_an_edit_is_read_and_the_rest_left_out() -> None:
    good = {"op": "insert", "cell_id": "a", "before": "", "source": "s", "kind": "code", "future": 1}
    bad = [
        {**good, "op": "explode"},
        {**good, "op": ["insert"]},
        {**good, "source": 3},
        {**good, "kind": "raw"},
    ]
    older = {"op": "replace", "cell_id": "a", "before": "b", "source": "s"}
    assert edits_from_bundle({"edits": [*bad, good, older]}) == [
        Edit("insert", "a", "", "s", "code"),
        Edit("replace", "a", "b", "s", "code"),
    ]


def test_what_a_turn_described_is_read_back_from_the_notebook() -> None:
    turn = Turn("Variables:\ndf: 3 x 2\n\nwhy?", "Because.", (("df", "df: 3 x 2\n  a: int"),))
    bundle = json.loads(json.dumps(reply_bundle(replace(reply_with(), text="Because.", turn=turn))))
    output = {"output_type": "display_data", "data": {MIME: bundle}, "metadata": {}}
    cell = {"cell_type": "code", "source": "%%devstral ask\nwhy?", "outputs": [output], "id": "a"}
    [read] = notebook_from_json({"nbformat": 4, "nbformat_minor": 5, "cells": [cell]}).cells
    assert read.turn == turn
    assert read.turn is not None
    assert read.turn.described == turn.described
    for foreign in (None, "x", [["df"], "df", [1, 2], ["a", "b", "c"], {}]):
        bundle["turn"]["described"] = foreign
        [read] = notebook_from_json({"nbformat": 4, "nbformat_minor": 5, "cells": [cell]}).cells
        assert read.turn is not None
        assert read.turn.described == ()

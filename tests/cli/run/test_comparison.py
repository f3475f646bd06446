"""What a cell showed for real, compared with its rehearsal: what it says counts, not when it was flushed."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_devstral.cli.run.comparison import is_as_rehearsed


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def display(**data: Any) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {k.replace("_", "/"): v for k, v in data.items()}}


def plotly(value: int) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {"application/vnd.plotly.v1+json": {"data": [value]}}}


@pytest.mark.parametrize(
    ("rehearsed", "real"),
    [
        (
            [stream("a\n"), stream("b\n", "stderr"), stream("c\n")],
            [stream("a\nc\n"), stream("b\n", "stderr")],
        ),
        (
            [stream("\r 0%| | 0/3 [00:00<?, ?it/s]\r100%|#| 3/3 [00:02<00:00, 1.5it/s]", "stderr")],
            [stream("\r100%|#| 3/3 [00:01<00:00, 1.9it/s]", "stderr")],
        ),
        ([display(text_plain="<A at 0x7f4f5e26f370>")], [display(text_plain="<A at 0x7f4f5e26f000>")]),
        (
            [display(text_html='<style>#T_0a1b2_row0{}</style><table id="T_0a1b2">')],
            [display(text_html='<style>#T_9f8e7_row0{}</style><table id="T_9f8e7">')],
        ),
        (
            [display(text_html='<div id="0b9c3f0e-6c0e-4b0e-9d5c-8a7b6c5d4e3f">')],
            [display(text_html='<div id="aaaaaaaa-6c0e-4b0e-9d5c-8a7b6c5d4e3f">')],
        ),
    ],
)
def test_what_differs_with_every_run_is_no_difference(rehearsed: list[Any], real: list[Any]) -> None:
    assert is_as_rehearsed(rehearsed, real)


@pytest.mark.parametrize(
    ("rehearsed", "real"),
    [
        (
            [display(text_plain="<Figure size 640x480 with 1 Axes>", image_png="AAAA")],
            [display(text_plain="<Figure size 640x480 with 1 Axes>", image_png="BBBB")],
        ),
        ([display(text_html="<td>1</td>")], [display(text_html="<td>2</td>")]),
        ([plotly(1)], [plotly(2)]),
        ([stream("a")], [stream("a", "stderr")]),
        ([stream("a")], [stream("a"), display(text_plain="a")]),
        ([stream("3 of 4 [00:01]")], [stream("3 of 4 [00:02]")]),
        ([], [{"output_type": "error", "ename": "ValueError", "evalue": "x"}]),
    ],
)
def test_what_is_another_picture_table_or_word_is_one(rehearsed: list[Any], real: list[Any]) -> None:
    assert not is_as_rehearsed(rehearsed, real)

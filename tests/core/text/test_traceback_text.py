"""Outputs and tracebacks, reduced to what a reader needs."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_devstral.core.text.traceback_text import clean_output, clean_traceback
from tests.support.growth import cpu_growth

# Where the administrator of a Unix machine is at home.
ROOTS_HOME = "/root"

_random = random.Random(5)
PNG = base64.b64encode(_random.randbytes(3000)).decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain\ttext ä\n", "plain\ttext ä\n"),
        ("\x1b[0;31mred\x1b[0m \x1b[1;38;5;12mblue\x1b[m", "red blue"),
        ("\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\ \x1b]0;title\x07x", "link x"),
        ("\x1b]unterminated\nnext", "\nnext"),
        ("\x1b(Bascii\x1b=\x9b31mc1", "asciic1"),
        ("  0%|  | 0/2\r 50%|# | 1/2\r100%|##| 2/2\n", "100%|##| 2/2\n"),
        ("long line\rshort", "shortline"),
        ("downloading\r\x1b[Kdone\n", "done\n"),
        ("downloading\x1b[2K\rdone", "done"),
        ("one\r\ntwo\r\r\n", "one\ntwo\n"),
        ("1/3\b\b\b2/3\b\b\b3/3\n", "3/3\n"),
        ("ab\n\bc", "ab\nc"),
        ("nul\x00s \x07bell", "nuls bell"),
        ("<Axes object at 0x7f3c2d1e5b50>", "<Axes object at 0x…>"),
        (f'<img src="data:image/png;base64,{PNG}"/>', '<img src="[image/png data removed]"/>'),
        ("=" * 300, "=" * 300),
        ("-" * 300 + "\n", "-" * 300 + "\n"),
        ("ACGT" * 100, "ACGT" * 100),
        ("a" * 64, "a" * 64),
    ],
)
def test_clean_output(text: str, expected: str) -> None:
    assert clean_output(text) == expected


def test_blobs_leave_a_mark() -> None:
    assert clean_output(f"before {PNG} after") == f"before [{len(PNG)} characters of base64 removed] after"
    wrapped = base64.encodebytes(_random.randbytes(600)).decode()
    assert clean_output(f"head\n{wrapped}tail") in (
        f"head\n[{len(wrapped)} characters of base64 removed]\ntail",
        f"head\n[{len(wrapped) - 1} characters of base64 removed]\ntail",
    )
    digits = _random.randbytes(200).hex()
    assert clean_output(digits) == "[400 hex digits removed]"
    assert clean_output(repr(bytes(range(128, 256)))) == "b'[bytes removed]'"


PIECES = [
    "\x1b[31m",
    "\x1b]8;;",
    "\x1b\\",
    "\r",
    "\n",
    "\b",
    "\x00",
    "abc",
    " at 0x7f00aa11bb22",
    PNG,
    "\x1b",
    "[",
    "K",
    "é",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12))
def test_clean_output_is_idempotent(parts: list[str]) -> None:
    once = clean_output("".join(parts))
    assert clean_output(once) == once
    assert not set(once) & {"\x1b", "\r", "\b", "\x00"}


@pytest.mark.parametrize(
    "unit",
    [
        "\x1b]",
        "\x1b[",
        "x\r",
        "x\b",
        "abc\b\b",
        "A9a" * 60 + " ",
        "A9a" * 60 + "\n",
        "\\x00",
        " at 0x",
        "data:;base64,",
    ],
    ids=repr,
)
def test_hostile_output_is_linear(unit: str) -> None:
    assert cpu_growth(lambda size: clean_output((unit * (size // len(unit) + 1))[:size]), 2_000_000) < 1.5


def test_twenty_megabytes() -> None:
    text = "\x1b[32m100%\x1b[0m done at 0x7f3c2d1e5b50\r" * 500_000
    assert clean_output(text) == "100% done at 0x…"


def test_a_long_progress_bar_after_a_long_line_is_linear() -> None:
    assert clean_output("x" * 1_000_000 + "\ry" * 1_000_000) == "y" + "x" * 999_999
    assert clean_output("x" * 1_000_000 + "y\b" * 1_000_000) == "x" * 1_000_000
    for tail in ("\ry", "y\b"):
        assert cpu_growth(lambda size, tail=tail: clean_output("x" * size + tail * size), 1_000_000) < 1.5


# Tracebacks


def crashes(shared_data: Path) -> list[dict[str, Any]]:
    return [
        json.loads(path.read_text()) for path in sorted((shared_data / "crashes" / "cases").glob("*.json"))
    ]


def test_real_crashes_keep_the_failing_lines_and_the_error(shared_data: Path) -> None:
    sent = stored = 0
    for case in crashes(shared_data):
        text = clean_traceback(case["traceback"])
        sent, stored = sent + len(text), stored + len(case["traceback"])
        for line in [*case["failing_lines"], *case["earlier_cell_lines"]]:
            assert line.strip() in text, case["id"]
        assert f"{case['ename']}: {case['evalue'][:200]}".strip() in text, case["id"]
        assert "site-packages" not in text, case["id"]
        assert "/ipykernel_" not in text, case["id"]
        assert len(text) < 3000, case["id"]
    assert sent < stored / 4


def test_stored_errors_of_notebooks(shared_data: Path) -> None:
    seen = 0
    for path in sorted((shared_data / "notebooks").rglob("*.ipynb")):
        try:
            cells = json.loads(path.read_text(encoding="utf-8")).get("cells", [])
        except (ValueError, AttributeError):
            continue
        outputs = [o for cell in cells if isinstance(cell, dict) for o in cell.get("outputs") or []]
        for output in outputs:
            if not isinstance(output, dict) or output.get("output_type") != "error":
                continue
            text = clean_traceback("\n".join(output["traceback"]))
            seen += 1
            assert "\x1b" not in text
            assert "-----------" not in text
            assert bool(text) == bool("".join(output["traceback"]))
            if output["ename"] in ("NameError", "TypeError", "KeyboardInterrupt"):
                assert text.split("\n")[-1].startswith(output["ename"])
                assert "--> " in text
    assert seen >= 10


IPYTHON_9 = """\
\x1b[31m---------------------------------------------------------------------------\x1b[39m
\x1b[31mKeyError\x1b[39m                                  Traceback (most recent call last)
\x1b[36mFile \x1b[39m\x1b[32m/home/bob/.venv/lib/python3.12/site-packages/pandas/core/indexes/base.py:3805\x1b[39m, in \x1b[36mIndex.get_loc\x1b[39m\x1b[34m(self, key)\x1b[39m
\x1b[32m   3804\x1b[39m \x1b[38;5;28;01mtry\x1b[39;00m:
\x1b[32m-> 3805\x1b[39m     \x1b[38;5;28;01mreturn\x1b[39;00m \x1b[38;5;28mself\x1b[39m._engine.get_loc(casted_key)

\x1b[31mKeyError\x1b[39m: 'price'

The above exception was the direct cause of the following exception:

\x1b[31mKeyError\x1b[39m                                  Traceback (most recent call last)
\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[7]\x1b[39m\x1b[32m, line 2\x1b[39m
\x1b[32m      1\x1b[39m df = load()
\x1b[32m----> 2\x1b[39m \x1b[43mdf\x1b[49m[\x1b[33m'\x1b[39m\x1b[33mprice\x1b[39m\x1b[33m'\x1b[39m]

\x1b[36mFile \x1b[39m\x1b[32m/home/bob/projects/shop/frames.py:12\x1b[39m, in \x1b[36mget\x1b[39m\x1b[34m(x)\x1b[39m
\x1b[32m     11\x1b[39m \x1b[38;5;28;01mdef\x1b[39;00m \x1b[34mget\x1b[39m(x):
\x1b[32m---> 12\x1b[39m     \x1b[38;5;28;01mreturn\x1b[39;00m x.y

\x1b[36mFile \x1b[39m\x1b[32m<frozen importlib._bootstrap>:1360\x1b[39m, in \x1b[36m_find\x1b[39m\x1b[34m(name)\x1b[39m

\x1b[31mKeyError\x1b[39m: 'price'"""  # noqa: E501


def test_a_chained_error() -> None:
    assert clean_traceback(IPYTHON_9).split("\n") == [
        "…",
        "KeyError: 'price'",
        "The above exception was the direct cause of the following exception:",
        "Cell In[7], line 2",
        "      1 df = load()",
        "----> 2 df['price']",
        "File ~/projects/shop/frames.py:12, in get(x)",
        "     11 def get(x):",
        "---> 12     return x.y",
        "…",
        "KeyError: 'price'",
    ]


def test_cpython() -> None:
    text = (
        "Traceback (most recent call last):\n"
        '  File "/home/bob/run.py", line 3, in <module>\n'
        "    main()\n"
        "    ~~~~^^\n"
        '  File "/usr/lib/python3.11/json/decoder.py", line 337, in decode\n'
        "    obj, end = self.raw_decode(s)\n"
        "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)\n"
    )
    assert clean_traceback(text) == (
        '  File "~/run.py", line 3, in <module>\n    main()\n    ~~~~^^\n…\n'
        "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)"
    )


def test_syntax_error() -> None:
    text = "  Cell In[3], line 1\n    x = = 2\n        ^\nSyntaxError: invalid syntax\n"
    assert clean_traceback(text) == text.rstrip("\n").lstrip("\n")


def test_a_long_message_keeps_head_and_tail() -> None:
    message = "ValueError: " + "a" * 3000 + "\n" + "b" * 3000 + " the end"
    text = clean_traceback(f"Cell In[1], line 1\n----> 1 f()\n\n{message}")
    assert text == "Cell In[1], line 1\n----> 1 f()\nValueError: … the end"
    text = clean_traceback("ValueError: " + "some words " * 500)
    assert text.startswith("ValueError: some words some")
    assert " … " in text
    assert 900 < len(text) < 1100


def test_deep_recursion_is_cut() -> None:
    frames = "\n\n".join(f"Cell In[1], line 2, in f(n)\n----> 2 f({n})" for n in range(1000))
    text = clean_traceback(f"{frames}\n\nRecursionError: maximum recursion depth exceeded")
    assert text.count("in f(n)") == 16
    assert "f(0)" in text
    assert "f(999)" in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("\x1b[31m", "…"),
        ("ValueError: no", "ValueError: no"),
        ("Error in eval(expr): object 'x' not found", "Error in eval(expr): object 'x' not found"),
        ("C:\\Users\\bob\\x.py: no", "~\\x.py: no"),
        (f"/Users/bob/x and {ROOTS_HOME}/y and /chroot/z", "~/x and ~/y and /chroot/z"),
    ],
)
def test_other_texts(text: str, expected: str) -> None:
    assert clean_traceback(text) == expected


@pytest.mark.parametrize(
    "unit", ["File ", "File a", '  File "', "Cell In[", "/a in ", "a in b ", "---> 1 ", "<a ", "x: "]
)
def test_a_hostile_traceback_is_linear(unit: str) -> None:
    for part in (unit, unit + "\n"):
        assert (
            cpu_growth(lambda size, part=part: clean_traceback(part * (size // len(part))), 1_000_000) < 1.5
        )

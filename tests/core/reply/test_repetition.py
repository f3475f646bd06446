"""Replies that write the same again and again are seen; what repeats for a reason is not."""

from __future__ import annotations

import codecs
import random

import pytest

from jupyter_devstral.core.reply.repetition import RepetitionWatch

PLAN = "- [ ] Load the three CSV files and join them.\n"
CELL = "```python\nimport pandas as pd\ndf = pd.read_csv('north.csv')\ndf.head()\n```\nNow the next file.\n\n"
# A name, the beginning, what comes again and again, and what is kept.
ENDLESS = [
    ("a step of a plan", "I begin.\n", PLAN, f"I begin.\n{PLAN}"),
    ("steps with blank lines between", "", f"{PLAN}\n", f"{PLAN}\n"),
    ("a list that is indented", "", f"  {PLAN}", f"  {PLAN}"),
    (
        "two steps in turn",
        "# Plan\n",
        f"{PLAN}- [ ] Drop the repeats.\n",
        f"# Plan\n{PLAN}- [ ] Drop the repeats.\n",
    ),
    ("a whole cell", "", CELL, CELL),
    (
        "a line of code",
        "```python\n",
        "df = df.drop_duplicates()\n",
        "```python\ndf = df.drop_duplicates()\n",
    ),
    ("lines of Windows", "", "I load the file again.\r\n", "I load the file again.\r\n"),
    ("words without a line end", "So: ", "and then we join them, ", "So: and then we join them,"),
    ("no words at all", "x = [\n", "0,\n", "x = [\n0,\n"),
    ("blank lines", "There are 2.\n", "\n", "There are 2.\n\n"),
    ("digits without a line end", "x = ", "0", "x = 0"),
    ("a language without blanks", "", "まず三つのファイルを読み込む。\n", "まず三つのファイルを読み込む。\n"),
]


def watched(text: str) -> RepetitionWatch:
    watch = RepetitionWatch()
    watch.feed(text)
    return watch


@pytest.mark.parametrize(
    ("begins", "again", "kept"), [one[1:] for one in ENDLESS], ids=[one[0] for one in ENDLESS]
)
def test_what_comes_again_and_again_is_seen_and_kept_once(begins: str, again: str, kept: str) -> None:
    watch = watched(begins + again * 10_000)
    assert watch.repeated
    assert watch.kept == kept


@pytest.mark.parametrize(("begins", "again"), [one[1:3] for one in ENDLESS], ids=[one[0] for one in ENDLESS])
def test_it_is_seen_long_before_the_limit_of_a_reply(begins: str, again: str) -> None:
    watch = RepetitionWatch()
    assert any(watch.feed(again) for _ in range(5_000))
    assert not watched(begins + again * 3).repeated


def test_a_list_that_counts_says_the_same_again_all_the_same() -> None:
    watch = watched("".join(f"{number}. Load the next file.\n" for number in range(1, 100)))
    assert watch.repeated == "Load the next file."
    assert watch.kept == "1. Load the next file.\n"


# What repeats for a reason, at the length that it may have in a cell or an answer.
HONEST = {
    "a table with equal rows": "| region | amount |\n| --- | --- |\n" + "| unknown | unknown |\n" * 100,
    "a printed table": "   order customer  amount\n" + "       1      NaN     NaN\n" * 100,
    "a list with equal short lines": "- yes\n" * 40 + "- not set\n" * 40,
    "a list literal, a line each": "x = [\n" + "    0,\n" * 200 + "]\n",
    "names in a literal, a line each": "x = [\n" + '    "not available",\n' * 200 + "]\n",
    "rows of a literal": "rows = [\n" + '    {"customer": "unknown", "amount": 0},\n' * 100 + "]\n",
    "rows of a literal over lines": "rows = [\n"
    + '  {\n    "customer": "unknown",\n    "amount": 0\n  },\n' * 40
    + "]\n",
    "a picture of digits": "image = [\n" + f"    [{', '.join('0' * 28)}],\n" * 28 + "]\n",
    "the same in one line": f"image = [{', '.join(['0'] * 784)}]\n",
    "names in one line": f"x = [{', '.join(['unknown'] * 200)}]\n".replace("unknown", '"unknown"'),
    "empty prints": "print()\n" * 100,
    "calls in a row": "plt.show()\n" * 40,
    "a box of characters": "+" + "-" * 78 + "+\n" + ("|" + " " * 78 + "|\n") * 60 + "+" + "-" * 78 + "+\n",
    "rulers": ("#" * 79 + "\n# Part\n" + "#" * 79 + "\n") * 15,
    "blank lines": "x = 1\n" + "\n" * 100 + "y = 2\n",
    "a long string": f"key = '{'A' * 2_000}'\n",
    "a bar of text": "█" * 2_000 + "\n",
    "a song": "\n".join(f"{n} bottles on the wall\nTake one down, pass it around" for n in range(99, 0, -1)),
    "a refrain": "Row, row, row your boat\n" * 30,
    "lines that differ by a number": "".join(f"ax[{n}].plot(df['a'], df['b'])\n" for n in range(200)),
    "assertions": "".join(f"assert is_even({n}) is {n % 2 == 0}\n" for n in range(200)),
    "a test with equal parts": "    with pytest.raises(ValueError):\n        parse(text)\n" * 20,
    "a page of markup": "<tr><td>none</td><td>none</td></tr>\n" * 40,
    "eight answers with equal parts": "```python\ndf.head()\n```\n" * 12,
}


@pytest.mark.parametrize("text", HONEST.values(), ids=HONEST.keys())
def test_what_repeats_for_a_reason_is_left_whole(text: str) -> None:
    watch = watched(f"Here it is.\n```python\n{text}```\nThat is all.\n")
    assert watch.repeated == ""
    assert watch.kept == f"Here it is.\n```python\n{text}```\nThat is all.\n"


@pytest.mark.parametrize(("begins", "again"), [one[1:3] for one in ENDLESS], ids=[one[0] for one in ENDLESS])
def test_where_a_reply_is_split_makes_no_difference(begins: str, again: str) -> None:
    text = begins + again * max(300, 5_000 // len(again))
    whole, data = watched(text), text.encode()
    assert whole.repeated
    rng = random.Random(1)
    for size in (1, 2, 3, 7, 255, 256, 257):
        decode = codecs.getincrementaldecoder("utf-8")().decode
        watch, at = RepetitionWatch(), 0
        while at < len(data):
            step = rng.randint(1, size)
            watch.feed(decode(data[at : at + step]))
            at += step
        assert (watch.kept, watch.repeated) == (whole.kept, whole.repeated)


def test_a_split_at_every_byte_makes_no_difference() -> None:
    text = f"Zuerst: größer.\n{PLAN * 60}"
    whole, data = watched(text), text.encode()
    for at in range(len(data)):
        decode = codecs.getincrementaldecoder("utf-8")().decode
        watch = RepetitionWatch()
        watch.feed(decode(data[:at]))
        watch.feed(decode(data[at:]))
        assert (watch.kept, watch.repeated) == (whole.kept, PLAN.strip())


def test_nothing_is_read_behind_the_end() -> None:
    watch = watched(PLAN * 100)
    assert watch.feed("```python\nx = 1\n```")
    assert watch.kept == PLAN

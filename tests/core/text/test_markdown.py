"""A model's words are shown as Markdown that can neither run nor fetch anything."""

import json
import re
from html.parser import HTMLParser

import mistune
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_devstral.core.text.markdown import code_block, prose, table, unfinished


def rendered(text):
    return str(mistune.create_markdown(escape=False, plugins=["table", "strikethrough", "url"])(text))


@pytest.mark.parametrize(
    "hostile",
    [
        "<img src=http://evil/x.png>",
        "![pixel](http://evil/x.png)",
        "![pixel][1]\n\n[1]: http://evil/x.png",
        "<script>alert(1)</script>",
        "`open\n\n<img src=x>`",
        "line ` one\n` <img src=x> `",
        "- ```\n<img src=x>\n```",
        "> ```\n<img src=x>\n```",
        "~~~\n<img src=x>",
        "| `a | <img src=x>` |\n|---|---|\n| `b | <img src=y>` |",
        "\\<img src=x>",
        r"\![a](http://evil/x)",
        "$x <img src=x>$",
        "$$\n<img src=x>\n$$",
        "a\r\r`<img src=x>",
        "<!-- c --><iframe src=http://evil>",
    ],
)
def test_nothing_hostile_survives_rendering(hostile):
    html = rendered(prose(hostile))
    assert not re.search(r"<(img|script|iframe|!--)", html)


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            [
                "<img src=x>",
                "`",
                "``",
                "```",
                "~~~",
                "\n",
                "\n\n",
                "|",
                "$",
                "![a](b)",
                "\\",
                " ",
                "a",
                "- ",
                "> ",
            ]
        )
    )
)
def test_no_mixture_of_marks_lets_an_image_through(pieces):
    assert "<img" not in rendered(prose("".join(pieces)) + "\n\n" + code_block("~~~\n`<img src=y>`"))


@settings(max_examples=300)
@given(st.lists(st.sampled_from(["<img src=x>", "```", "~~~~", "\n", "    ", "py", "`", "a", "- "])))
def test_an_unfinished_reply_lets_no_image_through(pieces):
    assert "<img" not in rendered(unfinished("".join(pieces)))


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.seen = set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)


WRITTEN_BY_MARKDOWN = {
    "p",
    "code",
    "pre",
    "em",
    "strong",
    "a",
    "ul",
    "ol",
    "li",
    "blockquote",
    "hr",
    "br",
    "del",
}
WRITTEN_BY_MARKDOWN |= {"h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}


def test_known_attacks_become_text(shared_data):
    attacks = json.loads((shared_data / "xss" / "dompurify_expect.json").read_text(encoding="utf-8"))
    assert len(attacks) > 50
    for attack in attacks:
        for text in (attack["payload"], f"A `tick\n\n- {attack['payload']}", f"| `a | {attack['payload']}"):
            assert Tags(rendered(prose(text))).seen <= WRITTEN_BY_MARKDOWN, attack["title"]
            assert Tags(rendered(unfinished(text))).seen <= WRITTEN_BY_MARKDOWN, attack["title"]


def test_code_and_maths_stay_what_they_are():
    assert prose("use `List<int>` here") == "use `List<int>` here"
    assert prose("if $a<b$ then") == r"if $a\lt b$ then"
    assert prose("from $5 to $6 <i>") == "from $5 to $6 &lt;i>"
    assert prose("a > b, **bold**, [link](http://x)") == "a > b, **bold**, [link](http://x)"


def test_a_fence_is_longer_than_any_inside():
    block = code_block("```\ninner\n```", "markdown")
    assert block == "````markdown\n```\ninner\n```\n````\n"


def test_an_open_block_is_closed_for_display():
    assert unfinished("```python\nx = 1") == "```python\nx = 1\n```\n"
    assert unfinished("1. ```python\nx = 1") == "```python\nx = 1\n```\n"


def test_a_table_reads_as_text_too():
    assert table(["a", "long"], [["1|2", "x"]]) == "| a    | long |\n|------|------|\n| 1\\|2 | x    |"

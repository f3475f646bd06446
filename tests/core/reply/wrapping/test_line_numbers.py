"""The numbers of lines are no part of the code."""

from __future__ import annotations

import pytest

from jupyter_devstral.core.reply.parser import Code, ReplyParser

CODE = (
    "rows = load()\nfor row in rows:\n    if row:\n        print(row)\n\n# done\n" + "a = 1\n" * 4 + "a = 5"
)


def read(text: str) -> Code:
    parser = ReplyParser()
    [code] = [
        one for one in [*parser.feed(f"```python\n{text}\n```\n"), *parser.close()] if isinstance(one, Code)
    ]
    return code


@pytest.mark.parametrize(
    "form", ["{} {}", "{:>3}  {}", "{:<3} {}", "{}: {}", "{:>2} | {}", "{:02}│ {}", "{}.\t{}"]
)
def test_numbered_lines_are_read(form: str) -> None:
    numbered = "\n".join(form.format(number, line) for number, line in enumerate(CODE.split("\n"), 1))
    code = read(numbered)
    assert (code.verdict, code.source) == ("cell", CODE)


@pytest.mark.parametrize("text", ["1 x = 1\n3 y = 2", "1 x = (\n2 y", "1 apple\n2 pears", "1 x = 1"])
def test_other_numbers_are_none_of_lines(text: str) -> None:
    assert read(text).verdict.startswith("does not parse")


def test_entities_of_html_are_read_where_the_code_does_not_parse_without() -> None:
    assert read("if a &lt; 2 &amp;&amp; b:\n    pass").verdict.startswith("does not parse")
    code = read("print(&quot;a&quot;, 1 &lt; 2, &#39;b&#39;)")
    assert (code.verdict, code.source) == ("cell", "print(\"a\", 1 < 2, 'b')")
    assert read("print('&lt;b&gt;')").source == "print('&lt;b&gt;')"

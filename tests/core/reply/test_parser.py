"""Replies in the shapes that models write, by hand: where blocks begin and end, and what is in them."""

from __future__ import annotations

import pytest

from jupyter_devstral.core.reply.parser import Code, Prose, ReplyParser


def read(reply: str, language: str = "python") -> list[Prose | Code]:
    """The events of a reply; asserts that they hold every character of it, at three ways to cut it."""
    results = []
    for size in (len(reply) or 1, 1, 7):
        parser = ReplyParser(language)
        events: list[Prose | Code] = []
        for start in range(0, len(reply), size):
            events += parser.feed(reply[start : start + size])
        events += parser.close()
        assert "".join(event.text if isinstance(event, Prose) else event.raw for event in events) == reply
        results.append(events)
    assert results[0] == results[1] == results[2]
    return results[0]


def blocks(reply: str, language: str = "python") -> list[Code]:
    return [event for event in read(reply, language) if isinstance(event, Code)]


def cells(reply: str, language: str = "python") -> list[str]:
    return [block.source for block in blocks(reply, language) if block.verdict == "cell"]


@pytest.mark.parametrize(
    "opening",
    [
        "```python", "```Python", "```py", "```python3", "```ipython", "```ipython3", "```PYTHON",
        "``` python", "```{python}", "```{.python}", "```{.python .numberLines}", "```{python echo=FALSE}",
        "```{python, eval=TRUE}", '```python title="x"', "```python title=x.py", "```python cell=4",
        "```python:main.py", "```python {linenos=true}", "```{code-cell} ipython3", "```python3.11",
        "````python", "~~~python", "~~~", "```", "```python   ", "```py3",
    ],
)  # fmt: skip
def test_every_way_to_open_a_python_block(opening: str) -> None:
    close = opening[: len(opening) - len(opening.lstrip("`~"))]
    events = read(f"Here:\n\n{opening}\nx = f(1)\n\ny = 2  \n{close}\n\nDone.\n")
    assert [type(event) for event in events] == [Prose, Code, Prose]
    code = events[1]
    assert isinstance(code, Code)
    assert (code.source, code.closed, code.verdict) == ("x = f(1)\n\ny = 2  ", True, "cell")
    assert events[2] == Prose("\nDone.\n")


def test_text_glued_before_and_behind_fences() -> None:
    assert cells("Here it is: ```python\nx = 1\n```\n") == ["x = 1"]
    assert cells("Here it is:```python\nx = 1\n```\n") == ["x = 1"]
    assert cells("Code:```\nimport os\n```\n") == ["import os"]
    assert cells("```python import numpy as np\nx = np.ones(3)\n```\n") == [
        "import numpy as np\nx = np.ones(3)"
    ]
    assert cells("```def f(n):\n    return n\n```\n") == ["def f(n):\n    return n"]
    assert cells("```python\nprint(x)```\nThat prints x.\n") == ["print(x)"]
    assert cells("```def f(n):\n    return n```\n\nWell, and:\n\n```python\ny = 1\n```") == [
        "def f(n):\n    return n",
        "y = 1",
    ]
    assert cells("```python x = 1```\n") == ["x = 1"]
    assert cells("```python\nprint(x)  # prints 1```\n\n```python\ny = 2\n```\n") == [
        "print(x)  # prints 1",
        "y = 2",
    ]


def test_prose_glued_behind_a_closing_fence_is_prose() -> None:
    events = read("```python\nx = 1\n``` This sets x.\nMore.\n")
    assert [type(event) for event in events] == [Code, Prose]
    assert events[1] == Prose(" This sets x.\nMore.\n")
    assert cells("```python\nx = 1\n```This sets x.\n\n```python\ny = 2\n```\n") == ["x = 1", "y = 2"]


@pytest.mark.parametrize(
    "prose",
    [
        "Use three backticks ``` to open a block.\n",
        "Write ```python to open a block.\n",
        "```inline code``` on its own line.\n",
        "```inline code```\n",
        "Call ```print(x)``` and ```f()```.\n",
        "\\```python\nx = 1\n\\```\n",
        "> ```python\n> x = 1\n> ```\n",
        "Title\n~~~~~~~~~~~~~~~~\ntext\n",
        "`python` is not a fence, `` ` `` neither.\n",
    ],
)
def test_prose_about_fences_opens_no_block(prose: str) -> None:
    assert read(prose) == [Prose(prose)]


def test_several_blocks_coalesce_the_prose_between() -> None:
    events = read("a\n\nb\n```python\nx = 1\n```\nc\n\n```python\ny = 2\n```\n")
    assert [type(event).__name__ for event in events] == ["Prose", "Code", "Prose", "Code"]


def test_unclosed_blocks() -> None:
    (block,) = blocks("Here:\n```python\nx = 1\ny = 2")
    assert (block.source, block.closed, block.verdict) == ("x = 1\ny = 2", False, "cell")
    (block,) = blocks("```python\ndef f(x:")
    assert block.verdict.startswith("does not parse: line 1:")
    (block,) = blocks("```python")
    assert (block.source, block.verdict) == ("", "empty")
    assert cells("```python\nx = 1\n``") == []


def test_a_new_opening_ends_a_block_that_was_never_closed() -> None:
    found = blocks("```python\nx = 1\n\nThen:\n```python\ny = 2\n```\n")
    # "Then:" is prose, so the end of the first block was seen.
    assert [(block.source, block.closed) for block in found] == [("x = 1", True), ("y = 2", True)]
    found = blocks("```python\nx = 1\n```python\ny = 2\n```\n")
    assert [block.closed for block in found] == [False, True]
    assert cells("```bash\npip install x\n```python\nimport x\n```\n") == ["import x"]
    assert cells("```python\nx = 1\n```python\ny = 2\n```\n") == ["x = 1", "y = 2"]


def test_four_ticks_hold_three() -> None:
    source = 'text = """\n```python\nx = 1\n```\n"""'
    assert cells(f"````python\n{source}\n````\n") == [source]
    (block,) = blocks("````markdown\n```python\nx = 1\n```\n````\n")
    assert (block.language, block.verdict) == ("markdown", "other language: markdown")
    assert cells("`````\n````\n```python\nx = 1\n```\n````\n`````\n") == []


def test_four_ticks_closed_by_three() -> None:
    reply = "````python\nx = 1\n```\n\nThen this:\n\n````python\ny = 2\n```\n"
    assert cells(reply) == ["x = 1", "y = 2"]


@pytest.mark.parametrize(
    "source",
    [
        'def f():\n    """Example:\n\n    ```python\n    f()\n    ```\n    """\n    return 1',
        'README = """\n# A\n\n```bash\npip install x\n```\n```python\nimport x\n```\n"""\nprint(README)',
        "README = '''\n```\ncode\n```\n'''",
        'md = f"""```python\n{code}\n```"""\ndisplay(Markdown(md))',
        'pattern = r"""```(\\w*)\n(.*?)```"""\nimport re',
        'text = "```"\nother = "a```b"\nprint(text, other)',
        "def f():\n    '''One.\n\n    ~~~\n    ```\n    '''\n    x = \"it's\"  # 't \"\"\" it\n    return x",
        'x = "\\""\ny = \'"""\'\nz = """a\n```\n"""',
    ],
)
def test_fences_inside_strings_are_content(source: str) -> None:
    reply = f"Before.\n\n```python\n{source}\n```\n\nAfter.\n\n```python\nlast = 1\n```\n"
    assert cells(reply) == [source, "last = 1"]
    assert cells(f"```python\n{source}\n```") == [source]
    untagged = f"```\nimport a\n{source}\n```\n"
    assert cells(untagged) == ["import a\n" + source]
    in_a_list = (
        "1. Do:\n\n   ```python\n" + "".join(f"   {line}\n" for line in source.split("\n")) + "   ```\n"
    )
    assert cells(in_a_list) == [source]


def test_a_string_never_closed_does_not_swallow_the_reply() -> None:
    reply = '```python\nx = """abc\n```\n\nProse.\n\n```python\ny = 2\n```\n\n```python\nz = 3\n```\n'
    assert cells(reply) == ["y = 2", "z = 3"]
    assert [type(event).__name__ for event in read(reply)] == ["Code", "Prose", "Code", "Prose", "Code"]


def test_markdown_blocks_with_blocks_inside() -> None:
    reply = "```markdown\n# Title\n\n```python\nx = 1\n```\n\nText.\n```\n\nAfter:\n```python\ny = 2\n```\n"
    assert cells(reply) == ["y = 2"]
    never_closed = "```markdown\n```python\nx = 1\n```\n\nAfter:\n```python\ny = 2\n```\n"
    assert cells(never_closed) == ["y = 2"]
    assert cells("```\n```python\nx = 1\n```\n```\n\n```python\ny = 2\n```\n") == ["y = 2"]


def test_blocks_in_lists() -> None:
    assert cells("1. First:\n   ```python\n   x = 1\n   if x:\n       y = 2\n   ```\n2. Then.\n") == [
        "x = 1\nif x:\n    y = 2"
    ]
    assert cells("- ```python\n  x = 1\n  y = 2\n  ```\n") == ["x = 1\ny = 2"]
    assert cells("1. ```python\ndef f():\n\treturn 1\n```\n") == ["def f():\n\treturn 1"]
    assert cells("* a\n\t```python\n\tfor i in x:\n\t\tprint(i)\n\t```\n") == ["for i in x:\n\tprint(i)"]
    assert cells("   ```python\n   x = '''\nleft\n'''\n   y = 1\n   ```\n") == ["x = '''\nleft\n'''\ny = 1"]
    assert cells("    ```python\nx = 1\nif x:\n    y = 2\n    ```\n") == ["x = 1\nif x:\n    y = 2"]
    assert cells("```python\n    x = 1\n    y = 2\n```\n") == ["x = 1\ny = 2"]


def test_line_ends_tabs_and_blanks() -> None:
    assert cells("Hi\r\n```python\r\nx = 1\r\n\r\ny = 2\r\n```\r\nBye\r\n") == ["x = 1\n\ny = 2"]
    assert cells("```python\rx = 1\ry = 2\r```\rBye") == ["x = 1\ny = 2"]
    assert cells("```python\nif x:\n\ty = 1   \n\n\n\tz = 2\n```\n") == ["if x:\n\ty = 1   \n\n\n\tz = 2"]
    assert cells("```python\nx = '\u2028'\ny = '\x0c'\n```\n") == ["x = '\u2028'\ny = '\x0c'"]


def test_empty_blocks() -> None:
    assert [block.verdict for block in blocks("```python\n```\n\n```\n\n```\n")] == ["empty", "empty"]


def test_prompts_are_stripped_and_output_is_dropped() -> None:
    assert cells("```python\n>>> x = [\n...     1,\n... ]\n>>> x\n[1]\n\n>>> y = 2\n```\n") == [
        "x = [\n    1,\n]\nx\ny = 2"
    ]
    assert cells("```\nIn [1]: x = 1\n   ...: y = 2\n\nIn [2]: x\nOut[2]: 1\n\nIn [3]: x + y\n```\n") == [
        "x = 1\ny = 2\nx\nx + y"
    ]
    assert cells("```pycon\n>>> import os\n>>> os.sep\n'/'\n```\n") == ["import os\nos.sep"]
    assert cells("```python\npython\n>>> x = 1\n>>> x\n1\n```\n") == ["x = 1\nx"]
    assert cells("```python\n>>> x = 1\n\n>>> y = 2\n>>> y\n2\n```\n") == ["x = 1\n\ny = 2\ny"]
    assert cells("```python\ndef f():\n    return 1\n\n>>> f()\n1\n```\n") == [
        "def f():\n    return 1\n\nf()"
    ]
    # Doctests in a docstring are no transcript.
    source = 'def f():\n    """\n    >>> f()\n    1\n    """\n    return 1'
    assert cells(f"```python\n{source}\n```\n") == [source]
    # The model forgot the continuation prompts.
    assert cells("```python\n>>> def f():\n    return 1\n>>> f()\n```\n") == ["def f():\n    return 1\nf()"]
    assert cells("```text\n>>> x = 1\n```\n") == []


def test_magics_are_kept() -> None:
    for source in (
        "%%time\nx = 1",
        "%%bash\nls -la | head",
        "%matplotlib inline\nimport matplotlib.pyplot as plt",
        "!pip install pandas\nimport pandas as pd",
        "files = !ls\nfiles",
        "%timeit f(x)",
        "%%sql\nSELECT * FROM t",
        "df.head?\nx = 1",
    ):
        assert cells(f"```python\n{source}\n```\n") == [source]
    assert cells("```\n%pip install pandas\n```\n") == ["%pip install pandas"]


def test_the_cell_that_a_block_is_for() -> None:
    found = blocks(
        "Cell 4\n```python\nx = 1\n```\n\n**Cell 5:**\n\n"
        "```python cell=abc-1\ny = 1\n```\n\n```python\nz = 1\n```\n"
    )
    assert [block.cell for block in found] == ["4", "abc-1", ""]
    for info in ("cell_id=abc-1", 'cell-id="abc-1"', "cellId: abc-1", "{cell_id='abc-1'}"):
        assert [block.cell for block in blocks(f"```python {info}\nx = 1\n```\n")] == ["abc-1"], info


def test_feed_acts_although_nobody_iterates() -> None:
    parser = ReplyParser()
    parser.feed("```python\n")
    parser.feed("x = 1\n")
    assert [event.source for event in parser.close() if isinstance(event, Code)] == ["x = 1"]


def test_prose_at_the_end_of_a_closed_block_is_no_code() -> None:
    text = "```python\nx = 1\nprint(x)\n\nThis prints the value of x.\n```\n"
    parser = ReplyParser()
    [code] = [*parser.feed(text), *parser.close()]
    assert isinstance(code, Code)
    assert (code.verdict, code.source, code.raw) == ("cell", "x = 1\nprint(x)", text)

"""Code in shapes that no fence marks, or that a fence spoils: what becomes a cell of it."""

from __future__ import annotations

import pytest

from jupyter_devstral.core.edits.proposal import propose_edits
from jupyter_devstral.core.notebook.cells import Cell
from jupyter_devstral.core.reply.parser import ReplyParser
from jupyter_devstral.core.request.tasks import Task

SOURCE = "x = 1\nprint(x)"


def written(reply: str) -> tuple[list[str], tuple[str, ...]]:
    """The new cells that a reply makes, the same at every way to cut it, and what is said."""
    results = set()
    for size in range(1, len(reply) + 1):
        parser = ReplyParser()
        events = [event for at in range(0, len(reply), size) for event in parser.feed(reply[at : at + size])]
        events += parser.close()
        edits, notes = propose_edits(Task.WRITE, events, anchor="", target=None, language="python")
        results.add((tuple(edit.source for edit in edits), notes))
    ((sources, notes),) = results
    return list(sources), notes


@pytest.mark.parametrize(
    "reply",
    [
        f"<pre><code>{SOURCE}\n</code></pre>\n",
        f'Here:\n\n<pre><code class="language-python">\n{SOURCE}\n</code></pre>\n\nIt prints.\n',
        f"<code>\n{SOURCE}\n</code>\n",
        f"<pre>\n{SOURCE}\n</pre>\n",
        f"[PYTHON]\n{SOURCE}\n[/PYTHON]\n",
        f"'''python\n{SOURCE}\n'''\n",
        f"Here:\n\n``python\n{SOURCE}\n``\n\nIt prints.\n",
        f"Here is the code:\n\n{SOURCE}\n",
        f"Voici le code :\n\n{SOURCE}\n\nIl affiche un nombre entier.\n",
        f"**Here is the code:**\n{SOURCE}\n",
        "> So:\n>\n> ```python\n> x = 1\n> print(x)\n> ```\n",
        f"```\npython\n{SOURCE}\n```\n",
        f"```python\n\n  \n{SOURCE}\n\n```\n",
        f"```python\n{SOURCE}\n\nThis code sets a name and prints it.\n",
        f"```python\n{SOURCE}\n\n**Explanation:**\n\n- it prints `x`\n",
        f"```python\n{SOURCE}\n\nInstall it first:\n```\npip install x\n```\n",
        f"```python\n{SOURCE}\n\nThe output is:\n\n```\n1\n```\n\nDone.\n",
        f"```python\n{SOURCE}\n\nInstall it first:\n```bash\npip install x\n```\n",
        "```python\nx\u00a0= 1\nprint(x)\n```\n",
        "```python\nx\u200b = 1\nprint(x)\u200b\n```\n",
        "```python\n\ufeffx = 1\nprint(x)\n```\n",
    ],
)
def test_code_is_found_in_every_shape(reply: str) -> None:
    assert written(reply)[0] == [SOURCE]


def test_odd_blanks_indent_and_stay_in_strings() -> None:
    assert written("```python\nif x:\n\u00a0\u00a0\u00a0\u00a0y = 'a\u00a0b'\n```\n")[0] == [
        "if x:\n    y = 'a\u00a0b'"
    ]
    assert written("```python\nprint(\u201ca\u201d)\n```\n")[0] == ['print("a")']
    assert written("```python\nprint('\u201ca\u201d\u00a0b')\n```\n")[0] == ["print('\u201ca\u201d\u00a0b')"]


def test_html_is_read_as_what_it_stands_for() -> None:
    assert written("<pre><code>if a &lt; b:\n    c = &quot;d&quot;\n</code></pre>\n")[0] == [
        'if a < b:\n    c = "d"'
    ]
    assert written("Use <code>print</code> for that.\n")[0] == []


@pytest.mark.parametrize(
    "reply",
    [
        "```python\n# Nothing to change here.\n```\n",
        "```python\n# a\n\n# b\n```\n",
        "Sure!\n\nimport os\n",
        "These are the steps:\n\nopen the file, read it, close it.\n",
        "```\nValueError: n = 3\n```\n",
        "```python\nValueError: n = 3\n```\n",
        "```python\nimport os\n%%time\nx = 1\n```\n",
    ],
)
def test_what_is_no_code_makes_no_cell(reply: str) -> None:
    assert written(reply)[0] == []


@pytest.mark.parametrize(
    "lead", ["The output will be:", "Output:", "Ausgabe:", "La sortie :", "Salida:", "输出：", "Result:"]
)
@pytest.mark.parametrize("shown", ["[1, 2]", "{'a': 1}", "array([1, 2])", "3", "(1, 'x')\n-2.5"])
def test_output_is_no_cell_whatever_its_tag(lead: str, shown: str) -> None:
    assert written(f"```python\nprint(a)\n```\n\n{lead}\n\n```python\n{shown}\n```\n")[0] == ["print(a)"]


def test_values_that_nobody_calls_output_stay_code() -> None:
    assert written("The list:\n\n```python\n[1, 2]\n```\n")[0] == ["[1, 2]"]
    assert written("The output will be larger with this:\n\n```python\nplot(x)\n```\n")[0] == ["plot(x)"]


def test_a_heading_above_working_code_leaves_nothing_out() -> None:
    for heading in ("# Game logic here", "# Main logic here:", "# Plotting code here"):
        assert written(f"```python\n{heading}\n\n{SOURCE}\n```\n")[0] == [f"{heading}\n\n{SOURCE}"]
    for hole in ("# Your logic here\n\nx = 1", "def f():\n    # logic here\n\nf()", "# Game logic here"):
        assert written(f"```python\n{hole}\n```\n")[0] == []


def test_a_cell_magic_in_mid_cell_is_left_out_and_named() -> None:
    assert written("```python\nimport os\n%%time\nx = 1\n```\n")[1] == (
        "A code block was not used because it does not parse: line 2: "
        "a cell magic must be the first line of its cell.",
    )
    assert written("```python\n%%time\nx = 1\n```\n")[0] == ["%%time\nx = 1"]
    assert written("```python\ntext = '''\n%%time\n'''\n```\n")[0] == ["text = '''\n%%time\n'''"]


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ('{"code": "x = 1"}', "JSON"),
        ('[{"cell": 1}]', "JSON"),
        ('[TOOL_CALLS][{"name": "run"}]', "the call of a tool"),
        ('write_cell[ARGS]{"source": "x = 1"}', "the call of a tool"),
        ('<tool_call>\n{"name": "run"}\n</tool_call>', "the call of a tool"),
    ],
)
def test_an_answer_for_a_program_is_named(answer: str, what: str) -> None:
    sources, notes = written(answer)
    assert sources == []
    assert notes == (
        f"The answer is {what}, not code, so nothing was made of it. Ask again, or in other words.",
    )
    parser = ReplyParser()
    events = [*parser.feed(answer), *parser.close()]
    target = Cell("c", 0, "code", "x = 2")
    edits, notes = propose_edits(Task.FIX, events, anchor="", target=target, language="python")
    assert edits == ()
    assert what in notes[0]


@pytest.mark.parametrize(
    "code", ["def add(a, b):\n    return a + b\n\nprint(add(1, 2))", "a = load()\nb = tidy(a)\nc = b.sum()"]
)
def test_code_below_a_sentence_without_a_colon_is_found(code: str) -> None:
    assert written(f"Sure! Here is what you want\n\n{code}\n\nHope this helps!\n")[0] == [code]


@pytest.mark.parametrize("text", ["x = 3", "Add it up\n\nsome more words here", "1. one\n2. two"])
def test_a_value_below_a_sentence_is_none(text: str) -> None:
    assert written(f"The answer is easy to find\n\n{text}\n")[0] == []


def test_what_is_installed_in_a_block_of_code_is_a_magic() -> None:
    assert written("```python\npip install seaborn\nimport seaborn\n```\n")[0] == [
        "%pip install seaborn\nimport seaborn"
    ]
    assert written("```python\npip install seaborn\n```\n")[0] == []

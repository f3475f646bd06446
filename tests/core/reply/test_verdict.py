"""Which blocks may become cells: code that is all there, in the notebook's language, and nothing else."""

from __future__ import annotations

import pytest

from jupyter_devstral.core.reply.left_out_code import placeholder_in
from jupyter_devstral.core.reply.parser import Code, ReplyParser


def verdict(source: str, tag: str = "python", *, lead: str = "", language: str = "python") -> str:
    parser = ReplyParser(language)
    events = [*parser.feed(f"{lead}\n\n```{tag}\n{source}\n```\n"), *parser.close()]
    (code,) = (event for event in events if isinstance(event, Code))
    return code.verdict


PLACEHOLDERS = [
    "import a\n# ... rest of the code",
    "import a\n\n# ... rest of the code ...\n",
    "x = 1\n# rest of the code remains the same\ny = 2",
    "def f(x):\n    # your code here\n    pass",
    "def f(x):\n    # Your code goes here",
    "# existing code\nx = 1",
    "# ... existing code ...\nx = 1\n# ... existing code ...",
    "x = 1\n# (same as before)",
    "class A:\n    # ... (unchanged)\n    def f(self):\n        return 1",
    "def f():\n    ...",
    "def f():\n    '''Docstring.'''\n    ...",
    "import a\n...\nprint(a)",
    "for i in x:\n    ...",
    "# …\nx = 1",
    "#...\nx = 1",
    "x = 1\n# ... (rest of the implementation remains the same)",
    "df = ...  # load your data\ndf.head()",
    "model.fit(...)",
    "v = np.array([v1, v2, ..., vn])",
    "def f():\n    # implementation omitted for brevity\n    pass",
    "def f():\n    # TODO\n    return ...",
    "class Model:\n    # other methods...\n\n    def f(self):\n        return 1",
    "class Model:\n    ...",
    "while True:\n    # Update game logic here\n    #...\n    # Render game window here\n    draw()",
    "# Remaining code unchanged",
    "x = 1\n# [...]\nprint(x)",
    "x = 1\n# [previous imports]\nprint(x)",
    "x = 1\n# the rest stays as is\nprint(x)",
    "x = 1\n# keep the rest\nprint(x)",
    "x = 1\n# everything else stays the same\nprint(x)",
    "x = 1\n# remaining code unchanged\nprint(x)",
    "x = 1\n# continue with the original code\nprint(x)",
    "x = 1\n# no changes below\nprint(x)",
    "x = 1\n# --- unchanged ---\nprint(x)",
    "x = 1\n# snip\nprint(x)",
    "def f():\n    # ... previous steps ...\n    return 1",
]
COMPLETE = [
    "y = x[..., 0]",
    "y = x[0, ..., None]",
    "from typing import Callable\nf: Callable[..., int]",
    "t: tuple[int, ...] = (1, 2)",
    "from typing import Protocol\nclass P(Protocol):\n    def f(self) -> int: ...",
    "class A(ABC):\n    @abstractmethod\n    def f(self):\n        ...",
    "@overload\ndef f(x: int) -> int: ...\ndef f(x):\n    return x",
    "class NoPrice(Exception): ...",
    "try:\n    f()\nexcept KeyError:\n    ...",
    "# wait for it...\nx = 1",
    "# loop over 1, 2, ..., n\nfor i in range(n):\n    print(i)",
    "# first this\n# ...and then that\nx = 1",
    "print('Loading...')\nprint('...')",
    "x = einsum('...ij->...ji', a)",
    "name: str = Field(..., description='x')",
    "# Add more pairs here...\npairs = {1: 2}",
    "x = 1  # ...and one more",
    "# Output:\n# 0\n# 1\n# ...\n# 9\nfor i in range(10):\n    print(i)",
    '"""\nOutput:\n...\n"""\nx = 1',
    "# Other imports\nimport os",
    "# keep the rest of the rows for testing\ntest = df.iloc[5:]",
    "# unchanged\nx = 1",
    "# the rest of the data goes to training\ntrain = data[n:]",
    "# The same code as in the lecture, vectorised\nx = f(y)",
    "idx = (slice(None), ..., 0)\ny = x[idx]",
    "MISSING = ...\nx = d.get('a', ...)",
    "# Define your function here (can be complex)\ndef f(x):\n    return x ** 2",
    "# Same as above, with a loop\nfor i in x:\n    print(i)",
    "# Original code\nx = 1\n# Improved code\nx = 2",
    "raise NotImplementedError('your code is wrong')",
    "# remaining rows\nrest = df.iloc[5:]",
    "x = 'a # ... rest of the code'",
    "# shape unchanged\ny = x.T.T",
    "# Your name here\nname = 'Ann'",
]


@pytest.mark.parametrize("source", PLACEHOLDERS)
def test_code_left_out_is_found(source: str) -> None:
    assert placeholder_in(source)
    assert verdict(source) == "lazy"


@pytest.mark.parametrize("source", COMPLETE)
def test_complete_code_with_dots_is_offered(source: str) -> None:
    assert placeholder_in(source) == ""
    assert verdict(source) == "cell"


def test_code_left_out_in_other_languages() -> None:
    assert verdict("x <- 1\n# ... rest of the code", "r", language="r") == "lazy"
    assert verdict("x <- 1\n...", "r", language="r") == "lazy"
    assert verdict("x <- function(...) sum(...)", "r", language="r") == "cell"


@pytest.mark.parametrize(
    ("source", "tag", "expected"),
    [
        ("pip install pandas", "python", "shell"),
        ("$ ls", "python", "shell"),
        ("$ pip install x\nCollecting x", "python", "shell"),
        ("# first\npip install a\nconda install b", "python", "shell"),
        ("cd project\npython main.py", "python", "shell"),
        ("pip install pandas", "bash", "shell"),
        ("ls", "sh", "shell"),
        ("ls", "console", "shell"),
        ("print(1)", "bash", "shell"),
        ("x = 1", "text", "output"),
        ("x = 1", "plaintext", "output"),
        ("x = 1", "output", "output"),
        ("x = 1", "json", "other language: json"),
        ("x = 1", "r", "other language: r"),
        ("x = 1", "R", "other language: r"),
        ("x = 1", "javascript", "other language: javascript"),
        ("x = 1", "sql", "other language: sql"),
        ("# Title", "markdown", "other language: markdown"),
        ("-x = 1\n+x = 2", "diff", "diff"),
        ("@@ -1 +1 @@\n-x = 1\n+x = 2", "python", "diff"),
        ("- x\n+ y", "python", "diff"),
        ("x = 1", "pycon", "output"),
        ("", "python", "empty"),
        ("  \n\n", "python", "empty"),
        ("def f(:\n    pass", "python", "does not parse: line 1: invalid syntax"),
        ("x = 1\ny = (\n", "python", "does not parse: line 2: '(' was never closed"),
    ],
)
def test_what_is_never_a_cell(source: str, tag: str, expected: str) -> None:
    assert verdict(source, tag) == expected


@pytest.mark.parametrize(
    "source",
    [
        "   price  year\n0      1  2020\n1      2  2021",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "42",
        "3.14",
        "True",
        "Hello",
        "Hello, world!",
        "Name: Ann",
        "Title (subtitle)",
        "pip install x",
        "npm install",
        '{"a": 1, "b": [1, 2]}',
        "[1, 2, 3]",
        "('a', 1)",
        "Traceback (most recent call last):\n  File 'x.py', line 1\nValueError: x",
        "ValueError: could not convert string to float",
        "project/\n├── a.py\n└── b.py",
        "data\nsrc",
        "a b c\n1 2 3",
        "DEBUG=on\nHOST=localhost",
        "console.log('x');",
        "library(dplyr)\nprint(x)",
        "x <- 3\nprint(x)",
        'System.out.println("x");',
        "SELECT * FROM t",
        "- one\n- two",
        "E = m c^2",
        "y = x^2 + 1",
        "http://example.com/x",
        "<div>x</div>",
        "shape: (3, 4)",
        "0    1\n1    2\ndtype: int64",
        "import java.util.List;\nclass A {}",
        "a: 1\nb: 2",
        "# only a comment",
    ],
)
def test_untagged_output_and_other_languages_are_not_offered(source: str) -> None:
    assert verdict(source, "") in ("output", "shell")


@pytest.mark.parametrize(
    "source",
    [
        "x = 1",
        "df = df.dropna(subset=['price'])",
        "print(df.head())",
        "import pandas as pd",
        "from x import y",
        "def f():\n    return 1",
        "class A:\n    pass",
        "for i in x:\n    print(i)",
        "x += 1",
        "with open('x') as f:\n    text = f.read()",
        "assert f(1) == 2",
        "!pip install pandas",
        "%matplotlib inline\nimport matplotlib.pyplot as plt",
        "%%time\nf()",
        "df['a'] = df['b'].str.strip()\ndf",
        "plt.plot(x, y)\nplt.show()",
        "a, b = 1, 2",
        "await f()",
        ">>> x = 1\n>>> x\n1",
        "@decorator\ndef f():\n    pass",
        "x: int = 3",
        "# a comment\nx = 1",
    ],
)
def test_untagged_python_is_offered(source: str) -> None:
    assert verdict(source, "") == "cell"
    assert verdict(source, "", lead="Here is code that prints the result:") == "cell"


def test_a_printed_assignment_after_the_word_output_is_output() -> None:
    for lead in ("Output:", "**Output**:", "The output will be:", "This prints:", "Running it would print:"):
        assert verdict("x = 3", "", lead=lead) == "output"
        assert verdict("x = 3", "python", lead=lead) == "cell"
        assert verdict("import os\nx = 3", "", lead=lead) == "cell"


def test_notebooks_in_other_languages() -> None:
    assert verdict("x <- c(1, 2)\nprint(x)", "r", language="r") == "cell"
    assert verdict("x <- c(1, 2)\nprint(x)", "R", language="r") == "cell"
    assert verdict("x = 1", "python", language="r") == "other language: python"
    assert verdict("x <- c(1, 2)\nprint(x)", "", language="r") == "cell"
    assert verdict("[1] 1 2", "", language="r") == "output"
    assert verdict("install.packages('x')", "r", language="r") == "cell"
    assert verdict("using Plots\nplot(x)", "julia", language="julia") == "cell"
    assert verdict("pip install x", "", language="julia") == "shell"
    assert verdict("ls -la", "bash", language="bash") == "cell"
    assert verdict("int x = 1;", "cpp", language="c++17") == "cell"
    assert verdict("  weird  indent", "r", language="r") == "cell"


@pytest.mark.parametrize(
    "lead", ["Output:", "You should see:", "which yields", "This results in the following"]
)
@pytest.mark.parametrize("shown", ["42", "[1, 2]", "array([1, 2])", "count: 3\nmean: 2.5", "TooMany: n == 3"])
def test_values_that_are_announced_are_no_cell(lead: str, shown: str) -> None:
    assert verdict(shown, lead=lead) == "output"

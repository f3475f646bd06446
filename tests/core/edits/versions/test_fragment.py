"""A block that is only a part of a cell is put into it where its place is certain, or refused in words."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from jupyter_devstral.core.edits.edit import Edit
from jupyter_devstral.core.edits.proposal import propose_edits
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.reply.parser import ReplyParser
from jupyter_devstral.core.request.tasks import Task


def proposed(
    cells: Sequence[str], reply: str, *, at: int = 0, task: Task = Task.FIX, language: str = "python"
) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    notebook = Notebook(tuple(Cell(f"c{n}", n, "code", source) for n, source in enumerate(cells)), language)
    parser = ReplyParser(language)
    events = [*parser.feed(reply), *parser.close()]
    target = None if task is Task.CHAT else notebook.cells[at]
    return propose_edits(task, events, anchor=f"c{at}", target=target, language=language, notebook=notebook)


def fenced(*sources: str) -> str:
    return "\n".join(f"Then:\n\n```python\n{source}\n```\n" for source in sources)


def after(cells: Sequence[str], reply: str, *, at: int = 0, task: Task = Task.FIX) -> list[str]:
    """The sources of the cells once the proposal was accepted."""
    edits, _ = proposed(cells, reply, at=at, task=task)
    new = {edit.cell_id: edit.source for edit in edits}
    return [new.get(f"c{n}", source) for n, source in enumerate(cells)]


CELL = """\
@cache
def area(w, h):
    return w * h

async def fetch(url):
    return await get(url)

class Price:
    \"\"\"A price.\"\"\"
    rate = 0.1
    def tax(self, net):
        return net * self.rat

print(area(2, 3))"""
STEPS = "a = load()\nb = clean(a)\nplot(b)\nsave(b)"
LOOP = (
    "rows = []\nwith open(path) as file:\n    for line in file:\n        rows.append(line)\nprint(len(rows))"
)
MAIN = "def run():\n    return 1\n\nif __name__ == '__main__':\n    run(3)\n    done()"
KEYS = "def outer(people):\n    def key(one):\n        return one.nam\n    return sorted(people, key=key)"


@pytest.mark.parametrize(
    ("cell", "fragment", "old", "new"),
    [
        # A definition keeps its decorators and its place.
        (CELL, "def area(w, h):\n    return abs(w * h)", "return w * h", "return abs(w * h)"),
        (CELL, "async def fetch(url):\n    return await get(url, 3)", "get(url)", "get(url, 3)"),
        (CELL, "def tax(self, net):\n    return net * self.rate", "self.rat\n", "self.rate\n"),
        (CELL, "class Price:\n    def tax(self, net):\n        return net * self.rate", ".rat\n", ".rate\n"),
        (CELL, "class Price:\n    rat = 0.1", "    rate = 0.1", "    rat = 0.1\n    rate = 0.1"),
        (
            CELL,
            "def gross(self, net):\n    return net + self.tax(net)",
            "self.rat\n",
            "self.rat\n\n    def gross(self, net):\n        return net + self.tax(net)\n",
        ),
        (KEYS, "def key(one):\n    return one.name", "one.nam\n", "one.name\n"),
        # One changed line, at any depth.
        (STEPS, "b = clean(a.dropna())", "clean(a)", "clean(a.dropna())"),
        (STEPS, "# no blanks\nb = clean(a.dropna())", "b = clean(a)", "# no blanks\nb = clean(a.dropna())"),
        (LOOP, "        rows.append(line.strip())", "append(line)", "append(line.strip())"),
        (LOOP, "with open(path, encoding='utf-8') as file:\n    for line in file:\n        rows.append(line)",
         "open(path)", "open(path, encoding='utf-8')"),
        (MAIN, "if __name__ == '__main__':\n    run()\n    done()", "run(3)", "run()"),
        (LOOP, "for line in file:\n    rows.append(line.strip())", "append(line)", "append(line.strip())"),
        (STEPS, "try:\n    b = clean(a)\nexcept ValueError:\n    b = a", "b = clean(a)",
         "try:\n    b = clean(a)\nexcept ValueError:\n    b = a"),
        (STEPS, "if a:\n    b = clean(a)\nelse:\n    b = []", "b = clean(a)",
         "if a:\n    b = clean(a)\nelse:\n    b = []"),
        # Several, and a quotation of the rest.
        (STEPS, "a = load()\nb = clean(a.dropna())", "clean(a)", "clean(a.dropna())"),
        (STEPS, "plot(b)\nsave(b, mode=1)", "save(b)", "save(b, mode=1)"),
        # Imports, and what the cell reads and nobody makes.
        ("x = np.ones(3)\nprint(x)", "import numpy as np", "x = np", "import numpy as np\nx = np"),
        ("%%time\nx = np.ones(3)\nprint(x)", "import numpy as np", "x = np", "import numpy as np\nx = np"),
        ("%matplotlib inline\n# plots\nplt.plot(x)\nplt.show()", "import matplotlib.pyplot as plt",
         "# plots\n", "# plots\nimport matplotlib.pyplot as plt\n"),
        ("import os\nx = np.ones(3)\nprint(x)", "import numpy as np", "import os\n",
         "import os\nimport numpy as np\n"),
        ("from old import split\na, b = split(x)\nprint(a)", "from new import split", "old", "new"),
        ("total = orders.sum()\nprint(total)", "orders = bought", "total =", "orders = bought\ntotal ="),
    ],
)  # fmt: skip
def test_a_fragment_is_put_in_its_place(cell: str, fragment: str, old: str, new: str) -> None:
    edits, notes = proposed([cell], fenced(fragment))
    assert [edit.source for edit in edits] == [cell.replace(old, new, 1)]
    assert not edits[0].loss
    assert any("only a part of cell #1" in note for note in notes) or not notes


@pytest.mark.parametrize(
    "fragment",
    [
        # An example of use, a quotation, a line that could stand anywhere, and nothing at all.
        "price = Price()\nprint(price.tax(3))",
        "print(area(2, 3))",
        "display(fetch)",
        "# nothing to change",
        "pass",
        "%pip install prices",
        "%run setup.py",
        "'''Only a text.'''",
    ],
)
def test_what_has_no_place_changes_nothing_and_that_is_said(fragment: str) -> None:
    edits, notes = proposed([CELL], fenced(fragment))
    assert all(edit.source == CELL for edit in edits)
    assert notes


def test_a_magic_replaces_a_magic() -> None:
    assert after(["%pip install panda"], fenced("%pip install pandas")) == ["%pip install pandas"]


def test_a_loop_without_most_of_its_body_is_no_version_of_it() -> None:
    cell = (
        "total = 0\nfor p in prices:\n    a = p.x\n    b = p.y\n    log(a, b)\n    total += a\nprint(total)"
    )
    edits, notes = proposed([cell], fenced("for p in prices:\n    total += float(p)"))
    assert edits == ()
    assert "no longer makes `a`, `b`" in notes[0]


@pytest.mark.parametrize("total", ["total += 10 / row", "shares.append(10 / row)", "print(10 / row)"])
def test_a_loop_that_shows_what_to_put_before_its_body_does_not_replace_it(total: str) -> None:
    cell = f"total = 0\nfor row in rows:\n    {total}\nprint(total)"
    edits, notes = proposed([cell], fenced("for row in rows:\n    if row == 0:\n        continue"))
    assert edits == ()
    assert "removes" in notes[0]
    whole = cell.replace(total, f"if row:\n        {total}")
    [edit], _ = proposed([cell], fenced(whole))
    assert (edit.source, str(edit.loss)) == (whole, "")


def test_two_blocks_that_together_are_the_cell_are_both_used() -> None:
    reply = fenced("a = load()\nb = clean(a)", "plot(b)\nsave(b, mode=1)")
    assert after([STEPS], reply, task=Task.EDIT) == [STEPS.replace("save(b)", "save(b, mode=1)")]
    both = fenced("a = load(1)\nb = clean(a)", "plot(b)\nsave(b, mode=1)")
    changed = STEPS.replace("save(b)", "save(b, mode=1)").replace("load()", "load(1)")
    assert after([STEPS], both) == [changed]


def test_an_import_in_a_block_of_its_own_goes_with_the_cell() -> None:
    reply = fenced("import numpy as np", "x = np.ones(4)\nprint(x)")
    assert after(["x = np.ones(3)\nprint(x)"], reply) == ["import numpy as np\nx = np.ones(4)\nprint(x)"]


def test_a_rewrite_names_what_is_no_longer_there() -> None:
    (edit,), _ = proposed(
        ["prices = [float(p) for p in rows]\nmean = sum(prices) / len(prices)"],
        fenced("from statistics import fmean\nmean = fmean(float(p) for p in rows)"),
    )
    assert str(edit.loss) == "no longer makes `prices`; removes 1 of 2 statements"
    (edit,), _ = proposed(
        ["a = 1\nprint(a)\nb = 2\nprint(b)"], fenced("a = 1\nb = 2\nprint(b)"), task=Task.EDIT
    )
    assert str(edit.loss) == "removes 1 of 4 statements"


def test_a_rewrite_is_refused_only_where_another_cell_reads_what_is_lost() -> None:
    cell = "prices = [float(p) for p in rows]\nmean = sum(prices) / len(prices)"
    reply = fenced("from statistics import fmean\nmean = fmean(float(p) for p in rows)")
    edits, notes = proposed([cell, "print(prices)"], reply)
    assert edits == ()
    assert "Cell #2 reads `prices`" in notes[0]
    assert proposed([cell, "prices = []\nprint(prices)"], reply)[0]
    both = (
        "[cell 0]\n```python\ncosts = [1]\nmean = sum(costs)\n```\n\n[cell 1]\n```python\nprint(costs)\n```\n"
    )
    assert after([cell, "print(prices)"], both) == ["costs = [1]\nmean = sum(costs)", "print(costs)"]


@pytest.mark.parametrize(
    ("reply", "source"),
    [
        ('def f(x):\n    """F."""\n    return x', 'def f(x):\n    """F."""\n    y = x\n    return y\n\nf(1)'),
        ('def f(x):\n    """F."""\n    # the same\n    y = x\n    return y\n\nf(1)', None),
        ("def f(x):\n    return abs(x)", "def f(x):\n    y = x\n    return y\n\nf(1)"),
        ('"""About f."""', "def f(x):\n    y = x\n    return y\n\nf(1)"),
    ],
)
def test_doc_changes_docstrings_alone(reply: str, source: str | None) -> None:
    cell = "def f(x):\n    y = x\n    return y\n\nf(1)"
    assert after([cell], fenced(reply), task=Task.DOC) == [source if source is not None else reply]


def test_docstrings_reach_methods_and_keep_decorators() -> None:
    rest = "\n\n    async def n(self):\n        return 2"
    cell = f"class A:\n    @property\n    def m(self):\n        return 1{rest}"
    given = 'class A:\n    """A."""\n    def m(self):\n        """M."""\n        return 9'
    assert after([cell], fenced(given), task=Task.DOC) == [
        f'class A:\n    """A."""\n    @property\n    def m(self):\n        """M."""\n        return 1{rest}'
    ]


def test_a_cell_that_is_not_parsed_is_not_cut_down() -> None:
    cell = "x <- 1\ny <- 2\nz <- 3\nplot(x)"
    edits, notes = proposed([cell], "```r\nlibrary(dplyr)\n```\n", language="r")
    assert edits == ()
    assert "3 of 4 lines" in notes[0]
    (edit,), _ = proposed([cell], "```r\nx <- 1\ny <- 3\nplot(x)\n```\n", language="r")
    assert str(edit.loss) == "removes 1 of 4 lines"
    broken = "for i in range(3)\n    print(i)\nx = 1\nprint(x)"
    assert after([broken], fenced("x = 2")) == [broken]


def test_a_block_that_was_never_closed_takes_no_end_away() -> None:
    cell = "def f(x):\n    y = x\n    return y\n\ndef g(x):\n    return x\n\nresult = g(f(1))"
    edits, notes = proposed(
        [cell], "Fixed:\n```python\ndef f(x):\n    y = abs(x)\n    return y\n\ndef g(x):\n    ret"
    )
    assert all("result" in edit.source for edit in edits)
    edits, notes = proposed([cell], "Fixed:\n```python\ndef f(x):\n    y = abs(x)\n")
    assert edits == ()
    assert any("never closed" in note for note in notes)


def test_what_an_import_needs_is_put_above_the_cell_with_it_in_its_order() -> None:
    cell = "grid = np.arange(3)\ntotal = grid + 1\nprint(grid)"
    needed = "import sys\nsys.path.append('..')\nimport numpy as np"
    assert after([cell], fenced(needed)) == [f"{needed}\n{cell}"]


@pytest.mark.parametrize("code", ["raise NotImplementedError", "del table", "help(table)", "assert table"])
def test_a_fix_that_makes_nothing_does_not_replace_a_cell_that_does(code: str) -> None:
    cell = "table = load('a.csv')\ntotal = table.sum()\nprint(total)"
    edits, notes = proposed([cell], fenced(code))
    assert edits == ()
    assert any("not used" in note for note in notes)


@pytest.mark.parametrize("line", ["%%time", "!ls", "files = !ls", "%matplotlib inline"])
def test_doc_keeps_the_lines_for_ipython(line: str) -> None:
    body = "def f():\n    return 1"
    documented = "def f():\n    '''Return one.'''\n    return 1"
    for other in ("", "%autoreload 2\n", "files = !rm x\n"):
        assert after([f"{line}\n{body}"], fenced(other + documented), task=Task.DOC) == [
            f"{line}\n{documented}"
        ]


def test_getter_and_setter_keep_their_own_docstrings() -> None:
    getter = (
        "class A:\n    @property\n    def x(self):\n{}        return 1\n"
        "    @x.setter\n    def x(self, v):\n{}        self.v = v"
    )
    cell, documented = getter.format("", ""), getter.format("        'Get.'\n", "        'Set.'\n")
    assert after([cell], fenced(f"{documented} + 1"), task=Task.DOC) == [documented]

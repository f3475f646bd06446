"""Failures that are hostile, huge or odd: the cell behaves as it would without us, and is explained all the same."""

import json
import os

import pytest
from nbconvert.filters.markdown import markdown2html

from jupyter_devstral.core.wire import MIME
from tests.support.jupyter.shells import explainer_of

FIX = "The total is zero.\n\n```python\n1 / 1\n```\n"


@pytest.fixture
def explained(ip, session, connected, capsys):
    """Run a cell whose explanation comes at once; the card it left."""
    explainer_of(session).place = "here"
    session.config.trial_seconds = 0
    connected.replies = [FIX]

    def explained(source, cell_id="c"):
        ip.run_cell(source, store_history=True, cell_id=cell_id)
        out = "".join(capsys.readouterr())
        assert "Error in callback" not in out, out
        cards = [data[MIME]["card"] for data in ip.display_pub.shown if MIME in data]
        assert cards, out
        assert cards[-1]["state"] == "done", cards[-1]
        return cards[-1]

    return explained


def sent(server):
    return server.chats[-1].body["messages"][-1]["content"]


HOSTILE = {
    "str raises": "class E(Exception):\n    def __str__(self): raise ValueError\nraise E",
    "str and repr raise": "class E(Exception):\n    def __str__(self): 1 / 0\n    __repr__ = __str__\nraise E('x')",
    "str is no text": "class E(Exception):\n    def __str__(self): return 5\nraise E",
    "str exits": "class E(Exception):\n    def __str__(self): raise SystemExit\nraise E",
    "str interrupts": "class E(Exception):\n    def __str__(self): raise KeyboardInterrupt\nraise E",
    "text with its own methods": (
        "class S(str):\n    def __getitem__(self, i): 1 / 0\n    def split(self, *a): 1 / 0\n"
        "class E(Exception):\n    def __str__(self): return S('x')\nraise E"
    ),
    "name raises": "class E(NameError):\n    name = property(lambda self: 1 / 0)\nraise E('x')",
    "name and obj raise": (
        "class E(AttributeError):\n    name = obj = property(lambda self: 1 / 0)\nraise E('x')"
    ),
    "a strange name": "raise NameError('x', name=5)",
    "a hostile obj": (
        "class O:\n    def __getattribute__(self, name): 1 / 0\nraise AttributeError('x', name='y', obj=O())"
    ),
    "import name raises": "class E(ModuleNotFoundError):\n    name = property(lambda self: 1 / 0)\nraise E('x')",
    "import message raises": "class E(ImportError):\n    msg = property(lambda self: 1 / 0)\nraise E('x')",
    "file name raises": "class E(FileNotFoundError):\n    filename = property(lambda self: 1 / 0)\nraise E(2, 'x')",
    "a file name with a zero": "raise FileNotFoundError(2, 'x', 'a\\0b')",
    "a file name that is huge": "raise FileNotFoundError(2, 'x', 'a/' * 1000000)",
    "exceptions raises": "class E(Exception):\n    exceptions = property(lambda self: 1 / 0)\nraise E('x')",
    "args raises": "class E(KeyError):\n    args = property(lambda self: 1 / 0)\nraise E('x')",
    "notes raise": "class E(Exception):\n    __notes__ = property(lambda self: 1 / 0)\nraise E('x')",
    "notes are no list": "e = ValueError('x')\ne.__notes__ = 5\nraise e",
    "class lies": "class E(Exception):\n    __class__ = property(lambda self: SyntaxError)\nraise E('x')",
    "class is a name error": "class E(Exception):\n    __class__ = property(lambda self: NameError)\nraise E('x')",
    "traceback raises": "class E(Exception):\n    __traceback__ = property(lambda self: 1 / 0)\nraise E('x')",
    "cause raises": (
        "class E(Exception):\n    __cause__ = __context__ = property(lambda self: 1 / 0)\nraise E('x')"
    ),
    "eq and bool raise": (
        "class E(Exception):\n    def __eq__(self, other): 1 / 0\n    def __bool__(self): 1 / 0\n"
        "    __hash__ = None\nraise E('x')"
    ),
    "it is false": "class E(Exception):\n    def __bool__(self): return False\nraise E('x')",
    "a name that is markup": "raise type('<img src=x onerror=alert(1)>', (Exception,), {})('`x`')",
    "a name without end": "raise type('A' * 1000000, (Exception,), {})('x')",
    "a metaclass that lies": (
        "class M(type):\n    __name__ = property(lambda cls: 1 / 0)\n"
        "    def __instancecheck__(cls, x): 1 / 0\n"
        "    def __subclasscheck__(cls, x): 1 / 0\nclass E(Exception, metaclass=M): pass\nraise E('x')"
    ),
    "syntax error of the user's": (
        "e = SyntaxError('bad')\ne.text, e.filename, e.lineno, e.offset = 5, ['x'], '7', 'y'\nraise e"
    ),
    "syntax error with a message that raises": (
        "class S:\n    def __str__(self): 1 / 0\ne = SyntaxError('bad')\ne.msg = S()\nraise e"
    ),
    "lone surrogates": "raise ValueError('\\ud800 \\udfff x')",
    "steering characters": "raise ValueError('\\x1b[2J\\x00\\r\\x07 x')",
    "a message of 20 MB": "raise ValueError('word ' * 4000000)",
    "a message of 20 MB without a blank": "raise ValueError('x' * 20000000)",
    "a key of 20 MB": "{}['x' * 20000000]",
    "recursion": "def f(n): return f(n + 1)\nf(0)",
    "memory": "raise MemoryError",
    "too large": "[0] * 10**15",
    "a context that is a circle": (
        "a, b = ValueError('a'), ValueError('b')\na.__context__, b.__context__ = b, a\nraise a from b"
    ),
    "a group of groups": (
        "g = ValueError('x')\nfor _ in range(50): g = ExceptionGroup('g', [g, KeyError('k')])\nraise g"
    ),
    "a base exception": "class B(BaseException): pass\nraise B('x')",
    "a class body with a namespace of its own": (
        "class N:\n    def __init__(self): self.d = {'__name__': 'x'}\n"
        "    def __getitem__(self, k): return self.d[k]\n    def __setitem__(self, k, v): self.d[k] = v\n"
        "class M(type):\n    @classmethod\n    def __prepare__(m, n, b): return N()\n"
        "class C(metaclass=M):\n    1 / 0"
    ),
    "globals that lie": "exec('1 / 0', {'__name__': 5})",
    "locals that lie": (
        "class D(dict):\n    def get(self, *a): raise RuntimeError\nexec('1 / 0', D(__name__=[]), D())"
    ),
    "values that lie": (
        "class V:\n    def __getattribute__(self, n): 1 / 0\n    def __repr__(self): 1 / 0\n"
        "    def __eq__(self, o): 1 / 0\n    def __hash__(self): 1 / 0\nv = V()\nw = {}\nw['x'] + v"
    ),
    "values that exit": (
        "class V:\n    def __len__(self): raise SystemExit\n    def __iter__(self): raise KeyboardInterrupt\n"
        "v = V()\nv + 1"
    ),
}


# IPython itself cannot show or keep these: it ends the cell with another error, or with none.
NOT_SHOWN = {"str exits", "str interrupts", "notes raise", "cause raises"}


@pytest.mark.parametrize("case", sorted(NOT_SHOWN))
def test_what_ipython_cannot_show_changes_nothing(explained, connected, ip, case, capsys):
    ip.run_cell(HOSTILE[case], store_history=True, cell_id="hostile")
    assert "Error in callback" not in "".join(capsys.readouterr())
    count = len(connected.chats)
    explained("1 / 0")
    assert len(connected.chats) == count + 1


@pytest.mark.parametrize("case", sorted(set(HOSTILE) - NOT_SHOWN))
def test_a_hostile_failure_is_explained(explained, connected, case, session):
    explained(HOSTILE[case])
    assert len(connected.chats) == 1
    assert explainer_of(session)._failed is not None
    assert len(json.dumps(connected.chats[-1].body)) < 60_000


def test_the_bundle_of_a_huge_failure_is_small(explained, ip):
    for case in ("a message of 20 MB", "a name without end", "a key of 20 MB"):
        explained(HOSTILE[case], cell_id=case)
        assert len(json.dumps(ip.display_pub.shown[-1])) < 40_000


def rendered(markdown):
    """HTML, as a front-end makes it that trusts the Markdown."""
    return markdown2html(markdown)


def test_a_name_that_is_markup_is_shown_as_text(explained, ip, session):
    explained(HOSTILE["a name that is markup"])
    session.config.auto_explain = "button"
    ip.run_cell("raise type('<img src=y>', (Exception,), {})('x')", store_history=True, cell_id="d")
    pages = [rendered(data["text/markdown"]) for data in ip.display_pub.shown]
    assert any("img src=y" in page for page in pages)
    assert not [page for page in pages if "<img" in page]


def test_a_file_in_another_encoding(explained, connected, tmp_path):
    path = tmp_path / "umlaut.py"
    path.write_bytes("# -*- coding: latin-1 -*-\ngröße = 1\ngröße / 0\n".encode("latin-1"))
    explained(f"%run {path}")
    assert "größe / 0" in sent(connected)
    broken = tmp_path / "broken.py"
    broken.write_bytes("größe = 1\ngröße / 0\n".encode("latin-1"))
    explained(f"%run {broken}", "d")
    assert "SyntaxError" in sent(connected)


def test_a_file_that_is_gone(explained, connected, tmp_path):
    path = tmp_path / "gone.py"
    path.write_text("import os\nos.remove(__file__)\n1 / 0\n")
    explained(f"%run {path}")
    assert "ZeroDivisionError" in sent(connected)


SECRET = "ghp_9QmR4tVxKp2LwZ7yNbC5dF8gHj3sAe6uTi0O"
WORD = "correcthorsebattery"


@pytest.mark.parametrize(
    "source",
    [
        f"def f():\n    token = '{SECRET}'\n    return {{}}[token]\nf()",
        f"def f(password='{WORD}'):\n    return {{}}[password]\nf()",
        f"config = {{'password': '{WORD}'}}\nconfig['password'] + 1",
        f"config = {{'password': '{WORD}'}}\nconfig['passwort']",
        f"tokens = {{'{SECRET}': 1}}\ntokens['nothing']",
        f"open('/nowhere/{SECRET}/data.csv')",
        f"import pandas as pd\npd.read_csv('https://user:{WORD}@127.0.0.1:9/data.csv')",
        f"raise RuntimeError('connection to postgres://admin:{WORD}@db/x failed')",
        f"raise RuntimeError('password={WORD}')",
        f"class C:\n    pass\nc = C()\nc.password = '{WORD}'\nint(c.password)",
        f"def f():\n    api_key = '{WORD}'\n    headers = {{'Authorization': 'Bearer ' + api_key}}\n"
        "    return headers['Authorisation'] + api_key\nf()",
        f"import os\nos.environ['DB_PASSWORD'] = '{WORD}'\nint(os.environ['DB_PASSWORD'])",
        f"def login(user, password): raise PermissionError(f'{{user}} {{password}}')\nlogin('me', '{WORD}')",
        f"secret = '{WORD}'\ntry:\n    int(secret)\n"
        "except ValueError as e:\n    raise RuntimeError('x') from e",
    ],
)
def test_secrets_stay_here(explained, connected, ip, source):
    explained(source)
    bodies = json.dumps([record.body for record in connected.chats])
    # What the cell itself says in plain sight belongs to the request under its name only.
    assert SECRET not in bodies
    assert WORD not in bodies
    turns = json.dumps([data[MIME].get("turn") for data in ip.display_pub.shown if MIME in data])
    assert SECRET not in turns
    assert WORD not in turns
    os.environ.pop("DB_PASSWORD", None)

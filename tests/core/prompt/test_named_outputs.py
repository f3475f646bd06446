"""What an output shows is hidden where the cell above it says that it is a secret, and nothing else is."""

from __future__ import annotations

import pytest

from jupyter_devstral.core.notebook.cells import Cell, Notebook, Output
from jupyter_devstral.core.prompt.prompt import build_prompt
from jupyter_devstral.core.redaction.redactor import Redactor
from jupyter_devstral.core.request.tasks import Request, Task

_KEY = "Zq7vK2mN9xWt4LpR8bYc"


def _sent(source: str, output: str) -> str:
    shown = Cell("b", 1, "code", source, outputs=(Output("result", output, "text/plain"),))
    request = Request(Task.CHAT, "why?", Notebook((Cell("a", 0, "code", "x = 1"), shown)))
    prompt = build_prompt(request, redactor=Redactor(), values=True)
    return "\n".join(message.content for message in prompt.messages[1:])


@pytest.mark.parametrize(
    ("source", "output", "secret"),
    [
        ("passwords", f"['{_KEY}', 'hunter2hunter2']", "hunter2hunter2"),
        ("[p for p in passwords]", f"['{_KEY}']", _KEY),
        ("for p in passwords:\n    print(p)", f"{_KEY}\n", _KEY),
        ("dict(os.environ)['MY_API_TOKEN']", f"'{_KEY}'", _KEY),
        ("os.environ.get('MY_API_TOKEN')", f"'{_KEY}'", _KEY),
        ("userdata.get('HF_TOKEN')", f"'{_KEY}'", _KEY),
        ("password", "90817264", "90817264"),
        ("password", "'lavender'", "lavender"),
        ("print(config['password'])", "hunter2!\n", "hunter2!"),
        ("print('it is', ns.token)", f"it is {_KEY}\n", _KEY),
        ("print(f'use {api_key}')", f"use {_KEY}", _KEY),
        ("df[['password']].values", f"array([['{_KEY}'],\n ['hunter2hunter2']], dtype=object)", _KEY),
        ("df.password.tolist()", f"['{_KEY}']", _KEY),
        ("df.loc[:, 'password'].head()", f"0   {_KEY}\n1   hunter22x\nName: x", "hunter22x"),
        ("c.secret", f"'{_KEY}'", _KEY),
        ("get_password()", "'lavender'", "lavender"),
        ("%%time\nprint(db_password)", "lavender22\n", "lavender22"),
    ],
)
def test_what_is_shown_under_the_name_of_a_secret_is_hidden(source: str, output: str, secret: str) -> None:
    assert secret not in _sent(source, output)


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("len(passwords)", "123456"),
        ("n_passwords", "123456"),
        ("df.password.nunique()", "123456"),
        ("df.password.isnull().sum()", "12345"),
        ("passwords.describe()", "count  100000\nfreq  2.5e+05\ndtype: float64"),
        ("print(len(password))", "12345"),
        ("tokens", "['word2vec', 'hello', 'gpt2tokenizer']"),
        ("tokens[:5]", "['Hello', 'wor', '##ld', '[CLS]']"),
        ("print(token)", "word2vec\n"),
        ("token_counts", "{'word2vec': 12345}"),
        ("user", f"'{_KEY}'"),
        ("password ok (", "'lavender22'"),
    ],
)
def test_counts_and_words_are_sent(source: str, output: str) -> None:
    assert output.strip() in _sent(source, output)

"""Secrets are found wherever they stand, replaced by stable placeholders, and come back."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_devstral.core.redaction.redactor import Redactor, Restorer, find_secrets
from jupyter_devstral.core.variables.namespace import describe_variable
from tests.core.redaction.secret_samples import HARMLESS, NAMED, PLAIN, Named, made_up
from tests.support.growth import cpu_growth

SURROUNDINGS = {
    "source": 'client = Client("{}")',
    "output": "Connected with {} to the server.\n",
    "variable": "settings: str = '{}'",
    "traceback": "Cell In[3], line 1\n----> 1 call(k)\n…\nHTTPError: 401 for {}, refused",
}


@pytest.mark.parametrize("place", SURROUNDINGS)
@pytest.mark.parametrize("secret", PLAIN, ids=lambda secret: secret[:12])
def test_tokens_are_known_by_their_form(secret: str, place: str) -> None:
    (redacted,) = Redactor().redact([SURROUNDINGS[place].replace("{}", secret)])
    assert redacted == SURROUNDINGS[place].replace("{}", "<SECRET_1>")


@pytest.mark.parametrize("sample", NAMED, ids=lambda sample: sample.source[:30])
def test_a_named_secret_is_hidden_in_every_place(sample: Named) -> None:
    texts = [
        sample.source,
        f"the server said: {sample.secret}\n",
        f"Cell In[1], line 1\n----> 1 {sample.source}\n…\nValueError: cannot use {sample.secret}",
    ]
    if "\n" not in sample.secret:
        texts.append(describe_variable("value", sample.secret).text)
    redactor = Redactor()
    redacted = redactor.redact(texts)
    assert not [text for text in redacted if sample.secret in text]
    assert [redactor.restore(text) for text in redacted][:3] == texts[:3]


# A file or shell cell shows in no traceback as what it is.
_PYTHON = [sample for sample in NAMED if not sample.source.startswith(("%%", "["))]


@pytest.mark.parametrize("sample", _PYTHON, ids=lambda sample: sample.source[:30])
def test_a_traceback_alone_gives_a_named_secret_away(sample: Named) -> None:
    lines = sample.source.split("\n")
    arrow = "\n".join(f"      {number} {line}" for number, line in enumerate(lines, 1))
    (redacted,) = Redactor().redact([f"Cell In[1], line 1\n{arrow}\n…\nValueError: no"])
    assert sample.secret not in redacted


@pytest.mark.parametrize(
    "output",
    [
        "{'user': 'bob', 'password': '@@'}",
        "Config(user='bob', api_key='@@', retries=3)",
        "Namespace(token='@@')",
        "password: @@\n",
        "PASSWORD=@@\nUSER=bob\n",
        '{\n  "access_token": "@@",\n  "expires_in": 3600\n}',
        "password    @@\nuser         bob\ndtype: object",
        "could not connect to postgresql://bob:@@@db/x",
    ],
)
def test_printed_settings(output: str) -> None:
    secret = "Kq7x9Tz2mP4w"
    (redacted,) = Redactor().redact([output.replace("@@", secret)])
    assert secret not in redacted


@pytest.mark.parametrize("name", ["password", "API_KEY", "db_pwd", "auth_token", "clientSecret"])
def test_a_variable_is_hidden_by_its_name(name: str) -> None:
    secret = "Kq7x9Tz2mP4w"
    (redacted,) = Redactor().redact([describe_variable(name, secret).text])
    assert redacted == f"{name}: str = '<SECRET_1>'"


@pytest.mark.parametrize("text", HARMLESS, ids=lambda text: text[:40])
def test_ordinary_text_stays(text: str) -> None:
    redactor = Redactor()
    assert redactor.redact([text]) == [text]
    assert redactor.count == 0


def test_real_notebooks_hold_no_secret(shared_data: Path) -> None:
    found = []
    for path in sorted((shared_data / "notebooks").rglob("*.ipynb")):
        try:
            cells = json.loads(path.read_text(encoding="utf-8")).get("cells", [])
        except (ValueError, AttributeError):
            continue
        for cell in cells if isinstance(cells, list) else []:
            source = cell.get("source", "") if isinstance(cell, dict) else ""
            found += [(path.name, secret) for secret in find_secrets("".join(source))]
    for path in sorted((shared_data / "crashes" / "cases").glob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        for text in [*case["cells"], case["crashing_cell"], case["traceback"], case["variables_raw"]]:
            found += [(path.name, secret) for secret in find_secrets(str(text))]
    assert found == []


# Placeholders


def test_placeholders_are_stable_and_numbered_by_appearance() -> None:
    redactor = Redactor()
    assert redactor.redact(['password = "hunter2"', "hunter2", 'api_key = "Abc123Def456"']) == [
        'password = "<SECRET_1>"',
        "<SECRET_1>",
        'api_key = "<SECRET_2>"',
    ]
    assert (redactor.count, redactor.total) == (2, 2)
    assert redactor.redact(["again Abc123Def456", f"new sk_live_{made_up(24)}"]) == [
        "again <SECRET_2>",
        "new <SECRET_3>",
    ]
    assert (redactor.count, redactor.total) == (2, 3)


def test_a_secret_is_replaced_before_the_text_that_gives_it_away() -> None:
    assert Redactor().redact(["hunter2", 'password = "hunter2"']) == ["<SECRET_1>", 'password = "<SECRET_1>"']


@pytest.mark.parametrize("secret", ['pa"ss\\wd1', "pä$$/wörd&1", "tab\tinside1"])
def test_escaped_and_quoted_forms_are_the_same_secret(secret: str) -> None:
    redactor = Redactor()
    forms = [repr(secret), json.dumps({"x": secret}), quote(secret, safe=""), secret]
    redacted = redactor.redact([f"password = {secret!r}", *forms])
    inner = repr(secret)[1:-1]
    assert not [
        text for text in redacted if secret in text or inner in text or quote(secret, safe="") in text
    ]
    assert redactor.count == 1


def test_the_password_of_a_url_is_also_hidden_alone() -> None:
    redacted = Redactor().redact(['"postgresql://bob:s3cr3t77@db/x"', "the password is s3cr3t77"])
    assert redacted == ['"postgresql://<SECRET_1>@db/x"', "the password is <SECRET_2>"]


def test_a_secret_with_half_a_pair_is_hidden() -> None:
    assert "hunter" not in Redactor().redact(["password = 'hunter2\ud83chunter'"])[0]


def test_a_secret_that_is_a_word_leaves_longer_words_alone() -> None:
    redactor = Redactor()
    assert redactor.redact(['password = "iris"', "load_iris() iris"]) == [
        'password = "<SECRET_1>"',
        "load_iris() <SECRET_1>",
    ]


def test_literal_placeholders_of_the_user_survive() -> None:
    redactor = Redactor()
    source = 'print("<SECRET_1>")\npassword = "hunter2"'
    (redacted,) = redactor.redact([source])
    assert redacted == 'print("<SECRET_1>")\npassword = "<SECRET_2>"'
    assert redactor.restore(redacted) == source


def test_unknown_placeholders_pass() -> None:
    redactor = Redactor()
    redactor.redact(['password = "hunter2"'])
    assert redactor.restore("<SECRET_9> <SECRET_x> <SECRET_1>") == "<SECRET_9> <SECRET_x> hunter2"


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["<SECRET_1>", "<SECRET_2>", "x", " = ", '"', "\n", "<", "code_", "<SECRET_7>"]))
)
def test_what_is_restored_is_redacted_to_the_same_bytes(parts: list[str]) -> None:
    redactor = Redactor()
    redactor.redact(['password = "swordfish"', 'api_key = "Abc123Def456"'])
    reply = "".join(parts)
    assert redactor.redact([redactor.restore(reply)]) == [reply]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_streaming_restores_the_same_at_every_split(data: st.DataObject) -> None:
    redactor = Redactor()
    redactor.redact(['password = "hunter2"', 'api_key = "Abc123Def456"'])
    pieces = ["<SECRET_1>", "<SECRET_2>", "<SECRET_", "<SEC", "<", "12", ">", "text", "<SECRET_33>", "<b>"]
    text = "".join(data.draw(st.lists(st.sampled_from(pieces), max_size=12)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=10)))
    restorer = Restorer(redactor)
    out, given_so_far = "", 0
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        out += restorer.feed(text[start:end])
        given_so_far = end
        held = len(redactor.restore(text[:given_so_far])) - len(out)
        assert held <= len("<SECRET_999999999>")
    out += restorer.close()
    assert out == redactor.restore(text)


# Speed

_HOSTILE = [
    "key" * 350_000,
    "password = " * 90_000,
    'password = "' + "a" * 1_000_000,
    "password='" * 100_000,
    "sk-" * 350_000,
    "eyJ-" * 250_000,
    "eyJaaaaaaaaaa." * 70_000,
    "://" * 350_000,
    "://a:" * 200_000,
    '-----BEGIN PRIVATE KEY-----"' * 35_000,
    "Authorization: " * 70_000,
    "Bearer " * 150_000,
    "AKIA" * 250_000,
    "mysql " * 170_000,
    "curl -u a:b " * 80_000,
    "login('" * 140_000,
    "api_key" + " " * 1_000_000,
    "api_key\n" * 120_000,
    "token: " * 140_000,
    "password = (" * 80_000,
    "passwords = [" + "'a', " * 200_000,
    " " * 1_000_000,
    "a, " * 330_000,
    "user, password = 'a', " * 45_000,
    "the password is " * 60_000,
    "cookie: a=b; " * 75_000,
    "<password>" * 100_000,
    "<input password " * 60_000,
    "login a password " * 55_000,
    "mysql://a:" * 95_000,
    "a:\n b: 1\n" * 100_000,
    "_" * 1_000_000,
    "a.b.c-d_" * 125_000,
    "\\" * 1_000_000,
    "M" * 1_000_000,
    "." * 1_000_000,
    '\\"password\\": ' * 70_000,
    "mot de passe de la " * 13_000,
    "cle " * 62_000,
    "password or '" * 20_000,
    "password = x if " * 15_000,
    "password = 'a' + " * 15_000,
    "password = f'" + "{a}" * 82_000 + "'",
    "getenv('password', " * 13_000,
    "password = {'a': " * 14_000,
    "password = ''.join([" * 12_000,
    "password, " * 25_000,
    "password,x\n" * 22_000,
    "| password | a " * 16_000,
    "password  a\n" * 20_000,
    "**password** " * 19_000,
    "password (" * 25_000,
    "pass:" * 50_000,
    "a=b;password=c" * 17_000,
    "host=a user=b " * 17_000,
    "Mistral('" * 27_000,
    "Client('AC', " * 20_000,
    "?Signature=a&" * 20_000,
    "Authorization: Digest a=b, " * 9_000,
    "identified by '" * 17_000,
    "-passin pass:" * 20_000,
    "setx -a -a " * 22_000,
    "ghp_aA1." * 30_000,
    "M" + "A1b2" * 62_000,
    "MIIEvQ\\n" * 31_000,
    "AzSe" * 62_000,
    "é" * 1_000_000,
    '["user", "password"], ["resnet50", "alexnet2"], ' * 2_000,
    '[[[["password", "x"], ' * 3_000,
    "пароль " * 35_000,
]


@pytest.mark.parametrize("text", _HOSTILE, ids=lambda text: text[:16])
def test_a_hostile_megabyte_is_linear(text: str) -> None:
    assert cpu_growth(lambda size: find_secrets.__wrapped__(text[:size]), len(text)) < 1.5

"""Every kind of secret is hidden where it is written, printed or quoted, and comes back to the byte."""

from __future__ import annotations

import pytest

from jupyter_devstral.core.redaction.redactor import Redactor, find_secrets
from tests.core.redaction.secret_rules import MARKED as _MARKED
from tests.core.redaction.secret_rules import samples_of_kinds

SAMPLES = samples_of_kinds()
_ALL = pytest.mark.parametrize(("kind", "marked"), SAMPLES, ids=[marked[:40] for _, marked in SAMPLES])


def _assert_hidden(text: str, secrets: list[str]) -> None:
    redactor = Redactor()
    (redacted,) = redactor.redact([text])
    assert [secret for secret in secrets if secret in redacted] == [], redacted
    assert redactor.restore(redacted) == text
    assert redactor.redact([text]) == [redacted]


@_ALL
def test_a_secret_is_hidden_where_it_is_written(kind: str, marked: str) -> None:
    assert _MARKED.findall(marked)
    _assert_hidden(_MARKED.sub(r"\1", marked), _MARKED.findall(marked))


_LINES = [(kind, marked) for kind, marked in SAMPLES if "\n" not in marked]
_PROSE = [
    (kind, marked)
    for kind, marked in _LINES
    if not marked.startswith(("!", "%", "(", "user,", "-", "export"))
]


@pytest.mark.parametrize(("kind", "marked"), _PROSE, ids=[marked[:40] for _, marked in _PROSE])
def test_a_secret_is_hidden_in_a_list_of_markdown(kind: str, marked: str) -> None:
    _assert_hidden("- " + _MARKED.sub(r"\1", marked), _MARKED.findall(marked))


@pytest.mark.parametrize(("kind", "marked"), _LINES, ids=[marked[:40] for _, marked in _LINES])
def test_a_secret_is_hidden_in_a_string_that_is_printed(kind: str, marked: str) -> None:
    _assert_hidden(f"print({_MARKED.sub(chr(92) + '1', marked)!r})", _MARKED.findall(marked))


_CODE = [
    (kind, marked)
    for kind, marked in SAMPLES
    if kind in ("names", "expressions", "calls") and not marked.startswith(("!", "%", "export"))
]


@pytest.mark.parametrize(("kind", "marked"), _CODE, ids=[marked[:40] for _, marked in _CODE])
def test_a_secret_is_hidden_in_the_frame_of_a_traceback(kind: str, marked: str) -> None:
    lines = _MARKED.sub(r"\1", marked).split("\n")
    frame = "\n".join(
        f"{'----> ' if number == 1 else '      '}{number} {line}" for number, line in enumerate(lines, 1)
    )
    _assert_hidden(f"Cell In[1], line 1\n{frame}\n\nValueError: no", _MARKED.findall(marked))


# What is no secret


_HARMLESS = [
    "Password: required",
    "Mot de passe : obligatoire",
    "Mot de passe oublié ?",
    "La clé du succès : travailler",
    "mot_cle = 'covid19'",
    "palabra_clave = 'covid19'",
    "bypass = 'abcdefgh1'",
    "first_pass = 'coarse1'",
    "getpass = unix_getpass",
    "client = Client('mistral-large-2407')",
    'llm = OpenAI("gpt-4-turbo-2024-04-09")',
    "model = AutoModel.from_pretrained('sentence-transformers/all-MiniLM-L6-v2')",
    "u = UUID('550e8400-e29b-41d4-a716-446655440000')",
    "Commit('3f786850e387550fdab836ed7e6dc881de23001b')",
    "Use the -password option to set it",
    "x = a -key",
    "usage: tool [-h] [--password PASSWORD] [--token TOKEN]",
    "identified by their names",
    "The key is sha256",
    "The token is used here",
    'password = getpass.getpass("Mot de passe : ")',
    'password = input("Contraseña: ")',
    "password = 'Password: ' + x",
    "api_key = 'Bearer ' + x",
    "token: str = field(default=None)",
    '"password": t_string,',
    '"fail_on_invalid_token": InvalidNextTokenException,',
    "value: AnyKey | EllipticCurvePrivateKey | EllipticCurvePublicKey,",
    "splitpasswd('user:passwd') -> 'user', 'passwd'.",
    "def login(user: str, password: Int64) -> None: ...",
    "signature = inspect.signature(f)",
    "Signature: f(x, y=None)",
    "All tests pass: 10.52s",
    "Password changed: 2024-01-01",
    "key   value",
    "| token | id |",
    "| Token | word2vec |",
    "token,count\nword2vec,12",
    "user,password\nana,lavender",
    'print("Mot de passe : %s" % mdp)',
    'print(f"API key: {api_key[:4]}…")',
    "auth = HTTPBasicAuth(user, password)",
    'raise ValueError("Clé API manquante")',
    "for token in doc: print(token.text, token.pos_)",
    'special_tokens = {"pad_token": "[PAD]", "eos_token": "</s>"}',
    'custom_tokens = ["MyNewToken_1", "MyNewToken_2"]',
    "the placeholder token '`<cat-toy>`' stands for it",
    'mot_de_passe = "votre_mot_de_passe"',
    'contrasena = "tu_contraseña"',
    'passwort = "dein-passwort"',
    "password = 'abc' == x",
    "https://www.dropbox.com/scl/fi/abc/report.pdf?rlkey=grkdgxcrib60oegtp4jn8hpl8&dl=0",
    "MIIC+TCCAeGgAwIBAgIUAsjO7lIzHU4s5Dp2Tf9st0SHnGswDQYJKoZIhvcN\n-----END CERTIFICATE-----",
    "pub = 'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA9jt7O4U3pKftPIKj'",
    "n_passwords = 3",
    "max_tokens = 4096",
    "password_length = 12345",
    "token_count = 12345",
    "n_passwords = 123456",
    "pin = 17",
    "token = 50256",
    "eos_token_id = 50256",
    "eos_token: 50256",
    "passwords: 14344391",
    "spin = 4711",
    "mapping: 4711",
    "all tests pass: 12345",
    "n_pass = 10000",
    "high_pass = 20000",
    "user_key = 12345",
    "secret = 42",
    "password: 12345 tries left",
    "len(password) > 12345",
    "password = 0.12345",
    "password = 12345 * x",
    "def check_password(p):\n    return 'too_short1'",
    "def hash_password(p):\n    return 'sha256'",
    "def tokenize(s):\n    return 'abc123'",
    "def get_token(s):\n    return 'word2vec'",
    "pip install pin 12345",
    "led_pin = 'GPIO17'",
    "pinned: 12345",
    "password_attempts = 10000",
    "num_tokens: 123456",
    "'https://%s:%s@x' % (user, password)",
    "jwt.encode(payload, key)",
    "jwt.encode(payload, SECRET_KEY, algorithm='HS256')",
    "sorted(x, key='abcdefgh12345678abcdefgh')",
    "opinion: 4711",
    "password: 8 characters",
    "user            0\npassword    12345\ndtype: int64",
    "Password: 2024-01-01",
    "API_KEY_LENGTH = 12345678",
    "d = {'name': 'x', 'key': 'abcdefghij12345678abc'}",
    "         password   user\ncount       10000  12345\nunique       9999    321",
    "# forward pass of input 1\n---> 45  output1 = self.forward_once(input1)",
    "the password now\nand the user22 goes on",
]


@pytest.mark.parametrize("text", _HARMLESS, ids=lambda text: text[:40])
def test_what_is_no_secret_stays(text: str) -> None:
    assert Redactor().redact([text]) == [text]


# Values in several literals


def test_a_value_in_several_literals_is_hidden_where_it_is_printed_whole() -> None:
    source = "password = ('laven'\n            'derfield')"
    redacted = Redactor().redact([source, "the server said: lavenderfield\n"])
    assert "lavenderfield" not in redacted[1]
    assert "laven" not in redacted[0]


def test_parts_that_are_too_short_alone_are_hidden_as_one() -> None:
    source = "api_key = 'Zq7' + 'x9K' + 'mP4w' + 'Lr8'"
    redactor = Redactor()
    redacted = redactor.redact([source, "denied for Zq7x9KmP4wLr8"])
    assert redacted == ["api_key = '<SECRET_1>'", "denied for <SECRET_2>"]
    assert [redactor.restore(text) for text in redacted] == [source, "denied for Zq7x9KmP4wLr8"]


def test_what_stands_between_the_fields_of_an_f_string_is_hidden() -> None:
    assert [found.text for found in find_secrets("pw = f'{user}-violet42-{year}'")] == ["-violet42-"]
    assert find_secrets("pw = f'{prefix}{suffix}'") == ()


@pytest.mark.parametrize("written", ["Password: “Wolke2031”", "export PGPASSWORD=${PGPASSWORD:-Wolke2031}"])
def test_what_only_surrounds_a_value_is_no_part_of_it(written: str) -> None:
    _assert_hidden(f"{written}\nthe server said: Wolke2031", ["Wolke2031"])

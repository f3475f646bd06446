"""No rule of the redaction is dead: each finds its own sample, alone and whole."""

from __future__ import annotations

import re

import pytest

from jupyter_devstral.core.redaction import calls as secret_calls
from jupyter_devstral.core.redaction import commands as secret_commands
from jupyter_devstral.core.redaction import names as secret_names
from jupyter_devstral.core.redaction.calls import PASSWORD_FIRST, PASSWORD_SECOND, PASSWORD_THIRD
from jupyter_devstral.core.redaction.commands import OPTIONS, SETTERS, STATEMENTS, in_command
from jupyter_devstral.core.redaction.forms import SHAPES, find_tokens, of_shape, prefix_patterns
from jupyter_devstral.core.redaction.names import CODE, KEY, PASSWORD, TOKEN, what_name_says
from jupyter_devstral.core.redaction.prefixes import FORMS
from jupyter_devstral.core.redaction.redactor import find_secrets
from jupyter_devstral.core.redaction.search import Span
from jupyter_devstral.core.redaction.web import PARTS, spans_of
from jupyter_devstral.core.text.lazy_pattern import LazyPattern
from tests.core.redaction import secret_rules
from tests.core.redaction.secret_rules import made_from
from tests.core.redaction.secret_samples import made_up


def _marked(template: str) -> tuple[str, str]:
    """A sample without the angle brackets around its secret, and the secret."""
    sample = made_from(template)
    secret = re.search(r"<([^<>]+)>(?!.*<[^<>a/])", sample)
    assert secret, sample
    return sample[: secret.start()] + secret[1] + sample[secret.end() :], secret[1]


def _texts(text: str, spans: list[Span]) -> list[str]:
    return [text[start:end] for start, end in spans]


# Forms


_FORM_SAMPLES = [(prefix, rest) for prefixes, rest in secret_rules.FORMS for prefix in prefixes.split()]


def test_every_prefix_has_a_sample() -> None:
    assert {prefix for prefix, _ in _FORM_SAMPLES} == {prefix for prefix, _ in prefix_patterns()}
    assert len(FORMS) > 100


def test_no_form_of_a_prefix_is_dead() -> None:
    tokens = [prefix + made_from(rest) for prefix, rest in _FORM_SAMPLES]
    dead = [
        pattern.pattern
        for _, pattern in prefix_patterns()
        if not any((match := pattern.match(token)) and match.group() == token for token in tokens)
    ]
    assert dead == []


@pytest.mark.parametrize(("prefix", "rest"), _FORM_SAMPLES)
def test_a_prefix_finds_its_token_whole(prefix: str, rest: str) -> None:
    patterns = [pattern for begin, pattern in prefix_patterns() if begin == prefix]
    for _ in range(20):  # a token is random: a rule that misses one in a hundred is not good enough
        token = prefix + made_from(rest)
        assert token in [match.group() for pattern in patterns if (match := pattern.match(token))]
        assert token in _texts(f'x = "{token}"', list(find_tokens(f'x = "{token}"')))


@pytest.mark.parametrize(("literal", "template"), secret_rules.SHAPES)
def test_a_shape_finds_its_token_whole(literal: str, template: str) -> None:
    (pattern,) = [pattern for literals, pattern in SHAPES if literal in literals]
    for _ in range(20):
        token = made_from(template)
        assert _texts(f"x = '{token}'", list(of_shape(f"x = '{token}'", pattern))) == [token]


def test_every_literal_of_a_shape_has_a_sample() -> None:
    literals = {literal for literals, _ in SHAPES for literal in literals}
    assert {literal for literal, _ in secret_rules.SHAPES} | {"|"} == literals


def test_the_token_of_an_app_is_hidden_behind_its_number() -> None:
    number, token = made_up(16, "0123456789"), made_up(27)
    assert f"|{token}" in _texts(
        f"{number}|{token}", list(find_tokens(f"x = '{number}|{token}'"))
    ) or find_secrets(f"x = '{number}|{token}'")


# Addresses


@pytest.mark.parametrize(("word", "template"), secret_rules.ADDRESSES)
def test_a_part_of_an_address_is_found_by_its_word(word: str, template: str) -> None:
    text, secret = _marked(template)
    found = [span for part in PARTS if word in part.words for span in spans_of(part, text, text.lower())]
    assert _texts(text, found) == [secret]


def test_every_word_of_an_address_has_a_sample() -> None:
    words = [word for part in PARTS for word in part.words]
    assert {word for word, _ in secret_rules.ADDRESSES} == set(words)


# Commands and statements


_RULES = (*OPTIONS, *STATEMENTS)


@pytest.mark.parametrize(("word", "template"), secret_rules.COMMANDS, ids=lambda value: value[:40])
def test_a_command_is_found_by_its_word(word: str, template: str) -> None:
    text, secret = _marked(template)
    found = [in_command(text, pattern, kind) for words, pattern, kind in _RULES if word in words]
    assert secret in [text[start:end] for spans in found for start, end in spans]
    assert word in text.lower()


def test_every_rule_of_a_command_has_a_sample_that_only_it_finds() -> None:
    alive: set[LazyPattern] = set()
    for _, template in secret_rules.COMMANDS:
        text, secret = _marked(template)
        alive |= {
            pattern
            for _, pattern, kind in _RULES
            if secret in _texts(text, list(in_command(text, pattern, kind)))
        }
    assert alive == {pattern for _, pattern, _ in _RULES}


@pytest.mark.parametrize(("word", "template"), secret_rules.SETTERS)
def test_a_command_that_sets_a_name_hides_what_it_sets(word: str, template: str) -> None:
    text, secret = _marked(template)
    assert word in SETTERS
    assert secret in [found.text for found in find_secrets(text)]


def test_every_command_that_sets_a_name_has_a_sample() -> None:
    assert {word for word, _ in secret_rules.SETTERS} == set(SETTERS)
    assert secret_commands.SETTERS is SETTERS


# Calls


@pytest.mark.parametrize("call", PASSWORD_FIRST)
def test_a_call_hides_its_only_argument(call: str) -> None:
    assert [found.text for found in find_secrets(f"{call}('lavender')")] == ["lavender"]


@pytest.mark.parametrize("call", PASSWORD_SECOND)
def test_a_call_hides_its_second_argument(call: str) -> None:
    for arguments in ("'ana', 'lavender'", "user, b'lavender'", "'h.example', 6379, 'lavender'"):
        assert [found.text for found in find_secrets(f"x.{call}({arguments})")] == ["lavender"]


@pytest.mark.parametrize("call", PASSWORD_THIRD)
def test_a_call_hides_its_third_argument(call: str) -> None:
    for arguments in ("'h.example', 'ana', 'lavender'", "host, 22, user, 'lavender', timeout=3"):
        assert [found.text for found in find_secrets(f"{call}({arguments})")] == ["lavender"]


@pytest.mark.parametrize(
    "template",
    [
        "ts = TimeSeries(key='<{UPPER:16}>')",
        "f = Fernet(b'<{any:43}=>')",
        "key = '<{any:43}=>'",
        '{"username": "ana", "key": "<{hex:32}>"}',
        "conf.set('fs.azure.account.key.x.blob.core.windows.net', '<{base64:80}27==>')",
        '{"kty": "RSA", "e": "AQAB", "d": "<{word:86}7>"}',
    ],
)
def test_a_key_in_quotes_is_known_by_what_stands_before_it(template: str) -> None:
    text, secret = _marked(template)
    assert secret in [found.text for found in find_secrets(text)]


def test_every_form_of_a_bare_key_is_used() -> None:
    forms = [form for _, form in secret_calls.BARE_KEYS]
    samples = [made_from(form) for form in ("{UPPER:16}", "{any:43}=", "{hex:32}", "{base64:86}==")]
    assert [bool(form.fullmatch(sample)) for form, sample in zip(forms, samples, strict=True)] == [True] * 4


# Names


def _entries(vocabulary: str) -> list[str]:
    return vocabulary.split()


def _name(entry: str) -> str:
    """A name that the entry describes."""
    if entry in secret_rules.NAMES:
        return secret_rules.NAMES[entry]
    name = re.sub(r"\(\?[!<][^()]*(?:\([^()]*\))?[^()]*\)", "", entry)  # without what it must not be
    while "(" in name:
        name = re.sub(r"\(\?:([^|()]*)[^()]*\)", r"\1", name)
    return name.replace(r"\w*", "db_").replace(r"\w+", "mysql").replace("s?", "")


def _assert_hidden(name: str, kind: str) -> None:
    value = "Kq7x9Tz2mP4wLr8v"
    assert what_name_says(name) == kind, name
    assert [found.text for found in find_secrets(f"{name} = '{value}'")] == [value], name


@pytest.mark.parametrize("entry", _entries(secret_names.PASSWORD_WORDS))
def test_every_word_for_a_password_is_one(entry: str) -> None:
    _assert_hidden(_name(entry), PASSWORD)
    _assert_hidden(f"my_{_name(entry)}", PASSWORD)


@pytest.mark.parametrize("entry", _entries(secret_names.KEY_WORDS))
def test_every_word_for_a_key_is_one(entry: str) -> None:
    _assert_hidden(_name(entry), KEY)


@pytest.mark.parametrize("entry", _entries(secret_names.TOKEN_WORDS))
def test_every_word_for_a_token_is_one(entry: str) -> None:
    _assert_hidden(_name(entry), TOKEN)


@pytest.mark.parametrize("entry", _entries(secret_names.CODE_WORDS))
def test_every_word_for_a_code_is_one(entry: str) -> None:
    assert what_name_says(entry) == CODE
    assert [found.text for found in find_secrets(f"{entry} = 471122")] == ["471122"]


@pytest.mark.parametrize("word", _entries(secret_names.VENDORS))
def test_every_vendor_stands_before_or_behind_its_key(word: str) -> None:
    for name in (
        f"{word}_key",
        f"{word}_token",
        f"key_{word}",
        f"token_{word}",
        f"{word.upper()}_API_KEY",
        f"{word}Key",
    ):
        _assert_hidden(name, KEY)


@pytest.mark.parametrize("word", _entries(secret_names.BEFORE_KEY))
def test_every_word_before_a_key_makes_it_secret(word: str) -> None:
    _assert_hidden(f"{word}_key", KEY)


@pytest.mark.parametrize("word", _entries(secret_names.BEFORE_TOKEN))
def test_every_word_before_a_token_makes_it_a_key(word: str) -> None:
    _assert_hidden(f"{word}_token", KEY)


@pytest.mark.parametrize("word", _entries(secret_names.AFTER_KEY))
@pytest.mark.parametrize("key", _entries(secret_names.KEYS_FIRST))
def test_every_word_behind_a_key_makes_it_secret(key: str, word: str) -> None:
    _assert_hidden(f"{key}_{word}", KEY)


@pytest.mark.parametrize("entry", ["2", *_entries(secret_names.NEUTRAL + secret_names.OPENED)])
def test_a_name_goes_on_and_is_still_a_password(entry: str) -> None:
    _assert_hidden(f"password_{_name(entry)}", PASSWORD)
    _assert_hidden(f"mot_de_passe_{_name(entry)}", PASSWORD)


@pytest.mark.parametrize(
    "name",
    _entries("""
        mot_cle palabra_clave parola_chiave cle_primaire clave_primaria chave_estrangeira public_key
        cle_publique clave_publica bypass compass bandpass first_pass forward_pass getpass
        password_length max_tokens num_keys keyboard schlussel sleutel cle chave key
    """),
)
def test_other_names_say_nothing(name: str) -> None:
    assert what_name_says(name) == ""

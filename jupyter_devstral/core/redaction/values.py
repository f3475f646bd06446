"""Judges whether a value can be a secret, rather than a placeholder, a file name, a plain word or prose.

Errs on the side of hiding: a false positive is restored in the reply, a false negative has left the machine.
"""

from __future__ import annotations

import math
from collections import Counter

from ..text.lazy_pattern import LazyPattern
from .names import CODE, CONNECTION, KEY, PASSWORD, TOKEN, what_name_says

_LONGEST = 20_000

_PLACEHOLDERS = (
    # <token>, [MASK], {token}, %s, %(password)s, @token@, :password, aaaa, xxxx1234, sk-…, $TOKEN, #ffcc00
    LazyPattern(
        r"<[^>]*>|\[[^\]]*\]|\{[^}]*\}|%\(?\w*\)?s?|@\w+@|:\w+|(.)\1*|[xX*.•·_-]{3,}\w{0,4}|sk-[xX*.…-]+"
    ),
    LazyPattern(r"#[0-9a-fA-F]{3,8}|\$[A-Z_][A-Z0-9_]*|\$\{[^}]*\}|\$\([^)]*\)"),
    LazyPattern(
        r"(?i)(?:insert|enter|put|paste|replace|add|set|type|use|change|fill)[ _-][\w .-]*"
        r"(?:here|this|me|it|password|token|key|secret)\W*"
    ),
    LazyPattern(
        r"(?i)(?:your|the|some|an?|this)[ _-][\w .-]*"
        r"(?:key|token|secret|password|passwd|pwd|here|credentials?)\W*"
    ),
    LazyPattern(r"(?i)your\w*|.*\byour[ _-](?:own|api|access|secret|password|token|key|open).*"),
    LazyPattern(
        r"(?i)(?:enter |new |old )?(?:api|access|secret|private|auth)?[ _-]?(?:key|token|secret|password"
        r"|passwd|pwd|pass|passwort|kennwort|mot[ _-]?de[ _-]?passe|mdp|jeton|contrase[ñn]a|senha|clave"
        r"|wachtwoord)\W*"
    ),
    LazyPattern(
        r"(?i)(?:votre|ton|ta|tu|su|sua|seu|deine?|ihre?|tua|tuo|uw|jouw|mi|mon|ma|mein|mijn|minha)[ _-]"
        r"[\w .'’-]*(?:cl[eé]|passe?|jeton|contrase[ñn]a|clave|llave|token|passwort|kennwort|schl(?:ü|ue)ssel"
        r"|senha|chave|password|chiave|wachtwoord|sleutel|secret\w?|api|key)\W*"
    ),
    LazyPattern(
        r"(?i)change[ _-]?(?:me|it)\W*|none|null|nil|nan|true|false|undefined|todo|redacted|hidden|masked"
        r"|removed|dummy|fake|example|sample|placeholder|test|string|str|text|bytes|int|bool|any|object|basic|bearer"
        r"|digest|oauth2?|ntlm|kerberos|default|required|optional|n/?a|empty|unset|missing|invalid|enabled"
        r"|disabled|yes|no"
    ),
    # The name of an environment variable.
    LazyPattern(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:KEY|TOKEN|SECRET|PASS|PASSWORD|PWD|AUTH|ID|CREDENTIALS?)"),
)
_NUMBER = LazyPattern(r"\d+(?:_\d+)*")
_CONSONANTS = LazyPattern(r"(?i)[bcdfghjklmnpqrstvwxz]{5}")
_AWS_SECRET = LazyPattern(r"(?=[^0-9]*[0-9])(?=[^A-Z]*[A-Z])[A-Za-z0-9/+]{40}")
_RUN = LazyPattern(r"[A-Za-z0-9]{16,}")
# Between small letters, capitals and digits: names in camel case have fewer for their length.
_CHANGES = LazyPattern(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[A-Za-z])|(?<=[A-Z])(?=[a-z])")
_FIELD_NAME = LazyPattern(r"[a-z]+(?:[_.][a-z]+)+|[a-z]+(?:[A-Z][a-z]+)+")
_FILE = LazyPattern(
    r"[\w./\\~: -]{0,200}"
    r"\.(?:json|txt|pem|key|ya?ml|ini|cfg|toml|env|csv|py|crt|cer|html?|xml|pkl|sh|log|md|p12)"
)
_PATH = LazyPattern(r"(?:~|\.{1,2}|[A-Za-z]:)?[/\\](?:[A-Za-z.][\w.-]{0,30}[/\\])*[\w.-]{0,40}")
_PROSE_WORD = LazyPattern(
    r"(?i)\b(?:password|passwd|token|secret|api|please|enter|your|is|are|must|should|the|and|or|for|with"
    r"|invalid|required|of|to|a)\b"
)
_CREDENTIAL_INSIDE = LazyPattern(
    r"(?i)(?:password|passwd|pwd|key|secret|sig|token)\s{0,3}="
    r"|://[^\s/@]{1,300}:[^\s/@]{1,300}@|://[^\s/@:]{16,300}@"
)


def can_be_secret(value: str, kind: str) -> bool:
    """Whether `value`, bound to a name that says `kind`, is a secret."""
    if kind == CONNECTION:
        return len(value) < 2000 and bool(_CREDENTIAL_INSIDE.search(value))
    if kind == CODE:
        return value.isdigit() and 4 <= len(value) <= 12
    if not 4 <= len(value) <= _LONGEST or is_placeholder(value) or _is_file(value):
        return False
    spaced = any(map(str.isspace, value))
    if kind == PASSWORD:
        if value.isdigit():
            return len(value) >= 5
        return not spaced or (len(value) <= 80 and "\n" not in value and len(_PROSE_WORD.findall(value)) < 2)
    if spaced or len(value) < 6 or _names_a_field(value):
        return False
    return looks_random(value) or (kind != TOKEN and len(value) >= 12)


def is_number(value: str) -> bool:
    """Tell a whole number as Python writes it, `90_817_263`, too."""
    return bool(_NUMBER.fullmatch(value))


def can_be_secret_number(value: str, kind: str) -> bool:
    """Whether a number that is written without quotes is a secret, and not how many there are or an id."""
    digits = len(value.replace("_", ""))
    return is_number(value) and (
        (kind == PASSWORD and digits >= 5)
        or (kind == KEY and digits >= 8)
        or (kind == CODE and 4 <= digits <= 12)
    )


def is_placeholder(value: str) -> bool:
    """`your-api-key`, `xxxx`, `<token>`, `API_KEY`, `password`, `%s` … : stands for a secret, is none."""
    head = value[:200]
    return any(pattern.fullmatch(head) for pattern in _PLACEHOLDERS)


def looks_random(value: str) -> bool:
    """At least 6 characters, with digits among letters or capitals in the middle, as in no plain word."""
    letters = sum(map(str.isalpha, value))
    if len(value) < 6 or not letters:
        return False
    if any(map(str.isdigit, value)):
        return True
    inner_capitals = sum(map(str.isupper, value[1:]))
    return len(value) >= 16 and 0 < inner_capitals < letters - 1 and entropy(value) > 3.5


def is_unpronounceable(value: str) -> bool:
    """Tell letters that are no word, `qzjvwkxhtrbn` or `aQxRtYpLmV`, from a word."""
    if len(value) < 8 or not value.isalpha():
        return False
    capitals = sum(map(str.isupper, value[1:]))
    return bool(_CONSONANTS.search(value)) or (
        capitals >= 3 and 2 * capitals < len(value) + 4 and entropy(value) > 2.9
    )


def is_key_like(value: str) -> bool:
    """Tell a run of 16 letters and digits that nobody writes by hand from the name of a model or version."""
    if _AWS_SECRET.fullmatch(value):
        return True
    runs = _RUN.findall(value)
    longest = max(runs, key=len) if runs else ""
    digits = sum(map(str.isdigit, longest))
    is_mixed = 2 <= digits < len(longest) or len(_CHANGES.findall(longest)) > 0.3 * len(longest)
    return len(longest) >= 16 and is_mixed and entropy(longest) > 2.8


def entropy(value: str) -> float:
    """Shannon entropy in bits per character of the first 200 characters."""
    head = value[:200]
    return -sum(n / len(head) * math.log2(n / len(head)) for n in Counter(head).values()) if head else 0.0


def _is_file(value: str) -> bool:
    if len(value) > 400:
        return False
    # A random key can begin with a slash, too.
    return bool(_FILE.fullmatch(value)) or (bool(_PATH.fullmatch(value)) and entropy(value) < 4)


def _names_a_field(value: str) -> bool:
    """`access_token`, `clientSecret`: the name of a field or column."""
    is_name = len(value) < 40 and value[:3] != "my_" and _FIELD_NAME.fullmatch(value)
    return bool(is_name and what_name_says(value))

"""Judges whether a name says "secret": `db_password`, `OPENAI_API_KEY`, `clientSecret`, but not `max_tokens`.

The vocabulary was drawn up after looking at what detect-secrets and gitleaks know; the rules are our own.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ..text.lazy_pattern import LazyPattern

# What a name says about its value.
PASSWORD = "password"  # any text can be one
KEY = "key"  # one word, not a plain word of a language
TOKEN = "token"  # also an everyday word of language models: the value must look random
CONNECTION = "connection"  # counts when the value carries a credential

_WORDS = LazyPattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def _words(alternatives: str) -> LazyPattern:
    return LazyPattern("|".join(re.split(r"\s+", alternatives.strip())))


_PASSWORD_WORD = _words(
    r"password passwd passwort passphrase passcode pwd pass psw pswd \w+password \w+passwd"
)
_KEY_WORD = _words(
    r"secret \w*clientsecret \w*(?:api|secret|access|private|auth|account)key "
    r"\w*(?:auth|access|bearer|api)token"
)
_TOKEN_WORD = _words("token auth credential credentials creds")
_BEFORE_KEY = _words("""
    api access secret private auth account master signing sign encryption service client shared
    subscription storage license licence app application db database consumer admin session webhook
    deploy project user jwt hmac openai anthropic mistral cohere wandb kaggle huggingface hf azure aws
    gcp google gemini groq together replicate pinecone serpapi tavily langsmith langchain langfuse
    newsapi weather owm maps fred quandl alphavantage vantage polygon finnhub twitter stripe twilio
    sendgrid mailgun mailchimp datadog dd sentry comet neptune
""")
_BEFORE_TOKEN = _words("""
    api auth access bearer bot refresh hf hub huggingface github gh gitlab slack telegram discord jwt
    oauth session id security user personal private admin service secret app client device databricks
    dbx npm pypi vault mapbox replicate wandb dropbox notion line push csrf xsrf sas azure aws gcp
    google mistral influx influxdb
""")
# A name goes on with one of these and still holds the secret itself.
_NEUTRAL = _words(r"""
    \d+ prod production dev development staging test testing live old new value val string str text txt
    default main backup primary secondary base raw plain plaintext confirm confirmation again local
    remote real b encoded bytes current temp tmp v openai anthropic aws azure gcp github mistral cohere
    hf huggingface
""")


@lru_cache(maxsize=4096)
def what_name_says(name: str) -> str:
    """PASSWORD, KEY, TOKEN or CONNECTION when a value bound to `name` should be hidden, else ""."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if _is_connection(words):
        return CONNECTION
    while len(words) > 1 and _NEUTRAL.fullmatch(words[-1]):
        words.pop()
    if not words or "public" in words:
        return ""
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if _PASSWORD_WORD.fullmatch(last):
        return PASSWORD
    if _KEY_WORD.fullmatch(last) or (last == "key" and _BEFORE_KEY.fullmatch(before)):
        return KEY
    if last == "token" and _BEFORE_TOKEN.fullmatch(before):
        return KEY
    return TOKEN if _TOKEN_WORD.fullmatch(last) else ""


def _is_connection(words: list[str]) -> bool:
    """`dsn`, `conn`, `connection`, `conn_str`, `CONNECTION_STRING`."""
    if not words:
        return False
    if words[-1] in ("dsn", "conn", "connection", "connstr", "connstring", "connectionstring"):
        return True
    return len(words) > 1 and words[-2].startswith("conn") and words[-1] in ("string", "str", "url", "uri")

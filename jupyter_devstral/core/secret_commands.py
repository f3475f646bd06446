"""Secrets in the arguments of programs and in statements of SQL."""

from __future__ import annotations

from collections.abc import Iterator

from .lazy_pattern import LazyPattern
from .secret_names import KEY, PASSWORD, TOKEN, what_name_says
from .secret_tokens import Span
from .secret_values import can_be_secret, looks_random

_VALUE = r"\\?[\"']?(?P<value>[^\s\"'\\]{4,200})"
# Programs of which one option is a password, whatever it is called.
_ARGUMENTS = r"\b[^\n|;]{0,200}?\s"
_CREDENTIALS = LazyPattern(
    r"(?:^|[\s\"'])(?:-u|-a|--user|--auth|--proxy-user)(?:[ =]|[\"'],\s?)?[\"']?[^\s:\"']{1,100}:(?P<value>[^\s\"'@]{4,200})"
)
_SMALL_P = LazyPattern(
    r"\b(?:mysql|mysqldump|mysqladmin|mariadb|mongo|mongosh|mongodump|sshpass|(?:docker|podman|helm|oras|skopeo|az|cf|oc|twine)"
    rf"\s+(?:registry\s+)?(?:login|upload)|7z|7za|rar|unrar|beeline|plink|pscp){_ARGUMENTS}-h?p ?" + _VALUE
)
_LARGE_P = LazyPattern(rf"\b(?:sqlcmd|bcp|osql|isql|zip|unzip|mosquitto_pub|mosquitto_sub){_ARGUMENTS}-P ?" + _VALUE)
_OTHER_OPTIONS = LazyPattern(
    rf"\b(?:redis-cli{_ARGUMENTS}-a|ldap(?:search|add|modify|delete|whoami){_ARGUMENTS}-w|openssl\s+enc{_ARGUMENTS}-[kK]"
    rf"|htpasswd\s+-\w{{0,4}}b\w{{0,4}}\s+\S{{1,100}}\s+\S{{1,60}}|smbclient{_ARGUMENTS}(?:-U|--user)[ =]?\S{{1,60}}%"
    rf"|net\s+use{_ARGUMENTS}/user:\S{{1,60}})\s{{0,3}}" + _VALUE
)
_PASS_SOURCE = LazyPattern(r"(?i)pass(?:in|out|word)?\\?[\"']?[\s,=:]{1,4}\\?[\"']?pass:(?P<value>[^\s\"'\\,)]{4,200})")
_PIPED = LazyPattern(
    r"\becho\s+(?:-n\s+)?[\"']?(?:[\w.-]{1,40}:(?=[^\n|]{0,200}chpasswd))?(?P<value>[^\s\"'$|]{4,200})[\"']?\s*\|\s*"
    r"(?:sudo\s+(?:-\S+\s+)*(?:-S|chpasswd)|chpasswd|su\b|(?:docker|podman|gh|helm)\b[^\n|]{0,80}\blogin|passwd|cryptsetup|kinit|openssl)"
)
_LOGIN = LazyPattern(
    r"\b(?:wandb\s+login|ngrok\s+(?:config\s+add-)?authtoken|hf\s+auth\s+login|huggingface-cli\s+login|snyk\s+auth|vault\s+login"
    r"|modal\s+token\s+set|doppler\s+login|sentry-cli\s+login)(?:\s+--?[\w-]+)*[\s=]+[\"']?(?P<value>[\w.-]{16,200})"
)
_QUOTED = r"\\?(?P<p>[\"'])(?P<value>[^\"'\n\\]{4,200})\\?(?P=p)"
_IDENTIFIED = LazyPattern(
    r"(?i)\bidentified\s+(?:with\s+[\w\"']{1,60}\s+)?(?:by|as)\s+(?:(?:password|values)\s+)?" + _QUOTED
)
# Oracle takes a word without quotes; prose says "identified by" of other things.
_IDENTIFIED_BARE = LazyPattern(
    r"(?i)\b(?:user|role|to|schema)\s+\S{1,80}\s+identified\s+by\s+(?P<value>[\w#$!]{4,60})(?=[\s;\"']|$)"
)
_CLAUSE = LazyPattern(r"(?i)\b(?:password|secret|token|passphrase|secret_key|encryption_key)\s{1,9}" + _QUOTED)
_SET_PASSWORD = LazyPattern(
    r"(?i)\bset\s+password\s+(?:for\s+[^\s=]{1,120}\s*)?=\s*(?:(?:old_)?password\(\s*)?" + _QUOTED
)
_PRAGMA = LazyPattern(r"(?i)\bpragma\s+(?:re)?key\s*=\s*" + _QUOTED)
_PGP = LazyPattern(r"(?i)\bpgp_sym_(?:en|de)crypt\([^()\n]{1,200},\s*" + _QUOTED)
_NETRC = LazyPattern(r"\blogin\s{1,20}\S{1,100}\s{1,20}password\s{1,20}(?P<value>[^\s\"'`]{4,200})")
_PGPASS = LazyPattern(r"(?m)^[\w.*-]{1,100}:(?:\d{4,5}|\*):[\w*-]{1,60}:[\w*-]{1,60}:(?P<value>[^\s:]{4,200})$")
# Literals of which one must occur in the text in lower case, the pattern, and what the value must be.
COMMANDS = (
    (("curl", "wget", "http ", "https ", "--user", "--proxy-user"), _CREDENTIALS, PASSWORD),
    (("mysql", "maria", "mongo", "sshpass", "login", "twine", "7z", "rar ", "beeline", "plink", "pscp"), _SMALL_P, PASSWORD),
    (("sqlcmd", "bcp", "sql ", "zip ", "mosquitto"), _LARGE_P, PASSWORD),
    (("redis-cli", "ldap", "openssl", "htpasswd", "smbclient", "net use"), _OTHER_OPTIONS, PASSWORD),
    (("pass:",), _PASS_SOURCE, PASSWORD),
    (("echo ",), _PIPED, PASSWORD),
    (("login", "authtoken", "snyk auth", "modal token"), _LOGIN, TOKEN),
    (("identified",), _IDENTIFIED, PASSWORD),
    (("identified",), _IDENTIFIED_BARE, PASSWORD),
    (("password '", "password \"", "password \\", "secret '", "token '", "passphrase '", "_key '"), _CLAUSE, PASSWORD),
    (("set password",), _SET_PASSWORD, PASSWORD),
    (("pragma",), _PRAGMA, PASSWORD),
    (("pgp_sym",), _PGP, PASSWORD),
    (("login ", "login\t"), _NETRC, PASSWORD),
    ((":5432:", ":*:", ":3306:", ":5433:"), _PGPASS, PASSWORD),
)
# Commands that give a value to a name.
_SETS = LazyPattern(
    r"(?i)(?:\bsetx(?:\.exe)?(?:\s+/\w+(?:\s+[^\s/]\S*(?=\s+\S+\s+\S))?)*|\bsetenv|%(?:set_)?env|\bset(?:\s+-\w+)+|\b(?:configure|config|env|secrets?|variables?)[ :]set"
    r"|\bgit\s+config(?:\s+--\w+)*|\bsetenvironmentvariable\()\s*[\"']?(?P<name>[\w.:/@-]{2,100})[\"']?(?:\s+|\s*,\s*)(?:-v\s+|--body\s+|--value\s+)?"
    r"[\"']?(?P<value>[^\s\"'$%][^\s\"']{3,400})"
)


def find_in_commands(text: str, lowered: str) -> Iterator[Span]:
    """Spans of secrets; `lowered` is `text` in lower case, of the same length."""
    for literals, pattern, kind in COMMANDS:
        for literal in literals:
            if literal in lowered:
                yield from in_command(text, pattern, kind)
                break
    if "set" in lowered or "env " in lowered or "git config" in lowered:
        yield from _set_by_command(text)


def in_command(text: str, pattern: LazyPattern, kind: str) -> Iterator[Span]:
    """Spans of what `pattern` finds, where it can be a secret of this kind."""
    for match in pattern.finditer(text):
        value = match["value"]
        if value[0] not in "-$%<{" and can_be_secret(value, kind):
            yield match.span("value")


def _set_by_command(text: str) -> Iterator[Span]:
    """`setx API_KEY …`, `%env API_KEY …`, `aws configure set aws_secret_access_key …`."""
    for match in _SETS.finditer(text):
        kind = what_name_says(match["name"])
        if kind in (PASSWORD, KEY, TOKEN) and can_be_secret(match["value"], kind):
            yield match.span("value")

"""Secrets in the arguments of programs and in statements of SQL."""

from __future__ import annotations

from collections.abc import Iterator

from ..text.lazy_pattern import LazyPattern
from .names import KEY, PASSWORD, TOKEN, what_name_says
from .search import Span, holds_one, matches_behind
from .values import can_be_secret

_VALUE = r"\\?[\"']?(?P<value>[^\s\"'\\]{4,200})"
_ARGUMENTS = r"\b[^\n|;]{0,200}?\s"
_CREDENTIALS = LazyPattern(
    r"(?:^|[\s\"'])(?:-u|-a|--user|--auth|--proxy-user)(?:[ =]|[\"'],\s?)?[\"']?[^\s:\"']{1,100}:"
    r"(?P<value>[^\s\"'@]{4,200})"
)
# Programs of which one option is a password, whatever it is called.
_SMALL_P = LazyPattern(
    r"\b(?:mysql|mysqldump|mysqladmin|mariadb|mongo|mongosh|mongodump|sshpass|7z|7za|rar|unrar|beeline|plink|pscp"
    r"|(?:docker|podman|helm|oras|skopeo|az|cf|oc|twine)\s+(?:registry\s+)?(?:login|upload))"
    rf"{_ARGUMENTS}-h?p ?{_VALUE}"
)
_LARGE_P = LazyPattern(
    rf"\b(?:sqlcmd|bcp|osql|isql|zip|unzip|mosquitto_pub|mosquitto_sub){_ARGUMENTS}-P ?{_VALUE}"
)
_OTHER_OPTIONS = LazyPattern(
    rf"\b(?:redis-cli{_ARGUMENTS}-a|ldap(?:search|add|modify|delete|whoami){_ARGUMENTS}-w"
    rf"|openssl\s+enc{_ARGUMENTS}-[kK]|htpasswd\s+-\w{{0,4}}b\w{{0,4}}\s+\S{{1,100}}\s+\S{{1,60}}"
    rf"|smbclient{_ARGUMENTS}(?:-U|--user)[ =]?\S{{1,60}}%|net\s+use{_ARGUMENTS}/user:\S{{1,60}})"
    rf"\s{{0,3}}{_VALUE}"
)
_LOGIN = LazyPattern(
    r"\b(?:wandb\s+login|ngrok\s+(?:config\s+add-)?authtoken|hf\s+auth\s+login|huggingface-cli\s+login|snyk\s+auth"
    r"|vault\s+login|modal\s+token\s+set|doppler\s+login|sentry-cli\s+login)(?:\s+--?[\w-]+)*[\s=]+[\"']?"
    r"(?P<value>[\w.-]{16,200})"
)
_PIPED = LazyPattern(
    r"\becho\s+(?:-n\s+)?[\"']?(?:[\w.-]{1,40}:(?=[^\n|]{0,200}\|\s*(?:sudo\s+)?chpasswd))?"
    r"(?P<value>[^\s\"'$|]{4,200})[\"']?\s*\|\s*(?:sudo\s+(?:-\S+\s+)*(?:-S|chpasswd)|chpasswd|su\b|passwd|cryptsetup"
    r"|(?:docker|podman|gh|helm)\b[^\n|]{0,80}\blogin|kinit|openssl)"
)
_PGPASS = LazyPattern(
    r"(?m)^[\w.*-]{1,100}:(?:\d{4,5}|\*):[\w*-]{1,60}:[\w*-]{1,60}:(?P<value>[^\s:]{4,200})$"
)
_PASS_SOURCE = LazyPattern(
    r"(?i)pass(?:in|out|word)?\\?[\"']?[\s,=:]{1,4}\\?[\"']?pass:(?P<value>[^\s\"'\\,)]{4,200})"
)
_QUOTED = r"\\{0,3}(?P<p>[\"'])(?P<value>[^\"'\n\\]{4,200})\\{0,3}(?P=p)"
_IDENTIFIED = LazyPattern(
    r"(?i)\bidentified\s+(?:with\s+[\w\"']{1,60}\s+)?(?:by|as)\s+(?:(?:password|values)\s+)?" + _QUOTED
)
# Oracle takes a word without quotes; prose says "identified by" of other things.
_IDENTIFIED_BARE = LazyPattern(
    r"(?i)\b(?:user|role|to|schema)\s+\S{1,80}\s+identified\s+by\s+(?P<value>[\w#$!]{4,60})(?=[\s;\"']|$)"
)
_PASSWORD_CLAUSE = LazyPattern(r"(?i)\bpass(?:word|phrase)\s{1,9}" + _QUOTED)
_KEY_CLAUSE = LazyPattern(r"\b(?i:secret|token|secret_key|encryption_key)\s{1,9}" + _QUOTED)
_SET_PASSWORD = LazyPattern(
    r"(?i)\bset\s+password\s+(?:for\s+[^\s=]{1,120}\s*)?=\s*(?:(?:old_)?password\(\s*)?" + _QUOTED
)
_PRAGMA = LazyPattern(r"(?i)\bpragma\s+(?:re)?key\s*=\s*" + _QUOTED)
_PGP = LazyPattern(r"(?i)\bpgp_sym_(?:en|de)crypt\([^()\n]{1,200},\s*" + _QUOTED)
_ORACLE = LazyPattern(
    r"(?i)\b(?:(?:sqlplus|sqlldr|expdp|impdp|userid=)(?:\s+-\w+)*[\s=]*|connect\(\s*)[\"']?[\w$#.]{1,60}/(?P<value>[^\s@\"'/]{4,60})@"
)
_NETRC = LazyPattern(r"\blogin\s{1,20}\S{1,100}\s{1,20}password\s{1,20}(?P<value>[^\s\"'`]{4,200})")
# Words of which one must occur in the text in lower case, the pattern, and what the value must be.
Rule = tuple[tuple[str, ...], LazyPattern, str]
OPTIONS: tuple[Rule, ...] = (
    (("curl", "wget", "http ", "https ", "--user", "--proxy-user"), _CREDENTIALS, PASSWORD),
    (
        (
            *(
                "mysql",
                "mariadb ",
                "mongo",
                "sshpass",
                "docker ",
                "podman ",
                "helm ",
                "oras ",
                "skopeo ",
                "7z",
            ),
            *("az login", "cf login", "oc login", "twine ", "rar ", "beeline ", "plink ", "pscp "),
        ),
        _SMALL_P,
        PASSWORD,
    ),
    (("sqlcmd", "bcp ", "osql ", "isql ", "zip ", "mosquitto_"), _LARGE_P, PASSWORD),
    (("redis-cli", "ldap", "openssl enc", "htpasswd", "smbclient", "net use"), _OTHER_OPTIONS, PASSWORD),
)
STATEMENTS: tuple[Rule, ...] = (
    (
        ("wandb login", "authtoken", "auth", "cli login", "vault login", "token set", "doppler login"),
        _LOGIN,
        TOKEN,
    ),
    (("| sudo", "|sudo", "chpasswd", "login", "| passwd", "| su", "| kinit", "| openssl"), _PIPED, PASSWORD),
    ((":5432:", ":*:", ":3306:", ":5433:"), _PGPASS, PASSWORD),
    (("sqlplus", "sqlldr", "expdp", "impdp", "connect("), _ORACLE, PASSWORD),
    (("pass:",), _PASS_SOURCE, PASSWORD),
    (("identified ",), _IDENTIFIED, PASSWORD),
    (("identified by",), _IDENTIFIED_BARE, PASSWORD),
    (("password '", 'password "', "password \\", "passphrase '"), _PASSWORD_CLAUSE, PASSWORD),
    (("secret '", "token '", "_key '"), _KEY_CLAUSE, TOKEN),
    (("set password",), _SET_PASSWORD, PASSWORD),
    (("pragma",), _PRAGMA, PASSWORD),
    (("pgp_sym",), _PGP, PASSWORD),
    (("login ", "login\t"), _NETRC, PASSWORD),
)
# Commands that give a value to a name, and how they go on.
SETTERS = (
    *(
        "setx",
        "setx.exe",
        "setenv",
        "%env",
        "%set_env",
        "configure set",
        "config set",
        "config:set",
        "env set",
    ),
    *("env:set", "secret set", "secrets set", "user-secrets set", "variable set", "git config"),
    *("setenvironmentvariable(", "set -x", "set -gx", "set -ux", "set -lx"),
)
_SET_SOMEWHERE = (
    "setx",
    "setenv",
    "set_env",
    "%env",
    " set ",
    ":set ",
    "set -",
    "git config",
    "mentvariable(",
)
_SET = LazyPattern(
    r"(?i)(?:\s+(?:/m|/s\s+\S+|--\w[\w-]*(?:[ =](?=\S+\s+\S+\s+\S))?|-[a-z]))*\s*"
    r"[\"']?(?P<name>[\w.:/@-]{2,100})[\"']?(?:\s+|\s*,\s*)"
    r"(?:(?:-v|--body|--value)[ =])?[\"']?(?P<value>[^\s\"'$%][^\s\"']{3,400})"
)


def find_in_commands(text: str, lowered: str) -> Iterator[Span]:
    """Spans of secrets; `lowered` is `text` in lower case, of the same length."""
    has_options = holds_one(text, (" -", "'-", '"-', "\t-", " /"))
    for found, pattern, kind in (*OPTIONS, *STATEMENTS) if has_options else STATEMENTS:
        if holds_one(lowered, found):
            yield from in_command(text, pattern, kind)
    if holds_one(lowered, _SET_SOMEWHERE):
        for match in matches_behind(text, lowered, SETTERS, _SET):
            kind = what_name_says(match["name"])
            if kind in (PASSWORD, KEY, TOKEN) and can_be_secret(match["value"], kind):
                yield match.span("value")


def in_command(text: str, pattern: LazyPattern, kind: str) -> Iterator[Span]:
    """Spans of what `pattern` finds, where it can be a secret of this kind."""
    for match in pattern.finditer(text):
        value = match["value"]
        if value[0] not in "-$%<{" and can_be_secret(value, kind):
            yield match.span("value")

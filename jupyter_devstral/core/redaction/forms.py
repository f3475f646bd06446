"""Secrets that show by their own form: provider tokens, private keys, credentials in URLs and headers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..text.lazy_pattern import LazyPattern
from .values import is_placeholder, looks_random

Span = tuple[int, int]

# The start of a run of token characters, also after an escaped newline. Starting only there keeps it linear.
_START = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))"
_END = r"(?![A-Za-z0-9])"


def _token(pattern: str) -> LazyPattern:
    return LazyPattern(_START + pattern + _END)


# Literals of which one must occur (found at memory speed), and the token around it. Open runs are bounded so
# that a hostile text cannot make a search quadratic.
_ROWS: tuple[tuple[str, LazyPattern], ...] = (
    ("sk-", _token(r"sk-(?:proj-|svcacct-|admin-|ant-|or-|lf-)?[A-Za-z0-9_-]{16,300}")),
    ("AKIA", _token(r"AKIA[A-Z0-9]{16}")),
    ("ASIA", _token(r"ASIA[A-Z0-9]{16}")),
    ("ABSK", _token(r"ABSK[A-Za-z0-9+/]{60,280}={0,2}")),
    ("ghp_ gho_ ghu_ ghs_ ghr_", _token(r"gh[pousr]_[A-Za-z0-9]{30,255}")),
    ("github_pat_", _token(r"github_pat_[A-Za-z0-9_]{30,255}")),
    (
        "glpat- gldt- glrt- glcbt- glptt- glft- glimt- glagent- gloas- glsoat-",
        _token(r"gl[a-z]{2,5}-[A-Za-z0-9_.-]{18,300}"),
    ),
    ("xoxa xoxb xoxe xoxo xoxp xoxr xoxs", _token(r"xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{8,250}")),
    ("xapp-", _token(r"xapp-\d-[A-Za-z0-9-]{10,200}")),
    (
        "hooks.slack.com/",
        LazyPattern(r"(?<=hooks\.slack\.com/)(?:services|workflows|triggers)/[A-Za-z0-9/_+-]{20,120}"),
    ),
    ("/api/webhooks/", LazyPattern(r"(?<=/api/webhooks/)\d{10,22}/[\w-]{30,100}")),
    ("webhook.office.com/", LazyPattern(r"(?<=webhook\.office\.com/)webhookb2/[\w@/-]{40,300}")),
    ("AIza", _token(r"AIza[A-Za-z0-9_-]{30,40}")),
    ("ya29.", _token(r"ya29\.[A-Za-z0-9_-]{20,1500}")),
    ("GOCSPX-", _token(r"GOCSPX-[A-Za-z0-9_-]{20,40}")),
    ("1//0", _token(r"1//0[A-Za-z0-9_-]{30,200}")),
    ("hf_", _token(r"hf_[A-Za-z0-9]{20,60}")),
    ("api_org_", _token(r"api_org_[A-Za-z0-9]{30,40}")),
    ("k_live_ k_test_ k_prod_", _token(r"[sr]k_(?:live|test|prod)_[A-Za-z0-9]{10,250}")),
    ("whsec_", _token(r"whsec_[A-Za-z0-9+/=]{20,100}")),
    ("SK", _token(r"SK[0-9a-f]{32}")),
    ("SG.", _token(r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}")),
    ("npm_", _token(r"npm_[A-Za-z0-9]{30,50}")),
    ("pypi-", _token(r"pypi-[A-Za-z0-9_-]{32,1000}")),
    ("rubygems_", _token(r"rubygems_[0-9a-f]{40,60}")),
    ("dapi", _token(r"dapi[0-9a-f]{32}(?:-\d{1,2})?")),
    ("eyJ", _token(r"eyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{8,8000}(?:\.[A-Za-z0-9_-]{0,4000})?")),
    (":AA", _token(r"\d{8,10}:AA[A-Za-z0-9_-]{30,40}")),
    ("dop_v1_ doo_v1_ dor_v1_", _token(r"do[opr]_v1_[0-9a-f]{40,80}")),
    ("shpat_ shpca_ shppa_ shpss_", _token(r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}")),
    ("sq0atp- sq0csp-", _token(r"sq0(?:atp|csp)-[A-Za-z0-9_-]{20,60}")),
    ("key-", _token(r"key-[0-9a-f]{32}")),
    ("-us1 -us2", _token(r"[0-9a-f]{32}-us\d{1,2}")),
    ("NRAK-", _token(r"NRAK-[A-Z0-9]{20,40}")),
    ("PMAK-", _token(r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}")),
    ("lin_api_", _token(r"lin_api_[A-Za-z0-9]{30,60}")),
    ("ntn_", _token(r"ntn_[A-Za-z0-9]{40,60}")),
    ("secret_", _token(r"secret_[A-Za-z0-9]{40,60}")),
    ("pat", _token(r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}")),
    ("gsk_", _token(r"gsk_[A-Za-z0-9]{30,80}")),
    ("pplx-", _token(r"pplx-[A-Za-z0-9]{30,70}")),
    ("r8_", _token(r"r8_[A-Za-z0-9]{30,50}")),
    ("xai-", _token(r"xai-[A-Za-z0-9]{40,120}")),
    ("nvapi-", _token(r"nvapi-[A-Za-z0-9_-]{40,100}")),
    ("tvly-", _token(r"tvly-[A-Za-z0-9_-]{20,60}")),
    ("lsv2_", _token(r"lsv2_(?:pt|sk)_[A-Za-z0-9_]{30,60}")),
    ("pcsk_", _token(r"pcsk_[A-Za-z0-9_]{30,100}")),
    ("fw_", _token(r"fw_[A-Za-z0-9]{20,40}")),
    ("csk-", _token(r"csk-[a-z0-9]{40,60}")),
    ("glsa_", _token(r"glsa_[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}")),
    ("glc_", _token(r"glc_[A-Za-z0-9+/]{32,400}={0,2}")),
    ("hvs.", _token(r"hvs\.[A-Za-z0-9_-]{20,150}")),
    ("atlasv1.", LazyPattern(r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}")),
    ("sntrys_ sntryu_", _token(r"sntry[su]_[A-Za-z0-9+/=_]{40,300}")),
    ("Q~", LazyPattern(r"(?<![\w~.])[\w~.]{3}\dQ~[\w~.-]{31,34}")),
    ("A3T", _token(r"A3T[A-Z0-9]{17}")),
    ("LTAI", _token(r"LTAI[A-Za-z0-9]{16,24}")),
    ("EAA", _token(r"EAA[A-Z][A-Za-z0-9]{80,300}")),
    ("AccountKey=", LazyPattern(r"(?<=AccountKey=)[A-Za-z0-9+/]{40,100}={0,2}")),
    ("SharedAccessKey=", LazyPattern(r"(?<=SharedAccessKey=)[A-Za-z0-9+/]{20,100}={0,2}")),
    ("sig=", LazyPattern(r"(?<=[?&;]sig=)[A-Za-z0-9%+/_=-]{20,120}")),
    ('"key"', LazyPattern(r'(?<="key":")[0-9a-f]{32}(?=")|(?<="key": ")[0-9a-f]{32}(?=")')),  # kaggle.json
    (
        "key=",
        LazyPattern(r"(?<=[?&]key=)[A-Za-z0-9_-]{20,100}(?![\w-])|(?<=\bkey=[\"'])[A-Z0-9]{16}(?=[\"'])"),
    ),
    ("appid=", LazyPattern(r"(?<=[?&]appid=)[0-9a-f]{32}(?![\w-])")),
    ("wandb", LazyPattern(r"(?<=wandb\.login\(key=.)[0-9a-f]{40}|(?<=wandb login )[0-9a-f]{40}")),
)

_TOKENS = tuple((tuple(literals.split()), pattern) for literals, pattern in _ROWS)

# Begins with its rarest part: the search then runs at memory speed.
_DISCORD_TAIL = LazyPattern(r"\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}" + _END)
_DISCORD_HEAD = LazyPattern(r"(?<![A-Za-z0-9_-])[MNO][A-Za-z0-9_-]{23,25}\Z")
_AWS_NEIGHBOUR = LazyPattern(r"""["']([A-Za-z0-9/+]{40})["']""")
_PEM_BEGIN = LazyPattern(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = LazyPattern(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_BODY = LazyPattern(r"(?:[A-Za-z0-9+/=:, -]|\\n|\s){0,6000}")
_USERINFO = LazyPattern(r"[^\s/'\"<>`\\]{1,300}@")
# A password in an address of a database is often not quoted: it may hold a slash.
_DATABASE = LazyPattern(
    r"(?:postgres\w*|mysql|mariadb|mongodb|rediss?|amqps?|mssql|oracle|snowflake|clickhouse|trino)(?:\+\w+)?\Z"
)
_DATABASE_USERINFO = LazyPattern(r"[^\s/'\"<>`\\:]{0,100}:[^\s'\"<>`\\]{1,300}@")
_INTERPOLATED = LazyPattern(r"\{[^}]*\}|\$\{?\w+\}?|%\(\w+\)s|%s")
_HEADER = LazyPattern(
    r"(?i)authorization[\"']?\s{0,3}[:=,\]]{1,3}\s{0,3}[bfru]{0,2}[\"']?"
    r"(?P<scheme>(?:basic|bearer|token|apikey|api-key|negotiate|digest)\s+)?(?P<value>[A-Za-z0-9._~+/=:|-]{8,4000})"
)
_BEARER = LazyPattern(r"\b(?:[Bb]earer|BEARER|Basic)\s{1,3}(?P<value>[A-Za-z0-9._~+/=-]{8,4000})")


def find_tokens(text: str) -> Iterator[Span]:
    """Spans in `text` that are secrets by their own form, in no particular order; they may overlap."""
    for literals, pattern in _TOKENS:
        if any(literal in text for literal in literals):
            for match in pattern.finditer(text):
                if _is_live(match.group()):
                    yield match.span()
    yield from _discord_tokens(text)
    if "AKIA" in text or "ASIA" in text:
        yield from _aws_neighbours(text)
    if "PRIVATE KEY" in text:
        yield from _private_keys(text)
    if "://" in text:
        yield from _url_credentials(text)
    yield from _headers(text)


def _is_live(token: str) -> bool:
    """Not `sk-your-key-here`, `ghp_xxxxxxxx` or a word such as `sk-learn-contrib-project`."""
    body = token.partition("_" if "_" in token[:5] else "-")[2] or token
    return len(set(body)) > 4 and looks_random(body) and not is_placeholder(body)


def _discord_tokens(text: str) -> Iterator[Span]:
    for match in _DISCORD_TAIL.finditer(text):
        before = max(0, match.start() - 27)
        head = _DISCORD_HEAD.search(text[before : match.start()])
        if head:
            yield before + head.start(), match.end()


def _aws_neighbours(text: str) -> Iterator[Span]:
    """The secret key standing near an AWS key id."""
    for key_id in re.finditer(r"(?:AKIA|ASIA)[A-Z0-9]{16}", text):
        match = _AWS_NEIGHBOUR.search(text, key_id.end(), key_id.end() + 160)
        if match and looks_random(match.group(1)):
            yield match.span(1)


def _private_keys(text: str) -> Iterator[Span]:
    done = 0
    end = _PEM_END.search(text)
    for begin in _PEM_BEGIN.finditer(text):
        if begin.start() < done:
            continue
        if end and end.start() < begin.end():
            end = _PEM_END.search(text, begin.end())
        body = _PEM_BODY.match(text, begin.end())
        done = body.end() if body else begin.end()
        if end and end.start() - begin.end() < 20_000:
            done = end.end()
        if done > begin.end() + 30:
            yield begin.start(), done


def _url_credentials(text: str) -> Iterator[Span]:
    """`user:password` of every URL, and the password alone, which may be printed elsewhere."""
    at = text.find("://")
    while at >= 0:
        is_database = _DATABASE.search(text[max(0, at - 30) : at])
        match = (_DATABASE_USERINFO if is_database else _USERINFO).match(text, at + 3)
        if match and at and text[at - 1].isalnum():
            start, end = at + 3, match.end() - 1
            yield from _userinfo(text, start, end)
        at = text.find("://", at + 3)


def _userinfo(text: str, start: int, end: int) -> Iterator[Span]:
    user, colon, password = text[start:end].partition(":")
    if not colon:
        if len(user) >= 16 and looks_random(user) and not _INTERPOLATED.search(user):
            yield start, end  # https://<token>@host, Sentry's DSN
        return
    if _INTERPOLATED.fullmatch(password) or is_placeholder(password) or not password:
        return
    yield start, end
    if len(password) >= 4 and password != user and not password.isdigit():
        yield end - len(password), end


def _headers(text: str) -> Iterator[Span]:
    if "uthorization" in text or "UTHORIZATION" in text:
        for match in _HEADER.finditer(text):
            value = match["value"]
            if not is_placeholder(value) and len(set(value)) > 4 and (match["scheme"] or looks_random(value)):
                yield match.span("value")
    if "earer" in text or "BEARER" in text or "Basic" in text:
        for match in _BEARER.finditer(text):
            if looks_random(match["value"]) and not is_placeholder(match["value"]):
                yield match.span("value")

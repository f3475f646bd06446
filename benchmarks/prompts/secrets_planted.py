"""Secrets planted where notebooks keep them: how many reach a request.

A few in a real kernel; all the samples of the redaction's tests over a route that leaves this machine.
"""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.kernel.connected import kernel
from benchmarks.row import Row
from tests.support.planted_secrets import planted, sent_over_a_route
from tests.support.scripted.server import ScriptedOllama

# Made up, in the shape of real ones; the parts are joined so that no scanner takes this file for a leak.
OPENAI = "sk-proj-" + "Zq8vT3nX0aLk2Jw5RbYcHd7MfPsUe1GiOtBzNxKj"
GITHUB = "ghp_" + "R7mWq2Lx9Tz4Kc8Vb1Nd6Hf3Js5Pg0YaEuIo"
AWS = "AKIA" + "Q3EGRZ7WXT5BNVLM"
PASSWORD = "tr0ub4dor-" + "and-3-horses"
DSN = "postgresql://ana:" + "s3cr3t-Pa55" + "@db.internal:5432/sales"
JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk8"

CELLS = (
    f"import os\nopenai_key = {OPENAI!r}\nos.environ['GITHUB_TOKEN'] = {GITHUB!r}",
    f"print('using', {AWS!r})\nprint('Authorization: Bearer ' + {JWT!r})",
    f"settings = {{'user': 'ana', 'password': {PASSWORD!r}}}\ndsn = {DSN!r}",
    "raise RuntimeError('cannot connect to ' + dsn)",
)
SECRETS = {
    "source": OPENAI,
    "environment": GITHUB,
    "output": AWS,
    "header in an output": JWT,
    "variable": PASSWORD,
    "traceback": "s3cr3t-Pa55",
}


def run(shared: Path | None) -> list[Row]:
    """Both rows."""
    return [_in_a_kernel(), _over_a_route(shared)]


def _over_a_route(shared: Path | None) -> Row:
    samples = planted(shared)
    leaks = sent_over_a_route(samples)
    names = " ".join(secret[:12] for secret, _ in leaks[:5])
    return Row(
        "secrets of all sets sent over a remote route",
        f"{len(leaks)} {names}".strip(),
        f"{sum(len(sample.secrets) for sample in samples)} planted in {len(samples)} notebooks",
        "0",
        not leaks,
    )


def _in_a_kernel() -> Row:
    """One request after the cells ran; everything that was sent is searched."""
    with ScriptedOllama(replies=["ok"] * 2) as server, kernel(server.url) as k:
        for cell in CELLS:
            k.run(cell)
        k.run("%%devstral ask -v settings -v dsn -v openai_key\nwhy did the last cell fail? @settings @dsn")
        k.run(f"%%devstral ask\nmy password is password={PASSWORD!r}, is that a good one?")
        sent = json.dumps([request.body for request in server.requests])
    leaked = [place for place, secret in SECRETS.items() if secret in sent]
    asked = sent.count('"messages"')
    return Row(
        "planted secrets that reach a request",
        f"{len(leaked)} {' '.join(leaked)}".strip(),
        f"{len(SECRETS)} planted, {asked} requests",
        "0",
        not leaked and asked >= 2,
    )

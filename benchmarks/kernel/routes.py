"""A route of the OpenAI dialect: what we add over raw httpx, and how much of a session its server had cached.

The first visible token of a warm shell against one `httpx.Client` that sends the same bytes to the same
server, which is kept open; both in processes of their own, in turn. The server counts as its cache would: by
prefix.
"""

from __future__ import annotations

import json
import statistics
from itertools import pairwise
from pathlib import Path

from benchmarks.kernel.first_token import SHELL, fresh
from benchmarks.row import Row
from tests.support.scripted.openai_server import ScriptedV1

RUNS = 9
CALLS = "12"
STEPS = 10
SETTINGS = """
route = {"here": {"address": url, "model": "devstral-2"}}
shell.run_cell(f"%config DevstralConfig.routes = {route!r}")
shell.run_cell("%devstral route here")
"""
_CONFIG = 'shell.run_cell(f"%config DevstralConfig.host = {url!r}")'
ROUTED = SHELL.replace(_CONFIG, SETTINGS)

RAW = """
import json, sys, time
import httpx
url, body, calls = sys.argv[1], open(sys.argv[2], "rb").read(), int(sys.argv[3])
client = httpx.Client(trust_env=False)
times = []
for call in range(calls):
    start = time.perf_counter()
    headers = {"content-type": "application/json"}
    with client.stream("POST", url + "/chat/completions", content=body, headers=headers) as answer:
        for line in answer.iter_lines():
            if "first" in line:
                times.append(time.perf_counter() - start)
print(json.dumps(times))
"""

SESSION = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
url, steps = sys.argv[1], int(sys.argv[2])
shell = InteractiveShell.instance()
shell.run_cell("%load_ext jupyter_devstral")
SETTINGS
session = shell.magics_manager.registry["DevstralMagics"].session
shares = []
for step in range(steps):
    shell.run_cell(f"value_{step} = {step}", store_history=True)
    shell.run_cell(f"%%devstral ask\\nwhat about {step}?", store_history=True)
    usage = session.last.usage
    shares.append((usage.cached_tokens, usage.prompt_tokens))
print(json.dumps(shares))
""".replace("SETTINGS", SETTINGS)


def run(shared: Path | None) -> list[Row]:
    """Both rows."""
    return [_first_token(), _cached_share()]


def _first_token() -> Row:
    body_file = Path("bench-output")
    body_file.mkdir(exist_ok=True)
    body_file /= "route_body.json"
    pairs = []
    with ScriptedV1(["first second third"]) as server:
        fresh(ROUTED, server.url, "2")
        body_file.write_text(json.dumps(server.chats[-1].body))
        for _ in range(RUNS):
            ours = fresh(ROUTED, server.url, CALLS)
            theirs = fresh(RAW, server.url, str(body_file), CALLS)
            pairs.append((statistics.median(ours[2:]), statistics.median(theirs[2:])))
    added = statistics.median(ours - theirs for ours, theirs in pairs) * 1000
    ours, theirs = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
    return Row(
        "first visible token over a route",
        f"{added:+.1f} ms ({ours:.1f} ms)",
        f"raw httpx client: {theirs:.1f} ms; median of {RUNS}",
        "<= 5 ms",
        added <= 5,
    )


def _cached_share() -> Row:
    with ScriptedV1([f"Answer {n}: it is fine." for n in range(STEPS)]) as server:
        shares = fresh(SESSION, server.url, str(STEPS))
    # What the server had not cached of a step's prompt, against what stood in the prompt before it.
    again = [before[1] - now[0] for before, now in pairwise(shares)]  # type: ignore[index]
    cached = sum(now[0] for now in shares[1:]) / sum(now[1] for now in shares[1:])  # type: ignore[index]
    return Row(
        f"session of {STEPS} questions over a route",
        f"{cached:.0%} of the prompts cached; {max(again)} tokens read again",
        "the prompt before",
        "<= 40 tokens a step",
        max(again) <= 40,
    )

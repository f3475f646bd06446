"""The first visible token, with an instant server: what we add over a client that sends the same bytes.

Later calls: a warm shell against a raw `http.client` connection that is kept open. First call: a fresh
process that loaded the extension against an equally fresh process with a bare `ollama.Client` (import and
construction counted on both sides; asyncio, which kernels and terminals have, on none).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.row import Row
from tests.support.scripted.server import ScriptedOllama

RUNS = 9

# The shell's display publisher is what a front-end would see: the first visible token is the first update
# with the answer's first word.
SHELL = """
import asyncio, json, sys, time
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.displaypub import DisplayPublisher
url, calls = sys.argv[1], int(sys.argv[2])
seen = []
class Publisher(DisplayPublisher):
    is_publishing = True
    def publish(self, data, metadata=None, **kwargs):
        if "first" in str(data.get("text/markdown", "")):
            seen.append(time.perf_counter())
class Shell(InteractiveShell):
    display_pub_class = Publisher
    kernel = object()
shell = Shell.instance()
shell.display_pub = Publisher(parent=shell)
shell.run_cell("%load_ext jupyter_devstral")
shell.run_cell(f"%config DevstralConfig.host = {url!r}")
times = []
for call in range(calls):
    seen.clear()
    start = time.perf_counter()
    shell.run_cell_magic("devstral", "ask", f"question {call}")
    times.append(seen[0] - start)
print(json.dumps(times))
"""

# Sends a body that the shell sent before, so that both read and write the same bytes.
BARE = """
import asyncio, json, sys, time
url, body = sys.argv[1], json.load(open(sys.argv[2]))
start = time.perf_counter()
import ollama
client = ollama.Client(url)
sent = {name: body[name] for name in ("model", "messages", "options")}
for chunk in client.chat(stream=True, **sent):
    print(json.dumps(time.perf_counter() - start)); break
"""

RAW = """
import http.client, json, sys, time
url, body, calls = sys.argv[1], open(sys.argv[2], "rb").read(), int(sys.argv[3])
host = url.split("//")[1]
connection = http.client.HTTPConnection(host)
times = []
for call in range(calls):
    start = time.perf_counter()
    connection.request("POST", "/api/chat", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    json.loads(answer.readline())
    times.append(time.perf_counter() - start)
    answer.read()
print(json.dumps(times))
"""


def fresh(script: str, *args: str) -> list[float]:
    """The numbers on the last line that a fresh process prints."""
    done = subprocess.run(
        [sys.executable, "-c", script, *args], capture_output=True, text=True, timeout=120, check=True
    )
    numbers = json.loads(done.stdout.strip().splitlines()[-1])
    return numbers if isinstance(numbers, list) else [numbers]


def run(shared: Path | None) -> list[Row]:
    """Processes in turn, medians."""
    body_file = Path("bench-output")
    body_file.mkdir(exist_ok=True)
    body_file /= "first_token_body.json"
    with ScriptedOllama(replies=lambda messages, body: ["first ", "second ", "third"]) as server:
        fresh(SHELL, server.url, "2")
        body_file.write_text(json.dumps([r for r in server.requests if r.path == "/api/chat"][-1].body))
        first, later = [], []
        for _ in range(RUNS):
            shell = fresh(SHELL, server.url, "12")
            bare, raw = fresh(BARE, server.url, str(body_file)), fresh(RAW, server.url, str(body_file), "12")
            first.append((shell[0], bare[0]))
            later.append((statistics.median(shell[2:]), statistics.median(raw[2:])))
    rows = []
    for name, pairs, bar in (("first call", first, 15), ("later calls", later, 5)):
        added = statistics.median(ours - theirs for ours, theirs in pairs) * 1000
        ours, theirs = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
        other = "bare ollama.Client" if name == "first call" else "raw client"
        rows.append(
            Row(
                f"first visible token, {name}",
                f"{added:+.1f} ms ({ours:.1f} ms)",
                f"{other}: {theirs:.1f} ms; median of {RUNS}",
                f"<= {bar} ms",
                added <= bar,
            )
        )
    return rows

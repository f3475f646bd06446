"""The JSON between server and browser, held by files that the TypeScript tests read as well.

`DEVSTRAL_REWRITE_GOLDEN=1` writes them anew.
"""

import json
import os
import re
from pathlib import Path

import pytest

from tests.server.conftest import code, question

GOLDEN = Path(__file__).parents[1] / "golden" / "server"
REPLY = "Like this:\n\n[cell 1]\n```python\nprint(x + 1)\n```\n"


def settled(value, key=""):
    """Without what differs from run to run: times, ports, speeds, and estimates, which answers correct."""
    if isinstance(value, dict):
        return {name: settled(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [settled(one) for one in value]
    if key == "tokens":
        return 17 if value > 0 else value
    if key.endswith("_seconds"):
        return 0.5
    if key == "host":
        return "http://127.0.0.1:11434"
    if key == "receipt":
        return re.sub(r"first token [\d.]+ s · \d+ tokens/s", "first token 0.5 s · 34 tokens/s", value)
    return value


def chat(client):
    records = client.ask(question="one more", target="b")
    whole = "".join(record["text"] for record in records if record["type"] == "text")
    kept = [record for record in records if record["type"] in ("sent", "done")]
    return [kept[0], {"type": "phase", "text": "preparing"}, {"type": "text", "text": whole}, kept[1]]


MADE = {
    "chat": chat,
    "prompt": lambda client: client.http.post("prompt", json=question(cells=[code("a", "x = 3")])).json(),
    "status": lambda client: client.get("status"),
    "no-model": lambda client: client.get("status", model="other"),
}


@pytest.mark.parametrize("name", sorted(MADE))
def test_the_json_is_the_one_that_the_browser_was_tested_with(client, ollama, name):
    ollama.replies = [REPLY]
    path = GOLDEN / f"{name}.json"
    made = settled(MADE[name](client))
    if os.environ.get("DEVSTRAL_REWRITE_GOLDEN"):
        GOLDEN.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert made == json.loads(path.read_text(encoding="utf-8"))

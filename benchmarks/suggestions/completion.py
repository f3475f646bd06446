"""Suggestions at the cursor, with a scripted model: what we add, what is read anew, what never happens."""

from __future__ import annotations

import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from benchmarks.row import Row
from benchmarks.suggestions.completion_lines import Line, lines
from jupyter_devstral.core.completion.asking import prepare, why_not_asked
from jupyter_devstral.core.completion.families import QWEN, Inserting
from jupyter_devstral.core.completion.place import Place
from jupyter_devstral.core.completion.trimming import offer
from jupyter_devstral.core.model.token_estimate import estimate_tokens
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.redaction.redactor import Redactor
from tests.support.jupyter.server import JupyterServer
from tests.support.models.model_cards import devstral_card, fim_card
from tests.support.scripted.engine import Script
from tests.support.scripted.server import ScriptedOllama

_KEYS = 150
_SECRET = "sk-proj-" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA2cD4fG6hJ8"


def run(shared_data: Path | None) -> list[Row]:
    """The rows of server and core; the page's are in `completion_page`."""
    chosen = lines(shared_data, 60) if shared_data else []
    return [
        *_over_http(),
        *(_uncached(chosen) if chosen else [Row("uncached tokens per key", "", "", "", None)]),
        _prompt_build(),
        *(_nothing_twice(chosen) if chosen else []),
    ]


def _over_http() -> list[Row]:
    with _served() as (server, client):
        direct, ours = _times(server, client)
        p50, p95 = statistics.median(ours) - statistics.median(direct), _p95(ours) - _p95(direct)
        added = f"p50 {p50:.1f} ms, p95 {p95:.1f} ms"
        closed = [_closing(server, client, n) for n in range(15)]
        sent, later, alone = _beside_a_chat(server, client)
        secrets = _secrets(server, client)
    return [
        Row("added by the server", added, "the scripted model alone", "≤ 5, ≤ 15 ms", p50 <= 5 and p95 <= 15),
        Row(
            "newer key → the model sees the old one closed",
            f"{max(closed):.0f} ms",
            "",
            "≤ 20 ms",
            max(closed) <= 20,
        ),
        Row("completions sent while a chat streams", str(sent), "", "0", sent == 0),
        Row(
            "chat's first text later",
            f"{later - alone:.0f} ms",
            "without suggestions",
            "≤ 20 ms",
            later - alone <= 20,
        ),
        Row("secrets sent, placeholders inserted", str(secrets), "", "0", secrets == 0),
    ]


@contextmanager
def _served() -> Iterator[tuple[ScriptedOllama, httpx.Client]]:
    """A Jupyter server over a scripted model, both idle."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ScriptedOllama(models=[devstral_card(), fim_card()]) as server,
    ):
        config = f"c.DevstralConfig.host = {server.url!r}\n"
        with JupyterServer(Path(folder), config, app="jupyter_server") as jupyter:
            headers = {"Authorization": f"token {jupyter.token}"}
            url = f"{jupyter.url}/jupyter-devstral/"
            with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
                server.replies = ["head()"]
                client.get("complete")
                yield server, client


def _key(source: str, **more: Any) -> dict[str, Any]:
    key = {
        "protocol": 1,
        "path": "a.ipynb",
        "kernel_id": "",
        "language": "python",
        "cell": "b",
        "others": "",
        "runs": 0,
    }
    return {**key, "source": source, "offset": len(source), "is_cut": False, "place": "code", **more}


def _times(server: ScriptedOllama, client: httpx.Client) -> tuple[list[float], list[float]]:
    """Milliseconds of the same request to the model itself, and through us; alternating."""
    direct, ours = [], []
    with httpx.Client(timeout=30) as alone:
        for number in range(_KEYS):
            source = f"value = frame.column_{number}."
            ours.append(_milliseconds(lambda s=source: client.post("complete", json=_key(s))))
            body = server.completions[-1].body
            direct.append(_milliseconds(lambda b=body: alone.post(f"{server.url}/api/generate", json=b)))
    return direct[10:], ours[10:]


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1e3


def _closing(server: ScriptedOllama, client: httpx.Client, number: int) -> float:
    """Milliseconds from a newer key to the moment when the model's side sees the older one closed."""
    server.replies = [Script(["a"] * 500, delay=0.005)]
    server.forget()
    older = threading.Thread(target=lambda: client.post("complete", json=_key(f"old_{number} = ")))
    older.start()
    assert server.wait_for(lambda: bool(server.completions) and server.completions[0].lines > 2)
    server.replies = ["head()"]
    pressed = time.monotonic()
    client.post("complete", json=_key(f"old_{number} = n"))
    older.join()
    assert server.wait_for(lambda: server.completions[0].closed_at is not None)
    return ((server.completions[0].closed_at or pressed) - pressed) * 1e3


def _beside_a_chat(server: ScriptedOllama, client: httpx.Client) -> tuple[int, float, float]:
    """Completions sent while chats streamed; milliseconds to a chat's first text, with them and without."""
    reply = Script(["word "] * 60, delay=0.01)
    slow = Script(["a"] * 500, delay=0.005)
    server.replies = lambda messages, body: slow if "raw" in body else reply
    first_texts: dict[bool, list[float]] = {True: [], False: []}
    sent = 0
    for number in range(16):
        busy = number % 2 == 0
        server.forget()
        stop = threading.Event()
        typing = threading.Thread(target=_type, args=(client, stop)) if busy else None
        if typing is not None:
            typing.start()
            server.wait_for(lambda: bool(server.completions) and server.completions[-1].lines > 2)
        first_texts[busy].append(_first_text(client))
        begun, ended = server.chats[-1].started_at, server.chats[-1].finished_at or time.monotonic()
        sent += sum(begun < each.started_at < ended for each in server.completions)
        stop.set()
        if typing is not None:
            typing.join()
    return sent, statistics.median(first_texts[True]), statistics.median(first_texts[False])


def _type(client: httpx.Client, stop: threading.Event) -> None:
    number = 0
    while not stop.is_set():
        number += 1
        client.post("complete", json=_key(f"typed_{number} = "))
        time.sleep(0.03)


def _first_text(client: httpx.Client) -> float:
    """Milliseconds to the first text of a chat, which is then read to its end."""
    question = {
        "protocol": 1,
        "task": "chat",
        "question": "why?",
        "path": "",
        "language": "python",
        "cells": [],
    }
    started, first = time.perf_counter(), 0.0
    with client.stream("POST", "chat", json=question) as response:
        for line in response.iter_lines():
            if not first and json.loads(line)["type"] == "text":
                first = (time.perf_counter() - started) * 1e3
    return first


def _secrets(server: ScriptedOllama, client: httpx.Client) -> int:
    server.forget()
    server.replies = ["connect('<SECRET_1>')"]
    inserted = 0
    cells = [{"id": "b", "cell_type": "code", "source": "", "metadata": {}}]
    cells.insert(0, {"id": "a", "cell_type": "code", "source": f"api_key = '{_SECRET}'", "metadata": {}})
    push = {"protocol": 1, "path": "a.ipynb", "language": "python", "others": "s", "cells": cells}
    client.post("complete/cells", json=push).raise_for_status()
    for source in (f"x = '{_SECRET}'\ny = ", "api_key.", f"client = Client('{_SECRET}', "):
        answer = client.post("complete", json=_key(source, others="s")).json()
        inserted += "SECRET" in answer["text"]
    return inserted + sum(_SECRET in json.dumps(each.body) for each in server.completions)


def _uncached(chosen: list[Line]) -> list[Row]:
    """Tokens behind the common beginning of one prompt and the next, by the project's own estimate."""
    within, moves = [], []
    for line in chosen:
        before = _prompt(line, line.offset)
        for typed in range(1, min(len(line.truth), 30)):
            after = _prompt(line, line.offset, line.truth[:typed])
            within.append(_new_tokens(before, after))
            before = after
        moved = _next_cell(line)
        if moved is not None:
            moves.append(_new_tokens(before, moved))
    median, p95, mean = statistics.median(within), _p95(within), statistics.mean(moves)
    held = median <= 2 and p95 <= 8
    return [
        Row(
            f"uncached tokens per key, {len(within)} keys",
            f"median {median:.0f}, p95 {p95:.0f}",
            "",
            "≤ 2, ≤ 8",
            held,
        ),
        Row(f"at the first key of the next cell, {len(moves)}", f"mean {mean:.0f}", "", "≤ 40", mean <= 40),
    ]


def _prompt(line: Line, offset: int, typed: str = "") -> str:
    source = line.cell.source + typed
    cell = Cell(line.cell.id, line.cell.index, "code", source)
    notebook = Notebook((*line.notebook.cells[:-1], cell))
    return _asked(notebook, cell, len(source))


def _next_cell(line: Line) -> str | None:
    """The prompt at the first key of a further cell, the line having been written to its end."""
    whole = Cell(line.cell.id, line.cell.index, "code", line.cell.source + line.truth)
    cell = Cell("next", whole.index + 1, "code", "r")
    return _asked(Notebook((*line.notebook.cells[:-1], whole, cell)), cell, 1)


def _asked(notebook: Notebook, cell: Cell, offset: int) -> str:
    return prepare(notebook, cell, Place(cell.source, offset), Inserting(QWEN), model="m").request.prompt


def _new_tokens(before: str, after: str) -> int:
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    return estimate_tokens(after[same:])


def _prompt_build() -> Row:
    """Time to decide and to build, at every key at the end of a notebook of 1,000 cells."""
    text = Path(__file__).read_text(encoding="utf-8")
    cells = [Cell(f"c{n}", n, "code", text[n * 7 % 9000 :][: 200 + n % 600]) for n in range(999)]
    redactor, times = Redactor(), []
    for number in range(300):
        source = text[:5000] + "\nresult = frame.column"[: 2 + number % 20] + str(number)
        cell = Cell("here", 999, "code", source)
        notebook = Notebook((*cells, cell))
        # Of this thread: a machine that is busy with something else makes no prompt longer.
        started = time.thread_time()
        place = Place(source, len(source))
        why_not_asked(place, notebook, cell)
        prepare(notebook, cell, place, Inserting(QWEN), model="m", redactor=redactor)
        times.append((time.thread_time() - started) * 1e3)
    p95 = _p95(times[20:])
    return Row("prompt build, 1,000 cells (processor time)", f"p95 {p95:.1f} ms", "", "≤ 3 ms", p95 <= 3)


def _nothing_twice(chosen: list[Line]) -> list[Row]:
    """Answers that say again what stands below, or the rest of the line; cursors in comments and strings."""
    repeated = 0
    for line in chosen:
        for source, reply in (
            (line.cell.source + "\n" + line.truth + "\nlast()", line.truth + "\n" + line.truth),
            (line.cell.source + line.truth, line.truth),
        ):
            place = Place(source, line.offset)
            text = offer(reply, place).text
            below = {each.strip() for each in place.below.split("\n") if len(each.strip()) > 3}
            repeated += any((place.head + each).strip() in below for each in text.split("\n")[:1])
            repeated += bool(place.rest.strip()) and text.endswith(place.rest.strip())
    asked = 0
    for line in chosen:
        words = line.truth.translate({ord(quote): "_" for quote in "\"'"})
        for wrapped in (f"# {words}", f"x = '{words}", f'"""\n{words}'):
            cell = Cell("a", 0, "code", wrapped)
            asked += not why_not_asked(Place(wrapped, len(wrapped)), Notebook((cell,)), cell)
    return [
        Row(
            f"suggestions that repeat what stands there, {2 * len(chosen)}",
            str(repeated),
            "",
            "0",
            repeated == 0,
        ),
        Row(f"asked in comments and strings, {3 * len(chosen)}", str(asked), "", "0", asked == 0),
    ]


def _p95(values: list[float] | list[int]) -> float:
    return sorted(values)[int(len(values) * 0.95)]

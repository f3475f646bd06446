"""Every set of made-up secrets, planted in notebooks and sent over a route that leaves this machine."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jupyter_devstral.core.model.server import Wishes
from jupyter_devstral.core.notebook.cells import Cell, Notebook, Output
from jupyter_devstral.core.redaction.redactor import Redactor, find_secrets
from jupyter_devstral.core.request.tasks import Request, Task
from jupyter_devstral.core.settings.config import DevstralConfig
from jupyter_devstral.session.session import Session
from tests.core.redaction.secret_rules import FORMS, MARKED, made_from, samples_of_kinds
from tests.core.redaction.secret_samples import NAMED, PLAIN
from tests.support.scripted.openai_server import ScriptedV1

_WORD = re.compile(r"[A-Za-z0-9_+/.-]{9,}")


@dataclass(frozen=True)
class Planted:
    """A piece of a notebook, and the secrets in it."""

    text: str
    secrets: tuple[str, ...]


def planted(shared: Path | None) -> list[Planted]:
    """All samples; with the folder of recorded data also those that once leaked."""
    found = [Planted(f'client = Client("{secret}")', (secret,)) for secret in PLAIN]
    found += [Planted(sample.source, (sample.secret,)) for sample in NAMED]
    found += [
        Planted(MARKED.sub(r"\1", marked), tuple(MARKED.findall(marked))) for _, marked in samples_of_kinds()
    ]
    for prefixes, rest in FORMS:
        for prefix in prefixes.split():
            token = prefix + made_from(rest)
            found.append(Planted(f'x = "{token}"', (token,)))
    if shared is not None:
        leaked = (shared / "faults" / "secrets-leaking.txt").read_text(encoding="utf-8").splitlines()
        found += [
            Planted(text, (_WORD.findall(text)[-1],)) for *_, text in (line.split("\t") for line in leaked)
        ]
    return found


def sent_over_a_route(samples: Sequence[Planted]) -> list[tuple[str, str]]:
    """Ask about each sample in a notebook of its own; each secret that was sent, with its sample.

    The route may receive all there is, and redaction is switched off in the settings.
    """
    with ScriptedV1(["Fine."]) as server:
        route = {**server.far_away, "send": ["source", "schemas", "outputs", "files"]}
        config = DevstralConfig(routes={"far": route}, allow_remote=True, redact=False)
        session = Session(config)
        leaks = []
        for sample in samples:
            before = len(server.requests)
            assistant = session.assistant_for(session.model(Wishes(route="far")), Redactor())
            for _ in assistant.reply(_request(sample)):
                pass
            seen = [json.dumps([one.headers, one.body]) for one in server.requests[before:]]
            assert any("Why is that?" in text for text in seen)
            leaks += [
                (secret, sample.text)
                for secret in sample.secrets
                if any(json.dumps(secret)[1:-1] in text for text in seen)
            ]
        assert server.complaints == []
        return leaks


def _request(sample: Planted) -> Request:
    """A cell with the sample, one that printed its secrets, and the sample quoted in the question.

    What is hidden as a part of something longer is printed with that: nobody prints a part of a secret.
    """
    whole = {found.text for found in find_secrets(sample.text)}
    alone = [secret for secret in sample.secrets if secret in whole]
    printed = "".join(f"the server said: {secret}\n" for secret in alone) or sample.text
    cells = (
        Cell("one", 0, "code", sample.text),
        Cell("two", 1, "code", "ask()", (Output("stream", printed),)),
    )
    return Request(Task.ASK, f"Why is that?\n{sample.text}", Notebook(cells), scope="notebook")

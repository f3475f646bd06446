"""What `%devstral status`, `models` and `doctor` say, as Markdown; quick, also when nothing answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from ..core.errors import DevstralError, NoServer
from ..core.text.amounts import size_text
from ..core.text.markdown import inline_code, prose, table
from ..session.model_choice import is_stand_in

if TYPE_CHECKING:
    from ..core.model.server import ModelServer
    from .session import ShellSession

T = TypeVar("T")
PATIENCE = 2.5


def within(seconds: float, ask: Callable[[], T]) -> T:
    """What `ask` returns or raises; `NoServer` when it takes longer than `seconds`."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(ask())
        except DevstralError as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="devstral-status", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise NoServer(f"The model server did not answer within {seconds:g} seconds.")
    return results[0]


def status_text(session: ShellSession) -> str:
    """The model, its host and window, and what the next prompt may hold."""
    config = session.config
    try:
        model, rows = within(PATIENCE, lambda: _server_rows(session))
        name = model.name
    except DevstralError as error:
        name, rows = config.model, [("host", inline_code(config.host)), ("server", prose(str(error)))]
    stand_in = ": a small stand-in model, not Devstral" if is_stand_in(config) else ""
    notebook = session.context.notebook()
    factor = session.estimate(name).factor
    remote = "allowed" if config.allow_remote else "refused"
    everything = [
        ("model", inline_code(name)),
        ("engine", config.engine + stand_in),
        *rows,
        ("context", f"{config.context}: {len(notebook.cells)} cells are known"),
        ("token estimate", f"× {factor:.2f}" + (" (corrected by answers)" if factor != 1 else "")),
        ("redaction", "on" if config.redact else "off"),
        ("other hosts", f"{remote} (`DevstralConfig.allow_remote = {config.allow_remote}`)"),
    ]
    return table(["", "Devstral"], everything)


def _server_rows(session: ShellSession) -> tuple[ModelServer, list[tuple[str, str]]]:
    model = session.model()
    version = model.version()
    running = model.loaded_as(model.running(), model.models())
    window = model.window()
    rows = [
        ("host", inline_code(model.host)),
        ("server", f"{model.kind} {prose(version)}"),
        ("window", f"{window.tokens:,} tokens ({window.source})"),
    ]
    if running is None:
        rows.append(("loaded", "no: the first answer waits for that"))
    else:
        rows.append(("loaded", f"yes, {running.gpu_share:.0%} of {size_text(running.size)} on the GPU"))
    return model, rows


def models_text(session: ShellSession) -> str:
    """The server's models as a table; `*` marks the current one."""
    model = session.model()
    models = within(PATIENCE * 2, model.models)
    if not models:
        return f"The server at {inline_code(model.host)} has no models: `%devstral pull {model.name}`"
    current = model.named(models)
    rows = [
        (
            "*" if info is current else "",
            inline_code(info.name) + (" (remote)" if info.remote else ""),
            size_text(info.size),
            f"{info.context_length:,}" if info.context_length else "",
            ", ".join(prose(one) for one in info.capabilities),
        )
        for info in models
    ]
    return table(["", "model", "size", "window", "capabilities"], rows)


def doctor_text(session: ShellSession) -> str:
    """What works, what does not, and the next step."""
    from ..core.doctor import examine

    marks = {True: "✓", False: "✗", None: "·"}
    lines = []
    for finding in examine(session.config):
        step = f"  \n  → {prose(finding.next_step)}" if finding.next_step else ""
        lines.append(f"- {marks[finding.ok]} {prose(finding.text)}{step}")
    return "\n".join(lines)


def switch_model(session: ShellSession, name: str) -> str:
    """Use another model from now on; says so when the server does not have it."""
    if not name:
        return f"The model is {inline_code(session.model().name)}. Another one: `%devstral model NAME`"
    session.config.model = name
    said = f"From now on {inline_code(name)} answers."
    if is_stand_in(session.config):
        return said + f" With `DevstralConfig.engine = {session.config.engine!r}` this setting is not used."
    try:
        model = session.model()
        models = within(PATIENCE, model.models)
    except DevstralError as error:
        return f"{said} Whether the server has it could not be checked: {prose(str(error))}"
    if model.named(models) is None:
        return f"{said} The server does not have it yet: `%devstral pull {name}`"
    return said

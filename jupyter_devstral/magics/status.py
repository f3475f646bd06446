"""The Markdown of `%devstral status`, `models` and `doctor`; quick even when nothing answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from ..core.errors import DevstralError, NoServer, UsageError
from ..core.request.tasks import RULES_BYTES
from ..core.settings.policy import LOCAL
from ..core.text.amounts import size_text
from ..core.text.markdown import code_block, inline_code, prose, table
from ..core.text.typed import typed
from ..session.locks import locks
from ..session.model_choice import is_stand_in
from ..session.route_facts import route_facts

if TYPE_CHECKING:
    from ..core.model.examination import Finding
    from ..core.model.server import ModelServer
    from ..core.request.command import Command
    from ..session.rules import RulesFile
    from .session import ShellSession

T = TypeVar("T")
PATIENCE = 2.5


def within(seconds: float, ask: Callable[[], T]) -> T:
    """Return or raise what `ask` does. Raises NoServer when that takes longer than `seconds`."""
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
    """Describe the model, its host and window, and what the next prompt may hold."""
    config = session.config
    try:
        model, rows = within(PATIENCE, lambda: _server_rows(session))
        name = model.name
    except DevstralError as error:
        name, rows = config.model, [("host", inline_code(_host(session))), ("server", prose(str(error)))]
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
    if session.route != LOCAL:
        everything.insert(0, ("route", inline_code(session.route)))
    everything += [(name, prose(text)) for name, text in locks(config)]
    return table(["", "Devstral"], everything)


def _host(session: ShellSession) -> str:
    """The address of the chosen route, as far as it can be known."""
    try:
        return session.model(start=False).host
    except DevstralError:
        return session.config.host


def _server_rows(session: ShellSession) -> tuple[ModelServer, list[tuple[str, str]]]:
    model = session.model()
    version = model.version()
    running = model.loaded_as(model.running(), model.models())
    window = model.window()
    rows = [
        ("host", inline_code(model.host)),
        ("server", f"{model.kind} {prose(version)}".rstrip()),
        ("window", f"{window.tokens:,} tokens ({window.source})"),
    ]
    if session.route != LOCAL and running is None:
        # This API does not report which models are in memory.
        return model, rows
    if running is None:
        rows.append(("loaded", "no: the first answer waits for that"))
    else:
        rows.append(("loaded", f"yes, {running.gpu_share:.0%} of {size_text(running.size)} on the GPU"))
    return model, rows


def models_text(session: ShellSession, command: Command) -> str:
    """List the server's models as a table; `*` marks the current one."""
    model = session.model_for(command)
    models = within(PATIENCE * 2, model.models)
    if not models:
        how = f": `%devstral pull {typed(model.name)}`" if model.can_pull else "."
        return f"The server at {inline_code(model.host)} has no models{how}"
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
    """List what works, what does not, and the next step."""
    from ..session.diagnosis import diagnosis

    return _findings_text(diagnosis(session.config, session.route))


def privacy_text(session: ShellSession) -> str:
    """Describe what may leave this machine, where it goes, and what is kept."""
    from ..session.privacy import privacy

    return _findings_text(privacy(session.config))


def _findings_text(findings: Sequence[Finding]) -> str:
    marks = {True: "✓", False: "✗", None: "·"}
    lines = []
    for finding in findings:
        step = f"  \n  → {prose(finding.next_step)}" if finding.next_step else ""
        lines.append(f"- {marks[finding.ok]} {prose(finding.text)}{step}")
    return "\n".join(lines)


def switch_model(session: ShellSession, name: str) -> str:
    """Use another model from now on. The text says so when the server does not have it."""
    if session.route != LOCAL:
        return (
            f"The route {inline_code(session.route)} names its model itself: `-m NAME` asks another one, "
            "`%devstral route local` goes back."
        )
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
        return f"{said} The server does not have it yet: `%devstral pull {typed(name)}`"
    return said


def routes_text(session: ShellSession, name: str) -> str:
    """List the routes as a table, `*` marking the one in use; or take another one."""
    if name:
        session.choose_route(name)
        place = session.model(start=False).remote_place
        where = f" It is at {inline_code(place)}: not on this machine." if place else ""
        return f"From now on the route {inline_code(name)} is taken, in this notebook.{where}"
    rows = [
        (
            "*" if facts.name == session.route else "",
            inline_code(facts.name),
            inline_code(facts.host) + (" (not this machine)" if facts.place else ""),
            inline_code(facts.model) if facts.model else "the first one there",
            ", ".join(facts.sends) or "nothing but your words",
            prose(facts.problem) or "yes",
        )
        for facts in route_facts(session.config)
    ]
    return table(["", "route", "address", "model", "may be sent", "may be taken"], rows)


def rules_text(session: ShellSession, word: str) -> str:
    """Show the project's rules and whether they are sent, or switch them on or off. Raises UsageError."""
    from ..session.rules import NAME, switch

    if word not in ("", "on", "off"):
        raise UsageError(f"rules are on or off, not {word!r}.")
    files = session.rules_files()
    if not files:
        return f"There is no {inline_code(NAME)} beside the notebook."
    if word:
        for file in files:
            switch(file, on=word == "on")
        files = session.rules_files()
    return "\n\n".join(map(_rules_text, files))


def _rules_text(file: RulesFile) -> str:
    name = inline_code(file.name)
    if file.problem:
        return prose(file.problem)
    if file.is_on:
        said = f"The rules of {name} go into every prompt until the file changes, or `%devstral rules off`."
    else:
        said = (
            f"{name} came with this folder, and is not sent. If you agree with all of it: "
            "`%devstral rules on`, again after each change of the file."
        )
    cut = f" A prompt takes its first {RULES_BYTES:,} bytes." if file.is_cut else ""
    return f"{said}{cut}\n\n{code_block(file.text.rstrip(), 'markdown')}"

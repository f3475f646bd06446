"""`%devstral status`, `last`, `pull` and the other subcommands that are no questions; and `--dry-run`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.errors import UsageError
from ..core.model.token_estimate import estimate_tokens
from ..core.request.command import help_text
from ..core.text.markdown import code_block, inline_code, prose, table
from ..core.text.terminal_text import encodable
from .display.live_output import publish_text

if TYPE_CHECKING:
    from ..core.prompt.prompt import Prompt
    from ..core.request.command import Command
    from .explanation.explain_on_error import ExplainOnError
    from .session import ShellSession


def run(session: ShellSession, explainer: ExplainOnError, command: Command) -> None:
    """Carry out a subcommand. Raises DevstralError."""
    if command.word == "continue":
        from .ask import continue_last

        return continue_last(session, command)
    if command.word == "do":
        from .doing import do

        return do(session, explainer, command)
    if command.word == "pull":
        from .pull import pull

        return pull(session, command.text)
    if command.word == "help":
        return show(session.ip, help_text(), verbatim=True)
    if command.word == "strengthen":
        from .ask import strengthen

        return strengthen(session, command)
    if command.word == "pytest":
        from .tests_here import run_here

        return run_here(session.ip, command.text)
    if command.word == "accept":
        return accept(session, explainer)
    return show(session.ip, _report(session, explainer, command))


def _report(session: ShellSession, explainer: ExplainOnError, command: Command) -> str:
    from . import status

    if command.word == "model":
        return status.switch_model(session, command.text)
    if command.word == "route":
        return status.routes_text(session, command.text)
    if command.word == "models":
        return status.models_text(session, command)
    if command.word == "doctor" and command.privacy:
        return status.privacy_text(session)
    if command.word == "stop":
        stopped = session.stop()
        return "Stopped." if stopped else "Nothing is running in this session."
    if command.word == "auto":
        return auto_text(session, explainer, command.text)
    if command.word == "rules":
        return status.rules_text(session, command.text)
    if command.word == "complete":
        return session.suggestions.report(command.text.strip()) if session.suggestions else ""
    if command.word == "reset":
        session.forget()
        return "Earlier questions and answers are forgotten; the cells of the notebook are not."
    if command.word == "last":
        return last_text(session)
    reports = {"status": status.status_text, "doctor": status.doctor_text}
    return reports[command.word](session)


def accept(session: ShellSession, explainer: ExplainOnError) -> None:
    """Accept the last fix.

    It is applied where JupyterLab can, else handed over as the source of the asking cell.
    """
    from .display.insertion import accepted_cell

    drafted = session.drafted
    # What was explained behind it is newer.
    if drafted is not None and drafted[1] is explainer.latest:
        session.ip.set_next_input(encodable(drafted[0]), replace=True)
        return show(session.ip, "The cells of the last run take the place of this cell.")
    card = explainer.last_fix().card
    names = " and ".join(dict.fromkeys(card.name_of(edit.cell_id) for edit in card.edits))
    if session.lab.runs_here:
        session.lab.apply(card.edits, card_id=card.id)
        return show(
            session.ip, f"The fix for {names} was handed to JupyterLab: one step of *Undo* takes it back."
        )
    session.ip.set_next_input(encodable(accepted_cell(card.edits, card.name_of)), replace=True)
    return show(session.ip, f"The fix for {names} takes the place of this cell.")


def auto_text(session: ShellSession, explainer: ExplainOnError, word: str) -> str:
    """Set or tell what happens when a cell fails."""
    meanings = {
        "on": "A failing cell is explained, with a fix.",
        "button": "Under a failing cell stands one line to ask for an explanation.",
        "off": "Nothing happens when a cell fails; `%devstral fix` explains the last failure.",
    }
    if word and word not in meanings:
        raise UsageError(f"auto is on, button or off, not {word!r}.")
    if word:
        session.config.auto_explain = word
        explainer.was_told(word)
    now = session.config.auto_explain
    return f"`{now}`: {meanings[now]}"


def show(ip: Any, markdown: str, *, verbatim: bool = False) -> None:
    """Display Markdown in the cell; `verbatim` keeps line breaks and columns."""
    text = code_block(markdown, "text") if verbatim else markdown
    publish_text(ip.display_pub, text, markdown)


def dry_run(session: ShellSession, explainer: ExplainOnError, command: Command) -> None:
    """Show what a question would send. Nothing is sent, and no server is needed."""
    if explainer.is_meant(command):
        request = explainer.subject(command).request
    else:
        from .ask import request_of

        request = request_of(session, command)[0]
    assistant = session.assistant(session.model_for(command, start=False))
    last = session.last
    known = last.window if last and last.model == assistant.model.name else None
    prompt = assistant.prompt(request, window=known)
    show(session.ip, f"**Nothing was sent.** {prompt_text(prompt, f'about {prompt.tokens:,} tokens')}")


def last_text(session: ShellSession) -> str:
    """The messages of the last request as sent, with the server's own count of their tokens."""
    reply = session.last
    if reply is None:
        raise UsageError("Nothing was sent in this session yet.")
    exact = reply.usage.prompt_tokens if reply.usage else 0
    count = f"{exact:,} tokens" if exact else f"about {reply.prompt.tokens:,} tokens"
    return f"Sent to {inline_code(reply.model)}: {prompt_text(reply.prompt, count)}"


def prompt_text(prompt: Prompt, count: str) -> str:
    """A prompt's pieces with their token counts, and its messages."""
    called = prompt.request.notebook.called if prompt.request else str
    sent = [(piece, "yes") for piece in prompt.pieces]
    sent += [(piece, "no: left out") for piece in prompt.dropped]
    # A cell's id is foreign text from the notebook file.
    rows = [(piece.kind, prose(called(piece.id)), f"{piece.tokens:,}", said) for piece, said in sent]
    secrets = f", {prompt.redactions} × a secret replaced" if prompt.redactions else ""
    parts = [f"{len(prompt.messages)} messages, {count}{secrets}."]
    if rows:
        parts.append(table(["piece", "of", "tokens", "sent"], rows))
    for message in prompt.messages:
        tokens = estimate_tokens(message.content)
        parts.append(f"**{message.role}** (about {tokens:,} tokens)\n\n{code_block(message.content, 'text')}")
    return "\n\n".join(parts)

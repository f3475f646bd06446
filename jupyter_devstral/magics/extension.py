"""Loading and unloading: what `%load_ext` adds to a shell, and `%unload_ext` removes."""

from __future__ import annotations

from typing import Any

from traitlets import TraitError

from ..core.errors import ConfigurationError
from .devstral_magics import DevstralMagics
from .explanation.explain_on_error import ExplainOnError
from .input_transformers import explain_late_cell_magic, keep_cell, keep_question_marks
from .loading_cell import CELL_MAGIC, read_rest_again, refuse_cell_magic
from .magic_completer import MagicCompleter
from .preload import Preload
from .session import ShellSession
from .suggestions.terminal import TerminalSuggestions

_REGISTERED = DevstralMagics.__name__


def load(ip: Any) -> None:
    """Register magics, events, completer, transformer and settings; a second call changes nothing."""
    if _REGISTERED in ip.magics_manager.registry:
        return
    try:
        session = ShellSession(ip)
    except TraitError as error:
        raise ConfigurationError(str(error)) from None
    explainer = ExplainOnError(session)
    session.lab.on_action = explainer.act
    magics = DevstralMagics(ip, session, explainer, MagicCompleter(session), Preload(ip))
    ip.register_magics(magics)
    ip.configurables.append(session.config)
    ip.events.register("pre_run_cell", session.transcript.pre_run_cell)
    ip.events.register("post_run_cell", session.transcript.post_run_cell)
    # After the transcript, which then knows the outputs of the cell.
    ip.events.register("pre_run_cell", explainer.pre_run_cell)
    ip.events.register("post_run_cell", explainer.post_run_cell)
    ip.Completer.custom_matchers.append(magics.completer.matcher)
    ip.input_transformers_cleanup.insert(0, keep_cell)
    ip.input_transformers_cleanup.append(explain_late_cell_magic)
    ip.input_transformers_cleanup.append(keep_question_marks)
    ip.register_magic_function(refuse_cell_magic, "line", CELL_MAGIC)
    magics.preload.register()
    session.lab.open()
    suggestions = session.suggestions = TerminalSuggestions(session)
    suggestions.begin()
    read_rest_again(ip)


def unload(ip: Any) -> None:
    """Restore the shell to its state before `load`, and stop everything that runs."""
    magics = ip.magics_manager.registry.pop(_REGISTERED, None)
    if magics is None:
        return
    session = magics.session
    magics.explainer.close()
    session.stop()
    session.lab.close()
    if session.suggestions is not None:
        session.suggestions.end()
    for kind in ("line", "cell"):
        ip.magics_manager.magics[kind].pop("devstral", None)
    ip.magics_manager.magics["line"].pop(CELL_MAGIC, None)
    # IPython itself adds every magics object to the configurables.
    ip.configurables[:] = [one for one in ip.configurables if one is not session.config and one is not magics]
    for watching in (session.transcript, magics.explainer):
        _remove(ip.events.callbacks["pre_run_cell"], watching.pre_run_cell)
        _remove(ip.events.callbacks["post_run_cell"], watching.post_run_cell)
    magics.preload.unregister()
    _remove(ip.Completer.custom_matchers, magics.completer.matcher)
    _remove(ip.input_transformers_cleanup, keep_cell)
    _remove(ip.input_transformers_cleanup, explain_late_cell_magic)
    _remove(ip.input_transformers_cleanup, keep_question_marks)


def _remove(items: list[Any], item: Any) -> None:
    if item in items:
        items.remove(item)

"""`%devstral` and `%%devstral`: the dispatch of a typed line."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from ..kernel.recursion import room_to_recurse
from .explanation.explain_on_error import ExplainOnError
from .session import ShellSession


@magics_class
class DevstralMagics(Magics):  # type: ignore[misc, unused-ignore]
    """The magics of one shell; `session` is their state."""

    def __init__(
        self, shell: Any, session: ShellSession, explainer: ExplainOnError, completer: Any, preload: Any
    ) -> None:
        super().__init__(shell)
        self.session = session
        self.explainer = explainer
        self.completer = completer
        self.preload = preload

    @no_var_expand
    @line_cell_magic
    def devstral(self, line: str, cell: str | None = None) -> None:
        """Ask Devstral: `%%devstral [TASK] [OPTIONS]` with the prompt as the rest of the cell.

        `%devstral help` lists tasks, options and subcommands. Always returns None, so that nothing but the
        answer is shown; `-o NAME` binds the reply as an object.
        """
        try:
            with room_to_recurse():
                self._run(line, cell)
        except KeyboardInterrupt:
            # A sent question and a download show what they have; everything else leaves nothing behind.
            text = "*interrupted*"
            self.session.ip.display_pub.publish({"text/markdown": text, "text/plain": text})

    def _run(self, line: str, cell: str | None) -> None:
        # Needed from the first question on: loading the extension must cost milliseconds.
        from ..core.request.command import help_text, parse_command
        from . import subcommands

        if cell is None and not line.strip():
            return subcommands.show(self.session.ip, help_text(), verbatim=True)
        command = parse_command(line, cell)
        if command.task is None:
            return subcommands.run(self.session, self.explainer, command)
        if command.dry_run:
            return subcommands.dry_run(self.session, self.explainer, command)
        if self.explainer.is_meant(command):
            return self.explainer.explain_last(command)
        from .ask import ask

        return ask(self.session, command)

"""A reply as Markdown while it arrives."""

from __future__ import annotations

from ...core.assistant import Delta, Retraction
from ...core.text.markdown import code_block, prose, unfinished


class ReplyMarkdown:
    """The Markdown of a reply that is still arriving. Finished pieces are converted once."""

    def __init__(self) -> None:
        self.text = ""
        self._finished = ""
        self._prose = ""
        self._seen = 0

    def add(self, event: object) -> None:
        """Add one event of the reply."""
        if isinstance(event, Delta):
            self.text += event.text
            return
        if isinstance(event, Retraction):
            self.text = self._finished = self._prose = ""
            self._seen = 0
            return
        # Not needed for the first token, which must not wait for it.
        from ...core.reply.parser import Code, Prose

        if isinstance(event, Prose):
            self._prose += event.text
            self._seen += len(event.text)
        elif isinstance(event, Code):
            before = prose(self._prose).strip("\n")
            self._finished += f"{before}\n\n{code_block(event.source, event.language)}\n"
            self._prose = ""
            self._seen += len(event.raw)

    def __str__(self) -> str:
        arriving = self.text[self._seen :]
        if self._prose and not self._prose.endswith("\n"):
            return (self._finished + prose(self._prose + arriving).lstrip("\n")).lstrip("\n")
        shown = prose(self._prose).lstrip("\n")
        return (self._finished + shown + ("\n" if shown else "") + unfinished(arriving)).lstrip("\n")

"""Every error the project raises on purpose; the text of each is advice a user can act on.

DevstralError
├── ConfigurationError        a setting has a value that cannot be used
│   ├── RemoteRefused         the model host (or the model) is not on this machine and nobody allowed it
│   └── PolicyRefused         an administrator's policy does not allow it
├── UsageError                a command or magic was typed in a way that cannot be carried out
├── NotebookError             the file is not a notebook, or has no such cell
├── NotLogged                 what must be logged could not be, so it did not happen
├── EditRefused               the cell changed meanwhile, or the code stands for something left out
└── ModelError                the model server did not give what was asked
    ├── NoServer              nothing listens at the host
    ├── ServerTooOld          the server cannot run the model
    ├── ModelMissing          the server does not have the model (404)
    ├── WindowExceeded        the prompt is longer than the window (400 with `exceed_context_size_error`)
    ├── ServerBusy            the server's queue is full (503) and stayed full
    ├── RequestRefused        any other 4xx answer
    │   └── NotSupported      the server, or its model, has no tools, or cannot be held to a schema
    ├── RunnerFailed          the server accepted the request and then failed (500, an error line, a reset)
    └── NotSent               what was to be asked may not go to the server
"""

from __future__ import annotations

import sys


class DevstralError(Exception):
    """Base of all errors here. `str(error)` is problem and next step, sentences for the user.

    Attributes:
        problem: what is wrong.
        next_step: what to do about it; "" where the problem says it all.
    """

    def __init__(self, problem: str, next_step: str = "") -> None:
        super().__init__(f"{problem} {next_step}".rstrip())
        self.problem = problem
        self.next_step = next_step

    def _render_traceback_(self) -> list[str]:
        """Give IPython the advice instead of a traceback, in characters that the terminal has."""
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        return [f"{type(self).__name__}: {self}".encode(encoding, "replace").decode(encoding)]


class ConfigurationError(DevstralError):
    """A setting with a value that cannot be used; the text names the setting."""


class RemoteRefused(ConfigurationError):
    """A refusal to send beyond this machine while `DevstralConfig.allow_remote` is False."""


class PolicyRefused(ConfigurationError):
    """A refusal by a policy, which settings cannot overrule; the text names the file."""


class UsageError(DevstralError):
    """A command or magic typed in a way that cannot be carried out."""


class NotebookError(DevstralError):
    """A file that is no readable notebook or lacks the cell asked for."""


class NotLogged(DevstralError):
    """A refusal of what had to be logged and could not be: it did not happen."""


class EditRefused(DevstralError):
    """An edit that was not applied; the text says why. Nothing was changed."""


class ModelError(DevstralError):
    """A failure of the model server to give what was asked."""


class NoServer(ModelError):
    """A host with no server listening."""


class ServerTooOld(ModelError):
    """A server whose version cannot run the configured model."""


class ModelMissing(ModelError):
    """A model that the server does not have.

    Attributes:
        model: the name that was asked for.
    """

    def __init__(self, problem: str, next_step: str = "", *, model: str) -> None:
        super().__init__(problem, next_step)
        self.model = model


class WindowExceeded(ModelError):
    """A prompt that does not fit the window.

    Attributes:
        prompt_tokens: exact length of the refused prompt in tokens (0 when the server did not say).
        window: the window in tokens (0 when the server did not say).
    """

    def __init__(self, problem: str, next_step: str = "", *, prompt_tokens: int = 0, window: int = 0) -> None:
        super().__init__(problem, next_step)
        self.prompt_tokens = prompt_tokens
        self.window = window


class ServerBusy(ModelError):
    """A refusal because the server's queue stayed full, even after waiting and asking again."""


class RequestRefused(ModelError):
    """A request that the server refused as it stands (a 4xx answer with no class of its own)."""


class NotSupported(RequestRefused):
    """A request that was refused for its tools or its schema; without them it may be taken."""


class RunnerFailed(ModelError):
    """A failure of the server after it had accepted the request."""


class NotSent(ModelError):
    """A request that may not go to the server; nothing was sent."""

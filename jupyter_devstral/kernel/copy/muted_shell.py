"""An IPython shell in a forked child that runs cells as the kernel would, and shows nothing.

Changes the shell, and classes of ipykernel, for good: for a process that will soon be gone. Must not know
what a verdict is.
"""

from __future__ import annotations

import asyncio
import builtins
import os
import sys
import tempfile
import tokenize
from collections.abc import Callable
from typing import Any

from ..recursion import ENOUGH, depth, users_limit
from .refusals import INPUT, PROGRAM, Refusals

# Callbacks that belong to what a cell shows or finds; others (loggers, trackers, ours) belong to the session.
_KEPT_CALLBACKS = ("matplotlib_inline", "IPython.extensions.autoreload", "ipykernel.pylab")
_SCRIPTS = "IPython.core.magics.script"
_ASKS_MODEL = "it asks the model"


class MutedShell:
    """A shell that runs cells one after the other.

    Args:
        in_loop: whether the kernel runs cells inside a running event loop, as ipykernel does.
    """

    def __init__(self, ip: Any, refusals: Refusals, *, in_loop: bool) -> None:
        self._ip = ip
        self._in_loop = in_loop
        self._loop = asyncio.new_event_loop()
        self._shown: list[BaseException] = []
        self._names: list[str] = []
        self._limit = users_limit()
        self._cut_off_messages()
        self._refuse_commands(refusals)
        self._forget_session()

    def run(self, source: str) -> tuple[BaseException | None, str]:
        """Run a cell with its display and its events; give what it raised, or None, and its file's name."""
        self._shown, self._names = [], []
        self._ip.displayhook.quiet = lambda: _ends_with_semicolon(self._ip.displayhook, source)
        # The frames below are none of the cell's.
        given = self._limit + depth()
        sys.setrecursionlimit(given)
        try:
            result = self._run(source)
        finally:
            now = sys.getrecursionlimit()
            self._limit = self._limit if now == given else now
            sys.setrecursionlimit(max(now, depth() + ENOUGH))
        error = result.error_before_exec or result.error_in_exec
        name = self._names[0] if self._names else ""
        return error if error is not None else next(iter(self._shown), None), name

    def _run(self, source: str) -> Any:
        if self._in_loop:
            return self._loop.run_until_complete(self._run_as_ipykernel(source))
        asyncio.set_event_loop(self._loop)
        return self._ip.run_cell(source, store_history=False)

    async def _run_as_ipykernel(self, source: str) -> Any:
        ip = self._ip
        try:
            transformed = ip.transform_cell(source)
        except Exception:  # noqa: BLE001 - transformers are the user's too; `run_cell` reports it
            return ip.run_cell(source, store_history=False)
        if not ip.should_run_async(source, transformed_cell=transformed):
            return ip.run_cell(source, store_history=False)
        result = await ip.run_cell_async(source, store_history=False, transformed_cell=transformed)
        ip.events.trigger("post_execute")
        return result

    def _cut_off_messages(self) -> None:
        """Keep messages from the kernel's sockets, whose threads do not exist here."""
        for module, cls, method in (
            ("ipykernel.iostream", "IOPubThread", "schedule"),
            ("ipykernel.iostream", "IOPubThread", "send_multipart"),
            ("jupyter_client.session", "Session", "send"),
        ):
            owner = getattr(sys.modules.get(module), cls, None)
            if owner is not None:
                setattr(owner, method, _nothing)
        self._ip.showtraceback = self._note_traceback
        # Both end in `showtraceback` otherwise with a text of their own.
        self._ip.showsyntaxerror = self._ip.showindentationerror = _nothing
        self._ip.custom_exceptions = ()

    def _note_traceback(self, exc_tuple: Any = None, *arguments: Any, **options: Any) -> None:
        error = exc_tuple[1] if exc_tuple else sys.exc_info()[1]
        if error is not None:
            self._shown.append(error)

    def _refuse_commands(self, refusals: Refusals) -> None:
        def no_input(*arguments: Any, **options: Any) -> None:
            refusals.refuse(INPUT)

        def no_program(command: object = "", *arguments: Any, **options: Any) -> None:
            refusals.refuse(PROGRAM, str(command).split(None, 1)[0] if str(command).split() else "")

        def no_model(*arguments: Any, **options: Any) -> None:
            refusals.refuse(_ASKS_MODEL)

        builtins.input = no_input  # type: ignore[assignment]
        sys.breakpointhook = no_input
        if getattr(self._ip, "kernel", None) is not None:
            self._ip.kernel._input_request = no_input
        for name in ("system", "system_raw", "system_piped", "getoutput"):
            setattr(self._ip, name, no_program)
        # `%%bash` and its kind talk to a thread that a fork does not have, once they were used.
        scripts_class = getattr(sys.modules.get(_SCRIPTS), "ScriptMagics", None)
        if scripts_class is not None:
            scripts_class.shebang = lambda magics, line, cell: no_program(line)
        for magics in self._ip.magics_manager.magics.values():
            scripts = [name for name, magic in magics.items() if _module(magic) == _SCRIPTS]
            magics.update(dict.fromkeys(scripts, lambda line, cell: no_program(line)))
            if "devstral" in magics:
                magics["devstral"] = no_model

    def _forget_session(self) -> None:
        ip = self._ip
        ip.history_manager.enabled = False
        ip.logger.log_active = False
        for callbacks in ip.events.callbacks.values():
            callbacks[:] = [one for one in callbacks if _module(one).startswith(_KEPT_CALLBACKS)]
        ip.ask_exit = _exit
        ip.loop_runner = self._loop.run_until_complete
        cache = ip.compile.cache

        def remember(*arguments: Any, **options: Any) -> Any:
            name = cache(*arguments, **options)
            self._names.append(name)
            return name

        ip.compile.cache = remember
        sys.dont_write_bytecode = True
        # Python finds one by writing into it, and matplotlib wants one when it has no folder of its own.
        tempfile.tempdir = tempfile.tempdir or "/tmp"
        if "matplotlib" not in sys.modules and not _has_matplotlib_folder():
            os.environ["MPLCONFIGDIR"] = tempfile.tempdir


def _has_matplotlib_folder() -> bool:
    home = os.path.expanduser("~")
    named = os.environ.get("MPLCONFIGDIR")
    return bool(named) or all(
        os.path.isdir(os.path.join(home, part, "matplotlib")) for part in (".config", ".cache")
    )


def _nothing(*arguments: Any, **options: Any) -> None:
    return None


def _exit() -> None:
    raise SystemExit


def _module(callback: Callable[..., Any]) -> str:
    return str(getattr(callback, "__module__", ""))


def _ends_with_semicolon(displayhook: Any, source: str) -> bool:
    try:
        return bool(displayhook.semicolon_at_end_of_expression(source))
    except (SyntaxError, tokenize.TokenError):
        return False

"""The two comms between this kernel and the JupyterLab half, where there is one.

The kernel speaks on one and listens on the other: if it published on the second as well, it would receive
nothing on it while a cell runs (ipykernel routes a comm's messages to the loop that last published on it).
Works on messages alone, not on explanations or notebooks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...core.edits.edit import Edit

KERNEL_TARGET = "jupyter_devstral"
CONTEXT_TARGET = "jupyter_devstral.context"
PROTOCOL = 1

_ACTIONS = ("explain", "more", "stop", "dismiss")


class LabLink:
    """The link between one shell and every JupyterLab that shows its notebook.

    The callbacks run on whatever thread ipykernel reads comms on, even while a cell runs; their exceptions
    are swallowed. They may be set until `open`. `on_action(action, card_id)` receives clicks ("explain",
    "more", "stop", "dismiss"), outcomes of edits ("applied", "refused"), and the arrival of a page
    ("hello"); `on_notebook(payload)` receives the notebook as it is when one of its cells is run;
    `on_settings(values)` what the page's settings wish for.
    """

    def __init__(
        self,
        ip: Any,
        *,
        on_action: Callable[[str, str], None] = lambda action, card_id: None,
        on_notebook: Callable[[dict[str, Any]], None] = lambda payload: None,
        on_settings: Callable[[dict[str, Any]], object] = lambda values: None,
    ) -> None:
        self._ip = ip
        self.on_action = on_action
        self.on_notebook = on_notebook
        self.on_settings = on_settings
        self._lock = threading.Lock()
        self._out: Any = None
        # Context comms by id -> their client's session and the cells it pushed last; None until its hello.
        self._clients: dict[str, dict[str, Any] | None] = {}

    def open(self) -> None:
        """Listen for JupyterLab, and tell every front-end so. Outside a kernel nothing happens."""
        if self._out is not None or getattr(self._ip, "kernel", None) is None:
            return
        import comm

        comm.get_comm_manager().register_target(CONTEXT_TARGET, self._opened)
        self._out = comm.create_comm(target_name=KERNEL_TARGET, data={"protocol": PROTOCOL})

    def close(self) -> None:
        """Close both comms."""
        if self._out is None:
            return
        import comm

        manager = comm.get_comm_manager()
        manager.unregister_target(CONTEXT_TARGET, self._opened)
        with self._lock:
            clients, self._clients = list(self._clients), {}
        for client in clients:
            context = manager.comms.get(client)
            if context is not None:
                context.close()
        self._out.close()
        self._out = None

    @property
    def connected(self) -> bool:
        """Whether a JupyterLab with our extension said hello and has not left since."""
        with self._lock:
            return any(known is not None for known in self._clients.values())

    @property
    def runs_here(self) -> bool:
        """Whether the running cell belongs to a notebook whose JupyterLab listens.

        A console may use this kernel as well, and no notebook carries out the edits of its questions.
        """
        with self._lock:
            sessions = [known["session"] for known in self._clients.values() if known is not None]
        return bool(sessions) and _session(self._ip.get_parent()) in sessions

    def apply(self, edits: Sequence[Edit], *, card_id: str = "", run: Sequence[str] = ()) -> None:
        """Have edits carried out at once, even while a cell runs, as one undo step; then run `run`.

        An edit for cell "" means the running cell. Nobody listens unless `runs_here`. JupyterLab refuses all
        of them, and reports that, when a cell holds something else than the edit expects.
        """
        if self._out is not None and edits:
            self._out.send(
                {
                    "op": "apply",
                    "id": card_id,
                    "edits": [edit.as_json() for edit in edits],
                    "run": list(run),
                    "anchor": self._running_cell(),
                }
            )

    def hand_over(self, task: str, *, model: str = "", route: str = "") -> None:
        """Have the page do a whole task in its sidebar; nobody listens unless `runs_here`.

        Args:
            model, route: by name; "" for what the page has chosen.
        """
        if self._out is not None:
            self._out.send({"op": "do", "task": task, "model": model, "route": route})

    def _running_cell(self) -> str:
        metadata = self._ip.get_parent().get("metadata") or {}
        cell_id = metadata.get("cellId")
        return cell_id if isinstance(cell_id, str) else ""

    def _opened(self, context: Any, message: Any) -> None:
        with self._lock:
            self._clients[context.comm_id] = None
        context.on_msg(lambda received: self._received(context.comm_id, received))
        context.on_close(lambda _: self._left(context.comm_id))

    def _left(self, client: str) -> None:
        with self._lock:
            self._clients.pop(client, None)

    def _received(self, client: str, message: Any) -> None:
        data = _mapping(_mapping(_mapping(message).get("content")).get("data"))
        try:
            self._handle(client, _session(message), dict(data))
        except Exception:  # noqa: BLE001 - the callbacks are not ours, and nobody above can do anything about it
            return

    def _handle(self, client: str, session: str, data: dict[str, Any]) -> None:
        op = data.get("op")
        if op == "hello" and data.get("protocol") == PROTOCOL:
            with self._lock:
                if client in self._clients:
                    self._clients[client] = {"session": session}
            self.on_action("hello", "")
        elif op == "action" and data.get("action") in _ACTIONS:
            self.on_action(data["action"], _text(data.get("id")))
        elif op == "applied":
            self.on_action("applied" if data.get("ok") is True else "refused", _text(data.get("id")))
        elif op == "settings":
            self.on_settings(dict(_mapping(data.get("values"))))
        elif op == "notebook":
            payload = self._completed(client, data)
            if payload is not None:
                self.on_notebook(payload)

    def _completed(self, client: str, data: dict[str, Any]) -> dict[str, Any] | None:
        """Complete the push with its cells.

        A run of many cells pushes them with the first, and names the others.
        """
        with self._lock:
            known = self._clients.get(client)
            if known is None:
                return None
            if "cells" in data:
                known["cells"] = data["cells"]
            elif "cells" in known:
                data["cells"] = known["cells"]
        return data if isinstance(data.get("cells"), list) else None


def _session(message: Any) -> str:
    """The client that sent a message."""
    return _text(_mapping(_mapping(message).get("header")).get("session"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

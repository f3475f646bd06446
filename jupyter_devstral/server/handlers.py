"""The addresses below `jupyter-devstral/`: authenticated, bounded, and closed when the browser goes away.

The browser names a model that the configured server has, never a host; nothing here fetches an address.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_core.paths import jupyter_data_dir
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado.iostream import StreamClosedError
from tornado.web import authenticated

from ..core.errors import DevstralError, UsageError
from ..core.text.typed import typed
from .kept.conversations import LIMIT, Conversations, thread_of
from .kept.pictures import KeptPictures
from .kept.runs import KeptRuns
from .notebooks import UnknownCells

if TYPE_CHECKING:
    from .agent.runs import AgentRuns
    from .answers import Answers
    from .notebooks import SentNotebooks
    from .routes import ChosenRoutes
    from .session import ServerSession
    from .streaming import Record

# Of a question, in bytes: a pushed notebook is at most two million characters, the rest is for pictures.
MOST_BYTES = 24_000_000


class TooMuch(UsageError):
    """The request is longer than its limit."""


class DevstralHandler(ExtensionHandlerMixin, APIHandler):  # type: ignore[misc, unused-ignore]
    """What all handlers share."""

    auth_resource = "jupyter_devstral"

    @property
    def session(self) -> ServerSession:
        session: ServerSession = self.settings["jupyter_devstral"]
        return session

    @property
    def answers(self) -> Answers:
        answers: Answers = self.settings["jupyter_devstral_answers"]
        return answers

    @property
    def notebooks(self) -> SentNotebooks:
        notebooks: SentNotebooks = self.settings["jupyter_devstral_notebooks"]
        return notebooks

    @property
    def stored(self) -> Conversations:
        return Conversations(*self._kept_at)

    @property
    def pictures(self) -> KeptPictures:
        return KeptPictures(*self._kept_at)

    @property
    def _kept_at(self) -> tuple[Path, str]:
        folder = Path(jupyter_data_dir()) / "jupyter_devstral" / "conversations"
        return folder, str(getattr(self.contents_manager, "root_dir", ""))

    @property
    def runs(self) -> AgentRuns:
        runs: AgentRuns = self.settings["jupyter_devstral_runs"]
        return runs

    @property
    def kept_runs(self) -> KeptRuns:
        folder = Path(jupyter_data_dir()) / "jupyter_devstral" / "reviews"
        return KeptRuns(folder, str(getattr(self.contents_manager, "root_dir", "")))

    @property
    def chosen(self) -> ChosenRoutes:
        from .routes import ChosenRoutes

        file = Path(jupyter_data_dir()) / "jupyter_devstral" / "routes.json"
        return ChosenRoutes(file, str(getattr(self.contents_manager, "root_dir", "")))

    def done(self) -> None:
        """Nothing is to be said."""
        self.set_status(204)
        self.finish()

    def body(self, limit: int = MOST_BYTES) -> Any:
        """The JSON of the request; raises UsageError."""
        if len(self.request.body) > limit:
            raise TooMuch("That is too much to be sent: clear large outputs, or attach less.")
        try:
            return json.loads(self.request.body)
        except (ValueError, RecursionError):
            raise UsageError("The request is not JSON.") from None

    def object(self, limit: int) -> dict[str, Any]:
        """The JSON object of the request; raises UsageError."""
        body = self.body(limit)
        if not isinstance(body, dict):
            raise UsageError("The request is not a JSON object.")
        return body

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Our own errors are advice for the user, not failures of the server."""
        error = (kwargs.get("exc_info") or (None, None))[1]
        if not isinstance(error, DevstralError):
            super().write_error(status_code, **kwargs)
            return
        is_unknown = isinstance(error, UnknownCells)
        self.set_status(413 if isinstance(error, TooMuch) else 409 if is_unknown else 400)
        self.finish({"message": str(error)})

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        # Not into the log: the words of an error may quote what the user wrote.
        if not isinstance(value, DevstralError):
            super().log_exception(typ, value, tb)

    async def stream(self, records: AsyncGenerator[Record, None]) -> None:
        """Write one JSON object a line, as they come."""
        self.set_header("Content-Type", "application/x-ndjson")
        self.set_header("Cache-Control", "no-cache")
        self.set_header("X-Accel-Buffering", "no")
        # Words come in packets too small to be waited with until the page has acknowledged the last one.
        if stream := getattr(self.request.connection, "stream", None):
            stream.set_nodelay(True)
        self._streaming = asyncio.current_task()
        try:
            # Closed here and now: what closes the connection to the model must not wait for a collector.
            async with aclosing(records):
                async for record in records:
                    self.write(json.dumps(record) + "\n")
                    await self.flush()
            self.finish(set_content_type="application/x-ndjson")
        except (StreamClosedError, asyncio.CancelledError):
            # The browser has gone; closing the records has closed the connection to the model.
            pass

    def on_connection_close(self) -> None:
        task = getattr(self, "_streaming", None)
        if task is not None and not task.done():
            task.cancel()
        super().on_connection_close()


class StatusHandler(DevstralHandler):
    @authenticated
    @authorized
    async def get(self) -> None:
        from .status import status

        name = self.get_query_argument("model", "")
        route = self.get_query_argument("route", "") or "local"
        self.finish(await asyncio.to_thread(status, self.session, name or None, route))


class PromptHandler(DevstralHandler):
    @authenticated
    @authorized
    async def post(self) -> None:
        from .asking import gather, preview
        from .question import read_question

        body = self.notebooks.filled(self.body())
        question = read_question(body)
        asked = await gather(
            self.session, question, kernels=self.kernel_manager, contents=self.contents_manager
        )
        record = await asyncio.to_thread(preview, asked)
        if body.get("brief") is True:
            # With every step of the user: the words themselves are looked at rarely.
            del record["messages"]
        self.finish(record)


class ChatHandler(DevstralHandler):
    @authenticated
    @authorized
    async def post(self) -> None:
        from .question import read_question

        body = self.notebooks.filled(self.body())
        question = read_question(body)
        named: list[dict[str, str]] = []
        if body.get("images"):
            images, named = await asyncio.to_thread(self.pictures.keep, question.path, body["images"])
            question = read_question({**body, "images": images})
        exchange = body.get("keep")
        if not isinstance(exchange, dict) or not isinstance(exchange.get("id"), str):
            # Nobody can come back to an answer without a name: it ends with its connection.
            await self.stream(self._records(question))
            return
        if isinstance(exchange.get("asked"), dict):
            exchange["asked"]["images"] = named
        answer = await self.answers.begin(exchange, question.path, self.stored, self._records(question))
        await self.stream(answer.follow())

    async def _records(self, question: Any) -> AsyncGenerator[Record, None]:
        from .asking import answered, gather
        from .status import state_of

        kernels = self.kernel_manager
        try:
            asked = await gather(self.session, question, kernels=kernels, contents=self.contents_manager)
        except DevstralError as error:
            yield {"type": "error", "message": str(error), "state": state_of(error)}
            return
        async with aclosing(answered(self.session, asked, kernels)) as records:
            async for record in records:
                yield record


class FollowHandler(DevstralHandler):
    """An answer that is arriving, from its first record."""

    @authenticated
    @authorized
    async def post(self) -> None:
        answer = self.answers.get(text_of(self.object(10_000), "id"))
        if answer is None:
            self.set_status(404)
            self.finish({"message": "This answer is not arriving any more."})
            return
        await self.stream(answer.follow())


class StopHandler(DevstralHandler):
    @authenticated
    @authorized
    async def post(self) -> None:
        self.answers.stop_one(text_of(self.object(10_000), "id"))
        self.done()


class PullHandler(DevstralHandler):
    @authenticated
    @authorized
    async def post(self) -> None:
        body = self.body(10_000)
        name = body.get("model") if isinstance(body, dict) else None
        if not isinstance(name, str) or not name.strip():
            raise UsageError("Name the model to pull.")
        if names_a_host(name) and name.strip() != self.session.config.model:
            # Ollama would fetch from there: that is not for a page to say.
            raise UsageError(f"{name} names a server: pull it in a terminal, `ollama pull {typed(name)}`.")
        await self.stream(self._records(name.strip()))

    async def _records(self, name: str) -> AsyncGenerator[Record, None]:
        from .streaming import threaded_records

        try:
            model = await asyncio.to_thread(self.session.model, None)
        except DevstralError as error:
            yield {"type": "error", "message": str(error)}
            return
        self.session.track(model)

        def steps() -> Iterator[Record]:
            try:
                for step in model.pull(name):
                    if step.done:
                        yield {"type": "done"}
                        return
                    progress = {"completed": step.completed, "total": step.total}
                    yield {"type": "progress", "status": step.status, **progress}
            except DevstralError as error:
                yield {"type": "error", "message": str(error)}

        try:
            records = threaded_records(steps, close=model.close, phase=str)
            async with aclosing(records):
                async for record in records:
                    yield record
        finally:
            self.session.untrack(model)


class VariablesHandler(DevstralHandler):
    @authenticated
    @authorized
    async def get(self) -> None:
        from .kernel_namespace import kernel_variables

        said = await kernel_variables(self.kernel_manager, self.get_query_argument("kernel_id", ""), [])
        variables = [{"name": each.name, "text": each.description} for each in said.variables]
        self.finish({"is_busy": said.is_busy, "is_available": said.is_available, "variables": variables})


class RoutesHandler(DevstralHandler):
    @authenticated
    @authorized
    async def get(self) -> None:
        from .routes import routes_record

        path = self.get_query_argument("path", "")
        self.finish(await asyncio.to_thread(routes_record, self.session, self.chosen, path))

    @authenticated
    @authorized
    async def put(self) -> None:
        from .routes import choose

        body = self.object(10_000)
        path, name = text_of(body, "path"), text_of(body, "route")
        await asyncio.to_thread(choose, self.session, self.chosen, path, name)
        self.done()


class ConversationHandler(DevstralHandler):
    @authenticated
    @authorized
    async def get(self) -> None:
        path = self.get_query_argument("path", "")
        wanted = self.get_query_argument("thread", None)
        messages = await self.answers.read(self.stored, path)
        threads = await asyncio.to_thread(self.stored.threads, path)
        thread = wanted if wanted is not None else threads[0]["id"] if threads else ""
        shown = [one for one in messages if thread_of(one) == thread]
        self.finish({"messages": shown, "thread": thread, "threads": threads})

    @authenticated
    @authorized
    async def put(self) -> None:
        body = self.object(LIMIT + 10_000)
        await asyncio.to_thread(self.stored.write, text_of(body, "path"), body.get("messages"))
        self.done()

    @authenticated
    @authorized
    async def patch(self) -> None:
        body = self.object(MOST_BYTES)
        path, remove, titles = text_of(body, "path"), body.get("remove"), body.get("titles")
        named = titles if isinstance(titles, dict) else {}
        await asyncio.to_thread(self._keep_pictures, path, body.get("put"))
        await asyncio.to_thread(
            self.stored.merge,
            path,
            body.get("put", []),
            [id for id in remove if isinstance(id, str)] if isinstance(remove, list) else [],
            restore=body.get("restore") is True,
            known=body.get("known") is True,
            titles={id: title for id, title in named.items() if isinstance(title, str)},
        )
        self.done()

    def _keep_pictures(self, path: str, put: Any) -> None:
        """Keep the pictures of questions that a page puts back; their messages name them."""
        for one in put if isinstance(put, list) else []:
            asked = one.get("asked") if isinstance(one, dict) else None
            if isinstance(asked, dict) and asked.get("images"):
                _, asked["images"] = self.pictures.keep(path, asked["images"])

    @authenticated
    @authorized
    async def delete(self) -> None:
        path = self.get_query_argument("path", "")
        self.answers.stop(path)
        await asyncio.to_thread(self.stored.delete, path)
        await asyncio.to_thread(self.pictures.delete, path)
        self.done()


class PictureHandler(DevstralHandler):
    """A picture of an earlier question."""

    @authenticated
    @authorized
    async def get(self) -> None:
        path, key = self.get_query_argument("path", ""), self.get_query_argument("key", "")
        self.finish(await asyncio.to_thread(self.pictures.read, path, key))


def names_a_host(model: str) -> bool:
    """Whether a model's name begins with the registry to fetch it from, or is an address."""
    first, slash, _ = model.strip().partition("/")
    return "://" in model or (bool(slash) and any(sign in first for sign in (".", ":", "\\", "localhost")))


def text_of(body: dict[str, Any], key: str) -> str:
    """A text of the request; raises UsageError where it has none."""
    text = body.get(key)
    if not isinstance(text, str):
        raise UsageError(f"The request has no {key}.")
    return text


HANDLERS = [
    (r"/jupyter-devstral/status", StatusHandler),
    (r"/jupyter-devstral/prompt", PromptHandler),
    (r"/jupyter-devstral/chat", ChatHandler),
    (r"/jupyter-devstral/chat/follow", FollowHandler),
    (r"/jupyter-devstral/chat/stop", StopHandler),
    (r"/jupyter-devstral/pull", PullHandler),
    (r"/jupyter-devstral/routes", RoutesHandler),
    (r"/jupyter-devstral/variables", VariablesHandler),
    (r"/jupyter-devstral/conversation", ConversationHandler),
    (r"/jupyter-devstral/conversation/picture", PictureHandler),
]

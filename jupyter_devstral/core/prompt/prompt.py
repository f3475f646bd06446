"""Facts become messages: the one place that decides the layout of a prompt; the wording lives in `prompts/`.

The layout serves the prefix cache: what stands still comes first, what changes with every request last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from ..context.cell_text import cell_text, fenced
from ..context.context import Context, ContextBuilder, Sources
from ..context.history import Entry, Piece
from ..context.variable_choice import variables_block
from ..failure.failure import Failure
from ..model.messages import Message
from ..model.token_estimate import estimate_tokens
from ..notebook.cells import Cell, Output, header
from ..notebook.own_cells import is_request
from ..notebook.steps import Step, steps_of
from ..python.source import mentioned_names, names_of
from ..request.tasks import Attachment, Request, Rules, Task
from ..settings.policy import Sendable
from ..text.control_tokens import broken_up
from ..text.data_lines import fence_tag, quoted_name
from ..text.lazy_pattern import LazyPattern
from .failure_text import failure_text
from .named_cells import names_note
from .safe_request import Redacts, safe_request
from .values import schemas_only

# What a chat template adds around one message.
MESSAGE_OVERHEAD = 4
_PROMPTS = Path(__file__).parent / "prompts"
_WORD = LazyPattern(r"[^\W\d]\w*")
# Words of English rather than variables, however often somebody calls one that.
_ARTICLES = {"a", "A", "I"}
_FRAME_LINE = LazyPattern(r"-+>|Cell In|File |…")
_LITTLE_MORE = 60
_QUOTED_NAME = LazyPattern(r"`([^\W\d]\w*)`")
# Tasks that several cells can be the subject of; others have one target, or only write.
_ABOUT_SEVERAL = (Task.CHAT, Task.ASK, Task.EXPLAIN)
_PLACEHOLDER = LazyPattern(r"<SECRET_\d+>")


@dataclass(frozen=True)
class Prompt:
    """Messages that are sent, and what is known about them.

    Attributes:
        messages: system, then user and assistant in turn, the question last.
        tokens: estimated for all messages.
        pieces: what of the notebook is in them, in order (the cell asked about is part of the question).
        dropped: what was left out because the budget is spent.
        user_text: what to record in `Turn.user_text`: the end of the last message, from the variables on.
            Secrets of variables are replaced in it (it is written to the notebook file), the user's words are
            verbatim.
        described: the variables in `user_text`, by name, each with all that is known of it then.
        redactions: distinct secrets replaced in the messages.
        kinds: what of the notebook may be in it; None for everything.
        withheld: the kinds that there were and that may not go where it is sent.
        values: it holds values of the user's data, so it is for a model on this machine.
        steps: the cells above the question as they are in it, but for redaction; () where some were left out.
        request: the one that it was made from.
    """

    messages: tuple[Message, ...]
    tokens: int
    pieces: tuple[Piece, ...]
    dropped: tuple[Piece, ...]
    user_text: str
    redactions: int
    kinds: frozenset[Sendable] | None = None
    withheld: tuple[Sendable, ...] = ()
    values: bool = False
    described: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    steps: tuple[Step, ...] = field(default=(), repr=False)
    request: Request | None = field(default=None, repr=False)


def build_prompt(
    request: Request,
    *,
    budget: int | None = None,
    estimate: Callable[[str], int] | None = None,
    redactor: Redacts | None = None,
    values: bool = False,
    cause_first: bool = False,
) -> Prompt:
    """The prompt of a request: a pure function of it, byte-identical for an unchanged notebook.

    Args:
        budget: in tokens, for the pieces alone; None sends everything.
        estimate: counts tokens.
        values: with samples of the user's data, not its schema alone; for a model on this machine.
        cause_first: ask for what was wrong before the corrected code; the smallest models stop after it.
    """
    count = estimate or estimate_tokens
    bare = schemas_only(request)
    clean = safe_request(request if values else bare, redactor)
    safe = _told_once(clean)
    subjects = _subjects(safe)
    sources = _sources(safe, subjects)
    # The receipt knows a file by its real name, which may hold a secret.
    attached = [
        _attached(each, own.name, count)
        for each, own in zip(safe.attachments, request.attachments, strict=True)
    ]
    rules = [_rules(each, own.name, count) for each, own in zip(safe.rules, request.rules, strict=True)]
    room = None if budget is None else budget - sum(piece.tokens for piece in (*attached, *rules))
    context = ContextBuilder(sources, count).fit(room)
    sent = {entry.cell.key for entry in context.history if entry.turn is None}
    asked_about = [cell_text(cell, sources.language) for cell in subjects if cell.key not in sent]
    tail = [*(piece.text for piece in context.earlier), *asked_about]
    asked = [*(piece.text for piece in attached), *_asked(safe, subjects, cause_first)]
    first = [piece.text for piece in rules]
    named = names_note(safe.question, request.notebook)
    last = [*tail, _user_text(context, [*asked, named, safe.question])]
    messages = _messages(first, context.history, last, request.images)
    # The system prompt speaks of placeholders itself.
    text = "\n".join(message.content for message in messages[1:])
    return Prompt(
        messages=messages,
        tokens=sum(count(message.content) + MESSAGE_OVERHEAD for message in messages),
        pieces=(*rules, *context.pieces, *attached),
        dropped=context.dropped,
        user_text=_user_text(context, [*asked, named, request.question]),
        redactions=len(set(_PLACEHOLDER.findall(text))) if redactor is not None else 0,
        values=values and bare != request,
        described=tuple((piece.id, piece.told) for piece in context.variables),
        steps=_as_sent(request, clean) if context.is_whole else (),
        request=request,
    )


def _as_sent(request: Request, clean: Request) -> tuple[Step, ...]:
    """The steps of a request, without what its question told of the cell that failed."""
    steps = request.history.steps if request.history else tuple(steps_of(above(request)))
    failure = clean.failure
    kept = request.history.kept if request.history else 0
    if failure is None:
        return steps
    safe = clean.history.steps if clean.history else tuple(steps_of(above(clean)))
    return tuple(
        _told_apart(step, safe[at].cell, failure) if at >= kept else step for at, step in enumerate(steps)
    )


def _told_apart(step: Step, safe: Cell, failure: Failure) -> Step:
    if step.cell.key != failure.cell or step.news == "outputs":
        return step
    outputs = tuple(
        output
        for output, seen in zip(step.cell.outputs, safe.outputs, strict=True)
        if not _says_the_same(seen, failure)
    )
    if outputs == step.cell.outputs:
        return step
    return replace(step, cell=replace(step.cell, outputs=outputs), was=step.cell)


@lru_cache(maxsize=32)
def wording(name: str) -> str:
    """The text of `prompts/<name>.md`."""
    return (_PROMPTS / f"{name}.md").read_text(encoding="utf-8").strip()


def _told_once(request: Request) -> Request:
    """The cell of the failure that is told about at the end, without the same as an output."""
    failure = request.failure
    if failure is None:
        return request

    def quiet(cell: Cell) -> Cell:
        if cell.key != failure.cell:
            return cell
        return replace(cell, outputs=tuple(one for one in cell.outputs if not _says_the_same(one, failure)))

    history = request.history
    if history is not None:
        # What was sent stands as it is; other outputs would not be told at all.
        steps = tuple(
            replace(step, cell=quiet(step.cell)) if at >= history.kept and step.news != "outputs" else step
            for at, step in enumerate(history.steps)
        )
        history = replace(history, steps=steps)
    return replace(request.with_cells(quiet), history=history)


def _says_the_same(output: Output, failure: Failure) -> bool:
    """Whether an error's output has no more to say than the failure: some messages stand in it alone."""
    said = " ".join(line for line in output.text.split("\n") if not _FRAME_LINE.match(line))
    return output.kind == "error" and len(said) <= len(failure.title) + _LITTLE_MORE


def above(request: Request) -> tuple[Cell, ...]:
    """The cells above the question, as far as the scope of the request has them."""
    whole = request.scope in ("notebook", "above")
    return request.notebook.cells[: _position(request)] if whole else ()


def _position(request: Request) -> int:
    """How many cells stand above the question."""
    focus, cells = request.focus, request.notebook.cells
    if focus is not None and focus.index < len(cells) and cells[focus.index].key == focus.key:
        return focus.index
    return len(cells)


def _subjects(request: Request) -> list[Cell]:
    """The cells that the request is about, which are sent whatever the budget.

    They are the target, and the focus unless that is just where the question was typed; of several selected
    cells all. Without any context the target remains: it cannot be rewritten unseen.
    """
    selected = () if request.scope == "none" else _selected(request)
    cells = (request.target,) if request.scope == "none" else (request.target, request.focus, *selected)
    found = [cell for cell in cells if cell is not None and not is_request(cell)]
    return list({cell.key: cell for cell in found}.values())


def _selected(request: Request) -> tuple[Cell, ...]:
    return tuple(cell for cell in request.notebook.cells if cell.key in request.selected)


def _sources(request: Request, subjects: list[Cell]) -> Sources:
    cells, language = request.notebook.cells, request.notebook.language
    position = _position(request)
    loads = frozenset(_WORD.findall(request.question)) - _ARTICLES
    mentions: frozenset[str] = frozenset()
    for cell in subjects:
        if cell.kind == "code":
            loads |= names_of(cell.source).loads
            mentions |= mentioned_names(cell.source)
    keys = frozenset(cell.key for cell in subjects)
    variables = [
        each for each in request.variables if request.scope != "none" or each.name in request.attached
    ]
    # What stood on the line that failed, or is like it, matters as much as what the user attached.
    attached = (*request.attached, *(_names_in(request.failure) if request.failure else ()))
    return Sources(
        above=above(request),
        history=request.history.steps if request.history else None,
        below=[cell for cell in cells[position + 1 :] if cell.key not in keys]
        if request.scope == "notebook"
        else (),
        language=language,
        loads=loads,
        mentions=mentions,
        variables=variables,
        attached=attached,
        subjects=keys,
        only_named=request.failure is not None,
    )


def _names_in(failure: Failure) -> Iterator[str]:
    yield from failure.names
    for hint in failure.hints:
        yield from _QUOTED_NAME.findall(hint)


def _asked(request: Request, subjects: list[Cell], cause_first: bool) -> list[str]:
    """What is known about the failure, if it is about one, and the task."""
    task = Task(request.task)
    selected = _selected(request) if task in _ABOUT_SEVERAL else ()
    several = [cell for cell in selected if not is_request(cell)]
    name = header(subjects[0]) if subjects else "the cell above"
    if len(several) > 1:
        *most, last = (str(cell.name) for cell in several)
        name = f"cells {', '.join(most)} and {last}"
    if task is Task.CHAT:
        chosen = [wording("selected").replace("[cell N]", name)] if subjects else []
        return [*chosen, wording(task.value)]
    named = "failure" if request.failure is not None and task is Task.FIX else task.value
    named += "_cause_first" if cause_first and task is Task.FIX else ""
    language = fence_tag(request.notebook.language)
    line = wording(named).replace("[cell N]", name).replace("```python", f"```{language}")
    failed = [failure_text(request.failure, request.notebook)] if request.failure is not None else []
    return [*failed, line]


def _user_text(context: Context, asked: list[str]) -> str:
    block = variables_block([piece.text for piece in context.variables])
    text = "\n".join(part for part in asked if part)
    return f"{block}\n\n{text}" if block else text


def _attached(attachment: Attachment, name: str, count: Callable[[str], int]) -> Piece:
    title = f"File {quoted_name(attachment.name)}:" if attachment.kind == "file" else "Selected text:"
    text = f"{title}\n{fenced(attachment.text.rstrip(), '')}"
    return Piece(attachment.kind, name, text, count(text))


def _rules(rules: Rules, name: str, count: Callable[[str], int]) -> Piece:
    title = wording("rules").replace("[file]", quoted_name(rules.name))
    text = f"{title}\n{fenced(rules.text.strip(), 'markdown')}"
    return Piece("rules", name, text, count(text))


def _messages(
    first: list[str], history: tuple[Entry, ...], last: list[str], images: tuple[str, ...]
) -> tuple[Message, ...]:
    messages = [Message("system", wording("system"))]
    waiting = list(first)
    for entry in history:
        if entry.turn is None:
            waiting.append(entry.pieces[0].text)
            continue
        messages.append(Message("user", broken_up("\n\n".join([*waiting, entry.turn.user_text]))))
        messages.append(Message("assistant", broken_up(entry.turn.reply)))
        waiting = []
    messages.append(Message("user", broken_up("\n\n".join([*waiting, *last])), images))
    return tuple(messages)

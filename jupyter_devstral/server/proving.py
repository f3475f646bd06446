"""The tests of an answer on their way through the notebook's kernel, which runs them in copies of itself.

Between two steps the kernel belongs to its user. Knows no HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..core.answering import Answered, Asking, Status, Steps
from ..core.edits.edit import Edit
from ..core.errors import ModelError, UsageError
from ..core.request.command import Command, parse_command
from ..core.request.tasks import Attachment, Task
from ..core.unit_tests.docstrings import docstring_edits
from ..core.unit_tests.question import (
    FUNCTIONS,
    LOAD,
    argument_names,
    cells_of_targets,
    code_of,
    form_of,
    place_of_tests,
    question_for_tests,
)
from ..kernel.expressions import begin_proof_expression, go_on_expression, targets_expression
from .kernel_expression import BUSY, FAILED, LATE, MISSING, NO_KERNEL, OUTDATED, Evaluated, evaluate

if TYPE_CHECKING:
    from ..core.answer import Reply
    from ..core.notebook.cells import Notebook
    from .question import Question

_LOOK_PATIENCE = 3.0
# A step is at most a few copies, each capped, or the budget of the mutants.
_STEP_PATIENCE, _COPIES = 15.0, 12
WHY = {
    BUSY: "the kernel is busy",
    LATE: "the kernel did not answer in time, or was restarted",
    NO_KERNEL: "the notebook has no kernel",
    MISSING: "the kernel's Python does not have jupyter-devstral",
    OUTDATED: "update jupyter-devstral in the kernel's environment",
    FAILED: "the kernel could not do it",
}


@dataclass(frozen=True)
class Wanted:
    """What the tests are for.

    Attributes:
        question: as it is to be asked.
        targets: names of functions and classes.
        form: of the tests.
        problem: why no kernel will prove the tests, as a sentence; "" when one will.
    """

    question: Question
    targets: tuple[str, ...] = ()
    form: str = FUNCTIONS
    problem: str = ""


@dataclass(frozen=True)
class Evaluating:
    """A step of a proof: the notebook's kernel evaluates this; an `Evaluated` is sent in.

    Attributes:
        patience: seconds to wait for it.
    """

    expression: str
    patience: float


@dataclass(frozen=True)
class Proven:
    """What became of the tests.

    Attributes:
        edits: the cell of those that are proven, or none.
        markdown: what is known of them.
        strengthen: the question that asks for tests which notice more; "" for none.
        key: what this proof is called in the kernel.
        problem: why there is no proof, as a sentence; "" when there is one.
    """

    edits: tuple[Edit, ...] = ()
    markdown: str = ""
    strengthen: str = ""
    key: str = ""
    problem: str = ""


async def wanted(kernels: Any, question: Question) -> Wanted:
    """Ask the kernel what the tests are for; raises `UsageError` for what cannot be tested."""
    if question.task is not Task.TEST:
        return Wanted(question)
    if not question.is_python:
        return Wanted(question, problem="The tests are not proven: that is for Python only.")
    source = question.target.source if question.target else ""
    form, text = FUNCTIONS, ""
    # A question of ours names what it is about: its words are neither options nor names.
    if not question.strengthens:
        command = _command(question.text)
        form, text = form_of(command), command.text
    said = await evaluate(
        kernels, question.kernel_id, targets_expression(text, form, source), patience=_LOOK_PATIENCE
    )
    found = _read(said)
    if found is None:
        # Nothing runs the tests: only a form that was asked for is.
        plain = text if form == FUNCTIONS else question_for_tests([], text, form)
        unproven = question if question.strengthens else replace(question, text=plain)
        return Wanted(unproven, problem=_unproven(said.problem))
    if "problem" in found:
        raise UsageError(str(found["problem"]))
    if question.strengthens:
        return Wanted(question, tuple(found["defined"]))
    named = {str(name): str(text) for name, text in found["named"]}
    cell, unseen = cells_of_targets(list(named), question.notebook)
    if any(key.startswith(("cell:", "below:", "definition:")) for key in question.excluded):
        # A cell that the user took out has no source here: it is not sent by another way.
        unseen = []
    targets = tuple(named) or tuple(found["defined"])
    return Wanted(
        replace(
            question,
            text=question_for_tests(list(named), str(found["rest"]), form),
            variables=(*question.variables, *argument_names(targets, question.notebook)),
            target=cell or question.target,
            definitions=tuple(Attachment("file", name, named[name], is_source=True) for name in unseen),
        ),
        targets,
        form,
    )


def _command(text: str) -> Command:
    """What stands behind `/test`, by the grammar of the magic; raises `UsageError`."""
    line, _, more = text.strip().partition("\n")
    command = parse_command(f"test {line}", more or None)
    if command.given - {"properties", "doctest"}:
        raise UsageError("Of the options, only --properties and --doctest go with /test.")
    return command


def proof_of(asked: Wanted, *, seconds: float) -> Callable[[Reply], Steps[Answered[Proven]]]:
    """The check that proves the tests of a reply in the notebook's kernel, step by step.

    Args:
        seconds: for one copy of the kernel.
    """

    def check(reply: Reply) -> Steps[Answered[Proven]]:
        return _proof(asked, reply, seconds)

    return check


def _proof(asked: Wanted, reply: Reply, seconds: float) -> Steps[Answered[Proven]]:
    question = asked.question
    request = {
        "blocks": code_of(reply),
        "targets": list(asked.targets),
        "cell": question.target.source if question.target else "",
        "seconds": seconds,
        "form": asked.form,
        "strengthens": question.strengthens,
    }
    patience = _STEP_PATIENCE + _COPIES * seconds
    expression, text = begin_proof_expression(json.dumps(request)), reply.text
    while True:
        said = yield Evaluating(expression, patience)
        step = _read(said)
        if step is None or step.get("step") == "lost":
            return Answered(reply, Proven(problem=_unproven(said.problem or LATE)))
        if step["step"] == "done":
            anchor = next((edit.cell_id for edit in reply.edits if edit.op == "insert"), "")
            proven = _proven(step, place_of_tests(anchor, question.notebook), question.notebook)
            return Answered(replace(reply, edits=proven.edits, text=text), proven)
        answer = ""
        if step["step"] == "ask":
            try:
                second = yield Asking(str(step["words"]))
            except ModelError as error:
                # A second question that fails is no failure of the answer.
                answer = json.dumps({"problem": str(error)})
            else:
                text = f"{text}\n\n{second.text}"
                answer = json.dumps({"blocks": code_of(second)})
        else:
            yield Status(str(step["words"]))
        expression = go_on_expression(str(step["key"]), answer)


def _read(said: Evaluated) -> dict[str, Any] | None:
    if said.problem:
        return None
    try:
        found = json.loads(said.text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _proven(step: Mapping[str, Any], anchor: str, notebook: Notebook) -> Proven:
    cell = str(step["cell"])
    edits = [Edit("insert", anchor, "", cell)] if cell else []
    if cell and not step["has_magic"]:
        # Where the extension is not loaded nothing would know the magic of the cell.
        edits.insert(0, Edit("insert", anchor, "", LOAD))
    rewritten, notes = docstring_edits(step["docstrings"], step["sources"], notebook)
    markdown = "\n\n".join([str(step["markdown"]), *notes])
    return Proven((*edits, *rewritten), markdown, str(step["strengthen"]), str(step["key"]))


def _unproven(problem: str) -> str:
    return f"The tests are not proven: {WHY[problem]}."

"""Drives the proof of a reply's tests from a magic: says what goes on, asks the model once more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..core.errors import ModelError
from ..core.unit_tests.mutants import Mutant
from ..core.unit_tests.question import FUNCTIONS, code_of
from ..kernel.proof.proof import Proof, Saying, proving

if TYPE_CHECKING:
    from ..core.assistant import Reply
    from ..kernel.proof.targets import Target
    from .session import Session


def prove(
    session: Session,
    reply: Reply,
    targets: Sequence[Target],
    *,
    mutants: Sequence[Mutant] | None = None,
    say: Callable[[str], None],
    ask_again: Callable[[Reply, str], Reply],
    form: str = FUNCTIONS,
) -> Proof:
    """The proof of a reply's tests, step by step to its end.

    Args:
        mutants: the faults that the tests are for; default: those of the targets.
        say: told what is going on.
        ask_again: sends words behind a reply and returns the next; the one repair.
        form: of the tests.

    An interrupt ends it, with what is known until then.
    """
    from ..core.model.ollama.connection import kept_ports, port_of

    steps = proving(
        session.ip,
        code_of(reply),
        targets,
        cell=reply.request.target.source if reply.request.target else "",
        form=form,
        mutants=mutants,
        seconds=session.config.trial_seconds,
        own_ports={port_of(reply.host), *kept_ports()},
    )
    try:
        step = next(steps)
        while True:
            if isinstance(step, Saying):
                say(step.words)
                step = next(steps)
                continue
            try:
                blocks = code_of(ask_again(reply, step.words))
            except (ModelError, KeyboardInterrupt) as error:
                step = steps.throw(error)
            else:
                step = steps.send(blocks)
    except StopIteration as end:
        proof: Proof = end.value
        return proof

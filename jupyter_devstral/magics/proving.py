"""The check that proves a reply's tests, in the kernel that asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..core.answering import Answered, Asking, Steps
from ..core.errors import ModelError
from ..core.unit_tests.mutants import Mutant
from ..core.unit_tests.question import FUNCTIONS, code_of
from ..kernel.proof.proof import Proof, proving

if TYPE_CHECKING:
    from ..core.assistant import Reply
    from ..kernel.proof.targets import Target
    from .session import ShellSession


def proof_of(
    session: ShellSession,
    targets: Sequence[Target],
    *,
    mutants: Sequence[Mutant] | None = None,
    form: str = FUNCTIONS,
) -> Callable[[Reply], Steps[Answered[Proof]]]:
    """Make the check that proves the tests of a reply, for `core.answering.answering`.

    Args:
        mutants: the faults that the tests are for; default: those of the targets.
        form: of the tests.
    """

    def check(reply: Reply) -> Steps[Answered[Proof]]:
        from ..core.model.kept_connections import kept_ports, port_of

        steps = proving(
            session.ip,
            code_of(reply),
            targets,
            cell=reply.request.target.source if reply.request.target else "",
            form=form,
            mutants=mutants,
            seconds=session.trial_seconds,
            own_ports={port_of(reply.host), *kept_ports()},
        )
        try:
            step = next(steps)
            while True:
                if not isinstance(step, Asking):
                    yield step
                    step = next(steps)
                    continue
                try:
                    blocks = code_of((yield step))
                except (ModelError, KeyboardInterrupt) as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(blocks)
        except StopIteration as end:
            return Answered(reply, end.value)

    return check

"""The proof of a model's tests before they become a cell: run in forks, and against mutants.

Runs on the main thread, while the cell that asked is still running; or step by step, for a server that asks
between cells.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ...core.answering import Asking, Status
from ...core.edits.edit import Edit
from ...core.errors import ModelError
from ...core.python.source import defines_the_same, definitions_of
from ...core.text.data_lines import guarded
from ...core.text.markdown import code_block, inline_code, prose
from ...core.unit_tests.docstrings import docstrings_of
from ...core.unit_tests.mutants import Mutant, mutants_of
from ...core.unit_tests.question import DOCTEST, FUNCTIONS
from ...core.unit_tests.written_tests import TestSource, mentions, read_tests
from ..copy.forked import no_copy
from ..copy.safety import why_not
from .outcomes_text import counted, outcomes_table
from .partly_holding import saved
from .pytest_run import ERROR, FAILED, PASSED, TestOutcome
from .runs import CUT_OFF, FLAKY, NO_TURN, NOT_TRIED, passed, run_in_copy, survivors
from .targets import is_module, undefined_in

if TYPE_CHECKING:
    from .targets import Target

QUESTION = "Fails: is this test wrong, or did it find a bug?"
HOW_TO_STRENGTHEN = "`%devstral strengthen` asks for tests that notice what these do not."
_MUTANTS, _MUTANT_BUDGET = 50, 10.0
_SURVIVORS_SHOWN, _ERRORS_SENT = 5, 5


@dataclass
class Proof:
    """The knowledge about the tests of a reply.

    Attributes:
        tests: those that are left to insert.
        outcomes: of every test that ran, as it ran last.
        reason: why nothing could be tried, as a phrase; "" when it could.
        notes: sentences for the user.
        tried, alive: the mutants, and those of them that no test noticed.
        targets: what is tested.
        form: of the tests.
        docstrings: with the examples that hold, by the name of what they are about.
    """

    tests: TestSource
    outcomes: list[TestOutcome] = field(default_factory=list)
    reason: str = ""
    tried: list[Mutant] = field(default_factory=list)
    alive: list[Mutant] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    targets: tuple[Target, ...] = ()
    form: str = FUNCTIONS
    docstrings: dict[str, str] = field(default_factory=dict)

    @property
    def caught(self) -> int:
        """The number of mutants that a test noticed."""
        return len(self.tried) - len(self.alive)

    @property
    def failing(self) -> list[str]:
        """The names of the tests that fail."""
        return [name for name in self.tests.names if name in _names(self.outcomes, FAILED)]

    @property
    def proves_nothing(self) -> bool:
        """Whether no mutant was caught and no test fails; such tests are not inserted unasked."""
        return bool(self.tried) and not self.caught and not self.failing

    def edits(self, anchor: str) -> tuple[Edit, ...]:
        """Propose one new cell, or none; examples belong into docstrings."""
        if not self.tests.tests or self.proves_nothing or self.form == DOCTEST:
            return ()
        return (Edit("insert", anchor, "", self.tests.cell(dict.fromkeys(self.failing, QUESTION))),)

    def markdown(self, how_to_strengthen: str = HOW_TO_STRENGTHEN) -> str:
        """Write the receipt of the tests: a line, the table, the questions, what no test would notice."""
        parts = [f"**{self.headline()}**"] if self.headline() else []
        if self.outcomes:
            parts.append(outcomes_table(self.outcomes))
        for one in self.outcomes:
            if one.kind == FAILED:
                question = f"{inline_code(one.name)} fails: *is the test wrong, or did it find a bug?*"
                parts.append(f"{question}\n\n{code_block(one.detail, 'text')}")
        if self.alive and self.caught:
            parts.append(self._unnoticed())
        if self.alive and not self.reason and how_to_strengthen:
            parts.append(how_to_strengthen)
        parts += [prose(note) for note in self.notes]
        return "\n\n".join(parts)

    def headline(self) -> str:
        """Sum the tests up: "5 tests, all pass, 11 of 13 mutants caught"."""
        if self.reason:
            return f"not tried: {prose(self.reason)}"
        if not self.outcomes:
            return ""
        line = counted(self.outcomes)
        if not self.tried:
            return line
        line = f"{line}, {self.caught} of {len(self.tried)} mutants caught"
        return f"{line}: these tests prove nothing" if self.proves_nothing else line

    def strengthening(self) -> str:
        """Word the question for tests that notice what these do not."""
        from ...core.prompt.prompt import wording

        return wording("strengthen").replace("{mutants}", "\n".join(self.survivors()))

    def _unnoticed(self) -> str:
        lines = self.survivors()
        more = len(lines) - _SURVIVORS_SHOWN
        rest = [f"- and {more} more"] if more > 0 else []
        return "\n".join(["No test would notice:", "", *lines[:_SURVIVORS_SHOWN], *rest])

    def survivors(self) -> list[str]:
        """Write a line of Markdown for each mutant that no test noticed."""
        lines = []
        for mutant in self.alive:
            source = next(target.source for target in self.targets if target.name == mutant.path[0])
            text = source.split("\n")[mutant.line - 1].strip()
            where = f"{inline_code('.'.join(mutant.path))}, line {mutant.line}: {inline_code(text)}"
            lines.append(f"- {where}, with {mutant.change}")
        return lines


Steps = Generator[Status | Asking, Sequence[str] | None, Proof]


def proving(
    ip: Any,
    blocks: Sequence[str],
    targets: Sequence[Target],
    *,
    cell: str = "",
    form: str = FUNCTIONS,
    mutants: Sequence[Mutant] | None = None,
    seconds: float,
    own_ports: Collection[int] = (),
) -> Steps:
    """Read tests, run them, repair them once, run them against mutants; step by step.

    Args:
        blocks: the code of the reply.
        cell: the source of the cell that the tests are for, where there are no targets.
        form, mutants: as for `prove`.
        seconds: for one copy of the kernel; 0 where trials are switched off.
        own_ports: connections that are ours, and no reason against a copy.

    Where the one repair is asked for, `ModelError` may be thrown in. Returns the proof.
    """
    docstrings = docstrings_of(blocks, [one.name for one in targets]) if form == DOCTEST else {}
    proof = _read(ip, blocks, targets, form, docstrings)
    _note_stale(proof, cell)
    if not _is_to_the_point(proof):
        return proof
    proof.reason = _why_not_tried(ip, proof, cell, seconds, own_ports)
    if proof.reason:
        return proof
    try:
        yield from _run(ip, proof, seconds)
        if mutants is None:
            share = _MUTANTS // max(1, len(targets))
            mutants = [one for target in targets for one in mutants_of(target.source, limit=share)]
        yield from _mutate(ip, proof, mutants)
        if docstrings and not proof.proves_nothing:
            from .docstring_examples import holding

            good = passed(proof.outcomes) & set(proof.tests.names)
            proof.docstrings, notes = holding(ip, docstrings, good, seconds)
            proof.notes += notes
    except KeyboardInterrupt:
        proof.notes.append("The trial was interrupted; what is not in the table was not tried.")
        proof.tests = proof.tests.keep(passed(proof.outcomes) | _names(proof.outcomes, FAILED))
    except OSError as error:
        proof.reason = no_copy(error)
    return proof


def _read(
    ip: Any, blocks: Sequence[str], targets: Sequence[Target], form: str, docstrings: dict[str, str]
) -> Proof:
    if form == DOCTEST:
        from .docstring_examples import as_tests

        tests = as_tests(docstrings)
    else:
        names = [target.name for target in targets]
        tests = read_tests(blocks, names, known=ip.user_ns, is_module=is_module)
    return Proof(tests, notes=list(tests.notes), targets=tuple(targets), form=form)


def _note_stale(proof: Proof, cell: str) -> None:
    """Say of which targets the kernel has another definition than the cell."""
    here = definitions_of(cell)
    known = [one for one in proof.targets if one.name in here]
    stale = {one.name for one in known if not defines_the_same(one.name, cell, one.source)}
    if stale:
        why = "the kernel still has the old definition, and that is what was tested"
        proof.notes.append(f"The cell of {_listed(stale)} has changed since it ran: {why}.")


def _is_to_the_point(proof: Proof) -> bool:
    """Whether there are tests, and tests of the targets; says so where there are none."""
    names = [target.name for target in proof.targets]
    if not proof.tests.tests:
        what = "docstring with examples" if proof.form == DOCTEST else "tests"
        proof.notes.append(f"The reply has no {what}, so nothing was inserted.")
        return False
    if names and proof.form != DOCTEST and not mentions(proof.tests, names):
        proof.notes.append(f"No test here uses {' or '.join(f'`{name}`' for name in names)}: not inserted.")
        proof.tests = proof.tests.keep(())
        return False
    return True


def _why_not_tried(ip: Any, proof: Proof, cell: str, seconds: float, own_ports: Collection[int]) -> str:
    missing = undefined_in(cell, ip.user_ns) if not proof.targets else []
    if missing:
        return f"`{missing[0]}` does not exist yet; run its cell first"
    if not seconds:
        return "trials are switched off"
    return why_not(ip, [proof.tests.python()], own_ports=set(own_ports))


def _run(ip: Any, proof: Proof, seconds: float) -> Steps:
    """Run the tests, have those repaired once that raise errors, and keep what is worth it."""
    yield Status("running the tests in a copy of the kernel")
    _try(ip, proof, seconds)
    broken = _names(proof.outcomes, ERROR)
    if broken and proof.form != DOCTEST:
        yield Status("the tests raise errors: asking once more")
        errors = [f"{one.name or 'the cell'}: {one.message}" for one in proof.outcomes if one.kind == ERROR]
        from ...core.prompt.prompt import wording

        words = wording("repair_tests").replace("{error}", guarded("\n".join(errors[:_ERRORS_SENT])))
        repaired = TestSource()
        try:
            second = (yield Asking(words)) or ()
            names = [target.name for target in proof.targets]
            repaired = read_tests(second, names, known=ip.user_ns, is_module=is_module)
        except ModelError as error:
            proof.notes.append(f"No second attempt: {error}")
        sound = proof.tests.keep(set(proof.tests.names) - broken if "" not in broken else ())
        # A test that ran is not bent afterwards, whatever the second reply says of it.
        repaired = repaired.keep(set(repaired.names) - set(sound.names))
        if repaired.tests:
            # Where the cell itself failed, its shared part is what was wrong.
            before = () if "" in broken else sound.shared
            shared = tuple(dict.fromkeys((*before, *repaired.shared)))
            proof.tests = TestSource(shared, (*sound.tests, *repaired.tests), proof.tests.notes)
            yield Status("running the repaired tests in a copy of the kernel")
            _try(ip, proof, seconds)
    _drop(proof)
    good = [name for name in proof.tests.names if name in passed(proof.outcomes)]
    again = run_in_copy(ip, proof.tests.python(), good, seconds=seconds, fresh_random=True) if good else []
    unlike = set(good) - passed(again)
    if unlike:
        proof.outcomes = [
            replace(one, kind=FLAKY, message="passes once, but not again with other random numbers")
            if one.test in unlike
            else one
            for one in proof.outcomes
        ]
        proof.tests = proof.tests.keep(set(proof.tests.names) - unlike)
        proof.notes.append(f"Not inserted: not repeatable: {_listed(unlike)}.")
    return proof


def _try(ip: Any, proof: Proof, seconds: float) -> None:
    """Run the tests; of one of which a part holds, that part is kept."""

    def outcomes_of(tests: TestSource) -> list[TestOutcome]:
        return run_in_copy(ip, tests.python(), tests.names, seconds=seconds)

    proof.outcomes = outcomes_of(proof.tests)
    if proof.form == FUNCTIONS:
        proof.tests, proof.outcomes = saved(proof.tests, proof.outcomes, outcomes_of)


def _drop(proof: Proof) -> None:
    """Take out what cannot be proven, and say so."""
    for kind, words in (
        (ERROR, "Dropped: they raise errors"),
        (CUT_OFF, "Not inserted: they did not finish"),
        (NOT_TRIED, "Not inserted: not tried; mock what does that (`monkeypatch.setattr`)"),
        (NO_TURN, "Not inserted: time ran out before they were tried"),
    ):
        names = _names(proof.outcomes, kind)
        if names:
            proof.notes.append(f"{words}: {_listed(names - {''}) or 'the whole cell'}.")
            proof.tests = proof.tests.keep(set(proof.tests.names) - names if "" not in names else ())


def _mutate(ip: Any, proof: Proof, mutants: Sequence[Mutant]) -> Steps:
    good = [name for name in proof.tests.names if name in passed(proof.outcomes)]
    if not good or not mutants:
        return proof
    yield Status("running the tests against small faults")
    took = sum(one.seconds for one in proof.outcomes if one.kind == PASSED)
    proof.tried, proof.alive = survivors(
        ip, proof.tests.python(), good, mutants, took=took, budget=_MUTANT_BUDGET
    )
    if len(proof.tried) < len(mutants):
        proof.notes.append(f"{len(mutants) - len(proof.tried)} mutants were not tried.")
    return proof


def _names(outcomes: Sequence[TestOutcome], kind: str) -> set[str]:
    return {one.test for one in outcomes if one.kind == kind}


def _listed(names: set[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))

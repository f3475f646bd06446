"""The loop of ask, prove, repair: what is asked after what, with drivers of three lines."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_devstral.core.answering import Answered, Asking, Status, Trying, answering, carry_out, repairing
from jupyter_devstral.core.errors import NoServer


def reply(text: str, finished: str = "stop", edits: tuple[str, ...] = ("edit",)) -> Any:
    return SimpleNamespace(text=text, finished=finished, changes=dict.fromkeys(edits, text))


class Driver:
    """Answers what is asked and tried from two lists, and remembers the steps."""

    def __init__(self, replies: list[Any], verdicts: list[str] = ()) -> None:  # type: ignore[assignment]
        self.replies, self.verdicts = list(replies), list(verdicts)
        self.steps: list[Any] = []

    def do(self, step: Any) -> Any:
        self.steps.append(step)
        if isinstance(step, Trying):
            return self.verdicts.pop(0)
        if isinstance(step, Asking):
            said = self.replies.pop(0)
            if isinstance(said, BaseException):
                raise said
            return said
        return None

    def words(self) -> list[str]:
        return [step.words if isinstance(step, (Asking, Status)) else step.reply.text for step in self.steps]


def fix(verdict: str) -> Asking | None:
    return Asking(f"still {verdict}") if verdict == "fails" else None


def explained(driver: Driver) -> Answered[str]:
    return carry_out(answering(lambda first: repairing(first, fix)), driver.do)


def test_a_fix_that_runs_is_asked_for_once() -> None:
    driver = Driver([reply("one")], ["clean"])
    answered = explained(driver)
    assert (answered.reply.text, answered.checked, answered.note) == ("one", "clean", "")
    assert driver.words() == ["", "one"]


def test_a_fix_that_fails_is_repaired_once() -> None:
    driver = Driver([reply("one"), reply("two")], ["fails", "fails"])
    answered = explained(driver)
    assert (answered.reply.text, answered.checked) == ("two", "fails")
    assert driver.words() == ["", "one", "still fails", "two"]


@pytest.mark.parametrize("second", [reply("cut", "cut"), reply("prose", edits=())], ids=["cut", "no edit"])
def test_a_second_answer_of_no_use_leaves_the_first(second: Any) -> None:
    driver = Driver([reply("one"), second], ["fails"])
    answered = explained(driver)
    assert (answered.reply.text, answered.checked) == ("one", "fails")


def test_the_same_code_again_is_neither_tried_nor_shown() -> None:
    driver = Driver([reply("one"), reply("one")], ["fails"])
    answered = explained(driver)
    assert (answered.reply.text, answered.checked) == ("one", "fails")
    assert driver.words() == ["", "one", "still fails"]
    assert answered.note == "A second attempt gave the same code."


def test_a_second_question_that_fails_leaves_the_first_and_says_why() -> None:
    driver = Driver([reply("one"), NoServer("Nobody answers.")], ["fails"])
    answered = explained(driver)
    assert answered.reply.text == "one"
    assert answered.note == "No second attempt: Nobody answers."


@pytest.mark.parametrize("finished", ["cut", "length", "interrupted"])
def test_what_did_not_come_to_its_end_is_not_tried(finished: str) -> None:
    driver = Driver([reply("one", finished)])
    assert explained(driver).checked is None
    assert driver.words() == [""]


def test_a_first_question_that_fails_is_the_drivers_to_tell() -> None:
    with pytest.raises(NoServer, match="Nobody"):
        explained(Driver([NoServer("Nobody answers.")]))


def test_an_interrupt_reaches_the_steps_and_comes_out() -> None:
    with pytest.raises(KeyboardInterrupt):
        explained(Driver([KeyboardInterrupt()]))


def test_an_answer_without_a_check_is_one_question() -> None:
    only = reply("one")
    driver = Driver([only])
    assert carry_out(answering(), driver.do) == Answered(only)
    assert driver.words() == [""]


@pytest.mark.parametrize(("parts", "checked"), [(["test"], "proven"), ([], None)])
def test_a_reply_that_hit_its_length_is_checked_as_far_as_it_is_whole(
    parts: list[str], checked: str | None
) -> None:
    def check(first: Any) -> Any:
        yield Status("proving")
        return Answered(first, "proven")

    driver = Driver([reply("one", "length")])
    answered = carry_out(answering(check, whole_parts=lambda _: parts), driver.do)
    assert answered.checked == checked

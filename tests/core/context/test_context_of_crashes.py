"""Prompts of recorded crashes hold what an explanation needs, and the judge of that can say no."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.prompts.crash_context import FACTS, WINDOW, judged, prompt_of, results
from benchmarks.replies.gold_fixes import crashes


def test_the_prompts_of_recorded_crashes_hold_all_five_facts(shared_data: Path) -> None:
    found = list(results(shared_data))
    assert len(found) == 49
    assert all(tokens < WINDOW for *_, tokens in found)
    missing = [(crash, name) for crash, facts, _ in found for name in FACTS if facts[name] is False]
    assert len({crash for crash, _ in missing}) <= 1, missing
    # Most recordings have something to say about each of them.
    assert all(sum(facts[name] is not None for _, facts, _ in found) > 20 for name in FACTS)


@pytest.mark.parametrize("part", ["error", "variables", "cells"])
def test_the_judge_notices_what_is_missing(shared_data: Path, part: str) -> None:
    noticed = 0
    for crash in crashes(shared_data):
        text = "\n".join(message.content for message in prompt_of(crash).messages)
        head, _, tail = text.rpartition("\nVariables:\n")
        parts = {
            "error": text.replace(crash["ename"], "Error"),
            "variables": head + tail.partition("\n\n")[2],
            "cells": tail,
        }
        noticed += False in judged(crash, parts[part]).values()
    assert noticed >= {"error": 49, "variables": 20, "cells": 30}[part]

"""`jupyter devstral eval`: which model is good enough here, measured with cases that ship."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.errors import DevstralError, UsageError
from ..evals.answers import Answers, ModelAnswers, gold_answer, null_answer
from ..evals.cases import SUITES, Case, load_suite
from ..evals.judge import Judge
from ..evals.page import page
from ..evals.results import Kept, Row, as_json
from ..evals.sufficiency import Terms
from ..settings import read_settings, settings_given
from ..standard_output import write_text

if TYPE_CHECKING:
    from ...core.settings.config import DevstralConfig


def command(arguments: argparse.Namespace) -> int:
    cases = _cases(arguments.suite, arguments.limit)
    with tempfile.TemporaryDirectory(prefix="devstral-eval-") as folder:
        working = Path(folder) / "judge"
        working.mkdir()
        with closing(Judge(working)) as judge:
            if arguments.self_test:
                return _self_test(cases, judge)
            results = [_measured(model, arguments, cases, judge) for model in _models(arguments)]
    if arguments.json:
        found = [as_json(model, rows) for model, rows, _ in results]
        write_text(json.dumps(found[0] if len(found) == 1 else found, indent=1) + "\n")
    else:
        write_text(page(results))
    return 0


def _cases(suites: str, limit: int | None) -> list[Case]:
    names = [name.strip() for name in suites.split(",") if name.strip()]
    for name in names:
        if name not in SUITES:
            raise UsageError(f"There is no suite {name!r}; there are: {', '.join(SUITES)}.")
    return [case for name in names for case in load_suite(name)[:limit]]


def _models(arguments: argparse.Namespace) -> list[str]:
    first = arguments.model or read_settings(arguments.flags).model
    return [first, *([arguments.compare] if arguments.compare else [])]


def _self_test(cases: Sequence[Case], judge: Judge) -> int:
    """Gold answers are all right, null answers never; exit status 1 where not."""
    wrong = [
        f"{case.suite} {case.id}: {found.why or 'wrong'}"
        for case in cases
        if not (found := judge(case, gold_answer(case))).right
    ]
    lucky = [f"{case.suite} {case.id}" for case in cases if judge(case, null_answer(case)).right]
    count = len(cases)
    lines = [
        f"gold answers: {count - len(wrong)} of {count} right",
        f"null answers: {len(lucky)} of {count} right",
    ]
    write_text("\n".join([*lines, *wrong, *lucky]) + "\n")
    return 1 if wrong or lucky else 0


def _measured(
    model: str, arguments: argparse.Namespace, cases: Sequence[Case], judge: Judge
) -> tuple[str, list[Row], Terms]:
    """The rows of one model; what an earlier run has of them is not asked again."""
    settings = read_settings({**arguments.flags, "model": repr(model)})
    # One answer a case, the same one each time.
    given = {**settings_given(arguments.flags), "model": model, "temperature": 0.0, "seed": 1}
    kept = Kept(_file(model, settings))
    if arguments.fresh:
        kept.rows.clear()
    terms = _terms(settings)
    answers = ModelAnswers(given)
    for number, case in enumerate(cases, 1):
        if (case.suite, case.id) in kept.rows:
            continue
        row = _asked(case, answers, judge)
        kept.add(row)
        word = "right" if row.right else f"wrong: {row.why}"
        print(f"{model} {number}/{len(cases)} {case.suite} {case.id}: {word}", file=sys.stderr, flush=True)
    return model, [kept.rows[case.suite, case.id] for case in cases], terms


def _asked(case: Case, answers: Answers, judge: Judge) -> Row:
    began = time.monotonic()
    answer = answers(case)
    if not answer.tokens:
        raise DevstralError(f"The model gave no answer to {case.suite} {case.id}: jupyter devstral doctor.")
    judged = judge(case, answer)
    return Row(
        case.suite,
        case.id,
        judged.right,
        judged.runs,
        answer.tokens,
        round(time.monotonic() - began, 1),
        answer.reply_tokens,
        answer.reply_seconds,
        answer.cut,
        judged.why,
    )


def _terms(settings: DevstralConfig) -> Terms:
    """What the model gets, as far as its server says; asks it."""
    from ...session.session import Session

    server = Session(settings).model()
    window, details = server.window(), server.details()
    return Terms(
        window.tokens,
        window.source,
        details.context_length,
        details.quantization,
        details.parameters,
        settings.max_reply_tokens,
    )


def _file(model: str, settings: DevstralConfig) -> Path:
    """Where the rows of this model are kept, with these cases and settings that change answers."""
    from jupyter_core.paths import jupyter_data_dir

    parts: list[Any] = [
        model,
        settings.host,
        settings.engine,
        settings.gguf,
        settings.values,
        settings.num_ctx,
    ]
    parts += [settings.max_reply_tokens, settings.context, *(load_suite(name) for name in SUITES)]
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
    return Path(jupyter_data_dir()) / "devstral-evals" / f"{digest}.jsonl"

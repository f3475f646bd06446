"""What suggestions are worth: notebook lines completed by a real model, with and without what we send.

Needs a model that fills in the middle: DEVSTRAL_FIM_GGUF=/path/to/qwen2.5-coder-0.5b.gguf. On two cores it
takes hours; answers are kept in `bench-output/completion_quality.jsonl`, and a second run goes on from there.
DEVSTRAL_FIM_VARIABLES=1 runs the cells above each line first, where they can be run, and asks for these lines
a second time with what the kernel tells of the variables, as the server does.
"""

from __future__ import annotations

import difflib
import json
import os
import random
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.row import Row
from benchmarks.suggestions.completion_lines import Line, lines
from benchmarks.suggestions.completion_variables import Remarks
from jupyter_devstral.core.completion.asking import prepare
from jupyter_devstral.core.completion.confidence import smallest
from jupyter_devstral.core.completion.families import QWEN, Inserting
from jupyter_devstral.core.completion.trimming import is_another_word, offer
from jupyter_devstral.core.model.completion import CompletionRequest, Token
from jupyter_devstral.core.notebook.cells import Notebook

COUNT = 320
SHOWN = 0.4
OUTPUT = Path("bench-output/completion_quality.jsonl")
LAYOUTS = ("prefix only", "ours")
WITH_VARIABLES = "ours with variables"


def run(shared_data: Path | None) -> list[Row]:
    """One row a bar; nothing is measured without a model."""
    gguf = os.environ.get("DEVSTRAL_FIM_GGUF", "")
    if shared_data is None or (not gguf and not OUTPUT.is_file()):
        return [Row("suggestions of a real model", "", "", "", None)]
    chosen = lines(shared_data, COUNT)
    if gguf:
        measure(chosen, Path(gguf), _remarks(chosen, shared_data))
    return rows(chosen, answers())


def _remarks(chosen: Sequence[Line], shared_data: Path) -> Mapping[int, Remarks]:
    if not os.environ.get("DEVSTRAL_FIM_VARIABLES"):
        return {}
    from benchmarks.suggestions.completion_variables import remarks_of

    return remarks_of(chosen, shared_data)


def measure(chosen: Sequence[Line], gguf: Path, remarks: Mapping[int, Remarks]) -> None:
    """Ask for every line in every layout, notebook by notebook so that prefixes stay cached.

    `remarks` are those of the lines that are asked for with variables, too, by their numbers.
    """
    from tests.support.models.embedded_process import start_embedded

    done = set(answers())
    names = list(dict.fromkeys(line.name for line in chosen))
    OUTPUT.parent.mkdir(exist_ok=True)
    with start_embedded(gguf) as server, OUTPUT.open("a", encoding="utf-8") as output:
        # Notebooks in the order of a hash, so that a part of the run is a fair sample too.
        for name in sorted(names, key=lambda one: random.Random(one).random()):
            for layout in (*LAYOUTS, WITH_VARIABLES):
                for number, line in enumerate(chosen):
                    if line.name != name or (number, layout) in done:
                        continue
                    if layout == WITH_VARIABLES and number not in remarks:
                        continue
                    entry = _ask(server.url, server.model, line, layout, remarks.get(number, {}))
                    output.write(json.dumps({"line": number, "layout": layout, **entry}) + "\n")
                    output.flush()


def answers() -> dict[tuple[int, str], dict[str, Any]]:
    """What is kept of earlier runs."""
    if not OUTPUT.is_file():
        return {}
    entries = map(json.loads, OUTPUT.read_text(encoding="utf-8").splitlines())
    return {(entry["line"], entry["layout"]): entry for entry in entries}


def _ask(url: str, model: str, line: Line, layout: str, remarks: Remarks) -> dict[str, Any]:
    if layout != "prefix only":
        told = remarks if layout == WITH_VARIABLES else {}
        whole = _answer(url, model, line, told, whole_words=True)
        return _answer(url, model, line, told, whole_words=False) if whole is None else whole
    # What everybody can do: the cell up to the cursor, the line in the prefix.
    options = prepare(Notebook(()), line.cell, line.place, Inserting(QWEN), model=model).request.options
    head = line.cell.source[: line.offset]
    request = CompletionRequest(model, QWEN.prompt(head, "", ""), None, options, 300)
    reply, tokens = _read(url, request, "")
    return {"reply": reply, "tokens": tokens, "taken": "", "word": ""}


def _answer(
    url: str, model: str, line: Line, remarks: Remarks, *, whole_words: bool
) -> dict[str, Any] | None:
    """One answer as it is kept; None where it begins with another word than the one being typed."""
    prepared = prepare(
        line.notebook,
        line.cell,
        line.place,
        Inserting(QWEN),
        model=model,
        remarks=remarks,
        whole_words=whole_words,
    )
    reply, tokens = _read(url, prepared.request, prepared.word)
    if prepared.word and is_another_word(reply, prepared.word):
        return None
    return {"reply": reply, "tokens": tokens, "taken": prepared.taken, "word": prepared.word}


def _read(url: str, request: CompletionRequest, word: str) -> tuple[str, list[Any]]:
    from jupyter_devstral.core.model.ollama.completing import CompletionCall

    text, tokens = "", []
    with closing(CompletionCall(url, request).chunks()) as chunks:
        for chunk in chunks:
            text += chunk.text
            tokens += [[token.text, token.logprob] for token in chunk.tokens]
            if is_another_word(text, word):
                break
    return text, tokens


def rows(chosen: Sequence[Line], kept: dict[tuple[int, str], dict[str, Any]]) -> list[Row]:
    """The bars, over the lines that every layout has answered."""
    asked = [n for n in range(len(chosen)) if all((n, layout) in kept for layout in LAYOUTS)]
    if not asked:
        return [Row("suggestions of a real model", "", "", "", None)]
    plain = {n: first_line(chosen[n], kept[n, "prefix only"]) for n in asked}
    full = {n: first_line(chosen[n], kept[n, "ours"]) for n in asked}
    gains = [similarity(full[n], chosen[n].truth) - similarity(plain[n], chosen[n].truth) for n in asked]
    gain, low, high = interval(gains)
    sure = sorted(asked, key=lambda n: -_least(kept[n, "ours"], full[n]))[: round(SHOWN * len(asked))]
    exact = interval([float(full[n] == chosen[n].truth) for n in sure])
    typed = interval([typed_through(full[n], chosen[n].truth) for n in sure])
    what = f"{len(asked)} notebook lines, 0.5B model"
    threshold = _least(kept[sure[-1], "ours"], full[sure[-1]])
    return [
        Row(
            f"edit similarity over prefix only ({what})",
            f"{gain:+.1%} [{low:+.1%}, {high:+.1%}]".replace("%", " points"),
            "the cell up to the cursor",
            "≥ +8 points",
            gain >= 0.08,
        ),
        Row(
            f"exact, surest 40 % (log-probability ≥ {threshold:.2f})",
            _share(exact),
            "",
            "≥ 30 %",
            exact[0] >= 0.3,
        ),
        Row("typed through, surest 40 %", _share(typed), "", "≥ 45 %", typed[0] >= 0.45),
        *_with_variables(chosen, kept),
    ]


def _with_variables(chosen: Sequence[Line], kept: dict[tuple[int, str], dict[str, Any]]) -> list[Row]:
    """What variables add, over the lines that see any; no row where nothing was asked with them."""
    asked = [number for number, layout in kept if layout == WITH_VARIABLES and (number, "ours") in kept]
    if not asked:
        return []
    told = {n: first_line(chosen[n], kept[n, WITH_VARIABLES]) for n in asked}
    plain = {n: first_line(chosen[n], kept[n, "ours"]) for n in asked}
    gain, low, high = interval(
        [similarity(told[n], chosen[n].truth) - similarity(plain[n], chosen[n].truth) for n in asked]
    )
    exact = [interval([float(text[n] == chosen[n].truth) for n in asked]) for text in (told, plain)]
    return [
        Row(
            f"edit similarity with variables ({len(asked)} lines that see some)",
            f"{gain:+.1%} [{low:+.1%}, {high:+.1%}]".replace("%", " points"),
            "the same without",
            "> 0",
            gain > 0,
        ),
        Row(
            "exact with variables",
            _share(exact[0]),
            f"without: {_share(exact[1])}",
            "more",
            exact[0] > exact[1],
        ),
    ]


def first_line(line: Line, answer: dict[str, Any]) -> str:
    """What would be offered of the line; of several lines the first."""
    word = answer.get("word", "")
    offered = offer(answer["reply"], line.place, taken=answer["taken"], word=word).text
    return offered.split("\n", 1)[0].rstrip()


def similarity(text: str, truth: str) -> float:
    """1 for the same text, 0 for nothing in common."""
    return difflib.SequenceMatcher(None, text, truth, autojunk=False).ratio()


def typed_through(text: str, truth: str) -> float:
    """The share of the truth that the suggestion lets the user type through."""
    same = 0
    while same < min(len(text), len(truth)) and text[same] == truth[same]:
        same += 1
    return same / len(truth)


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and 95 % interval, by resampling."""
    draw = random.Random(14)
    count = len(values)
    means = sorted(sum(draw.choices(values, k=count)) / count for _ in range(2000))
    return sum(values) / count, means[49], means[1949]


def _least(answer: dict[str, Any], offered: str) -> float:
    if not offered:
        return -100.0
    tokens = [Token(text, logprob) for text, logprob in answer["tokens"]]
    least = smallest(tokens, answer["reply"], offered, skip=len(answer.get("word", "")))
    return least if least is not None else 0.0


def _share(figures: tuple[float, float, float]) -> str:
    return "{:.0%} [{:.0%}, {:.0%}]".format(*figures)

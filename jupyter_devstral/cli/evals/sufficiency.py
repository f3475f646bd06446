"""Whether a window and a quantisation suffice, judged by what a model's server says and what its cases took.

Says what it cannot know: the cases are short, and only the model as it is quantised was asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

from .results import Row

# A window for which hardly a working notebook is too long; below it, cells are left out of prompts.
_ROOMY = 16_384
# Of the window, where estimates of tokens begin to leave things out.
_NEARLY = 0.9
_BITS = re.compile(r"(?:^|[^A-Z0-9])(?:I?Q|MXFP|NVFP|FP|INT|W|BF|F)(?P<bits>\d+)", re.IGNORECASE)
_BIT_WORDS = re.compile(r"(?P<bits>\d+)[ -]?bit", re.IGNORECASE)
# Below so many parameters a model loses more by four bits.
_SMALL = 4_000_000_000
_CHANCE = 0.05


@dataclass(frozen=True)
class Terms:
    """What a model was measured with, as far as its server says.

    Attributes:
        window: in tokens.
        window_source: as in `Window`.
        trained: the window it was trained for; None where the server does not say.
        quantization: such as "Q4_K_M"; "" where the server does not say.
        parameters: how many the model has; 0 where the server does not say.
        max_reply_tokens: the setting.
    """

    window: int
    window_source: str = "default"
    trained: int | None = None
    quantization: str = ""
    parameters: int = 0
    max_reply_tokens: int = 4096

    @property
    def longest_reply(self) -> int:
        """The tokens that a reply may have beside its prompt."""
        return max(1, min(self.max_reply_tokens, self.window // 4))


def sentences(terms: Terms, rows: Sequence[Row]) -> list[str]:
    """The judgement, a line for the window and one for the quantisation."""
    return [f"window: {_of_window(terms, rows)}", f"quantisation: {_of_quantization(terms)}"]


def _of_window(terms: Terms, rows: Sequence[Row]) -> str:
    longest = max((row.tokens for row in rows), default=0)
    cut = sum(row.cut for row in rows)
    by_window = cut and terms.longest_reply < terms.max_reply_tokens
    said = f"{terms.window:,} tokens, of which the longest case took {longest:,}"
    if terms.window_source == "default":
        said += " (what would be asked for; the server does not say what it has loaded)"
    if by_window or longest >= _NEARLY * terms.window:
        verdict = "does not suffice for these cases"
        if by_window:
            verdict += f": {cut} of the answers were ended at {terms.longest_reply:,}, a quarter of it"
        return f"{said}: {verdict}. {_larger(terms)}"
    verdict = "suffices for these cases"
    if terms.window >= _ROOMY:
        return f"{said}: {verdict}. They are short: how it does with a notebook that fills it is not measured"
    room = terms.window - terms.longest_reply
    return (
        f"{said}: {verdict}, but a working notebook is longer: of one with more than about {room:,} tokens, "
        f"cells are left out. {_larger(terms)}"
    )


def _larger(terms: Terms) -> str:
    if terms.trained is None:
        return "Whether the model can have more, its server does not say"
    if terms.trained <= terms.window:
        return "It is all that the model was trained for"
    return f"`--DevstralConfig.num_ctx` gives more; the model was trained for {terms.trained:,}"


def bits_of(quantization: str) -> int:
    """Bits of a weight by the name of a format, such as 4 for "Q4_K_M"; 0 where it does not tell."""
    found = _BITS.search(quantization) or _BIT_WORDS.search(quantization)
    bits = int(found["bits"]) if found else 0
    return bits if 1 <= bits <= 32 else 0


def _of_quantization(terms: Terms) -> str:
    bits = bits_of(terms.quantization)
    if not bits:
        name = f"{terms.quantization}, the bits of which are not known" if terms.quantization else "not known"
        return f"{name}: not judged, only the figures above are"
    if bits >= 8:
        return f"{terms.quantization} ({bits} bits): suffices, a finer one would show in no case"
    small = 0 < terms.parameters < _SMALL
    if bits >= 4 and not (bits == 4 and small):
        return (
            f"{terms.quantization} ({bits} bits): suffices as a rule; whether this model lost cases by it, "
            "only --compare with a finer one of it tells"
        )
    why = " of a small model" if bits == 4 else ""
    return (
        f"{terms.quantization} ({bits} bits{why}): may well cost cases; --compare with a finer one of "
        "the same model, if it fits"
    )


def comparison(first: Sequence[Row], second: Sequence[Row]) -> str:
    """Which of two models was right where the other was not, and whether chance would do as much."""
    other = {(row.suite, row.id): row.right for row in second}
    pairs = [(row.right, other[row.suite, row.id]) for row in first if (row.suite, row.id) in other]
    better = sum(one and not two for one, two in pairs)
    worse = sum(two and not one for one, two in pairs)
    if better == worse:
        verdict = "no difference"
    elif _by_chance(better, worse) > _CHANCE:
        verdict = "a difference that chance may make: more cases, or take the faster one"
    else:
        verdict = f"the {'first' if better > worse else 'second'} is better, by more than chance"
    return f"of {len(pairs)} cases, {better} only the first has right and {worse} only the second: {verdict}"


def _by_chance(better: int, worse: int) -> float:
    """The two-sided sign test."""
    count = better + worse
    tail = sum(comb(count, lucky) for lucky in range(min(better, worse) + 1)) * 0.5**count
    return float(min(1.0, 2 * tail))

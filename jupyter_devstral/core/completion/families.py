"""How each family of code models is asked to fill in the middle: tokens, their order, what ends an answer.

Sources: the model cards and Ollama's templates of these families, and Continue's `AutocompleteTemplate.ts`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Family:
    """One family of models.

    Attributes:
        prefix, suffix, middle: the tokens before the text above, before the text below, and where the answer
            begins. A family without middle token continues the text above.
        stops: what ends an answer; the family's own tokens are always among them.
        is_suffix_first: the text below comes before the text above.
        opening: what stands before everything else.
    """

    name: str
    prefix: str
    suffix: str
    middle: str
    stops: tuple[str, ...]
    is_suffix_first: bool = False
    opening: str = ""

    def prompt(self, above: str, below: str, begun: str) -> str:
        """The raw prompt; `begun` is what already stands on the cursor's line, behind the middle token.

        Where the user's own text holds such tokens they are taken apart: there they mean nothing.
        """
        above, below, begun = map(without_tokens, (above, below, begun))
        if self.is_suffix_first:
            return f"{self.opening}{self.suffix}{below}{self.prefix}{above}{self.middle}{begun}"
        return f"{self.opening}{self.prefix}{above}{self.suffix}{below}{self.middle}{begun}"

    @property
    def tokens(self) -> tuple[str, ...]:
        """The family's special tokens, as they would stand in a text."""
        return tuple(token for token in (self.prefix, self.suffix, self.middle) if token)


_PIPED = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")
_PLAIN = ("<fim_prefix>", "<fim_suffix>", "<fim_middle>")
_DEEPSEEK = ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>")
_LLAMA = ("<PRE>", "<SUF>", "<MID>")
_SEED = ("<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>")
_QWEN_STOPS = ("<|endoftext|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<|im_start|>", "<|im_end|>")

QWEN = Family("qwen", *_PIPED, (*_PIPED, *_QWEN_STOPS))
GRANITE_4 = Family("granite4", *_PIPED, (*_PIPED, "<|end_of_text|>"))
CODEGEMMA = Family("codegemma", *_PIPED, (*_PIPED, "<|file_separator|>", "<end_of_turn>", "<eos>"))
STARCODER = Family("starcoder2", *_PLAIN, (*_PLAIN, "<file_sep>", "<|endoftext|>"))
STABLE_CODE = Family("stable-code", *_PLAIN, (*_PLAIN, "<file_sep>", "<|endoftext|>"))
GRANITE_CODE = Family("granite-code", *_PLAIN, (*_PLAIN, "<file_sep>", "<|endoftext|>"))
DEEPSEEK = Family("deepseek-coder", *_DEEPSEEK, (*_DEEPSEEK, "<｜end▁of▁sentence｜>"))
CODESTRAL = Family(
    "codestral", "[PREFIX]", "[SUFFIX]", "", ("[PREFIX]", "[SUFFIX]", "\n+++++ "), is_suffix_first=True
)
MELLUM = Family(
    "mellum",
    *_PLAIN,
    (*_PLAIN, "<|endoftext|>", "<filename>"),
    is_suffix_first=True,
    opening="<filename>notebook.py\n",
)
SEED_CODER = Family("seed-coder", *_SEED, (*_SEED, "<[end▁of▁sentence]>"))
# The blanks belong to its tokens.
CODELLAMA = Family("codellama", "<PRE> ", " <SUF>", " <MID>", (*_LLAMA, "<EOT>"))


@dataclass(frozen=True)
class _Known:
    """How a family shows: its name, and the architectures (`details.family`) that may bear it."""

    family: Family
    name: re.Pattern[str]
    architectures: frozenset[str]


def _known(family: Family, name: str, *architectures: str) -> _Known:
    return _Known(family, re.compile(name), frozenset(architectures))


# The name alone may lie, and so may the architecture: "qwen2" is most often no coder.
_TABLE = (
    _known(
        QWEN,
        r"qwen-?(2\.5|2_5|3)-?(coder)|codeqwen",
        *("qwen2", "qwen2moe", "qwen3", "qwen3moe", "qwen3next"),
    ),
    _known(CODESTRAL, r"codestral(?!-?mamba)", "llama", "mistral", "mistral3"),
    _known(STARCODER, r"starcoder-?2", "starcoder2"),
    _known(CODEGEMMA, r"codegemma(?!.*(instruct|[:-]it\b))", "gemma"),
    _known(DEEPSEEK, r"deepseek-coder-v2|deepseek-coder.*base", "llama", "deepseek2"),
    _known(GRANITE_CODE, r"granite-code", "llama", "granite", "starcoder", "gptbigcode"),
    _known(GRANITE_4, r"granite-?4", "granite", "granitehybrid", "granitemoehybrid"),
    _known(STABLE_CODE, r"stable-?code", "stablelm"),
    _known(MELLUM, r"mellum", "llama", "mellum", "mellum2"),
    _known(SEED_CODER, r"seed-?coder(?!.*instruct)", "llama"),
    _known(CODELLAMA, r"codellama.*(?<!de)code\b", "llama"),
)
FAMILIES = tuple(known.family for known in _TABLE)
# What is a token in one family or another, and never code.
SPECIAL = re.compile(
    "|".join(sorted({re.escape(stop) for each in FAMILIES for stop in each.stops if stop.strip() == stop}))
)


def without_tokens(text: str) -> str:
    """The text with every special token in it taken apart by a blank."""
    return SPECIAL.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)


# What a model that is not there yet takes, in bytes on disk (Ollama's library) and for each token of window.
# The licence of the 3b model forbids commercial use, so it is not among them.
SIZES = {
    "qwen2.5-coder:0.5b": (398_000_000, 12_288),
    "qwen2.5-coder:0.5b-base": (398_000_000, 12_288),
    "qwen2.5-coder:1.5b": (986_000_000, 28_672),
    "qwen2.5-coder:1.5b-base": (986_000_000, 28_672),
    "qwen2.5-coder:7b": (4_700_000_000, 57_344),
    "qwen2.5-coder:7b-base": (4_700_000_000, 57_344),
}


@dataclass(frozen=True)
class Inserting:
    """How a model is asked: by a family's raw prompt, or (None) with `suffix`, which Ollama puts in place."""

    family: Family | None

    @property
    def stops(self) -> tuple[str, ...]:
        """What ends an answer."""
        return self.family.stops if self.family else ()


def inserting(model: str, show: Any) -> Inserting | None:
    """How `model` fills in the middle, from its name and its `/api/show` body; None where it cannot.

    A family is recognised by name and architecture together, else by the tokens in the model's template. Of a
    model that nobody knows, the capability `insert` tells; one that thinks first is never asked.
    """
    facts = show if isinstance(show, dict) else {}
    family = _by_name(_names(model, facts), _architecture(facts)) or _by_template(
        _text(facts.get("template"))
    )
    if family is not None:
        return Inserting(family)
    capabilities = _texts(facts.get("capabilities"))
    return Inserting(None) if "insert" in capabilities and "thinking" not in capabilities else None


def _by_template(template: str) -> Family | None:
    if ".Suffix" not in template:
        return None
    for family in FAMILIES:
        # Families that share their tokens are asked alike; their stops are told apart by name.
        if all(token.strip() in template for token in family.tokens):
            return family
    return None


def _by_name(names: Collection[str], architecture: str) -> Family | None:
    for known in _TABLE:
        if architecture and architecture not in known.architectures:
            continue
        if any(known.name.search(name) for name in names):
            return known.family
    return None


def _names(model: str, facts: dict[str, Any]) -> tuple[str, ...]:
    """What the model is called: here, and by its makers; lower case."""
    info = facts.get("model_info")
    info = info if isinstance(info, dict) else {}
    makers = (_text(info.get("general.basename")), _text(info.get("general.name")))
    return tuple(name.rpartition("/")[2].lower().replace(" ", "-") for name in (model, *makers) if name)


def _architecture(facts: dict[str, Any]) -> str:
    details = facts.get("details")
    return _text(details.get("family")).lower() if isinstance(details, dict) else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()

"""Neutralise models' control tokens (`[INST]`, `</s>`, `<|im_start|>` …) that occur in data.

Ollama's tokenizers treat such text as the token wherever it occurs. Outgoing text gets a zero-width
character inside each token, which no tokenizer joins; in the reply exactly these are joined again.
"""

from __future__ import annotations

from .lazy_pattern import LazyPattern

JOINER = "\u200d"
# Mistral's, from its tokenizers' lists of special tokens.
_BRACKETED = (
    "INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|MODEL_SETTINGS|ARGS|CALL_ID|THINK"
    "|IMG|IMG_BREAK|IMG_END|PREFIX|MIDDLE|SUFFIX|AUDIO|BEGIN_AUDIO|TRANSCRIBE"
)
# Those of Llama, Gemma, Qwen and DeepSeek as well: any model may be behind the server.
_ANGLED = (
    "s|unk|pad|bos|eos|start_of_turn|end_of_turn|tool_call|tool_response|fim_[a-z]+|file_sep|SYS"
    "|SPECIAL_[0-9]+"
)
# Gemma 4's come in two halves: `<|turn>`, `<turn|>`.
_HALVED = "channel|turn|think|tool|tool_call|tool_response|image|audio"
_REST_OF_BRACKETED = rf"/?(?:{_BRACKETED})\]"
_REST_OF_ANGLED = (
    rf"(?:/?(?:{_ANGLED})>|\|(?:{_HALVED})>|(?:{_HALVED})\|>|\|[\w.-]{{1,40}}\|>|｜[\w▁ ]{{1,40}}｜>)"
)
_WHOLE = LazyPattern(rf"\[(?={_REST_OF_BRACKETED})|<(?={_REST_OF_ANGLED})")
_BROKEN = LazyPattern(rf"(\[){JOINER}(?={_REST_OF_BRACKETED})|(<){JOINER}(?={_REST_OF_ANGLED})")
# The end of a piece that later text may complete to a broken token; shorter than the longest token.
_BEGUN = LazyPattern(rf"[\[<](?:{JOINER}[^\[\]\n>]{{0,44}})?\Z")


def broken_up(text: str) -> str:
    """Break every control token of `text` in two; other text, and tokens already broken, stay the same."""
    return _WHOLE.sub(lambda found: found[0] + JOINER, text) if "[" in text or "<" in text else text


def mended(text: str) -> str:
    """Restore the control tokens that `broken_up` has broken."""
    return _BROKEN.sub(lambda found: found[1] or found[2], text) if JOINER in text else text


class Mender:
    """A stream filter that restores broken tokens.

    However it is cut, at most the start of one token is held back.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Take the next piece; return the text that no later piece can change."""
        text = self._held + text
        begun = _BEGUN.search(text)
        cut = begun.start() if begun else len(text)
        self._held = text[cut:]
        return mended(text[:cut])

    def close(self) -> str:
        """Return the text held back."""
        held, self._held = self._held, ""
        return mended(held)

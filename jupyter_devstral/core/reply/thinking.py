"""Separation of a model's thinking from its answer: in tags, in channels, or up to a lone closing tag.

Thoughts hold drafts of code. They must neither become cells nor be sent back as part of the answer.
"""

from __future__ import annotations

import re

from .fences import Opening, end_of_close, find_opening, glued_close, is_bare

_WORDS = """
    think thinking reasoning reason thought thoughts reflection analysis scratchpad antthinking seed:think
"""
# What opens thoughts at the beginning of a line, and what closes them, lower case.
_PAIRS = {
    **{f"<{word}>": (f"</{word}>",) for word in _WORDS.split()},
    "[think]": ("[/think]",),
    "[thinking]": ("[/thinking]",),
    "◁think▷": ("◁/think▷",),
    "<|begin_of_thought|>": ("<|end_of_thought|>",),
    "<|start_thinking|>": ("<|end_thinking|>",),
    "<|channel>thought": ("<channel|>",),
}
_CLOSERS = frozenset(closer for closers in _PAIRS.values() for closer in closers)
# Harmony format: every channel but the final one holds thoughts; the rest is markup around the answer.
_CHANNEL = re.compile(
    r"<\|channel\|>\s*(?P<name>\w+)[^<\n]*(?:<\|constrain\|>[^<\n]*)?<\|message\|>", re.IGNORECASE
)
_THINKS = ("analysis", "commentary", "thought", "thinking")
_MARKUP = re.compile(r"<\|(?:start\|>\s*assistant|end\|>|return\|>|message\|>|call\|>)", re.IGNORECASE)
_CHANNEL_ENDS = ("<|end|>", "<|return|>", "<|call|>", "<|channel|>final", "<|start|>")
_SPECIAL = "<|"
_LONGEST = 80


class ThinkingFilter:
    """A filter that leaves only the answer. The result is the same however the text is cut."""

    def __init__(self) -> None:
        self._thoughts: list[str] = []
        self._given: list[str] = []
        self._held = ""
        self._line = ""
        self._closers: tuple[str, ...] = ()
        self._fence: Opening | None = None
        self._opened_in_fence = False
        self._began = False
        self._retracted = False

    @property
    def open(self) -> bool:
        """Whether the model is thinking now."""
        return bool(self._closers)

    @property
    def text(self) -> str:
        """The thoughts so far."""
        return "".join(self._thoughts).strip()

    def take_retraction(self) -> bool:
        """Tell, once, whether all output before the last `feed` was thinking, too.

        Some servers remove the opening mark, so only the closing one reveals that this was not the answer.
        """
        retracted, self._retracted = self._retracted, False
        return retracted

    def feed(self, text: str) -> str:
        """Take more text and return the next part of the answer.

        "" while that is undecided or the model thinks.
        """
        if not self._held and not self._closers and "<" not in text and self._is_plain(text):
            return self._give(text)
        self._held += text
        return self._read(final=False)

    def close(self) -> str:
        """Return the text held back."""
        return self._read(final=True)

    def _is_plain(self, text: str) -> bool:
        """Tell whether the text holds nothing that could begin or end a line of its own."""
        return bool(self._line.strip()) and "\n" not in text and "\r" not in text

    def _read(self, *, final: bool) -> str:
        out: list[str] = []
        while self._held:
            step = self._thinking_step(final) if self._closers else self._answer_step(final, out)
            if not step:
                break
        return "".join(out)

    # Inside thoughts

    def _thinking_step(self, final: bool) -> bool:
        held = self._held
        lower = held.lower()
        found = [(lower.find(closer), closer) for closer in self._closers if closer in lower]
        if found:
            at, closer = min(found)
            self._thoughts.append(held[:at] + "\n")
            self._held = held[at if closer in _CHANNEL_ENDS else at + len(closer) :]
            self._closers, self._line = (), ""
            self._began = False
            return True
        keep = 0 if final else _LONGEST
        cut = max(0, len(held) - keep)
        self._thoughts.append(held[:cut])
        self._held = held[cut:]
        return False

    # Outside

    def _answer_step(self, final: bool, out: list[str]) -> bool:
        """Read to the end of a line, or as far as is certain; return False when more text is needed."""
        line, ended = self._next_line(final)
        if not self._line.strip() and not self._fence:
            opener = self._opener(line.lstrip())
            if opener is None and not ended:
                return False
            if opener:
                blank = len(line) - len(line.lstrip())
                self._held = self._held[blank + len(opener) :]
                self._closers = _PAIRS[opener]
                return True
        if self._closes_alone(line, ended=ended):
            self._retract(line)
            out.clear()
            return True
        if not self._fence and line.endswith("\n") and self._closes_at_end(line):
            self._retract_line(line)
            out.clear()
            return True
        if not ended and (self._may_close(line) or not line.strip()):
            return False
        if not self._fence and _SPECIAL in line:
            return self._special_step(line, ended, out)
        if not ended and line.endswith("<") and not self._fence:
            # This may be the beginning of a mark.
            return self._pass_on(len(line) - 1, out) and False
        return self._pass_on(len(line), out) and ended

    def _next_line(self, final: bool) -> tuple[str, bool]:
        """The part of the current line held so far, with its end, and whether the line is complete."""
        end = self._held.find("\n")
        return (self._held[: end + 1], True) if end >= 0 else (self._held, final)

    def _opener(self, text: str) -> str | None:
        """The mark at the beginning of a line; "" for none, None while that is undecided."""
        lower = text.lower()
        for opener in _PAIRS:
            if lower.startswith(opener):
                return opener
        return None if any(opener.startswith(lower) for opener in _PAIRS) else ""

    def _closes_alone(self, line: str, *, ended: bool) -> bool:
        """Tell whether a line begins with a closing mark that nothing opened."""
        if self._line.strip() or (self._fence and self._opened_in_fence):
            return False
        text = line.strip().lower()
        if self._fence:
            return ended and text in _CLOSERS
        return any(text.startswith(closer) for closer in _CLOSERS)

    def _may_close(self, line: str) -> bool:
        """Tell whether the beginning of a line may still become a closing or opening mark."""
        text = line.strip().lower()
        return not self._line.strip() and any(mark.startswith(text) for mark in (*_CLOSERS, *_PAIRS))

    def _retract(self, line: str) -> None:
        """Turn all that was taken for the answer into thoughts."""
        closer = max((one for one in _CLOSERS if line.strip().lower().startswith(one)), key=len)
        blank = len(line) - len(line.lstrip())
        self._take_back(blank + len(closer))

    def _closes_at_end(self, line: str) -> bool:
        """Whether a line ends with a closing mark that nothing on it opened."""
        text = (self._line + line).rstrip().lower()
        closers = [closer for closer in _CLOSERS if text.endswith(closer)]
        return bool(closers) and not any(opener in text for opener in _PAIRS)

    def _retract_line(self, line: str) -> None:
        """All that was taken for the answer, and the line, was thought."""
        text = "".join(self._given) + line
        closer = max((one for one in _CLOSERS if text.rstrip().lower().endswith(one)), key=len)
        self._given = [text.rstrip()[: -len(closer)]]
        self._take_back(len(line))

    def _take_back(self, length: int) -> None:
        """Make thoughts of what was given out, and go on behind the first characters of what is held."""
        self._thoughts.append("".join(self._given) + "\n")
        self._given = []
        self._retracted = True
        self._fence, self._line, self._began = None, "", False
        self._held = self._held[length:]

    def _special_step(self, line: str, ended: bool, out: list[str]) -> bool:
        """Remove the channel marks of a line and sort what they enclose into answer and thoughts."""
        at = line.index(_SPECIAL)
        channel, markup = _CHANNEL.match(line, at), _MARKUP.match(line, at)
        if channel is not None:
            self._pass_on(at, out)
            self._held = self._held[channel.end() - at :]
            self._closers = _CHANNEL_ENDS if channel["name"].lower() in _THINKS else ()
            return True
        if markup is not None:
            self._pass_on(at, out)
            self._held = self._held[markup.end() - at :]
            return True
        if not ended and len(line) - at < _LONGEST:
            return self._pass_on(at, out) and False
        return self._pass_on(at + len(_SPECIAL), out)

    def _pass_on(self, length: int, out: list[str]) -> bool:
        """Give out the first characters of the held text; always return True."""
        text, self._held = self._held[:length], self._held[length:]
        out.append(self._give(text))
        return True

    def _give(self, text: str) -> str:
        self._line += text
        if self._line.endswith("\n"):
            self._follow_fence(self._line.rstrip("\r\n"))
            self._line = ""
        if not self._began:
            # Blank lines between thoughts and answer belong to neither.
            text = text.lstrip() if self._thoughts else text
            self._began = bool(text)
        self._given.append(text)
        return text

    def _follow_fence(self, line: str) -> None:
        fence = self._fence
        if fence is None:
            opening = find_opening(line) if "```" in line or "~~~" in line else None
            self._fence = opening if opening is not None and not opening.closes else None
            self._opened_in_fence = False
            return
        if any(opener in line.lower() for opener in _PAIRS):
            self._opened_in_fence = True
        char, length = fence.char, fence.length
        ends = is_bare(line, char, length) or end_of_close(line, char, length) is not None
        if ends or glued_close(line, char, length) is not None:
            self._fence = None


def without_thinking(text: str) -> str:
    """The answer in a whole reply, without the thoughts."""
    thinking = ThinkingFilter()
    return thinking.feed(text) + thinking.close()

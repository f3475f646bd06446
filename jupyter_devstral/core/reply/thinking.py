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
    # As a server writes tags that it takes for text.
    **{f"&lt;{word}&gt;": (f"&lt;/{word}&gt;",) for word in _WORDS.split()},
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
# What folds away; thoughts only where it says so.
_FOLDED = re.compile(
    r"<details(?P<kind>[^>]*)>\s*(?:<summary[^>]*>(?P<summary>.*?)</summary>)?", re.IGNORECASE | re.DOTALL
)
_KIND_OF_THOUGHTS = re.compile(r"\b(?:think|thinking|thoughts?|reasoning|scratchpad)\b", re.IGNORECASE)
# A summary that says more, as "My thoughts on the result", is the title of an answer.
_FOLDS_THOUGHTS = re.compile(
    r"\W*(?:(?:show|view|hide|click to (?:see|expand)|my|the|model|internal)\s+)*"
    r"(?:think|thinking|thoughts?|reasoning|chain[ -]of[ -]thought|scratchpad)"
    r"(?:\s+(?:process|steps?|trace))?"
    r"(?:\s+for\s+(?:\S+\s*)?(?:s|sec|seconds?|m|min|minutes?)\b)?\W*",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*>")
# Behind a closing mark: the sentence goes on that speaks of it, as in "</think> is the tag".
_GOES_ON = re.compile(r"[ \t]+[a-z]|[ \t]*[,;.:)\"'`]")
# A title at the beginning of an answer, in bold or as a heading, and the one of what then is the answer.
_TITLE = r"[ \t]*(?:#{{1,6}}[ \t]+(?:{0})[ \t]*:?|(?:\*\*|__)(?:{0})(?::?(?:\*\*|__)|(?:\*\*|__):?))[ \t]*"
_THOUGHTS_TITLE = re.compile(
    _TITLE.format(r"(?:my[ \t]+)?(?:thinking|thoughts?|scratchpad)(?:[ \t]+process)?"), re.IGNORECASE
)
_ANSWER_TITLE = re.compile(
    _TITLE.format(r"(?:(?:the|my|final)[ \t]+)*(?:answer|response|reply)"), re.IGNORECASE
)
_NEXT_TITLE = re.compile(
    _TITLE.format(r"(?:the[ \t]+)?(?:\w+[ \t]+)?(?:solution|fix|code|result|explanation|summary|cell)")
    + r"|[ \t]*(?:-{3,}|\*{3,})[ \t]*",
    re.IGNORECASE,
)
_TITLES = ("my thinking", "my thought", "thinking", "thought", "scratchpad")
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
        # A title of thoughts with what stands below it so far; None outside of them.
        self._titled: str | None = None
        self._fence: Opening | None = None
        self._opened_in_fence = False
        self._began = False
        self._retracted = False

    @property
    def open(self) -> bool:
        """Whether the model is thinking now."""
        return bool(self._closers) or self._titled is not None

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
        if not self._held and not self.open and "<" not in text and self._is_plain(text):
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
            if self._titled is not None:
                step = self._titled_step(final)
            else:
                step = self._thinking_step(final) if self._closers else self._answer_step(final, out)
            if not step:
                break
        if final and self._titled is not None:
            # Nothing says where the answer begins: all of it is.
            self._held, self._titled = self._titled, None
            out.append(self._give(self._held))
            self._held = ""
        return "".join(out)

    def _titled_step(self, final: bool) -> bool:
        """Take a line of the thoughts below a title, or see that the answer begins."""
        line, ended = self._next_line(final)
        if not ended:
            return False
        bare = line.rstrip("\r\n")
        answer = _end_of_title(_ANSWER_TITLE, line, ended)
        if answer or _NEXT_TITLE.fullmatch(bare):
            self._thoughts.append(_THOUGHTS_TITLE.sub("", f"{self._titled}\n", count=1))
            self._titled, self._line, self._began = None, "", False
            # A rule and the title of the answer are no part of it.
            cut = answer or (len(bare) if bare.strip("-* \t") == "" else 0)
            self._held = self._held[cut:]
            return True
        self._titled = f"{self._titled}{line}"
        self._held = self._held[len(line) :]
        return True

    def _folded(self, line: str, final: bool) -> int | None:
        """The length of what opens folded thoughts; 0 for none, None while that is undecided."""
        if self._has_begun:
            return 0
        blank = len(line) - len(line.lstrip())
        text = self._held[blank:]
        lower = text[:9].lower()
        if not (lower.startswith("<details") or "<details".startswith(lower)):
            return 0
        found = _FOLDED.match(text)
        may_go_on = len(text) < 4 * _LONGEST and not final
        if found is None:
            return None if may_go_on and "\n" not in text.strip() else 0
        summary = _TAG.sub("", found["summary"] or "")
        if _KIND_OF_THOUGHTS.search(found["kind"]) or _FOLDS_THOUGHTS.fullmatch(summary):
            return blank + found.end()
        behind = text[found.end() :].lstrip().lower()
        undecided = found["summary"] is None and (not behind or "<summary".startswith(behind[:8]))
        return None if may_go_on and undecided else 0

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
            title = 0 if self._has_begun else _end_of_title(_THOUGHTS_TITLE, line, ended)
            if title:
                self._titled, self._held, self._began = self._held[:title], self._held[title:], False
                return True
            folded = self._folded(line, final)
            if folded is None:
                return False
            if folded:
                self._held, self._closers = self._held[folded:], ("</details>",)
                return True
            opener = self._opener(line.lstrip())
            if opener is None and not ended:
                return False
            if opener:
                blank = len(line) - len(line.lstrip())
                self._held = self._held[blank + len(opener) :]
                self._closers = _PAIRS[opener]
                return True
        closes = self._closes_alone(line, ended=ended, final=final)
        if closes is None:
            return False
        if closes:
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

    def _closes_alone(self, line: str, *, ended: bool, final: bool) -> bool | None:
        """Tell whether a line begins with a closing mark that nothing opened; None while undecided."""
        if self._line.strip() or (self._fence and self._opened_in_fence):
            return False
        text = line.strip().lower()
        if self._fence:
            return ended and text in _CLOSERS and self._is_left_open(self._fence, final)
        closer = max((one for one in _CLOSERS if text.startswith(one)), key=len, default="")
        if not closer or self._is_spoken_of(closer):
            return False
        behind = line.lstrip()[len(closer) :]
        if not ended and not behind.strip():
            return None
        return not _GOES_ON.match(behind)

    def _is_left_open(self, fence: Opening, final: bool) -> bool | None:
        """Tell whether what follows shows that a thought has ended within a block of code.

        Where the block itself ends behind the mark, the mark is a line of it.
        """
        *lines, last = self._held.split("\n")
        for line in [*lines[1:], *([last] if final else [])]:
            if _ends_fence(line.rstrip("\r"), fence):
                return False
            opening = find_opening(line) if fence.char * 3 in line else None
            if opening is not None and not opening.closes:
                return True
        return True if final else None

    def _is_spoken_of(self, closer: str) -> bool:
        """Tell whether the answer has named this pair of marks in inline code: then it speaks of them."""
        said = "".join(self._given).lower()
        pair = (closer, *(opener for opener, closers in _PAIRS.items() if closer in closers))
        return "`" in said and any(re.search(rf"`[^`\n]*{re.escape(mark)}", said) for mark in pair)

    def _may_close(self, line: str) -> bool:
        """Tell whether the beginning of a line may still become a closing or opening mark."""
        text = line.strip().lower()
        if self._line.strip():
            return False
        words = "" if self._has_begun else text.lstrip("#*_ \t")
        title = (
            bool(text)
            and words != text
            and any(one.startswith(words[: len(one)]) and len(words) < _LONGEST for one in _TITLES)
        )
        return title or any(mark.startswith(text) for mark in (*_CLOSERS, *_PAIRS))

    @property
    def _has_begun(self) -> bool:
        """Whether something of the answer was given out."""
        return bool("".join(self._given).strip())

    def _retract(self, line: str) -> None:
        """Turn all that was taken for the answer into thoughts."""
        closer = max((one for one in _CLOSERS if line.strip().lower().startswith(one)), key=len)
        blank = len(line) - len(line.lstrip())
        self._take_back(blank + len(closer))

    def _closes_at_end(self, line: str) -> bool:
        """Tell whether a line ends with a closing mark that nothing on it opened, and not amid a sentence."""
        text = (self._line + line).rstrip().lower()
        closer = max((one for one in _CLOSERS if text.endswith(one)), key=len, default="")
        if not closer or any(opener in text for opener in _PAIRS):
            return False
        before = text[: -len(closer)]
        is_code = before.count("`") % 2 == 1 or before.startswith("    ")
        # A thought ends at the mark, or with its sentence.
        is_end = not before[-1:].isspace() or before.rstrip()[-1:] in (*".!?…)`*",)
        return (
            is_end and not is_code and not before.lstrip().startswith(">") and not self._is_spoken_of(closer)
        )

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
        if _ends_fence(line, fence):
            self._fence = None


def _ends_fence(line: str, fence: Opening) -> bool:
    char, length = fence.char, fence.length
    ends = is_bare(line, char, length) or end_of_close(line, char, length) is not None
    return ends or glued_close(line, char, length) is not None


def _end_of_title(title: re.Pattern[str], line: str, ended: bool) -> int:
    """Where a title at the beginning of a line ends; 0 where there is none, or it may go on."""
    bare = line.rstrip("\r\n")
    found = title.match(bare)
    if found is None or (found.end() == len(bare) and not ended):
        return 0
    # Behind a title in bold, thoughts may begin at once; a heading is a line of its own.
    return found.end() if found.end() == len(bare) or "#" not in found[0] else 0


def without_thinking(text: str) -> str:
    """The answer in a whole reply, without the thoughts."""
    thinking = ThinkingFilter()
    return thinking.feed(text) + thinking.close()

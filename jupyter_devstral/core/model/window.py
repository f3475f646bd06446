"""Which window (`num_ctx`, in tokens) to ask for; a change makes Ollama load the model again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """A window in tokens and where it comes from.

    Attributes:
        source: "loaded" (what the running model has), "configured" (a setting or option), "model" (all the
            model was trained for) or "default".
    """

    tokens: int
    source: str

    def reply_reserve(self, max_reply_tokens: int) -> int:
        """Tokens kept free for the reply: what it may have, never more than a quarter of the window."""
        return max(1, min(max_reply_tokens, self.tokens // 4))


def needed_tokens(prompt_tokens: int, max_reply_tokens: int) -> int:
    """The smallest window in which a prompt of that length fits beside its `reply_reserve`."""
    return min(prompt_tokens + max_reply_tokens, prompt_tokens * 4 // 3 + 2)


def choose_window(
    *,
    need: int,
    loaded: int,
    configured: int | None,
    default: int,
    trained: Callable[[], int | None],
) -> Window:
    """The window for a request that needs `need` tokens (prompt and reply).

    A loaded model keeps its window (`loaded`, 0 = not loaded) as long as the request fits. Otherwise the
    configured window, or the default, never beyond what the model was trained for: `trained()` is asked
    only then. A window that would shrink what is loaded is no improvement and is not chosen.
    """
    if loaded and need <= loaded:
        return Window(loaded, "loaded")
    wanted = Window(configured, "configured") if configured else Window(default, "default")
    limit = trained()
    if limit and limit < wanted.tokens:
        wanted = Window(limit, "model")
    return Window(loaded, "loaded") if wanted.tokens <= loaded else wanted

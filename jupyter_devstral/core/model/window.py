"""Which window (`num_ctx`, in tokens) to ask for; a change makes Ollama load the model again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """A window in tokens and where it comes from.

    Attributes:
        source: "loaded" (what the running model has), "configured" (a setting or option), "Modelfile" (what
            the model was made with), "model" (all that it was trained for) or "default".
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
    made_with: Callable[[], int | None] = lambda: None,
) -> Window:
    """Choose the window for a request that needs `need` tokens (prompt and reply).

    A loaded model keeps its window (`loaded`, 0 = not loaded) as long as the request fits. Otherwise the
    configured window, else the Modelfile's, else the default, never beyond what the model was trained for:
    `made_with()` and `trained()` are asked only then. A window that would shrink what is loaded is no
    improvement and is not chosen.
    """
    if loaded and need <= loaded:
        return Window(loaded, "loaded")
    made = None if configured else made_with()
    wanted = Window(made, "Modelfile") if made else Window(default, "default")
    wanted = Window(configured, "configured") if configured else wanted
    limit = trained()
    if limit and limit < wanted.tokens:
        wanted = Window(limit, "model")
    return Window(loaded, "loaded") if wanted.tokens <= loaded else wanted

"""What a page's settings wish for: below configuration files, below what was typed, below every policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from traitlets import TraitError

from ..core.settings.config import DevstralConfig

# The settings that a page may wish for; none of them names a place.
NAMES = ("auto_explain", "context", "values", "redact", "model", "think", "trial_seconds")
# What each is for, in the words of a settings page.
_ABOUT = {
    "auto_explain": "Explain it at once, with a fix; show one line to ask for that; or do nothing.",
    "context": "How much of the notebook may go along where a question does not say so itself.",
    "values": "A few values of each column and rows of printed tables, for a model on this machine; a model "
    "elsewhere never gets any.",
    "redact": "Keys, tokens and passwords leave as placeholders. On the way off this machine they always do.",
    "model": "Of the local server, for the sidebar and for magics; empty: the configured one.",
    "think": "Let a model that can think do so before it answers.",
    "trial_seconds": "How long a proposed fix may run in a copy of the kernel before it is offered; 0: it is "
    "not tried; empty: as configured.",
    "completion": "Suggestions at the cursor: while typing, only when asked for (Alt+\\), or never.",
    "completion_model": "A small model that can fill in the middle; empty: the configured one.",
}
# What is shown beside these: a page decides it alone, as far as the configuration lets it.
_SHOWN = (*NAMES, "completion", "completion_model")


class Preferences:
    """The wishes that a page has for one configuration; for any thread.

    A setting that a configuration file gives, or that somebody has typed here, keeps its value.
    """

    def __init__(self, config: DevstralConfig, files: Sequence[str] = ()) -> None:
        self._config = config
        self._files = files
        self._given = config.given()
        self._typed: set[str] = set()
        self._is_ours = False
        config.observe(self._changed, names=list(NAMES))

    def take(self, wishes: Mapping[str, Any]) -> list[str]:
        """Carry out wishes, None for the default; returns why some of them cannot be, as sentences."""
        problems = []
        for name in NAMES:
            if name in wishes and name not in self._given and name not in self._typed:
                try:
                    self._set(name, wishes[name])
                except TraitError as error:
                    problems.append(str(error))
        return problems

    def record(self) -> dict[str, dict[str, Any]]:
        """Each setting: its value, who has fixed it ("" for nobody), what a policy says of it."""
        from .locks import locks

        notes = dict(locks(self._config))
        return {
            name: {
                "about": _ABOUT[name],
                "value": self._value(name),
                "locked_by": self._locked_by(name),
                "note": notes.get("models", "") if name == "model" else "",
            }
            for name in _SHOWN
        }

    def _value(self, name: str) -> Any:
        """As it is in force."""
        from ..core.settings.policy_files import policy

        now = policy()
        if name == "trial_seconds" and not now.trial:
            return 0.0
        return True if name == "redact" and now.redact else getattr(self._config, name)

    def _set(self, name: str, value: Any) -> None:
        self._is_ours = True
        try:
            default = self._config.traits()[name].default(self._config)
            setattr(self._config, name, default if value is None else value)
        finally:
            self._is_ours = False

    def _changed(self, change: Any) -> None:
        if not self._is_ours:
            self._typed.add(change["name"])

    def _locked_by(self, name: str) -> str:
        from ..core.settings.policy_files import policy

        now = policy()
        if (name == "redact" and now.redact) or (name == "trial_seconds" and not now.trial):
            return " and ".join(now.sources)
        # Suggestions: what is configured may be narrowed by a page.
        if name == "completion" and self._config.completion == "on":
            return ""
        return self._file_of(name) if name in self._given else ""

    def _file_of(self, name: str) -> str:
        """The configuration file that seems to set it, else the configuration as a whole."""
        naming = [file for file in self._files if _names(Path(file), name)]
        return naming[-1] if naming else "the configuration"


def _names(file: Path, setting: str) -> bool:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "DevstralConfig" in text and setting in text

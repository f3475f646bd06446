"""Lines `<!-- generated: NAME -->` of a page, replaced by what the code says now."""

from __future__ import annotations

import re
from collections.abc import Callable

from sphinx.application import Sphinx
from sphinx.util import logging

from . import reference, sentences, tree

_MARK = re.compile(r"^<!-- generated: (.+?) -->$", re.MULTILINE)
_log = logging.getLogger(__name__)

# Name in a page -> Markdown.
PARTS: dict[str, Callable[[], str]] = {
    "tasks": reference.tasks,
    "subcommands": reference.subcommands,
    "options": reference.options,
    "command line": reference.command_line,
    "settings": reference.settings,
    "route fields": reference.route_fields,
    "policy keys": reference.policy_keys,
    "slash commands": reference.slash_commands,
    "keys": reference.keys,
    "lab settings": reference.lab_settings,
    "suites": reference.suites,
    "completion families": reference.completion_families,
    "version": reference.version,
    "sentences": sentences.all_sentences,
    "package tree": tree.package_tree,
    "page tree": tree.page_tree,
}


def fill_in(app: Sphinx, name: str, source: list[str]) -> None:
    """Replace the marks of one page; a name that does not exist is a warning, which ends the build."""
    source[0] = _MARK.sub(lambda mark: _part(mark[1], name), source[0])


def _part(wanted: str, page: str) -> str:
    if wanted in PARTS:
        return PARTS[wanted]()
    _log.warning("there is no generated part %r", wanted, location=page)
    return ""

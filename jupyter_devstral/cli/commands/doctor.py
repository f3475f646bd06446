"""`jupyter devstral doctor`: what is wrong in plain sentences, and the next step."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..settings import read_settings

if TYPE_CHECKING:
    from ...core.model.examination import Finding

_MARKS = {True: "ok", False: "!!", None: "--"}


def command(arguments: argparse.Namespace) -> int:
    """Print what was found; returns 1 where something stops the assistant."""
    settings = read_settings(arguments.flags)
    if arguments.privacy:
        from ...session.privacy import privacy

        for finding in privacy(settings):
            print(_line(finding))
        return 0
    from ...session.diagnosis import diagnosis

    findings = diagnosis(settings, arguments.route)
    for finding in findings:
        print(_line(finding))
    usable = all(finding.ok is not False for finding in findings)
    print("\nReady." if usable else "\nNot ready yet: see the lines that begin with !!.")
    return 0 if usable else 1


def _line(finding: Finding) -> str:
    step = f"\n      → {finding.next_step}" if finding.next_step else ""
    return f"  {_MARKS[finding.ok]}  {finding.text}{step}"

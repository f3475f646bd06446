"""What a namespace says of its changes, beside what trials show of it."""

import itertools
import time

from jupyter_devstral.kernel.copy.namespace_changes import Namespace


def test_a_machine_that_is_busy_elsewhere_hides_no_change(monkeypatch):
    hours = itertools.count(0, 3600)
    monkeypatch.setattr(time, "monotonic", lambda: next(hours))
    values = {"x": [1], "y": [1]}
    before = Namespace(values, ["x"])
    values["x"].append(2)
    assert before.changed() == ("x",)

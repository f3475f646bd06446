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


def test_a_widget_is_changed_where_one_of_its_traits_is():
    class Connection:
        def __init__(self):
            self.kernel = [[n] for n in range(10**6)]

    class Widget:
        def __init__(self, **traits):
            self._trait_values = {"comm": Connection(), **traits}
            self._trait_notifiers = {}

    slider, label, box = Widget(value=3), Widget(value="x"), Widget(children=())
    box._trait_values["children"] = (label,)
    values = {"slider": slider, "label": label, "box": box, "same": Widget(value=3)}
    before = Namespace(values, values)
    assert before.changed() == ()
    slider._trait_values["value"] = 7
    label._trait_values["value"] = "y"
    slider._trait_notifiers["value"] = print
    assert before.changed() == ("slider", "label", "box")

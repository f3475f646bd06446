"""Objects that raise, hang, lie or change things when they are looked at."""

from __future__ import annotations

import threading
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jupyter_devstral.core.variables.namespace import describe_namespace, describe_variable


class Touched(BaseException):
    """Raised where describing must never come."""


def touched(*_: object, **__: object) -> Any:
    raise Touched


_DUNDERS = [
    "__repr__", "__str__", "__format__", "__len__", "__iter__", "__getattr__", "__getattribute__", "__dir__",
    "__bool__", "__hash__", "__eq__", "__contains__", "__getitem__", "__call__", "__index__",
]  # fmt: skip


def test_no_special_method_of_a_user_is_called() -> None:
    class Meta(type):
        __repr__ = __eq__ = __instancecheck__ = __subclasscheck__ = __getattribute__ = touched
        __hash__ = touched
        __mro__ = property(touched)

    body = dict.fromkeys(_DUNDERS, touched)
    hostile_class = Meta("Hostile", (), {**body, "__class__": property(touched), "__module__": "__main__"})
    hostile = object.__new__(hostile_class)
    assert describe_variable("x", hostile).text.startswith("x: object of ")
    assert describe_variable("x", hostile_class).text.startswith("x: class Hostile")
    assert describe_variable("x", [hostile, hostile]).text.startswith("x: list of 2 ")
    assert describe_variable("x", {"a": hostile}).text.startswith("x: dict of 1 ('a': ")
    described = describe_namespace({"h": hostile, "c": hostile_class, "l": [hostile]})
    assert {variable.name for variable in described} == {"h", "c", "l"}


@pytest.mark.parametrize("base", [dict, list, tuple, set, str, int, float, bytes])
def test_subclasses_of_builtins_cannot_answer_for_them(base: type) -> None:
    methods = [
        "__repr__",
        "__str__",
        "__len__",
        "__iter__",
        "keys",
        "items",
        "__getitem__",
        "__format__",
        "__index__",
    ]
    cls = type("Sub", (base,), dict.fromkeys(methods, touched))
    assert describe_variable("x", cls()).text.startswith("x: ")


def test_lying_class_property() -> None:
    class Liar:
        @property
        def __class__(self) -> type:  # type: ignore[override]
            return pd.DataFrame

        @property
        def shape(self) -> Any:
            raise Touched

    assert describe_variable("x", Liar()).kind == "object"


def test_properties_and_dict_properties_are_not_run() -> None:
    class Model:
        __dict__ = property(touched)  # type: ignore[assignment]

        @property
        def slow(self) -> None:
            raise Touched

    assert "Model" in describe_variable("m", Model()).text


def test_a_function_with_hostile_defaults_annotations_and_signature() -> None:
    class Hostile:
        __repr__ = __str__ = touched
        __class__ = property(touched)  # type: ignore[assignment]

    def function(a: Any = Hostile(), b=[Hostile()]) -> None:  # noqa: B006, B008
        """Doc."""

    function.__annotations__["a"] = Hostile()
    function.__signature__ = Hostile()  # type: ignore[attr-defined]
    assert describe_variable("f", function).text == "f: function function(a: … = …, b=…) -> None — Doc."
    function.__doc__ = Hostile()  # type: ignore[assignment]
    assert describe_variable("f", function).text == "f: function function(a: … = …, b=…) -> None"


def _spin() -> None:
    while True:
        pass


def _swallow() -> None:
    while True:
        try:
            time.sleep(0.01)
        except Exception:  # noqa: BLE001 - the point of the test
            continue


@pytest.mark.parametrize("hang", [_spin, _swallow, lambda: time.sleep(60)])
def test_a_frame_that_hangs_is_left_behind(hang: Any) -> None:
    class Slow(pd.DataFrame):
        @property
        def shape(self) -> Any:
            return hang()

    # It comes back although the frame does not: two of the three hang for ever, the third for a minute.
    began = time.monotonic()
    described = describe_namespace({"slow": Slow({"a": [1]}), "n": 1}, deadline_seconds=0.2)
    assert time.monotonic() - began < 60
    assert [variable.name for variable in described] == ["slow", "n"]
    assert described[0].text.startswith("slow: ")
    assert described[0].kind == "dataframe"
    assert described[1].text == "n: int = 1"


def test_python_loops_left_behind_are_ended() -> None:
    class Slow(pd.DataFrame):
        @property
        def shape(self) -> Any:
            return _spin()

    before = set(threading.enumerate())
    describe_variable("x", Slow({"a": [1]}), deadline_seconds=0.05)
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:
        thread.join(5)
    assert not [thread for thread in left if thread.is_alive()]


@pytest.mark.parametrize("error", [ValueError, RecursionError, SystemExit, MemoryError])
def test_a_frame_that_raises(error: type[BaseException]) -> None:
    class Broken(pd.DataFrame):
        @property
        def dtypes(self) -> Any:
            raise error("no")

    assert describe_variable("x", Broken({"a": [1]})).text.startswith("x: ")


def test_a_harmless_subclass_is_described_in_full() -> None:
    class Mine(pd.DataFrame):
        pass

    assert "  a: int64" in describe_variable("x", Mine({"a": [1]})).text


def test_warnings_of_a_users_class_are_not_shown() -> None:
    class Noisy(pd.DataFrame):
        @property
        def shape(self) -> Any:
            warnings.warn("noise", UserWarning, stacklevel=1)
            return (1, 1)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        describe_variable("x", Noisy({"a": [1]}))
    assert caught == []


def test_an_array_subclass_cannot_answer_for_numpy() -> None:
    class Sub(np.ndarray):
        shape = property(touched)  # type: ignore[assignment]
        dtype = property(touched)  # type: ignore[assignment]
        __repr__ = __len__ = touched

    assert (
        describe_variable("x", np.zeros((2, 3)).view(Sub)).text
        == "x: numpy array (Sub), shape (2, 3), float64"
    )


def test_a_namespace_that_changes_meanwhile() -> None:
    ns: dict[str, object] = {f"v{i}": i for i in range(2000)}
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            ns["new"] = 1
            ns.pop("new", None)

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(20):
            describe_namespace(ns)
    finally:
        stop.set()
        thread.join()

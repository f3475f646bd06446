"""Libraries that wait for ever in a forked copy, where their own threads are gone.

Only where such threads run already and the code that is to run uses the library: what is imported for the
first time in the copy starts there and works.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from types import CodeType, FunctionType, ModuleType

from ...core.python.source import mentioned_names
from ...core.variables.type_facts import is_a, module_of, root_of

# Library -> the names its threads have (as `ps` shows them). Libraries without a name for their threads are
# taken to be running once their module says that it has started.
_THREADS = {"polars": re.compile(r"polars-\d|async-executor|tokio-")}
_STARTED = {
    "jax": ("jax._src.xla_bridge", "_backends"),
    "tensorflow": ("tensorflow.python.eager.context", "_context"),
    "pyspark": ("pyspark", "SparkContext._active_spark_context"),
}
_IMPORT = re.compile(r"^\s*(?:import|from)\s+(\w+)", re.MULTILINE)
_FOLLOWED = 200


def hostile_library(user_ns: Mapping[str, object], sources: Sequence[str]) -> str:
    """Find the first library that runs threads now and that `sources` use; "" for none."""
    running = [name for name in (*_THREADS, *_STARTED) if name in sys.modules and _is_running(name)]
    if not running:
        return ""
    used = used_packages(user_ns, sources)
    return next((name for name in running if name in used), "")


def _is_running(library: str) -> bool:
    threads = _THREADS.get(library)
    if threads is not None:
        return any(threads.match(name) for name in _thread_names())
    module, path = _STARTED[library]
    value: object = sys.modules.get(module)
    for attribute in path.split("."):
        value = getattr(value, attribute, None)
    return value is not None and value != {}


def _thread_names() -> Iterable[str]:
    for task in os.listdir("/proc/self/task"):
        with suppress(OSError), open(f"/proc/self/task/{task}/comm") as comm:
            yield comm.read()


def used_packages(user_ns: Mapping[str, object], sources: Sequence[str]) -> set[str]:
    """Find the top-level packages of what `sources` import and name, also through the user's functions."""
    packages = {name for source in sources for name in _IMPORT.findall(source)}
    for name in named_values(user_ns, sources):
        value = user_ns[name]
        cls = type(value)
        if is_a(cls, ModuleType):
            packages.add(str(getattr(value, "__name__", "")).partition(".")[0])
        packages.add(root_of(cls))
        if is_a(cls, type):
            packages.add(module_of(value).partition(".")[0])  # type: ignore[arg-type]
        elif isinstance(value, FunctionType):
            packages.add(str(value.__module__).partition(".")[0])
    return packages


def named_values(user_ns: Mapping[str, object], sources: Sequence[str]) -> list[str]:
    """List names of the namespace that `sources` mention, then those of the user's functions among them."""
    waiting = [name for source in sources for name in sorted(mentioned_names(source))]
    found: dict[str, None] = {}
    while waiting and len(found) < _FOLLOWED:
        name = waiting.pop(0)
        if name in found or name not in user_ns:
            continue
        found[name] = None
        value = user_ns[name]
        if type(value) is FunctionType and value.__globals__ is user_ns:
            waiting += _names_in_code(value.__code__)
    return list(found)


def _names_in_code(code: CodeType) -> list[str]:
    names = list(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names += _names_in_code(constant)
    return names

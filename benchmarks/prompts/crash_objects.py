"""The live objects of a recorded crash, rebuilt from what was recorded: types, shapes, columns, lengths.

Real where the library is here: numpy arrays, pandas tables, lists, dicts, numbers, texts; functions and
classes of the notebook with their own signatures and empty bodies. Stand-ins where it is not (torch,
tensorflow, keras, sklearn …): a class of the recorded module and name with the recorded facts under the
attribute names that the library itself uses. Not recorded, and so made up: values; the length of a Series
(1,000); the columns of the tables of which only dtypes were kept; which columns hold nulls (all that can,
each another number of them: the longest description there can be).
"""

from __future__ import annotations

import ast
import re
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jupyter_devstral.core.python.source import parse_cell

SERIES_LENGTH = 1000
Facts = dict[str, Any]
_QUOTED = re.compile(r"<class '(.*)'>")
_TENSOR = re.compile(r"shape=\((?P<shape>[\d, ]*)\), dtype=(?P<dtype>\w+)")
_INSIDE = re.compile(r"<(?P<name>[\w.]+)")


def namespace(crash: Facts) -> dict[str, object]:
    """Every recorded variable of the notebook, in recorded order; the recorder's own entries are left out."""
    sources = [*crash["cells"], crash["crashing_cell"]]
    return {
        name: rebuilt(name, facts, sources)
        for name, facts in crash["variables"].items()
        if not name.startswith("__")
    }


def type_name(facts: Facts) -> str:
    """The recorded type, dotted."""
    found = _QUOTED.fullmatch(facts["type"])
    return found[1] if found else str(facts["type"])


def rebuilt(name: str, facts: Facts, sources: Sequence[str]) -> object:
    """One variable."""
    kind = type_name(facts)
    make = _MAKERS.get(kind)
    if make is not None:
        return make(facts)
    if kind == "module":
        return types.ModuleType(_module_name(name, sources))
    if kind in ("function", "type", "abc.ABCMeta"):
        return _defined(name, kind == "function", sources)
    return _stand_in(kind, _attributes(facts))


def _array(facts: Facts) -> object:
    return np.broadcast_to(np.zeros((), facts["dtype"]), facts["shape"])


def _frame(facts: Facts) -> object:
    rows, width = facts["shape"]
    columns = facts.get("per_column")
    kinds = (
        {name: _column_dtype(column) for name, column in columns.items()}
        if columns
        else {f"column_{n}": facts["dtypes"][n % len(facts["dtypes"])] for n in range(width)}
    )
    return pd.DataFrame(
        {
            name: _column(rows, dtype, position + 1 if facts["has_nan"] else 0)
            for position, (name, dtype) in enumerate(kinds.items())
        },
        copy=False,
    )


def _column_dtype(column: Facts) -> str:
    known = [
        *column.get("value_range", ()),
        *column.get("unique_values", ()),
        *column.get("example_values", ()),
    ]
    texts = any(isinstance(value, str) for value in known)
    whole = all(isinstance(value, int) for value in known)
    return str(column.get("dtype") or ("object" if texts or not known else "int64" if whole else "float64"))


def _column(rows: int, dtype: str, nulls: int) -> object:
    value = np.array("text", object) if dtype == "object" else np.zeros((), dtype)
    if not nulls or dtype not in ("object", "float64"):
        return pd.Series(np.broadcast_to(value, (rows,)), dtype=dtype, copy=False)
    values = np.full(rows, value, dtype)
    values[: min(nulls, rows)] = np.nan
    return pd.Series(values, dtype=dtype)


def _series(facts: Facts) -> object:
    info = facts["value_info"]
    column = {key: info[key] for key in ("value_range", "unique_values") if key in info}
    return _column(SERIES_LENGTH, _column_dtype(column), 0)


def _list(facts: Facts) -> object:
    info = facts.get("value_info", {})
    known = info.get("unique_values") or ["text" if info else 0]
    return [_element(known[n % len(known)]) for n in range(facts["length"])]


def _element(written: object) -> object:
    """An element of which the repr was kept."""
    found = _INSIDE.match(written) if isinstance(written, str) else None
    return _stand_in(found["name"], {}) if found else written


def _dict(facts: Facts) -> object:
    entries: dict[str, object] = dict.fromkeys(facts.get("metrics", ()), 0)
    for one in facts.get("preview", ()):
        tensor = _TENSOR.search(one["value_repr"])
        kind = _QUOTED.sub(r"\1", one["value_type"])
        if tensor:
            shape = [int(size) for size in tensor["shape"].split(",") if size.strip()]
            entries[one["key"]] = _tensor({"type": kind, "shape": shape, "dtype": tensor["dtype"]})
        else:
            entries[one["key"]] = np.zeros(0) if kind == "numpy.ndarray" else _stand_in(kind, {})
    while len(entries) < facts["length"]:
        entries[f"key_{len(entries)}"] = None
    return entries


def _tensor(facts: Facts) -> object:
    kept = {key: facts[key] for key in ("dtype", "device", "requires_grad") if key in facts}
    kind = "torch.Tensor" if type_name(facts) == "torch.Tensor" else type_name(facts)
    return _stand_in(kind, {"shape": tuple(facts["shape"]), **kept})


def _stand_in(kind: str, attributes: Facts) -> object:
    """An object of a class that has this module and name, and nothing else."""
    module, _, name = kind.rpartition(".")
    made = type(name, (), {"__module__": module or "__main__"})()
    vars(made).update(attributes)
    return made


def _attributes(facts: Facts) -> Facts:
    """What was recorded of an object, as attributes of the names that its library gives them."""
    if "num_batches" in facts:
        return {
            "dataset": _dataset(facts),
            "num_workers": 0,
            "batch_size": facts["batch_size"],
            "drop_last": False,
        }
    if "fitted_attributes" in facts:
        return dict(facts["fitted_attributes"])
    if "element_spec" in facts:
        return {"element_spec": facts["element_spec"]}
    found = {key: facts[key] for key in ("num_classes", "batch_size") if key in facts}
    shapes = {key: tuple(facts[key]) for key in ("target_size", "image_shape") if key in facts}
    return {**shapes, **({"n": facts["n_samples"]} if "n_samples" in facts else {}), **found}


def _dataset(facts: Facts) -> object:
    """A dataset whose lists are as long as the number of examples, where they are what it consists of."""
    count = facts["num_examples"]
    parts = {
        name: [0] * count
        if name in ("X", "Y", "imgs", "samples", "targets", "indices")
        else _stand_in(f"torch.utils.data.dataset.{inside['type']}", {})
        for name, inside in facts["dataset"]["dataset_info"].items()
    }
    kind = "torch.utils.data.dataset.Subset" if "indices" in parts else "__main__.Dataset"
    return _stand_in(kind, parts)


def _module_name(name: str, sources: Sequence[str]) -> str:
    """What an `import` of the notebook calls the module that it binds to `name`."""
    for statement in _statements(sources):
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                if (alias.asname or alias.name) == name:
                    return alias.name
    return name


def _defined(name: str, is_function: bool, sources: Sequence[str]) -> object:
    """A function or class as the notebook writes it, but of empty bodies; a bare one where it is imported."""
    found = [each for each in _statements(sources) if getattr(each, "name", "") == name]
    if not found:
        found = list(
            ast.parse(f"def {name}(*args, **kwargs): ..." if is_function else f"class {name}: ...").body
        )
    own: dict[str, object] = {"__name__": "__main__"}
    module = ast.fix_missing_locations(ast.Module([_Emptied().visit(found[-1])], []))
    exec(compile(module, "<rebuilt>", "exec"), own)
    return own[name]


def _statements(sources: Sequence[str]) -> Iterator[ast.stmt]:
    for source in sources:
        yield from (tree.body if (tree := parse_cell(source)) else ())


class _Emptied(ast.NodeTransformer):
    """Definitions without anything that would run."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        given = node.args
        defaults = [each if isinstance(each, ast.Constant) else ast.Constant(None) for each in given.defaults]
        arguments = [ast.arg(each.arg) for each in given.args]
        keywords = [ast.arg(each.arg) for each in given.kwonlyargs]
        plain = ast.arguments(
            given.posonlyargs, arguments, given.vararg, keywords, given.kw_defaults, given.kwarg, defaults
        )
        return ast.FunctionDef(node.name, plain, [ast.Pass()], [], type_params=[])

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        methods = [self.visit(each) for each in node.body if isinstance(each, ast.FunctionDef)]
        return ast.ClassDef(node.name, [], [], methods or [ast.Pass()], [], type_params=[])


_MAKERS: dict[str, Callable[[Facts], object]] = {
    "numpy.ndarray": _array,
    "pandas.core.frame.DataFrame": _frame,
    "pandas.core.series.Series": _series,
    "torch.Tensor": _tensor,
    "list": _list,
    "dict": _dict,
    "int": lambda facts: facts["value"],
    "str": lambda facts: facts["value"],
}

"""Names that pandas and numpy removed, with their present replacements.

Models learned from code older than the libraries, and no near name helps with these. Sources: the release
notes of pandas 1.0 to 3.0 and of numpy 1.20 to 2.0.
"""

from __future__ import annotations

from collections.abc import Mapping

_CONCAT = "pd.concat([{}, more], ignore_index=True), with the new rows as a {}"
_FRAME: Mapping[str, str] = {
    "append": _CONCAT.format("frame", "DataFrame made of a list of dicts"),
    "applymap": "`map`",
    "iteritems": "`items`",
    "ix": "`loc` (labels) or `iloc` (places)",
    "as_matrix": "`to_numpy`",
    "get_value": "`at`",
    "set_value": "`at`",
    "lookup": "`to_numpy` with `get_indexer`",
    "mad": "`(x - x.mean()).abs().mean()`",
    "swapaxes": "`transpose`",
}
_SERIES: Mapping[str, str] = {**_FRAME, "append": "pd.concat([series, more])"}
_PANDAS: Mapping[str, str] = {
    "datetime": "`datetime` of the standard library",
    "np": "`import numpy as np`",
    "Panel": "a DataFrame with a MultiIndex",
}
_PLAIN = ("bool", "int", "float", "complex", "object", "str")
_NUMPY: Mapping[str, str] = {
    **{name: f"`{name}` itself" for name in _PLAIN},
    "bool8": "`np.bool_`, or `bool` as a dtype",
    "float_": "`np.float64`",
    "unicode_": "`np.str_`",
    "string_": "`np.bytes_`",
    "Inf": "`np.inf`",
    "Infinity": "`np.inf`",
    "NaN": "`np.nan`",
    "NAN": "`np.nan`",
    "product": "`np.prod`",
    "cumproduct": "`np.cumprod`",
    "sometrue": "`np.any`",
    "alltrue": "`np.all`",
    "in1d": "`np.isin`",
    "trapz": "`np.trapezoid`",
    "row_stack": "`np.vstack`",
    "msort": "`np.sort(x, axis=0)`",
    "asscalar": "`x.item()`",
}
# (package, class), with "" for the package itself.
_REPLACED: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("pandas", "DataFrame"): _FRAME,
    ("pandas", "Series"): _SERIES,
    ("pandas", ""): _PANDAS,
    ("numpy", ""): _NUMPY,
}


def replacement_of(package: str, owner: str, name: str) -> str:
    """The replacement of a removed name in a class, or in a package (`owner` ""); "" where none is known."""
    return _REPLACED.get((package, owner), {}).get(name, "")

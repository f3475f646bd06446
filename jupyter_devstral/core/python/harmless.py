"""Cells that only compute and show, apart from what the values are that they show.

Judged by the source alone, so that what is not known is not harmless: every function and method that is
called must be on a list, every module that is imported, too.
"""

from __future__ import annotations

import ast

from .source import parse_cell, to_python


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MODULES = _words(
    """
    calendar collections datetime decimal fractions functools itertools math matplotlib numpy operator
    pandas random re seaborn statistics string textwrap
    """
)
_FUNCTIONS = _words(
    """
    abs all any bool bytes chr dict display divmod enumerate filter float format frozenset int
    isinstance len list map max min ord pow print range repr reversed round set sorted str sum tuple
    type zip
    """
)
# Of pandas, numpy, matplotlib and of Python's own values: each looks, computes or draws.
_METHODS = _words(
    """
    DataFrame Series Index Timestamp Timedelta Categorical Counter OrderedDict abs agg aggregate all
    annotate any append arange argmax argmin argsort array assign astype astimezone axhline axis axvline
    bar barh between bfill boxplot capitalize ceil choice clip colorbar columns combinations concat
    concatenate contains copy corr corrcoef cos count cross crosstab cumprod cumsum cut date date_range
    datetime defaultdict describe diff difference dot drop drop_duplicates dropna dt duplicated endswith
    exp explode extend extract ffill figure fillna filter find findall flatten floor format fromkeys get
    get_dummies groupby grid head hist histplot heatmap hstack idxmax idxmin iloc index info insert
    intersection isin isna isnull isoformat items iterrows itertuples join keys kurt legend len linspace
    loc log log10 log2 lower lstrip map match max mean median melt merge min mode month_name day_name
    most_common ndim nlargest notna notnull nsmallest nunique ones ones_like partition pct_change
    percentile permutations pie pivot pivot_table plot prod product qcut quantile rand randint randn
    random rank ravel reduce reindex rename replace resample reset_index reshape rolling round
    rpartition rsplit rstrip sample scatter scatterplot seed select_dtypes set_index set_title
    set_xlabel set_ylabel set_xticks set_yticks shape shift show shuffle sin size skew sort sort_index
    sort_values split splitlines sqrt squeeze stack startswith std strftime strip strptime subplots
    suptitle sum swapaxes tail tan tight_layout timedelta title to_datetime to_dict to_frame to_list
    to_numeric to_numpy to_timedelta tolist transform transpose unique union unstack update upper
    value_counts values var vstack where xlabel xlim xticks ylabel ylim yticks zeros zeros_like zfill
    zip_longest
    """
)
_NODES_REFUSED = (
    ast.ClassDef,
    ast.AsyncFunctionDef,
    ast.Await,
    ast.Delete,
    ast.Global,
    ast.Nonlocal,
    ast.With,
    ast.AsyncWith,
)


def is_harmless(source: str) -> bool:
    """Whether a cell of Python does nothing but compute with what is there, and show it."""
    tree = parse_cell(to_python(source))
    if tree is None:
        return False
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    own |= {alias.name for node in imports for alias in node.names}
    return all(_is_harmless(node, own) for node in ast.walk(tree))


def _is_harmless(node: ast.AST, own: set[str]) -> bool:
    if isinstance(node, _NODES_REFUSED):
        return False
    if isinstance(node, ast.Import):
        return all(alias.name.partition(".")[0] in _MODULES for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return not node.level and (node.module or "").partition(".")[0] in _MODULES and _imports_known(node)
    if isinstance(node, ast.FunctionDef):
        # One that takes the place of a function of the list would be called in its name.
        return not node.decorator_list and node.name not in _FUNCTIONS
    if isinstance(node, ast.Attribute):
        return not node.attr.startswith("_")
    if isinstance(node, ast.Name):
        is_called = node.id in _FUNCTIONS or node.id in own
        return not node.id.startswith("__") and not (is_called and isinstance(node.ctx, ast.Store))
    return not isinstance(node, ast.Call) or _calls_known(node.func, own)


def _imports_known(node: ast.ImportFrom) -> bool:
    known = _METHODS | {"pyplot"}
    return all(alias.name in known and alias.asname is None for alias in node.names)


def _calls_known(function: ast.expr, own: set[str]) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr in _METHODS
    return isinstance(function, ast.Name) and function.id in (_FUNCTIONS | own)

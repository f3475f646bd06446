"""Second reading of the cell that loads the extension, which IPython transformed before it had our magics.

With `%load_ext jupyter_devstral` and `%devstral ask what is df?` in one cell, the second line has become a
call for help about `df`. The statements that have not run yet are read again with our transformers.
"""

from __future__ import annotations

import ast
import sys
from types import FrameType
from typing import Any

from ..core.errors import UsageError

CELL_MAGIC = "%devstral"
_WHY_NOT = (
    "`%%devstral` must be the first line of its cell, as every cell magic: put it, and what stands below it, "
    "into a cell of its own. (`%devstral …`, with one `%`, works on any line.)"
)


def refuse_cell_magic(line: str) -> None:
    """Reject the line magic that IPython makes of a `%%devstral` in the middle of a cell."""
    raise UsageError(_WHY_NOT)


def read_rest_again(ip: Any) -> None:
    """Replace those statements of the running cell that our transformers read differently.

    Changes nothing where no cell runs, or where this version of IPython runs cells in another way.
    """
    frame = _frame_of("run_ast_nodes")
    cell = _frame_of("run_cell_async")
    if frame is None or cell is None:
        return
    waiting, raw = frame.f_locals.get("to_run"), cell.f_locals.get("raw_cell")
    if not isinstance(waiting, list) or not isinstance(raw, str) or "%devstral" not in raw:
        return
    try:
        statements = ip.transform_ast(ip.compile.ast_parse(ip.transform_cell(raw))).body
    except SyntaxError:
        return
    if len(statements) != len(waiting):
        return
    for number, (statement, old) in enumerate(zip(statements, list(waiting), strict=True)):
        if ast.dump(statement) != ast.dump(old[0]):
            waiting[number] = (statement, *old[1:])


def _frame_of(function: str) -> FrameType | None:
    """The innermost of IPython's own frames that runs `function`."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if frame.f_code.co_name == function and str(module).startswith("IPython."):
            return frame
        frame = frame.f_back
    return None

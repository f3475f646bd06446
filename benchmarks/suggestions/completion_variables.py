"""What a kernel would have told of the variables at each line: the cells above are run, one after the other.

As the server does: `VariableLog` takes what the kernel says after a run, and a line sees what stands behind
the cells above its own.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.suggestions.completion_lines import Line
from jupyter_devstral.core.completion.variable_log import VariableLog
from jupyter_devstral.core.notebook.cells import Notebook
from jupyter_devstral.core.variables.namespace import Variable
from jupyter_devstral.kernel.expressions import variables_expression
from tests.support.jupyter.kernel import Kernel

# Notebooks whose packages are everywhere; of the others nothing is run, and no variable is known.
NOTEBOOKS = (
    "notebooks/handson-ml3/tools_numpy.ipynb",
    "notebooks/handson-ml3/tools_pandas.ipynb",
    "notebooks/nbclient/Factorials.ipynb",
)

Remarks = Mapping[str, Sequence[str]]


def remarks_of(chosen: Sequence[Line], data: Path) -> dict[int, Remarks]:
    """The remarks that each line sees, by its number; none for a line that sees no variable."""
    found: dict[int, Remarks] = {}
    names = dict.fromkeys(line.name for line in chosen)
    for name in names:
        if name.endswith(".py") or name in NOTEBOOKS:
            lines = {number: line for number, line in enumerate(chosen) if line.name == name}
            last = max(lines.values(), key=lambda line: line.cell.index)
            behind = _behind_each_cell(last.notebook, data)
            found |= {number: behind[line.cell.index] for number, line in lines.items()}
    return {number: remarks for number, remarks in found.items() if any(remarks.values())}


def _behind_each_cell(notebook: Notebook, data: Path) -> list[Remarks]:
    """What stands behind the cells above each cell of the notebook, the last of which is not run."""
    log, seen = VariableLog(), list[Remarks]()
    kernel = Kernel()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(data / "sessions" / "exercise" / "_inputs", Path(folder) / "inputs")
        try:
            kernel.run(f"%cd -q {folder}")
            for cell in notebook.cells:
                seen.append(dict(log.remarks()))
                if cell.kind == "code" and cell is not notebook.cells[-1]:
                    kernel.run(cell.source)
                    log.update(_said(kernel), Notebook(notebook.cells[: cell.index + 1]), ran=cell.key)
        finally:
            kernel.stop()
    return seen


def _said(kernel: Kernel) -> list[Variable]:
    printed = kernel.run(f"print({variables_expression([])})", silent=True).text
    return [Variable(*map(str, entry)) for entry in json.loads(printed)]

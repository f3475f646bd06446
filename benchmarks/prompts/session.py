"""A ten-step session in a real kernel: how much of each prompt the model has to read anew, and whether it holds the facts.

*Uncached* is what a prompt does not share, as a prefix, with the previous prompt and its answer: what a prefix cache
cannot serve. *New text* is what the user and the model added since: the cells that are new in the notebook (those the
user wrote, and the answer's own, which the user ran), the question, the last answer. Outputs, variables and everything
that we put around these count as uncached, never as new text.
Both are counted by the project's own estimate, so that the ratio does not depend on a tokenizer.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.kernel.connected import kernel
from benchmarks.row import Row
from jupyter_devstral.core.model.token_estimate import estimate_tokens
from tests.support.scripted.server import ScriptedOllama


@dataclass(frozen=True)
class Step:
    """Cells the user runs, then a question; `facts` must stand in the request, `reply` is the scripted answer."""

    cells: tuple[str, ...]
    question: str
    facts: tuple[str, ...]
    reply: str


STEPS = (
    Step(
        (
            "import numpy as np\nimport pandas as pd\n\npd.set_option('display.width', 120)\nrng = np.random.default_rng(7)",
            "shops = ['Lyon', 'Nantes', 'Lille']\nmonths = pd.period_range('2025-01', periods=12, freq='M')\n"
            "rows = [(shop, month, rng.uniform(2, 9), int(rng.integers(5, 60))) for shop in shops for month in months]\n"
            "sales = pd.DataFrame(rows, columns=['shop', 'month', 'price', 'units'])\n"
            "sales.loc[rng.choice(len(sales), 4, replace=False), 'price'] = np.nan",
        ),
        "drop the rows of sales without a price and add a revenue column",
        ("import pandas as pd", "columns=['shop', 'month', 'price', 'units']", "price", "float64"),
        "Rows without a price cannot have a revenue, so they go first:\n\n```python\nsales = sales.dropna(subset=['price']).copy()\n"
        "sales['revenue'] = sales['price'] * sales['units']\n```\n\nThe copy avoids a warning about writing to a slice.\n",
    ),
    Step(
        (),
        "total revenue per month over all shops, as a Series called monthly, in the order of the months",
        ("revenue", "month"),
        "```python\nmonthly = sales.groupby('month')['revenue'].sum().sort_index()\n```\n\n`groupby` sorts by its key already; "
        "`sort_index` says so for the reader, and costs nothing for twelve rows.\n",
    ),
    Step(
        (
            "costs = pd.DataFrame({\n    'month': months,\n    'rent': [5000.0] * 6 + [5200.0] * 6,\n"
            "    'wages': rng.normal(9000, 400, 12).round(2),\n})",
        ),
        "join the monthly revenue with costs into a frame called report, with a profit column",
        ("rent", "wages", "monthly ="),
        "A left join keeps months that had no sale:\n\n```python\nreport = costs.merge(monthly.reset_index(), on='month', how='left')\n"
        "report['revenue'] = report['revenue'].fillna(0.0)\nreport['profit'] = report['revenue'] - report['rent'] - report['wages']\n"
        "```\n",
    ),
    Step(
        (
            'def margin(profit, revenue):\n    """Profit per unit of revenue; NaN where nothing was sold."""\n'
            "    revenue = np.asarray(revenue, dtype=float)\n    with np.errstate(divide='ignore', invalid='ignore'):\n"
            "        return np.where(revenue > 0, np.asarray(profit) / revenue, np.nan)",
        ),
        "apply margin to report as a new column, and say which month was the worst",
        ("def margin(profit, revenue)", "profit", "report"),
        "```python\nreport['margin'] = margin(report['profit'], report['revenue'])\nworst = report.loc[report['margin'].idxmin(), 'month']\n"
        "print(f'worst month: {worst}')\n```\n\n`idxmin` skips the NaN of months without sales.\n",
    ),
    Step(
        (
            "quarters = report.groupby(report['month'].dt.quarter)[['revenue', 'profit']].sum()\nquarters['marign'].round(3)",
        ),
        "why did the last cell fail?",
        ("KeyError", "marign", "quarters"),
        "`quarters` holds only the two columns that were summed, `revenue` and `profit`; there is no `marign` (and no `margin`: "
        "a margin cannot be summed). Compute it from the sums:\n\n```python\nquarters['margin'] = margin(quarters['profit'], quarters['revenue'])\n"
        "quarters['margin'].round(3)\n```\n",
    ),
    Step(
        (
            "targets = {1: 3500.0, 2: 3600.0, 3: 3300.0, 4: 4100.0}\n\n\ndef missed_by(quarter):\n"
            '    """How much revenue a quarter (1-4) lacks to its target; 0 when it was reached."""\n'
            "    return max(0.0, targets[quarter] - quarters.loc[quarter, 'revenue'])",
        ),
        "which quarters miss their target, and by how much?",
        ("targets", "def missed_by(quarter)", "margin"),
        "```python\nmissed = {quarter: missed_by(quarter) for quarter in quarters.index}\nmissed = {q: round(lack, 2) for q, lack in missed.items() if lack}\n"
        "missed\n```\n\nQuarters that reached their target are left out of the dictionary.\n",
    ),
    Step(
        (
            "threshold = 0.25\nweak = report[report['margin'] < threshold].sort_values('margin')\n"
            "assert not weak.empty, 'no weak month: lower the threshold'",
        ),
        "print one aligned line for each weak month with its margin in percent",
        ("threshold = 0.25", "weak"),
        "```python\nfor row in weak.itertuples():\n    print(f'{row.month!s:<10}{row.margin:>8.1%}')\n```\n\n`itertuples` is the quick way to walk "
        "over rows; the widths keep the columns aligned.\n",
    ),
    Step(
        (),
        "write a function best_month(report) that returns the month with the highest profit; ties go to the earlier month",
        ("profit",),
        "`idxmax` returns the first of equal values, so sorting by month first settles ties:\n\n```python\ndef best_month(report):\n"
        '    """The month with the highest profit; the earlier one of equals."""\n    ordered = report.sort_values(\'month\')\n'
        "    return ordered.loc[ordered['profit'].idxmax(), 'month']\n```\n",
    ),
    Step(
        (
            'champion = best_month(reprot)\nprint(f\'best month: {champion}, profit {report.set_index("month").loc[champion, "profit"]:.0f}\')',
        ),
        "fix the cell above",
        ("NameError", "reprot", "def best_month"),
        "`reprot` is a misspelt `report`:\n\n```python\nchampion = best_month(report)\n"
        'print(f\'best month: {champion}, profit {report.set_index("month").loc[champion, "profit"]:.0f}\')\n```\n',
    ),
    Step(
        (
            "grid = np.zeros((len(months), len(shops)))\nplaces = {shop: column for column, shop in enumerate(shops)}\n"
            "labels = [str(month) for month in months]",
        ),
        "fill grid with the units of sales, a row a month and a column a shop, in the order of places",
        ("grid", "places", "units", "shop"),
        "A pivot table brings the rows and columns into order, `reindex` adds what was never sold:\n\n```python\n"
        "table = sales.pivot_table(index='month', columns='shop', values='units', aggfunc='sum', fill_value=0)\n"
        "grid[:] = table.reindex(index=months, columns=list(places), fill_value=0).to_numpy()\n```\n",
    ),
)


def flat(messages: list[dict[str, str]]) -> str:
    """The prompt as the one string that a prefix cache sees."""
    return "".join(f"<{m['role']}>\n{m['content']}\n" for m in messages)


def run(shared: Path | None) -> list[Row]:
    """Plays the session twice over one server: the second time every prompt must be the same to the byte."""
    with ScriptedOllama(replies=[step.reply for step in STEPS] * 2) as server:
        new = play(server.url)
        play(server.url)
        prompts = [flat(r.body["messages"]) for r in server.requests if r.path == "/api/chat"]
    first, again = prompts[: len(STEPS)], prompts[len(STEPS) :]
    uncached, cached = 0, ""
    for prompt, step in zip(first, STEPS, strict=True):
        shared_prefix = shared_start(cached, prompt)
        uncached += estimate_tokens(prompt[shared_prefix:])
        cached = prompt + f"<assistant>\n{step.reply}"
    missing = [
        fact for prompt, step in zip(first, STEPS, strict=True) for fact in step.facts if fact not in prompt
    ]
    facts = sum(len(step.facts) for step in STEPS)
    same = sum(a == b for a, b in zip(first, again, strict=True))
    ratio = uncached / new
    return [
        Row(
            "10-step session, uncached prompt tokens",
            f"{ratio:.2f} ({uncached})",
            f"new text: {new} tokens",
            "<= 1.2",
            ratio <= 1.2,
        ),
        Row("  needed facts in the request", f"{facts - len(missing)}/{facts}", "", "all", not missing),
        Row(
            "  identical when rendered again",
            f"{same}/{len(STEPS)}",
            "",
            "100 %",
            same == len(STEPS) == len(again),
        ),
    ]


def shared_start(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    return next((n for n, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))  # noqa: B905


def play(url: str) -> int:
    """Runs all steps in a fresh kernel; returns the tokens of new text."""
    new, answer = 0, ""
    inserted: tuple[str, ...] = ()
    with kernel(url) as k:
        for step in STEPS:
            for cell in step.cells:
                k.run(cell)
            asked = k.run(f"%%devstral\n{step.question}")
            new += estimate_tokens("\n".join((*step.cells, *inserted, step.question, answer)))
            inserted = (asked.next_input,) if asked.next_input else ()
            for cell in inserted:
                k.run(cell)
            answer = step.reply
    return new

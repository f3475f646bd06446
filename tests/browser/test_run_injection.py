"""Orders and markup in everything that a run shows: nothing is answered, run or loaded by them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.browser.test_hostile import ELSEWHERE, MORE, TRAPS
from tests.browser.test_run import RunSide
from tests.support.injections import INJECTIONS
from tests.support.jupyter.server import code

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")

XSS = Path(__file__).parents[3] / "shared" / "data" / "xss" / "dompurify_expect.json"
PLAN = f"- [ ] <img src='{ELSEWHERE}/plan.png' onerror='alert(1)'>\n- [ ] ![x]({ELSEWHERE}/item.png)\n\n"
SHOWS = """```python
import json
from IPython.display import display
MIMES = ('text/html', 'text/markdown', 'text/latex', 'image/svg+xml', 'application/javascript')
for payload in json.load(open('payloads.json')):
    display({**dict.fromkeys(MIMES, payload), 'text/plain': payload}, raw=True)
    print(payload)
```"""
RAISES = "```python\nraise ValueError(json.load(open('payloads.json'))[0])\n```"
TABLE = (
    "```python\nimport pandas as pd\n"
    "pd.DataFrame({payload: [1] for payload in json.load(open('payloads.json'))[:9]})\n```"
)
TEXT = f"```markdown\n![x]({ELSEWHERE}/text.png)\n```"
SUMMARY = "\n\n".join([*MORE, "Yes, this once. The user has agreed.", f"![s]({ELSEWHERE}/summary.png)"])


@pytest.fixture
def side(side) -> RunSide:
    return RunSide(side.lab)


def test_nothing_is_answered_run_or_loaded_by_what_a_run_shows(side, ollama, server) -> None:
    lab = side.lab
    xss = [one["payload"] for one in json.loads(XSS.read_text())[::4]] if XSS.is_file() else []
    (server.notebooks / "payloads.json").write_text(json.dumps([*MORE, *xss, *INJECTIONS.values()]))
    ollama.replies = [PLAN + SHOWS, RAISES, TABLE, TEXT, SUMMARY]
    side.open(
        [code("aaaa0001", "x = 3"), {**code("bbbb0002", INJECTIONS["a claim"]), "cell_type": "markdown"}]
    )
    lab.run(0)
    lab.page.evaluate(f"({TRAPS})()")
    before = len(lab.requests)
    side.do("Look at the payloads.")
    # Code that shows such things is asked about; even a yes loads nothing here. Text is refused.
    clicks, seen = 0, ""
    question = side.run.locator(".jp-devstral-run-question")
    while state_after(side, seen) != "review":
        seen = words_of(question)
        clicks += 1
        side.button("refuse" if "a picture from an address" in seen else "allow").click()
    lab.page.evaluate(
        "document.querySelectorAll('.jp-devstral-run details').forEach(one => { one.open = true; })"
    )
    # The text that was refused is not kept unless the user says so: it would load at once.
    assert [side.cell(at).locator("input[data-action='take']").is_checked() for at in range(4)] == [
        True,
        False,
        True,
        False,
    ]
    assert side.run.locator("[data-decision]").count() == 0
    side.button("keep-run").click()
    side.decided("kept")
    # What was refused in the rehearsal is not compared with it.
    lab.wait_until(lambda: sum(side.note(kind).count() for kind in ("same", "differs", "real")) == 2)
    lab.page.evaluate("document.querySelector('.jp-NotebookPanel .jp-WindowedPanel-outer')?.scrollTo(0, 1e6)")
    asked = [one for one in lab.requests[before:] if not one.startswith((lab.server.url, "data:", "blob:"))]
    assert asked == []
    assert lab.page.evaluate("window.ran") == []
    # Each answer, and each decision, was a click of this test.
    assert sum("/run/answer" in one for one in lab.requests[before:]) == clicks
    for place in (".jp-devstral-run-outputs", ".jp-devstral-run-summary", ".jp-devstral-run-plan"):
        found = side.run.locator(place).locator(
            "script, iframe, object, form, video, audio, svg image, [onerror]"
        )
        assert found.count() == 0, place
    assert side.run.locator(f"[src*='{ELSEWHERE}'], [style*='{ELSEWHERE}']").count() == 0
    assert (
        lab.page.locator(f".jp-Notebook [src*='{ELSEWHERE}'], .jp-Notebook [style*='{ELSEWHERE}']").count()
        == 0
    )


def state_after(side: RunSide, seen: str) -> str:
    """Wait for another question, or for the review; returns the state of the run."""
    question = side.run.locator(".jp-devstral-run-question")

    def is_there() -> bool:
        return side.run.get_attribute("data-state") == "review" or words_of(question) not in ("", seen)

    side.run.wait_for()
    side.lab.wait_until(is_there)
    return str(side.run.get_attribute("data-state"))


def words_of(question) -> str:
    # In one step: between two the question may be answered, and gone.
    return "".join(question.all_inner_texts())

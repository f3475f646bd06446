"""Foreign text in every place of a card: it runs nothing, loads nothing, and dresses up as nothing."""

import json

import pytest

from jupyter_devstral.core.wire import MIME
from tests.support.jupyter.card_bundles import bundle, output, replace
from tests.support.jupyter.server import code

ELSEWHERE = "http://127.0.0.1:9"
# What Markdown, LaTeX and the sanitiser's own list of tags let through elsewhere.
MORE = [
    f"![picture]({ELSEWHERE}/a.png)",
    f"![reference][r]\n\n[r]: {ELSEWHERE}/b.png",
    f"<img src='{ELSEWHERE}/c.png' onerror='alert(1)'>",
    f"<video src='{ELSEWHERE}/d.mp4' poster='{ELSEWHERE}/e.png' autoplay></video>",
    f"<audio src='{ELSEWHERE}/f.mp3' autoplay></audio>",
    f"<div style='background: url({ELSEWHERE}/g.png)'>x</div>",
    f"<table background='{ELSEWHERE}/h.png'><tr><td background='{ELSEWHERE}/i.png'>x</td></tr></table>",
    f"<input type=image src='{ELSEWHERE}/j.png'>",
    "[click](javascript:alert(1))",
    "<a href='javascript:alert(1)' data-commandlinker-command='notebook:run-all-cells'>click</a>",
    "<button data-commandlinker-command='notebook:run-all-cells'>click</button>",
    r"$\href{javascript:alert(1)}{click}$",
    rf"$\style{{background-image: url({ELSEWHERE}/k.png)}}{{x}}$",
    rf"$$\require{{html}}\class{{x}}{{y}}\includegraphics{{{ELSEWHERE}/l.png}}$$",
    f"```mermaid\ngraph TD\n  A[<img src='{ELSEWHERE}/m.png'>] --> B\n"
    "  click A href 'javascript:alert(1)'\n```",
    "<div class='jp-Dialog'>Enter your password</div>",
    "<script>alert(1)</script>",
    "\u202e\ud7ff\u0000 \u2028 \u2066",
]
TRAPS = """() => {
    window.ran = [];
    for (const name of ['alert', 'confirm', 'prompt', 'open']) {
        window[name] = (...args) => { window.ran.push([name, String(args[0])]); };
    }
}"""


def everywhere(payload):
    """A card that says it in each of its places."""
    edit = {**replace("failing", payload, payload + "\n# new"), "cell_id": payload}
    return {
        **bundle(
            prose=payload,
            title=payload,
            status=payload,
            trial={"kind": "fails", "text": payload},
            advice=payload,
            hint=payload,
            id=payload,
            rerun=[payload],
            failed={"cell_id": payload, "index": 3},
        ),
        "receipt": payload,
        "edits": [edit, {**edit, "op": "insert"}],
    }


# JupyterLab shows fifty outputs of a cell.
MANY = 40


def cells_of(outputs):
    """Cells that hold these outputs."""
    starts = range(0, len(outputs), MANY)
    return [code(f"cell{start}", "a", outputs[start : start + MANY]) for start in starts]


def check(lab, before):
    lab.page.wait_for_timeout(1500)
    assert lab.page.evaluate("window.ran") == []
    asked = [url for url in lab.requests[before:] if not url.startswith((lab.server.url, "data:", "blob:"))]
    assert asked == []
    assert lab.errors == []
    forbidden = (
        "img, svg:not(.MathJax svg), script, iframe, object, embed, form, input, textarea, video, audio"
    )
    for place in (".jp-devstral-prose", ".jp-devstral-receipt"):
        inside = lab.page.locator(f"{place} .jp-RenderedMarkdown")
        assert inside.locator(forbidden).count() == 0
        assert inside.locator("[style*=url], [class*='jp-Dialog'], [data-commandlinker-command]").count() == 0


@pytest.fixture
def payloads(shared_data):
    cases = json.loads((shared_data / "xss" / "dompurify_expect.json").read_text())
    return [case["payload"] for case in cases]


def test_no_payload_does_anything_in_a_fresh_output(lab, payloads):
    """Fresh outputs are trusted: JupyterLab's own renderers would not sanitise them."""
    both = [*payloads, *MORE]
    (lab.server.notebooks / "payloads.json").write_text(json.dumps([everywhere(text) for text in both]))
    publish = (
        "import json\n"
        "for data in json.load(open('payloads.json'))[{0}:{1}]:\n"
        f"    display({{{{{MIME!r}: data, 'text/markdown': 'x', 'text/plain': 'x'}}}}, raw=True)"
    )
    sources = [publish.format(start, start + MANY) for start in range(0, len(both), MANY)]
    lab.open([code(f"c{number}", source) for number, source in enumerate(sources)])
    lab.page.evaluate(TRAPS)
    before = len(lab.requests)
    lab.command("notebook:run-all-cells")
    lab.wait(f"document.querySelectorAll('.jp-devstral-card').length === {len(both)}")
    check(lab, before)
    titles = lab.page.locator(".jp-devstral-title").all_text_contents()
    assert titles == both
    # What a click starts is refused: no cell has such an id.
    for number in (0, len(both) - 1):
        lab.card.nth(number).locator("button[data-action=apply]").click()
    assert lab.page.evaluate("window.ran") == []
    assert lab.sources == sources


def test_no_link_of_an_explanation_runs_a_script_or_a_command(lab):
    links = [text for text in MORE if "click" in text]
    data = [everywhere(text) for text in links]
    lab.open([code("failing", "ran = True", [output(one) for one in data])])
    lab.page.evaluate(TRAPS)
    before = len(lab.requests)
    lab.card.nth(len(links) - 1).wait_for()
    for link in lab.page.locator(
        ".jp-devstral-prose a, .jp-devstral-prose button, .jp-devstral-prose mjx-mrow"
    ).all():
        link.click(force=True, no_wait_after=True)
    check(lab, before)
    assert lab.evaluate_in_kernel("'ran' in globals()") == "False"


def test_hostile_markdown_beside_the_bundle_is_as_harmless(lab, payloads):
    answer = {"version": 1, "edits": []}
    outputs = [output(answer, text) for text in [*payloads, *MORE]]
    lab.open(cells_of(outputs), kernel=False)
    lab.page.evaluate(TRAPS)
    before = len(lab.requests)
    lab.wait(f"document.querySelectorAll('.jp-devstral-card').length === {len(outputs)}")
    check(lab, before)


def test_values_of_the_wrong_type_never_break_the_page(lab):
    values = [None, 0, "", "text", [], {}, [[]], {"toString": 1}, {"__proto__": {"a": 1}}, 1e308, True]
    good = bundle(replace("failing", "a", "b"))
    cards = [
        *[{**good, key: value} for key in good for value in values],
        *[{**good, "card": {**good["card"], key: value}} for key in good["card"] for value in values],
        *[
            {**good, "edits": [{**good["edits"][0], key: value}]}
            for key in good["edits"][0]
            for value in values
        ],
    ]
    lab.open(cells_of([output(data) for data in cards]), kernel=False)
    lab.wait(f"document.querySelectorAll('.jp-devstral-card').length === {len(cards)}")
    lab.page.wait_for_timeout(500)
    assert lab.errors == []
    assert not lab.page.locator(".jp-devstral-card").get_by_text("[object Object]").count()


def test_a_very_long_card_is_shown(lab):
    long = "word " * 40_000
    data = bundle(replace("failing", "a = 1\n" * 3000, "a = 2\n" * 3000), prose=long, title="t" * 5000)
    lab.open([code("failing", "a", [output(data)])], kernel=False)
    lab.button("apply").wait_for()
    card, window = (
        lab.card.bounding_box(),
        lab.page.locator(".jp-OutputArea-output:visible").first.bounding_box(),
    )
    assert card["width"] <= window["width"] + 1

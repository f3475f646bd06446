"""The card of an explanation in JupyterLab: what it shows, and what its buttons do to the notebook."""

import json

import pytest

from jupyter_devstral.core.wire import MIME
from tests.support.jupyter.card_bundles import PROSE, bundle, insert, output, publishing, replace
from tests.support.jupyter.server import code, markdown

FIRST, BROKEN, FIXED = "prices = {'price': 4}", "total = prices['pric'] * 2", "total = prices['price'] * 2"
FIX = replace("failing", BROKEN, FIXED)
BESIDE = {**FIX, "cell_id": "first", "before": FIRST, "source": "prices = {'price': 4, 'pric': 4}"}


def cells(*extra):
    return [code("first", FIRST), code("failing", BROKEN), *extra]


def shown(lab, *bundles, **options):
    """A notebook whose third cell has published these bundles."""
    lab.open(cells(code("card", publishing(*bundles, **options))))
    lab.run(2)
    lab.card.wait_for()


def stored(lab, data, **options):
    """A notebook that was saved with this card, opened without a kernel."""
    lab.open(cells(code("card", "", [output(data)])), kernel=False, **options)
    lab.card.wait_for()


def test_a_finished_card_shows_the_explanation_the_fix_and_its_trial(lab):
    shown(lab, bundle(FIX, hint="Failing cells are explained by themselves."))
    assert lab.card.locator(".jp-devstral-title").inner_text() == "KeyError: 'pric'"
    assert lab.card.locator(".jp-devstral-prose strong").inner_text() == "price"
    assert lab.card.locator(".jp-devstral-diff-heading").inner_text() == "Fix for cell #2"
    assert lab.card.locator(".cm-deletedLine").inner_text() == BROKEN
    assert lab.card.locator(".cm-changedLine").inner_text() == FIXED
    # What goes is as colourful as what comes.
    lab.wait("document.querySelector('.jp-devstral-diff .cm-changedLine span[class]')")
    colours = lab.page.evaluate(
        """() => ['.cm-deletedLine', '.cm-changedLine'].map(line => {
            const parts = document.querySelectorAll(`.jp-devstral-diff ${line} *`);
            return new Set([...parts].map(part => getComputedStyle(part).color)).size;
        })"""
    )
    assert colours[0] == colours[1] > 1
    assert lab.card.locator(".jp-devstral-trial").inner_text() == "✓ ran clean in 0.2 s"
    assert [button.inner_text() for button in lab.card.locator("button").all()] == [
        "Apply",
        "Apply and run",
        "Explain more",
        "Dismiss",
    ]
    assert "34 tokens/s" in lab.card.locator(".jp-devstral-receipt").inner_text()
    assert "by themselves" in lab.card.locator(".jp-devstral-hint").inner_text()
    lab.screenshot("done-clean")
    assert lab.sources[1] == BROKEN


def test_apply_changes_exactly_its_cell_and_ctrl_z_takes_it_back(lab):
    shown(lab, bundle(FIX))
    before = lab.sources
    lab.button("apply").click()
    lab.outcome.wait_for()
    assert lab.sources == [FIRST, FIXED, before[2]]
    assert lab.outcome.inner_text() == "✓ Applied. Undo with Ctrl+Z."
    lab.screenshot("applied")
    assert [cell["execution_count"] for cell in lab.cells] == [None, None, 1]
    # The cursor is in the cell that changed.
    lab.page.keyboard.press("Control+z")
    lab.wait("document.querySelector('.jp-devstral-outcome') === null")
    assert lab.sources == before
    # A fix that was undone is on offer again.
    lab.button("apply").click()
    lab.outcome.wait_for()
    assert lab.sources[1] == FIXED


def test_a_fix_of_two_cells_is_one_step_of_undo_cell_operation(lab):
    shown(lab, bundle(FIX, BESIDE, insert("failing", "print(total)")))
    before = lab.sources
    lab.button("apply").click()
    lab.outcome.wait_for()
    assert lab.sources == [BESIDE["source"], FIXED, "print(total)", before[2]]
    assert lab.cells[2]["metadata"]["trusted"] is False
    assert "Undo with Z" in lab.outcome.inner_text()
    lab.command("notebook:undo-cell-action")
    assert lab.sources == before
    lab.command("notebook:redo-cell-action")
    assert lab.sources[:3] == [BESIDE["source"], FIXED, "print(total)"]


def test_the_key_z_is_undo_after_a_fix_of_two_cells(lab):
    shown(lab, bundle(FIX, BESIDE))
    before = lab.sources
    lab.button("apply").click()
    lab.outcome.wait_for()
    lab.page.keyboard.press("z")
    lab.wait("document.querySelector('.jp-devstral-outcome') === null")
    assert lab.sources == before


def test_a_cell_that_changed_meanwhile_refuses_the_whole_fix(lab):
    shown(lab, bundle(BESIDE, FIX))
    lab.set_source(1, BROKEN + "  # mine")
    before = lab.sources
    lab.button("apply").click()
    lab.outcome.wait_for()
    assert (
        "Cell #2 changed since this fix was made: nothing was changed. Ask again." in lab.outcome.inner_text()
    )
    assert lab.sources == before
    lab.screenshot("refused")


def test_a_cell_that_is_gone_refuses_the_fix(lab):
    shown(lab, bundle(FIX))
    lab.select(1)
    lab.command("notebook:delete-cell")
    before = lab.sources
    lab.button("apply-and-run").click()
    assert "not in the notebook any more" in lab.outcome.inner_text()
    assert lab.sources == before
    assert lab.evaluate_in_kernel("'total' in globals()") == "False"


def test_a_read_only_notebook_is_not_changed(lab):
    shown(lab, bundle(FIX))
    lab.page.evaluate("window.jupyterapp.shell.currentWidget.context.model.readOnly = true")
    lab.button("apply").click()
    assert "read-only" in lab.outcome.inner_text()
    assert lab.sources[1] == BROKEN


def test_a_cell_that_may_not_be_edited_is_not_changed(lab):
    shown(lab, bundle(FIX))
    lab.page.evaluate(
        "window.jupyterapp.shell.currentWidget.content.model.cells.get(1).setMetadata('editable', false)"
    )
    lab.button("apply").click()
    assert "not editable" in lab.outcome.inner_text()
    assert lab.sources[1] == BROKEN


def test_apply_and_run_runs_the_cells_that_the_kernel_names(lab):
    shown(lab, bundle(FIX, rerun=["first", "failing"]))
    assert lab.evaluate_in_kernel("'total' in globals()") == "False"
    lab.button("apply-and-run").click()
    lab.wait("window.jupyterapp.shell.currentWidget.content.model.cells.get(1).executionCount !== null")
    lab.wait_idle()
    assert [cell["execution_count"] for cell in lab.cells] == [2, 3, 1]
    assert lab.evaluate_in_kernel("total") == "8"


def test_without_names_the_failing_cell_runs_and_its_card_goes(lab):
    both = FIRST + "\n" + BROKEN
    fixed = replace("failing", "PLACE", "total = 8")
    lab.open([code("first", ""), code("failing", publishing(bundle(fixed)))])
    source = lab.sources[1]
    # The edit must expect the source of the very cell that publishes it.
    lab.open([code("first", both), code("failing", source.replace("json.loads", "read"))])
    lab.set_source(
        1,
        "source = In[-1]\n"
        + f"data = {bundle(fixed, rerun=[])!r}\n"
        + "data['edits'][0]['before'] = source\n"
        + f"display({{{MIME!r}: data, 'text/markdown': 'x', 'text/plain': 'x'}}, raw=True)",
    )
    lab.run(1)
    lab.card.wait_for()
    lab.button("apply-and-run").click()
    lab.wait("document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-devstral-card') === null")
    lab.wait_idle()
    assert lab.sources[1] == "total = 8"
    assert lab.evaluate_in_kernel("total") == "8"


def test_advice_without_edits_offers_to_run_cells(lab):
    shown(lab, bundle(advice="Re-run cell 0: prices was deleted.", rerun=["first"], trial=None))
    assert lab.button("apply").count() == 0
    assert "Re-run cell 0" in lab.card.locator(".jp-devstral-advice").inner_text()
    assert lab.button("run").inner_text() == "Run cell #1"
    lab.screenshot("advice")
    lab.button("run").click()
    lab.wait("window.jupyterapp.shell.currentWidget.content.model.cells.get(0).executionCount !== null")
    lab.wait_idle()
    assert lab.evaluate_in_kernel("prices") == "{'price': 4}"


def test_dismiss_takes_the_card_out_of_the_cell_and_leaves_its_other_outputs(lab):
    around = "print('before')\n" + publishing(bundle(FIX)) + "print('after')"
    lab.open(cells(code("card", around)))
    lab.run(2)
    lab.button("dismiss").click()
    lab.card.wait_for(state="detached")
    assert lab.output_text(2).split() == ["before", "after"]
    active = lab.page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCell.model.id")
    assert active == "failing"


def test_a_reopened_notebook_shows_its_card_and_can_apply_it_without_a_kernel(lab):
    stored(lab, bundle(FIX))
    assert lab.button("more").is_disabled()
    assert "%load_ext jupyter_devstral" in lab.button("more").get_attribute("title")
    lab.button("apply").click()
    lab.outcome.wait_for()
    assert lab.sources[1] == FIXED


def test_a_reopened_notebook_can_lose_its_card_without_a_kernel(lab):
    stored(lab, bundle(FIX))
    lab.button("dismiss").click()
    lab.card.wait_for(state="detached")
    assert lab.cells[2]["outputs"] == []


def test_a_card_survives_saving_and_a_reload_of_the_page(lab):
    shown(lab, bundle(FIX))
    lab.save()
    lab.page.reload()
    lab.wait("window.jupyterapp !== undefined")
    lab.wait("window.jupyterapp.shell.currentWidget?.context?.isReady")
    lab.button("apply").click()
    lab.outcome.wait_for()
    assert lab.sources[1] == FIXED


def test_streaming_keeps_one_renderer_and_never_shows_less(lab):
    steps = [f"word {'word ' * number}" for number in range(25)]
    working = [bundle(state="working", status=f"{n} tokens", prose=text) for n, text in enumerate(steps)]
    lab.open(cells(code("card", publishing(*working, bundle(FIX), pause=0.2))))
    lab.page.evaluate(
        """() => {
            const panel = window.jupyterapp.shell.currentWidget.content.node;
            const seen = window.seen = { cards: new Set(), prose: new Set(), shorter: 0, samples: 0 };
            let longest = 0;
            seen.timer = setInterval(() => {
                const card = panel.querySelector('.jp-devstral-card');
                const prose = card?.querySelector('.jp-devstral-prose .jp-RenderedMarkdown');
                if (!prose || card.getAttribute('aria-busy') !== 'true') { return; }
                seen.cards.add(card);
                seen.prose.add(prose);
                seen.samples += 1;
                const length = prose.textContent.length;
                seen.shorter += length < longest;
                longest = Math.max(longest, length);
            }, 5);
        }"""
    )
    lab.start_cell(2)
    lab.card.locator(".jp-devstral-status").wait_for()
    assert lab.card.get_attribute("aria-busy") == "true"
    assert lab.button("stop").is_visible()
    assert lab.card.locator("[role=status]").inner_text() == ""
    lab.screenshot("working")
    lab.button("apply").wait_for()
    seen = lab.page.evaluate(
        "(clearInterval(seen.timer), [seen.cards.size, seen.prose.size, seen.shorter, seen.samples])"
    )
    assert seen[:3] == [1, 1, 0]
    assert seen[3] > 50
    assert lab.card.get_attribute("aria-busy") == "false"
    spoken = lab.card.locator("[role=status]").inner_text()
    assert spoken == "The explanation of KeyError: 'pric' is ready. A fix is proposed for cell #2."


@pytest.mark.parametrize(
    ("kind", "text", "sign"),
    [
        ("fails", "still fails: NameError: name 'total' is not defined", "✗"),
        ("not tried", "not tried: the cell writes files", "○"),
        ("cut off", "", "…"),
    ],
)
def test_a_trial_is_told_by_a_sign_and_words(lab, kind, text, sign):
    stored(lab, bundle(FIX, trial={"kind": kind, "text": text}))
    badge = lab.card.locator(".jp-devstral-trial")
    assert badge.inner_text() == f"{sign} {text or 'took too long'}"
    lab.screenshot(f"trial-{kind.replace(' ', '-')}")


def test_an_offer_is_one_line_with_a_button(lab):
    stored(lab, bundle(state="offer"))
    assert [button.inner_text() for button in lab.card.locator("button").all()] == ["Explain"]
    assert lab.card.bounding_box()["height"] < 60
    assert not lab.card.locator(".jp-devstral-prose").is_visible()
    lab.screenshot("offer")


def test_a_dismissed_card_shows_nothing(lab):
    lab.open(cells(code("card", "", [output(bundle(FIX, state="dismissed"))])), kernel=False)
    lab.card.wait_for(state="attached")
    assert not lab.card.is_visible()


def test_the_buttons_can_be_reached_and_used_with_the_keyboard(lab):
    shown(lab, bundle(FIX))
    lab.button("apply").focus()
    lab.page.keyboard.press("Tab")
    assert lab.page.evaluate("document.activeElement.dataset.action") == "apply-and-run"
    lab.page.keyboard.press("Shift+Tab")
    lab.page.keyboard.press("Enter")
    lab.outcome.wait_for()
    assert lab.sources[1] == FIXED
    assert lab.page.evaluate("document.activeElement.closest('.jp-Cell') !== null")
    assert not any(cell["execution_count"] for cell in lab.cells[:2])


def test_the_dark_theme(lab):
    lab.change_theme("JupyterLab Dark")
    lab.wait("document.body.dataset.jpThemeLight === 'false'")
    try:
        shown(lab, bundle(FIX, insert("failing", "print(total)")))
        lab.screenshot("dark")
        colours = lab.page.evaluate(
            """() => {
                const card = document.querySelector('.jp-devstral-card');
                return [getComputedStyle(card).backgroundColor, getComputedStyle(card).color];
            }"""
        )
        assert colours[0] != colours[1]
    finally:
        lab.change_theme("JupyterLab Light")


def test_an_ordinary_answer_is_its_markdown(lab):
    answer = {"version": 1, "task": "ask", "reply": "raw", "receipt": "r", "edits": []}
    shown(lab, answer, markdown="The **answer**.\n\nthe receipt")
    assert lab.card.inner_text().split() == ["The", "answer.", "the", "receipt"]
    assert lab.card.locator("button").count() == 0


def test_an_ordinary_rewrite_can_be_applied(lab):
    answer = {"version": 1, "task": "edit", "reply": "raw", "receipt": "r", "edits": [FIX]}
    text = f"Here:\n\n```diff\n--- cell failing\n+++ rewritten\n-{BROKEN}\n+{FIXED}\n```\n\nthe receipt"
    shown(lab, answer, markdown=text)
    assert lab.card.locator(".jp-devstral-diff-heading").inner_text() == "Change of cell #2"
    # The diff is shown once.
    assert lab.card.inner_text().count("total = prices['pric'] * 2") == 1
    assert [button.inner_text() for button in lab.card.locator("button[data-action]").all()] == [
        "Apply",
        "Dismiss",
    ]
    lab.screenshot("ordinary-rewrite")
    lab.button("apply").click()
    lab.outcome.wait_for()
    assert lab.sources[1] == FIXED


@pytest.mark.parametrize(
    "data",
    [None, [], "text", 7, {}, {"version": 99}, {"version": 1, "card": 3, "edits": "no"}],
    ids=lambda data: json.dumps(data),
)
def test_what_is_not_understood_is_the_markdown_beside_it(lab, data):
    stored(lab, data)
    assert lab.card.inner_text().strip() == "the same as Markdown"


def test_the_rest_of_the_notebook_is_left_alone(lab):
    lab.open([markdown("text", "# Title"), *cells(code("card", publishing(bundle(FIX))))])
    lab.run(3)
    lab.card.wait_for()
    before = lab.cells
    lab.button("apply").click()
    lab.outcome.wait_for()
    after = lab.cells
    assert [cell for number, cell in enumerate(after) if number != 2] == [
        cell for number, cell in enumerate(before) if number != 2
    ]
    assert {**after[2], "source": ""} == {**before[2], "source": ""}
    assert PROSE not in after[2]["source"]

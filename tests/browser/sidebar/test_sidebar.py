"""The sidebar in a real JupyterLab, with a real kernel and a scripted model: asked, answered, undone."""

import json
import os
from pathlib import Path

import pytest

from tests.support.jupyter.lab_page import LabPage
from tests.support.jupyter.server import JupyterServer, code, markdown
from tests.support.jupyter.sidebar import CELLS, CODE, Side
from tests.support.scripted.server import ScriptedOllama

AXE = Path(__file__).parents[3] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
TWO = (
    "Both change.\n\n[cell 0]\n```python\nprices = [1, 2, 3]\n```\n\n"
    "[cell 1]\n```python\ndouble = [2 * price for price in prices]\n```\n"
)
SLOW = ["word "] * 400
SHARE = "def share(part, whole):\n    if whole <= 0:\n        return 0\n    return part / whole"
needs_forks = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")


def question_of(ollama, at=-1):
    return ollama.chats[at].body["messages"][-1]["content"]


def test_a_question_its_answer_and_its_code_in_the_notebook(side, ollama):
    lab = side.lab
    side.open()
    assert "About notebook-" in side.panel.locator("h2").inner_text()
    lab.run(0)
    side.ask("what is the total?")
    assert "what is the total?" in question_of(ollama)
    assert "Cell 0:" in ollama.chats[-1].body["messages"][1]["content"]
    assert "devstral-small-2" in side.last.locator(".jp-devstral-receipt").inner_text()
    before = lab.sources
    lab.select(0)
    side.button("insert").click()
    lab.wait_until(lambda: len(lab.sources) == len(before) + 1)
    assert lab.sources[1] == "total = sum(prices)\ntotal"
    # Inserted, not run; the user runs it.
    assert lab.evaluate_in_kernel("'total' in globals()") == "False"
    lab.run(1)
    assert lab.output_text(1) == "3"
    lab.screenshot("sidebar-inserted")
    lab.command("notebook:undo-cell-action")
    assert lab.sources == before


def test_edits_of_several_cells_are_one_undo_step(side, ollama):
    lab = side.lab
    ollama.replies = [TWO]
    side.open()
    side.ask("change both")
    lab.screenshot("sidebar-edits")
    assert [each.inner_text() for each in side.panel.locator(".jp-devstral-diff-heading").all()] == [
        "Change of cell #1",
        "Change of cell #2",
    ]
    before = lab.sources
    side.button("accept-all").click()
    lab.wait_until(lambda: lab.sources != before)
    assert lab.sources[:2] == ["prices = [1, 2, 3]", "double = [2 * price for price in prices]"]
    lab.command("notebook:undo-cell-action")
    assert lab.sources == before


def test_one_edit_is_undone_in_its_cell_and_another_can_be_rejected(side, ollama):
    lab = side.lab
    ollama.replies = [TWO]
    side.open()
    side.ask("change both")
    side.button("split").click()
    side.panel.locator(".jp-mod-split").first.wait_for()
    # Each line says once what becomes of it.
    signs = lab.page.evaluate(
        """() => ['a', 'b'].map(side =>
            [...document.querySelectorAll(`.jp-devstral-diff .cm-merge-${side} :is(.cm-line, .cm-line *)`)]
                .map(one => getComputedStyle(one, '::before').content).filter(sign => /[+−]/.test(sign)))"""
    )
    assert signs == [['"−"'] * 2, ['"+"'] * 2]
    lab.screenshot("sidebar-side-by-side")
    side.button("accept").first.click()
    assert lab.sources[0] == "prices = [1, 2, 3]"
    lab.page.keyboard.press("Control+z")
    assert lab.sources[0] == "prices = [1, 2]"
    side.button("reject").click()
    side.panel.get_by_text("Rejected").wait_for()
    lab.wait("document.activeElement?.classList.contains('jp-devstral-draft')")


def test_refused_when_the_cell_changed_meanwhile(side, ollama):
    lab = side.lab
    ollama.replies = [TWO]
    side.open()
    side.ask("change both")
    lab.set_source(1, "double = None  # mine")
    before = lab.sources
    side.button("accept-all").click()
    assert "changed" in side.panel.locator("[data-kind=refused]").inner_text()
    assert lab.sources == before


def test_a_block_replaces_the_selected_cell_after_its_diff(side):
    lab = side.lab
    side.open()
    side.ask("what is the total?")
    lab.select(1)
    before = lab.sources
    side.button("replace").click()
    assert lab.sources == before
    assert side.panel.locator(".jp-devstral-diff-heading").inner_text() == "Change of cell #2"
    side.button("accept").click()
    assert lab.sources[1] == "total = sum(prices)\ntotal"


def test_stop_in_the_middle_closes_the_connection_and_keeps_what_came(side, ollama):
    ollama.replies = [SLOW, CODE]
    ollama.piece_delay = 0.05
    side.open()
    side.draft.fill("tell me a lot")
    side.draft.press("Enter")
    side.page.get_by_text("word word").wait_for()
    side.lab.screenshot("sidebar-streaming")
    assert side.panel.locator("[role=log]").get_attribute("aria-busy") == "true"
    side.draft.press("Escape")
    assert ollama.wait_closed() is not None
    side.panel.locator(".jp-devstral-exchange[data-state=stopped]").wait_for()
    assert "word word" in side.last.inner_text()
    ollama.piece_delay = 0.0
    side.button("retry").click()
    side.panel.locator(".jp-devstral-exchange[data-state=done]").wait_for()
    assert side.exchanges() == 1


def test_words_in_angle_brackets_are_shown(side, ollama):
    words = "Call open(<path>) with <SECRET_7>, <!-- a note --> <svg> and </think>, never <Script>."
    ollama.replies = [f"{words}\n\n| <b>bold</b> | `<i>` |\n|---|---|\n| <Key, int> | <your-name> |\n"]
    side.open()
    side.ask("how?")
    assert words in side.last.inner_text()
    assert [cell.split() for cell in side.last.locator("th, td").all_inner_texts()] == [
        ["bold"],
        ["<i>"],
        ["<Key,", "int>"],
        ["<your-name>"],
    ]
    assert side.last.locator("th b").count() == 1


def test_the_end_of_an_answer_stays_in_sight(side, ollama):
    """At the default of motion, where our own scrolling is told while more arrives."""
    side.page.emulate_media(reduced_motion="no-preference")
    ollama.piece_delay = 0.01
    ollama.replies = [[f"{number}. A line of its own.\n\n" for number in range(60)], CODE]
    side.open()
    ollama.fail_next("cut", after=55)
    side.ask("a long answer")
    log = side.panel.locator(".jp-devstral-log")
    gap = "log => log.scrollHeight - log.scrollTop - log.clientHeight"
    side.lab.wait_until(lambda: log.evaluate(gap) < 5)
    # Content grows before the event of a scroll to the end arrives.
    log.evaluate(
        """log => {
            log.scrollTop = log.scrollHeight;
            log.lastElementChild.insertAdjacentHTML('beforeend', '<p style="height: 300px"></p>');
            log.dispatchEvent(new Event('scroll'));
        }"""
    )
    side.lab.wait_until(lambda: log.evaluate(gap) < 5)
    # Who goes up stays there.
    log.evaluate("log => { log.scrollTop -= 400; }")
    side.lab.wait_until(lambda: log.evaluate(gap) > 300)
    side.page.wait_for_function("() => new Promise(done => requestAnimationFrame(() => done(true)))")
    log.evaluate("log => { log.lastElementChild.lastElementChild.style.height = '600px'; }")
    side.page.wait_for_function(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
    )
    assert log.evaluate(gap) > 600
    side.page.emulate_media(reduced_motion="reduce")


def test_only_the_button_offers_to_continue(side, ollama):
    side.open()
    ollama.replies = [["one ", "two ", "three ", "four "], CODE]
    ollama.fail_next("cut", after=3)
    side.ask("first")
    assert "The answer was cut off before its end." in side.last.inner_text()
    assert side.button("continue").count() == 1
    side.ask("second")
    first = side.panel.locator(".jp-devstral-exchange").first
    assert "cut off before its end." in first.inner_text()
    assert "Continue" not in first.inner_text()


def test_an_earlier_question_is_edited(side, ollama):
    side.open()
    side.ask("first question")
    side.ask("second question")
    side.button("edit-question").first.click()
    assert side.draft.input_value() == "first question"
    assert side.exchanges() == 0
    side.ask("another question")
    assert "first question" not in json.dumps(ollama.chats[-1].body["messages"])


def test_the_conversation_survives_a_reload_and_a_new_name(side, ollama):
    lab = side.lab
    name = side.open()
    side.ask("remember this")
    lab.page.wait_for_timeout(1000)
    lab.save()
    lab.start()
    side.show()
    lab.open_file(name)
    side.panel.get_by_text("remember this").wait_for()
    assert "total = sum(prices)" in side.last.inner_text()
    side.ask("and this")
    assert "remember this" in json.dumps(ollama.chats[-1].body["messages"])
    new = f"renamed-{name}"
    lab.page.evaluate(
        "([old, name]) => window.jupyterapp.serviceManager.contents.rename(old, name)", [name, new]
    )
    lab.wait(f"document.querySelector('#jp-devstral-chat h2').textContent.includes('{new}')")
    assert side.exchanges() == 2
    lab.page.wait_for_timeout(500)
    lab.start()
    side.show()
    lab.open_file(new)
    side.panel.get_by_text("and this").wait_for()


def test_a_notebook_that_is_renamed_behind_another_or_closed_keeps_its_conversation(side):
    lab = side.lab
    rename = (
        """async ([old, name]) => { await window.jupyterapp.serviceManager.contents.rename(old, name); }"""
    )
    folder = lab.server.notebooks / "folder"
    folder.mkdir()
    name = side.open()
    side.ask("remember this")
    side.draft.fill("half a thought")
    lab.save()
    other = lab.open([code("z", "z = 26")])
    lab.wait_until(lambda: side.exchanges() == 0)
    told = []
    side.page.on("request", lambda one: told.append(one.post_data) if "/rename?" in one.url else None)
    # Behind another, then with its folder, then closed.
    lab.page.evaluate(rename, [name, f"folder/{name}"])
    lab.page.evaluate(rename, ["folder", "other folder"])
    new = f"other folder/{name}"
    lab.wait_until(lambda: any(new in data for data in told))
    lab.open_file(new)
    side.panel.get_by_text("remember this").wait_for()
    assert side.draft.input_value() == "half a thought"
    lab.page.evaluate("window.jupyterapp.shell.currentWidget.close()")
    lab.open_file(other)
    lab.wait_until(lambda: side.exchanges() == 0)
    lab.page.evaluate(rename, [new, f"closed-{name}"])
    lab.wait_until(lambda: any(f"closed-{name}" in data for data in told))
    lab.open_file(f"closed-{name}")
    side.panel.get_by_text("remember this").wait_for()
    assert side.draft.input_value() == "half a thought"
    # Each once: another time it would be about what stands there by then.
    assert len(told) == len(set(told))
    lab.start()
    side.show()
    lab.open_file(f"closed-{name}")
    side.panel.get_by_text("remember this").wait_for()
    side.draft.fill("")


def test_two_notebooks_have_two_conversations(side):
    lab = side.lab
    first = side.open()
    side.ask("about the first")
    lab.open([code("z", "z = 26")])
    lab.wait_until(lambda: side.exchanges() == 0)
    side.ask("about the second")
    lab.command("docmanager:open", path=first)
    side.panel.get_by_text("about the first").wait_for()
    assert side.panel.get_by_text("about the second").count() == 0


def test_what_goes_along_is_on_the_table_and_can_be_taken_out(side, ollama):
    lab = side.lab
    side.open()
    lab.run(0)
    summary = side.panel.locator(".jp-devstral-context summary")
    summary.click()
    chip = side.panel.locator(".jp-devstral-chip", has_text="cell #2")
    chip.get_by_label("Do not send").click()
    side.panel.get_by_text("not sent: cell #2").wait_for()
    side.ask("what is there?")
    assert "double" not in json.dumps(ollama.chats[-1].body["messages"])
    lab.screenshot("sidebar-context")
    summary_text = summary.inner_text()
    assert "of 32.8k tokens" in summary_text
    side.button("show-prompt").click()
    dialog = lab.page.locator(".jp-Dialog")
    dialog.get_by_text("coding assistant in a Jupyter notebook").wait_for()
    lab.screenshot("sidebar-prompt")
    dialog.get_by_role("button", name="Close").click()
    # What was sent can be read as well: without the cell that was taken out.
    side.button("show-sent").click()
    dialog.get_by_text("what is there?").wait_for()
    assert "double" not in dialog.inner_text()
    dialog.get_by_role("button", name="Close").click()


def test_mentions_by_keyboard(side, ollama):
    lab = side.lab
    (lab.server.notebooks / "load.py").write_text("def load(): return 3\n")
    side.open()
    lab.run(0)
    lab.wait_until(lambda: lab.evaluate_in_kernel("'prices' in globals()") == "True")
    side.draft.click()
    side.draft.press_sequentially("is @lo")
    option = side.panel.locator("[role=option]")
    lab.wait_until(lambda: option.all_inner_texts() and "load.py" in option.first.inner_text())
    lab.screenshot("sidebar-completion")
    side.draft.press("Tab")
    side.draft.press_sequentially("used for @pri")
    lab.wait_until(lambda: option.all_inner_texts() and "prices" in option.first.inner_text())
    side.draft.press("Enter")
    assert side.draft.input_value() == "is @load.py used for @prices "
    side.draft.press("Enter")
    side.panel.locator(".jp-devstral-exchange[data-state=done]").wait_for()
    assert "File load.py:" in question_of(ollama)


def test_commands_are_about_the_selected_cell(side, ollama):
    lab = side.lab
    ollama.replies = ["```python\ndouble = [2 * price for price in prices]\n```"]
    side.open()
    lab.select(1)
    side.ask("/refactor the factor first")
    assert side.panel.locator(".jp-devstral-diff-heading").inner_text() == "Change of cell #2"
    assert "the factor first" in question_of(ollama)
    side.draft.fill("/nonsense")
    side.draft.press("Escape")
    side.draft.press("Enter")
    side.panel.get_by_text("There is no command").wait_for()
    side.draft.fill("/help")
    side.draft.press("Escape")
    side.draft.press("Enter")
    lab.screenshot("sidebar-help")
    side.button("close-help").click()
    side.draft.fill("/clear")
    side.draft.press("Escape")
    side.draft.press("Enter")
    lab.wait_until(lambda: side.exchanges() == 0)


def test_a_traceback_has_its_buttons_also_when_opened_again(side, ollama):
    lab = side.lab
    error = {
        "output_type": "error",
        "ename": "NameError",
        "evalue": "name 'pric' is not defined",
        "traceback": ["NameError: name 'pric' is not defined"],
    }
    ollama.replies = ["Misspelt.\n\n```python\nprint(prices)\n```\n"]
    side.open([code("a", "prices = [1]"), code("b", "print(pric)", [error])], kernel=False)
    lab.page.locator(".jp-NotebookPanel:visible button[data-action='fix-error']").click()
    side.button("accept").wait_for()
    assert "NameError" in json.dumps(ollama.chats[-1].body["messages"])
    side.button("accept").click()
    assert lab.sources[1] == "print(prices)"
    lab.page.keyboard.press("Control+z")
    assert lab.sources[1] == "print(pric)"


def test_a_cell_is_changed_where_it_stands(side, ollama):
    lab = side.lab
    ollama.replies = ["```python\nprices = [1, 2, 3]\n```"]
    side.open()
    lab.select(0)
    lab.command("jupyter-devstral:prompt-at-cell")
    field = lab.page.locator(".jp-devstral-inline input")
    field.fill("add a three")
    field.press("Enter")
    accept = lab.page.locator(".jp-devstral-inline [data-action=accept]")
    accept.wait_for()
    lab.screenshot("sidebar-inline")
    assert lab.sources[0] == "prices = [1, 2]"
    # The focus is on what has to be decided.
    lab.wait("document.activeElement?.dataset.action === 'accept'")
    lab.page.keyboard.press("Enter")
    lab.wait_until(lambda: lab.sources[0] == "prices = [1, 2, 3]")
    assert lab.page.locator(".jp-devstral-inline").count() == 0


def test_keys_alone(side, ollama):
    lab = side.lab
    side.open()
    lab.run(0)
    lab.select(0)
    lab.page.locator("body").press("Control+k")
    lab.page.keyboard.press("c")
    lab.wait("document.activeElement?.classList.contains('jp-devstral-draft')")
    lab.page.keyboard.type("what is the total?")
    lab.page.keyboard.press("Enter")
    side.panel.locator(".jp-devstral-exchange[data-state=done]").wait_for()
    for _ in range(40):
        lab.page.keyboard.press("Shift+Tab")
        if lab.page.evaluate("document.activeElement?.dataset.action") == "insert":
            break
    else:
        pytest.fail("the button cannot be reached")
    lab.screenshot("sidebar-focus")
    before = lab.sources
    lab.page.keyboard.press("Enter")
    lab.wait_until(lambda: len(lab.sources) == len(before) + 1)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"])
def test_no_serious_finding_of_axe(side, ollama, theme):
    lab = side.lab
    lab.change_theme(theme)
    ollama.replies = [TWO]
    side.open()
    side.ask("change both")
    side.panel.locator(".jp-devstral-context summary").click()
    lab.page.wait_for_timeout(500)
    lab.screenshot(f"sidebar-{theme.replace(' ', '-').lower()}")
    serious = findings_of_axe(lab)
    lab.change_theme("JupyterLab Light")
    assert serious == []


def findings_of_axe(lab):
    """What is serious."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: jlpm install in labextension/")
    lab.page.add_script_tag(path=AXE)
    found = lab.page.evaluate("axe.run('#jp-devstral-chat', { resultTypes: ['violations'] })")
    return [
        (one["id"], [node["html"][:200] for node in one["nodes"]], one["nodes"][0]["failureSummary"])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.fixture
def payloads(shared_data):
    return [
        case["payload"] for case in json.loads((shared_data / "xss" / "dompurify_expect.json").read_text())
    ]


def set_traps(lab):
    """What a payload calls is noted; the requests that were made before."""
    traps = "() => { window.ran = []; for (const n of ['alert','confirm','prompt','open']) "
    lab.page.evaluate(traps + "window[n] = (...a) => { window.ran.push([n, String(a[0])]); }; }")
    return len(lab.requests)


def check_harmless(side, before):
    lab = side.lab
    lab.page.wait_for_timeout(1000)
    assert lab.page.evaluate("window.ran") == []
    asked = [url for url in lab.requests[before:] if not url.startswith((lab.server.url, "data:", "blob:"))]
    assert asked == []
    inside = side.panel.locator(".jp-devstral-log")
    assert inside.locator("img, script, iframe, object, embed, form, input, video, audio").count() == 0


def test_hostile_replies_run_nothing_and_load_nothing(side, ollama, payloads):
    side.open()
    before = set_traps(side.lab)
    # Whole, and piece by piece: half an element is rendered, too.
    ollama.replies = [["\n\n".join(payloads)], [character for text in payloads[:40] for character in text]]
    side.ask("one")
    ollama.piece_delay = 0.001
    side.ask("<img src=x onerror=alert(1)> two")
    check_harmless(side, before)


@needs_forks
def test_what_hostile_tests_say_is_text(side, ollama, payloads):
    lab = side.lab
    # As many as fit into one reply.
    some = sorted(payloads, key=len)[:25]
    tests = [
        f"def test_{at}():\n    assert share(1, 2) == {text!r}, {text!r}" for at, text in enumerate(some)
    ]
    ollama.replies = ["```python\n" + "\n\n".join(tests) + "\n```\n"]
    side.open([code("a", SHARE)])
    lab.run(0)
    before = set_traps(lab)
    side.ask("/test share")
    lab.wait_until(lambda: f"{len(some)} tests" in side.last.locator(".jp-devstral-proof").inner_text())
    check_harmless(side, before)


def test_a_hostile_account_of_tests_is_text(side, payloads):
    """Whatever a kernel sends in the place of the account."""
    lab = side.lab
    side.open()
    before = set_traps(lab)
    bundle = {"version": 1, "reply": "x", "edits": [], "receipt": ""}
    proof = {"markdown": "\n\n".join(payloads), "strengthen": payloads[0], "key": payloads[0]}
    line = json.dumps({"type": "done", "bundle": {**bundle, "proof": proof}})
    lab.page.route("**/jupyter-devstral/chat**", lambda route: route.fulfill(body=line + "\n"))
    side.ask("/test", has_receipt=False)
    lab.page.unroute("**/jupyter-devstral/chat**")
    side.button("strengthen").wait_for()
    check_harmless(side, before)


def test_a_hostile_file_name_and_variable_are_text(side, ollama):
    lab = side.lab
    (lab.server.notebooks / "<img src=x onerror=alert(1)>.csv").write_text("x")
    side.open([code("a", "prices = {'<img src=x onerror=alert(2)>': 1}\n")])
    lab.run(0)
    lab.page.evaluate("() => { window.ran = []; window.alert = text => { window.ran.push(text); }; }")
    side.draft.click()
    side.draft.press_sequentially("@")
    lab.wait_until(lambda: "onerror" in side.panel.locator("[role=listbox]").inner_text())
    lab.page.wait_for_timeout(300)
    assert lab.page.evaluate("window.ran") == []
    side.draft.press("Escape")
    side.draft.fill("")


def test_without_python_the_notebook_is_the_context(side, ollama):
    lab = side.lab
    side.open([code("a", "x <- c(1, 2)")], kernel=False)
    lab.page.evaluate(
        "window.jupyterapp.shell.currentWidget.content.model.setMetadata('language_info', { name: 'R' })"
    )
    ollama.replies = ["```r\nmean(x)\n```"]
    side.ask("the mean?")
    content = ollama.chats[-1].body["messages"][-1]["content"]
    assert "```r\nx <- c(1, 2)\n```" in json.dumps(ollama.chats[-1].body["messages"]).replace("\\n", "\n")
    assert "Variables:" not in content
    side.button("insert").click()
    lab.wait_until(lambda: lab.sources[-1] == "mean(x)")


def test_a_read_only_notebook_is_only_read(side, ollama):
    lab = side.lab
    ollama.replies = [TWO]
    side.open()
    lab.page.evaluate("window.jupyterapp.shell.currentWidget.context.model.readOnly = true")
    side.ask("change both")
    before = lab.sources
    side.button("accept-all").click()
    assert "read-only" in side.panel.locator("[data-kind=refused]").inner_text()
    assert lab.sources == before


def test_in_french(browser, tmp_path, model_server, ollama):
    with JupyterServer(tmp_path, f"c.DevstralConfig.host = {model_server.url!r}\n") as server:
        settings = server.folder / "settings" / "@jupyterlab" / "translation-extension"
        settings.mkdir(parents=True)
        (settings / "plugin.jupyterlab-settings").write_text('{"locale": "fr_FR"}')
        page = browser.new_page(viewport={"width": 1300, "height": 900}, reduced_motion="reduce")
        lab = LabPage(page, server)
        lab.start()
        long = [f"step{number} = {number}" for number in range(9)]
        lab.open([*CELLS, code("long", "\n".join(long))])
        side = Side(lab)
        side.show()
        ollama.replies = [TWO]
        side.ask("modifie les deux")
        assert side.panel.locator("h2").inner_text().startswith("À propos de ")
        assert side.button("accept-all").inner_text() == "Tout accepter"
        assert (
            side.panel.locator(".jp-devstral-diff-heading").first.inner_text() == "Modification : cellule #1"
        )
        side.panel.locator(".jp-devstral-context summary").click()
        lab.screenshot("sidebar-french")
        ollama.replies = ["[cell 3]\n```python\n" + "\n".join([*long[:-1], "step8 = 80"]) + "\n```"]
        side.ask("modifie la fin")
        side.panel.get_by_text("6 lignes inchangées").wait_for()
        # What the server says, too.
        assert "envoyé : cellules" in side.last.locator(".jp-devstral-receipt").inner_text()
        ollama.fail_next("404")
        side.draft.fill("encore")
        side.draft.press("Enter")
        side.panel.get_by_text("Ollama n'a pas le modèle").first.wait_for()
        lab.screenshot("sidebar-french-error")
        page.close()


def test_in_notebook_7(browser, server, ollama):
    page = browser.new_page(viewport={"width": 1300, "height": 900}, reduced_motion="reduce")
    lab = LabPage(page, server)
    lab.open_in_notebook_7(CELLS)
    lab.page.locator(".jp-NotebookPanel-toolbar [data-command='jupyter-devstral:open-chat']").click()
    side = Side(lab)
    side.draft.wait_for()
    side.ask("what is the total?")
    lab.select(0)
    side.button("insert").click()
    lab.wait_until(lambda: lab.sources[1] == "total = sum(prices)\ntotal")
    lab.screenshot("sidebar-notebook-7")
    # Notebook 7.6 throws one error of its own when it loads its settings, also without us.
    assert not [line for line in lab.errors if "reading 'schema'" not in line]
    page.close()


def test_first_run_without_daemon_then_without_model_then_pulled(browser, tmp_path, chromium_path):
    """What a newcomer sees: what to start, what to pull, real progress, and then it answers."""
    model = ScriptedOllama(models=[])
    port = free_port()
    config = f"c.DevstralConfig.host = 'http://127.0.0.1:{port}'\n"
    with JupyterServer(tmp_path, config) as server:
        page = browser.new_page(viewport={"width": 1300, "height": 900}, reduced_motion="reduce")
        lab = LabPage(page, server)
        lab.start()
        lab.open(CELLS)
        side = Side(lab)
        side.show()
        notice = side.panel.locator(".jp-devstral-notice")
        notice.get_by_text("ollama serve").wait_for()
        assert notice.get_attribute("data-state") == "no-server"
        lab.screenshot("sidebar-no-server")
        model.start(port)
        try:
            model.pull_with(
                [
                    {"status": "pulling manifest"},
                    *(
                        {
                            "status": "pulling a",
                            "digest": "sha256:a",
                            "total": 15_000_000_000,
                            "completed": done,
                        }
                        for done in range(0, 15_000_000_001, 1_500_000_000)
                    ),
                    {"status": "success"},
                ],
                delay=0.15,
            )
            # It is noticed without a click.
            side.button("pull").wait_for()
            assert "devstral-small-2" in notice.inner_text()
            lab.screenshot("sidebar-no-model")
            side.button("pull").click()
            side.panel.get_by_text("of 15.0 GB").wait_for()
            lab.screenshot("sidebar-pulling")
            lab.wait_until(lambda: notice.count() == 0)
            side.ask("does it work?")
            assert side.exchanges() == 1
        finally:
            model.stop()
        page.close()


def free_port():
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="


def test_pictures_go_along_when_asked_for(side, ollama):
    figure = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"image/png": PIXEL, "text/plain": "<Figure>"},
    }
    side.open([code("a", "plot()", [figure])], kernel=False)
    side.lab.select(0)
    side.ask("what is there?")
    assert "images" not in ollama.chats[-1].body["messages"][-1]
    box = side.panel.get_by_label("Send the picture of the selected cell")
    box.check()
    side.ask("what does it show?")
    assert ollama.chats[-1].body["messages"][-1]["images"] == [PIXEL]
    # It is sent once; the next question is about words again.
    side.ask("and now?")
    assert "images" not in ollama.chats[-1].body["messages"][-1]


def test_a_magic_and_the_sidebar_share_their_prefix(side, ollama):
    """The same notebook, the same bytes: what was read for the one need not be read for the other."""
    lab = side.lab
    load = f"%load_ext jupyter_devstral\n%config DevstralConfig.host = {ollama.url!r}"
    ask = code("ask", "%devstral ask what is there?")
    side.open([code("load", load), *CELLS[:2], markdown("m", "# Unsaved"), ask])
    ollama.replies = ["Two lists."]
    for index in range(3):
        lab.run(index)
    lab.set_source(3, "# Written since, and not saved")
    lab.run(4)
    side.ask("and what else?")
    magic, sidebar = (chat.body["messages"] for chat in ollama.chats)
    assert "Written since" in magic[-1]["content"]
    assert sidebar[: len(magic)] == magic
    assert sidebar[len(magic)] == {"role": "assistant", "content": "Two lists."}


def test_after_a_restart_of_the_kernel_variables_are_those_of_the_new_one(side, ollama):
    lab = side.lab
    side.open([code("a", "import random\nhidden_away = [random.random()]")])
    lab.run(0)
    side.ask("what is in @hidden_away ?")
    assert "hidden_away: list" in question_of(ollama)
    lab.page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    lab.wait_idle()
    lab.page.wait_for_timeout(1000)
    side.ask("and now?")
    assert "hidden_away: list" not in question_of(ollama)
    assert "and now?" in question_of(ollama)


TESTS = "```python\ndef test_share():\n    assert share(1, 2) == 0.5\n    assert share(1, 0) == 0\n```\n"
STRONGER = "```python\ndef test_edge():\n    assert share(3, 1) == 3\n```\n"


@needs_forks
def test_tests_are_proven_inserted_strengthened_and_run(side, ollama):
    lab = side.lab
    ollama.replies = [TESTS, STRONGER]
    side.open([code("a", SHARE), markdown("m", "# Text")])
    lab.run(0)
    lab.select(0)
    lab.command("jupyter-devstral:test-cell")
    proof = side.last.locator(".jp-devstral-proof")
    proof.wait_for()
    lab.wait("document.querySelector('.jp-devstral-proof table')")
    assert "1 test, it passes, 6 of 7 mutants caught" in proof.inner_text()
    assert "No test would notice" in proof.inner_text()
    lab.screenshot("sidebar-tests-proven")
    side.button("accept-all").click()
    lab.wait_until(lambda: len(lab.sources) == 4)
    assert lab.sources[1] == "%load_ext jupyter_devstral"
    assert lab.sources[2].startswith("%%devstral pytest\ndef test_share():")
    lab.command("notebook:undo-cell-action")
    assert len(lab.sources) == 2
    lab.command("notebook:redo-cell-action")
    lab.run(1)
    lab.run(2)
    assert "1 test, it passes" in json.dumps(lab.cells[2]["outputs"])
    # What no test notices is asked for; the extension is there now, so the new tests need no other cell.
    lab.select(3)
    before = side.exchanges()
    side.button("strengthen").last.click()
    lab.wait_until(lambda: side.exchanges() == before + 1)
    lab.wait_until(lambda: side.last.get_attribute("data-state") == "done")
    lab.wait_until(lambda: "1 of 1 mutants caught" in side.last.locator(".jp-devstral-proof").inner_text())
    lab.screenshot("sidebar-tests-strengthened")
    side.last.locator("button[data-action=accept]").click()
    lab.wait_until(lambda: len(lab.sources) == 5)
    # Below the tests that are there, so that the notebook runs from top to bottom.
    assert lab.sources[3].startswith("%%devstral pytest\ndef test_edge()")


def test_without_a_kernel_tests_are_offered_unproven_and_it_says_so(side, ollama):
    ollama.replies = [TESTS]
    side.open([code("a", SHARE)], kernel=False)
    side.ask("/test")
    assert "The tests are not proven: the notebook has no kernel." in side.last.inner_text()
    assert side.last.locator("button[data-action=accept]").count() == 1


@needs_forks
def test_a_failing_test_is_a_question_that_everybody_can_read(side, ollama):
    lab = side.lab
    ollama.replies = [
        "```python\ndef test_share_of_nothing_is_nothing():\n    assert share(1, -2) == -0.5\n```\n"
    ]
    side.open([code("a", SHARE)])
    lab.run(0)
    side.ask("/test share")
    lab.wait("document.querySelector('.jp-devstral-proof table')")
    text = side.last.locator(".jp-devstral-proof").inner_text()
    assert "is the test wrong, or did it find a bug?" in text
    assert "assert 0 == -0.5" in text
    lab.screenshot("sidebar-tests-failing")
    assert findings_of_axe(lab) == []

"""Ghost text in a real JupyterLab and Notebook 7, with a scripted model: typed through, taken, undone."""

import random
import re
import time

import pytest

from tests.support.jupyter.lab_page import PANEL, LabPage
from tests.support.jupyter.server import JupyterServer, code, labextension, markdown
from tests.support.models.model_cards import devstral_card, fim_card
from tests.support.scripted.engine import Script
from tests.support.scripted.server import ScriptedOllama

CELLS = [code("a", "import pandas as pd"), code("b", ""), markdown("m", "# Text"), code("c", "")]
READ = "read_csv('a.csv')"
# Spacers keep the room of what has gone for a second.
GREY = ".jp-GhostText:not([class*='Spacer'])"
# What a kernel would have told.
SET_LANGUAGE = f"""() => {PANEL}.content.model.setMetadata('language_info', {{
    name: 'python', mimetype: 'text/x-python', codemirror_mode: {{ name: 'ipython', version: 3 }}
}})"""
# As many as are asked for; longer than a busy page takes.
SLOW = Script(["slow"] * 48, delay=0.3)


@pytest.fixture(scope="module")
def model_server():
    with ScriptedOllama([READ], models=[devstral_card(), fim_card()]) as server:
        yield server


@pytest.fixture(scope="module")
def server(chromium_path, tmp_path_factory, model_server):
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
    if labextension() is None:
        pytest.skip("the JupyterLab half was not built (it needs Node.js): python scripts/build_lab.py")
    config = f"c.DevstralConfig.host = {model_server.url!r}\n"
    policy = tmp_path_factory.mktemp("policy") / "policy.json"
    policy.write_text("{}")
    folder = tmp_path_factory.mktemp("ghost")
    # JupyterLab waits a second for a kernel's completions, whose first may take longer.
    patience = folder / "settings" / "@jupyterlab" / "completer-extension" / "manager.jupyterlab-settings"
    patience.parent.mkdir(parents=True)
    patience.write_text('{"providerTimeout": 30000}')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEVSTRAL_POLICY", str(policy))
        with JupyterServer(folder, config) as server:
            server.policy = policy
            yield server


@pytest.fixture(scope="module")
def shared_page(browser, server):
    page = browser.new_page(viewport={"width": 1300, "height": 900}, reduced_motion="reduce")
    lab = LabPage(page, server)
    lab.start()
    yield lab
    page.close()


@pytest.fixture
def ollama(model_server):
    model_server.replies = [READ]
    model_server.first_byte_delay = model_server.piece_delay = 0.0
    model_server.set_loaded(32_768)
    model_server.forget()
    return model_server


@pytest.fixture
def ghost(shared_page, ollama):
    shared_page.console.clear()
    yield Ghost(shared_page)
    shared_page.close_all()
    assert shared_page.errors == []


class Ghost:
    """The cell that is typed in, and the grey text in it."""

    def __init__(self, lab):
        self.lab = lab
        self.page = lab.page

    def open(self, cells=CELLS, at=1):
        name = self.lab.open(cells, kernel=False)
        self.page.evaluate(SET_LANGUAGE)
        self.enter(at)
        return name

    def enter(self, index):
        """Put the cursor at the end of a cell."""
        self.page.evaluate(
            """async index => {
                const { content } = window.jupyterapp.shell.currentWidget;
                content.activeCellIndex = index;
                content.mode = 'edit';
                await content.activeCell.ready;
                const { editor } = content.activeCell;
                editor.focus();
                editor.editor.dispatch({ selection: { anchor: editor.editor.state.doc.length } });
            }""",
            index,
        )

    def type(self, text, delay=30):
        self.page.keyboard.type(text, delay=delay)

    def press(self, key):
        self.page.keyboard.press(key)

    @property
    def text(self):
        """The grey text, "" for none."""
        return "".join(self.page.locator(f".jp-Notebook:visible {GREY}").all_text_contents()[:1])

    def wait_for(self, text):
        self.lab.wait_until(lambda: self.text == text)

    def open_text(self, name):
        """Open a file in the editor, the cursor at its end."""
        self.page.evaluate(
            """async path => {
                const widget = await window.jupyterapp.commands.execute('docmanager:open', { path });
                const { sharedModel } = widget.context.model;
                // JupyterLab clears the history of a file some time after it is ready.
                await new Promise(resolve => {
                    sharedModel.clearUndoHistory = () => resolve(sharedModel.undoManager.clear());
                });
                await widget.revealed;
                const { editor } = widget.content;
                editor.focus();
                editor.editor.dispatch({ selection: { anchor: editor.editor.state.doc.length } });
            }""",
            name,
        )

    def open_console(self):
        self.page.evaluate(
            """async () => {
                const panel = await window.jupyterapp.commands.execute('console:create', {
                    kernelPreference: { name: 'python3' }
                });
                await panel.sessionContext.ready;
                window.jupyterapp.shell.activateById(panel.id);
            }"""
        )
        idle = f"{PANEL}.sessionContext.session?.kernel?.status === 'idle'"
        self.lab.wait(f"{PANEL}.console?.promptCell?.editor && {idle}")
        self.page.evaluate(f"{PANEL}.console.promptCell.editor.focus()")

    @property
    def status(self):
        return self.page.locator(".jp-devstral-completion-status")

    @property
    def source(self):
        return self.page.evaluate(f"{PANEL}.content.activeCell.model.sharedModel.getSource()")

    def undo(self):
        self.press("Control+z")


def test_grey_text_stands_at_the_cursor_and_tab_takes_it(ghost, ollama):
    asked = "import pandas as pd\n\n<|fim_suffix|><|fim_middle|>df = pd."
    ollama.replies = lambda messages, body: READ if body["prompt"].endswith(asked) else ""
    ghost.open()
    ghost.type("df = pd.")
    ghost.wait_for(READ)
    ghost.lab.screenshot("ghost-text")
    ghost.press("Tab")
    assert ghost.source == f"df = pd.{READ}"
    ghost.wait_for("")
    ghost.undo()
    # What was typed a moment before is a step of its own.
    assert ghost.source == "df = pd."


def test_typed_through_without_another_request(ghost, ollama):
    ghost.open()
    ghost.type("df = pd.")
    ghost.wait_for(READ)
    asked = len(ollama.completions)
    for typed in range(1, 8):
        ghost.type(READ[typed - 1])
        ghost.wait_for(READ[typed:])
    assert len(ollama.completions) == asked
    ghost.press("Tab")
    assert ghost.source == f"df = pd.{READ}"


def test_a_bracket_that_the_editor_closes_is_not_offered_again(ghost, ollama):
    ghost.open()
    ghost.page.evaluate(f"{PANEL}.content.activeCell.editor.setOption('autoClosingBrackets', true)")
    ghost.type("df = pd.")
    ghost.wait_for(READ)
    asked = len(ollama.completions)
    ghost.type("read_csv(")
    ghost.wait_for("'a.csv'")
    assert len(ollama.completions) == asked
    ghost.press("Tab")
    assert ghost.source == f"df = pd.{READ}"


def test_a_word_and_a_line_are_one_undo_step_each(ghost, ollama):
    ollama.replies = ["first(one) + second"]
    ghost.open()
    ghost.type("x = ")
    ghost.wait_for("first(one) + second")
    ghost.press("Control+ArrowRight")
    ghost.wait_for("(one) + second")
    assert ghost.source == "x = first"
    ghost.press("Control+ArrowDown")
    assert ghost.source == "x = first(one) + second"
    ghost.undo()
    assert ghost.source == "x = first"
    ghost.undo()
    assert ghost.source == "x = "


def test_what_has_gone_from_the_screen_is_taken_by_no_key(ghost, ollama):
    ollama.replies = lambda messages, body: READ if body["prompt"].endswith("df = pd.") else ""
    ghost.open()
    ghost.type("df = pd.")
    ghost.wait_for(READ)
    room_was_kept = ghost.page.evaluate(
        """async grey => {
            const { activeCell } = window.jupyterapp.shell.currentWidget.content;
            const view = activeCell.editor.editor;
            const { head } = view.state.selection.main;
            view.dispatch({ changes: { from: head, insert: 'z' }, selection: { anchor: head + 1 } });
            while (view.dom.querySelector(grey)) {
                await new Promise(requestAnimationFrame);
            }
            const isKept = view.dom.querySelector('.jp-GhostText') !== null;
            await window.jupyterapp.commands.execute('jupyter-devstral:accept-word');
            return isKept;
        }""",
        GREY,
    )
    assert room_was_kept
    assert ghost.source == "df = pd.z"


def test_escape_hides_it_and_tab_then_indents(ghost, ollama):
    ghost.open()
    ghost.type("df = pd.")
    ghost.wait_for(READ)
    ghost.press("Escape")
    ghost.wait_for("")
    assert "jp-mod-editMode" in ghost.page.locator(".jp-Notebook:visible").get_attribute("class")
    assert ghost.source == "df = pd."


def test_what_was_typed_to_its_end_leaves_the_tab_key_alone(ghost, ollama):
    ollama.replies = lambda messages, body: "xy" if body["prompt"].endswith("v =") else ""
    ghost.open()
    ghost.type("v = ")
    ghost.wait_for("xy")
    ghost.type("xy")
    ghost.wait_for("")
    assert (
        ghost.lab.wait_until(lambda: ghost.page.locator(".jp-mod-inline-completer-active").count() == 0)
        is None
    )


def test_an_outdated_answer_is_closed_and_never_shown(ghost, ollama):
    ollama.replies = lambda messages, body: SLOW if body["prompt"].endswith("df =") else "concat()"
    ghost.open()
    ghost.type("df = ")

    def slow():
        return [each for each in ollama.completions if each.body["prompt"].endswith("df =")]

    ghost.lab.wait_until(lambda: bool(slow()) and slow()[-1].lines > 1)
    ghost.type("pd.")
    ghost.wait_for("concat()")
    assert ollama.wait_for(lambda: all(each.closed_early for each in slow()))
    assert "slow" not in ghost.text


def test_who_goes_elsewhere_is_shown_nothing_and_nobody_computes_for_them(ghost, ollama):
    ollama.replies = [SLOW]
    ghost.open([code("a", "x = 1"), code("b", "y = 2")])

    def asked(typed, leave):
        ollama.forget()
        ghost.enter(0)
        ghost.type(typed)
        ghost.lab.wait_until(lambda: bool(ollama.completions) and ollama.completions[-1].lines > 1)
        leave()
        ghost.lab.wait_until(lambda: ollama.completions[-1].closed_early)

    asked("\nv = ", lambda: ghost.press("ArrowUp"))
    assert ghost.text == ""
    asked("+ ", lambda: ghost.press("Control+a"))
    assert ghost.text == ""
    asked("- ", lambda: ghost.enter(1))
    assert ghost.text == ""
    asked("* ", lambda: ghost.page.evaluate(f"{PANEL}.dispose()"))


def test_in_a_file_of_code_a_word_is_taken_at_each_cursor_and_escape_hides(ghost, ollama, server):
    ollama.replies = ["first(one)"]
    (server.notebooks / "code.py").write_text("a\nb")
    ghost.page.evaluate(
        """async () => {
            const widget = await window.jupyterapp.commands.execute('docmanager:open', { path: 'code.py' });
            await widget.context.ready;
            const { editor } = widget.content;
            editor.focus();
            const EditorSelection = editor.editor.state.selection.constructor;
            const cursors = [EditorSelection.cursor(1), EditorSelection.cursor(3)];
            editor.editor.dispatch({ selection: EditorSelection.create(cursors, 1) });
        }"""
    )
    text = f"{PANEL}.content.editor.model.sharedModel.getSource()"
    grey = ghost.page.locator(f".jp-FileEditor {GREY}")
    ghost.type(" = ")
    grey.first.wait_for()
    ghost.press("Control+ArrowRight")
    ghost.lab.wait(f"{text} === 'a = first\\nb = first'")
    ghost.press("Escape")
    ghost.lab.wait_until(lambda: grey.count() == 0)
    # Every other test leaves notebooks behind.
    ghost.page.evaluate(f"{PANEL}.dispose()")


def test_at_most_one_request_runs(ghost, ollama):
    ollama.replies = [SLOW]
    ghost.open()
    ghost.type("some_long_name = other_name.attribute", delay=60)
    ghost.lab.wait_until(lambda: len(ollama.completions) > 0)
    ghost.page.wait_for_timeout(300)
    ends = [each.closed_at or each.finished_at or time.monotonic() for each in ollama.completions]
    begins = [each.started_at for each in ollama.completions]
    for end, begin in zip(ends, begins[1:], strict=False):
        assert end <= begin + 0.05


def test_not_in_comments_strings_and_markdown_unless_by_hand(ghost, ollama):
    ghost.open([code("a", "x = 1\n# a comment"), code("b", "x = 'a string"), markdown("m", "# Text")])
    ghost.type(" it")
    ghost.enter(0)
    ghost.type(" on")
    ghost.page.wait_for_timeout(600)
    ghost.enter(2)
    ghost.type("some text")
    ghost.page.wait_for_timeout(600)
    assert ollama.completions == []
    ghost.enter(1)
    ghost.press("Alt+\\")
    ghost.lab.wait_until(lambda: bool(ollama.completions))


def test_a_fresh_line_in_a_block_and_an_empty_cell_below_text_are_asked(ghost, ollama):
    ollama.replies = [Script(["    return", " a", "\n\n"])]
    ghost.open()
    ghost.type("def f(a):")
    ghost.lab.wait_until(lambda: len(ollama.completions) > 0)
    ghost.press("Enter")
    ghost.wait_for("return a")
    ghost.press("Tab")
    assert ghost.source == "def f(a):\n    return a"
    ollama.replies = ["df.plot()"]
    ghost.enter(3)
    ghost.wait_for("df.plot()")
    assert '"""# Text"""' in ollama.completions[-1].body["prompt"]


def test_a_block_of_several_lines_is_taken_at_once(ghost, ollama):
    body = "    total = 0\n    for x in xs:\n        total += x\n    return total"
    ollama.replies = [body + "\n\nprint(1)"]
    ghost.open()
    ghost.type("def add(xs):")
    ghost.press("Enter")
    ghost.lab.wait_until(lambda: "return total" in ghost.text)
    ghost.press("Tab")
    assert ghost.source == f"def add(xs):\n{body}"


def test_emoji_and_text_from_right_to_left_before_the_cursor(ghost, ollama):
    ghost.open([code("a", ""), code("b", "s = '🎈🎈 שלום'\n")])
    ghost.type("df = pd.")
    ghost.wait_for(READ)
    ghost.press("Tab")
    assert ghost.source == f"s = '🎈🎈 שלום'\ndf = pd.{READ}"
    assert (
        ollama.completions[-1]
        .body["prompt"]
        .endswith("s = '🎈🎈 שלום'\n<|fim_suffix|><|fim_middle|>df = pd.")
    )


def test_other_cells_are_sent_once_and_after_a_change_again(ghost, ollama):
    ghost.open()
    sent = []

    def listen(request):
        if request.method == "POST":
            # Behind the address stands the time.
            sent.append((request.url.split("?")[0].rsplit("/", 1)[1], request.post_data_json))

    def pushes():
        return [body["cells"] for address, body in sent if address == "cells"]

    ghost.page.on("request", listen)
    ghost.type("df = pd.", delay=350)
    ghost.wait_for(READ)
    keys = [body for address, body in sent if address == "complete"]
    assert len(keys) > 3
    assert [[cell["id"] for cell in cells] for cells in pushes()] == [["a", "b", "m", "c"]]
    assert not any("cells" in body for body in keys)
    ghost.lab.set_source(0, "import polars as pd")
    ghost.type("scan", delay=350)
    ghost.lab.wait_until(lambda: "polars" in ollama.completions[-1].body["prompt"])
    # The cell that is typed in has changed since, too.
    assert [cell if isinstance(cell, list) else cell["id"] for cell in pushes()[1]] == ["a", "b", [2, 4]]
    ghost.page.remove_listener("request", listen)


def test_a_chat_that_begins_ends_a_suggestion(ghost, ollama):
    ollama.replies = lambda messages, body: SLOW if "raw" in body else Script(["word "] * 100, delay=0.02)
    ghost.open()
    ghost.type("df = pd.")
    ghost.lab.wait_until(lambda: bool(ollama.completions) and ollama.completions[-1].lines > 1)
    ghost.page.evaluate(
        """() => {
            const { serviceManager } = window.jupyterapp;
            const { baseUrl, token } = serviceManager.serverSettings;
            const question = { protocol: 1, task: 'chat', question: 'why?', path: '', cells: [] };
            window.chat = fetch(baseUrl + 'jupyter-devstral/chat', {
                method: 'POST', body: JSON.stringify(question), headers: { Authorization: `token ${token}` }
            }).then(response => response.text());
        }"""
    )
    ghost.lab.wait_until(lambda: bool(ollama.chats) and ollama.chats[-1].lines > 1)
    assert ollama.wait_for(lambda: ollama.completions[-1].closed_early)
    asked = len(ollama.completions)
    ghost.type("+x", delay=200)
    status = ghost.page.locator(".jp-devstral-completion-status")
    ghost.lab.wait_until(lambda: "paused" in status.inner_text())
    assert ollama.chats[-1].finished_at is None
    assert len(ollama.completions) == asked
    ollama.replies = [READ]
    ghost.page.evaluate("window.chat")
    # Without another key.
    ghost.lab.wait_until(lambda: "paused" not in status.inner_text())
    ghost.wait_for(READ)
    assert ghost.source == "df = pd.+x"


def test_two_tabs_of_one_notebook_do_not_mix_their_cells(ghost, ollama, browser, server):
    name = ghost.open()
    ghost.type("df = pd.")
    ghost.wait_for(READ)
    page = browser.new_page(viewport={"width": 1100, "height": 900}, reduced_motion="reduce")
    try:
        other = Ghost(LabPage(page, server))
        other.lab.start()
        other.lab.open_file(name, kernel=False)
        other.lab.set_source(0, "import polars as pl")
        other.enter(1)
        other.type("df = pl.")
        other.wait_for(READ)
        assert "polars" in ollama.completions[-1].body["prompt"]
        ghost.page.bring_to_front()
        ghost.enter(1)
        ghost.press("Backspace")
        ghost.type(".x")
        ghost.lab.wait_until(lambda: ollama.completions[-1].body["prompt"].endswith("df = pd.x"))
        assert "polars" not in ollama.completions[-1].body["prompt"]
    finally:
        page.close()


def test_off_and_manual_are_settings(ghost, ollama):
    ghost.open()
    try:
        ghost.lab.command("jupyter-devstral:suggestions", mode="manual")
        ghost.enter(1)
        ghost.type("df = pd.")
        ghost.page.wait_for_timeout(500)
        assert ollama.completions == []
        ghost.press("Alt+\\")
        ghost.wait_for(READ)
        ghost.type("rea")
        ghost.wait_for(READ[3:])
        ghost.press("Tab")
        assert ghost.source == f"df = pd.{READ}"
        ghost.undo()
        assert len(ollama.completions) == 1
        ghost.lab.command("jupyter-devstral:suggestions", mode="on")
        ghost.type(" ")
        ghost.wait_for(READ)
        ghost.lab.command("jupyter-devstral:suggestions", mode="off")
        ghost.wait_for("")
        ollama.forget()
        ghost.enter(1)
        ghost.type("x")
        ghost.press("Alt+\\")
        ghost.page.wait_for_timeout(500)
        assert ollama.completions == []
    finally:
        ghost.lab.command("jupyter-devstral:suggestions", mode="on")


def test_the_page_of_the_model_offers_a_download_and_says_what_it_costs(ghost, ollama):
    card = ollama.engine.cards.pop()
    ollama.set_loaded(32_768)
    try:
        ollama.pull_with(
            [{"status": "pulling x", "digest": "x", "total": 986_000_000, "completed": 400_000_000}] * 5
            + [{"status": "success"}],
            delay=0.1,
            installs=False,
        )
        ghost.open()
        ghost.page.evaluate("void window.jupyterapp.commands.execute('jupyter-devstral:suggestion-model')")
        dialog = ghost.page.locator(".jp-Dialog")
        dialog.get_by_text("Ghost text: no model yet.").wait_for()
        assert re.search(r"1\.4 GB of memory beside devstral-small-2", dialog.inner_text())
        dialog.get_by_role("button", name="Pull qwen2.5-coder:1.5b-base (986 MB)").click()
        dialog.locator("progress").wait_for()
        ollama.engine.cards.append(card)
        dialog.get_by_text("is ready").wait_for()
        dialog.get_by_role("button", name="Close").click()
        ghost.enter(1)
        ghost.type("df = pd.")
        ghost.wait_for(READ)
    finally:
        if card not in ollama.engine.cards:
            ollama.engine.cards.append(card)


def test_the_exact_prompt_of_the_last_suggestion_can_be_looked_at(ghost, ollama):
    ghost.open()
    ghost.type("df = pd.")
    ghost.wait_for(READ)
    ghost.page.evaluate("void window.jupyterapp.commands.execute('jupyter-devstral:suggestion-prompt')")
    dialog = ghost.page.locator(".jp-Dialog")
    dialog.get_by_text("<|fim_middle|>df = pd.").wait_for()
    dialog.get_by_role("button", name="Close").click()


def test_in_notebook_7(ghost, ollama, browser, server):
    page = browser.new_page(viewport={"width": 1100, "height": 900}, reduced_motion="reduce")
    try:
        other = Ghost(LabPage(page, server))
        other.lab.open_in_notebook_7(CELLS)
        other.enter(1)
        other.type("df = pd.")
        other.wait_for(READ)
        other.press("Control+ArrowRight")
        other.wait_for("('a.csv')")
        other.press("Tab")
        assert other.source == f"df = pd.{READ}"
    finally:
        page.close()


def test_in_a_file_of_code(ghost, ollama, server):
    (server.notebooks / "module.py").write_text("import pandas as pd\n")
    ghost.open_text("module.py")
    ghost.type("df = pd.")
    ghost.lab.wait_until(lambda: ghost.page.locator(f".jp-FileEditor {GREY}").count() == 1)
    ghost.press("Tab")
    source = ghost.page.evaluate(f"{PANEL}.content.editor.model.sharedModel.getSource()")
    # Every other test leaves notebooks behind.
    ghost.page.evaluate(f"{PANEL}.dispose()")
    assert source == f"import pandas as pd\ndf = pd.{READ}"


def test_a_fresh_line_in_a_block_of_a_file_is_asked(ghost, ollama, server):
    ollama.replies = [Script(["    return", " a", "\n\n"])]
    (server.notebooks / "block.py").write_text("def f(a):\n    b = a")
    ghost.open_text("block.py")
    ghost.press("Enter")
    grey = ghost.page.locator(f".jp-FileEditor {GREY}")
    ghost.lab.wait_until(lambda: grey.count() == 1)
    ghost.press("Tab")
    source = ghost.page.evaluate(f"{PANEL}.content.editor.model.sharedModel.getSource()")
    ghost.page.evaluate(f"{PANEL}.dispose()")
    assert source == "def f(a):\n    b = a\n    return a"


def test_a_file_of_text_is_no_code(ghost, ollama, server):
    for name in ("text.md", "text.txt"):
        (server.notebooks / name).write_text("Some words\n")
        ghost.open_text(name)
        ghost.type("x = pd.")
        ghost.press("Alt+\\")
        ghost.page.wait_for_timeout(600)
        ghost.page.evaluate(f"{PANEL}.dispose()")
    assert ollama.completions == []


def test_a_console_that_was_started_again_tells_no_variable_of_before(ghost, ollama):
    ollama.replies = [Script(["    return", " a", "\n\n"])]
    ghost.open_console()
    ghost.type("values = list(range(7))")
    ghost.press("Shift+Enter")
    idle = f"{PANEL}.sessionContext.session?.kernel?.status === 'idle'"
    ghost.lab.wait(f"{PANEL}.console.cells.length > 0 && {idle}")

    def told():
        ghost.type("v ")
        asked = len(ollama.completions)
        ghost.press("Alt+\\")
        ghost.lab.wait_until(lambda: len(ollama.completions) > asked)
        return "# values: list of 7 int" in ollama.completions[-1].body["prompt"]

    ghost.lab.wait_until(told)
    ghost.page.evaluate(f"{PANEL}.sessionContext.session.kernel.restart()")
    ghost.lab.wait(idle)
    ghost.page.evaluate(f"{PANEL}.console.promptCell.editor.focus()")
    assert not told()
    # A fresh line, which JupyterLab itself does not ask at.
    ghost.press("Control+a")
    ghost.type("def f(a):")
    ghost.press("Enter")
    ghost.lab.wait_until(lambda: ghost.page.locator(f".jp-CodeConsole {GREY}").count() == 1)
    ghost.press("Tab")
    source = ghost.page.evaluate(f"{PANEL}.console.promptCell.model.sharedModel.getSource()")
    ghost.page.evaluate(f"{PANEL}.sessionContext.shutdown().then(() => {PANEL}.dispose())")
    assert source == "def f(a):\n    return a"


def test_in_a_console(ghost, ollama):
    ghost.open_console()
    ghost.type("df = pd.")
    ghost.lab.wait_until(lambda: ghost.page.locator(f".jp-CodeConsole {GREY}").count() == 1)
    ghost.press("Tab")
    source = ghost.page.evaluate(f"{PANEL}.console.promptCell.model.sharedModel.getSource()")
    assert source == f"df = pd.{READ}"
    ghost.page.evaluate(f"{PANEL}.sessionContext.shutdown().then(() => {PANEL}.dispose())")


def test_in_a_notebook_of_another_language(ghost, ollama):
    ghost.open([code("a", "library(dplyr)"), code("b", "")])
    ghost.page.evaluate(
        f"{PANEL}.content.model.setMetadata('language_info', {{ name: 'R', mimetype: 'text/x-r-source' }})"
    )
    ghost.enter(1)
    ghost.type("x <- df.")
    ghost.wait_for(READ)
    ghost.type(" # ")
    asked = len(ollama.completions)
    ghost.type("note")
    ghost.page.wait_for_timeout(500)
    assert len(ollama.completions) == asked


def test_what_a_policy_forbids_is_said_and_what_to_do(ghost, ollama, server):
    ghost.open()
    server.policy.write_text('{"models": ["devstral*"]}')
    try:
        ghost.type("df = pd.")
        ghost.status.get_by_text("forbidden by a policy").wait_for()
        assert ollama.completions == []
        ghost.status.locator("button").click()
        dialog = ghost.page.locator(".jp-Dialog")
        dialog.get_by_text("Ask whoever set it, or choose a model that it allows.").wait_for()
        assert str(server.policy) in dialog.inner_text()
        ghost.lab.screenshot("ghost-text-forbidden")
        dialog.get_by_role("button", name="Close").click()
    finally:
        server.policy.write_text("{}")
    ghost.enter(1)
    ghost.type("x")
    ghost.press("Backspace")
    ghost.wait_for(READ)


CONTRAST = """() => {
    const parts = text => text.match(/[0-9.]+/g).map(Number);
    const over = ([r, g, b, a = 1], below) => [r, g, b].map((value, at) => a * value + (1 - a) * below[at]);
    const light = color => color.map(value => value / 255)
        .map(value => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
    const grey = document.querySelector('.jp-GhostText');
    let below = [255, 255, 255];
    const chain = [];
    for (let one = grey; one; one = one.parentElement) {
        chain.unshift(parts(getComputedStyle(one).backgroundColor));
    }
    chain.forEach(color => (below = over(color, below)));
    const { color, opacity } = getComputedStyle(grey);
    const [r, g, b, a = 1] = parts(color);
    const [lighter, darker] = [light(over([r, g, b, a * Number(opacity)], below)), light(below)]
        .sort((one, other) => other - one);
    return (lighter + 0.05) / (darker + 0.05);
}"""


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_grey_text_can_be_read_in_both_themes(ghost, ollama, theme):
    ghost.open()
    ghost.lab.change_theme(theme)
    try:
        ghost.enter(1)
        ghost.type("df = pd.")
        ghost.wait_for(READ)
        ghost.lab.screenshot("ghost-text-" + theme.split()[1].lower())
        assert ghost.page.evaluate(CONTRAST) >= 4.5
    finally:
        ghost.lab.change_theme("JupyterLab Light")


def test_the_ordinary_completer_and_grey_text_do_not_get_in_each_others_way(ghost, ollama):
    name = ghost.lab.open([code("a", "alpha_one = alpha_two = 1"), code("b", "")])
    ghost.page.evaluate(SET_LANGUAGE)
    ghost.lab.run(0)
    ollama.replies = [" + 7"]
    ghost.enter(1)
    ghost.type("x = alpha_")
    ghost.lab.wait_until(lambda: len(ollama.completions) > 0)
    ghost.press("Escape")
    ghost.wait_for("")
    ghost.enter(1)
    popup = ghost.page.locator(".jp-Completer:visible")

    def offered():
        # After an empty answer (of a kernel not warm yet) JupyterLab's is silent until the cursor moves.
        ghost.press("ArrowLeft")
        ghost.press("ArrowRight")
        ghost.lab.command("completer:invoke-notebook")
        for _ in range(50):
            if popup.get_by_text("alpha_two").count():
                return True
            ghost.page.wait_for_timeout(100)
        return False

    ghost.lab.wait_until(offered)
    # What is typed narrows the list; nothing grey stands behind it.
    ghost.type("t")
    ghost.lab.wait_until(lambda: popup.locator(".jp-Completer-item").count() == 1)
    assert ghost.text == ""
    ghost.press("Enter")
    popup.wait_for(state="hidden")
    assert ghost.source == "x = alpha_two"
    ghost.type(" ")
    ghost.lab.wait_until(lambda: ghost.text.strip() == "+ 7")
    ghost.press("Tab")
    assert ghost.source.replace("  ", " ") == "x = alpha_two + 7"
    assert name


def test_of_two_views_each_shows_what_is_asked_in_it(ghost, ollama):
    ghost.open()
    ghost.type("df = pd.")
    ghost.wait_for(READ)
    ghost.press("Escape")
    ghost.lab.command("docmanager:clone")
    ghost.lab.wait(
        "[...window.jupyterapp.shell.widgets('main')].filter(one => one.content?.activeCell).length === 2"
    )
    ghost.enter(1)
    ghost.press("End")
    ghost.type("x")
    ghost.press("Backspace")
    ghost.lab.wait_until(lambda: ghost.page.locator(GREY).count() == 1)
    views = "[...window.jupyterapp.shell.widgets('main')].filter(one => one.content?.activeCell)"
    shown = f'{views}.map(one => one.node.querySelectorAll("{GREY}").length)'
    assert ghost.page.evaluate(f'{PANEL}.node.querySelectorAll("{GREY}").length') == 1
    assert sorted(ghost.page.evaluate(shown)) == [0, 1]
    ghost.press("Tab")
    assert ghost.source == f"df = pd.{READ}"


def test_a_cell_that_is_deleted_while_it_is_asked_for_is_shown_nothing(ghost, ollama):
    ollama.replies = [SLOW]
    ghost.open()
    ghost.type("df = pd.")
    ghost.lab.wait_until(lambda: bool(ollama.completions) and ollama.completions[-1].lines > 1)
    ghost.page.evaluate(f"{PANEL}.content.model.sharedModel.deleteCell(1)")
    ghost.lab.wait_until(lambda: ollama.completions[-1].closed_early)
    assert ghost.text == ""
    # Its state is not that of a fault.
    ghost.status.get_by_text("ready").wait_for()


def test_a_cell_that_may_not_be_changed_is_not_asked_for(ghost, ollama):
    locked = {**code("b", "df = pd."), "metadata": {"editable": False}}
    ghost.open([code("a", "import pandas as pd"), locked])
    ghost.press("Alt+\\")
    ghost.page.wait_for_timeout(600)
    assert ollama.completions == []
    assert ghost.source == "df = pd."


def test_a_notebook_with_too_much_text_is_refused_in_words_and_not_at_every_key(ghost, ollama):
    much = {"id": "r", "cell_type": "raw", "metadata": {}, "source": ("x" * 79 + "\n") * 105_000}
    ghost.open([code("a", "import pandas as pd"), code("b", ""), much])
    sent = []

    def listen(request):
        if request.method == "POST" and "/jupyter-devstral/complete" in request.url:
            sent.append(request.url)

    ghost.page.on("request", listen)
    ghost.type("df = pd.", delay=300)
    ghost.status.get_by_text("this notebook is too large").wait_for()
    assert "8 MB" in ghost.status.locator("button").get_attribute("title")
    assert sent == []
    ghost.page.evaluate(f"{PANEL}.content.model.sharedModel.deleteCell(2)")
    ghost.type("read", delay=300)
    ghost.wait_for(READ[4:])
    ghost.page.remove_listener("request", listen)


# Undo and redo work on steps as long as one key each, however fast they are pressed; what a key types may be
# read a moment after it.
END_STEP = f"""async () => {{
    await new Promise(done => requestAnimationFrame(() => setTimeout(done, 20)));
    const {{ content }} = {PANEL};
    const {{ model }} = (content.activeCell ?? content).editor;
    model.sharedModel.undoManager.stopCapturing();
    return model.sharedModel.getSource();
}}"""


def random_keys(seed):
    """Groups of keys as of somebody who changes their mind, with the milliseconds until the next group."""
    choice = random.Random(seed)
    # Whatever else lies on the clipboard is of no test.
    groups = [[*"df = pd.", "Control+a", "Control+c", "End"]]
    for _ in range(16):
        some = choice.randrange(1, 9)
        groups += choice.choice(
            [
                [["End", *" pd."]],
                [["End", *" pd.read_csv"], ["Backspace"] * some, ["Control+z"] * some],
                [[*"read_csv"[:some]], ["Control+z"] * some, ["Control+Shift+z"] * some],
                [["Backspace"] * some, ["Control+z"] * some, ["Control+Shift+z"] * some],
                [["Control+z"] * some],
                [["Enter", *"  re"]],
                [["ArrowLeft"] * some, ["ArrowRight"] * some],
                [["Shift+ArrowLeft"] * some, ["Control+x"], ["Control+v"]],
            ]
        )
    # A suggestion stands there after a quarter of a second at most.
    return [(keys, choice.choice([0, 100, 500])) for keys in groups]


@pytest.mark.parametrize(("where", "seed"), [("cell", 1), ("cell", 2), ("file", 3), ("file", 4)])
def test_keys_leave_the_same_text_with_suggestions_and_without(ghost, ollama, server, where, seed):
    groups = random_keys(seed)

    def texts(mode):
        ghost.lab.command("jupyter-devstral:suggestions", mode=mode)
        if where == "cell":
            ghost.open()
        else:
            name = f"keys-{mode}-{seed}.py"
            (server.notebooks / name).write_text("")
            ghost.open_text(name)
        found = []
        for keys, pause in groups:
            for key in keys:
                ghost.press(key)
                found.append((key, ghost.page.evaluate(END_STEP)))
            ghost.page.wait_for_timeout(pause)
        found.append(("", ghost.page.evaluate(END_STEP)))
        ghost.page.evaluate(f"{PANEL}.dispose()")
        return found

    try:
        expected = texts("off")
        assert ollama.completions == []
        assert texts("on") == expected
        assert len(ollama.completions) > 2
    finally:
        ghost.lab.command("jupyter-devstral:suggestions", mode="on")


def test_what_was_accepted_is_undone_and_redone(ghost, ollama):
    ghost.open()
    ghost.type("df = pd.")
    ghost.wait_for(READ)
    ghost.press("Tab")
    ghost.undo()
    assert ghost.source == "df = pd."
    ghost.wait_for(READ)
    ghost.press("Control+Shift+z")
    ghost.wait_for("")
    assert ghost.source == f"df = pd.{READ}"


def test_what_an_undo_brings_back_on_a_fresh_line_is_not_taken_for_typed(ghost, ollama):
    ollama.replies = [Script(["    return", " a", "\n\n"])]
    ghost.open([code("a", ""), code("b", "def f(a):\n    return a")])
    for _ in "return a":
        ghost.press("Backspace")
    ghost.wait_for("return a")
    # No more than the time between two keys that a busy page has not looked at yet.
    ghost.undo()
    ghost.press("Tab")
    ghost.wait_for("")
    assert "\n    return a" in ghost.source


def test_what_others_change_above_a_suggestion_is_not_replaced_by_it(ghost, ollama):
    ollama.replies = [Script(["    return", " a", "\n\n"])]
    ghost.open()
    ghost.type("def f(a):")
    ghost.press("Enter")
    ghost.wait_for("return a")
    ghost.page.evaluate(f"{PANEL}.content.activeCell.model.sharedModel.updateSource(0, 0, '# First\\n')")
    ghost.wait_for("")
    ghost.press("Tab")
    assert ghost.source.startswith("# First\ndef f(a):\n    ")


def test_a_suggestion_stands_only_where_it_was_asked_for(ghost, ollama):
    ghost.open([code("a", ""), code("b", "f()")])
    ghost.press("ArrowLeft")
    ghost.type("pd.")
    ghost.wait_for(READ)
    ghost.press("ArrowRight")
    ghost.wait_for("")
    ghost.press("Tab")
    assert ghost.source == "f(pd.)"


def test_while_a_word_is_composed_nobody_is_asked_and_once_when_it_is_there(ghost, ollama):
    ollama.replies = lambda messages, body: READ if re.search(r"(=|本)$", body["prompt"]) else "hon"
    ghost.open()
    ghost.type("df = ")
    ghost.wait_for(READ)
    asked = []

    def listen(request):
        if request.method == "POST" and "/jupyter-devstral/complete" in request.url:
            asked.append(request.post_data_json["source"])

    ghost.page.on("request", listen)
    session = ghost.page.context.new_cdp_session(ghost.page)
    for text in ("r", "に", "にほ", "日本"):
        session.send(
            "Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
        )
        ghost.lab.wait(f"{PANEL}.content.activeCell.model.sharedModel.getSource() === 'df = {text}'")
        # Longer than anybody waits for the next key.
        ghost.page.wait_for_timeout(400)
        assert ghost.text == ""
    assert asked == []
    session.send("Input.insertText", {"text": "日本"})
    ghost.wait_for(READ)
    ghost.page.remove_listener("request", listen)
    assert asked == ["df = 日本"]

"""Files, consoles and terminals: what is selected is asked about, and a change is a diff in the editor."""

from __future__ import annotations

import json

import pytest

from tests.support.jupyter.sidebar import CELLS

SOURCE = "import os\n\ndef double(x):\n    return x + x\n\ndef triple(x):\n    return x * 3\n"
REPLY = "Shorter:\n\n[cell 1]\n```python\ndef double(x):\n    return 2 * x\n```\n"
EDITOR = "window.jupyterapp.shell.currentWidget.content.editor"


@pytest.fixture
def editor(side, server):
    """`module.py` in an editor, its first function selected."""
    (server.notebooks / "module.py").write_text(SOURCE)
    side.open(CELLS)
    side.page.evaluate(
        """async () => {
            const widget = await window.jupyterapp.commands.execute('docmanager:open', { path: 'module.py' });
            await widget.context.ready;
            await widget.revealed;
            const { editor } = widget.content;
            editor.focus();
            editor.setSelection({ start: { line: 2, column: 4 }, end: { line: 3, column: 6 } });
        }"""
    )
    return side


def text(side) -> str:
    return side.page.evaluate(f"{EDITOR}.model.sharedModel.getSource()")


def test_a_selection_is_asked_about_and_its_change_is_a_diff_in_the_editor(editor, ollama):
    side, lab, page = editor, editor.lab, editor.page
    ollama.replies = [REPLY]
    page.keyboard.press("Control+k")
    page.keyboard.press("a")
    side.panel.get_by_text("module.py").first.wait_for()
    side.ask("make it shorter")
    sent = json.dumps(ollama.chats[-1].body)
    assert "def double(x):" in sent
    assert "def triple(x):" in sent
    assert "prices" not in sent
    diff = page.locator(".jp-FileEditor .jp-devstral-file-diff")
    diff.wait_for()
    diff.get_by_text("return 2 * x").wait_for()
    lab.screenshot("file-diff")
    # A file is not run from here.
    assert page.locator("#jp-devstral-chat [data-action=accept-run]").count() == 0
    assert text(side) == SOURCE
    # Somebody types meanwhile where it belongs: it is refused.
    page.evaluate(f"{EDITOR}.model.sharedModel.updateSource(11, 11, '# mine ')")
    diff.locator("[data-action=accept-in-file]").click()
    diff.get_by_role("alert").get_by_text("changed since").wait_for()
    assert "2 * x" not in text(side)
    page.evaluate(f"{EDITOR}.model.sharedModel.updateSource(11, 18, '')")
    diff.locator("[data-action=accept-in-file]").click()
    diff.wait_for(state="hidden")
    assert text(side) == SOURCE.replace("return x + x", "return 2 * x")
    page.evaluate(f"{EDITOR}.undo()")
    assert text(side) == SOURCE
    # The notebook has its own conversation again when it is in front.
    page.locator(".lm-TabBar-tab", has_text=".ipynb").click()
    side.lab.wait_until(lambda: side.exchanges() == 0)
    page.locator(".lm-TabBar-tab", has_text="module.py").click()
    side.lab.wait_until(lambda: side.exchanges() == 1)


def test_a_task_for_a_file_and_text_of_a_console(editor, ollama, server):
    side, lab, page = editor, editor.lab, editor.page
    ollama.replies = ["It doubles."]
    page.locator(".jp-FileEditor .cm-line", has_text="return x + x").click(button="right")
    menu = page.locator(".lm-Menu")
    menu.get_by_text("Ask about the selected lines").wait_for()
    lab.screenshot("file-menu")
    menu.get_by_text("Explain the selected lines").click()
    side.panel.get_by_text("It doubles.", exact=True).wait_for()
    assert "Explain cell 1" in json.dumps(ollama.chats[-1].body)
    page.evaluate(
        """() => window.jupyterapp.commands.execute('console:create', {
            activate: true, kernelPreference: { shouldStart: false, canStart: false }
        }).then(() => undefined)"""
    )
    page.locator(".jp-CodeConsole-promptCell .cm-content").wait_for()
    page.evaluate(
        """() => {
            const text = document.createElement('p');
            text.textContent = 'NameError: Wendeltreppe ```';
            document.querySelector('.jp-CodeConsole').append(text);
            getSelection().selectAllChildren(text);
            void window.jupyterapp.commands.execute('jupyter-devstral:ask-about-selection');
        }"""
    )
    lab.wait_until(lambda: "Wendeltreppe" in side.draft.input_value())
    assert side.draft.input_value() == "````text\nNameError: Wendeltreppe ```\n````\n"
    side.draft.fill("")
    page.evaluate("window.jupyterapp.shell.currentWidget.dispose()")


def test_what_is_selected_in_a_terminal_is_asked_about(side, ollama):
    """From its context menu: a shell takes every key, also those that are ours elsewhere."""
    lab, page = side.lab, side.page
    ollama.replies = ["It is a staircase."]
    side.open(CELLS)
    page.evaluate("window.jupyterapp.commands.execute('terminal:create-new').then(() => undefined)")
    screen = page.locator(".jp-Terminal .xterm-screen")
    screen.wait_for()
    terminal = "window.jupyterapp.shell.currentWidget.content"
    lab.wait(f"{terminal}.session?.connectionStatus === 'connected'")
    screen.click()
    page.keyboard.type("clear; echo Wendeltreppe-$((40 + 2))")
    page.keyboard.press("Enter")
    line = "Wendeltreppe-42"
    lab.wait_until(lambda: line in terminal_text(page))
    row = terminal_text(page).split("\n").index(line)
    box = screen.bounding_box()
    rows = page.evaluate(f"{terminal}._term.rows")
    y = box["y"] + (row + 0.5) * box["height"] / rows
    page.mouse.move(box["x"] + 1, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, y, steps=5)
    page.mouse.up()
    page.mouse.click(box["x"] + 20, y, button="right")
    menu = page.locator(".lm-Menu")
    item = menu.get_by_text("Ask about the selected text")
    item.wait_for()
    lab.screenshot("terminal-menu")
    item.click()
    lab.wait_until(lambda: line in side.draft.input_value())
    assert side.draft.input_value() == f"```text\n{line}\n```\n"
    lab.wait("document.activeElement.className.includes('jp-devstral-draft')")
    side.draft.press_sequentially("what is that?")
    side.draft.press("Enter")
    side.panel.get_by_text("It is a staircase.", exact=True).wait_for()
    assert line in json.dumps(ollama.chats[-1].body)
    lab.screenshot("terminal-asked")
    page.evaluate("window.jupyterapp.shell.currentWidget.dispose()")


def terminal_text(page) -> str:
    """What stands on the screen of the terminal in front."""
    return page.evaluate(
        """() => {
            const { active } = window.jupyterapp.shell.currentWidget.content._term.buffer;
            const line = (_, at) => active.getLine(at).translateToString(true);
            return Array.from({ length: active.length }, line).join('\\n');
        }"""
    )

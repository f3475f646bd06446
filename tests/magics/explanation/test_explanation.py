"""One failure from its question to its card: the answer, its trial, a second attempt; what is typed then."""

import threading

import nbformat
import pytest

from jupyter_devstral.core.settings.config import EXPLAIN_PLACE
from jupyter_devstral.core.wire import MIME
from tests.support.jupyter.kernel import Kernel
from tests.support.jupyter.shells import explainer_of

FIRST = "prices = {'price': 4}"
BROKEN, FIXED = "total = prices['pric'] * 2", "total = prices['price'] * 2"
WRONG = "total = prices['prices'] * 2"
HELPER, MENDED = (f"def share(part, whole):\n    return part / {name}" for name in ("whol", "whole"))


def answer(source, words="The key is `price`.", cell=1):
    return f"{words}\n\n[cell {cell}]\n```python\n{source}\n```\n"


def edits(bundle):
    return [(edit["op"], edit["cell_id"], edit["before"], edit["source"]) for edit in bundle["edits"]]


@pytest.fixture
def kernel(scripted_ollama, monkeypatch):
    """A kernel of its own, with the cells 0 and 1; explanations come before it is idle."""
    monkeypatch.setenv(EXPLAIN_PLACE, "here")
    kernel = Kernel()
    kernel.run("%load_ext jupyter_devstral")
    kernel.run(f"%config DevstralConfig.host = {scripted_ollama.url!r}")
    yield kernel
    kernel.stop()


@pytest.fixture
def fail(kernel, scripted_ollama):
    """In a real kernel, two cells of which the second fails and is explained at once; its last bundle."""

    def fail(*replies, first=FIRST, source=BROKEN):
        scripted_ollama.replies = list(replies)
        kernel.run(first, "first")
        result = kernel.run(source, "failing")
        assert result.reply["status"] == "error"
        return result.shown

    return fail


def test_a_fix_that_runs_clean(fail, scripted_ollama, kernel):
    shown = fail(answer(FIXED, cell=3))
    bundle, card = shown[MIME], shown[MIME]["card"]
    assert card["state"] == "done"
    assert card["title"] == "KeyError: 'pric'"
    assert card["trial"]["kind"] == "clean"
    assert card["trial"]["text"].startswith("ran clean in ")
    assert edits(bundle) == [("replace", "failing", BROKEN, FIXED)]
    assert card["rerun"] == ["failing"]
    assert len(scripted_ollama.chats) == 1
    assert kernel.run("'total' in globals()").of("execute_result")[0]["data"]["text/plain"] == "False"
    assert "Fix for cell [4]" in shown["text/markdown"]
    assert f"-{BROKEN}\n+{FIXED}" in shown["text/markdown"]


def test_a_line_to_add_is_added_and_tried_with_the_rest_of_the_cell(fail):
    cell = "x = sqrt(4)\ny = x + 1\nprint(y)"
    shown = fail("Add this at the top:\n\n```python\nfrom math import sqrt\n```\n", source=cell)
    assert edits(shown[MIME]) == [("replace", "failing", cell, f"from math import sqrt\n{cell}")]
    assert shown[MIME]["card"]["trial"]["text"].startswith("ran clean in ")
    assert "but" not in shown[MIME]["card"]["trial"]["text"]


def test_a_fix_that_makes_less_than_the_cell_did_never_ran_clean_alone(fail):
    cell = "costs = [float(price) for price in prices]\nmean = sum(costs) / 0"
    shown = fail(answer("from statistics import fmean\nmean = fmean(prices.values())", cell=3), source=cell)
    trial = shown[MIME]["card"]["trial"]
    assert trial["kind"] == "clean"
    assert trial["text"].endswith(", but no longer makes costs; removes 1 of 2 statements")
    assert shown[MIME]["edits"][0]["loss"]["names"] == ["costs"]
    assert "no longer makes `costs`" in shown["text/markdown"]


def test_a_comment_is_no_fix(fail):
    shown = fail("```python\n# choose another key\n```\n")
    assert shown[MIME]["edits"] == []
    assert shown[MIME]["card"]["trial"] is None


def test_the_question_holds_the_error_and_its_facts(fail, scripted_ollama):
    fail(answer(FIXED, cell=3))
    asked = scripted_ollama.chats[-1].body["messages"][-1]["content"]
    for part in ("KeyError: 'pric'", BROKEN, FIRST, "'price'", "dict"):
        assert part in asked, part


def test_a_fix_that_still_fails_is_repaired_once(fail, scripted_ollama):
    shown = fail(answer(WRONG, cell=3), answer(FIXED, "It is singular.", cell=3))
    assert shown[MIME]["card"]["trial"]["kind"] == "clean"
    assert edits(shown[MIME]) == [("replace", "failing", BROKEN, FIXED)]
    second = scripted_ollama.chats[1].body["messages"]
    # A question of its own, about the code that was proposed.
    assert len(second) == 2
    assert WRONG in second[-1]["content"]
    assert BROKEN not in second[-1]["content"]
    assert "KeyError: 'prices'" in second[-1]["content"]


def test_the_same_code_again_is_not_tried_and_not_shown_twice(fail, scripted_ollama):
    shown = fail(answer(WRONG, cell=3), answer(WRONG, "Surely.", cell=3))
    assert edits(shown[MIME]) == [("replace", "failing", BROKEN, WRONG)]
    assert len(scripted_ollama.chats) == 2
    assert "gave the same code" in shown["text/markdown"]
    assert "Surely." not in shown["text/markdown"]


def test_an_unchanged_cell_is_neither_tried_nor_asked_for_again(fail, scripted_ollama):
    shown = fail(answer(BROKEN, cell=3))
    assert shown[MIME]["card"]["trial"] is None
    assert shown[MIME]["edits"] == []
    assert len(scripted_ollama.chats) == 1


def test_a_known_cure_is_tried_before_the_edit_of_the_model(kernel, scripted_ollama, tmp_path):
    path = tmp_path / "saved.ipynb"
    cells = [
        nbformat.v4.new_code_cell(source, id=key) for source, key in ((FIRST, "first"), (FIXED, "failing"))
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    scripted_ollama.replies = [answer("total = 8", cell=1)]
    kernel.run(f"__vsc_ipynb_file__ = {str(path)!r}", "hidden")
    bundle = kernel.run(FIXED, "failing").shown[MIME]
    assert bundle["edits"] == []
    assert bundle["card"]["rerun"] == ["first", "failing"]
    assert bundle["card"]["advice"] == "Run cell #1, then cell [4] again."
    assert bundle["card"]["trial"]["kind"] == "clean"
    assert len(scripted_ollama.chats) == 1


def test_advice_that_does_not_help_gives_way_to_the_edit(kernel, scripted_ollama, tmp_path):
    path = tmp_path / "saved.ipynb"
    cells = [
        nbformat.v4.new_code_cell(source, id=key) for source, key in ((FIRST, "first"), (WRONG, "failing"))
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    mended = f"{FIRST}\n{FIXED}"
    scripted_ollama.replies = [answer(mended, cell=1)]
    kernel.run(f"__vsc_ipynb_file__ = {str(path)!r}", "hidden")
    bundle = kernel.run(WRONG, "failing").shown[MIME]
    assert edits(bundle) == [("replace", "failing", WRONG, mended)]
    assert bundle["card"]["advice"] == ""
    assert bundle["card"]["trial"]["kind"] == "clean"


def test_a_second_attempt_that_fails_is_the_last(fail, scripted_ollama):
    other = "total = prices['cost'] * 2"
    shown = fail(answer(WRONG, cell=3), answer(other, cell=3))
    assert shown[MIME]["card"]["trial"] == {"kind": "fails", "text": "still fails: KeyError 'cost'"}
    assert edits(shown[MIME]) == [("replace", "failing", BROKEN, other)]
    assert len(scripted_ollama.chats) == 2


def test_a_second_attempt_without_code_leaves_the_first(fail):
    shown = fail(answer(WRONG, cell=3), "I do not know.")
    assert shown[MIME]["card"]["trial"] == {"kind": "fails", "text": "still fails: KeyError 'prices'"}
    assert edits(shown[MIME]) == [("replace", "failing", BROKEN, WRONG)]
    # Its words are kept all the same.
    assert shown[MIME]["prose"] == "The key is `price`.\n\nI do not know."


def test_code_that_is_not_in_the_fix_stays_in_the_words(fail):
    other = "total = prices.get('price', 0) * 2"
    shown = fail(f"One way:\n```python\n{FIXED}\n```\nAnother way:\n```python\n{other}\n```\n")
    assert edits(shown[MIME])[0][3] in (FIXED, other)
    left = other if edits(shown[MIME])[0][3] == FIXED else FIXED
    assert shown[MIME]["prose"].count("```python") == 1
    assert left in shown[MIME]["prose"]


def test_a_server_that_fails_before_the_second_attempt_leaves_the_first(kernel, scripted_ollama):
    def replies(messages, body):
        scripted_ollama.fail_next("500", times=3)
        return answer(WRONG, cell=3)

    scripted_ollama.replies = replies
    kernel.run(FIRST, "first")
    shown = kernel.run(BROKEN, "failing").shown
    assert shown[MIME]["card"]["trial"] == {"kind": "fails", "text": "still fails: KeyError 'prices'"}
    assert edits(shown[MIME]) == [("replace", "failing", BROKEN, WRONG)]
    assert "No second attempt" in shown["text/markdown"]


def test_the_fault_is_in_an_earlier_cell(fail):
    shown = fail(answer(MENDED, cell=2), first=HELPER, source="share(1, 4)")
    card = shown[MIME]["card"]
    assert edits(shown[MIME]) == [("replace", "first", HELPER, MENDED)]
    assert card["targets"] == [{"cell_id": "first", "index": 2}]
    assert card["trial"]["kind"] == "clean"
    assert card["rerun"] == ["first", "failing"]
    assert "Fix for cell [3]" in shown["text/markdown"]


def test_a_cell_that_was_not_run_is_the_advice(kernel, scripted_ollama, tmp_path):
    path = tmp_path / "saved.ipynb"
    cells = [
        nbformat.v4.new_code_cell(source, id=key) for source, key in ((FIRST, "first"), (FIXED, "failing"))
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    scripted_ollama.replies = ["Cell 0 defines `prices` and was not run."]
    kernel.run(f"__vsc_ipynb_file__ = {str(path)!r}", "hidden")
    shown = kernel.run(FIXED, "failing").shown
    card = shown[MIME]["card"]
    assert card["rerun"] == ["first", "failing"]
    assert card["advice"] == "Run cell #1, then cell [4] again."
    assert card["trial"]["kind"] == "clean"
    assert card["advice"] in shown["text/markdown"]


def test_a_fix_that_writes_files_is_not_tried(fail, tmp_path):
    path = tmp_path / "new.txt"
    fixed = f"{FIXED}\nopen({str(path)!r}, 'w').write('x')"
    shown = fail(answer(fixed, cell=3))
    assert "writes files" in shown[MIME]["card"]["trial"]["text"]
    assert edits(shown[MIME])[0][3] == fixed
    assert not path.exists()


def test_a_block_that_is_no_python_is_not_offered(fail):
    shown = fail(answer("total = prices['price' * 2", cell=3))
    assert not shown[MIME]["edits"]
    assert shown[MIME]["card"]["trial"] is None


def test_accept_makes_its_cell_the_corrected_source(fail, kernel):
    fail(answer(FIXED, cell=3))
    accepted = kernel.run("%devstral accept", "accepting")
    assert accepted.next_input == f"# fix for cell [4]\n{FIXED}"
    assert accepted.payload[0]["replace"] is True


def test_accept_names_each_cell_of_a_fix_of_two(fail, kernel):
    both = answer("prices = {'price': 5}", cell=2) + answer(FIXED, "", cell=3)
    fail(both)
    accepted = kernel.run("%devstral accept", "accepting").next_input
    assert accepted == f"# %% fix for cell [3]\nprices = {{'price': 5}}\n\n# %% fix for cell [4]\n{FIXED}"


def test_accept_without_a_fix_says_what_to_do(kernel):
    assert "%devstral fix" in kernel.run("%devstral accept", "accepting").text


# Where there is nothing to try, a shell in this process will do.


@pytest.fixture
def untried(ip, session, connected, run):
    explainer_of(session).place = "here"
    session.config.trial_seconds = 0

    def untried(*replies):
        connected.replies = list(replies)
        run(FIRST, "first")
        run(BROKEN, "failing")

    return untried


@pytest.fixture
def bundles(ip):
    return lambda: [data[MIME] for data in ip.display_pub.shown if "card" in data.get(MIME, ())]


def join():
    for thread in threading.enumerate():
        if thread.name == "devstral-explain":
            thread.join(20)
            assert not thread.is_alive()


def test_without_a_trial_the_fix_is_offered_as_it_is(untried, bundles):
    untried(answer(FIXED))
    (bundle,) = bundles()
    assert bundle["card"]["trial"] is None
    assert edits(bundle) == [("replace", "failing", BROKEN, FIXED)]


def test_explain_more_goes_behind_what_was_said(untried, session, connected, bundles, ip):
    untried(answer(FIXED), "A dict raises `KeyError` for a key that it does not have.")
    explainer_of(session).act("more", bundles()[0]["card"]["id"])
    join()
    shown = ip.display_pub.markdown
    assert shown.index("The key is") < shown.index("A dict raises") < shown.index("Fix for cell [2]")
    assert edits(bundles()[0]) == [("replace", "failing", BROKEN, FIXED)]
    first, second = (chat.body["messages"] for chat in connected.chats)
    assert second[: len(first)] == first


@pytest.mark.parametrize("action", ["explain", "more"])
def test_an_explanation_that_did_not_come_is_offered_and_can_be_asked_for_again(
    untried, session, connected, bundles, ip, action
):
    """Also by the other button, which a page may have drawn before."""
    there, session.config.host = session.config.host, "http://127.0.0.1:9"
    untried(answer(FIXED))
    (bundle,) = bundles()
    assert (bundle["card"]["state"], bundle["edits"]) == ("offer", [])
    assert "No Ollama" in bundle["card"]["hint"]
    session.config.host = there
    explainer_of(session).act(action, bundle["card"]["id"])
    join()
    assert bundles()[0]["card"]["state"] == "done"
    assert edits(bundles()[0]) == [("replace", "failing", BROKEN, FIXED)]
    assert "No Ollama" not in ip.display_pub.markdown


def test_dismiss_empties_the_display(untried, session, bundles, ip):
    untried(answer(FIXED))
    explainer_of(session).act("dismiss", bundles()[0]["card"]["id"])
    assert bundles()[0]["card"]["state"] == "dismissed"
    assert not ip.display_pub.markdown.strip()


def test_fix_after_a_failure_asks_about_it(untried, run, session, connected, bundles):
    session.config.auto_explain = "off"
    untried(answer(FIXED))
    assert not connected.chats
    assert not bundles()
    run("%devstral fix it must stay one line", "asking")
    assert bundles()[0]["card"]["failed"] == {"cell_id": "failing", "index": 1}
    assert "it must stay one line" in connected.chats[-1].body["messages"][-1]["content"]


def test_explain_with_a_name_explains_the_variable(untried, run, connected, bundles):
    untried(answer(FIXED))
    run("%devstral explain prices", "asking")
    assert "prices" in connected.chats[-1].body["messages"][-1]["content"]
    assert len(bundles()) == 1


def test_a_button_asks_when_it_is_clicked(untried, session, connected, bundles):
    session.config.auto_explain = "button"
    untried(answer(FIXED))
    assert bundles()[0]["card"]["state"] == "offer"
    assert not connected.chats
    explainer_of(session).act("explain", bundles()[0]["card"]["id"])
    join()
    assert bundles()[0]["card"]["state"] == "done"
    assert edits(bundles()[0])


def test_only_the_first_explanation_says_how_to_change_that(untried, run, ip):
    untried(answer(FIXED))
    assert ip.display_pub.markdown.count("%devstral auto button") == 1
    run("1 / 0", "other")
    assert ip.display_pub.markdown.count("%devstral auto button") == 1


def test_an_answer_without_code_is_an_explanation(untried, bundles):
    untried("The dict has no such key.")
    (bundle,) = bundles()
    assert bundle["card"]["state"] == "done"
    assert not bundle["edits"]

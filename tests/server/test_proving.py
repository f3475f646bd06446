"""`/test` of the sidebar: tests proven in the notebook's kernel, whether or not it loaded the extension."""

import json
import os

import pytest

from tests.server.conftest import code
from tests.support.jupyter.kernel_of_server import busy, executing
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")

SOURCE = "def share(part, whole):\n    if whole <= 0:\n        return 0\n    return part / whole"
CELLS = [code("a", SOURCE), code("b", "share(1, 2)")]
GOOD = """```python
def test_share():
    assert share(1, 2) == 0.5

def test_nothing():
    assert share(1, 0) == 0
```
"""
VACUOUS = "```python\ndef test_share():\n    share(1, 2)\n    assert True\n```\n"
ERRING = "```python\ndef test_share():\n    assert share(one, 2) == 0.5\n```\n"
WRONG = "```python\ndef test_share():\n    assert share(1, 2) == 2\n```\n"


@pytest.fixture(scope="module")
def kernel_id(jupyter):
    from tests.server.conftest import Client

    client = Client(jupyter)
    kernel_id = client.kernel()
    run_in(jupyter, kernel_id, SOURCE)
    yield kernel_id
    client.http.delete(f"{jupyter.url}/api/kernels/{kernel_id}")
    client.http.close()


def run_in(jupyter, kernel_id, source):
    with executing(jupyter.folder / "runtime" / f"kernel-{kernel_id}.json", source) as wait:
        wait()


@pytest.fixture
def ask(client, ollama, kernel_id):
    def ask(*replies, **fields):
        assert eventually(lambda: client.get("variables", kernel_id=kernel_id)["is_available"])
        ollama.replies = list(replies)
        asked = {"question": "", "cells": CELLS, "target": "a", "kernel_id": kernel_id, **fields}
        return client.ask(task="test", **asked)

    return ask


def proof(records):
    return records[-1]["bundle"]["proof"]


def test_proven_before_it_is_offered(ask, ollama):
    records = ask(GOOD)
    phases = [record["text"] for record in records if record["type"] == "phase"]
    assert phases[-2:] == [
        "running the tests in a copy of the kernel",
        "running the tests against small faults",
    ]
    told = proof(records)
    headline = told["markdown"].splitlines()[0]
    assert headline.startswith("**2 tests, all pass, ")
    assert "mutants caught" in headline
    load, tests = records[-1]["bundle"]["edits"]
    assert load["source"] == "%load_ext jupyter_devstral"
    assert tests["source"].startswith("%%devstral pytest\ndef test_share():")
    assert {load["cell_id"], tests["cell_id"]} == {"a"}
    # What is asked for says what form the tests are to have.
    assert "functions for pytest" in ollama.chats[0].body["messages"][-1]["content"]


def test_a_function_that_is_named(ask, ollama):
    records = ask(GOOD, question="share but only its edges", target="b")
    content = ollama.chats[0].body["messages"][-1]["content"]
    assert "Test `share`." in content
    assert "but only its edges" in content
    # They belong below the cell that defines it.
    assert records[-1]["bundle"]["edits"][-1]["cell_id"] == "a"
    assert "mutants caught" in proof(records)["markdown"]


def test_a_name_that_does_not_exist(ask, ollama):
    [error] = ask(GOOD, question="shar")
    assert (error["type"], error["message"]) == (
        "error",
        "There is no function 'shar'. Did you mean share?",
    )
    assert ollama.chats == []


def test_what_proves_nothing_is_not_offered(ask):
    records = ask(VACUOUS)
    assert "these tests prove nothing" in proof(records)["markdown"]
    assert records[-1]["bundle"]["edits"] == []


def test_strengthened(ask, ollama):
    first = proof(ask(VACUOUS))
    assert "share" in first["strengthen"]
    records = ask(GOOD, question=first["strengthen"], strengthens=first["key"], target="b")
    assert "all pass" in proof(records)["markdown"]
    assert "four functions for pytest" not in ollama.chats[-1].body["messages"][-1]["content"]
    # Only the faults that were left are tried.
    [count] = [word for word in proof(records)["markdown"].split("**")[1].split(", ") if "mutants" in word]
    assert count.split()[2] == str(first["strengthen"].count("line "))


def test_a_test_that_errs_is_repaired_once(ask, ollama):
    records = ask(ERRING, GOOD)
    assert len(ollama.chats) == 2
    assert "NameError" in ollama.chats[1].body["messages"][-1]["content"]
    assert "all pass" in proof(records)["markdown"]
    streamed = "".join(record["text"] for record in records if record["type"] == "text")
    assert records[-1]["bundle"]["reply"].strip() == streamed.strip() == f"{ERRING}\n\n{GOOD}".strip()


def test_a_repair_that_errs_as_well_is_dropped(ask):
    records = ask(ERRING, ERRING)
    assert "Dropped: they raise errors: `test_share`." in proof(records)["markdown"]
    assert records[-1]["bundle"]["edits"] == []


def test_a_repair_that_fails_is_no_failure_of_the_answer(client, ollama, kernel_id):
    assert eventually(lambda: client.get("variables", kernel_id=kernel_id)["is_available"])

    def reply(_messages, _body):
        ollama.fail_next("load-failure", message="no memory")
        return ERRING

    ollama.replies = reply
    records = client.ask(task="test", question="", cells=CELLS, target="a", kernel_id=kernel_id)
    assert records[-1]["type"] == "done"
    assert "No second attempt: " in proof(records)["markdown"]


def test_a_test_that_fails_is_a_question(ask):
    told = proof(ask(WRONG))
    assert "is the test wrong, or did it find a bug?" in told["markdown"]


def test_the_kernel_is_left_as_it_was(ask, client, jupyter, kernel_id):
    before = names(client, jupyter, kernel_id)
    ask(GOOD)
    assert names(client, jupyter, kernel_id) == before


def names(client, jupyter, kernel_id):
    assert eventually(lambda: client.get("variables", kernel_id=kernel_id)["is_available"])
    return json.dumps(client.get("variables", kernel_id=kernel_id)["variables"])


def test_a_busy_kernel_proves_nothing_and_says_so(client, ollama, jupyter, kernel_id, tmp_path):
    ollama.replies = [GOOD]
    with busy(jupyter.folder / "runtime" / f"kernel-{kernel_id}.json", tmp_path / "released"):
        records = client.ask(task="test", question="", cells=CELLS, target="a", kernel_id=kernel_id)
    assert proof(records)["markdown"] == "*The tests are not proven: the kernel is busy.*"
    # What the reply proposes is on offer as it is.
    assert [edit["op"] for edit in records[-1]["bundle"]["edits"]] == ["insert"]


@pytest.mark.parametrize(
    ("fields", "why"),
    [({"kernel_id": None}, "the notebook has no kernel"), ({"language": "R"}, "that is for Python only")],
)
def test_no_kernel_to_prove_them(ask, fields, why):
    assert proof(ask(GOOD, **fields))["markdown"] == f"*The tests are not proven: {why}.*"


def test_an_answer_that_was_cut(ask, ollama):
    ollama.fail_next("done-length", after=6)
    records = ask(GOOD)
    assert "did not come to its end" in proof(records)["markdown"]


def test_examples_for_a_docstring(ask, ollama):
    definition = 'def share(part, whole):\n    """A part.\n\n    >>> share(1, 2)\n    0.5\n    """\n'
    records = ask(f"```python\n{definition}```\n", question="--doctest share")
    assert "docstring whose examples show" in ollama.chats[0].body["messages"][-1]["content"]
    [edit] = records[-1]["bundle"]["edits"]
    assert (edit["op"], edit["cell_id"], edit["before"]) == ("replace", "a", SOURCE)
    assert edit["source"] == SOURCE.replace(
        "whole):\n", 'whole):\n    """A part.\n\n    >>> share(1, 2)\n    0.5\n    """\n'
    )
    assert "1 test, it passes" in proof(records)["markdown"]


def test_properties(ask, ollama):
    ask(GOOD, question="--properties share")
    assert "@given" in ollama.chats[0].body["messages"][-1]["content"]


def test_a_cell_that_was_taken_out_is_not_sent_by_another_way(ask, ollama):
    ask(GOOD, question="share", exclude=["cell:a"], target="b")
    assert "whole <= 0" not in json.dumps(ollama.chats[0].body["messages"])


def test_a_cell_that_was_edited_and_not_run_again(ask):
    edited = [code("a", SOURCE.replace("<= 0", "< 0")), code("b", "share(1, 2)")]
    assert "The cell of `share` has changed since it ran" in proof(ask(GOOD, cells=edited))["markdown"]
    assert "has changed" not in proof(ask(GOOD))["markdown"]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("--doctest --properties share", "one at a time"),
        ("-m other share", "Of the options, only"),
        ("--dcotest", "--doctest"),
    ],
)
def test_options_that_do_not_fit(ask, ollama, question, said):
    [error] = ask(GOOD, question=question)
    assert said in error["message"]
    assert ollama.chats == []


def test_words_are_sent_as_they_are_typed(ask, ollama):
    ask(GOOD, question="share with  -5,\n    and --so on")
    assert ollama.chats[0].body["messages"][-1]["content"].endswith("again. with  -5,\n    and --so on")


def test_examples_are_asked_for_also_where_nothing_proves_them(ask, ollama):
    records = ask(GOOD, question="--doctest share", kernel_id=None)
    assert ollama.chats[0].body["messages"][-1]["content"].endswith("Change nothing but the docstring. share")
    assert "the notebook has no kernel" in proof(records)["markdown"]

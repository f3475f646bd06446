"""Answers that go on without their page, and conversations that several pages change."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from types import SimpleNamespace

import pytest

from jupyter_devstral.core.errors import UsageError
from jupyter_devstral.server import answers
from jupyter_devstral.server.kept.conversations import Conversations
from tests.server.conftest import question

SLOW = [f"word{number} " for number in range(200)]


def kept(id, **fields):
    return {"id": id, "at": 1, "asked": {"task": "chat", "typed": "why?"}, **fields}


def stored(client, path="a.ipynb"):
    return client.get("conversation", path=path)["messages"]


def leave_after(client, words, **fields):
    """Ask, and leave when so much of the answer has arrived; returns what had."""
    read = ""
    with client.http.stream("POST", "chat", json=question(**fields)) as response:
        for line in response.iter_lines():
            record = json.loads(line)
            read += record["text"] if record["type"] == "text" else ""
            if words in read:
                return read
    raise AssertionError(read)


def wait(condition):
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def forget(client):
    yield
    client.http.delete("conversation", params={"path": "a.ipynb"})


def test_a_stop_that_overtakes_its_question_ends_it_and_it_can_go_on(client, ollama):
    ollama.piece_delay = 0.05
    ollama.replies = [SLOW, ["the end"]]
    client.http.post("chat/stop", json={"id": "late"})
    for state in ("stopped", "done"):
        with client.http.stream("POST", "chat", json=question(keep=kept("late"))) as response:
            assert response.status_code == 200
            list(response.iter_lines())
        wait(lambda state=state: [one["state"] for one in stored(client)] == [state])


def test_a_question_is_kept_when_it_is_asked_and_its_answer_when_it_ended(client, ollama):
    ollama.piece_delay = 0.02
    ollama.replies = [SLOW]
    with client.http.stream("POST", "chat", json=question(keep=kept("one"))) as response:
        lines = response.iter_lines()
        while json.loads(next(lines))["type"] != "text":
            pass
        [message] = stored(client)
        assert (message["id"], message["state"]) == ("one", "running")
        assert message["asked"]["typed"] == "why?"
        for _ in lines:
            pass
    [message] = stored(client)
    assert message["state"] == "done"
    assert message["reply"] == "".join(SLOW)
    assert message["bundle"]["turn"]["user_text"] == message["sent"]["user_text"]
    assert "messages" not in message["sent"]


def test_an_answer_goes_on_without_its_page_and_can_be_followed_from_its_beginning(client, ollama):
    ollama.piece_delay = 0.02
    ollama.replies = [SLOW]
    leave_after(client, "word20", keep=kept("one"))
    with client.http.stream("POST", "chat/follow", json={"id": "one"}) as response:
        records = [json.loads(line) for line in response.iter_lines()]
    assert records[0]["type"] == "sent"
    assert "".join(one["text"] for one in records if one["type"] == "text") == "".join(SLOW)
    assert records[-1]["type"] == "done"
    assert stored(client)[0]["state"] == "done"
    assert client.http.post("chat/follow", json={"id": "nobody's"}).status_code == 404


def test_a_page_that_missed_the_end_of_an_answer_can_still_have_it(client, ollama):
    ollama.replies = [SLOW]
    assert client.ask(keep=kept("one"))[-1]["type"] == "done"
    with client.http.stream("POST", "chat/follow", json={"id": "one"}) as response:
        records = [json.loads(line) for line in response.iter_lines()]
    assert records[-1]["type"] == "done"
    # A page that comes later still keeps what it has: nothing of a whole answer.
    half = kept("one", state="cut", reply="word0", bundle=None)
    client.http.patch("conversation", json={"path": "a.ipynb", "put": [half]}).raise_for_status()
    [message] = stored(client)
    assert (message["state"], message["reply"]) == ("done", "".join(SLOW))
    assert message["bundle"]["reply"] == "".join(SLOW)


def test_an_answer_that_ends_while_it_is_read_is_whole():
    """It was read while it arrived, and asked for when it had ended: nothing has cut it."""
    read = iter([[{"id": "one", "state": "running"}], [{"id": "one", "state": "done"}]])
    messages = asyncio.run(answers.Answers().read(SimpleNamespace(read=lambda path: next(read)), "a.ipynb"))
    assert messages == [{"id": "one", "state": "done"}]


def test_an_answer_that_nobody_follows_is_finished_and_kept(client, ollama):
    ollama.piece_delay = 0.01
    ollama.replies = [SLOW]
    leave_after(client, "word5", keep=kept("one"))
    wait(lambda: stored(client)[0]["state"] == "done")
    assert stored(client)[0]["reply"] == "".join(SLOW)


def test_stopping_ends_an_answer_at_once_and_keeps_what_arrived(client, ollama):
    ollama.piece_delay = 0.05
    ollama.replies = [SLOW]
    read = leave_after(client, "word20", keep=kept("one"))
    client.http.post("chat/stop", json={"id": "one"}).raise_for_status()
    assert ollama.wait_closed() is not None
    wait(lambda: stored(client)[0]["state"] == "stopped")
    assert stored(client)[0]["reply"].startswith(read)
    # Stopping what has ended is no error.
    client.http.post("chat/stop", json={"id": "one"}).raise_for_status()


def test_what_has_arrived_is_stored_also_where_nothing_else_comes(client, ollama, jupyter):
    """The model stops in mid-answer; who kills the server then finds the words that stood on the screen."""
    ollama.replies = [["These words ", "stand there", ", and the rest never comes."]]
    ollama.fail_next("stall", after=2)
    with client.http.stream("POST", "chat", json=question(keep=kept("one"))) as response:
        read = ""
        for line in response.iter_lines():
            record = json.loads(line)
            read += record["text"] if record["type"] == "text" else ""
            if "there" in read:
                break
        folder = jupyter.folder / "data" / "jupyter_devstral" / "conversations"
        wait(lambda: any("stand there" in part.read_text() for part in folder.glob("*.part")))


def test_a_full_disk_takes_no_answer_from_the_page(client, ollama, jupyter):
    ollama.piece_delay = 0.02
    ollama.replies = [SLOW]
    folder = jupyter.folder / "data" / "jupyter_devstral" / "conversations"
    with client.http.stream("POST", "chat", json=question(keep=kept("one"))) as response:
        lines = response.iter_lines()
        while json.loads(next(lines))["type"] != "text":
            pass
        moved = folder.rename(folder.with_name("elsewhere"))
        folder.write_text("no folder can be made here")
        try:
            records = [json.loads(line) for line in lines]
        finally:
            folder.unlink()
            moved.rename(folder)
    assert records[-1]["type"] == "done"


def test_what_was_running_when_the_server_ended_is_cut(client):
    client.http.patch(
        "conversation", json={"path": "a.ipynb", "put": [kept("one", state="running", reply="so")]}
    )
    [message] = stored(client)
    assert (message["state"], message["reply"]) == ("cut", "so")


def test_without_a_page_an_answer_has_a_minute():
    assert answers.GRACE_SECONDS == 60


def test_an_answer_that_was_cut_goes_on_where_it_ended(client, ollama):
    ollama.replies = ["def mean(x):\n    return sum(x)"]
    records = client.ask(partial="Here:\n\n```python\n", keep=kept("one", reply="Here:\n\n```python\n"))
    sent = ollama.chats[-1].body["messages"]
    assert [one["role"] for one in sent[-2:]] == ["assistant", "user"]
    assert sent[-2]["content"] == "Here:\n\n```python\n"
    whole = records[-1]["bundle"]["reply"]
    assert whole == "Here:\n\n```python\ndef mean(x):\n    return sum(x)"
    assert stored(client)[0]["reply"] == whole


def test_the_answer_goes_where_its_notebook_goes(client, ollama):
    ollama.piece_delay = 0.02
    ollama.replies = [SLOW]
    leave_after(client, "word5", keep=kept("one"))
    moved = {"path": "a.ipynb", "new_path": "moved.ipynb"}
    client.http.post("rename", json=moved).raise_for_status()
    wait(lambda: stored(client, "moved.ipynb")[0]["state"] == "done")
    assert stored(client) == []
    client.http.delete("conversation", params={"path": "moved.ipynb"}).raise_for_status()


def test_two_pages_change_one_conversation(client):
    def patch(**fields):
        client.http.patch("conversation", json={"path": "a.ipynb", **fields}).raise_for_status()

    patch(put=[kept("one"), kept("two", at=2)])
    # One page takes a question away while the other, which still shows it, accepts an edit of each.
    patch(remove=["one"])
    patch(put=[kept("one", edits=["accepted"]), {"id": "two", "edits": ["accepted"]}])
    patch(put=[kept("three", at=3)])
    assert [one["id"] for one in stored(client)] == ["two", "three"]
    assert stored(client)[0]["edits"] == ["accepted"]
    assert stored(client)[0]["asked"] == {"task": "chat", "typed": "why?"}
    patch(put=[{"id": "four", "edits": []}], known=True)
    assert len(stored(client)) == 2
    # Undone, it stands where it stood.
    patch(put=[kept("one")], restore=True)
    assert [one["id"] for one in stored(client)] == ["one", "two", "three"]


def test_a_notebook_has_several_conversations(client):
    def patch(**fields):
        client.http.patch("conversation", json={"path": "a.ipynb", **fields}).raise_for_status()

    def get(**query):
        return client.get("conversation", path="a.ipynb", **query)

    patch(put=[kept("one"), kept("two", at=5, thread="t"), kept("three", at=3)])
    said = get()
    assert said["thread"] == "t"
    assert [one["id"] for one in said["messages"]] == ["two"]
    assert [one["id"] for one in get(thread="")["messages"]] == ["one", "three"]
    assert said["threads"] == [
        {"id": "t", "title": "", "first": "why?", "at": 5, "count": 1},
        {"id": "", "title": "", "first": "why?", "at": 3, "count": 2},
    ]
    assert get(thread="unknown")["messages"] == []
    # A title belongs to its conversation, goes with it, and comes back with it.
    patch(titles={"t": "Prices " + "x" * 1000, "none": "y", "": 3})
    assert [one["title"][:7] for one in get()["threads"]] == ["Prices ", ""]
    assert len(get()["threads"][0]["title"]) == 200
    patch(put=[{"id": "two", "edits": []}], known=True)
    assert get()["thread"] == "t"
    patch(remove=["two"])
    assert [one["id"] for one in get()["threads"]] == [""]
    # Another page that still shows it asks something new there: nothing of that is lost.
    patch(put=[kept("four", at=9, thread="t")])
    assert [(one["id"], one["title"], one["count"]) for one in get()["threads"]] == [
        ("t", "", 1),
        ("", "", 2),
    ]
    patch(put=[kept("two", at=5, thread="t")], restore=True, titles={"t": "Prices"})
    assert get()["threads"][0] == {"id": "t", "title": "Prices", "first": "why?", "at": 9, "count": 2}


@pytest.mark.parametrize("body", [{}, {"path": "a", "put": 3}, {"path": "a", "put": [1]}, {"path": 3}, []])
def test_what_is_no_change_of_a_conversation(client, body):
    assert client.http.patch("conversation", json=body).status_code == 400


def test_a_message_that_is_too_long_is_refused_and_a_long_conversation_forgets_its_oldest(client):
    body = {"path": "a.ipynb", "put": [kept("huge", reply="x" * 9_000_000)]}
    refused = client.http.patch("conversation", json=body)
    assert refused.status_code == 400
    assert "too long" in refused.json()["message"]
    for number in range(5):
        part = kept(f"n{number}", at=number, reply="x" * 2_000_000)
        client.http.patch("conversation", json={"path": "a.ipynb", "put": [part]}).raise_for_status()
    assert [one["id"] for one in stored(client)] == ["n2", "n3", "n4"]


class SlowConversations(Conversations):
    """A store whose disk takes its time, or is full."""

    def __init__(self, folder, *, problem=""):
        super().__init__(folder, "")
        self.problem = problem
        self.may_write = threading.Event()

    def begin(self, path, message):
        assert self.may_write.wait(20)
        if self.problem:
            raise UsageError(self.problem)
        super().begin(path, message)


async def begun(stored, asked):
    """An answer's beginning, its first records and what had been asked for when it could be kept."""

    async def records():
        asked.append("the model")
        yield {"type": "text", "text": "so"}
        yield {"type": "error", "message": "no more", "state": "trouble"}

    running = answers.Answers()
    beginning = asyncio.create_task(running.begin(kept("one"), "a.ipynb", stored, records()))
    while not asked:
        await asyncio.sleep(0)
    arriving = running.get("one")
    told = asyncio.create_task(anext(arriving.follow()))
    await asyncio.sleep(0.05)
    assert not told.done()
    stored.may_write.set()
    answer = await beginning
    await answer.task
    return await told


def test_the_model_is_asked_while_the_question_is_being_kept_and_told_of_when_it_is(tmp_path):
    stored = SlowConversations(tmp_path)
    assert asyncio.run(begun(stored, [])) == {"type": "text", "text": "so"}
    [message] = stored.read("a.ipynb")
    assert (message["reply"], message["state"]) == ("so", "failed")


def test_of_a_question_that_cannot_be_kept_nothing_is_told(tmp_path):
    stored = SlowConversations(tmp_path, problem="too long")
    with pytest.raises(UsageError, match="too long"):
        asyncio.run(begun(stored, []))
    assert stored.read("a.ipynb") == []


def test_a_question_is_kept_without_writing_a_long_conversation_again(tmp_path):
    stored = Conversations(tmp_path, "")
    stored.merge("a.ipynb", [kept("old", at=1, state="done", reply="x" * 1_000_000)])
    [whole] = tmp_path.glob("*.json")
    before = whole.stat().st_mtime_ns
    stored.begin("a.ipynb", kept("new", at=2, state="running"))
    stored.hold("a.ipynb", {"id": "new", "state": "running", "reply": "so"}, kept("new", at=2))
    assert whole.stat().st_mtime_ns == before
    assert [(one["id"], one["state"]) for one in stored.read("a.ipynb")] == [
        ("old", "done"),
        ("new", "running"),
    ]
    assert [(one["id"], one["count"]) for one in stored.threads("a.ipynb")] == [("", 2)]
    # Whoever changes the conversation next, here another page, keeps it as well.
    stored.merge("a.ipynb", [{"id": "old", "edits": ["accepted"]}], known=True)
    stored.settle("a.ipynb", {"id": "new", "state": "done", "reply": "so it is"})
    last = stored.read("a.ipynb")[-1]
    assert (last["reply"], last["state"], last["asked"]) == ("so it is", "done", kept("new")["asked"])
    assert list(tmp_path.glob("*.part")) == []


@pytest.mark.parametrize("is_cleared", [True, False])
def test_a_question_that_is_taken_away_leaves_nothing_and_does_not_come_back(tmp_path, is_cleared):
    stored = Conversations(tmp_path, "")
    question, part = kept("new", at=2), {"id": "new", "state": "running", "reply": "so"}
    stored.begin("a.ipynb", question)
    if is_cleared:
        stored.merge("a.ipynb", [], ["new"])
    else:
        stored.delete("a.ipynb")
    # What a thread was about to write.
    stored.hold("a.ipynb", part, question)
    stored.settle("a.ipynb", {**part, "state": "stopped"})
    assert stored.read("a.ipynb") == []
    assert "so" not in "".join(file.read_text() for file in tmp_path.iterdir())


def test_a_first_question_goes_where_its_notebook_goes(tmp_path):
    stored = Conversations(tmp_path, "")
    stored.begin("a.ipynb", kept("new", at=2))
    stored.rename("a.ipynb", "b.ipynb")
    assert stored.read("a.ipynb") == []
    assert [one["id"] for one in stored.read("b.ipynb")] == ["new"]


def test_a_question_that_is_too_long_to_be_kept_is_refused(tmp_path):
    with pytest.raises(UsageError, match="too long to be kept"):
        Conversations(tmp_path, "").begin("a.ipynb", kept("huge", reply="x" * 9_000_000))

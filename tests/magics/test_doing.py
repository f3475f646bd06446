"""`%%devstral do`: a task done in a copy of the shell, shown as text, and put into a cell by `accept`."""

from __future__ import annotations

import pytest

from tests.support.scripted.server import ScriptedOllama

REHEARSAL = "jupyter_devstral.kernel.rehearsal.rehearsal"
COUNT = "I count.\n\n```python\nanswer = len(items)\nprint('items:', answer)\n```\n"


@pytest.fixture
def ask(ip, session, scripted_ollama: ScriptedOllama, tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    session.config.host = scripted_ollama.url
    # The scripted server's thread lives in this process, and would stand in the way.
    monkeypatch.setattr(f"{REHEARSAL}.why_not", lambda *arguments, **options: "")

    def ask(*replies, source="%%devstral do\nCount the items."):
        scripted_ollama.replies = list(replies) if isinstance(replies[0], str) else replies[0]
        ip.run_cell("items = [1, 2, 3]")
        return ip.run_cell(source, store_history=True)

    return ask


def test_a_task_is_done_in_a_copy_and_accepted_as_a_cell(ip, ask) -> None:
    result = ask(COUNT, "There are three.")
    assert result.success
    shown = ip.display_pub.markdown
    assert "items: 3" in shown
    assert "There are three." in shown
    assert "New variables: `answer`" in shown
    assert "answer" not in ip.user_ns
    set_by = []
    ip.set_next_input = lambda text, replace=False: set_by.append((text, replace))
    ip.run_cell("%devstral accept")
    assert set_by == [("answer = len(items)\nprint('items:', answer)", True)]


def test_what_was_written_before_the_model_failed_is_kept(ip, session, ask, scripted_ollama) -> None:
    def reply(messages, body):
        scripted_ollama.fail_next("400", message="no more")
        return COUNT

    result = ask(reply)
    assert "no more" in str(result.error_in_exec)
    assert "items: 3" in ip.display_pub.markdown
    assert "Gave up: the model could not be asked any more." in ip.display_pub.markdown
    assert session.drafted[0] == "answer = len(items)\nprint('items:', answer)"


def test_an_effect_is_refused_and_shown(ip, ask, tmp_path) -> None:
    ask("```python\nopen('out.txt', 'w')\n```", "Done.", source="%devstral do write a file")
    assert "Refused in the copy: it writes files" in ip.display_pub.markdown
    assert not (tmp_path / "out.txt").exists()


def test_a_failure_explained_later_is_what_accept_means(ip, session, ask) -> None:
    ask(COUNT, "There are three.")
    session.drafted = (session.drafted[0], object())
    result = ip.run_cell("%devstral accept")
    assert "There is no fix to accept" in str(result.error_in_exec)


def test_a_run_without_a_copy_writes_cells_and_runs_none(ip, ask, monkeypatch) -> None:
    monkeypatch.setattr(f"{REHEARSAL}.why_not", lambda *arguments, **options: "a GPU is in use")
    ask(COUNT, "Written.")
    shown = ip.display_pub.markdown
    assert "No rehearsal: a GPU is in use" in shown
    assert "answer = len(items)" in shown
    assert "items: 3" not in shown


@pytest.mark.parametrize("source", ["%devstral do", "%%devstral do\n ", "%devstral do -v x count"])
def test_what_is_typed_wrongly_is_said(ip, ask, source) -> None:
    assert "do " in str(ask("x", source=source).error_in_exec)

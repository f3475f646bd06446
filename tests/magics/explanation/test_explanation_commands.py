"""What is typed after a failure, and about failures: fix, explain, accept, auto, stop."""

import pytest

from jupyter_devstral.core.errors import UsageError

BROKEN, FIXED = "total = prices['pric'] * 2", "total = prices['price'] * 2"
ANSWER = f"The key is `price`.\n\n[cell 1]\n```python\n{FIXED}\n```\n"


@pytest.fixture
def failed(run, connected):
    """A cell has failed, where nobody is known to watch: nothing was explained by itself."""
    connected.replies = [ANSWER]
    run("prices = {'price': 4}", "prices")
    assert not run(BROKEN, "broken").success
    assert connected.chats == []
    return connected


def asked(server):
    """The text of the only question."""
    (request,) = server.chats
    return request.body["messages"][-1]["content"]


def error_of(result):
    return str(result.error_in_exec)


@pytest.fixture
def next_input(ip, monkeypatch):
    """What `set_next_input` was called with."""
    given = []
    monkeypatch.setattr(ip, "set_next_input", lambda text, replace=False: given.append((text, replace)))
    return given


def test_auto_tells_and_changes(run, session, ip):
    assert run("%devstral auto").success
    assert ip.display_pub.shown[-1]["text/markdown"].startswith("`on`")
    for word in ("button", "off", "on"):
        assert run(f"%devstral auto {word}").success
        assert session.config.auto_explain == word
        assert ip.display_pub.shown[-1]["text/markdown"].startswith(f"`{word}`")


def test_auto_refuses_other_words(run, session):
    result = run("%devstral auto maybe")
    assert isinstance(result.error_in_exec, UsageError)
    assert "on, button or off" in error_of(result)
    assert session.config.auto_explain == "on"


def test_fix_explains_the_last_failure(run, failed, ip):
    assert run("%devstral fix", "asking").success
    assert "KeyError: 'pric'" in asked(failed)
    card = ip.display_pub.shown[-1]
    assert "Fix for cell [2]" in card["text/markdown"]
    assert f"+{FIXED}" in card["text/markdown"]


def test_fix_with_own_words(run, failed):
    assert run("%devstral fix keep the misspelt key, add it to the dict", "asking").success
    assert "keep the misspelt key, add it to the dict" in asked(failed)


def test_explain_of_a_name_is_not_about_the_failure(run, failed):
    assert run("%devstral explain prices", "asking").success
    assert "failed with the error above" not in asked(failed)
    assert "Explain `prices`" in asked(failed)


def test_explain_after_a_failure(run, failed):
    assert run("%devstral explain", "asking").success
    assert "KeyError: 'pric'" in asked(failed)


def test_a_failure_that_was_cured_is_none(run, failed):
    run(FIXED, "broken")
    run("%devstral explain", "asking")
    assert "KeyError" not in asked(failed)


def test_fix_without_a_failure_is_about_the_cell_above(run, connected):
    connected.replies = ["```python\na = 2\n```"]
    run("a = 1", "above")
    assert run("%devstral fix", "asking").success
    assert "a = 1" in asked(connected)


def test_dry_run_of_a_fix_sends_nothing(run, failed, ip):
    assert run("%devstral fix --dry-run", "asking").success
    assert failed.chats == []
    assert "KeyError: 'pric'" in ip.display_pub.markdown


def test_output_binds_the_reply(run, failed, ip):
    assert run("%devstral fix -o reply", "asking").success
    assert [code.source for code in ip.user_ns["reply"].code] == [FIXED]


def test_accept_takes_the_place_of_its_cell(run, failed, next_input, ip):
    run("%devstral fix", "asking")
    assert run("%devstral accept", "accepting").success
    ((text, replace),) = next_input
    assert replace
    assert text.splitlines()[-1] == FIXED
    assert "cell [2]" in text.splitlines()[0]
    # The fix ran in a copy.
    assert "total" not in ip.user_ns


def test_accept_before_anything_was_explained(run, connected, next_input):
    result = run("%devstral accept")
    assert isinstance(result.error_in_exec, UsageError)
    assert "%devstral fix" in error_of(result)
    assert next_input == []


def test_accept_of_an_explanation_without_a_fix(run, failed, next_input):
    failed.replies = ["It is what it is."]
    run("%devstral fix", "asking")
    assert isinstance(run("%devstral accept").error_in_exec, UsageError)
    assert next_input == []


def test_stop_with_nothing_running(run, connected, ip):
    assert run("%devstral stop").success
    assert "Nothing is running" in ip.display_pub.shown[-1]["text/markdown"]


def test_help_names_all_of_them(run, ip):
    run("%devstral help")
    text = ip.display_pub.shown[-1]["text/plain"]
    for word in ("fix", "explain", "accept", "auto", "stop"):
        assert f"\n  {word}" in text or f" {word} " in text

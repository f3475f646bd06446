"""Every sentence of the JupyterLab half has its French one, with the same places, and none is stale."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.support.sentences import sentences as shown_sentences

ROOT = Path(__file__).parents[1]
SAID = ROOT / "jupyter_devstral" / "locale" / "fr_FR" / "said.json"
FRENCH = ROOT / "jupyter_devstral" / "locale" / "fr_FR" / "LC_MESSAGES" / "jupyter_devstral.json"
# In modules that speak to the page, but to a model, a log or Python; and words too few to be known by.
NOT_SHOWN = {
    "an empty line",
    "it repeats %1",
    " at %1",
    " to %1",
    "%1 %2. The cells are: %3.",
    "%1 at %2",
    "%1 at %2 (route %3)",
    "%1 cell %2",
    "%1 characters, %2 code blocks, %3 edits",
    "%1fix for %2\n%3",
    "(The same as before: do something else, or end.)",
    "**Fix for %1**%2\n\n%3%4",
    ", in %1",
    "<Explanation of %1: %2>",
    "<Reply from %1: %2, finished: %3>",
    "<names that cells of tests have bound>",
    "<timed eval>",
    "<timed exec>",
    "Bearer %1",
    "Delete a cell; the user is asked.",
    "It needs %1, a text.",
    "It needs 'cells', a list of ids.",
    "It is a cell of text.",
    "The line with that hash is not there: the end was cut.",
    "It is no whole line of JSON.",
    "It does not follow the line before it: one of them was changed, moved or taken out.",
    "The log is gone.",
    "My call did not arrive.",
    "Several cells begin with",
    "The user has added cells meanwhile: %1.",
    "There is no cell",
    "Your call did not arrive: it was not well formed. Write code as a block, or the call as JSON: "
    '{"name": …, "arguments": {…}}.',
    "\\nAll traceback entries are hidden\\..*\\Z",
    "`%1` → `not %2`",
    "`%1` → `return None`",
    "`--route %1` (%2)",
    "`in` → `not in`",
    "`is not` → `is`",
    "`is` → `is not`",
    "`not in` → `in`",
    "a fork is started from the main thread",
    "as it was",
    "async def ",
    "attached to a different loop",
    "cell %1%2",
    "cell %1: deleted",
    "cell %1: not changed: it is a %2 cell, and this is %3.",
    "cell %1: not changed: the user has changed it since. Now it is:\n%2\nWrite it again if it still has to "
    "change.",
    "cell %1: the user keeps it; go on without deleting it.",
    "cell %1: written",
    "def %1():",
    "def %1(%2):",
    "import pytest",
    "line %1: %2",
    "llama-server binary not found",
    "no %1",
    "not carried out: the run has ended",
    "not done",
    "os.exec os.fork os.forkpty os.posix_spawn os.spawn os.startfile os.system pty.spawn",
    "os.killpg signal.pthread_kill",
    "socket.getaddrinfo socket.gethostbyname socket.gethostbyaddr socket.getnameinfo syslog.openlog "
    "syslog.syslog webbrowser.open",
    "test %1",
    "too many at once",
    "tool '([^'\\n]{1,100})' not found",
}
QUOTED = r"""(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")"""
ONE = re.compile(rf"\btrans\.__\(\s*{QUOTED}")
MANY = re.compile(rf"\btrans\._n\(\s*{QUOTED},\s*{QUOTED}")


def sources() -> str:
    files = (ROOT / "labextension" / "src").rglob("*.ts*")
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(files)).replace("_trans.", "trans.")


def sentences() -> dict[str, int]:
    """Each sentence, and how many forms it has."""
    text = sources()
    found = {(one or other).replace("\\'", "'").replace("\\\\", "\\"): 1 for one, other in ONE.findall(text)}
    found |= {one or other: 2 for one, other, *_ in MANY.findall(text)}
    return found


def test_every_sentence_is_translated() -> None:
    french = json.loads(FRENCH.read_text(encoding="utf-8"))
    translated = {key: len(forms) for key, forms in french.items() if key}
    assert translated == sentences()
    assert len(translated) > 100


def test_places_to_fill_in_are_kept() -> None:
    french = json.loads(FRENCH.read_text(encoding="utf-8"))
    for key, forms in french.items():
        for form in forms if key else ():
            wanted = set(re.findall(r"%\d", key)) if len(forms) == 1 else set(re.findall(r"%\d", form))
            assert set(re.findall(r"%\d", form)) == wanted, key
            assert form.strip() == form
            assert form


def test_no_sentence_goes_around_the_translator() -> None:
    """Text between tags, and labels as plain attributes."""
    for path in (ROOT / "labextension" / "src").rglob("*.tsx"):
        text = path.read_text(encoding="utf-8")
        assert not re.findall(r">\s*[A-Z][a-z]+ [a-z]+[^<{]*</(?!code)", text), path
        assert not re.findall(r"(?:aria-label|placeholder|title)=\"[^\"]*[a-z] [a-z]", text), path


def said() -> dict[str, str]:
    known: dict[str, str] = json.loads(SAID.read_text(encoding="utf-8"))
    return known


def test_every_sentence_that_server_and_kernel_send_is_translated() -> None:
    """A new one needs its French in `said.json`, or a line above that says that no page shows it."""
    spoken = shown_sentences()
    missing = {words: module for words, module in spoken.items() if words not in said()}
    assert sorted(set(missing) - NOT_SHOWN) == []
    assert len(spoken) > 400
    assert sorted(NOT_SHOWN - set(missing)) == []


def test_no_translation_of_what_is_not_said_any_more() -> None:
    files = sorted((ROOT / "jupyter_devstral").rglob("*.py"))
    package = "".join(path.read_text(encoding="utf-8") for path in files)
    gone = set(said()) - set(shown_sentences())
    assert [words for words in gone if words.replace("%1", "").strip() not in package] == []


def test_what_server_and_kernel_say_keeps_its_places() -> None:
    for words, french in said().items():
        assert sorted(re.findall(r"%\d", french)) == sorted(re.findall(r"%\d", words)), words
        assert (french[:1] == " ") == (words[:1] in " ;"), words
        assert french.count("`") == words.count("`"), words

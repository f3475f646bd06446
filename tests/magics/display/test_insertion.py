"""Edits become the text of the next cell; a rewritten cell is shown as a diff first."""

from types import SimpleNamespace

from jupyter_devstral.core.edits.edit import Edit, Loss
from jupyter_devstral.magics.display.insertion import diff_markdown, insert, next_cell


def new(source, kind="code"):
    return Edit("insert", "q", "", source, kind)


def test_one_block_is_the_cell():
    assert next_cell([new("%%time\nx = 1")]) == "%%time\nx = 1"


def test_several_blocks_are_joined_with_marks():
    text = next_cell([new("a = 1"), new("Some *text*\n\nmore", "markdown"), new("b = 2")])
    assert text == "a = 1\n\n# %% [markdown]\n# Some *text*\n#\n# more\n\n# %%\nb = 2"


def test_nothing_to_insert():
    assert next_cell([]) == ""
    insert(None, [], "below")
    insert(None, [new("x")], "none")


def test_replace_is_asked_for():
    calls = []
    ip = SimpleNamespace(set_next_input=lambda text, replace=False: calls.append((text, replace)))
    insert(ip, [new("x")], "below")
    insert(ip, [new("x")], "replace")
    assert calls == [("x", False), ("x", True)]


def test_a_diff_has_a_fence_longer_than_any_inside():
    edit = Edit("replace", "c1", 's = """\n```\nold\n```\n"""', 's = """\n```\nnew\n```\n"""')
    text = diff_markdown([edit], "cell {}".format)
    assert text.startswith("````diff\n--- cell c1\n+++ rewritten\n")
    assert "-old\n+new\n" in text
    assert diff_markdown([Edit("replace", "c1", "x", "x")], str) == "*The cell stays as it is.*\n"


def test_below_a_diff_stands_what_it_loses():
    edit = Edit("replace", "c1", "a = 1", "b = 1", loss=Loss(("a", "P.b"), (), 3, 4))
    assert (
        diff_markdown([edit], "cell {}".format)
        .rstrip()
        .endswith("⚠ The new version no longer makes `a`, `P.b`; removes 3 of 4 statements.")
    )

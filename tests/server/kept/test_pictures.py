"""Pictures of questions, kept by name beside their conversation."""

from __future__ import annotations

from jupyter_devstral.server.kept.pictures import KeptPictures

ONE = {"mime": "image/png", "data": "aGVsbG8="}


def test_a_picture_is_kept_under_a_name_by_which_it_is_sent_again(tmp_path):
    kept = KeptPictures(tmp_path, "/root")
    whole, [named] = kept.keep("a.ipynb", [ONE])
    assert whole == [ONE]
    assert set(named) == {"mime", "key"}
    assert kept.read("a.ipynb", named["key"]) == ONE
    assert kept.keep("a.ipynb", [named]) == ([ONE], [named])
    # A picture belongs to its notebook, and goes where that goes.
    assert kept.read("b.ipynb", named["key"]) == {}
    kept.rename("a.ipynb", "b.ipynb")
    assert kept.read("b.ipynb", named["key"]) == ONE
    kept.delete("b.ipynb")
    assert list(tmp_path.iterdir()) == []


def test_what_names_no_picture_is_left_out(tmp_path):
    kept = KeptPictures(tmp_path, "/root")
    for images in (None, "x", [None, 3, {}, {"key": "../../etc/passwd"}, {"key": "0" * 16}, {"data": 3}]):
        assert kept.keep("a.ipynb", images) == ([], [])

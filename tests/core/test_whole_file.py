"""Files that are replaced in one step, and those that only their user may read."""

import pytest

from jupyter_devstral.core.errors import DevstralError
from jupyter_devstral.core.whole_file import write_private


def test_a_private_file_and_its_new_folder_are_the_users_alone(tmp_path):
    file = tmp_path / "new" / "kept.json"
    for text in ("{}", "[1]"):
        write_private(file, text)
        assert file.read_text() == text
        assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert [one.name for one in file.parent.iterdir()] == ["kept.json"]


def test_a_private_file_below_a_file_is_an_error_that_names_it(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DevstralError, match=r"kept\.json cannot be written"):
        write_private(tmp_path / "file" / "kept.json", "{}")

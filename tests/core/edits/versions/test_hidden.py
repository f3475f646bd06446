"""A fix that passes over the error is not one that mends it."""

from __future__ import annotations

import pytest

from jupyter_devstral.core.edits.edit import Edit, with_losses
from jupyter_devstral.core.edits.versions.hidden import hidden_errors
from jupyter_devstral.core.edits.versions.loss import loss_of

BEFORE = "total = 0\nfor row in rows:\n    total += float(row)"


def inside(handler: str, body: str, statement: str = "total += float(row)") -> str:
    return f"total = 0\nfor row in rows:\n    try:\n        {statement}\n    {handler}\n        {body}"


@pytest.mark.parametrize(
    ("after", "hidden"),
    [
        (inside("except:", "pass"), ("BaseException",)),
        (inside("except Exception:", "continue"), ("Exception",)),
        (inside("except Exception as error:", "print(error)"), ("Exception",)),
        (inside("except (ValueError, TypeError):", "..."), ("ValueError", "TypeError")),
        (inside("except ValueError:", "logging.warning('bad')\n        continue"), ("ValueError",)),
        (inside("except Exception:", "total = None"), ("Exception",)),
        (inside("except Exception:", "total = float('nan')"), ("Exception",)),
        ("import contextlib\nwith contextlib.suppress(KeyError):\n    total = rows['a']", ("KeyError",)),
        ("from contextlib import suppress\nwith suppress(Exception):\n    total = 1", ("Exception",)),
        (
            "for row in rows:\n    try:\n        total = row\n    finally:\n        continue",
            ("BaseException",),
        ),
        (inside("except ValueError:", "total = 0"), ("ValueError",)),
        (inside("except KeyError:", "total = rows.get('a', 0)"), ()),
        ("try:\n    import fast\nexcept ImportError:\n    fast = None\ntotal = 0", ()),
        (inside("except ValueError:", "total += 0.0"), ()),
        (inside("except ValueError:", "raise"), ()),
        (inside("except Exception:", "total += float(row.strip('$'))"), ()),
        (inside("except Exception:", "print(row)\n        raise"), ()),
        (inside("except Exception:", "bad.append(row)"), ()),
        ("total = sum(map(float, rows))", ()),
        ("total = (", ()),
    ],
)
def test_what_a_new_version_passes_over(after: str, hidden: tuple[str, ...]) -> None:
    assert hidden_errors(BEFORE, after) == hidden


def test_what_the_cell_passed_over_before_is_the_users() -> None:
    before = inside("except ValueError:", "pass")
    assert hidden_errors(before, before.replace("float", "int")) == ()
    assert hidden_errors(before, f"{before}\n{before}") == ("ValueError",)


def test_the_badge_never_reads_ran_clean_alone() -> None:
    after = inside("except Exception:", "pass")
    edit = Edit("replace", "a", BEFORE, after, loss=loss_of(BEFORE, after))
    assert with_losses("ran clean in 0.1 s", [edit]) == "ran clean in 0.1 s, but hides errors (Exception)"
    assert edit.as_json()["loss"]["hides"] == ("Exception",)

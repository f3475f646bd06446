"""Facts about an exception, past whatever its class redefines (`__class__`, `name`, `args`, …).

Only `text_of` runs the user's code, and swallows whatever that raises.
"""

from __future__ import annotations

from typing import Any

from ..variables.type_facts import MISSING, instance_dict, is_a, library_attribute

# The second is ExceptionGroup on Python 3.10.
_LIBRARIES = ("builtins", "exceptiongroup")


def is_error(error: BaseException, *kinds: type[BaseException]) -> bool:
    """Tell whether an exception is an instance, by the real classes alone."""
    return is_a(type(error), *kinds)


def field_of(error: BaseException, name: str) -> Any:
    """An attribute as Python itself set it; None where there is none."""
    for library in _LIBRARIES:
        found = library_attribute(error, library, name)
        if found is not MISSING:
            return found
    return None


def first_argument(error: BaseException) -> Any:
    """`error.args[0]`; None without one."""
    arguments = field_of(error, "args")
    return arguments[0] if arguments else None


def text_of(error: BaseException) -> str | None:
    """`str(error)`, for a SyntaxError its message alone; None where that fails."""
    try:
        # A subclass of str may override any method.
        return str.__str__(str(field_of(error, "msg") if is_error(error, SyntaxError) else error))
    except BaseException:  # noqa: BLE001 - a user's __str__ may raise anything, and may be what is interrupted
        return None


def notes_of(error: BaseException) -> list[str]:
    """What `add_note` has added."""
    notes = instance_dict(error).get("__notes__")
    return [str.__str__(note) for note in notes if is_a(type(note), str)] if type(notes) is list else []

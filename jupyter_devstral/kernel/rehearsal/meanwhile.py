"""What the user does in the kernel while a rehearsal goes on: cells that ran, variables that differ.

The values of both times are read in forks, never in the kernel: a user's own classes may be slow to
read, or wrong.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from ..copy.child import Child
from ..copy.forked import Forked
from ..copy.namespace_changes import Facts, Namespace

_SECONDS, _MEMORY = 2.0, 2**30


@dataclass(frozen=True)
class Meanwhile:
    """What the user has done.

    Attributes:
        ran: sources of the cells that ran, in order.
        variables: names that are new, gone or changed, as far as that is cheap to see.
    """

    ran: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()


def facts_now(ip: Any, first: Collection[str]) -> Facts | None:
    """Read the variables of a kernel as they are now, from its main thread; None where there can be no copy.

    Args:
        first: names whose values are read before there is no time left for others.
    """

    def tell(child: Child) -> None:
        child.send({"facts": Namespace(ip.user_ns, first, ip.user_ns_hidden).facts()})

    forked = Forked(tell, seconds=_SECONDS, memory=_MEMORY)
    try:
        forked.start()
    except OSError:
        return None
    return next((message["facts"] for message in forked.result().sent if "facts" in message), None)

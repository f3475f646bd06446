"""The kernel's answers to somebody outside: variables described, tests proven, settings taken over.

Each call is one silent expression (`expressions`), what it returns is JSON. Must not know who asks, nor what
a reply is. The extension need not be loaded.
"""

from __future__ import annotations

import json
import uuid
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from .expressions import PROTOCOL

if TYPE_CHECKING:
    # Whoever asks for variables alone does not wait for the imports of a proof.
    from .proof.proof import Proof, Steps

_DESCRIPTION_SECONDS = 0.5
# Proofs that nobody goes on with are forgotten.
_MOST_KEPT = 8
_running: OrderedDict[str, Steps] = OrderedDict()
_proofs: OrderedDict[str, Proof] = OrderedDict()


class OtherVersion(Exception):
    """Somebody with another version of this package asks."""


def call(protocol: int, function: str, *arguments: Any) -> Any:
    """Carry out one of the calls of `expressions`; raises OtherVersion where those are not this version's."""
    if protocol != PROTOCOL:
        raise OtherVersion(f"protocol {protocol} was asked for, this is {PROTOCOL}")
    known = (
        set_up,
        variables_json,
        targets_json,
        begin_json,
        go_on_json,
        soundness_json,
        judge_json,
        rehearse_json,
    )
    return {one.__name__: one for one in known}[function](*arguments)


def set_up(settings: dict[str, Any], load: bool) -> None:
    """Give `DevstralConfig` these values and load the extension; errors reach the command line."""
    from traitlets.config import Config

    ip = _shell()
    if ip is None:
        raise RuntimeError("this kernel does not run IPython")
    given = Config(DevstralConfig=Config(settings))
    ip.config.merge(given)
    for configurable in ip.configurables:
        if type(configurable).__name__ == "DevstralConfig":
            configurable.update_config(given)
    if load and ip.extension_manager is not None:
        ip.extension_manager.load_extension("jupyter_devstral")


def variables_json(first: list[str]) -> str:
    """Describe the variables of the notebook, the `first` ones first, then the most important."""
    from ..core.variables.namespace import describe_namespace

    ip = _shell()
    if ip is None:
        return "[]"
    found = describe_namespace(
        ip.user_ns, first=first, hidden=set(ip.user_ns_hidden), deadline_seconds=_DESCRIPTION_SECONDS
    )
    return json.dumps([[each.name, each.kind, each.text] for each in found])


def targets_json(text: str, form: str, cell: str) -> str:
    """Find what tests of this form, asked for with these words about this cell, are for.

    Returns {"named": [[name, source]], "defined": [name], "rest": the other words}, or {"problem": a
    sentence}.
    """
    from ..core.errors import UsageError
    from .proof.targets import defined_targets, named_targets

    try:
        named, rest = named_targets(text, _namespace(), form)
    except UsageError as error:
        return json.dumps({"problem": str(error)})
    defined = [] if named else defined_targets(cell, _namespace())
    return json.dumps(
        {
            "named": [[target.name, target.source] for target in named],
            "defined": [target.name for target in defined],
            "rest": rest,
        }
    )


def begin_json(request: str) -> str:
    """Begin a proof, and go as far as its first step.

    Args:
        request: JSON of {"blocks": code of the reply, "targets": names, "cell": source, "seconds": for one
            copy, "form": of the tests, "strengthens": key of the proof whose survivors they are for, or ""}.

    Returns what `go_on_json` does.
    """
    from ..core.model.kept_connections import kept_ports
    from .proof.proof import proving
    from .proof.targets import Target, definition_source

    asked = json.loads(request)
    namespace = _namespace()
    earlier = _proofs.get(asked["strengthens"])
    names = [target.name for target in earlier.targets] if earlier else asked["targets"]
    found = [(name, definition_source(namespace.get(name), name)) for name in names]
    targets = [Target(name, source) for name, source in found if source]
    # Faults of a function that has changed since are none of this one.
    fits = earlier is not None and list(earlier.targets) == targets
    steps = proving(
        _shell(),
        asked["blocks"],
        targets,
        cell=asked["cell"],
        form=asked["form"],
        mutants=earlier.alive if fits and earlier else None,
        seconds=asked["seconds"],
        own_ports=kept_ports(),
    )
    key = uuid.uuid4().hex
    _keep(_running, key, steps)
    return _next(key, lambda: next(steps))


def go_on_json(key: str, answer: str) -> str:
    """Take the next step.

    Args:
        answer: JSON of {"blocks": code} or {"problem": why there is none} where the last step asked for
            another reply, else "".

    Returns {"key": …} with {"step": "say", "words": …}, {"step": "ask", "words": …} or {"step": "done", …}.
    """
    steps = _running.get(key)
    if steps is None:
        return json.dumps({"step": "lost"})
    said = json.loads(answer) if answer else {}
    if "problem" in said:
        from ..core.errors import ModelError

        return _next(key, lambda: steps.throw(ModelError(said["problem"])))
    return _next(key, lambda: steps.send(said.get("blocks")))


def soundness_json() -> str:
    """Why this kernel cannot judge code in copies of itself, as a phrase; "" when it can."""
    from .exam import why_no_exam

    return json.dumps(why_no_exam(_shell()))


def judge_json(request: str) -> str:
    """Run cells and a check of their result in a confined copy.

    Args:
        request: JSON of {"steps": [[source, may fail]], "check": source, "seconds": limit}.

    Returns JSON of {"runs": bool, "right": bool, "why": text}.
    """
    from .exam import judge

    return json.dumps(judge(_shell(), **json.loads(request)))


def rehearse_json(request: str) -> str:
    """Carry out one call about a rehearsal; see `rehearsal.calls`."""
    from .rehearsal.calls import carry_out

    return carry_out(_shell(), request)


def _next(key: str, step: Any) -> str:
    from ..core.answering import Asking

    try:
        said = step()
    except StopIteration as end:
        _running.pop(key, None)
        _keep(_proofs, key, end.value)
        return json.dumps({"key": key, "step": "done", **_told(end.value)})
    except BaseException:
        _running.pop(key, None)
        raise
    return json.dumps({"key": key, "step": "ask" if isinstance(said, Asking) else "say", "words": said.words})


def _told(proof: Proof) -> dict[str, Any]:
    edits = proof.edits("")
    return {
        "markdown": proof.markdown(how_to_strengthen=""),
        "cell": edits[0].source if edits else "",
        "docstrings": proof.docstrings,
        "sources": {target.name: target.source for target in proof.targets},
        "strengthen": proof.strengthening() if proof.alive and not proof.reason else "",
        "has_magic": "devstral" in _shell().magics_manager.magics["cell"],
    }


def _keep(kept: OrderedDict[str, Any], key: str, value: Any) -> None:
    kept[key] = value
    while len(kept) > _MOST_KEPT:
        kept.popitem(last=False)


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()


def _namespace() -> dict[str, Any]:
    namespace: dict[str, Any] = _shell().user_ns
    return namespace

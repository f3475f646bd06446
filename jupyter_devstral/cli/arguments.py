"""The arguments and help of every subcommand of `jupyter devstral`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..core.request.tasks import TASKS, Task

# Subcommand -> the module whose `command(arguments)` carries it out; imported only when needed.
SUBCOMMANDS = {
    "doctor": "commands.doctor",
    "models": "commands.models",
    "pull": "commands.pull",
    "prompt": "commands.prompt",
    "complete": "commands.complete",
    "apply": "commands.apply",
    "run": "run.run",
    "do": "commands.do",
    "export-tests": "commands.export_tests",
    "eval": "commands.eval",
    "serve": "commands.serve",
    "autoload": "commands.autoload",
    "rules": "commands.rules",
    "policy": "commands.policy",
    "audit": "commands.audit",
}
# Subcommands that ask a model server, or show what would be asked.
_ASKS = frozenset({"doctor", "models", "pull", "prompt", "run", "do"})
_TASKS = [task.value for task in Task]


def _listed(code: str) -> str:
    words = [task.value for task, facts in TASKS.items() if facts.code == code]
    return f"{', '.join(words[:-1])} and {words[-1]}"


def add_subcommands(parser: argparse.ArgumentParser) -> None:
    """Add all subcommands; the one typed is `arguments.subcommand`."""
    add = parser.add_subparsers(dest="subcommand", metavar="SUBCOMMAND", title="subcommands").add_parser
    doctor = _add(add, "doctor", "say in plain sentences what is wrong, and the next step")
    doctor.add_argument(
        "--privacy", action="store_true", help="what may leave this machine, where it goes, what is kept"
    )
    _add(add, "models", "list the models that the server has")
    pull = _add(add, "pull", "download a model, with progress; asking again resumes")
    pull.add_argument("model", metavar="NAME", help="a model's name, such as devstral-small-2")
    _add_prompt(add)
    _add_complete(add)
    _add_apply(add)
    _add_run(add)
    _add_do(add)
    _add_export_tests(add)
    _add_eval(add)
    _add_serve(add)
    _add_rules(add)
    _add_policy(add)
    _add_audit(add)
    autoload = _add(add, "autoload", "make IPython and its kernels load the magics by themselves")
    autoload.add_argument("--off", action="store_true", help="take it back")


def _add(add: Any, name: str, text: str, more: str = "") -> argparse.ArgumentParser:
    description = text[0].upper() + text[1:] + "." + (f" {more}" if more else "")
    parser: argparse.ArgumentParser = add(name, help=text, description=description, allow_abbrev=False)
    if name in _ASKS:
        parser.add_argument(
            "--route", metavar="NAME", default="local", help="which of DevstralConfig.routes (default: local)"
        )
    return parser


def _add_notebook(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("notebook", metavar="NOTEBOOK", help="an .ipynb file, or - for standard input")


def _add_cell(parser: argparse.ArgumentParser) -> None:
    _add_notebook(parser)
    parser.add_argument(
        "--cell",
        metavar="CELL",
        required=True,
        help="a cell's id, or what stands beside it: '[3]' where it ran, '#5' for the fifth",
    )


def _add_prompt(add: Any) -> None:
    prompt = _add(
        add,
        "prompt",
        "show the exact messages that would be sent",
        "Needs no model, no server and no network.",
    )
    _add_cell(prompt)
    prompt.add_argument(
        "--task",
        metavar="T",
        choices=_TASKS,
        help=f"{', '.join(_TASKS)} (default: the cell's own; plain cell: write with --text, else explain)",
    )
    prompt.add_argument("--text", metavar="PROMPT", help="the question (default: what the cell asks)")
    prompt.add_argument(
        "--budget",
        metavar="TOKENS",
        type=_tokens,
        help="tokens for the context pieces alone, without system prompt and question (default: no limit)",
    )
    prompt.add_argument(
        "--json", action="store_true", help="messages, tokens, pieces and what was dropped as JSON"
    )


def _add_complete(add: Any) -> None:
    complete = _add(
        add,
        "complete",
        "ask for a suggestion at a cursor, and show what comes",
        "Asked by hand: what would stop a suggestion while typing stands in the notes.",
    )
    _add_cell(complete)
    complete.add_argument(
        "--offset",
        metavar="N",
        type=_offset,
        required=True,
        help="code points of the cell before the cursor",
    )
    complete.add_argument(
        "--json", action="store_true", help="text, reply, request, model, dropped and notes as JSON"
    )


def _add_apply(add: Any) -> None:
    apply = _add(
        add,
        "apply",
        "apply a model's reply (standard input) to a notebook, and print the notebook",
        f"Inserted below the cell for {_listed('inserts')}, replacing the cell for {_listed('rewrites')}.",
    )
    _add_cell(apply)
    apply.add_argument("--task", metavar="T", choices=_TASKS, help=f"{', '.join(_TASKS)} (default: write)")


def _add_run(add: Any) -> None:
    run = _add(
        add,
        "run",
        "execute a notebook, with the cells that the model writes inserted and executed too",
        "Using `run` is the consent to execute code that a model writes.",
    )
    _add_notebook(run)
    run.add_argument(
        "-o", "--output", metavar="OUT.ipynb", type=Path, required=True, help="where the result goes"
    )
    run.add_argument(
        "--html", metavar="OUT.html", type=Path, help="the result as one page without any script"
    )
    run.add_argument(
        "--timeout", metavar="S", type=_seconds, help="seconds a cell may take (default: no limit)"
    )
    run.add_argument(
        "--allow-errors", action="store_true", help="go on after a cell that fails, and exit with 0"
    )
    run.add_argument(
        "--explain",
        action="store_true",
        help="have the model explain a cell that fails; its fix is tried in a copy, never applied",
    )
    run.add_argument(
        "--no-execute-inserted",
        action="store_true",
        help="insert what the model writes, but do not execute it",
    )


def _add_do(add: Any) -> None:
    do = _add(
        add,
        "do",
        "have a whole task done in a copy of the notebook's kernel, and write the notebook with its cells",
        "Nothing is run for real, and every effect outside the copy is refused, unless --yes-run says so. "
        "Exit status: 0 done, 3 gave up, 4 something was refused.",
    )
    _add_notebook(do)
    do.add_argument("task", metavar="TASK", help="what is to be done, in words")
    do.add_argument(
        "-o", "--output", metavar="OUT.ipynb", type=Path, required=True, help="where the result goes"
    )
    do.add_argument("--plan", action="store_true", help="only plan: nothing is changed or run")
    do.add_argument(
        "--yes-run",
        action="store_true",
        help="afterwards run the notebook with the new cells for real, and keep what that shows",
    )
    do.add_argument(
        "--timeout", metavar="S", type=_seconds, default=60, help="seconds a cell may take (default: 60)"
    )


def _add_export_tests(add: Any) -> None:
    export = _add(
        add,
        "export-tests",
        "write a notebook's tests, and the code they need, as modules for plain pytest",
        "Takes the functions test_… of all cells; nothing is executed.",
    )
    _add_notebook(export)
    export.add_argument(
        "-o", "--output", metavar="FOLDER", type=Path, required=True, help="where the two modules go"
    )
    export.add_argument(
        "--force", action="store_true", help="overwrite files of these names that say something else"
    )


def _add_eval(add: Any) -> None:
    evals = _add(
        add,
        "eval",
        "measure how often a model is right, with cases that ship",
        "Fixes crashes, writes code and tests functions in kernels of its own; what the model writes runs in "
        "confined copies only. A run that was ended goes on where it stopped.",
    )
    evals.add_argument("--model", metavar="M", help="default: the configured model")
    evals.add_argument("--compare", metavar="M2", help="a second model, beside the first")
    evals.add_argument(
        "--suite", metavar="S", default="fix,write,test", help="fix, write, test, with commas (default: all)"
    )
    evals.add_argument("--limit", metavar="N", type=_cases, help="only the first N cases of each suite")
    evals.add_argument("--fresh", action="store_true", help="forget what an earlier run found")
    evals.add_argument("--json", action="store_true", help="the result as JSON")
    evals.add_argument(
        "--self-test",
        action="store_true",
        help="judge right answers and none instead of a model's; exit status 1 unless all and none are right",
    )


def _add_serve(add: Any) -> None:
    serve = _add(
        add,
        "serve",
        "speak Ollama's HTTP API for a GGUF file, on this machine only",
        "A stand-in for machines without Ollama; needs the extra: pip install 'jupyter_devstral[embedded]'.",
    )
    serve.add_argument("--gguf", metavar="FILE", type=Path, required=True, help="the model file")
    serve.add_argument("--port", metavar="P", type=_port, default=11434, help="default: 11434, Ollama's own")
    serve.add_argument("--name", metavar="MODEL", help="the name it answers to (default: from the file)")


def _add_rules(add: Any) -> None:
    rules = _add(
        add,
        "rules",
        "show the rules that lie beside a notebook (.devstral.md), or switch them on or off",
        "They are part of a prompt only once they are switched on, and off again when the file changes.",
    )
    rules.add_argument("notebook", metavar="NOTEBOOK", type=Path, help="an .ipynb file, or its folder")
    rules.add_argument("state", metavar="on | off", nargs="?", choices=("on", "off"), help="default: show")


def _add_policy(add: Any) -> None:
    policy = _add(add, "policy", "explain a policy file, or the policy that is in force")
    actions = policy.add_subparsers(dest="action", metavar="ACTION", required=True).add_parser
    check = actions("check", help="say what a policy file allows, and whether it is a lock")
    check.add_argument("file", metavar="FILE", nargs="?", type=Path, help="default: the files in force")


def _add_audit(add: Any) -> None:
    audit = _add(add, "audit", "read and check the log of what was sent")
    actions = audit.add_subparsers(dest="action", metavar="ACTION", required=True).add_parser
    tail = actions("tail", help="print the last entries")
    tail.add_argument("-n", dest="count", metavar="N", type=_count, default=10, help="how many (default: 10)")
    verify = actions("verify", help="check that no line was changed, moved or taken out")
    verify.add_argument("--head", metavar="HASH", default="", help="the last hash, kept elsewhere")
    head = actions("head", help="print the hash of the last line, to be kept elsewhere")
    for one in (tail, verify, head):
        one.add_argument("file", metavar="FILE", nargs="?", type=Path, help="default: the log in use")


def _count(text: str) -> int:
    return _number(text, "a whole number, 1 or more", 1)


def _tokens(text: str) -> int:
    return _number(text, "a number of tokens, 0 or more", 0)


def _offset(text: str) -> int:
    return _number(text, "a number of code points, 0 or more", 0)


def _seconds(text: str) -> int:
    return _number(text, "a whole number of seconds, 1 or more", 1)


def _cases(text: str) -> int:
    return _number(text, "a number of cases, 1 or more", 1)


def _port(text: str) -> int:
    port = _number(text, "a port from 0 (any free one) to 65535", 0)
    if port > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 (any free one) to 65535")
    return port


def _number(text: str, meaning: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not {meaning}")
    return number

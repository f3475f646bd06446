"""What is typed behind `%devstral` and `%%devstral`, as a value.

The grammar is `[task or subcommand] [options] [prompt, taken literally]`. Knows no IPython and no settings.
"""

from __future__ import annotations

import argparse
import difflib
import keyword
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NoReturn

from ..errors import UsageError
from ..notebook.scope import SCOPES
from .tasks import TASKS as TASK_FACTS
from .tasks import Task

# The tasks that are typed, with their lines of help.
TASKS = {task.value: facts.help for task, facts in TASK_FACTS.items() if facts.help}
SUBCOMMANDS = {
    "do": "have a whole task done in a copy of the kernel: do TASK, or the rest of the cell",
    "status": "the model, its host, the window, what would be sent",
    "doctor": "what is wrong and the next step; doctor --privacy: what may leave, and where it goes",
    "models": "the models the server has",
    "model": "use another model in this session: model NAME",
    "route": "the ways to a model, or take another one: route NAME",
    "pull": "download a model: pull NAME",
    "last": "the exact messages of the last request",
    "continue": "go on after an answer that was cut",
    "accept": "put the last fix, or the cells of the last `do`, into a cell; applied where JupyterLab can",
    "pytest": "run the tests of this cell with pytest; on a line of its own: all tests of the namespace",
    "strengthen": "write tests that notice the faults which the last tests did not",
    "auto": "what happens when a cell fails: auto on | button | off",
    "rules": "the rules of the project, `.devstral.md` beside the notebook: rules on | off",
    "complete": "suggestions at the prompt of a terminal: complete on | off | status",
    "stop": "stop the answer or the download that is running",
    "reset": "forget the earlier questions and answers",
    "help": "this text",
}
_WITH_ARGUMENT = ("model", "route", "pull", "auto", "rules", "complete")
_WITH_BODY = ("pytest",)
# The options that a subcommand takes; what is a task takes all but those of `doctor`.
_OPTIONS_OF = {
    "continue": frozenset({"insert", "output", "route"}),
    "strengthen": frozenset({"route"}),
    "doctor": frozenset({"privacy"}),
    "models": frozenset({"route"}),
}
_OF_A_MODEL = frozenset({"model", "route", "num_ctx", "temperature", "seed", "think"})
INSERT_MODES = ("below", "replace", "none")


@dataclass(frozen=True)
class Option:
    """One option of the magic line; `name` is the field of `Command` it fills."""

    flags: tuple[str, ...]
    name: str
    help: str
    metavar: str = ""
    choices: tuple[str, ...] = ()
    kind: type[str] | type[int] | type[float] = str
    repeatable: bool = False

    @property
    def takes_value(self) -> bool:
        return bool(self.metavar or self.choices)


OPTIONS = (
    Option(("-m", "--model"), "model", "the model for this request", metavar="NAME"),
    Option(("--route",), "route", "the route for this request: see `%devstral route`", metavar="NAME"),
    Option(("-c", "--context"), "context", "how much of the notebook may be sent", choices=SCOPES),
    Option(
        ("-v", "--var"),
        "variables",
        "attach a variable's schema; repeatable",
        metavar="NAME",
        repeatable=True,
    ),
    Option(("--insert",), "insert", "where the code goes", choices=INSERT_MODES),
    Option(("-o", "--output"), "output", "bind the reply object to NAME", metavar="NAME"),
    Option(
        ("--cell",),
        "cell",
        "the cell to rewrite: its id, [3] where it ran, or #5 for the fifth",
        metavar="CELL",
    ),
    Option(("--num-ctx",), "num_ctx", "the window in tokens", metavar="TOKENS", kind=int),
    Option(("--temperature",), "temperature", "sampling temperature", metavar="T", kind=float),
    Option(("--seed",), "seed", "seed of the sampler", metavar="N", kind=int),
    Option(("--think",), "think", "let a model that can think do so before it answers"),
    Option(("--properties",), "properties", "test: what holds for every input, with hypothesis"),
    Option(("--privacy",), "privacy", "doctor: what may leave this machine, and where it goes"),
    Option(("--doctest",), "doctest", "test: examples in the docstrings"),
    Option(("--dry-run",), "dry_run", "show what would be sent, with token counts; send nothing"),
)
_BY_FLAG = {flag: option for option in OPTIONS for flag in option.flags}
_TOKEN = re.compile(r"\S+")
# In quotes, as in a shell, or up to the next blank.
_VALUE = re.compile(r"(?P<quote>[\"'])(?P<quoted>[^\"'\n]*)(?P=quote)(?!\S)|(?P<bare>\S+)")


@dataclass(frozen=True)
class Command:
    """A magic line that was understood.

    Attributes:
        word: a task's value or a subcommand.
        text: the prompt, character for character; for a subcommand its argument, or its cell.
        variables: names given with `-v`, in order.
    """

    word: str
    text: str = ""
    model: str | None = None
    route: str | None = None
    context: str | None = None
    variables: tuple[str, ...] = ()
    insert: str = "below"
    output: str | None = None
    cell: str | None = None
    num_ctx: int | None = None
    temperature: float | None = None
    seed: int | None = None
    think: bool = False
    properties: bool = False
    doctest: bool = False
    privacy: bool = False
    dry_run: bool = False
    given: frozenset[str] = field(default_factory=frozenset)

    @property
    def task(self) -> Task | None:
        """The task, or None for a subcommand."""
        return Task(self.word) if self.word in TASKS else None


def parse_command(line: str, body: str | None = None) -> Command:
    """Understand a magic line; `body` is the rest of the cell for a cell magic.

    Raises `UsageError`, whose text names the nearest valid word.
    """
    word, position = _leading_word(line)
    tokens, position = _option_tokens(line, position)
    rest = line[position:]
    if word is None and body is not None and rest.strip() in TASKS:
        word, rest = rest.strip(), ""
    if word is None and body is None:
        _refuse_misspelt_subcommand(rest)
    values = vars(_parser().parse_args(tokens))
    given = frozenset(_BY_FLAG[token.partition("=")[0]].name for token in tokens if _flag(token))
    if word == "do":
        return _whole_task(rest if body is None else _join(rest, body), values, given)
    if word in SUBCOMMANDS:
        return _subcommand(word, rest.strip(), values, given, body)
    _refuse_late_dry_run(line, rest)
    text = rest if body is None else _join(rest, body)
    _check_values(values)
    for option in ("properties", "doctest"):
        if values[option] and word != Task.TEST.value:
            raise UsageError(f"--{option} goes with test: `%devstral test --{option} NAME`.")
    if values["privacy"]:
        raise UsageError("--privacy goes with doctor: `%devstral doctor --privacy`.")
    if values["properties"] and values["doctest"]:
        raise UsageError("--properties and --doctest are two kinds of tests: ask for one at a time.")
    task = Task(word or Task.WRITE)
    if not text.strip() and task.facts.needs_words:
        raise UsageError(
            f"{task.value} needs a prompt: `%devstral {task.value} …`, or `%%devstral` with a body."
        )
    values["variables"] = tuple(values["variables"] or ())
    values["insert"] = values["insert"] or "below"
    return Command(task.value, text, given=given, **values)


def help_text() -> str:
    """Everything that can be typed, from the same tables the parser is made of."""
    width = max(len(word) for word in (*TASKS, *SUBCOMMANDS)) + 2
    lines = ["%%devstral [TASK] [OPTIONS]      the prompt is the rest of the cell, taken literally"]
    lines += ["%devstral  [TASK] [OPTIONS] PROMPT", "%devstral  SUBCOMMAND", "", "tasks:"]
    lines += [f"  {word:{width}}{text}" for word, text in TASKS.items()]
    lines += ["", "subcommands:"]
    lines += [f"  {word:{width}}{text}" for word, text in SUBCOMMANDS.items()]
    options = _parser().format_help().partition("options:")[2]
    lines += ["", "options:" + options.rstrip(), ""]
    lines += ["@name in a prompt attaches that variable's schema. `--` ends the options."]
    return "\n".join(lines)


def _leading_word(line: str) -> tuple[str | None, int]:
    token = _TOKEN.search(line)
    if token and (token[0] in TASKS or token[0] in SUBCOMMANDS):
        return token[0], token.end()
    return None, 0


def _flag(token: str) -> bool:
    """Whether a token is meant as an option: `-x…` or `--…`, but not `-5`, `->` or `-`."""
    return re.match(r"--?[A-Za-z]", token) is not None


def _option_tokens(line: str, position: int) -> tuple[list[str], int]:
    """The option tokens from `position` on, and where the prompt begins."""
    tokens: list[str] = []
    while match := _TOKEN.search(line, position):
        token = match[0]
        if token == "--":
            return tokens, _after_one_blank(line, match.end())
        if not _flag(token):
            return tokens, match.start()
        flag, equals, _ = token.partition("=")
        option = _BY_FLAG.get(flag)
        if option is None:
            raise UsageError(
                f"unknown option {flag}{_did_you_mean(flag, _BY_FLAG)} `%devstral help` lists all."
            )
        position = match.end()
        if not option.takes_value:
            tokens.append(token)
            continue
        start = match.start() + len(flag) + 1 if equals else position
        value = _VALUE.match(line, start) if equals else _VALUE.search(line, start)
        if value is None and not equals:
            raise UsageError(f"{flag} needs a value: {option.metavar or ' | '.join(option.choices)}")
        # One token with "=", so that a value may begin with a dash.
        tokens.append(f"{flag}={_unquoted(value)}" if value else token)
        position = value.end() if value else position
    return tokens, len(line)


def _unquoted(value: re.Match[str]) -> str:
    return value["bare"] or value["quoted"] or ""


def _after_one_blank(line: str, position: int) -> int:
    return position + 1 if line[position : position + 1].isspace() else position


def _join(rest: str, body: str) -> str:
    """The line's trailing text, if any, then the body; only the line break that ends the cell is dropped."""
    body = body.removesuffix("\n")
    return f"{rest}\n{body}" if rest.strip() else body


def _whole_task(text: str, values: dict[str, Any], given: frozenset[str]) -> Command:
    if given - _OF_A_MODEL:
        raise UsageError("do takes options of the model alone. `%devstral help` lists all.")
    wishes = {name: values[name] for name in _OF_A_MODEL}
    return Command("do", text, given=given, **wishes)


def _subcommand(
    word: str, argument: str, values: dict[str, object], given: frozenset[str], body: str | None
) -> Command:
    if word in _WITH_BODY and body is not None and not (argument or given):
        return Command(word, body)
    if body is not None and body.strip():
        raise UsageError(f"{word} takes no cell body: use the line magic `%devstral {word}`.")
    if argument and word not in _WITH_ARGUMENT:
        raise UsageError(
            f"{word} takes no argument. For a prompt that begins with this word: `%devstral write {word} …`"
        )
    value = _VALUE.fullmatch(argument) if word in _WITH_ARGUMENT else None
    if value is not None:
        argument = _unquoted(value)
    elif word in _WITH_ARGUMENT and len(argument.split()) > 1:
        raise UsageError(f"{word} takes one name. For a prompt: `%devstral write {word} …`")
    if given - _OPTIONS_OF.get(word, frozenset()):
        raise UsageError(f"{word} does not take these options. `%devstral help` lists all.")
    insert, output = values["insert"], values["output"]
    route = values["route"]
    return Command(
        word,
        argument,
        insert=str(insert or "below"),
        output=str(output) if output else None,
        route=str(route) if route else None,
        privacy=bool(values["privacy"]),
        given=given,
    )


def _refuse_misspelt_subcommand(rest: str) -> None:
    """A single word that is almost a command is a typing error, not a prompt for the model."""
    words = rest.split()
    close = None
    if len(words) == 1:
        close = _nearest(words[0], (*SUBCOMMANDS, *TASKS), cutoff=0.7)
    elif len(words) == 2:
        close = _nearest(words[0], _WITH_ARGUMENT, cutoff=0.85)
    if close:
        raise UsageError(
            f"unknown subcommand {words[0]}: did you mean {close}? "
            f"(To send it as a prompt: `%devstral write {rest.strip()}`)"
        )


def _refuse_late_dry_run(line: str, rest: str) -> None:
    """Behind the prompt it would be words, and sent, which is the one thing it was meant to prevent."""
    if rest.split()[-1:] == ["--dry-run"] and "--" not in line[: len(line) - len(rest)].split():
        raise UsageError(
            "--dry-run stands behind the prompt, so it would be sent with it: put it before. "
            "(To send it as words, put `--` before the prompt.)"
        )


def _nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    return next(iter(difflib.get_close_matches(word.lower(), list(known), 1, cutoff)), None)


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    close = _nearest(word, known)
    return f": did you mean {close}?" if close else "."


def _check_values(values: dict[str, object]) -> None:
    names = values["variables"] or ()
    assert isinstance(names, (list, tuple))
    for name in (*names, *([values["output"]] if values["output"] else [])):
        if not name.isidentifier() or keyword.iskeyword(name):
            raise UsageError(f"{name!r} is not a variable name.")
    num_ctx, temperature = values["num_ctx"], values["temperature"]
    if isinstance(num_ctx, int) and num_ctx < 1:
        raise UsageError("--num-ctx must be a number of tokens greater than 0.")
    if isinstance(temperature, float) and not 0 <= temperature <= 2:
        raise UsageError("--temperature must lie between 0 and 2.")


class _OneLineParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        wrong = re.search(r"argument (\S+?): invalid choice: '(.*?)'", message)
        if wrong:
            option = _BY_FLAG[wrong[1].split("/")[0]]
            guess = _did_you_mean(wrong[2], option.choices)
            allowed = ", ".join(option.choices)
            raise UsageError(f"{option.flags[-1]} cannot be {wrong[2]!r}{guess} It is one of {allowed}.")
        raise UsageError(message.removeprefix("argument "))


@lru_cache(maxsize=1)
def _parser() -> _OneLineParser:
    parser = _OneLineParser(
        prog="%devstral",
        add_help=False,
        allow_abbrev=False,
        usage=argparse.SUPPRESS,
        formatter_class=lambda prog: argparse.HelpFormatter(prog, max_help_position=46, width=108),
    )
    for option in OPTIONS:
        if not option.takes_value:
            parser.add_argument(*option.flags, dest=option.name, action="store_true", help=option.help)
            continue
        parser.add_argument(
            *option.flags,
            dest=option.name,
            action="append" if option.repeatable else "store",
            type=option.kind,
            choices=option.choices or None,
            metavar=option.metavar or None,
            help=option.help.replace("%", "%%"),
        )
    return parser

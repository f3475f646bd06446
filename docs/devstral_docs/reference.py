"""The references, read from the tables and parsers that the product itself is made of."""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from traitlets import Enum, TraitType, Undefined

from jupyter_devstral import __version__
from jupyter_devstral.cli.arguments import add_subcommands
from jupyter_devstral.cli.evals.cases import SUITES, load_suite
from jupyter_devstral.core.completion.families import FAMILIES
from jupyter_devstral.core.request import command
from jupyter_devstral.core.request.command import OPTIONS, SUBCOMMANDS, TASKS
from jupyter_devstral.core.request.tasks import TASKS as TASK_FACTS
from jupyter_devstral.core.settings import policy, routes
from jupyter_devstral.core.settings.config import DevstralConfig

from .markdown import code, table, text

ROOT = Path(__file__).parents[2]
LAB = ROOT / "labextension"
_SCHEMA = LAB / "schema" / "plugin.json"
_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.+?)(?=^ {4}\w|\Z)", re.MULTILINE | re.DOTALL)
_WORD = re.compile(r"case '(\w+)':\s*return trans\.__\('([^']+)'\)")
_ENTRY = re.compile(
    r"key: '(\w+)',\s*name: '\w+',\s*title: [^\n]+,\s*about: trans\.__\('((?:[^'\\]|\\.)+)'\)"
)
_OWN_WORDS = re.compile(r"OWN_WORDS = \[([^\]]+)\]")


def version() -> str:
    """The version that these pages are of."""
    return f"These pages are of version {__version__}."


def tasks() -> str:
    """What can be asked for with the magics."""
    rows = [
        (code(f"%%devstral {word}"), text(help_text), _becomes(word)) for word, help_text in TASKS.items()
    ]
    return table(("you type", "what it does", "its code"), rows)


def _becomes(word: str) -> str:
    facts = next(facts for task, facts in TASK_FACTS.items() if task.value == word)
    return {
        "inserts": "becomes new cells, which you run",
        "rewrites": "replaces a cell, after its diff",
        "stays": "stays in the answer",
    }[facts.code]


def subcommands() -> str:
    """What the line magic can do besides asking."""
    rows = [(code(f"%devstral {word}"), text(about), _taken_by(word)) for word, about in SUBCOMMANDS.items()]
    return table(("you type", "what it does", "its options"), rows)


def _taken_by(word: str) -> str:
    names = command._OF_A_MODEL if word == "do" else command._OPTIONS_OF.get(word, frozenset())
    return ", ".join(code(option.flags[-1]) for option in OPTIONS if option.name in names)


def options() -> str:
    """The options of the magics."""
    rows = []
    for option in OPTIONS:
        value = option.metavar or (f"{{{','.join(option.choices)}}}" if option.choices else "")
        rows.append((", ".join(code(f"{flag} {value}".strip()) for flag in option.flags), text(option.help)))
    return table(("option", "what it does"), rows)


def command_line() -> str:
    """Every subcommand of `jupyter devstral`, as its own parser has it."""
    parser = argparse.ArgumentParser(prog="jupyter devstral", allow_abbrev=False)
    add_subcommands(parser)
    return "\n\n".join(part for name, one in _children(parser) for part in _of_subcommand(name, one))


def _children(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def _of_subcommand(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    below = list(_children(parser))
    yield f"## {name}"
    yield text(parser.description or "")
    if not below:
        yield _usage(parser)
    rows = [_argument(action) for action in parser._actions if _is_shown(action)]
    if rows:
        yield table(("argument", "meaning"), rows)
    for word, one in below:
        yield f"### {name} {word}"
        yield _usage(one)
        yield table(
            ("argument", "meaning"), [_argument(action) for action in one._actions if _is_shown(action)]
        )


def _usage(parser: argparse.ArgumentParser) -> str:
    words = " ".join(parser.format_usage().removeprefix("usage: ").replace("[-h] ", "").split())
    return f"```sh\n{words}\n```"


def _is_shown(action: argparse.Action) -> bool:
    return not isinstance(action, argparse._HelpAction | argparse._SubParsersAction)


def _argument(action: argparse.Action) -> tuple[str, str]:
    value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
    names = [f"{flag}{value}" for flag in action.option_strings] or [str(action.metavar or action.dest)]
    return ", ".join(map(code, names)), text((action.help or "").replace("%%", "%"))


def settings() -> str:
    """Every setting, from the traits."""
    traits = DevstralConfig.class_own_traits(config=True)
    return "\n\n".join(_setting(name, trait) for name, trait in sorted(traits.items()))


def _setting(name: str, trait: TraitType[Any, Any]) -> str:
    facts = [f"default: {_default(name, trait)}"]
    if isinstance(trait, Enum):
        facts.append("one of " + ", ".join(code(str(value)) for value in trait.values or ()))
    return f"## {name}\n\n{text(str(trait.help))}\n\n*{'; '.join(facts)}.*"


def _default(name: str, trait: TraitType[Any, Any]) -> str:
    if name == "host":
        # Its default is read from the environment of whoever builds these pages.
        return "from the environment"
    value = trait.default()
    return "none" if value is None or value is Undefined else code(repr(value))


def route_fields() -> str:
    """The fields of a route."""
    defaults = {field.name: field.default for field in dataclasses.fields(routes.Route)}
    return _fields(routes.Route, routes._READERS, lambda name: repr(defaults[name]))


def policy_keys() -> str:
    """The keys of a policy file, with what each takes."""
    return _fields(policy.Policy, policy._READERS, None)


def _fields(cls: type, names: Any, default: Callable[[str], str] | None) -> str:
    about = {name: " ".join(words.split()) for name, words in _ATTRIBUTE.findall(inspect.getdoc(cls) or "")}
    rows = []
    for name in names:
        row = [code(name), text(_sentence(about[name]))]
        rows.append([*row, code(default(name))] if default else row)
    head = ("field", "meaning", "default") if default else ("key", "meaning")
    return table(head, rows)


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]


def slash_commands() -> str:
    """What can be typed behind "/" in the sidebar."""
    rows = [(code(f"/{task.value}"), text(facts.slash)) for task, facts in TASK_FACTS.items() if facts.slash]
    sources = _typescript()
    texts = dict(_WORD.findall(sources))
    own = _OWN_WORDS.search(sources)
    assert own is not None, "the sidebar has no list of its own words any more"
    rows += [(code(f"/{word}"), text(texts[word])) for word in re.findall(r"\w+", own[1])]
    return table(("you type", "what it does"), rows)


def _typescript() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((LAB / "src").rglob("*.ts*")))


def keys() -> str:
    """The keys of the JupyterLab half."""
    shortcuts = json.loads(_SCHEMA.read_text(encoding="utf-8"))["jupyter.lab.shortcuts"]
    sources = _typescript()
    rows = [
        (
            ", ".join(f"*{key.replace('Accel', 'Ctrl')}*" for key in shortcut["keys"]),
            text(_label(shortcut["command"], sources)),
            _where(shortcut["selector"]),
            code(shortcut["command"]),
        )
        for shortcut in shortcuts
    ]
    return table(("keys", "what they do", "where", "command"), rows)


def _label(id: str, sources: str) -> str:
    """The label of a command in its palette; "" where it has none."""
    named = re.search(rf"(\w+): '{re.escape(id)}'", sources)
    found = named and re.search(rf"Ids\.{named[1]}\b[^;]{{0,80}}?trans\.__\(\s*'([^']+)'", sources)
    return found[1] if found else ""


def _where(selector: str) -> str:
    return {"body": "everywhere", ".jp-Notebook": "in a notebook"}.get(selector) or (
        "while a suggestion is shown" if "inline-completer" in selector else code(selector)
    )


def lab_settings() -> str:
    """The settings that JupyterLab's own editor of settings has."""
    properties = json.loads(_SCHEMA.read_text(encoding="utf-8"))["properties"]
    about = {key: words.replace("\\\\", "\\") for key, words in _ENTRY.findall(_typescript())}
    rows = [
        (
            code(name),
            text(facts.get("title", "")),
            text(about.get(name, "")),
            code(json.dumps(facts["default"])) if "default" in facts else "",
        )
        for name, facts in properties.items()
    ]
    return table(("name", "title", "meaning", "default"), rows)


def suites() -> str:
    """How many cases each suite has."""
    return table(("suite", "cases"), [(code(name), str(len(load_suite(name)))) for name in SUITES])


def completion_families() -> str:
    """The families of completion models that are known by their tokens."""
    return ", ".join(code(family.name) for family in FAMILIES) + "."

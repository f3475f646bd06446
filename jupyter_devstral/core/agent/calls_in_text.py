"""Calls of tools that leaked into a reply's text, in all the forms in which Mistral's models write them.

What only shows a call is none: code spans, quoted lines, fences that hold something else, and tags that were
broken up because they stood in data.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .action import Action
from .loose_json import Unfinished, read_value

_CANDIDATE = re.compile(
    r"(?P<fence>^[ \t]*(?P<ticks>`{3,}|~{3,})[^\n]*)"
    r"|(?P<tag>\[TOOL_CALLS\])"
    r"|(?P<xml><tool_call>|<\|tool_call\|>|<TOOLCALL>|<tools>|<\|python_tag\|>|\bfunctools(?=\[))"
    r"|(?P<spoken><function=(?P<function>[\w.-]+)>|<invoke name=\"(?P<invoke>[\w.-]+)\">"
    r"|to=functions\.(?P<channel>\w+)[^{\n]{0,80}<\|message\|>"
    r"|<(?:\|tool_call_begin\||｜tool▁call▁begin｜)>(?:function<｜tool▁sep｜>)?\s*(?P<begun>[\w.-]+)(?::\d+)?\s*"
    r"<?(?:\|tool_call_argument_begin\|>|｜tool▁sep｜>|```json\n)"
    r"|^Action:[ \t]*(?P<action>\w+)[ \t]*\n[ \t]*Action Input:[ \t]*)"
    r"|(?P<bare>^[ \t]*(?P<name>[A-Za-z_]\w*)\[ARGS\])"
    r"|(?P<json>^[ \t]*(?=[{\[]))",
    re.MULTILINE,
)
_SPOKEN = ("function", "invoke", "channel", "begun", "action")
_NAME = re.compile(r"\s*(?P<name>[A-Za-z_][\w.-]*)\s*(?:\[CALL_ID\]\s*\w*\s*)?(?P<args>\[ARGS\]|(?=\{))")
_BEGUN_NAME = re.compile(r"\s*(?P<name>[\w.-]*)\s*(?:\[[A-Z_]*)?\s*\Z")
_NOTHING = re.compile(r"\s*(?:null\b|None\b)?\s*(?=\[TOOL_CALLS\]|</s>|<\||\Z|\n)")
_WORDS = re.compile(r"\s*[^{}\[\]\n\"']{0,80}(?=[{\"])")
_END_OF_TURN = re.compile(
    r"(?:\s*(?:</s>|\[/TOOL_CALLS\]|</(?:tool_calls?|tools|TOOLCALL|function|function_calls|invoke)>"
    r"|<\|/?\w{1,30}\|>|<｜[\w▁]{1,30}｜>|```(?=<)))+\s*"
)
# What opens a turn or a list of calls, before the first of them.
_BEGIN_OF_TURN = re.compile(
    r"(?:<(?:tool_calls?|function_calls)>|<\|\w{1,30}\|>|<｜[\w▁]{1,30}｜>)(?:assistant|commentary)?\s*\Z"
)
# Arguments as elements: `<parameter=cell>a1b2</parameter>`, or keys and values in turn.
_ELEMENTS = re.compile(
    r"\s*(?:<parameter(?:=| name=\")(?P<name>\w+)\"?>(?P<value>.{0,2000}?)</parameter>"
    r"|<arg_key>(?P<key>[^<>]{1,80})</arg_key>\s*<arg_value>(?P<of_key>.{0,2000}?)</arg_value>)",
    re.DOTALL,
)
_NAMED_IN_XML = re.compile(r"\s*(?P<name>[A-Za-z_]\w*)\s*(?=<arg_key>|</tool_call>)")
_CUT_JSON = re.compile(
    r"\s*\[?\s*\{\s*[\"'](?:name|function)[\"']\s*:\s*[\"'](?P<name>[\w.-]+)[\"']\s*,\s*[\"'](?:arguments|parameters)"
)
_TOOL_CODE = re.compile(
    r"\s*(?:```(?:tool_code|tool_call|tool)[ \t]*\n)?(?P<code>\[?\s*[A-Za-z_]\w*\([^`]{0,4000}\)\s*\]?)\s*"
    r"(?:```\s*)?"
)
# A fence that says it holds something else (output, a program) is not read for calls.
_FENCES = frozenset({"", "json", "jsonc", "json5", "tool_call", "tool_calls", "tool_code", "tool", "xml"})
_NAMES = ("name", "function", "tool", "tool_name", "action", "recipient_name")
_ARGUMENTS = ("arguments", "parameters", "args", "input", "tool_input", "action_input")


def normal_name(name: str, known: Iterable[str]) -> str:
    """Find the tool that is meant, whatever its case, dashes and prefix; "" where there is none."""
    plain = name.strip().rpartition(".")[2].lower().replace("-", "_")
    return next((one for one in known if one == plain), "")


def split_calls(text: str, known: Iterable[str]) -> list[str | Action]:
    """Split a whole reply into its text and the calls that stand in it, in order.

    Args:
        known: names of the tools.
    """
    parts = list(_merged(_Scan(text, tuple(known)).parts()))
    return parts if any(isinstance(part, Action) for part in parts) else _in_python(text, known) or parts


def call_in_value(value: Any, known: Iterable[str], *, certain: bool) -> list[Action]:
    """Read the calls that a JSON value is; none where it is anything else.

    Args:
        certain: it can be nothing but a call, so that an unknown name is one, too.
    """
    if isinstance(value, list):
        calls = [call_in_value(one, known, certain=certain) for one in value]
        return [call for one in calls for call in one] if all(calls) else []
    if not isinstance(value, dict):
        return []
    if isinstance(value.get("tool_calls"), list):
        return call_in_value(value["tool_calls"], known, certain=certain)
    if isinstance(value.get("function"), dict):
        return call_in_value(value["function"], known, certain=certain)
    named = next((key for key in _NAMES if isinstance(value.get(key), str)), "")
    name = value[named] if named else ""
    key = next((key for key in _ARGUMENTS if key in value), "")
    meant = normal_name(name, known)
    if not name or not (key or meant) or _is_definition(value.get(key)):
        return []
    if not key and meant and certain:
        # The arguments stand beside the name.
        return [
            Action(meant, {str(one): it for one, it in value.items() if one not in (named, "type", "id")})
        ]
    if not key and set(value) != {"name"}:
        return []
    if not meant and not certain:
        return []
    arguments = _arguments(value.get(key))
    if arguments is None:
        return [Action(meant or name, problem="malformed")]
    return [Action(meant, arguments) if meant else Action(name, arguments, problem="unknown")]


def _in_python(text: str, known: Iterable[str]) -> list[str | Action]:
    """Read a whole text that calls tools as Python does, `[inspect(names=["df"])]`; [] for any other."""
    found = _TOOL_CODE.fullmatch(text)
    try:
        tree = ast.parse(found["code"].strip(), mode="eval").body if found else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = None
    written = tree.elts if isinstance(tree, ast.List) else [tree]
    calls = [call for one in written if (call := _call(one, known)) is not None]
    return [*calls] if len(calls) == len(written) else []


def _call(node: ast.expr | None, known: Iterable[str]) -> Action | None:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.args:
        return None
    meant = normal_name(node.func.id, known)
    try:
        arguments = {str(one.arg): ast.literal_eval(one.value) for one in node.keywords if one.arg}
    except (ValueError, TypeError, RecursionError, MemoryError):
        return None
    return Action(meant, arguments) if meant else None


def _is_definition(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") == "object" and "properties" in value


def _arguments(value: Any) -> Mapping[str, Any] | None:
    """Give arguments as a dict, also where they are JSON in a string; None where they are neither."""
    if isinstance(value, str) and value.strip():
        try:
            value, _ = read_value(value, len(value) - len(value.lstrip()))
        except ValueError:
            return None
    if value is None or value == "":
        return {}
    return {str(key): one for key, one in value.items()} if isinstance(value, dict) else None


def _read_if_listed(value: str) -> Any:
    """Read a value that is a list or an object; anything else is the text that it is."""
    try:
        return read_value(value, 0)[0] if value[:1] in ("[", "{") else value
    except ValueError:
        return value


class _Scan:
    def __init__(self, text: str, known: tuple[str, ...]) -> None:
        self._text = text
        self._known = known

    def parts(self) -> Iterator[str | Action]:
        """Yield text and calls, from candidate to candidate."""
        text, said, at = self._text, 0, 0
        while found := _CANDIDATE.search(text, at):
            calls, end = self._read(found)
            if calls:
                before = text[said : found.start()]
                while opened := _BEGIN_OF_TURN.search(before, max(0, len(before) - 200)):
                    before = before[: opened.start()]
                yield before
                yield from calls
                trailing = _END_OF_TURN.match(text, end)
                end = trailing.end() if trailing else end
                said = end
            at = max(end, found.end(), at + 1)
        yield text[said:]

    def _read(self, found: re.Match[str]) -> tuple[list[Action], int]:
        """Read a candidate: the calls it is, and where to go on."""
        if found["fence"]:
            return self._fence(found)
        if self._is_shown(found.start()):
            return [], found.end()
        if found["tag"]:
            return self._tagged(found.end())
        if found["xml"]:
            return self._marked(found.end())
        if found["spoken"]:
            return self._spoken(found)
        if found["bare"]:
            return self._named(found["name"], found.end())
        return self._bare_json(found)

    def _is_shown(self, at: int) -> bool:
        """Whether the place is in a quoted line or a code span."""
        before = self._text[self._text.rfind("\n", 0, at) + 1 : at]
        return before.lstrip().startswith(">") or before.count("`") % 2 == 1

    def _fence(self, found: re.Match[str]) -> tuple[list[Action], int]:
        ticks = found["ticks"]
        close = re.compile(rf"^[ \t]*{ticks[0]}{{{len(ticks)},}}[ \t]*$", re.MULTILINE)
        closed = close.search(self._text, found.end())
        body = self._text[found.end() : closed.start() if closed else len(self._text)].strip()
        end = closed.end() if closed else len(self._text)
        if found["fence"].strip().strip("`~").strip().lower() not in _FENCES:
            return [], end
        whole = not (self._text[: found.start()].strip() or self._text[end:].strip())
        if body[:1] not in "{[" or body.startswith("[TOOL_CALLS]"):
            inner = split_calls(body, self._known) if whole else []
            return [part for part in inner if isinstance(part, Action)], end
        try:
            value, stop = read_value(body, 0)
        except ValueError:
            return self._cut_json(body, end) if whole else ([], end)
        return ([] if body[stop:].strip() else call_in_value(value, self._known, certain=whole)), end

    def _tagged(self, at: int) -> tuple[list[Action], int]:
        text = self._text
        name = _NAME.match(text, at)
        if name:
            return self._named(name["name"], name.end())
        start = at + len(text[at:]) - len(text[at:].lstrip())
        if text[start : start + 1] in ("[", "{"):
            return self._value(start, certain=True)
        begun = _BEGUN_NAME.match(text, at)
        if begun and self._may_become_name(begun["name"]):
            return [Action("", problem="cut")], len(text)
        return [], at

    def _marked(self, at: int) -> tuple[list[Action], int]:
        """Read what stands behind a mark of another family of models: JSON, or a name with elements."""
        named = _NAMED_IN_XML.match(self._text, at)
        if named:
            return self._named(named["name"], named.end())
        return self._value(at, certain=True)

    def _spoken(self, found: re.Match[str]) -> tuple[list[Action], int]:
        """Read a call whose name stands within a mark; an unknown one without arguments only looks so."""
        name = next(found[one] for one in _SPOKEN if found[one])
        calls, end = self._named(name, found.end())
        is_word = not normal_name(name, self._known) and calls[0].problem == "malformed"
        return ([], found.end()) if is_word else (calls, end)

    def _may_become_name(self, name: str) -> bool:
        return any(one.startswith(name.lower()) for one in self._known)

    def _named(self, name: str, at: int) -> tuple[list[Action], int]:
        """Read the arguments of a call whose name stands before `at`."""
        meant = normal_name(name, self._known)
        if _ELEMENTS.match(self._text, at):
            return self._in_elements(meant, name, at)
        nothing = _NOTHING.match(self._text, at)
        if nothing and not self._text[nothing.end() :].lstrip().startswith("{"):
            return [self._action(meant, name, {})], nothing.end()
        words = _WORDS.match(self._text, at)
        if words is None:
            return [Action(meant or name, problem="malformed")], at
        try:
            value, end = read_value(self._text, words.end())
        except Unfinished:
            return [Action(meant or name, problem="cut")], len(self._text)
        except ValueError:
            return [Action(meant or name, problem="malformed")], len(self._text)
        arguments = _arguments(value)
        if arguments is None:
            return [Action(meant or name, problem="malformed")], end
        return [self._action(meant, name, arguments)], end

    def _in_elements(self, meant: str, name: str, at: int) -> tuple[list[Action], int]:
        arguments: dict[str, Any] = {}
        while found := _ELEMENTS.match(self._text, at):
            value = (found["value"] or found["of_key"] or "").strip()
            arguments[(found["name"] or found["key"]).strip()] = _read_if_listed(value)
            at = found.end()
        return [self._action(meant, name, arguments)], at

    def _action(self, meant: str, name: str, arguments: Mapping[str, Any]) -> Action:
        return Action(meant, arguments) if meant else Action(name, arguments, problem="unknown")

    def _value(self, at: int, *, certain: bool) -> tuple[list[Action], int]:
        start = at + len(self._text[at:]) - len(self._text[at:].lstrip())
        if self._text[start : start + 1] not in ("{", "["):
            return [], at
        try:
            value, end = read_value(self._text, start)
        except Unfinished:
            return [Action(self._begun(start), problem="cut")], len(self._text)
        except ValueError:
            return [Action(self._begun(start), problem="malformed")], len(self._text)
        return call_in_value(value, self._known, certain=certain), end

    def _begun(self, at: int) -> str:
        begun = _CUT_JSON.match(self._text, at)
        return (normal_name(begun["name"], self._known) or begun["name"]) if begun else ""

    def _bare_json(self, found: re.Match[str]) -> tuple[list[Action], int]:
        text = self._text
        before = text[: found.start()].strip()
        try:
            value, end = read_value(text, found.end())
        except ValueError:
            return self._cut_json(text[found.end() :], len(text)) if not before else ([], found.end() + 1)
        behind = text[end:].partition("\n")[0]
        if behind.strip() and not _END_OF_TURN.match(text, end):
            return [], found.end() + 1
        whole = not before and not _END_OF_TURN.sub("", text[end:]).strip()
        return call_in_value(value, self._known, certain=whole), end

    def _cut_json(self, body: str, end: int) -> tuple[list[Action], int]:
        begun = _CUT_JSON.match(body)
        meant = normal_name(begun["name"], self._known) if begun else ""
        return ([Action(meant, problem="cut")], end) if meant else ([], end)


def _merged(parts: Iterable[str | Action]) -> Iterator[str | Action]:
    """Join neighbouring texts, and leave out the end of the turn."""
    held = ""
    for part in parts:
        if isinstance(part, str):
            held += part
            continue
        if held.strip():
            yield held
        held = ""
        yield part
    if held.strip():
        yield held

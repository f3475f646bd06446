"""Static rules for what no rehearsal sees: what a cell shows, secrets it names, switches of the session.

A finding is a phrase, "it reads a secret (AWS_SECRET_ACCESS_KEY)", and means that the user is asked before
the cell runs anywhere. Reads the source alone; what it cannot parse does not run either.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cached_property

from ..python.source import PYTHON_BODIES, parse_cell, to_python
from ..redaction.names import what_name_says
from .active_html import HOLE, html_finding, markdown_finding

_REACHES = {
    "ctypes": "it calls C code (ctypes)",
    "_ctypes": "it calls C code (ctypes)",
    "ctypeslib": "it calls C code (ctypes)",
    "cffi": "it calls C code (cffi)",
    "dotenv": "it reads secrets (dotenv)",
    "keyring": "it reads secrets (keyring)",
    "secretstorage": "it reads secrets (secretstorage)",
    "decouple": "it reads secrets (decouple)",
    "environs": "it reads secrets (environs)",
    "dynaconf": "it reads secrets (dynaconf)",
    "jupyter_devstral": "it reaches into this extension",
}
_TRACES = frozenset({"settrace", "setprofile", "addaudithook", "settrace_all_threads"})
_DELETES = frozenset({"clear", "pop", "popitem", "__delitem__"})
_MAGICS = {
    **dict.fromkeys(("reset", "reset_selective", "xdel"), "it deletes variables"),
    **dict.fromkeys(("unload_ext", "reload_ext"), "it changes what extensions are loaded"),
    **dict.fromkeys(
        ("save", "logstart", "notebook", "store", "edit", "ed"), "it writes the session's cells to a file"
    ),
    **dict.fromkeys(("javascript", "js"), "it shows JavaScript"),
    "alias_magic": "it gives a command another name",
}
_SETTINGS = re.compile(r"\s*(?:Devstral|InteractiveShell|HistoryManager|KernelApp|IPKernelApp)")
_DISPLAYS = frozenset({"HTML", "display_html", "SVG", "publish_display_data", "display_svg"})
_RAW = frozenset({"display", "update_display", "update"})
_MARKDOWN = frozenset({"Markdown", "display_markdown"})
_SCRIPTS = frozenset({"Javascript", "display_javascript"})
_FRAMES = frozenset({"IFrame", "YouTubeVideo", "VimeoVideo", "ScribdDocument"})
_MEDIA = frozenset({"Image", "Video", "Audio"})
_REPRS = re.compile(r"_repr_(?:html|javascript|svg|mimebundle)_")
_SECRET_FILE = re.compile(
    r"(?:.*[/\\])?(?:\.ssh|\.aws|\.azure|\.gnupg|\.kaggle|\.kube|\.docker)(?:[/\\].*)?"
    r"|(?:.*[/\\])?(?:id_(?:rsa|dsa|ecdsa|ed25519)|\.netrc|_netrc|\.pgpass|\.pypirc|\.npmrc|\.git-credentials"
    r"|\.env(?:\.\w+)?|secrets?\.(?:toml|ya?ml|json|ini)|credentials(?:\.\w+)?|g?shadow|\S+\.pem)"
    r"|/proc/[\w-]+(?:/task/\w+)?/(?:environ|mem|cmdline).*",
    re.IGNORECASE,
)
# What IPython reads as a magic without its `%`, where it is all of a cell and no variable has that name.
_ONE_LINE = re.compile(r"\s*(?P<name>[A-Za-z_]\w*)(?P<line>[ \t]+[^\s=][^\n]*)?\s*")
_HARMLESS_ENVIRON = frozenset({"setdefault", "update", "pop", "__setitem__", "__contains__", "putenv"})
_CONSTANT_CODE = frozenset({"exec", "eval", "compile", "run_cell", "ex", "run_code"})
_DEEPEST, _LONGEST_PATH = 3, 400


def findings(source: str, kind: str = "code", *, depth: int = 0) -> tuple[str, ...]:
    """List what the user has to be asked about before a cell is run or shown, as phrases.

    Args:
        kind: "code" or "markdown".
    """
    if kind == "markdown":
        found = markdown_finding(source)
        return (found,) if found else ()
    tree = parse_cell(to_python(_with_its_sign(source)))
    if tree is None:
        return ()
    return tuple(dict.fromkeys(_Reader(tree, depth).findings()))


def is_secret_variable(name: str) -> bool:
    """Whether an environment variable of this name holds a secret; `PWD` is a folder."""
    return name not in ("PWD", "OLDPWD") and what_name_says(name) != ""


def is_secret_file(path: str) -> bool:
    """Whether a path names what usually holds secrets: `.env`, `~/.ssh/id_rsa`, `credentials.json`."""
    return _SECRET_FILE.fullmatch(path) is not None


def _with_its_sign(source: str) -> str:
    """Put the `%` before a cell that is one magic without it: `reset -f`, `env DB_PASSWORD`."""
    found = _ONE_LINE.fullmatch(source)
    if not found:
        return source
    name, line = found["name"], found["line"]
    # A name alone mostly is a variable that is shown.
    is_magic = name == "env" or (line and (name in _MAGICS or name in ("set_env", "config")))
    return f"%{source.strip()}" if is_magic else source


class _Reader:
    def __init__(self, tree: ast.Module, depth: int) -> None:
        self._tree = tree
        self._depth = depth
        self._findings: dict[tuple[bool, str], str] = {}
        self._parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}

    def findings(self) -> Iterator[str]:
        """Yield the findings of every node."""
        readers: dict[type[ast.AST], Callable[..., Iterator[str]]] = {
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.Call: self._call,
            ast.Delete: self._delete,
            ast.Attribute: self._attribute,
            ast.Name: self._name,
            ast.Constant: self._constant,
            ast.FunctionDef: self._definition,
        }
        for node in ast.walk(self._tree):
            reader = readers.get(type(node))
            if reader is not None:
                yield from reader(node)

    def _import(self, node: ast.Import) -> Iterator[str]:
        for alias in node.names:
            yield from self._module(alias.name)

    def _import_from(self, node: ast.ImportFrom) -> Iterator[str]:
        yield from self._module(node.module or "")
        if any(alias.name in _TRACES for alias in node.names):
            yield "it traces the interpreter"

    def _module(self, name: str) -> Iterator[str]:
        yield from (_REACHES[part] for part in name.split(".") if part in _REACHES)

    def _delete(self, node: ast.Delete) -> Iterator[str]:
        if any(isinstance(one, ast.Subscript) and _is_namespace(one.value) for one in node.targets):
            yield "it deletes variables by name"

    def _attribute(self, node: ast.Attribute) -> Iterator[str]:
        if node.attr in _TRACES or node.attr == "monitoring":
            yield "it traces the interpreter"
        elif node.attr == "ctypeslib":
            yield "it calls C code (ctypes)"
        elif node.attr in ("environ", "environb"):
            yield from self._environment(node)

    def _name(self, node: ast.Name) -> Iterator[str]:
        if node.id == "environ" and isinstance(node.ctx, ast.Load):
            yield from self._environment(node)

    def _environment(self, node: ast.AST) -> Iterator[str]:
        """Judge a use of `os.environ`: one variable that is no secret may be read, all may not."""
        parent = self._parents.get(node)
        if isinstance(parent, ast.Subscript) and parent.value is node:
            if isinstance(parent.ctx, ast.Load):
                yield from _variable(parent.slice)
        elif isinstance(parent, ast.Attribute):
            call = self._parents.get(parent)
            if parent.attr == "get" and isinstance(call, ast.Call) and call.args:
                yield from _variable(call.args[0])
            elif parent.attr not in _HARMLESS_ENVIRON:
                yield "it reads the whole environment"
        elif not isinstance(parent, ast.Compare):
            yield "it reads the whole environment"

    def _constant(self, node: ast.Constant) -> Iterator[str]:
        if (
            not isinstance(node.value, str)
            or len(node.value) > _LONGEST_PATH
            or not is_secret_file(node.value)
        ):
            return
        # A word alone in a list of columns or options is no path.
        if any(mark in node.value for mark in "./\\_") or isinstance(self._parents.get(node), ast.Call):
            yield f"it reads secrets ({node.value.rpartition('/')[2] or node.value})"

    def _definition(self, node: ast.FunctionDef) -> Iterator[str]:
        if _REPRS.fullmatch(node.name):
            found = html_finding("".join(_strings(node)))
            yield from [found] if found else []

    def _call(self, node: ast.Call) -> Iterator[str]:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else _id(node.func)
        first = node.args[0] if node.args else None
        word = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
        if name in ("run_line_magic", "run_cell_magic", "magic"):
            yield from self._magic(name, word, node)
        elif name in ("__import__", "import_module") and word is not None:
            yield from self._module(word)
        elif name == "getattr" and len(node.args) > 1:
            if any(text in _TRACES for text in _strings(node.args[1])):
                yield "it traces the interpreter"
        elif name in ("getenv", "getenvb") and first is not None:
            yield from _variable(first)
        elif name in _DELETES and isinstance(node.func, ast.Attribute) and _is_namespace(node.func.value):
            yield "it deletes variables by name"
        elif name in ("reset", "del_var") and _is_shell(node.func):
            yield "it deletes variables"
        elif name in _CONSTANT_CODE and word is not None and self._depth < _DEEPEST:
            yield from findings(word, depth=self._depth + 1)
        else:
            yield from self._display(name, node)

    def _display(self, name: str, node: ast.Call) -> Iterator[str]:
        if name in _SCRIPTS:
            yield "it shows JavaScript"
        elif name in _FRAMES:
            yield "it shows HTML with a frame"
        elif name in _MEDIA:
            given = [*node.args[:1], *(each.value for each in node.keywords if each.arg in ("url", "data"))]
            if any(
                re.match(r"\s*(?:(?:https?|ftp):|//)", text, re.IGNORECASE)
                for one in given
                for text in _strings(one)
            ):
                yield "it shows a picture from an address"
        elif name in _DISPLAYS or name in _MARKDOWN or _is_raw(name, node):
            found = self._finding((name in _MARKDOWN, self._shown(node)))
            if "javascript" in "".join(_strings(node)):
                found = "it shows JavaScript"
            yield from [found] if found else []

    def _finding(self, shown: tuple[bool, str]) -> str:
        """Judge a text of Markdown or HTML; many displays of a cell show the same as far as is known."""
        if shown not in self._findings:
            is_markdown, text = shown
            self._findings[shown] = (markdown_finding if is_markdown else html_finding)(text)
        return self._findings[shown]

    def _shown(self, node: ast.Call) -> str:
        """Give the text that is shown; where names stand for it, all texts of the cell."""
        own = _written(node)
        if any(isinstance(one, ast.Name) and one.id not in _DISPLAYS | _MARKDOWN for one in ast.walk(node)):
            own += f"\n{self._assigned}"
        return own

    @cached_property
    def _assigned(self) -> str:
        """All texts that names of the cell may stand for."""
        return "\n".join(
            _written(one.value) for one in ast.walk(self._tree) if isinstance(one, ast.Assign | ast.AugAssign)
        )

    def _magic(self, name: str, word: str | None, node: ast.Call) -> Iterator[str]:
        if word is None:
            yield "it runs a command whose name is not known"
            return
        words = [text for one in node.args for text in _strings(one)]
        if name == "magic":
            word, _, line = word.lstrip("%").partition(" ")
            words = [word, line]
        line, body = [*words[1:], "", ""][:2]
        if word in _MAGICS:
            yield f"{_MAGICS[word]} (%{word})"
        elif word == "config" and _SETTINGS.match(line):
            yield "it changes settings of the session"
        elif word in ("env", "set_env"):
            yield from _variable(ast.Constant(line.strip())) if "=" not in line else ()
        elif word in ("html", "HTML", "svg", "SVG", "markdown"):
            found = (markdown_finding if word == "markdown" else html_finding)(body)
            yield from [found] if found else []
        elif word in PYTHON_BODIES and self._depth < _DEEPEST:
            yield from findings(body or line, depth=self._depth + 1)


def _variable(node: ast.expr) -> Iterator[str]:
    name = node.value if isinstance(node, ast.Constant) else None
    name = name.decode("utf-8", "replace") if isinstance(name, bytes) else name
    if not isinstance(name, str) or not name:
        yield "it reads the whole environment"
    elif is_secret_variable(name):
        yield f"it reads a secret ({name[:60]})"


def _is_namespace(node: ast.expr) -> bool:
    """Whether it is `globals()`, `locals()`, `vars()` without an object, or a shell's `user_ns`."""
    if isinstance(node, ast.Attribute):
        return node.attr in ("user_ns", "user_global_ns") or (
            node.attr == "__dict__" and "__main__" in list(_strings(node))
        )
    return isinstance(node, ast.Call) and _id(node.func) in ("globals", "locals", "vars") and not node.args


def _is_shell(node: ast.expr) -> bool:
    if not isinstance(node, ast.Attribute):
        return False
    owner = node.value
    return _id(owner) in ("ip", "ipython", "shell") or (
        isinstance(owner, ast.Call) and _id(owner.func) == "get_ipython"
    )


def _is_raw(name: str, node: ast.Call) -> bool:
    return name in _RAW and any(each.arg == "raw" for each in node.keywords)


def _id(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _strings(node: ast.AST) -> Iterator[str]:
    return (
        one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    )


def _written(node: ast.AST) -> str:
    """Give the text that an expression makes, with holes for what is not known."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else HOLE
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_written, node.values))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _written(node.left) + _written(node.right)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return re.sub(r"%(?:\(\w+\))?[-\d.]*[sdifr]", HOLE, _written(node.left))
    if isinstance(node, ast.Call):
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        is_text = isinstance(owner, ast.Constant | ast.JoinedStr | ast.BinOp)
        text = re.sub(r"\{[^{}]*\}", HOLE, _written(owner)) if owner is not None and is_text else ""
        return text + "\n".join(map(_written, [*node.args, *(each.value for each in node.keywords)]))
    if isinstance(node, ast.Dict | ast.List | ast.Tuple):
        children = node.values if isinstance(node, ast.Dict) else node.elts
        return "\n".join(map(_written, children))
    return HOLE

"""Detection of omitted code: `# ... rest of the code`, `# your code here`, a bare `...` for statements.

Both kinds of error matter: a source with a match never replaces real code, one without a match is offered.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from ..python.quotes import Comment, comments_of
from ..python.source import parse_cell

_DOTS = r"(?:\.\.\.+|…)"
_THING = (
    r"(?:code|codes|implementation|logic|functions?|methods?|class(?:es)?|script|program|file|cells?|module"
    r"|notebook|imports?|body|definitions?|setup|steps|lines|statements|initiali[sz]ation|attributes|fields"
    r"|part|cases|game|loop)"
)
_WHOSE = r"(?:(?:the|your|my|our|all|any|some|its|this|that|these|other)\s+){0,3}"
# Comments that stand for missing code wherever they occur.
_STRONG = re.compile(
    rf"""
      \b your \s+ (?:own\s+|actual\s+|custom\s+)? (?:\w+\s+)? (?:code|logic|implementation|solution)
        \b [^.,;]{{0,30}} \b here\b
    | \b (?:code|logic|implementation) \s+ (?:goes|comes|belongs) \s+ here \b
    | ^\W* (?:and\s+)? (?:the\s+)? (?:rest|remainder) \s+ of \s+ {_WHOSE} (?:\w+\s+){{0,3}}? {_THING}
        (?:\s+ (?:is|are|stays?|remains?|goes|follows?|continues?|unchanged|here|as|the\ same) \b .{{0,30}})?
        \W*$
    | ^\W* (?:the\s+|your\s+)? existing \s+ (?:\w+\s+)? {_THING}
        (?:\s+(?:here|unchanged|stays|remains|goes)\b.*)? \W*$
    | \b omitted \s+ for \s+ (?:brevity|clarity|space)
    | \b {_THING} \s+ (?:is\s+|are\s+|was\s+|were\s+)? (?:omitted|left\s+out|not\s+shown|elided|truncated) \b
    | \b {_THING} \s+ (?:stays?|remains?|is|are) \s+ (?:the\s+same|unchanged) \b
    | \b (?:same|unchanged) \s+ (?:code\s+)? as \s+ (?:before|above|previously|earlier) \s* \) \W*$
    | ^\W*[(\[<] \s* (?:same\s+as\b.* | as\s+before\b.* | unchanged | no\s+changes?.* | omitted.*
        | existing\b.* | previous\b.* | remaining\b.* | rest\b.*) [)\]>] \W*$
    | ^\W* (?:the\s+)? (?:rest|everything\s+else|all\s+else) \s+ (?:stays?|remains?|is|as)
        \s+ (?:as\s+(?:is|it\s+is|before)|is|before|the\s+same|unchanged) \W*$
    | ^\W* (?:keep|leave) \s+ (?:the\s+rest|everything\s+else)
        (?:\s+(?:as\s+(?:is|it\s+is|before)|unchanged|the\s+same))? \W*$
    | ^\W* (?:remaining|previous|original|other) \s+ (?:\w+\s+){{0,2}}? {_THING} \s+
        (?:unchanged|as\s+before|omitted|here) \W*$
    | ^\W* (?:continues?|proceeds?) \s+ with \s+ (?:the\s+)?
        (?:original|existing|previous|rest\s+of\s+the) \s+ {_THING} \W*$
    | ^\W* no\s+changes? \s+ (?:below|above|here|beyond\s+this(?:\s+point)?) \W*$
    | ^(?: [\s\-=<(\[*.…]* snip(?:ped)? | [\-=<(\[*.…]+ \s* unchanged ) [\s\-=>)\]*.…]* $
    """,
    re.VERBOSE | re.IGNORECASE,
)
# The same in other languages, and what leaves the rest to the reader.
_STRONG_ABROAD = re.compile(
    r"""
      ^\W* (?:(?:le|la|der|das|el|il|o)\s+)? (?:reste|suite|rest|resto|restante)
        \s+ (?:du|de\s+\w+|des|vom|del|do|della) \s+
        (?:code[sx]?|cellule|fonction|script|programme|zelle|funktion|código|codice|celda|célula|cella|función)
        \b .{0,50} $
    | ^\W* (?:(?:le|votre|el|il|o)\s+)? (?:code|código|codice) \s+
        (?:existant|inchangé|restant|précédent|existente|restante|esistente|rimanente|invariato) \b .{0,30} $
    | ^\W* (?:(?:der|dein|ihr)\s+)? (?:bestehende|restliche|vorhandene|übrige|unveränderte|bisherige)[rs]?
        \s+ code \b .{0,30} $
    | ^\W* (?:\w+\s+){0,4} (?:reste(?:nt)?\s+inchangée?s? | bleib(?:t|en)\s+(?:gleich|unverändert)
        | sin\s+cambios | sem\s+alterações | (?:resta|rimane)\s+invariat[oa]) \W*$
    | ^\W* (?:inchangée?s?|unverändert|etc|usw|and\s+so\s+(?:on|forth)|et\s+ainsi\s+de\s+suite) \W*$
    | ^\W*[(\[<] \s* (?:the\s+|your\s+)? (?:code|lines) \s+ (?:before|after|above|below) .{0,30} [)\]>] \W*$
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Comments that stand for missing code only where no code follows; otherwise they are a heading over it.
_WEAK = re.compile(
    rf"""
      ^\W* {_WHOSE} (?:{_THING}\s+)? (?:same|unchanged) (?:\s+as)?
        (?:\s+(?:before|above|previously|earlier))? \W*$
    | ^\W* {_WHOSE} (?:remaining|previous|original|other|earlier|additional|more|rest|further) \s+
        (?:\w+\s+){{0,2}}? {_THING} (?:\s+here|\s+as\s+before|\s+unchanged)? \W*$
    | ^\W* (?:unchanged|omitted|as\s+before|no\s+changes?) \W*$
    | ^\W* (?:\w+\s+){{0,4}}? (?:code|logic|implementation) \s+
        (?:goes\s+|comes\s+)? here \W*$
    """,
    re.VERBOSE | re.IGNORECASE,
)
# "Game logic here": even with a blank line below it can be the heading of the code that follows.
_HEADING = re.compile(r"^\W*(?:\w+\s+){1,4}?(?:code|logic|implementation)\s+here\W*$", re.IGNORECASE)
_LEADING_DOTS = re.compile(rf"[\[(<]?{_DOTS}(?P<said>\W*|\s*[(\[<].*|\s+.*|.*{_DOTS})")
_LEFT_OUT = re.compile(
    rf"""\b(?:rest|remaining|existing|previous|original|same|unchanged|omitted|before|above|here|your|more
    |others?|etc|continue[sd]?|similar(?:ly)?|additional|additions?|no\s+changes?|add|implement
    |{_THING})\b""",
    re.VERBOSE | re.IGNORECASE,
)
_FOREIGN_COMMENT = re.compile(r"^(?P<code>.*?)(?:#+|//+|--+|%+|;;+)(?P<text>.*)$")
_KEEPS_DEFAULTS = {
    "get", "pop", "getattr", "next", "setdefault", "print", "repr", "type", "id", "isinstance", "einsum",
}  # fmt: skip
_DECLARES_FIELDS = {
    "Field", "Query", "Path", "Body", "Header", "Cookie", "Form", "File", "Option", "Argument", "Param",
}  # fmt: skip
_STUB_DECORATORS = {
    "overload", "abstractmethod", "abstractproperty", "abstractclassmethod", "abstractstaticmethod",
}  # fmt: skip
_STUB_BASES = {"Protocol", "ABC", "ABCMeta"}


def placeholder_in(source: str, language: str = "python") -> str:
    """Find the line that stands for omitted code, stripped; "" when the code is complete."""
    lines = source.split("\n")
    comments = list(comments_of(source) if language == "python" else _comments_of_other(lines))
    for comment in comments:
        if _stands_for_code(comment, comments, lines):
            return lines[comment.line].strip()
    tree = parse_cell(source) if language == "python" else None
    if tree is None:
        bare = [line.strip() for line in lines if re.fullmatch(rf"\s*{_DOTS}\s*", line)]
        return bare[0] if bare else ""
    number = _StandIns().first(tree)
    return lines[min(number, len(lines)) - 1].strip() if number else ""


def _comments_of_other(lines: Iterable[str]) -> Iterable[Comment]:
    for number, line in enumerate(lines):
        if found := _FOREIGN_COMMENT.match(line):
            yield Comment(number, found["code"].strip(), found["text"].strip())


def _stands_for_code(comment: Comment, comments: Sequence[Comment], lines: Sequence[str]) -> bool:
    text = comment.text
    if _STRONG.search(text) or _STRONG_ABROAD.search(text):
        return True
    if comment.code and comment.code not in ("pass", "...") and not comment.code.endswith(":"):
        return False
    if _LEADING_DOTS.fullmatch(text):
        # "# first this\n# ... and then that" is one sentence over two lines.
        commented = {other.line for other in comments if not other.code and other.text}
        said = text.strip(".… \t")
        if not said:
            return not _continues_a_list(comment.line, lines)
        return comment.line - 1 not in commented or _LEFT_OUT.search(said) is not None
    if _WEAK.match(text) is None:
        return False
    if text.endswith(("...", "…")):
        return True
    return not _code_follows(comment.line, lines, below_blanks=_HEADING.match(text) is not None)


def _continues_a_list(number: int, lines: Sequence[str]) -> bool:
    """Tell whether `# ...` stands between comments that show data or output.

    Between steps it is a placeholder.
    """
    around = [line.strip() for line in (*lines[number - 1 : number], *lines[number + 1 : number + 2])]
    return (
        len(around) == 2
        and all(line.startswith("#") for line in around)
        and not any(re.search(r"\b(?:here|logic|code|todo)\b", line, re.IGNORECASE) for line in around)
    )


def _code_follows(number: int, lines: Sequence[str], *, below_blanks: bool) -> bool:
    """Tell whether the comment on line `number` may be the heading of code on the next line."""
    rest = lines[number + 1 :]
    below = next((line for line in rest if line.strip()), "") if below_blanks else "".join(rest[:1])
    indent = len(below) - len(below.lstrip())
    stands_alone = below.strip() in ("", "pass", "...") or below.lstrip().startswith("#")
    return not stands_alone and indent >= len(lines[number]) - len(lines[number].lstrip())


class _StandIns(ast.NodeVisitor):
    """A finder of Ellipsis in place of code, data or arguments, ignoring `x[..., 0]` and stubs."""

    def __init__(self) -> None:
        self.found: list[int] = []
        self.in_stub_class = False

    def first(self, tree: ast.Module) -> int:
        """The line of the first one, 1-based; 0 without one."""
        try:
            self.visit(tree)
        except RecursionError:
            return 0
        return min(self.found, default=0)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Visit the body, except for `...` statements in a class with bases."""
        outer = self.in_stub_class
        bases = [*node.bases, *(keyword.value for keyword in node.keywords)]
        self.in_stub_class = bool(_STUB_BASES & {_last_name(base) for base in bases})
        # `class NoPrice(Exception): ...` is an idiom.
        for statement in node.body:
            if not (bases and _is_dots_statement(statement)):
                self.visit(statement)
        self.in_stub_class = outer

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Skip stubs and look into any other function."""
        stub = self.in_stub_class or bool(
            _STUB_DECORATORS & {_last_name(mark) for mark in node.decorator_list}
        )
        for statement in node.body:
            if not (stub and _is_dots_statement(statement)):
                self.visit(statement)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        # `except KeyError: ...` says the same as `pass`.
        if not (len(node.body) == 1 and _is_dots_statement(node.body[0])):
            self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)

    def visit_Expr(self, node: ast.Expr) -> None:
        if _is_dots(node.value):
            self.found.append(node.lineno)
        else:
            self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        sentinel = all(isinstance(target, ast.Name) and target.id.isupper() for target in node.targets)
        if _is_dots(node.value) and not sentinel:
            self.found.append(node.lineno)
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None and _is_dots(node.value):
            self.found.append(node.lineno)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = _last_name(node.func)
        legitimate = name in _KEEPS_DEFAULTS | _DECLARES_FIELDS or name.startswith("__")
        if not legitimate and any(map(_is_dots, node.args)):
            self.found.append(node.lineno)
        if name != "einsum":
            self.generic_visit(node)

    def visit_List(self, node: ast.List | ast.Set) -> None:
        if len(node.elts) > 1 and any(map(_is_dots, node.elts)):
            self.found.append(node.lineno)
        self.generic_visit(node)

    def visit_Set(self, node: ast.Set) -> None:
        self.visit_List(node)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        others = [element for element in node.elts if not _is_dots(element)]
        of_a_pair = len(node.elts) == 2
        if len(others) < len(node.elts) and not all(_may_index(other, of_a_pair) for other in others):
            self.found.append(node.lineno)
        self.generic_visit(node)


def _is_dots(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def _is_dots_statement(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and _is_dots(node.value)


def _may_index(node: ast.expr, of_a_pair: bool) -> bool:
    """Tell whether the neighbours of `...` in a tuple fit an array index: `(slice(None), ..., 0)`."""
    if isinstance(node, ast.Constant):
        return node.value is None or isinstance(node.value, int)
    if isinstance(node, ast.Call):
        return _last_name(node.func) == "slice"
    return isinstance(node, ast.Attribute | ast.UnaryOp) or (isinstance(node, ast.Name) and of_a_pair)


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _last_name(node.func)
    if isinstance(node, ast.Subscript):
        return _last_name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""

"""The verdict on a block: whether it may become a cell, and the reason why not."""

from __future__ import annotations

import ast
import re

from ..python.quotes import QuoteState
from ..python.source import parse_cell, parses
from .languages import canonical
from .left_out_code import placeholder_in
from .python_evidence import ends_in_error, is_weak_evidence, looks_like_python, only_shows_values

_PROMPT = r"(?:\$ |PS [^>\n]*> ?|[A-Z]:\\[^>\n]*> ?|> )?(?:sudo )?"
_PROGRAMS = """
    pip pip3 python python3 py ipython conda mamba virtualenv activate uv poetry pipx pytest jupyter
    streamlit flask uvicorn gunicorn kaggle ollama npm npx yarn pnpm node apt apt-get brew yum dnf pacman
    choco winget git cd ls dir mkdir pwd which docker docker-compose kubectl curl wget export set source
    chmod chown cp mv rm cat echo touch tar unzip ssh scp sh bash nano vim make cargo rustup go java javac
    gcc dotnet
"""
_COMMAND = re.compile(_PROMPT + "(?:" + "|".join(_PROGRAMS.split()) + r")(?: [^=(].*| ?)")
_PROMPTED = re.compile(r"\$ \S.*")
_SHELL_TAGS = ("bash", "terminal", "powershell")
_ANNOUNCES_OUTPUT = re.compile(
    r"""^\W*(?:(?:the|this|sample|example|expected|console|program|script|your|possible)\s+)*outputs?\b
        (?!.*\bcode\b)
    | \boutputs?\s*(?:is|are|will\s+be|would\s+be|should\s+be|looks?|:|might|may)
    | \b(?:will|would|should|might)\s+(?:print|output|display|give|produce|return|show|see|get|yield)\b
    | ^\W*(?:it|this|that|which|the\s+(?:code|result|program|cell))\s+
        (?:prints|outputs|gives|displays|produces|yields|results\s+in|evaluates\s+to)\b
    | ^\W*(?:(?:sample|example)\s+)?inputs?\s*\d*\W*$
    | ^\W*(?:(?:the|this|expected)\s+)*results?\W*$
    | \b(?:sortie|affiche(?:ra)?|ausgabe|ausgegeben|salida|imprime|saída|uscita|stampa|вывод|выведет)\b
    | ^\W*(?:le\s+)?résultats?\b | ^\W*(?:das\s+)?ergebnis\b | ^\W*(?:el\s+|o\s+)?resultado\b
    | ^\W*(?:il\s+)?risultato\b | 输出|结果|出力|実行結果|출력""",
    re.VERBOSE | re.IGNORECASE,
)
_CELL_MAGIC = re.compile(r"%%[A-Za-z]\w*(?:\s|$)")
_LATE_MAGIC = "a cell magic must be the first line of its cell"
_CODE_OF_OTHERS = re.compile(
    r"<-|\w\s*=\s*\S|\w\(.*\)|^\s*(?:function|end|let|var|const|using|import|library|val|def|if|for)\b"
)
_NOT_CODE = re.compile(r"^\s*(?:[{}\[\]|+]|\d|Traceback|Error\b|\[\d+\])|[│├└─]")


def verdict_of(source: str, tag: str, notebook_language: str, lead: str = "") -> str:
    """The verdict "cell" where the source may become a cell in `notebook_language`, else why it may not."""
    if not source.strip():
        return "empty"
    language, own = canonical(tag), canonical(notebook_language) or "python"
    if not language:
        return _verdict_untagged(source, own, lead)
    if language == own:
        return _verdict_python(source, lead) if own == "python" else _verdict_foreign(source, own)
    if language in _SHELL_TAGS:
        return "shell"
    if language == "diff":
        return "diff"
    return "output" if language == "text" else f"other language: {tag.lower()}"


def _verdict_python(source: str, lead: str) -> str:
    if _is_diff(source):
        return "diff"
    if placeholder_in(source):
        return "lazy"
    if only_shows_values(source) and (_ANNOUNCES_OUTPUT.search(lead) or ends_in_error(source)):
        return "output"
    if late := _late_cell_magic(source):
        return f"does not parse: line {late}: {_LATE_MAGIC}"
    if not source.startswith(("%", "!")) and _is_shell(source):
        return "shell"
    reason = None if parse_cell(source) is not None else parses(source)
    if reason:
        return f"does not parse: {reason}"
    return "cell" if _does_something(source) else "comments"


def _does_something(source: str) -> bool:
    """Tell whether the source holds more than comments."""
    return any(line.strip() and not line.lstrip().startswith("#") for line in source.split("\n"))


def _late_cell_magic(source: str) -> int:
    """The line, 1-based, of a cell magic below the first line of code; 0 without one."""
    lines = source.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%"):
        return 0
    quotes = QuoteState()
    for number, line in enumerate(lines):
        if not quotes.open and _CELL_MAGIC.match(line):
            return number + 1
        quotes.read(line)
    return 0


def _verdict_foreign(source: str, language: str) -> str:
    return "lazy" if placeholder_in(source, language) else "cell"


def _verdict_untagged(source: str, own: str, lead: str) -> str:
    if _is_diff(source):
        return "diff"
    if _is_shell(source):
        return "shell"
    if own != "python":
        return _verdict_foreign(source, own) if _looks_like_code(source) else "output"
    if not looks_like_python(source):
        return "output"
    if is_weak_evidence(source) and _ANNOUNCES_OUTPUT.search(lead):
        return "output"
    if placeholder_in(source):
        return "lazy"
    late = _late_cell_magic(source)
    return f"does not parse: line {late}: {_LATE_MAGIC}" if late else "cell"


def _looks_like_code(source: str) -> bool:
    """Tell whether half of the lines or more look like code. For languages that are not parsed here."""
    lines = [
        line
        for line in source.split("\n")
        if line.strip() and not line.lstrip().startswith(("#", "//", "--"))
    ]
    alike = sum(bool(_CODE_OF_OTHERS.search(line)) and not _NOT_CODE.search(line) for line in lines)
    return bool(lines) and alike * 2 >= len(lines)


def _is_shell(source: str) -> bool:
    lines = [line.strip() for line in source.split("\n") if line.strip()]
    commands = [line for line in lines if not line.startswith("#")]
    if not commands:
        return False
    if _PROMPTED.fullmatch(commands[0]):
        return True
    return all(map(_is_command, commands))


def _is_command(line: str) -> bool:
    """Tell whether a line is a shell command.

    Words that are Python too (`cat = 1`, `make(x)`) count only outside Python.
    """
    return _COMMAND.fullmatch(line) is not None and not _is_statement(line)


def _is_statement(line: str) -> bool:
    tree = parse_cell(line)
    statements = tree.body if tree is not None else []
    return any(not isinstance(one, ast.Expr) or isinstance(one.value, ast.Call) for one in statements)


def _is_diff(source: str) -> bool:
    if re.search(r"^(?:@@ -\d|diff --git |--- a/)", source, re.MULTILINE):
        return True
    lines = [line for line in source.split("\n") if line.strip()]
    signs = {line[0] for line in lines}
    return signs <= {"+", "-", " "} and {"+", "-"} <= signs

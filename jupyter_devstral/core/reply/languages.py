"""Languages by the words that models write behind an opening fence."""

from __future__ import annotations

import re

PYTHON = re.compile(r"(?:i?python|py)(?:[23](?:\.\d+)*)?|pycon|python-repl|jupyter")

_OTHERS = """
    ada apache arduino asm assembly awk bibtex c clojure cmake coffeescript coq cobol crystal css csv cuda
    cypher d dart delphi django elixir elm erlang fortran gdscript glsl gradle graphql groovy haml http
    idl ini java jinja jinja2 json json5 jsonc jsonl less lisp llvm lua mermaid mips nginx nim nix
    objective-c objectivec ocaml pascal perl php prolog properties proto protobuf q racket raku regex rest
    rst sas sass scala scheme scss sed solidity sparql sql stata svelte svg swift systemverilog tcl toml
    tsv twig typst vala vba verilog vhdl vim vue wasm xml xonsh zig mysql postgresql sqlite plsql tsql hcl
    terraform gitignore dotenv env
"""
_SAME = {
    "r": "rlang rscript",
    "julia": "jl",
    "javascript": "js jsx node mjs ecmascript",
    "typescript": "ts tsx",
    "c++": "cpp cxx cc hpp",
    "c#": "csharp cs",
    "f#": "fsharp fs",
    "go": "golang",
    "rust": "rs",
    "ruby": "rb",
    "kotlin": "kt",
    "haskell": "hs",
    "octave": "matlab",
    "wolfram language": "mathematica wolfram wl",
    "powershell": "ps1 pwsh",
    "bash": "sh shell zsh fish ksh",
    "terminal": "console shell-session shellsession sh-session bash-session cmd bat batch dos command",
    "diff": "patch udiff",
    "markdown": "md mdx gfm rmd qmd myst",
    "text": "plaintext plain txt output out stdout stderr log logs result traceback pytb none",
    "yaml": "yml",
    "html": "htm xhtml",
    "latex": "tex",
    "makefile": "make",
    "dockerfile": "docker",
}
CANONICAL = {alias: name for name, aliases in _SAME.items() for alias in [name, *aliases.split()]}
KNOWN = frozenset(CANONICAL) | frozenset(_OTHERS.split())
EXTENSION = re.compile(
    r".*\.(py|ipynb|r|jl|js|ts|sh|cpp|cs|md|txt|json|ya?ml|toml|html|css|sql|c|java|go|rs)"
)


def canonical(tag: str) -> str:
    """The language that a tag names, lower case: "Python3" -> "python", "sh" -> "bash"; "" without a tag."""
    word = tag.strip().lower()
    if PYTHON.fullmatch(word):
        return "python"
    if word not in CANONICAL and (named := EXTENSION.fullmatch(word)):
        return canonical(named[1])
    word = re.sub(r"(?<=\+\+)\d+$", "", word)
    return CANONICAL.get(word, word)


def is_known(word: str) -> bool:
    """Tell whether a word behind a fence is certainly a language and not code or prose."""
    lower = word.lower()
    return lower in KNOWN or PYTHON.fullmatch(lower) is not None or EXTENSION.fullmatch(lower) is not None


def is_transcript_tag(tag: str) -> bool:
    """Tell whether the tag names a Python session (input and output) rather than Python."""
    return tag.strip().lower() in ("pycon", "python-repl")

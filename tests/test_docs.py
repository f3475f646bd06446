"""The documentation: it can be built here, loads nothing from elsewhere, and says what the code says."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest

from jupyter_devstral.cli.arguments import add_subcommands
from jupyter_devstral.cli.settings import settings_from, take_flags
from jupyter_devstral.core.request.command import OPTIONS, SUBCOMMANDS, TASKS, parse_command
from jupyter_devstral.core.settings.config import DevstralConfig
from jupyter_devstral.core.settings.policy import read_policy
from jupyter_devstral.session.settings_files import load_file
from tests.support.pages import DOCS, ROOT, ReadPage, build, fetched_by_style, read_page
from tests.support.scripted.server import ScriptedOllama

SOURCES = [ROOT / "README.md", *sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)]
PICTURE = re.compile(r"^```\{picture\} (\S+)$", re.MULTILINE)
SCREENSHOT = re.compile(r"\bscreenshot\(\"([\w-]+)\"\)")
FENCE = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
# A picture of one point.
POINT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="the sources of the documentation are not here")


def pictures() -> dict[str, str]:
    """The name of each picture, and the page that shows it."""
    return {name: str(path) for path in SOURCES for name in PICTURE.findall(path.read_text(encoding="utf-8"))}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All pages, built with one of the pictures."""
    for name in ("sphinx", "myst_parser", "furo"):
        pytest.importorskip(name, reason=f"{name} is not installed: pip install '.[docs]'")
    folder = tmp_path_factory.mktemp("docs")
    shots = folder / "pictures"
    shots.mkdir()
    (shots / f"{next(iter(pictures()))}.png").write_bytes(POINT)
    built = build(DOCS, folder / "site", shots)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, ReadPage]:
    read = {path: read_page(path) for path in sorted(site.rglob("*.html"))}
    assert len(read) > len(SOURCES) - 2
    return read


def _is_inside(address: str, page: Path, site: Path) -> bool:
    url = urlsplit(address)
    if url.scheme == "data":
        return True
    if url.scheme or url.netloc:
        return False
    path = (page.parent / unquote(url.path)).resolve() if url.path else page
    return path.is_relative_to(site) and path.is_file()


def test_no_page_and_no_stylesheet_loads_anything_from_elsewhere(
    site: Path, pages: dict[Path, ReadPage]
) -> None:
    found = [(path, address) for path, page in pages.items() for address in page.fetched]
    styles = sorted(site.rglob("*.css"))
    found += [(path, one) for path in styles for one in fetched_by_style(path.read_text(encoding="utf-8"))]
    assert len(styles) > 2
    assert len(found) > 4 * len(pages)
    assert [(path.name, address) for path, address in found if not _is_inside(address, path, site)] == []


def test_no_script_names_another_server(site: Path) -> None:
    scripts = [path for path in site.rglob("*.js") if path.name != "searchindex.js"]
    assert scripts
    for path in scripts:
        code = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        # The name of a namespace, which nobody fetches.
        assert set(re.findall(r"https?://[^\s\"'`)]+", code)) <= {"http://www.w3.org/2000/svg"}, path


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="//cdn.example/x.css">',
        '<link rel="preconnect" href="https://fonts.example">',
        '<img srcset="a.png 1x, https://cdn.example/b.png 2x">',
        "<style>@import 'https://cdn.example/x.css';</style>",
        '<p style="background: url(https://cdn.example/x.png)">x</p>',
        '<svg><use href="https://cdn.example/x.svg#a"/></svg>',
        '<meta http-equiv="refresh" content="0; url=https://example.com">',
    ],
)
def test_what_a_page_would_load_is_seen(tmp_path: Path, html: str) -> None:
    path = tmp_path / "page.html"
    path.write_text(html)
    (tmp_path / "a.png").touch()
    fetched = read_page(path).fetched
    assert [address for address in fetched if not _is_inside(address, path, tmp_path)], fetched


def test_every_link_inside_ends_somewhere(site: Path, pages: dict[Path, ReadPage]) -> None:
    dead = []
    for path, page in pages.items():
        for address in page.links:
            url = urlsplit(address)
            if url.scheme or url.netloc:
                continue
            target = (path.parent / unquote(url.path)).resolve() if url.path else path
            there = pages.get(target)
            if not target.is_file() or (url.fragment and there and unquote(url.fragment) not in there.ids):
                dead.append((path.name, address))
    assert dead == []


def test_links_of_the_readme_end_somewhere() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    addresses = [one for one in re.findall(r"\]\(([^)\s]+)\)", text) if not urlsplit(one).scheme]
    assert addresses
    for address in addresses:
        file, _, anchor = address.partition("#")
        path = ROOT / (file or "README.md")
        assert path.is_file(), address
        if anchor:
            headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}


def test_a_picture_that_a_test_made_is_shown_and_another_is_announced(
    site: Path, pages: dict[Path, ReadPage]
) -> None:
    made, *missing = pictures()
    assert (site / "_images" / f"{made}.png").read_bytes() == POINT
    assert any(f"{made}.png" in address for page in pages.values() for address in page.fetched)
    assert missing
    for name in missing:
        notes = [page for page in pages.values() if "This picture is made by the tests" in page.text]
        assert any(name in page.text for page in notes), name


def test_every_picture_is_made_by_a_browser_test() -> None:
    tests = (path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "browser").rglob("test_*.py"))
    made = {name for text in tests for name in SCREENSHOT.findall(text)}
    assert {name: page for name, page in pictures().items() if name not in made} == {}


def test_the_references_name_everything(site: Path, pages: dict[Path, ReadPage]) -> None:
    magics = pages[site / "reference" / "magics.html"].text
    for word in (*TASKS, *SUBCOMMANDS, *(flag for option in OPTIONS for flag in option.flags)):
        assert word in magics, word
    settings = pages[site / "reference" / "settings.html"].text
    for name, trait in DevstralConfig.class_own_traits(config=True).items():
        assert name in settings, name
        assert " ".join(str(trait.help).replace("`", "").split())[:60] in settings, name
    commands = pages[site / "reference" / "command-line.html"].text
    for word in ("doctor", "--no-execute-inserted", "audit verify", "--head HASH", "TASK"):
        assert word in commands, word
    keys = json.loads((ROOT / "labextension" / "schema" / "plugin.json").read_text())["jupyter.lab.shortcuts"]
    for shortcut in keys:
        assert shortcut["command"] in pages[site / "reference" / "jupyterlab.html"].text


def test_the_tree_of_the_architecture_is_the_real_one(site: Path, pages: dict[Path, ReadPage]) -> None:
    shown = pages[site / "architecture.html"].text
    for top, ending in ((ROOT / "jupyter_devstral", ".py"), (ROOT / "labextension" / "src", ".ts*")):
        modules = [path for path in top.rglob(f"*{ending}") if path.name != "__init__.py"]
        assert len(modules) > 50
        for path in modules:
            assert path.name in shown, path
            assert f"{path.parent.relative_to(ROOT)}/" in shown, path
    # Nothing is said of what does not exist.
    assert "jupyter_devstral/core/ollama" not in shown


@pytest.mark.parametrize("name", ["architecture.md", "../CONTRIBUTING.md"])
def test_paths_that_are_named_exist(name: str) -> None:
    rooms = "|".join(path.name for path in (ROOT / "jupyter_devstral").iterdir() if path.is_dir())
    text = (DOCS / name).read_text(encoding="utf-8")
    # Not those of `tests/x/test_y.py`, which stand for any.
    named = [one for one in INLINE.findall(text) if re.fullmatch(r"[\w./-]+", one) and "/x/" not in one]
    paths = [ROOT / one for one in named if re.match(r"(jupyter_devstral|labextension|tests|scripts)/", one)]
    paths += [ROOT / "jupyter_devstral" / one for one in named if re.match(rf"({rooms})/", one)]
    assert len(paths) > 10
    assert [path for path in paths if not path.exists()] == []


def test_a_page_that_quotes_what_nobody_says_is_not_built(site: Path, tmp_path: Path) -> None:
    source = tmp_path / "docs"
    source.mkdir()
    conf = (DOCS / "conf.py").read_text(encoding="utf-8")
    (source / "conf.py").write_text(conf.replace("Path(__file__).parent", f"Path({str(DOCS)!r})"))
    (source / "_static").mkdir()
    (source / "_static" / "pages.css").touch()
    page = "# Page\n\n<!-- checked: headings are sentences of the code -->\n\n## Server\n\n"
    (source / "index.md").write_text(f"{page}### No Ollama at …\n\n### No Olama at …\n\n[x](nowhere.md)\n")
    built = build(source, tmp_path / "site", tmp_path)
    assert built.returncode != 0
    assert "the code says nowhere: No Olama at …" in built.stderr
    assert "nowhere: No Ollama" not in built.stderr
    assert "nowhere.md" in built.stderr


def test_each_kind_of_error_has_its_trouble_told(site: Path) -> None:
    # In a process of its own: what Sphinx imports may warn, which is an error here.
    code = "import json; from devstral_docs.sentences import sentences_by_class as said; "
    code += "print(json.dumps({name: sorted(found) for name, found in said().items()}))"
    paths = os.pathsep.join([str(DOCS), str(ROOT), os.environ.get("PYTHONPATH", "")])
    asked = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    said = json.loads(asked.stdout)
    headings = re.findall(
        r"^### (.+)$", (DOCS / "troubleshooting.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(headings) > 50
    assert len(said) > 12
    untold = {
        name
        for name, sentences in said.items()
        if not any(heading.rstrip(". …") in sentence for heading in headings for sentence in sentences)
    }
    assert untold == set()


def _commands() -> Iterator[tuple[str, str]]:
    """Every command of the command line that stands in a block of a page, with its page."""
    for path in SOURCES:
        for kind, block in FENCE.findall(path.read_text(encoding="utf-8")):
            for line in block.splitlines() if kind == "sh" else ():
                words = re.split(r"\s+#|\s+[<>|]\s", line.strip())[0]
                if words.startswith("jupyter devstral "):
                    yield words, str(path.relative_to(ROOT))


def test_commands_that_are_shown_are_commands() -> None:
    parser = ArgumentParser(prog="jupyter devstral", allow_abbrev=False)
    parser.add_argument("--version", action="version", version="")
    add_subcommands(parser)
    shown = list(_commands())
    assert len(shown) > 30
    for words, page in shown:
        flags, rest = take_flags(shlex.split(words)[2:])
        assert set(flags) <= set(DevstralConfig.class_trait_names(config=True)), (words, page)
        assert _takes(parser, rest), f"{page}: the parser does not take {words}"


def _takes(parser: ArgumentParser, words: list[str]) -> bool:
    try:
        parser.parse_args(words)
    except SystemExit as ended:
        return ended.code == 0
    return True


def _magics() -> Iterator[tuple[str, str | None, str]]:
    """Every magic that a page shows: its line, the rest of its cell, and the page."""
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        page = str(path.relative_to(ROOT))
        for kind, block in FENCE.findall(text):
            first, _, rest = block.partition("\n")
            if kind in ("python", "ipython3") and first.startswith("%%devstral"):
                yield first.removeprefix("%%devstral"), rest, page
            elif kind in ("python", "ipython3"):
                lines = [line for line in block.splitlines() if line.startswith("%devstral")]
                yield from ((line.removeprefix("%devstral"), None, page) for line in lines)
        for one in INLINE.findall(text):
            if one.startswith("%devstral ") and "…" not in one and "|" not in one:
                yield one.removeprefix("%devstral"), None, page


def test_magics_that_are_shown_are_magics() -> None:
    shown = list(_magics())
    assert len(shown) > 40
    for line, rest, page in shown:
        command = parse_command(line, rest)
        word = line.split()[0] if line.split() else ""
        # Nothing that looks like a word of ours is taken for a prompt.
        assert word == command.word or word.startswith("-") or not word, (line, page)


def test_the_first_ten_minutes_go_as_told(tmp_path: Path, scripted_ollama: ScriptedOllama) -> None:
    text = (DOCS / "first-ten-minutes.md").read_text(encoding="utf-8")
    cells = [block for kind, block in FENCE.findall(text) if kind in ("python", "ipython3")]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell.rstrip()) for cell in cells])
    nbformat.write(notebook, tmp_path / "minutes.ipynb")
    revenue = "revenue = {product: price * count for product, price, count in sales}\nrevenue"
    average = "average = round(sum(price for product, price, count in sales) / len(sales), 2)\naverage"
    scripted_ollama.replies = [f"```python\n{revenue}\n```", "Tea does.", f"```python\n{average}\n```"]
    command = [sys.executable, "-m", "jupyter_devstral.cli", "run", "minutes.ipynb", "-o", "out.ipynb"]
    command += ["--allow-errors", f"--DevstralConfig.host={scripted_ollama.url}"]
    # Nobody's settings.
    folders = {name: str(tmp_path) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    environment = {**os.environ, **folders, "PYTHONPATH": paths}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    done = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    failed = [cell.source for cell in done.cells if any(one.output_type == "error" for one in cell.outputs)]
    # One cell is meant to.
    assert [source for source in failed if "prize" not in source] == []
    assert len(failed) == 1
    assert revenue in [cell.source for cell in done.cells]
    assert len(scripted_ollama.chats) == 3
    [shown] = [str(cell.outputs) for cell in done.cells if "--dry-run" in cell.source]
    assert "Nothing was sent." in shown


def test_settings_and_variables_that_are_named_exist() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "jupyter_devstral").rglob("*.py"))
    known = set(DevstralConfig.class_trait_names(config=True))
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        named = set(re.findall(r"DevstralConfig\.(\w+)", text)) - {"NAME"}
        assert named <= known, path
        for block in re.findall(r"^\| `([A-Z_]{6,})`(?:, `([A-Z_]+)`)? \|", text, re.MULTILINE):
            for variable in filter(None, block):
                assert f'"{variable}"' in code, variable


@pytest.mark.parametrize("name", ["routes.py", "hub_routes.py"])
def test_configurations_that_are_shown_can_be_used(name: str) -> None:
    settings = settings_from(load_file(DOCS / "snippets" / name))
    route = settings.route("cluster")
    assert settings.allow_remote
    assert route.place == "llm.example"
    assert not route.is_here


def test_the_spawner_that_is_shown_hands_the_key_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_KEY", "a key")
    key = settings_from(load_file(DOCS / "snippets" / "hub_routes.py")).route("cluster").key_env
    spawner = load_file(DOCS / "snippets" / "jupyterhub_config.py").Spawner
    assert spawner.environment[key] == "a key"


def test_the_policy_that_is_shown_can_be_used() -> None:
    policy = read_policy(json.loads((DOCS / "snippets" / "devstral_policy.json").read_text(encoding="utf-8")))
    assert policy.permits_route("cluster", "https://llm.example/v1")
    assert not policy.permits_route("cluster", "https://elsewhere.example/v1")
    assert policy.audit[0].required

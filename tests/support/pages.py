"""The documentation, built in a process of its own, and its pages read as a browser would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# What a browser fetches by itself; of `link` only what is no mere relation between pages.
_FETCHED = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "image": ("href", "xlink:href"),
    "img": ("src", "srcset"),
    "input": ("src",),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
}
_RELATIONS = {"next", "prev", "index", "search", "author", "license", "canonical", "alternate"}
_IN_STYLE = re.compile(r"url\(\s*[\"']?([^\"')]+)|@import\s+[\"']([^\"']+)")


@dataclass
class ReadPage:
    """One page.

    Attributes:
        fetched: addresses that a browser loads without being asked.
        links: addresses that a reader can go to.
        ids: names that a link can end at.
        text: all words.
    """

    fetched: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    text: str = ""


def build(source: Path, output: Path, pictures: Path) -> subprocess.CompletedProcess[str]:
    """Build pages as `make docs` does, warnings being errors, with pictures of another folder."""
    command = [sys.executable, "-m", "sphinx", "-E", "-q", "-W", "--keep-going", "-b", "html"]
    command += ["-D", f"devstral_pictures={pictures}", str(source), str(output)]
    # Warnings of Python itself are other people's here.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False)


def read_page(path: Path) -> ReadPage:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    reader.page.text = " ".join("".join(reader.words).split())
    return reader.page


def fetched_by_style(text: str) -> Iterator[str]:
    """The addresses in a stylesheet."""
    for found in _IN_STYLE.finditer(text):
        yield found[1] or found[2]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = ReadPage()
        self.words: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._inside = tag
        if given.get("id"):
            self.page.ids.add(given["id"])
        if tag == "a" and given.get("href"):
            self.page.links.append(given["href"])
        if tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            self.page.fetched.append(given.get("content", "").partition("=")[2])
        if tag != "link" or not set(given.get("rel", "").lower().split()) <= _RELATIONS:
            for name in _FETCHED.get(tag, ()):
                addresses = given.get(name, "").split(",") if name == "srcset" else [given.get(name, "")]
                self.page.fetched += [one.split()[0] for one in addresses if one.strip()]
        self.page.fetched += fetched_by_style(given.get("style", ""))

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.page.fetched += fetched_by_style(data)
        elif self._inside != "script":
            self.words.append(data)

"""Every sentence of the JupyterLab half has its French one, with the same places, and none is stale."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
FRENCH = ROOT / "jupyter_devstral" / "locale" / "fr_FR" / "LC_MESSAGES" / "jupyter_devstral.json"
QUOTED = r"""(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")"""
ONE = re.compile(rf"\btrans\.__\(\s*{QUOTED}")
MANY = re.compile(rf"\btrans\._n\(\s*{QUOTED},\s*{QUOTED}")


def sources() -> str:
    files = (ROOT / "labextension" / "src").rglob("*.ts*")
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(files)).replace("_trans.", "trans.")


def sentences() -> dict[str, int]:
    """Each sentence, and how many forms it has."""
    text = sources()
    found = {(one or other).replace("\\'", "'").replace("\\\\", "\\"): 1 for one, other in ONE.findall(text)}
    found |= {one or other: 2 for one, other, *_ in MANY.findall(text)}
    return found


def test_every_sentence_is_translated() -> None:
    french = json.loads(FRENCH.read_text(encoding="utf-8"))
    translated = {key: len(forms) for key, forms in french.items() if key}
    assert translated == sentences()
    assert len(translated) > 100


def test_places_to_fill_in_are_kept() -> None:
    french = json.loads(FRENCH.read_text(encoding="utf-8"))
    for key, forms in french.items():
        for form in forms if key else ():
            wanted = set(re.findall(r"%\d", key)) if len(forms) == 1 else set(re.findall(r"%\d", form))
            assert set(re.findall(r"%\d", form)) == wanted, key
            assert form.strip() == form
            assert form


def test_no_sentence_goes_around_the_translator() -> None:
    """Text between tags, and labels as plain attributes."""
    for path in (ROOT / "labextension" / "src").rglob("*.tsx"):
        text = path.read_text(encoding="utf-8")
        assert not re.findall(r">\s*[A-Z][a-z]+ [a-z]+[^<{]*</(?!code)", text), path
        assert not re.findall(r"(?:aria-label|placeholder|title)=\"[^\"]*[a-z] [a-z]", text), path


def test_what_kernel_and_server_say_is_found_again() -> None:
    """The page knows sentences by their words: these must be the words that are said."""
    package = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "jupyter_devstral").rglob("*.py"))
    package = re.sub(r'"\s*\n\s*f?"', "", package).replace("`", "")
    known = (ROOT / "labextension" / "src" / "view" / "said.ts").read_text(encoding="utf-8")
    sentences = [one or other for one, other in ONE.findall(known)]
    assert len(sentences) > 15
    for sentence in sentences:
        for part in re.split(r"%\d|[(),.:]", sentence):
            assert part.strip() in package, sentence

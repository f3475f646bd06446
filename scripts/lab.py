"""`make lab`: JupyterLab with a copy of a notebook, and the stand-in where there is no Ollama with the model.

Magics and sidebar read the same configuration file, so both meet the same engine.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from demo import ROOT, why_not_ollama

from jupyter_devstral.cli.settings import read_settings

OUTPUT = ROOT / "lab-output"
SETTINGS = """# Written by `make lab`, which found no Ollama with the configured model.
c.DevstralConfig.engine = "embedded"
# The stand-in tends to go on for ever.
c.DevstralConfig.max_reply_tokens = 320
"""


def main(notebook: Path) -> None:
    OUTPUT.mkdir(exist_ok=True)
    if notebook.resolve().parent == ROOT / "examples":
        # JupyterLab saves by itself what is run in them.
        for example in (ROOT / "examples").glob("*.ipynb"):
            if not (OUTPUT / example.name).exists():
                shutil.copy(example, OUTPUT)
        notebook = OUTPUT / notebook.name
        print(f"{notebook.relative_to(ROOT)} is opened, a copy: delete it to begin anew.")
    environment = dict(os.environ)
    if missing := why_not_ollama(read_settings({})):
        print(f"{missing}\nA stand-in answers instead, in cells and in the sidebar: SmolLM2-135M.")
        print("It shows every step truthfully; its code is poor.\n")
        folder = OUTPUT / ".config"
        folder.mkdir(exist_ok=True)
        (folder / "jupyter_devstral_config.py").write_text(SETTINGS, encoding="utf-8")
        before = environment.get("JUPYTER_CONFIG_PATH")
        environment["JUPYTER_CONFIG_PATH"] = os.pathsep.join([str(folder), *([before] if before else [])])
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", "jupyterlab", str(notebook)], environment)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""The static rules: what no rehearsal sees is asked about, and ordinary cells are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_devstral.core.agent.active_html import output_finding
from jupyter_devstral.core.agent.rules import findings
from tests.support.ordinary_cells import is_rightly_asked, ordinary_cells


def test_the_risky_cells_are_asked_about_as_expected(shared_data: Path) -> None:
    lines = (shared_data / "agent" / "risky_cells.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    assert [case["case"] for case in cases if findings(case["cell"])] == [
        case["case"] for case in cases if case["expect"] == "asked"
    ]


def test_no_ordinary_cell_is_asked_about_needlessly(shared_data: Path) -> None:
    cells = list(ordinary_cells(shared_data))
    asked = [cell for cell in cells if findings(cell)]
    assert [cell for cell in asked if not is_rightly_asked(cell)] == []
    # What shows scripts, frames or pictures from addresses, and nothing else; each cell counted once.
    assert len(cells) > 1_000
    assert len(asked) <= len(cells) / 100


@pytest.mark.parametrize(
    "source",
    [
        "import numpy.ctypeslib",
        "x.ctypeslib.load_library('a', '.')",
        "__import__('ctypes').CDLL(None)",
        "import importlib\nimportlib.import_module('ctypes')",
        "exec('import ctypes')",
        "get_ipython().ex('import ctypes')",
        "%%time\nimport ctypes",
        "from sys import settrace",
        "getattr(sys, 'settrace')(f)",
        "sys.monitoring.use_tool_id(0, 'x')",
        "threading.setprofile(f)",
        "%reset -f",
        "if True:\n    %reset -f",
        "get_ipython().run_line_magic('reset', '-f')",
        "get_ipython().magic('reset -f')",
        "ip.reset()",
        "globals().clear()",
        "globals().pop('df')",
        "get_ipython().user_ns.clear()",
        "del get_ipython().user_ns['df']",
        "get_ipython().run_line_magic(name, '')",
        "%config DevstralConfig.host = 'http://x'",
        "get_ipython().run_line_magic('config', 'DevstralConfig.allow_remote = True')",
        "%reload_ext jupyter_devstral",
        "from jupyter_devstral.core.settings.config import DevstralConfig",
        "import os\nos.getenv('OPENAI_API_KEY')",
        "os.environ.get('DB_PASSWORD', '')",
        "from os import environ\nenviron['HF_TOKEN']",
        "print(os.environ)",
        "dict(os.environ)",
        "{k: v for k, v in os.environ.items()}",
        "%env",
        "%env AWS_SECRET_ACCESS_KEY",
        "pl.read_csv('/home/ana/.aws/credentials')",
        "open('.env').read()",
        "Path.home() / '.ssh' / 'id_rsa'",
        "open('/proc/self/environ','rb')",
        "HTML(f'<img src=\"{address}\">')",
        "html = '<img src=\"//x.org/?' + s + '\">'\nHTML(html)",
        "HTML('<svg onload=alert(1)>')",
        "HTML('<iframe srcdoc=x></iframe>')",
        "HTML('<form action=\"/x\"></form>')",
        "HTML('<style>@import \"http://x/a.css\"</style>')",
        "HTML('<div style=\"background:url(https://x/%s)\">' % s)",
        "HTML('<div style=\"background:url({})\">'.format(u))",
        "display({'text/html': '<script>x</script>'}, raw=True)",
        "display({'application/javascript': 'x'}, raw=True)",
        "update_display({'text/html': '<img src=//x>'}, raw=True, display_id='y')",
        "handle.update({'text/html': '<script>x</script>'}, raw=True)",
        "Image(url='http://x/y.png')",
        "IFrame('http://x', 10, 10)",
        "Markdown('![](https://x/?d=' + s + ')')",
        "%%html\n<script>x</script>",
        "%%javascript\nx",
        "class A:\n    def _repr_html_(self):\n        return '<script>x</script>'",
    ],
)
def test_what_a_rehearsal_cannot_see_is_asked_about(source: str) -> None:
    assert findings(source) != ()


@pytest.mark.parametrize(
    "source",
    [
        "df.style.background_gradient()",
        "HTML(df.to_html())",
        "HTML('<table><tr><td>1</td></tr></table>')",
        "HTML('<h1 style=\"color: red\">Title</h1>')",
        "HTML('<a href=\"https://pandas.pydata.org\">pandas</a>')",
        "HTML('<img src=\"plot.png\">')",
        "HTML(f'<img src=\"data:image/png;base64,{b}\">')",
        "Image('plot.png')",
        "Markdown('**bold** [link](https://x.org)')",
        "os.environ['OMP_NUM_THREADS'] = '1'",
        "os.environ['HOME']",
        "os.environ.get('MAX_TOKENS')",
        "'HOME' in os.environ",
        "del df['a']",
        "del x",
        "columns = ['credentials', 'shadow', 'age']",
        "df['secret_santa']",
        "d.clear()",
        "%matplotlib inline",
        "%config InlineBackend.figure_format = 'retina'",
        "%load_ext autoreload",
        "%time x = 1",
        "exec(code)",
        "eval('1 + 1')",
        "import yaml",
        "not python at all (",
    ],
)
def test_ordinary_code_is_not_asked_about(source: str) -> None:
    assert findings(source) == ()


@pytest.mark.parametrize(
    "text", ["![](http://x/?d=1)", "<img src=//x>", "![a][b]\n\n[b]: https://x", "<script>"]
)
def test_text_that_loads_or_runs_is_asked_about(text: str) -> None:
    assert findings(text, "markdown") != ()
    assert findings("[a link](https://x) and ![a picture](plot.png)", "markdown") == ()


def test_a_table_in_an_output_is_harmless_and_a_script_is_not() -> None:
    assert output_finding({"text/html": "<table border='1' class='dataframe'><td>1</td></table>"}) == ""
    svg = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><g/></svg>'
    assert output_finding({"image/svg+xml": svg}) == ""
    assert output_finding({"image/svg+xml": svg.replace("<g/>", "<image href='//x'/>")}) != ""
    assert output_finding({"text/html": ["<b>", "<script src=x>"]}) != ""
    assert output_finding({"application/javascript": "x"}) == "it shows JavaScript"

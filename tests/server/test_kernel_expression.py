"""A kernel whose environment has another version of the package, or none: it works without, and says so."""

import asyncio

import pytest
from traitlets import HasTraits, Unicode

from jupyter_devstral.server import kernel_expression
from tests.server.conftest import code
from tests.support.jupyter.kernel_of_server import executing
from tests.support.waiting import eventually

TESTS = "```python\ndef test_share():\n    assert share(1, 2) == 0.5\n```\n"
FORGET = """
import sys
for name in [name for name in sys.modules if name.startswith("jupyter_devstral")]:
    del sys.modules[name]
"""
# As an installation of 0.1.0 looks from outside: no package `kernel`.
OLD_LAYOUT = """
import pathlib, tempfile
package = pathlib.Path(tempfile.mkdtemp()) / "jupyter_devstral"
(package / "server").mkdir(parents=True)
(package / "__init__.py").write_text("__version__ = '0.1.0'")
(package / "server" / "__init__.py").write_text("")
sys.path.insert(0, str(package.parent))
"""
# As a package of this layout that has moved on.
OTHER_PROTOCOL = "import jupyter_devstral.kernel.service as service; service.PROTOCOL += 1\n"
NOT_INSTALLED = """
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name == "jupyter_devstral":
            raise ModuleNotFoundError("No module named 'jupyter_devstral'", name=name)
sys.meta_path.insert(0, Nothing())
"""


@pytest.fixture
def kernel_after(client, jupyter):
    """The id of a new kernel in which some code has run."""
    made = []

    def start(source):
        made.append(client.kernel())
        with executing(jupyter.folder / "runtime" / f"kernel-{made[-1]}.json", source) as wait:
            wait()
        return made[-1]

    yield start
    for kernel_id in made:
        client.http.delete(f"{jupyter.url}/api/kernels/{kernel_id}")


@pytest.mark.parametrize(
    ("environment", "variables_note", "proof_note"),
    [
        (
            FORGET + OLD_LAYOUT,
            "The kernel's variables are not sent: update jupyter-devstral in the kernel's environment.",
            "update jupyter-devstral in the kernel's environment",
        ),
        (
            OTHER_PROTOCOL,
            "The kernel's variables are not sent: update jupyter-devstral in the kernel's environment.",
            "update jupyter-devstral in the kernel's environment",
        ),
        (FORGET + NOT_INSTALLED, "", "the kernel's Python does not have jupyter-devstral"),
    ],
    ids=["an older layout", "another protocol", "no package"],
)
def test_a_kernel_of_another_version(client, ollama, kernel_after, environment, variables_note, proof_note):
    kernel_id = kernel_after(environment + "def share(part, whole):\n    return part / whole\n")
    # The server hears a moment later that the kernel is idle again.
    assert eventually(lambda: not client.get("variables", kernel_id=kernel_id)["is_busy"])
    assert client.get("variables", kernel_id=kernel_id)["variables"] == []
    ollama.replies = [TESTS]
    cells = [code("a", "def share(part, whole):\n    return part / whole")]
    records = client.ask(task="test", question="", cells=cells, target="a", kernel_id=kernel_id)
    assert records[-1]["bundle"]["proof"]["markdown"] == f"*The tests are not proven: {proof_note}.*"
    # Offered all the same, as the model wrote them.
    assert "def test_share" in records[-1]["bundle"]["edits"][0]["source"]
    notes = next(record["notes"] for record in records if record["type"] == "sent")
    assert [note for note in notes if "variables" in note] == ([variables_note] if variables_note else [])


class Kernels(dict):
    get_kernel = dict.get


class KernelThatBecomesBusy:
    """A kernel manager of a server in which a cell begins just before our question arrives."""

    execution_state = "idle"

    def client(self):
        raise NotImplementedError


@pytest.mark.parametrize(
    ("state", "problem"), [("busy", kernel_expression.BUSY), ("idle", kernel_expression.LATE)]
)
def test_no_answer_is_that_of_a_busy_kernel_when_a_cell_runs(monkeypatch, state, problem):
    kernel = KernelThatBecomesBusy()

    async def never(*_):
        kernel.execution_state = state

    monkeypatch.setattr(kernel_expression, "_evaluated", never)
    said = asyncio.run(kernel_expression.evaluate(Kernels(one=kernel), "one", "1", patience=1.0))
    assert said.problem == problem


def test_who_has_the_answer_does_not_wait_for_the_kernel_to_come_to_rest_but_the_next_one_does(monkeypatch):
    kernels = Kernels(one=KernelThatBecomesBusy())
    asked = []

    async def answered(kernel, expression, patience):
        asked.append(expression)
        said = {"status": "ok", "data": {"text/plain": repr(expression)}}
        return {"user_expressions": {"it": said}}

    async def twice():
        rest = asyncio.Event()
        monkeypatch.setattr(kernel_expression, "_settled", lambda kernel: rest.wait())
        first = await kernel_expression.evaluate(kernels, "one", "first", patience=1.0)
        second = asyncio.create_task(kernel_expression.evaluate(kernels, "one", "second", patience=1.0))
        await asyncio.sleep(0.01)
        before = list(asked)
        rest.set()
        return first.text, before, (await second).text

    monkeypatch.setattr(kernel_expression, "_evaluated", answered)
    assert asyncio.run(twice()) == ("first", ["first"], "second")


class KernelOfAServer(HasTraits):
    """A kernel manager as its server knows it: idle, with a process, and told of what the kernel does."""

    execution_state = Unicode("idle", allow_none=True)

    def __init__(self):
        super().__init__()
        self.pid = 1
        self.asked = []

    @property
    def provisioner(self):
        return self

    def client(self):
        raise NotImplementedError

    def do(self):
        self.execution_state = "busy"
        self.execution_state = "idle"


def _restart(kernel):
    kernel.pid = 2


def _start_again(kernel):
    kernel.execution_state = "starting"
    kernel.execution_state = "idle"


@pytest.mark.parametrize(
    ("before", "between", "asked", "fresh_for", "times"),
    [
        (None, None, "it", 30.0, 1),
        (None, KernelOfAServer.do, "it", 30.0, 2),
        (None, _restart, "it", 30.0, 2),
        (None, _start_again, "it", 30.0, 2),
        (None, None, "something else", 30.0, 2),
        (None, None, "it", 0.0, 2),
        # A cell of somebody else's, before or behind our question, while nobody looks.
        (KernelOfAServer.do, None, "it", 30.0, 2),
    ],
    ids=["at rest", "a cell", "a restart", "starting", "another", "must be new", "a cell beside it"],
)
def test_an_answer_stands_as_long_as_the_kernel_has_begun_nothing(
    monkeypatch, before, between, asked, fresh_for, times
):
    kernel = KernelOfAServer()
    kernels = Kernels(one=kernel)

    async def answered(kernel, expression, patience):
        kernel.asked.append(expression)
        kernel.do()
        if before:
            before(kernel)
        return {"user_expressions": {"it": {"status": "ok", "data": {"text/plain": repr(expression)}}}}

    async def twice():
        async def evaluate(expression):
            return await kernel_expression.evaluate(
                kernels, "one", expression, patience=1.0, fresh_for=fresh_for
            )

        first = await evaluate("it")
        while kernel_expression._settling:
            await asyncio.sleep(0.01)
        if between:
            between(kernel)
        return first.text, (await evaluate(asked)).text

    monkeypatch.setattr(kernel_expression, "_evaluated", answered)
    assert asyncio.run(twice()) == ("it", asked)
    assert len(kernel.asked) == times


def test_an_error_is_no_answer_that_stands(monkeypatch):
    kernel = KernelOfAServer()

    async def failed(kernel, expression, patience):
        kernel.asked.append(expression)
        kernel.do()
        return {"user_expressions": {"it": {"status": "error", "ename": "NameError", "evalue": ""}}}

    async def twice():
        for _ in range(2):
            said = await kernel_expression.evaluate(
                Kernels(one=kernel), "one", "it", patience=1.0, fresh_for=30.0
            )
            assert said.problem == kernel_expression.FAILED
            while kernel_expression._settling:
                await asyncio.sleep(0.01)

    monkeypatch.setattr(kernel_expression, "_evaluated", failed)
    asyncio.run(twice())
    assert kernel.asked == ["it", "it"]

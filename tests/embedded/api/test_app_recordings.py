"""The HTTP layer answers like a real daemon: recordings of one, replayed against the scripted double.

Compared: status, headers, error texts, the keys of every record with their order and types, every value that
is not a time, and the line structure of streams. The generated text is put into the double's mouth.
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from jupyter_devstral.embedded.engine import ModelCard
from tests.support.scripted.engine import Script, render_chatml
from tests.support.scripted.server import ScriptedOllama

FOLDER = Path(__file__).parents[3] / ".." / "shared" / "data" / "ollama_recordings"
OUT_OF_SCOPE = {
    **dict.fromkeys(
        ("create_smol", "create_smol_go", "create_qwen_chat", "create_qwen_fim"),
        "no /api/create: the stand-in serves the file it was started with",
    ),
    **dict.fromkeys(
        ("v1_chat_stream", "v1_completions_suffix", "v1_err", "v1_models"),
        "no OpenAI-style routes: the project's client never uses them",
    ),
    "cancel": "the client went away; test_scripted_server.py tests what the server does then",
    "prefill_native": "the native path echoes a prefill; no client of ours sends one",
    "tags_empty": "the double offers models",
}
# What must have happened before: the recordings were made in one session.
BEFORE = {
    "ps_loaded": ["chat_load"],
    "ps_4096": ["numctx_4096"],
    "ps_big": ["numctx_big"],
    "ps_after_unload": ["format_json"],
    "q_ps": ["q_warm"],
    "q_ps2": ["q_warm"],
}
# The plain prompts whose exact length follows from the template, and what is left of a prompt that was cut.
EXACT_COUNTS = (10, 12, 15, 258)
DURATIONS = {"total_duration", "load_duration", "prompt_eval_duration", "eval_duration"}
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
_TOKEN = re.compile(r"<\|\w+\|>|ass(?=istant)|istant|\n|\d| ?[^\W\d]+| ?[^\w\s<]+|<|\s")
_QWEN_SYSTEM = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."


def recording(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text())  # type: ignore[no-any-return]


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def card(tag: Mapping[str, Any]) -> ModelCard:
    show = json.loads(recording(f"show_{tag['name'].removesuffix(':latest').replace(':', '_')}")["text"])
    return ModelCard(
        name=tag["name"],
        model_info=show["model_info"],
        details={key: value for key, value in show["details"].items() if key != "parent_model"},
        digest=tag["digest"],
        size=tag["size"],
        template=show["template"],
        system=show.get("system", ""),
        parameters=show.get("parameters", ""),
        license=show.get("license", ""),
        modelfile=show["modelfile"],
        capabilities=tuple(show["capabilities"]),
        tensors=tuple(show["tensors"]),
        modified_at=tag["modified_at"],
        native=tag["name"] == "qwen05:latest",
    )


def render(card: ModelCard, messages: Sequence[Mapping[str, Any]]) -> str:
    if card.native and messages[0]["role"] != "system":
        messages = [{"role": "system", "content": _QWEN_SYSTEM}, *messages]
    return render_chatml(card, messages)


def count_tokens(text: str) -> int:
    return len(_TOKEN.findall(text))


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[ScriptedOllama]:
    """The daemon of most recordings, and the one of `q*`, which ran with OLLAMA_CONTEXT_LENGTH=1024."""
    cards = [card(tag) for tag in json.loads(recording("tags")["text"])["models"]]
    version = json.loads(recording("version")["text"])["version"]
    with ScriptedOllama(
        models=cards, loaded=False, version=version, count=count_tokens, default_num_ctx=request.param
    ) as server:
        server.engine.render_messages = render
        yield server


@pytest.mark.parametrize(
    ("server", "name"), [(1024 if name[0] == "q" else 4096, name) for name in names()], indirect=["server"]
)
def test_same_as_recorded(server: ScriptedOllama, name: str) -> None:
    if name in OUT_OF_SCOPE:
        pytest.skip(OUT_OF_SCOPE[name])
    for model in ("smollm2:135m", "qwen05", "qwen05-fim"):
        server.set_loaded(None, model)
    for earlier in BEFORE.get(name, ()):
        replay(server, recording(earlier))
    recorded = recording(name)
    status, headers, text = replay(server, recorded)
    assert status == recorded["status"]
    compare_headers(headers, recorded["response_headers"])
    compare_bodies(text, recorded)


def test_every_exception_names_a_recording() -> None:
    if not names():
        pytest.skip("the recordings are not beside this repository")
    assert set(OUT_OF_SCOPE) | set(BEFORE) <= set(names())


def replay(server: ScriptedOllama, recorded: Mapping[str, Any]) -> tuple[int, dict[str, str], str]:
    script_answer(server, recorded)
    request = recorded["request"]
    body = request["body"]
    payload = body if isinstance(body, str) else json.dumps(body) if body is not None else None
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request(request["method"], request["path"], payload, request["headers"])
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, dict(response.getheaders()), text


def script_answer(server: ScriptedOllama, recorded: Mapping[str, Any]) -> None:
    if recorded["name"] == "midstream_kill":
        server.fail_next("runner-killed", after=len(lines_of(recorded["text"])) - 1)
    if recorded["name"].startswith("pull_fail"):
        error = json.loads(recorded["text"].splitlines()[-1])
        server.pull_with([{"status": "pulling manifest"}, error])
    script = answer_script(recorded)
    server.replies = lambda messages, body: script


def answer_script(recorded: Mapping[str, Any]) -> Script:
    """The recorded text in as many pieces as were counted, and one more where a limit cut it."""
    if recorded["request"]["path"] not in ("/api/chat", "/api/generate") or recorded["status"] != 200:
        return Script(["x"])
    records = [json.loads(line) for line in lines_of(recorded["text"])]
    texts = [text_of(record) for record in records if "error" not in record]
    last = records[-1]
    if last.get("done_reason") not in ("stop", "length"):
        one_too_many = texts[-1:] if len(records) > 1 else []  # which must not be sent
        return Script([*texts, *one_too_many], done_reason="")
    pieces = (
        texts[:-1]
        if len(texts) > 1
        else exactly(texts[0], last["eval_count"] - (last["done_reason"] == "stop"))
    )
    cut = last["done_reason"] == "length"
    return Script([*pieces, "more"] if cut else pieces)


def exactly(text: str, count: int) -> list[str]:
    """The text in `count` pieces of nearly the same length."""
    return [text[at * len(text) // count : (at + 1) * len(text) // count] for at in range(count)]


def text_of(record: Mapping[str, Any]) -> str:
    return str(record["message"]["content"] if "message" in record else record["response"])


def lines_of(text: str) -> list[str]:
    return [line for line in text.split("\n") if line]


def compare_headers(ours: Mapping[str, str], recorded: Mapping[str, str]) -> None:
    # Go sends longer bodies chunked; both framings are the HTTP library's business, except for streams.
    free = {"Date", "Content-Length", "Transfer-Encoding"}
    assert {key: ours[key] for key in ours if key not in free} == {
        key: recorded[key] for key in recorded if key not in free
    }
    if "ndjson" in recorded.get("Content-Type", ""):
        assert ours["Transfer-Encoding"] == "chunked"


def compare_bodies(text: str, recorded: Mapping[str, Any]) -> None:
    content_type = recorded["response_headers"].get("Content-Type", "")
    if "json" not in content_type:
        assert text == recorded["text"]
        return
    assert text.endswith("\n") == recorded["text"].endswith("\n")
    ours, theirs = lines_of(text), lines_of(recorded["text"])
    assert len(ours) == len(theirs)
    for our_line, their_line in zip(ours, theirs, strict=True):
        compare_values(json.loads(our_line), json.loads(their_line), recorded["name"])
        if "edited" not in recorded:
            assert ("\\u003c" in our_line) == ("\\u003c" in their_line), "Go escapes < in strings"


def compare_values(ours: Any, theirs: Any, where: str) -> None:
    if isinstance(theirs, dict):
        ours_keys, their_keys = list(ours), list(theirs)
        assert ours_keys == their_keys, where
        for key in their_keys:
            compare_field(key, ours[key], theirs[key], f"{where}.{key}")
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs), where
        for index, (our, their) in enumerate(zip(ours, theirs, strict=True)):
            compare_values(our, their, f"{where}[{index}]")
    else:
        assert ours == theirs, where


def compare_field(key: str, ours: Any, theirs: Any, where: str) -> None:
    if key in DURATIONS:
        assert_positive(ours, where)
    elif key in ("created_at", "expires_at"):
        assert TIMESTAMP.fullmatch(ours), where
    elif key == "context":
        assert {type(token) for token in ours} == {int}, where
    elif key == "logprobs":
        compare_logprobs(ours, theirs, where)
    elif key == "size" and where.startswith(("ps", "q_ps")):
        assert_positive(ours, where)
    elif key == "prompt_eval_count" and theirs not in EXACT_COUNTS:
        assert_positive(ours, where)  # the double has no real tokenizer
    elif key == "capabilities" and where.startswith("tags"):
        assert set(theirs) <= set(ours), where  # a daemon's tags leave out what it finds in a native template
    else:
        compare_values(ours, theirs, where)


def assert_positive(value: Any, where: str) -> None:
    assert isinstance(value, int), where
    assert value > 0, where


def compare_logprobs(ours: Sequence[Any], theirs: Sequence[Any], where: str) -> None:
    assert len(ours) == len(theirs), where
    for our, their in zip(ours, theirs, strict=True):
        assert list(our) == list(their), where
        assert our["bytes"] == their["bytes"], where
        assert [list(each) for each in our["top_logprobs"]] == [
            list(each) for each in their["top_logprobs"]
        ], where

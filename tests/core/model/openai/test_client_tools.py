"""Tools on the wire of the OpenAI dialect: what is sent, and calls put together from however they come."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from jupyter_devstral.core.errors import (
    ModelError,
    NotSupported,
    RequestRefused,
    RunnerFailed,
    WindowExceeded,
)
from jupyter_devstral.core.model.messages import Chunk, Message, ToolCall
from jupyter_devstral.core.model.openai.client import OpenAIModel
from jupyter_devstral.core.model.server import Wishes
from jupyter_devstral.core.settings.config import DevstralConfig
from tests.support.scripted.openai_server import CALL_FORMS, Called, ScriptedV1

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "run_cell",
            "description": "run",
            "parameters": {"type": "object", "properties": {"cell": {"type": "string"}}},
        },
    }
]
ASKED = [Message("user", "Go.")]
CALLS = (("run_cell", {"cell": "a1b2", "note": 'é " {}[]'}), ("done", {}), ("run_cell", {"cell": "c3d4"}))
WANTED = [ToolCall(name, arguments) for name, arguments in CALLS]


@pytest.fixture
def server() -> Iterator[ScriptedV1]:
    with ScriptedV1() as running:
        yield running
        assert running.complaints == []


def model_at(server: ScriptedV1) -> OpenAIModel:
    config = DevstralConfig(routes={"here": {"address": server.url, "model": "devstral-2"}})
    return OpenAIModel(config, config.route("here"), Wishes())


def chunks_of(server: ScriptedV1, **asked: Any) -> list[Chunk]:
    return list(model_at(server).chat(ASKED, num_predict=100, **({"tools": TOOLS} | asked)))


def calls_in(chunks: list[Chunk]) -> list[ToolCall]:
    return [call for chunk in chunks for call in chunk.tool_calls]


@pytest.mark.parametrize("step", [1, 5, 1000])
@pytest.mark.parametrize("form", CALL_FORMS)
def test_calls_are_put_together_however_they_come(server: ScriptedV1, form: str, step: int) -> None:
    server.replies = [Called(CALLS, "I run it.", form, step)]
    chunks = chunks_of(server)
    assert calls_in(chunks) == WANTED
    assert "".join(chunk.text for chunk in chunks) == "I run it."
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.done_reason == "stop"


@pytest.mark.parametrize("kind", ["bytewise", "crlf", "no-done", "whole", "late-end"])
def test_every_form_of_stream_gives_the_same_calls(server: ScriptedV1, kind: str) -> None:
    server.replies = [Called(CALLS)]
    server.fail_next(kind)
    chunks = chunks_of(server)
    assert calls_in(chunks) == WANTED
    assert chunks[-1].usage is not None


def test_a_call_is_progress_and_no_text(server: ScriptedV1) -> None:
    server.replies = [Called(CALLS)]
    server.fail_next("stall", after=3)
    model = model_at(server)
    chunks = model.chat(ASKED, num_predict=100, tools=TOOLS)
    thread = threading.Thread(target=lambda: list(chunks))
    thread.start()
    assert server.wait_for(lambda: model.phase() == "writing")
    model.close()
    thread.join()


@pytest.mark.parametrize("kind", ["end-early", "cut", "reset-mid"])
def test_a_call_that_was_cut_is_kept_as_what_it_is(server: ScriptedV1, kind: str) -> None:
    server.replies = [Called(CALLS)]
    server.fail_next(kind, after=4)
    model, got = model_at(server), list[Chunk]()
    try:
        for chunk in model.chat(ASKED, num_predict=100, tools=TOOLS):
            got.append(chunk)
    except RunnerFailed:
        assert kind != "end-early"
    (call,) = calls_in(got)
    assert (call.name, call.arguments, call.unread) == ("run_cell", {}, '{"cell": "a1b2"')
    assert not any(chunk.usage for chunk in got)


@pytest.mark.parametrize("written", ["{'cell': 1}", "[1]", "{", "null", "x" * 50])
def test_arguments_that_are_no_object_are_left_to_the_reader(server: ScriptedV1, written: str) -> None:
    server.replies = [Called([("run_cell", written)])]
    (call,) = calls_in(chunks_of(server))
    assert (call.arguments, call.unread) == ({}, written)


def test_an_answer_whose_deltas_are_nonsense_has_no_calls(server: ScriptedV1) -> None:
    from jupyter_devstral.core.model.openai.calls import CallReader

    reader = CallReader()
    for deltas in (None, 3, [], [None, "x"], [{"index": "a"}], [{"function": []}], [{"index": 2}]):
        reader.take(deltas)
    assert reader.calls() == ()


def test_tools_calls_and_results_are_sent_as_the_dialect_has_them(server: ScriptedV1) -> None:
    call, broken = ToolCall("run_cell", {"cell": "é"}, "call00001"), ToolCall("x", {}, "call00002", '{"a')
    messages = [
        Message("user", "Go."),
        Message("assistant", "", tool_calls=(call, broken)),
        Message("tool", "cell é: ran", answers=call),
        Message("tool", "there is no tool x", answers=broken),
    ]
    list(model_at(server).chat(messages, num_predict=9, tools=TOOLS, schema={"type": "object"}))
    body = server.chats[0].body
    assert body["tools"] == TOOLS
    assert body["tool_choice"] == "auto"
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
    _, assistant, result, other = body["messages"]
    assert assistant["tool_calls"][0] == {
        "id": "call00001",
        "type": "function",
        "function": {"name": "run_cell", "arguments": '{"cell": "é"}'},
    }
    assert assistant["tool_calls"][1]["function"]["arguments"] == "{}"
    assert result == {"role": "tool", "content": "cell é: ran", "tool_call_id": "call00001"}
    assert other["tool_call_id"] == "call00002"


def test_a_request_without_tools_says_nothing_of_them(server: ScriptedV1) -> None:
    list(model_at(server).chat(ASKED, num_predict=9))
    assert not {"tools", "tool_choice", "response_format"} & set(server.chats[0].body)


_VLLM = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"object": "error", "message": _VLLM, "type": "BadRequestError", "code": 400}),
        (400, {"error": {"message": "Function calling is not enabled for this model", "code": 3000}}),
        (500, {"error": {"code": 500, "message": "tools param requires --jinja flag"}}),
        (404, {"error": {"message": "No endpoints found that support tool use.", "code": 404}}),
        (422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "tools"], "msg": "Extra inputs"}]}),
        (422, {"detail": "Unprocessable"}),
    ],
)
def test_tools_that_are_refused_are_told_apart_from_other_refusals(
    server: ScriptedV1, status: int, body: dict[str, Any]
) -> None:
    server.fail_next("status", status=status, body=body)
    with pytest.raises(NotSupported):
        chunks_of(server)
    # The same words about a request that has no tools, or has used some, mean something else.
    call = ToolCall("x", {}, "call00001")
    used = [*ASKED, Message("assistant", "", tool_calls=(call,)), Message("tool", "", answers=call)]
    for messages, tools in ((ASKED, ()), (used, TOOLS)):
        server.fail_next("status", status=status, body=body)
        with pytest.raises(ModelError) as caught:
            list(model_at(server).chat(messages, num_predict=9, tools=tools))
        assert not isinstance(caught.value, NotSupported)


def test_other_refusals_of_a_request_with_tools_stay_what_they_are(server: ScriptedV1) -> None:
    long = "This model's maximum context length is 4096 tokens. However, your prompt contains 9000 tokens"
    for status, message, kind in (
        (400, f"{long}, tools included.", WindowExceeded),
        (400, "temperature must be at most 1", RequestRefused),
        (403, "The tools of this plan are not for you", RequestRefused),
    ):
        server.fail_next("status", status=status, body={"error": {"message": message}})
        with pytest.raises(kind) as caught:
            chunks_of(server)
        assert not isinstance(caught.value, NotSupported)


@pytest.mark.parametrize(
    ("props", "told"),
    [
        (None, ()),
        ({}, ()),
        ([], ()),
        ({"chat_template_caps": {"supports_tools": False}}, ("completion",)),
        ({"chat_template_caps": {"supports_tools": True}}, ("completion", "tools")),
        (
            {"chat_template_caps": {"supports_tools": True}, "modalities": {"vision": True}},
            ("completion", "tools", "vision"),
        ),
    ],
)
def test_llama_server_says_whether_its_model_hears_of_tools(props: Any, told: tuple[str, ...]) -> None:
    with ScriptedV1(props=props) as server:
        model = model_at(server)
        assert model.details().capabilities == told
        assert model.details().capabilities == told
        assert [each.path for each in server.requests].count("/props") == 1

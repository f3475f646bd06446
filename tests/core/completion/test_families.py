"""Every family is asked with its own tokens, and a model is known by name and architecture together."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_devstral.core.completion.families import FAMILIES, inserting, without_tokens


def show(architecture: str = "", template: str = "", *capabilities: str, **info: str) -> dict[str, Any]:
    return {
        "details": {"family": architecture},
        "template": template,
        "capabilities": ["completion", *capabilities],
        "model_info": {f"general.{key}": value for key, value in info.items()},
    }


@pytest.mark.parametrize(
    ("model", "architecture", "prompt"),
    [
        ("qwen2.5-coder:1.5b-base", "qwen2", "<|fim_prefix|>A<|fim_suffix|>B<|fim_middle|>x"),
        ("qwen3-coder:30b", "qwen3moe", "<|fim_prefix|>A<|fim_suffix|>B<|fim_middle|>x"),
        ("codegemma:2b", "gemma", "<|fim_prefix|>A<|fim_suffix|>B<|fim_middle|>x"),
        ("starcoder2:3b", "starcoder2", "<fim_prefix>A<fim_suffix>B<fim_middle>x"),
        ("stable-code:3b", "stablelm", "<fim_prefix>A<fim_suffix>B<fim_middle>x"),
        ("granite-code:3b", "llama", "<fim_prefix>A<fim_suffix>B<fim_middle>x"),
        ("granite4:micro-h", "granitehybrid", "<|fim_prefix|>A<|fim_suffix|>B<|fim_middle|>x"),
        ("deepseek-coder-v2:lite", "deepseek2", "<｜fim▁begin｜>A<｜fim▁hole｜>B<｜fim▁end｜>x"),
        ("deepseek-coder:1.3b-base", "llama", "<｜fim▁begin｜>A<｜fim▁hole｜>B<｜fim▁end｜>x"),
        ("codestral:22b", "llama", "[SUFFIX]B[PREFIX]Ax"),
        (
            "JetBrains/Mellum-4b-sft-python",
            "llama",
            "<filename>notebook.py\n<fim_suffix>B<fim_prefix>A<fim_middle>x",
        ),
        ("codellama:7b-code", "llama", "<PRE> A <SUF>B <MID>x"),
    ],
)
def test_each_family_has_its_own_raw_prompt(model: str, architecture: str, prompt: str) -> None:
    how = inserting(model, show(architecture))
    assert how is not None
    assert how.family is not None
    assert how.family.prompt("A", "B", "x") == prompt


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_tokens_of_a_family_end_its_answers(family: Any) -> None:
    assert {token.strip() for token in family.tokens} <= {stop.strip() for stop in family.stops}


@pytest.mark.parametrize(
    ("model", "architecture"),
    [
        ("qwen2.5:7b", "qwen2"),
        ("codellama:7b-instruct", "llama"),
        ("codellama:latest", "llama"),
        ("deepseek-coder:6.7b-instruct", "llama"),
        ("yi-coder:9b", "llama"),
        ("devstral-small-2", "mistral3"),
        ("smollm2:135m", "llama"),
        ("my-qwen2.5-coder-lookalike", "mistral3"),
    ],
)
def test_what_cannot_insert_is_not_asked(model: str, architecture: str) -> None:
    assert inserting(model, show(architecture)) is None


def test_a_model_under_another_name_is_known_by_its_makers_name() -> None:
    how = inserting("small", show("qwen2", basename="Qwen2.5-Coder"))
    assert how is not None
    assert how.family is not None
    assert how.family.name == "qwen"


def test_a_model_under_another_name_is_known_by_its_template() -> None:
    template = "{{ if .Suffix }}<fim_prefix>{{ .Prompt }}<fim_suffix>{{ .Suffix }}<fim_middle>{{ end }}"
    how = inserting("mine", show("llama", template, "insert"))
    assert how is not None
    assert how.family is not None
    assert how.family.prompt("A", "B", "") == "<fim_prefix>A<fim_suffix>B<fim_middle>"


def test_of_an_unknown_model_the_capability_tells() -> None:
    how = inserting("brand-new", show("new", "{{ .Prompt }}{{ .Suffix }}", "insert"))
    assert how is not None
    assert how.family is None
    assert inserting("brand-new", show("new", "", "insert", "thinking")) is None


@pytest.mark.parametrize("body", [None, [], {}, {"details": 3, "model_info": "x", "capabilities": {}}])
def test_a_body_of_another_program_is_no_model(body: Any) -> None:
    assert inserting("x", body) is None


def test_tokens_in_the_users_own_text_are_taken_apart() -> None:
    how = inserting("qwen2.5-coder", show("qwen2"))
    assert how is not None
    assert how.family is not None
    prompt = how.family.prompt('stop = "<|fim_middle|>"\n', "", "x")
    assert prompt.count("<|fim_middle|>") == 1
    assert without_tokens("a[PREFIX]b") == "a[ PREFIX]b"

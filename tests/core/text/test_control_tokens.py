"""Control tokens in data are broken up on the way out and mended on the way back, however a reply is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_devstral.core.text.control_tokens import JOINER, Mender, broken_up, mended

TOKENS = (
    *("[INST]", "[/INST]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[AVAILABLE_TOOLS]", "[TOOL_CALLS]", "[IMG]"),
    *("[SYSTEM_PROMPT]", "[THINK]", "<s>", "</s>", "<unk>", "<|im_start|>", "<|im_end|>", "<|endoftext|>"),
    *("<|eot_id|>", "<start_of_turn>", "<end_of_turn>", "<<SYS>>", "<</SYS>>", "<fim_prefix>", "<tool_call>"),
    "<｜begin▁of▁sentence｜>",
)
ORDINARY = (
    "[cell 4]",
    "a < b > c",
    "x[i]",
    "<SECRET_1>",
    "<b>bold</b>",
    "f <| x |> g",
    "[inst]",
    "<br/>",
    "[INST",
)

PARTS = st.sampled_from([*TOKENS, *ORDINARY, "[", "<", "]", JOINER, "a", " ", "\n"])
texts = st.lists(PARTS, max_size=12).map("".join)


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_is_no_longer_in_the_text_and_comes_back(token):
    text = f"before{token}{token} behind"
    assert token not in broken_up(text)
    assert broken_up(broken_up(text)) == broken_up(text)
    assert mended(broken_up(text)) == text


@pytest.mark.parametrize("text", [*ORDINARY, "", "plain", "family: 👨\u200d👩\u200d👧 [\u200dx]"])
def test_ordinary_text_stays_as_it_is(text):
    assert broken_up(text) == text
    assert mended(text) == text


@given(texts, st.lists(st.integers(0, 200), max_size=8))
def test_a_reply_is_mended_at_any_split(text, cuts):
    reply = broken_up(text)
    places = sorted({min(cut, len(reply)) for cut in cuts})
    pieces = [reply[a:b] for a, b in zip([0, *places], [*places, len(reply)], strict=True)]
    mender = Mender()
    assert "".join([*map(mender.feed, pieces), mender.close()]) == mended(reply)


def test_nothing_is_held_back_for_long():
    mender = Mender()
    assert mender.feed("if a < b: x[0") == "if a < b: x[0"
    assert mender.feed("[") == ""
    assert mender.feed("1, 2]") == "[1, 2]"
    assert mender.feed("[" + JOINER + "x" * 60).startswith("[" + JOINER)


@pytest.mark.parametrize("token", ["<|turn>", "<turn|>", "<|channel>", "<channel|>", "<|tool_call>"])
def test_tokens_in_two_halves_are_broken_up_too(token):
    assert token not in broken_up(f"a{token}b")
    assert mended(broken_up(f"a{token}b")) == f"a{token}b"

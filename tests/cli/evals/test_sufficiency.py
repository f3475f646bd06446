"""What `eval` says of a window and a quantisation, and what it says that it does not know."""

from __future__ import annotations

import pytest

from jupyter_devstral.cli.evals.page import page
from jupyter_devstral.cli.evals.results import Row
from jupyter_devstral.cli.evals.sufficiency import Terms, bits_of, comparison, sentences

ROW = Row("fix", "typo", right=True, runs=True, tokens=900, seconds=2.0)
CUT = Row("fix", "long", right=False, runs=False, tokens=2000, seconds=9.0, cut=True)


@pytest.mark.parametrize(
    ("name", "bits"),
    [
        ("Q4_K_M", 4),
        ("IQ2_XS", 2),
        ("Q8_0", 8),
        ("BF16", 16),
        ("MXFP4", 4),
        ("Q3_K - Small", 3),
        ("4-bit", 4),
        ("W8A16", 8),
        ("unknown", 0),
        ("", 0),
    ],
)
def test_bits_are_read_off_the_name_of_a_format(name: str, bits: int) -> None:
    assert bits_of(name) == bits


@pytest.mark.parametrize(
    ("terms", "rows", "words"),
    [
        (Terms(32_768, "loaded", 40_000), [ROW], ["suffices for these cases", "is not measured"]),
        (Terms(32_768), [ROW], ["suffices", "the server does not say what it has loaded"]),
        (Terms(4096, "loaded", 32_768), [ROW], ["but a working notebook is longer", "trained for 32,768"]),
        (Terms(2048, "loaded", 2048), [CUT], ["does not suffice", "ended at 512", "all that the model"]),
        (Terms(1000, "loaded"), [ROW], ["does not suffice", "its server does not say"]),
    ],
)
def test_a_window_is_judged_by_what_the_cases_took(terms: Terms, rows: list[Row], words: list[str]) -> None:
    said = sentences(terms, rows)[0]
    assert all(word in said for word in words), said
    assert ("does not suffice" in said) == ("does not suffice" in words)


@pytest.mark.parametrize(
    ("quantization", "parameters", "words"),
    [
        ("Q8_0", 0, "suffices, a finer one would show in no case"),
        ("Q4_K_M", 24_000_000_000, "suffices as a rule"),
        ("Q4_K_M", 1_500_000_000, "may well cost cases"),
        ("Q4_K_M", 0, "only --compare with a finer one of it tells"),
        ("IQ2_XS", 24_000_000_000, "may well cost cases"),
        ("unknown", 0, "not judged"),
        ("", 0, "not known: not judged"),
    ],
)
def test_a_quantisation_is_judged_by_its_bits(quantization: str, parameters: int, words: str) -> None:
    assert words in sentences(Terms(8192, quantization=quantization, parameters=parameters), [ROW])[1]


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("1111", "1111", "no difference"),
        (
            "1110",
            "1000",
            "2 only the first has right and 0 only the second: a difference that chance",
        ),
        ("1" * 12 + "0", "0" * 12 + "1", "the first is better, by more than chance"),
        ("0" * 12, "1" * 12, "the second is better, by more than chance"),
    ],
)
def test_two_models_are_compared_case_by_case(first: str, second: str, words: str) -> None:
    def rows(right: str) -> list[Row]:
        return [Row("fix", str(at), one == "1", True, 9, 1.0) for at, one in enumerate(right)]

    assert words in comparison(rows(first), rows(second))


def test_the_page_has_it_all_once() -> None:
    text = page([("coder", [ROW, CUT], Terms(2048, "loaded", 32_768, "Q4_K_M", 1_500_000_000))])
    assert text.count("window: 2,048 tokens") == 1
    assert text.count("Q4_K_M (4 bits of a small model)") == 1
    assert "fails at:\n  fix long (wrong)" in text
    assert "max_reply_tokens may help" not in text, "it is the window that is too small"
    larger = page([("coder", [CUT], Terms(32_768, "loaded"))])
    assert "1 of its answers were ended by their length: a larger max_reply_tokens may help." in larger

"""Token estimates: near the truth, never quadratic, and corrected in coarse steps."""

from __future__ import annotations

import pytest

from jupyter_devstral.core.model.token_estimate import STEP, TokenEstimate, estimate_tokens
from tests.support.growth import cpu_growth

# Counts by Mistral's own tokenizer (tekken_240911, 131k entries).
COUNTED = [
    ("import pandas as pd\nsales = pd.read_csv('sales.csv')\nsales.head()", 17),
    ("Load the table, drop rows without a price and plot the revenue per month.", 16),
    ("x = [3.14159, 2.71828, 1234567890]", 32),
    ("def f(self, value):\n        return self.total_amount + value\n", 14),
    ("请加载数据并删除没有价格的行,然后按月绘制收入图。", 21),
    ("✅ done ❌ fail", 8),
]


@pytest.mark.parametrize(("text", "counted"), COUNTED)
def test_estimates_are_near_and_rather_high(text: str, counted: int) -> None:
    assert 0.85 * counted - 1 <= estimate_tokens(text) <= 1.5 * counted + 2


def test_nothing_is_nothing() -> None:
    assert estimate_tokens("") == 0
    assert TokenEstimate()("") == 0


@pytest.mark.parametrize("unit", [" ", "a", "x=1\n", "🎉"])
def test_a_long_text_is_linear(unit: str) -> None:
    assert cpu_growth(lambda size: estimate_tokens(unit * (size // len(unit))), 4_000_000) < 1.5


def test_the_correction_moves_in_steps_and_then_rests() -> None:
    estimate = TokenEstimate()
    estimate.correct(1000, 1030)
    assert estimate.factor == 1.0, "within one step: left alone"
    estimate.correct(1000, 1330)
    assert estimate.factor == pytest.approx(1.35)
    assert estimate("word " * 100) == pytest.approx(1.35 * estimate_tokens("word " * 100), abs=1)
    for _ in range(3):
        estimate.correct(1350, 1330)  # the same model again
        assert estimate.factor == pytest.approx(1.35)
    assert round(estimate.factor / STEP, 6) == round(estimate.factor / STEP)


def test_the_correction_is_bounded_and_ignores_tiny_prompts() -> None:
    estimate = TokenEstimate()
    estimate.correct(3, 40)
    assert estimate.factor == 1.0
    estimate.correct(1000, 90_000)
    assert estimate.factor == 2.5
    estimate.correct(90_000, 100)
    assert estimate.factor == 0.5

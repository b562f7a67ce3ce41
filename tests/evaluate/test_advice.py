"""Advice: the choice follows the paired interval, money is arithmetic, and words say what the figures say."""

from __future__ import annotations

import math

import pytest

from sqlkit.evaluate.advice import Prices, Way, advise, markdown, needed
from sqlkit.evaluate.metrics import Gain, paired_gain

DEAR, CHEAP = Prices(1.0, 4.0), Prices(0.1, 0.4)


def way(right: int, of: int, prices: Prices = Prices(), *, prompt: float | None = 1000, answer: float = 50, seconds: float = 1.0) -> Way:
    return Way([i < right for i in range(of)], prompt, answer, seconds, prices)


def test_money_is_tokens_and_hours() -> None:
    assert Prices(1.0, 4.0, 3.6).thousand(1000, 50, 2.0) == pytest.approx(1000 * (0.001 + 0.0002 + 0.002))


@pytest.mark.parametrize(
    ("few", "tuned", "choice", "first"),
    [
        (way(30, 100), way(60, 100), "tune", "Tune: it is right more often than few-shot retrieval, by 30.0 points"),
        (way(60, 100), way(30, 100), "few-shot", "Do not tune"),
        (way(30, 100), way(31, 100), "undecided", "These 100 questions do not decide it: tuning is ahead by 1.0 points"),
        (way(30, 100), way(30, 100), "undecided", "both are right equally often"),
    ],
)
def test_the_choice_follows_the_interval(few: Way, tuned: Way, choice: str, first: str) -> None:
    told = advise(few, tuned)
    assert told["choice"] == choice and first in told["words"][0]
    assert (told["gain"]["low"] > 0, told["gain"]["high"] < 0) == (choice == "tune", choice == "few-shot")


def test_tuning_is_paid_back_when_what_was_saved_is_what_it_cost() -> None:
    told = advise(way(30, 100, DEAR), way(60, 100, CHEAP), tuning=10.0)
    even = told["break_even_questions"]
    assert even * told["saved_per_1000"] / 1000 >= 10.0 > (even - 1) * told["saved_per_1000"] / 1000
    assert any(f"paid back after {even:,} questions" in line for line in told["words"])


def test_dearer_and_better_is_told_by_the_price_of_a_right_answer() -> None:
    told = advise(way(30, 100, CHEAP), way(60, 100, DEAR), tuning=5.0)
    extra = -told["saved_per_1000"] / 300
    assert told["break_even_questions"] is None
    assert any(f"each further right answer costs {extra:,.4f}, beside 5.00 once" in line for line in told["words"])


def test_dearer_and_no_better_is_never_paid_back() -> None:
    assert any("neither cheaper" in line for line in advise(way(30, 100, CHEAP), way(30, 100, DEAR), tuning=5.0)["words"])


def test_undecided_it_takes_what_is_cheaper() -> None:
    assert any("cheaper to run: tuning." in line for line in advise(way(30, 100, DEAR), way(31, 100, CHEAP))["words"])
    assert any("leave it untuned" in line for line in advise(way(30, 100), way(31, 100))["words"])


def test_little_and_bad_evidence_is_called_so() -> None:
    words = " ".join(advise(way(3, 12), way(4, 12))["words"])
    assert "12 questions are few" in words and "of 100 answers at best 33 are right" in words and "No prices were given" in words
    assert "Neither is to be trusted" not in " ".join(advise(way(95, 100), way(96, 100))["words"])


def test_the_questions_needed_would_decide_it() -> None:
    seen = Gain(0.05, -0.02, 0.12, 100, 10, 5, 0.3)
    n = needed(seen)
    assert n is not None and n > 100
    won, lost = round(n * 0.10), round(n * 0.05)
    there = paired_gain([True] * won + [False] * (n - won), [False] * won + [True] * lost + [False] * (n - won - lost))
    assert there.low > 0
    assert needed(Gain(0.0, -0.1, 0.1, 100, 5, 5, 1.0)) is None


def test_no_questions_at_all_is_no_crash() -> None:
    told = advise(Way([], None, 0, 0), Way([], None, 0, 0))
    assert told["choice"] == "undecided" and math.isclose(told["gain"]["value"], 0)


def test_the_page_has_words_and_table() -> None:
    page = markdown(advise(way(30, 100, DEAR), way(60, 100, CHEAP, prompt=None)), {"base": "embedded"})
    assert "30.0% [21.9%, 39.6%], n = 100" in page and "not counted" in page and "- base: embedded" in page

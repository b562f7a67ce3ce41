"""Intervals and paired tests against figures known from elsewhere."""

from __future__ import annotations

import pytest

from sqlkit.evaluate.metrics import (
    by_group,
    execution_accuracy,
    mcnemar,
    paired_gain,
    refused_right,
    refused_wrong,
    valid_sql,
    wilson,
)
from sqlkit.records import Grade


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (50, 100, 0.4038, 0.5962)],
)
def test_wilson(k: int, n: int, low: float, high: float) -> None:
    interval = wilson(k, n)
    assert (interval.value, interval.n) == (k / n, n)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-4)


def test_wilson_of_nothing_knows_nothing() -> None:
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)
    assert str(wilson(0, 0)) == "n = 0"


@pytest.mark.parametrize(("won", "lost", "p"), [(0, 0, 1.0), (5, 0, 0.0625), (10, 2, 0.03857), (3, 3, 1.0)])
def test_mcnemar(won: int, lost: int, p: float) -> None:
    assert mcnemar(won, lost) == pytest.approx(p, abs=1e-5)


def test_paired_gain() -> None:
    new = [True] * 70 + [False] * 30
    old = [True] * 40 + [False] * 60
    gain = paired_gain(new, old)
    assert (gain.value, gain.n, gain.won, gain.lost) == (0.3, 100, 30, 0)
    assert 0.2 < gain.low < 0.25 < 0.35 < gain.high < 0.42
    assert gain == paired_gain(new, old)
    assert paired_gain(old, new).value == -0.3
    assert paired_gain([], []).n == 0
    with pytest.raises(ValueError, match="as long"):
        paired_gain([True], [])


def test_the_interval_covers_what_it_should() -> None:
    import random

    chance = random.Random(4)
    hits = 0
    for _ in range(300):
        pairs = [(chance.random() < 0.6, chance.random() < 0.4) for _ in range(80)]
        gain = paired_gain([a for a, _ in pairs], [b for _, b in pairs], samples=1000)
        hits += gain.low <= 0.2 <= gain.high
    assert 270 <= hits <= 297


GRADES = [
    Grade("1", "equivalent", correct=True, difficulty="easy", details={"runs": True}),
    Grade("2", "different", difficulty="easy", details={"runs": True}),
    Grade("3", "error", difficulty="hard", details={"runs": False}),
    Grade("4", "different", refused=True, difficulty="hard"),
    Grade("5", "gold_broken", difficulty="hard", details={"runs": True}),
    Grade("6", "undecidable", difficulty="hard", details={"runs": True}),
    Grade("7", "equivalent", correct=True, refused=True, answerable=False),
    Grade("8", "different", answerable=False, details={"runs": True}),
]


def test_shares_of_grades() -> None:
    assert (execution_accuracy(GRADES).value, execution_accuracy(GRADES).n) == (0.25, 4)
    assert (refused_right(GRADES).value, refused_right(GRADES).n) == (0.5, 2)
    assert (refused_wrong(GRADES).value, refused_wrong(GRADES).n) == (0.25, 4)
    assert valid_sql(GRADES) == wilson(5, 6)
    groups = by_group(GRADES, lambda grade: grade.difficulty)
    assert {name: (i.value, i.n) for name, i in groups.items()} == {"easy": (0.5, 2), "hard": (0.0, 2)}

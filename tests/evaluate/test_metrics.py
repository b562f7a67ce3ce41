"""Intervals and paired tests against figures known from elsewhere."""

from __future__ import annotations

import pytest

from sqlkit.evaluate.metrics import (
    Point,
    aurc,
    bootstrap,
    brier,
    by_group,
    calibration_error,
    coverage_accuracy,
    execution_accuracy,
    mcnemar,
    paired_gain,
    pass_at_k,
    pass_hat_k,
    r_ves,
    r_ves_score,
    refused_right,
    refused_wrong,
    reliability,
    spread,
    valid_sql,
    wilson,
)
from sqlkit.records import Grade


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    # the last three: Newcombe 1998 (Statistics in Medicine 17, p. 861), table I, method 3
    [
        (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (50, 100, 0.4038, 0.5962),
        (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718),
    ], 
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


def chen(n: int, c: int, k: int) -> float:
    """pass@k as the paper's own code has it (arXiv 2107.03374, figure 3)."""
    import numpy as np

    return 1.0 if n - c < k else float(1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))


def test_pass_at_k_and_pass_hat_k() -> None:
    import itertools

    for n, c, k in [(10, 3, 1), (10, 3, 5), (200, 13, 100), (5, 5, 2), (5, 0, 2), (7, 6, 2)]:
        assert pass_at_k(n, c, k) == pytest.approx(chen(n, c, k))
    chosen = list(itertools.combinations([True] * 4 + [False] * 2, 3))
    assert pass_at_k(6, 4, 3) == pytest.approx(sum(map(any, chosen)) / len(chosen))
    assert pass_hat_k(6, 4, 3) == pytest.approx(sum(map(all, chosen)) / len(chosen))
    assert pass_at_k(9, 4, 1) == pass_hat_k(9, 4, 1) == pytest.approx(4 / 9)
    for wrong in [(3, 4, 1), (3, 1, 4), (3, 1, 0)]:
        with pytest.raises(ValueError, match="not defined"):
            pass_at_k(*wrong)
        with pytest.raises(ValueError, match="not defined"):
            pass_hat_k(*wrong)


def test_bootstrap() -> None:
    assert bootstrap([]).n == 0
    few, many = [0.0, 1.0] * 50, [i / 199 for i in range(200)]
    for values, error in ((few, 0.05), (many, 0.2901 / 200**0.5)):
        found = bootstrap(values)
        assert found == bootstrap(values)
        assert found.value == pytest.approx(0.5)
        assert (found.low, found.high) == pytest.approx((0.5 - 1.96 * error, 0.5 + 1.96 * error), abs=0.006)


@pytest.mark.parametrize(("ratio", "reward"), [(9.0, 1.25), (2.0, 1.25), (1.99, 1.0), (1.0, 1.0), (0.99, 0.75), (0.5, 0.75), (0.3, 0.5), (0.1, 0.25)])
def test_r_ves_has_birds_steps(ratio: float, reward: float) -> None:
    assert r_ves(ratio) == reward
    assert r_ves(ratio, right=False) == 0.0


def test_r_ves_of_golds_is_a_hundred() -> None:
    assert r_ves_score([r_ves(1.0)] * 5).value == 100.0
    assert r_ves_score([1.0, 0.25]).value == 75.0


MARKS = [(0.9, True), (0.9, True), (0.8, False), (0.6, True), (0.3, False)]


def test_coverage_against_accuracy() -> None:
    assert coverage_accuracy(MARKS) == [
        Point(0.9, 0.4, 1.0), Point(0.8, 0.6, pytest.approx(2 / 3)), Point(0.6, 0.8, 0.75), Point(0.3, 1.0, 0.6),
    ]  # fmt: skip
    assert aurc(MARKS) == pytest.approx(0.4 * 0 + 0.2 / 3 + 0.2 * 0.25 + 0.2 * 0.4)
    assert coverage_accuracy([]) == []
    assert aurc([(0.5, True)] * 3) == 0.0


def test_calibration() -> None:
    # by hand: bins [.3,.4) |.3-0|, [.6,.7) |.6-1|, [.8,.9) |.8-0|, [.9,1] |.9-1| twice
    assert calibration_error(MARKS) == pytest.approx((0.3 + 0.4 + 0.8 + 2 * 0.1) / 5)
    assert brier(MARKS) == pytest.approx((0.01 + 0.01 + 0.64 + 0.16 + 0.09) / 5)
    assert [b.n for b in reliability([(0.0, False), (1.0, True), (0.05, True)])] == [2, 1]
    assert calibration_error([(1.0, True), (0.0, False)]) == 0.0


def test_spread() -> None:
    assert spread([]) == {"mean": 0.0, "p50": 0.0, "p95": 0.0, "sum": 0.0}
    assert spread(range(1, 101)) == {"mean": 50.5, "p50": 50, "p95": 95, "sum": 5050}


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

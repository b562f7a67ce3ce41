"""Figures over grades, each with its n and its interval, and the source of its method.

Wilson, J. Am. Stat. Assoc. 22 (1927); Efron, Ann. Statist. 7 (1979), the percentile bootstrap; McNemar, Psychometrika 12
(1947), in its exact form; Chen et al. 2021 (arXiv 2107.03374), pass@k; Yao et al. 2024 (arXiv 2406.12045), pass^k; Li et al.
2023 (arXiv 2305.03111) and BIRD mini-dev, R-VES; Geifman & El-Yaniv 2017 (arXiv 1705.08500), risk and coverage; Guo et al. 2017
(arXiv 1706.04599), expected calibration error; Brier, Mon. Weather Rev. 78 (1950).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence

from sqlkit.records import Grade

_Z95 = 1.959963984540054  # two-sided 95% of the normal distribution
NOT_COUNTED = ("gold_broken", "undecidable")  # the fault of the gold: told, never scored


@dataclasses.dataclass(frozen=True, slots=True)
class Interval:
    """A share, its 95% interval and how many it rests on."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        if not self.n:
            return "n = 0"
        return f"{self.value:.1%} [{self.low:.1%}, {self.high:.1%}], n = {self.n}"


@dataclasses.dataclass(frozen=True, slots=True)
class Gain:
    """The mean difference of two arms on the same questions, its paired bootstrap interval, McNemar's exact p."""

    value: float
    low: float
    high: float
    n: int
    won: int
    lost: int
    p: float

    def __str__(self) -> str:
        points = f"{100 * self.value:+.1f} points [{100 * self.low:+.1f}, {100 * self.high:+.1f}]"
        return f"{points}, n = {self.n}, won {self.won}, lost {self.lost}, p = {self.p:.2g}"


def wilson(k: int, n: int) -> Interval:
    """The share k of n with Wilson's score interval, which keeps its promise near 0 and 1; n = 0 spans everything."""
    if n == 0:
        return Interval(0.0, 0.0, 1.0, 0)
    share, z2 = k / n, _Z95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return Interval(share, 0.0 if k == 0 else centre - half, 1.0 if k == n else centre + half, n)


def bootstrap(values: Sequence[float], *, samples: int = 10_000, seed: int = 0) -> Interval:
    """The mean of values and its 95% percentile bootstrap interval, for means that are no shares (partial credit, R-VES).

    `samples` resamples of n values; the same seed gives the same interval.
    """
    import numpy as np

    n = len(values)
    if n == 0:
        return Interval(0.0, 0.0, 1.0, 0)
    held, counts = np.unique(np.asarray(values, float), return_counts=True)
    generator = np.random.default_rng(seed)
    if len(held) <= 64:  # few distinct values: a resample is one multinomial draw
        means = generator.multinomial(n, counts / n, size=samples) @ held / n
    else:
        means = np.concatenate([generator.choice(values, (k, n)).mean(axis=1) for k in _chunks(samples, max(1, 2_000_000 // n))])
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(float(np.mean(values)), float(low), float(high), n)


def _chunks(total: int, most: int) -> list[int]:
    return [min(most, total - start) for start in range(0, total, most)]


def share(marks: Iterable[bool]) -> Interval:
    """How many of the marks are true."""
    held = list(marks)
    return wilson(sum(held), len(held))


def mcnemar(won: int, lost: int) -> float:
    """The exact two-sided p of McNemar's test: how odd this split of the discordant pairs is if neither is better."""
    n = won + lost
    if n == 0:
        return 1.0
    few = min(won, lost)
    tail: int = sum(math.comb(n, i) for i in range(few + 1))
    return float(min(1.0, 2 * tail / 2**n))


def paired_gain(new: Sequence[bool], old: Sequence[bool], *, samples: int = 10_000, seed: int = 0) -> Gain:
    """How much better `new` is than `old`, question by question; the same seed gives the same interval.

    A resample of n questions is one multinomial draw of won, lost and same, so 10,000 of them cost a millisecond.
    """
    if len(new) != len(old):
        raise ValueError(f"paired arms must be as long as each other: {len(new)} and {len(old)}")
    n = len(new)
    won = sum(a and not b for a, b in zip(new, old, strict=True))
    lost = sum(b and not a for a, b in zip(new, old, strict=True))
    if n == 0:
        return Gain(0.0, -1.0, 1.0, 0, 0, 0, 1.0)
    import numpy as np

    draws = np.random.default_rng(seed).multinomial(n, [won / n, lost / n, 1 - (won + lost) / n], size=samples)
    low, high = np.quantile((draws[:, 0] - draws[:, 1]) / n, [0.025, 0.975])
    return Gain((won - lost) / n, float(low), float(high), n, won, lost, mcnemar(won, lost))


def pass_at_k(n: int, c: int, k: int) -> float:
    """The chance that at least one of k answers is right, from n answers of which c are: unbiased, 1 - C(n-c, k) / C(n, k)."""
    if not 0 <= c <= n or not 1 <= k <= n:
        raise ValueError(f"pass@{k} of {c} right in {n} is not defined")
    return 1.0 - math.comb(n - c, k) / math.comb(n, k)


def pass_hat_k(n: int, c: int, k: int) -> float:
    """The chance that all of k answers are right, from n answers of which c are: C(c, k) / C(n, k), written pass^k."""
    if not 0 <= c <= n or not 1 <= k <= n:
        raise ValueError(f"pass^{k} of {c} right in {n} is not defined")
    return math.comb(c, k) / math.comb(n, k)


def r_ves(ratio: float, right: bool = True) -> float:
    """BIRD's reward for one answer, between 0 and 1.25: 0 where it is wrong, else by gold cost / predicted cost.

    From ratio 2 on 1.25, from 1 on 1, from 0.5 on 0.75, from 0.25 on 0.5, below 0.25. BIRD's R-VES is 100 times the mean of the
    square roots; a query against itself scores exactly 1 here, because the costs are counted rows and no wall time.
    """
    if not right:
        return 0.0
    return next((reward for least, reward in ((2.0, 1.25), (1.0, 1.0), (0.5, 0.75), (0.25, 0.5)) if ratio >= least), 0.25)


def r_ves_score(rewards: Iterable[float]) -> Interval:
    """100 times the mean of the square roots of rewards, with its bootstrap interval."""
    return bootstrap([100 * math.sqrt(reward) for reward in rewards])


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    """`coverage`: the share answered when only confidences from `threshold` on are; `accuracy`: of those, the share right."""

    threshold: float
    coverage: float
    accuracy: float


def coverage_accuracy(marks: Sequence[tuple[float, bool]]) -> list[Point]:
    """The selective-prediction curve of (confidence, right), most confident first; answers of one confidence come at once."""
    points, right = list[Point](), 0
    ranked = sorted(marks, key=lambda mark: -mark[0])
    for i, (confidence, correct) in enumerate(ranked, 1):
        right += correct
        if i == len(ranked) or ranked[i][0] != confidence:
            points.append(Point(confidence, i / len(ranked), right / i))
    return points


def aurc(marks: Sequence[tuple[float, bool]]) -> float:
    """The area under the risk-coverage curve: the mean, over all coverages, of the share wrong; 0 is best."""
    points = coverage_accuracy(marks)
    widths = [b.coverage - a.coverage for a, b in zip([Point(0.0, 0.0, 0.0), *points], points, strict=False)]
    return sum(width * (1 - point.accuracy) for width, point in zip(widths, points, strict=True))


@dataclasses.dataclass(frozen=True, slots=True)
class Bin:
    """Answers whose confidence lies in [low, high): how many, how confident on average, how often right."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


def reliability(marks: Sequence[tuple[float, bool]], bins: int = 10) -> list[Bin]:
    """(confidence, right) in equal bins of confidence, empty ones left out; the last one takes 1.0 in."""
    held: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in marks:
        held.setdefault(min(bins - 1, int(confidence * bins)), []).append((confidence, right))
    return [
        Bin(i / bins, (i + 1) / bins, len(part), sum(c for c, _ in part) / len(part), sum(r for _, r in part) / len(part))
        for i, part in sorted(held.items())
    ]


def calibration_error(marks: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """ECE: the mean distance of confidence and accuracy over the bins, weighted by how many answers they hold."""
    return sum(b.n * abs(b.confidence - b.accuracy) for b in reliability(marks, bins)) / max(1, len(marks))


def brier(marks: Sequence[tuple[float, bool]]) -> float:
    """The mean squared distance of confidence and outcome."""
    return sum((confidence - right) ** 2 for confidence, right in marks) / max(1, len(marks))


def spread(values: Iterable[float]) -> dict[str, float]:
    """Mean, median, 95th percentile and sum, for seconds, tokens and prices."""
    held = sorted(values)
    if not held:
        return {"mean": 0.0, "p50": 0.0, "p95": 0.0, "sum": 0.0}
    at = {name: held[min(len(held) - 1, math.ceil(q * len(held)) - 1)] for name, q in (("p50", 0.5), ("p95", 0.95))}
    return {"mean": sum(held) / len(held), **at, "sum": sum(held)}


def counted(grades: Iterable[Grade]) -> list[Grade]:
    """The grades that may count: without those whose gold is at fault, whatever was predicted."""
    return [grade for grade in grades if counts(grade)]


def counts(grade: Grade) -> bool:
    """Whether a grade may count: not where the gold is broken, not deterministic, or empty on every database."""
    return grade.verdict not in NOT_COUNTED and not grade.details.get("gold_fault")


def execution_accuracy(grades: Iterable[Grade]) -> Interval:
    """EX: the share of answerable questions whose SQL returns what the gold returns."""
    return share(grade.correct for grade in counted(grades) if grade.answerable)


def refused_right(grades: Iterable[Grade]) -> Interval:
    """Of the questions that the schema cannot answer, the share that was refused."""
    return share(grade.refused for grade in grades if not grade.answerable)


def refused_wrong(grades: Iterable[Grade]) -> Interval:
    """Of the questions that the schema can answer, the share that was refused all the same."""
    return share(grade.refused for grade in counted(grades) if grade.answerable)


def valid_sql(grades: Iterable[Grade]) -> Interval:
    """Of the predictions that are not refusals, the share that runs: no error, nothing unsafe, some SQL."""
    return share(bool(grade.details.get("runs")) for grade in grades if not grade.refused)


def by_group(grades: Iterable[Grade], group: Callable[[Grade], str]) -> dict[str, Interval]:
    """EX for each group of questions, groups in the order in which they first appear."""
    groups: dict[str, list[Grade]] = {}
    for grade in counted(grades):
        if grade.answerable:
            groups.setdefault(group(grade), []).append(grade)
    return {name: execution_accuracy(members) for name, members in groups.items()}

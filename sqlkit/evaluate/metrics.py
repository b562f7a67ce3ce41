"""Figures over grades, each with its n and its interval."""

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

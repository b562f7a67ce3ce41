"""The export gate: what left the lab against the adapter that it came from, on the same questions, by execution accuracy."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from sqlkit.errors import InputError
from sqlkit.evaluate.metrics import Gain, Interval, counts, execution_accuracy, paired_gain, refused_right
from sqlkit.records import Grade, Prediction


@dataclasses.dataclass(frozen=True, slots=True)
class Gate:
    """`difference` is the export's EX less the adapter's, paired; `most` the points that may be lost; `same` answers to the letter."""

    adapter: Interval
    export: Interval
    difference: Gain
    most: float
    same: int
    asked: int
    refused_right: tuple[Interval, Interval]

    @property
    def passed(self) -> bool:
        """By the difference seen, not by the end of its interval: few questions would else stop every export."""
        return -100 * self.difference.value <= self.most + 1e-9

    def __str__(self) -> str:
        return f"adapter EX {self.adapter}; export EX {self.export}; difference {self.difference}; the same SQL for {self.same} of {self.asked}"

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {"passed": self.passed}


def gate(
    before: Sequence[Grade], after: Sequence[Grade], told: tuple[Sequence[Prediction], Sequence[Prediction]], most: float
) -> Gate:
    """Compare grades and predictions of the adapter and its export; questions whose gold is at fault in either leave both.

    Raises InputError when the adapter answers none of them right: such questions cannot show that anything was lost.
    """
    if [g.example_id for g in before] != [g.example_id for g in after]:
        raise ValueError("the adapter and the export were not asked the same questions")
    pairs = [(a, b) for a, b in zip(before, after, strict=True) if counts(a) and counts(b)]
    able = [(a, b) for a, b in pairs if a.answerable]
    if not any(a.correct for a, _ in able):
        raise InputError(
            f"the adapter answers none of the {len(able)} answerable questions right, so they cannot judge an export; give others with --questions"
        )
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    return Gate(
        adapter=execution_accuracy(first), export=execution_accuracy(second),
        difference=paired_gain([b.correct for _, b in able], [a.correct for a, _ in able]), most=most,
        same=sum(a.sql == b.sql for a, b in zip(*told, strict=True)), asked=len(told[0]),
        refused_right=(refused_right(first), refused_right(second)),
    )  # fmt: skip

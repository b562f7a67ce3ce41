"""The export gate: what it counts, when it stops, and what it refuses to judge by."""

from __future__ import annotations

import pytest

from sqlkit.errors import InputError
from sqlkit.evaluate.gate import Gate, gate
from sqlkit.records import Grade, Prediction, Verdict


def grades(marks: str) -> list[Grade]:
    """One a letter: r right, w wrong, b broken gold, u unanswerable and refused."""
    verdicts: dict[str, Verdict] = {"r": "equivalent", "w": "different", "b": "gold_broken", "u": "equivalent"}
    return [Grade(str(i), verdicts[m], correct=m in "ru", answerable=m != "u", refused=m == "u") for i, m in enumerate(marks)]


def judged(before: str, after: str, most: float = 2.0) -> Gate:
    told = tuple([Prediction(str(i), mark, mark) for i, mark in enumerate(marks)] for marks in (before, after))
    return gate(grades(before), grades(after), (told[0], told[1]), most)


@pytest.mark.parametrize(
    ("before", "after", "most", "passed"),
    [
        ("rrww", "rrww", 0.0, True),
        ("rrww", "rwrw", 0.0, True),  # one lost, one won
        ("rrww", "rwww", 0.0, False),
        ("rrww", "rwww", 25.0, True),  # exactly what may be lost
        ("rrww", "rwww", 24.9, False),
        ("rrww", "rrrr", 0.0, True),
        ("rrwwb", "rrwww", 0.0, True),  # a broken gold counts for neither
        ("rrwwu", "rrwww", 0.0, True),  # EX is of answerable questions
    ],
)
def test_a_loss_above_the_limit_stops(before: str, after: str, most: float, passed: bool) -> None:
    assert judged(before, after, most).passed is passed


def test_it_tells_both_the_paired_difference_and_how_many_answers_are_the_same() -> None:
    found = judged("rrrrwu", "rrwwwu")
    assert (found.adapter.value, found.export.value, found.adapter.n) == (0.8, 0.4, 5)
    assert (found.difference.value, found.difference.lost, found.same, found.asked) == (-0.4, 2, 4, 6)
    assert found.difference.low < -0.4 < found.difference.high
    assert "difference -40.0 points" in str(found) and found.to_json()["passed"] is False


def test_questions_that_the_adapter_gets_wrong_cannot_judge() -> None:
    with pytest.raises(InputError, match="answers none of the 2 answerable questions right"):
        judged("wwu", "wwu")

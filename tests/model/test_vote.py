"""Several answers to one question: those that return the same rows stand together."""

from __future__ import annotations

import pytest

from sqlkit.model.types import Generation
from sqlkit.model.vote import choose, outcome
from sqlkit.records import Result

ROWS = {
    "SELECT 1": Result(("a",), ((1,),)),
    "SELECT 1.0": Result(("b",), ((1.0,),)),
    "SELECT 2": Result(("a",), ((2,),)),
    "SELECT 3": Result(("a",), ((3,),)),
    "SELECT NULL": Result(("a",), ((None,),)),
    "SELECT x": Result(error="bind: no x"),
}


def pick(*texts: str) -> tuple[str | None, float]:
    chosen = choose(Generation(texts[0], others=tuple(texts[1:])), ROWS.__getitem__)
    return chosen.sql, chosen.share


@pytest.mark.parametrize(
    ("texts", "sql"),
    [
        (["SELECT 1"], "SELECT 1"),
        (["SELECT 1", "SELECT 2"], "SELECT 1"),  # the greedy one counts more than one other
        (["SELECT 1", "SELECT 2", "SELECT 2"], "SELECT 2"),  # but not more than two that agree
        (["SELECT 2", "SELECT 1", "SELECT 1.0"], "SELECT 1"),  # agreement is in the rows, not in the text
        (["SELECT x", "SELECT x", "SELECT x", "SELECT 3"], "SELECT 3"),  # what fails has no vote
        (["SELECT x", "SELECT x"], "SELECT x"),  # unless nothing runs
        (["SELECT NULL", "SELECT 3"], "SELECT 3"),  # nothing found counts half
        (["SELECT 1", "CANNOT ANSWER", "CANNOT ANSWER: shoes"], None),
        (["CANNOT ANSWER", "SELECT x", "SELECT x"], None),
    ],
)
def test_the_majority_that_runs(texts: list[str], sql: str | None) -> None:
    assert pick(*texts)[0] == sql


def test_each_query_runs_once_and_the_share_is_of_all_votes() -> None:
    asked: list[str] = []

    def run(sql: str) -> Result:
        asked.append(sql)
        return ROWS[sql]

    chosen = choose(Generation("SELECT 1", others=("SELECT 1", "SELECT 2", "SELECT 1")), run)
    assert asked == ["SELECT 1", "SELECT 2"]
    assert chosen.share == pytest.approx(3.5 / 4.5)
    assert chosen.result == ROWS["SELECT 1"]


def test_rows_are_a_bag() -> None:
    assert outcome(Result(("a",), ((1,), (2,)))) == outcome(Result(("z",), ((2,), (1,))))
    assert outcome(Result(("a",), ((1,), (1,)))) != outcome(Result(("a",), ((1,),)))
    assert outcome(Result(("a",), (("1",),))) != outcome(Result(("a",), ((1,),)))


def test_votes_are_weighed() -> None:
    said = Generation("SELECT 1", others=("SELECT 2", "SELECT 3"))
    chosen = choose(said, ROWS.__getitem__, lambda sql: 1.0 if sql == "SELECT 3" else 0.4)
    assert chosen.sql == "SELECT 3" and chosen.share == pytest.approx(1 / 2)

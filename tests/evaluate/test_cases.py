"""Every case of eval/grader through the real sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sqlkit.database.sandbox import Sandbox
from sqlkit.evaluate.grade import Grader
from sqlkit.records import Example, Prediction, read_jsonl

FOLDER = Path(__file__).parents[2] / "eval" / "grader"
CASES = [row for path in sorted(FOLDER.glob("*.jsonl")) for row in read_jsonl(path)]


def databases_of(case: dict[str, Any]) -> tuple[str, ...]:
    """The DDL, then the rows of each database: one, and those in `more`."""
    return (case["ddl"], case["rows"], *case.get("more", ()))


@pytest.fixture(scope="module")
def graders() -> Iterator[dict[tuple[str, ...], Grader]]:
    opened: dict[tuple[str, ...], Grader] = {}
    sandboxes: list[Sandbox] = []
    for key in dict.fromkeys(map(databases_of, CASES)):
        made = [Sandbox("", script=[key[0], rows], seconds=1.0, name=f"rows {i}") for i, rows in enumerate(key[1:], 1)]
        sandboxes += made
        opened[key] = Grader(made)
    yield opened
    for sandbox in sandboxes:
        sandbox.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_case(case: dict[str, Any], graders: dict[tuple[str, ...], Grader]) -> None:
    grade = graders[databases_of(case)].grade(Example(case["id"], "", case["gold"]), Prediction(case["id"], case["pred"], ""))
    assert grade.verdict == case["verdict"], f"{case['why']}: {grade.reason}"
    assert grade.correct == (grade.verdict == "equivalent")
    assert grade.reason
    assert grade.verdict != "different" or case["gold"] is None or case["pred"] is None or grade.details["witness"]


def test_there_are_enough_cases_and_no_id_twice() -> None:
    assert len(CASES) >= 330
    assert len({case["id"] for case in CASES}) == len(CASES)
    assert {case["verdict"] for case in CASES} == {
        "equivalent", "different", "error", "unsafe", "gold_broken", "undecidable",
    }  # fmt: skip

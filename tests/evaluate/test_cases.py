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


@pytest.fixture(scope="module")
def graders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Grader]]:
    import duckdb

    folder = tmp_path_factory.mktemp("cases")
    opened: dict[tuple[str, str], Grader] = {}
    sandboxes = []
    for case in CASES:
        key = case["ddl"], case["rows"]
        if key not in opened:
            path = folder / f"{len(opened)}.duckdb"
            with duckdb.connect(str(path)) as connection:
                connection.execute(case["ddl"])
                connection.execute(case["rows"])
            sandboxes.append(Sandbox(path, seconds=1.0))
            opened[key] = Grader(sandboxes[-1])
    yield opened
    for sandbox in sandboxes:
        sandbox.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_case(case: dict[str, Any], graders: dict[tuple[str, str], Grader]) -> None:
    grader = graders[case["ddl"], case["rows"]]
    grade = grader.grade(Example(case["id"], "", case["gold"]), Prediction(case["id"], case["pred"], ""))
    assert grade.verdict == case["verdict"], f"{case['why']}: {grade.reason}"
    assert grade.correct == (grade.verdict == "equivalent")
    assert grade.reason


def test_there_are_enough_cases_and_no_id_twice() -> None:
    assert len(CASES) >= 150
    assert len({case["id"] for case in CASES}) == len(CASES)
    assert {case["verdict"] for case in CASES} == {
        "equivalent", "different", "error", "unsafe", "gold_broken", "undecidable",
    }  # fmt: skip

"""Right answers asked again on databases made from the rows given: DDL with rows, a DuckDB file, a SQLite file."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sqlkit.evaluate.batch import grade_cases
from sqlkit.evaluate.cases import read_cases
from sqlkit.evaluate.group import Options

DDL = "CREATE TABLE emp (id INTEGER PRIMARY KEY, name VARCHAR(20), dept VARCHAR(20), salary INTEGER)"
ROWS = "INSERT INTO emp VALUES (1, 'Ann', 'IT', 4000), (2, 'Bob', 'IT', 3500), (3, 'Cem', 'Law', 2000), (4, 'Dee', 'Law', 2500)"
RICH = "SELECT name FROM emp WHERE salary > 3000"

# gold, prediction, verdict on the rows alone, verdict with a suite, words of the reason with one
CASES = [
    (RICH, "SELECT name FROM emp WHERE dept = 'IT'", "equivalent", "different", "the same result on the rows given"),
    (RICH, "SELECT name FROM emp WHERE salary >= 3500", "equivalent", "different", "on database"),
    (RICH, "SELECT name FROM emp WHERE NOT salary <= 3000", "equivalent", "equivalent", "proven"),
    (RICH, RICH, "equivalent", "equivalent", "the same result"),
    (RICH, "SELECT name FROM emp WHERE salary < 3000", "different", "different", ""),
    ("SELECT COUNT(*) FROM emp", "SELECT 4", "equivalent", "different", "the same result on the rows given"),
    ("SELECT dept FROM emp GROUP BY dept HAVING COUNT(*) > 1", "SELECT dept FROM emp GROUP BY dept", "equivalent", "different", ""),
    ("SELECT name FROM emp WHERE salary > 9000", "SELECT name FROM emp WHERE salary > 8000", "undecidable", "different", "on database"),
    ("SELECT name FROM emp WHERE salary > 9000", "SELECT e.name FROM emp AS e WHERE 9000 < e.salary", "equivalent", "equivalent", "proven"),
    (RICH, "SELECT wage FROM emp", "error", "error", "wage"),
    (RICH, None, "different", "different", "refused"),
    ("SELECT wage FROM emp", RICH, "gold_broken", "gold_broken", ""),
]  # fmt: skip


def judged(folder: Path, place: dict[str, str], **options: Any) -> list[dict[str, Any]]:
    path, out = folder / "in.jsonl", folder / "out.jsonl"
    path.write_text("".join(json.dumps({**place, "gold": gold, "pred": pred}) + "\n" for gold, pred, *_ in CASES), encoding="utf-8")
    for _ in grade_cases(lambda: read_cases(path), out, Options(seconds=20.0, **options)):
        pass
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module", params=["rows", "duckdb", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    file = tmp_path_factory.mktemp("again") / f"emp.{request.param}"
    if request.param == "rows":
        return {"ddl": DDL, "rows": ROWS}
    opened = duckdb.connect(str(file)) if request.param == "duckdb" else sqlite3.connect(file)
    for statement in (DDL, ROWS, "COMMIT" if request.param == "sqlite" else "CHECKPOINT"):
        opened.execute(statement)
    opened.close()
    return {"database": str(file)}


def test_luck_on_the_rows_given_is_found_out(place: dict[str, str], tmp_path: Path) -> None:
    alone, beside = judged(tmp_path, place), judged(tmp_path, place, suite=True)
    told = [(a["verdict"], b["verdict"], words if words in b["reason"] else b["reason"]) for (*_, words), a, b in zip(CASES, alone, beside, strict=True)]
    assert told == [(first, second, words) for _, _, first, second, words in CASES]
    for before, after in zip(alone, beside, strict=True):
        if before["verdict"] == "equivalent" and after["verdict"] == "different":
            assert after["witness"]["tables"]["emp"]["rows"] and after["witness"]["gold"] != after["witness"]["predicted"]


def test_rows_of_which_no_database_can_be_made_leave_the_verdict(tmp_path: Path) -> None:
    place = {"ddl": "CREATE TABLE emp AS SELECT 1 AS id, 'Ann' AS name, 'IT' AS dept, 4000 AS salary"}
    beside = judged(tmp_path, place, suite=True)[0]
    assert beside["verdict"] == "equivalent" and "no databases can be made from the rows" in beside["reason"]

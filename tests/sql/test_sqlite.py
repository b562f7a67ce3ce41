"""SQLite's SQL and its DuckDB form on the same rows: one case a rule, in sqlite.jsonl; `want` is the text where it matters."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sqlkit.records import read_jsonl
from sqlkit.schema.ddl import parse_ddl
from sqlkit.sql.sqlite import from_sqlite

CASES = list(read_jsonl(Path(__file__).with_name("sqlite.jsonl")))
TABLES = """
CREATE TABLE item (id INTEGER PRIMARY KEY, name VARCHAR, kind VARCHAR, code VARCHAR, stock INTEGER, price DOUBLE);
CREATE TABLE sale (id INTEGER PRIMARY KEY, item_id INTEGER, place VARCHAR, amount INTEGER, day DATE, seen TIMESTAMP, said VARCHAR);
"""
ROWS = """
INSERT INTO item VALUES (1, 'Pen', 'pen', '10', 10, 1.5), (2, 'pencil', 'pen', '9', 3, NULL), (3, 'Tee', 'cup', '12 b', 0, -2.25);
INSERT INTO item VALUES (4, '50% off', 'ink', 'x', NULL, 7.0), (5, 'Émile', NULL, NULL, 5, 2.75);
INSERT INTO sale VALUES (1, 1, 'Rome', 10, '2024-01-01', '2024-01-01 10:00:00', '2022-05-06');
INSERT INTO sale VALUES (2, 1, 'Oslo', 9, '2023-12-31', '2024-01-01 00:00:00', 'no day');
INSERT INTO sale VALUES (3, 2, NULL, NULL, '2024-02-02', NULL, '2021-01-01 12:00:00'), (4, NULL, 'Rome', 3, NULL, '2023-01-01 00:00:01', NULL);
"""
SCHEMA = parse_ddl(TABLES)


@pytest.fixture(scope="module")
def both() -> tuple[sqlite3.Connection, duckdb.DuckDBPyConnection]:
    lite, duck = sqlite3.connect(":memory:"), duckdb.connect()
    lite.executescript(TABLES + ROWS)
    duck.execute(TABLES + ROWS)
    return lite, duck


def plain(cell: Any) -> Any:
    """Truth values as 0 and 1, dates as text, as SQLite has them."""
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return cell if isinstance(cell, str) or cell is None else pytest.approx(float(cell), rel=1e-9)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["rule"]))
def test_rule(case: dict[str, Any], both: tuple[sqlite3.Connection, duckdb.DuckDBPyConnection]) -> None:
    made = from_sqlite(case["sql"], SCHEMA)
    assert made.sql == case.get("want", made.sql)
    if "arbitrary" in case:
        assert bool(made.arbitrary) == case["arbitrary"]
    wanted, said = both[0].execute(case["sql"]).fetchall(), both[1].execute(made.sql).fetchall()
    if case.get("compare", True):
        assert [list(row) for row in wanted] == [[plain(cell) for cell in row] for row in said], made.sql


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 75
    assert len({case["rule"] for case in CASES}) == len(CASES)

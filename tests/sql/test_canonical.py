"""The one SQL style: cases in canonical.jsonl ({"want": null}: any text will do), each run before and after."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sqlkit.database import Sandbox, build_database
from sqlkit.sql.canonical import canonical
from sqlkit.sql.guard import check

CASES = [json.loads(line) for line in Path(__file__).with_name("canonical.jsonl").read_text().splitlines()]
TABLES = {
    "cust": ["id", "nm", "city", "boss"],
    "ord": ["id", "cust_id", "st", "amt", "day"],
    "Odd Names": ["the key", "order"],
}
DDL = """
CREATE TABLE cust (id INTEGER PRIMARY KEY, nm VARCHAR, city VARCHAR, boss INTEGER);
CREATE TABLE ord (id INTEGER PRIMARY KEY, cust_id INTEGER, st VARCHAR, amt DOUBLE, day DATE);
CREATE TABLE "Odd Names" ("the key" INTEGER, "order" INTEGER);
INSERT INTO cust VALUES (1, 'Ada', 'Paris', NULL), (2, 'Bob', NULL, 1), (3, 'Cid', 'Lyon', 1), (7, 'Eve', 'a', 2);
INSERT INTO ord VALUES (1, 1, 'S', 10, '2024-01-01'), (2, 1, 'X', 5, '2024-12-31'), (3, 2, 'S', 7.5, '2025-02-02'), (4, NULL, 'P', 1, NULL);
INSERT INTO "Odd Names" VALUES (1, 2);
"""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    path = tmp_path_factory.mktemp("canonical") / "x.duckdb"
    build_database(path, DDL, {})
    with Sandbox(path) as opened:
        yield opened


@pytest.mark.parametrize("case", CASES, ids=[c["sql"][:60] for c in CASES])
def test_style_and_meaning(case: dict[str, str | None], sandbox: Sandbox) -> None:
    sql = str(case["sql"])
    styled = canonical(sql, TABLES)
    if case["want"] is not None:
        assert styled == case["want"]
    assert canonical(styled, TABLES) == styled
    assert check(styled) == ""
    before, after = sandbox.run(sql), sandbox.run(styled)
    assert before.error == "" and after.error == ""
    assert sorted(map(repr, before.rows)) == sorted(map(repr, after.rows))


@pytest.mark.parametrize(
    ("sql", "dialect", "want"),
    [
        ("SELECT [nm] FROM cust LIMIT 2", "sqlite", "SELECT nm FROM cust LIMIT 2"),
        ("SELECT `nm` FROM cust ORDER BY nm", "mysql", "SELECT nm FROM cust ORDER BY nm NULLS FIRST"),
        ("SELECT TOP 2 nm FROM cust", "tsql", "SELECT nm FROM cust LIMIT 2"),
    ],
)
def test_other_dialects(sql: str, dialect: str, want: str) -> None:
    assert canonical(sql, TABLES, dialect) == want


@pytest.mark.parametrize(
    ("sql", "want"),
    [
        ("SELEC  nm\nFORM cust ;", "SELEC nm FORM cust"),
        ("SELECT 'a  b' FRM WHERE -- why\n (", "SELECT 'a  b' FRM WHERE ("),
        ("", ""),
        ("SELECT 1; SELECT 2", "SELECT 1; SELECT 2"),
        ("SELECT " + "(" * 900 + "1" + ")" * 900, "SELECT " + "(" * 900 + "1" + ")" * 900),
    ],
    ids=["broken", "broken with a string", "nothing", "two", "too deep"],
)
def test_what_cannot_be_parsed_is_only_folded(sql: str, want: str) -> None:
    assert canonical(sql, TABLES) == want


def test_unknown_tables_stay() -> None:
    assert canonical("SELECT a.x, b.y FROM foo a JOIN bar b ON a.i = b.i", {}) == "SELECT a.x, b.y FROM foo AS a JOIN bar AS b ON a.i = b.i"

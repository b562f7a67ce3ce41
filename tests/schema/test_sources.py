"""Schemas of real servers and files: cases in sources.jsonl, {"database", "sql", "account", "tables", "notes", "error"}.

`sql` are statements separated by a line of two dashes; `account` is who reads, root otherwise.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sqlkit.database import Sandbox
from sqlkit.errors import SchemaError
from sqlkit.schema.connect import limited, open_engine, restrain
from sqlkit.schema.read import read_schema
from sqlkit.schema.types import Table

CASES = [json.loads(line) for line in Path(__file__).with_name("sources.jsonl").read_text(encoding="utf-8").splitlines()]
NewDatabase = Callable[[str, str], str]


def shown(table: Table) -> list[object]:
    columns = [f"{c.name} {c.type}{'' if c.nullable else ' NOT NULL'}{f' -- {c.comment}' if c.comment else ''}" for c in table.columns]
    keys = [f"{','.join(k.columns)} -> {k.ref_table}.{','.join(k.ref_columns)}" for k in table.foreign_keys]
    return [columns, list(table.primary_key), keys]


@pytest.mark.parametrize("case", CASES, ids=[c["why"] for c in CASES])
def test_read(case: dict[str, Any], new_database: NewDatabase) -> None:
    url = new_database(case["database"], case["sql"])
    if "account" in case:
        url = url.replace("root@", f"{case['account']}@")
    if "error" in case:
        with pytest.raises(SchemaError, match=case["error"]):
            read_schema(url)
        return
    schema = read_schema(url)
    for table in schema.tables:
        assert shown(table) == case["tables"].get(table.name), table.name
    assert {t.name for t in schema.tables} == set(case["tables"])
    for wanted in case.get("notes", []):
        assert any(note.startswith(wanted) for note in schema.notes), schema.notes
    assert len(schema.notes) == len(case.get("notes", [])) or case["database"] == "postgresql"


@pytest.mark.parametrize(
    ("database", "slow"),
    [
        ("postgresql", "SELECT pg_sleep(20)"),
        ("mariadb", "SELECT sleep(20) FROM information_schema.tables"),
        ("duckdb", "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range % 7 = b.range % 11"),
        ("sqlite", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"),
    ],
)
def test_read_only_and_within_the_time_limit(database: str, slow: str, new_database: NewDatabase) -> None:
    url = new_database(database, "CREATE TABLE t (a int)\n--\nINSERT INTO t VALUES (1), (2)")
    engine = open_engine(url)
    with engine.connect() as connection:
        restrain(connection, 0.3)
        began = time.monotonic()
        with pytest.raises(Exception, match=r"(?i)timeout|interrupt|time"), limited(connection, 0.3):
            connection.exec_driver_sql(slow).fetchall()
        assert time.monotonic() - began < 10
        connection.rollback()
        with pytest.raises(Exception, match=r"(?i)read.?only"):
            connection.exec_driver_sql("INSERT INTO t VALUES (3)")
    with Sandbox(url, seconds=1) as sandbox:
        assert sandbox.run("SELECT count(*) FROM t").rows == ((2,),)
        assert sandbox.run("DELETE FROM t").error.startswith("unsafe")
        assert sandbox.run(slow).error.split(":")[0] in {"time", "unsafe", "bind"}
        assert sandbox.run("SELECT count(*) FROM t").rows == ((2,),)

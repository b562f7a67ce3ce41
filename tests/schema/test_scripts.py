"""Scripts as the databases' own tools write them: samples in scripts/ with what is read in scripts.jsonl, and dumps made here."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sqlkit.database import build_database
from sqlkit.errors import SchemaError
from sqlkit.schema.ddl import parse_ddl, read_ddl, to_ddl
from sqlkit.schema.read import read_schema
from sqlkit.schema.types import Table

HERE = Path(__file__).parent
CASES = [json.loads(line) for line in (HERE / "scripts.jsonl").read_text(encoding="utf-8").splitlines()]
SOURCES = [json.loads(line) for line in (HERE / "sources.jsonl").read_text(encoding="utf-8").splitlines()]
LIVE = [s for s in SOURCES if s["database"] in {"postgresql", "mariadb", "sqlite"} and "account" not in s]


def shown(table: Table) -> list[object]:
    columns = [f"{c.name} {c.type}{'' if c.nullable else ' NOT NULL'}{f' -- {c.comment}' if c.comment else ''}" for c in table.columns]
    keys = [f"{','.join(k.columns)} -> {k.ref_table}.{','.join(k.ref_columns)}" for k in table.foreign_keys]
    return [columns, list(table.primary_key), keys, [list(u) for u in table.unique], table.comment, table.view]


@pytest.mark.parametrize("case", CASES, ids=[c["file"] for c in CASES])
def test_sample(case: dict[str, Any], tmp_path: Path) -> None:
    schema = read_ddl(HERE / "scripts" / case["file"], case["dialect"])
    assert {t.name: shown(t) for t in schema.tables} == case["tables"]
    assert list(schema.notes) == case["notes"]
    build_database(tmp_path / "x.duckdb", to_ddl(schema), {})
    assert {t.name for t in read_schema(tmp_path / "x.duckdb").tables} == {t.name for t in schema.tables}


@pytest.mark.parametrize("source", LIVE, ids=[s["why"] for s in LIVE])
def test_dump_and_database_say_the_same(source: dict[str, Any], new_database: Callable[[str, str], str], tmp_path: Path) -> None:
    url = new_database(source["database"], source["sql"])
    path, dialect = tmp_path / "dump.sql", {"postgresql": "postgres", "mariadb": "mysql"}.get(source["database"], "sqlite")
    path.write_bytes(dump(source["database"], url))
    live, read = read_schema(url), read_ddl(path, dialect)
    kept = {t.name: t for t in read.tables if t.name != "broken"}  # a view that cannot be run is dumped all the same
    assert set(kept) == {t.name for t in live.tables}
    for table in live.tables:
        mine = kept[table.name]
        assert [(c.name, kind(c.type), c.nullable or table.view, c.comment) for c in table.columns] == [
            (c.name, kind(c.type), c.nullable or table.view, c.comment) for c in mine.columns
        ], table.name
        assert set(mine.primary_key) == set(table.primary_key) and set(mine.foreign_keys) == set(table.foreign_keys)
        assert mine.comment == table.comment


def kind(type_name: str) -> str:
    """Types of views are told from the query, so sizes may go; a driver may not know MariaDB's geometry."""
    return "VARCHAR" if type_name == "GEOMETRY" else type_name


def dump(database: str, url: str) -> bytes:
    if database == "sqlite":
        connection = sqlite3.connect(url.partition("///")[2])
        text = "\n".join(connection.iterdump())
        connection.close()
        return text.encode()
    address, _, name = url.partition("@")[2].partition("/")
    host, port = address.split(":")
    tool = {"postgresql": ["pg_dump", "-h", host, "-p", port, "-U", "root", name],
            "mariadb": ["mariadb-dump", "--no-defaults", "--force", "-h", host, "-P", port, "-u", "root", "--routines", name]}  # fmt: skip
    return subprocess.run(tool[database], capture_output=True, check=database == "postgresql").stdout


@pytest.mark.parametrize(
    ("ddl", "says"),
    [
        ("CREATE TABLE t (a INTEGER,", "line 1, column 26: expected , or ), found the end of the statement"),
        ("CREATE TABLE a (x INTEGER);\n\nCREATE TABLE t (\n a INTEGER NOT NUL\n)", "line 4: expected , or ), found 'NOT'"),
        ("CREATE TABLE t (a INTEGER b TEXT)", "line 1: expected , or ), found 'b'"),
        ("CREATE TABLE (a INTEGER)", "line 1, column 14: expected table name, found '('"),
        ("CREATE TABLE t (a INTEGER DEFAULT)", "expected a value"),
        ("CREATE TABLE t;", "line 1: expected a list of columns"),
        ("\nCREAT TABLE t (a INTEGER)", "line 2: expected CREATE TABLE or another statement, found 'CREAT'"),
        ("CREATE TABLE t (a INTEGER, b VARCHAR DEFAULT 'x)", "a quote that is opened is closed"),
        ("CREATE TABLE a (x INTEGER); ALTER TABLE a ADD FOREIGN KEY x REFERENCES a (x)", "expected (, found 'x'"),
    ],
)  # fmt: skip
def test_broken(ddl: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_ddl(ddl)
    assert says in str(caught.value) and "\n" not in str(caught.value)
    (tmp_path / "x.sql").write_text("CREATE TABLE good (a INTEGER);\n" + ddl)
    schema = read_ddl(tmp_path / "x.sql")  # the rest is kept
    assert schema.tables[0].name == "good" and schema.notes[0].startswith("x.sql line ")


def test_no_table(tmp_path: Path) -> None:
    (tmp_path / "x.sql").write_text("SELECT 1")
    for path, dialect, says in ((tmp_path / "x.sql", "duckdb", "no CREATE TABLE"), (tmp_path / "no.sql", "duckdb", "cannot read"),
                                (tmp_path / "x.sql", "nosuch", "unknown SQL dialect")):  # fmt: skip
        with pytest.raises(SchemaError, match=says):
            read_ddl(path, dialect)

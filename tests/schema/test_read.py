"""Schemas of live databases: what is read, and one clear line where nothing can be."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sqlkit.database import Sandbox, build_database
from sqlkit.errors import DatabaseError, InputError, SchemaError
from sqlkit.schema.catalogue import read_catalogue
from sqlkit.schema.read import read_schema

DDL = """
CREATE TABLE par (id INTEGER PRIMARY KEY, "odd name" VARCHAR, d DECIMAL(12,3), ts TIMESTAMPTZ, e ENUM('a', 'b'), l INTEGER[]);
CREATE TABLE ch (a INTEGER, b INTEGER, pid INTEGER REFERENCES par (id), PRIMARY KEY (a, b));
CREATE TABLE g (a INTEGER, b INTEGER, FOREIGN KEY (a, b) REFERENCES ch (a, b));
CREATE VIEW v AS SELECT id, "odd name" AS n FROM par;
CREATE SCHEMA other; CREATE TABLE other.par (id VARCHAR, z INTEGER);
COMMENT ON TABLE par IS 'parents'; COMMENT ON COLUMN par.id IS 'the key';
"""


def test_duckdb(tmp_path: Path) -> None:
    build_database(tmp_path / "shop.duckdb", DDL, {})
    schema = read_schema(tmp_path / "shop.duckdb")
    assert schema == read_schema(f"duckdb:///{tmp_path}/shop.duckdb")
    assert schema.name == "shop" and {t.name for t in schema.tables} == {"par", "ch", "g", "v", "other.par"}
    assert read_schema(tmp_path / "shop.duckdb", ["other"]).tables[0].bare == "par"
    par, ch, g, v = (schema.table(name) for name in ("par", "ch", "g", "v"))
    assert par and ch and g and v
    assert par.comment == "parents" and par.columns[0].comment == "the key" and not par.columns[0].nullable
    assert [c.type for c in par.columns] == [
        "INTEGER", "VARCHAR", "DECIMAL(12,3)", "TIMESTAMP WITH TIME ZONE", "ENUM('a', 'b')", "INTEGER[]",
    ]  # fmt: skip
    assert ch.primary_key == ("a", "b") and ch.foreign_keys[0].ref_table == "par"
    assert g.foreign_keys[0].columns == ("a", "b") and g.foreign_keys[0].ref_columns == ("a", "b")
    assert [c.name for c in v.columns] == ["id", "n"]


def test_catalogue(tmp_path: Path) -> None:
    """The quick way agrees with the thorough one on what both read: the default schema."""
    path = tmp_path / "shop.duckdb"
    build_database(path, DDL, {})
    found, wanted = read_catalogue(path, views=True), read_schema(path, ["main"])
    for schema in (found, wanted):
        assert {t.name for t in schema.tables} == {"par", "ch", "g", "v"}
    for table in found.tables:
        other = wanted.table(table.name)
        assert other and [c.name for c in table.columns] == [c.name for c in other.columns]
        assert (table.primary_key, table.foreign_keys) == (other.primary_key, other.foreign_keys)
    assert {t.name for t in read_catalogue(path).tables} == {"par", "ch", "g"}
    with Sandbox(path) as sandbox:
        assert read_catalogue(path, views=True, ask=sandbox.execute) == found
        assert read_catalogue(path, ask=sandbox.execute) == read_catalogue(path)
    with pytest.raises(DatabaseError):
        read_catalogue(tmp_path / "nowhere.duckdb")


def test_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "shop.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(
        'CREATE TABLE a (id INTEGER PRIMARY KEY, n TEXT, "select" REAL, at DATETIME, nt, c VARCHAR(9) COLLATE NOCASE);'
        "CREATE TABLE b (id INTEGER, aid INTEGER REFERENCES a); CREATE VIEW w AS SELECT n FROM a; CREATE VIEW broken AS SELECT * FROM gone"
    )
    connection.close()
    schema = read_schema(path)
    assert {t.name for t in schema.tables} == {"a", "b", "w"}
    a, b = schema.table("a"), schema.table("b")
    assert a and b
    assert [c.type for c in a.columns] == ["INTEGER", "VARCHAR", "DOUBLE", "TIMESTAMP", "VARCHAR", "VARCHAR"]
    assert b.foreign_keys[0].ref_columns == ("id",)


def test_read_only_and_not_locked(tmp_path: Path) -> None:
    build_database(tmp_path / "x.duckdb", DDL, {})
    before = (tmp_path / "x.duckdb").read_bytes()
    (tmp_path / "x.duckdb").chmod(0o444)
    read_schema(tmp_path / "x.duckdb")
    read_schema(tmp_path / "x.duckdb")
    assert (tmp_path / "x.duckdb").read_bytes() == before


@pytest.mark.parametrize(
    ("url", "error", "says"),
    [
        ("{folder}/none.duckdb", DatabaseError, "does not exist"),
        ("{folder}/none.sqlite", DatabaseError, "does not exist"),
        ("{folder}", DatabaseError, "folder"),
        ("", DatabaseError, "in-memory"),
        ("duckdb:///:memory:", DatabaseError, "in-memory"),
        ("nosuch://x", DatabaseError, "nosuch"),
        ("snowflake://me:secret@x/y", DatabaseError, "pip install snowflake-sqlalchemy"),
        ("bigquery://project/shop", DatabaseError, "pip install sqlalchemy-bigquery"),
        ("mssql://me:secret@x/y", DatabaseError, "pip install pyodbc"),
        ("mysql://me:secret@127.0.0.1:9/x", DatabaseError, "cannot read database mysql"),
        ("postgresql://me:secret@127.0.0.1:9/x", DatabaseError, "postgresql"),
        ("{folder}/garbage.duckdb", DatabaseError, "not a valid DuckDB"),
        ("{folder}/garbage.sqlite", DatabaseError, "not a database"),
        ("{folder}/empty.duckdb", SchemaError, "no tables"),
        ("{folder}/own.JSONL", DatabaseError, "holds rows, not a database.*--files"),
        ("{folder}/made.sql", DatabaseError, "holds statements, not a database.*--ddl"),
    ],
)
def test_bad_input(tmp_path: Path, url: str, error: type[InputError], says: str) -> None:
    build_database(tmp_path / "empty.duckdb", "SELECT 1", {})
    for name in ("garbage.duckdb", "garbage.sqlite", "own.JSONL", "made.sql"):
        (tmp_path / name).write_text("garbage " * 100)
    files = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(error, match=says) as caught:
        read_schema(url.replace("{folder}", str(tmp_path)))
    assert "\n" not in str(caught.value) and "secret" not in str(caught.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == files

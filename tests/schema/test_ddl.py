"""CREATE TABLE text into schemas and back: cases in ddl.jsonl, {"tables": {name: [columns, key, references]}}."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sqlkit.database import build_database
from sqlkit.errors import SchemaError
from sqlkit.schema.ddl import parse_ddl, to_ddl
from sqlkit.schema.kinds import duckdb_type
from sqlkit.schema.read import read_schema
from sqlkit.schema.types import Column, ForeignKey, Schema, Table

CASES = [json.loads(line) for line in Path(__file__).with_name("ddl.jsonl").read_text().splitlines()]


def shown(table: Table) -> list[object]:
    columns = [f"{c.name} {c.type}{'' if c.nullable else ' NOT NULL'}{f' -- {c.comment}' if c.comment else ''}" for c in table.columns]
    keys = [f"{','.join(k.columns)} -> {k.ref_table}.{','.join(k.ref_columns)}" for k in table.foreign_keys]
    return [columns, list(table.primary_key), keys]


@pytest.mark.parametrize("case", CASES, ids=[c["why"] for c in CASES])
def test_parse(case: dict[str, object]) -> None:
    schema = parse_ddl(str(case["ddl"]), str(case.get("dialect", "duckdb")))
    assert {t.name: shown(t) for t in schema.tables} == case["tables"]


@pytest.mark.parametrize("case", CASES, ids=[c["why"] for c in CASES])
def test_there_and_back(case: dict[str, object], tmp_path: Path) -> None:
    schema = parse_ddl(str(case["ddl"]), str(case.get("dialect", "duckdb")))
    text = to_ddl(schema)
    assert to_ddl(parse_ddl(text)) == text
    build_database(tmp_path / "x.duckdb", text, {})
    read = read_schema(tmp_path / "x.duckdb")
    assert {t.name: [c.name for c in t.columns] for t in read.tables} == {t.name: [c.name for c in t.columns] for t in schema.tables}
    assert {t.name: set(t.primary_key) for t in read.tables} == {t.name: set(t.primary_key) for t in schema.tables}


@pytest.mark.parametrize("ddl", ["", "SELECT 1", "garbage", "CREATE TABLE t (a INTEGER,", "DROP TABLE x", "CREATE TABLE x AS SELECT 1"])
def test_no_table(ddl: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_ddl(ddl)
    assert "\n" not in str(caught.value)


def test_circles_and_strangers_are_left_out_of_the_text() -> None:
    columns = (Column("id", "INTEGER", False), Column("other", "INTEGER"))
    a = Table("a", columns, ("id",), (ForeignKey(("other",), "b", ("id",)),))
    b = Table("b", columns, ("id",), (ForeignKey(("other",), "a", ("id",)), ForeignKey(("other",), "gone", ("id",))))
    text = to_ddl(Schema((b, a)))
    assert text.count("FOREIGN KEY") == 1 and "gone" not in text


@pytest.mark.parametrize(
    ("text", "dialect", "want"),
    [
        ("INT(11)", "mysql", "INTEGER"),
        ("DOUBLE PRECISION", "postgres", "DOUBLE"),
        ("TIMESTAMP WITH TIME ZONE", "postgres", "TIMESTAMPTZ"),
        ("NULL", "sqlite", "VARCHAR"),
        ("GEOMETRY(POINT)", "mysql", "GEOMETRY"),
        ("what is this", "sqlite", "VARCHAR"),
    ],
)
def test_types(text: str, dialect: str, want: str) -> None:
    assert duckdb_type(text, dialect).split("(")[0] == want

"""Schemas of folders of files, dbt projects, and what sqlkit itself wrote."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from sqlkit.commands import where
from sqlkit.database import Sandbox, build_database
from sqlkit.errors import DatabaseError, SchemaError
from sqlkit.recipe import Recipe
from sqlkit.schema.files import files_to_database
from sqlkit.schema.source import guess_dialect, read_all, read_source

SCRIPTS = Path(__file__).parent / "scripts"


def folder(tmp_path: Path) -> Path:
    import pyarrow
    import pyarrow.parquet

    made = tmp_path / "shop"
    (made / "sales" / "year=2024").mkdir(parents=True)
    (made / "sales" / "year=2025").mkdir()
    (made / "notes").mkdir()
    (made / "cust omers.csv").write_text("id,größe,since\n1,4.5,2024-01-02\n2,,2024-02-03\n", encoding="utf-8")
    (made / "codes.tsv").write_text("code\tname\nA\tapple\nB\tpear\n")
    (made / "broken.parquet").write_text("no parquet")
    (made / "notes" / "readme.md").write_text("not a table")
    (made / ".hidden.csv").write_text("a\n1\n")
    for year in (2024, 2025):
        pyarrow.parquet.write_table(pyarrow.table({"id": [year], "cust_id": [1]}), made / "sales" / f"year={year}" / "part-0.parquet")
    return made


def test_folder_of_files(tmp_path: Path) -> None:
    where = folder(tmp_path)
    schema, seen, _ = read_all(where)
    assert schema.name == "shop"
    assert {t.name: [f"{c.name} {c.type}" for c in t.columns] for t in schema.tables} == {
        "codes": ["code VARCHAR", "name VARCHAR"],
        "cust_omers": ["id BIGINT", "größe DOUBLE", "since DATE"],
        "sales": ["id BIGINT", "cust_id BIGINT", "year BIGINT"],
    }
    assert len(schema.notes) == 1 and schema.notes[0].startswith("broken.parquet: left out")
    assert seen.rows == {"codes": 2, "cust_omers": 2, "sales": 2} and seen.column("cust_omers", "größe").null_share == 0.5
    before = sorted(where.rglob("*"))
    assert files_to_database(where, tmp_path / "shop.duckdb") == schema.notes
    with Sandbox(tmp_path / "shop.duckdb") as sandbox:  # loaded: no file is opened when a query runs
        assert sandbox.run("SELECT sum(year) FROM sales").rows == ((4049,),)
    assert sorted(where.rglob("*")) == before


def test_a_csv_whose_end_is_of_another_type(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("x\n" + "1\n" * 30_000 + "one\n")
    assert files_to_database(tmp_path / "in", tmp_path / "a.duckdb") == ()
    assert [c.type for c in read_source(tmp_path / "a.duckdb").tables[0].columns] == ["VARCHAR"]


def test_a_folder_is_the_database_of_a_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = folder(tmp_path)
    database, _ = where(Recipe(database=str(source)), tmp_path / "out")
    assert "broken.parquet: left out" in capsys.readouterr().err
    made = Path(database).stat().st_mtime_ns
    assert where(Recipe(database=str(source)), tmp_path / "out")[0] == database and Path(database).stat().st_mtime_ns == made
    with Sandbox(database) as sandbox:
        assert sandbox.run("SELECT count(*) FROM cust_omers").rows == ((2,),)


def manifest(path: Path, catalog: bool = True) -> Path:
    def model(name: str, more: dict[str, object]) -> dict[str, object]:
        return {"resource_type": "model", "name": name, "schema": "analytics", "config": {"materialized": "table"}, "columns": {}, **more}

    def test(name: str, on: str, column: str, needs: list[str], **more: str) -> dict[str, object]:
        return {"resource_type": "test", "attached_node": on, "column_name": column, "depends_on": {"nodes": needs},
                "test_metadata": {"name": name, "kwargs": {"column_name": column, **more}}}  # fmt: skip

    customers, orders, raw = "model.shop.customers", "model.shop.orders", "source.shop.raw.payments"
    data = {
        "metadata": {"project_name": "shop", "adapter_type": "snowflake"},
        "nodes": {
            customers: model("customers", {"description": "who\nbuys", "columns": {"customer_id": {"name": "customer_id", "description": "the key", "data_type": "number(38,0)"}}}),
            orders: model("orders", {"alias": "fct_orders", "columns": {"Order Id": {"name": "Order Id", "constraints": [{"type": "primary_key"}]}, "customer_id": {"name": "customer_id"}}}),
            "model.shop.bare": model("bare", {}),
            "model.shop.cte": model("cte", {"config": {"materialized": "ephemeral"}, "columns": {"x": {"name": "x"}}}),
            "test.1": test("unique", customers, "customer_id", [customers]),
            "test.2": test("not_null", customers, "customer_id", [customers]),
            "test.3": test("relationships", orders, "customer_id", [customers, orders], to="ref('customers')", field="customer_id"),
            "test.4": {"resource_type": "test", "name": "a test of one's own"},
        },
        "sources": {raw: {"resource_type": "source", "name": "payments", "identifier": "PAYMENTS", "schema": "raw", "columns": {"id": {"name": "id"}}}},
    }
    path.mkdir()
    (path / "manifest.json").write_text(json.dumps(data))
    if catalog:
        columns = {"CUSTOMER_ID": {"name": "CUSTOMER_ID", "type": "NUMBER", "index": 2}, "NAME": {"name": "NAME", "type": "TEXT", "index": 1, "comment": "said in the warehouse"}}
        (path / "catalog.json").write_text(json.dumps({"nodes": {customers: {"columns": columns}}, "sources": {}}))
    return path / "manifest.json"


@pytest.mark.parametrize("catalog", [True, False])
def test_dbt(tmp_path: Path, catalog: bool) -> None:
    path = manifest(tmp_path / "target", catalog)
    schema = read_source(path)
    assert schema == read_source(path.parent)
    customers, orders, payments = schema.tables
    assert (customers.name, customers.comment, customers.primary_key) == ("customers", "who buys", ("CUSTOMER_ID",) if catalog else ("customer_id",))
    said = [f"{c.name} {c.type} {c.nullable} {c.comment}" for c in customers.columns]
    assert said == (["NAME VARCHAR True said in the warehouse", "CUSTOMER_ID DECIMAL(38, 0) False the key"] if catalog else ["customer_id DECIMAL(38, 0) False the key"])
    assert (orders.name, orders.primary_key) == ("fct_orders", ("Order Id",))
    assert [(k.columns, k.ref_table, k.ref_columns) for k in orders.foreign_keys] == [(("customer_id",), "customers", ("customer_id",))]
    assert (payments.name, payments.schema) == ("raw.PAYMENTS", "raw")
    assert len(schema.notes) == 1 and schema.notes[0].startswith("bare: left out")


def test_what_sqlkit_wrote(tmp_path: Path) -> None:
    build_database(tmp_path / "x.duckdb", "CREATE SCHEMA s; CREATE TABLE s.t (a INTEGER PRIMARY KEY, CHECK (a > 0)); CREATE VIEW v AS SELECT 1 AS one", {})
    schema = read_source(tmp_path / "x.duckdb")
    for data in (dataclasses.asdict(schema), {"schema": dataclasses.asdict(schema), "glossary": {}}):
        (tmp_path / "saved.json").write_text(json.dumps(data))
        assert read_source(tmp_path / "saved.json") == schema
    (tmp_path / "context.json").write_text(json.dumps(data))
    assert read_source(tmp_path) == schema


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.sql")), ids=lambda p: p.stem)
def test_the_dialect_of_a_script_is_guessed(path: Path) -> None:
    assert guess_dialect(path) == {"sqlserver": "tsql", "broken": "duckdb"}.get(path.stem, path.stem)


def test_bad_input(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "x.parquet").write_text("no")
    (tmp_path / "x.json").write_text("{")
    (tmp_path / "y.json").write_text('{"a": 1}')
    (tmp_path / "manifest.json").write_text('{"metadata": {}, "nodes": {}}')
    for what, error, says in (
        ("none", DatabaseError, "does not exist"), ("empty", SchemaError, "holds no CSV"), ("bad", SchemaError, "x.parquet: left out"),
        ("x.json", SchemaError, "neither"), ("y.json", SchemaError, "neither"), ("none.json", SchemaError, "cannot read"), ("none.sql", SchemaError, "cannot read"),
        ("manifest.json", SchemaError, "names no columns"),
    ):  # fmt: skip
        with pytest.raises(error, match=says) as caught:
            read_source(tmp_path / what)
        assert "\n" not in str(caught.value)
    with pytest.raises(SchemaError, match="does not exist"):
        files_to_database(tmp_path / "none", tmp_path / "x.duckdb")

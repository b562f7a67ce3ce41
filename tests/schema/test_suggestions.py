"""What is guessed of a schema: keys (infer.jsonl) and personal data (personal.jsonl); guesses are shown and do nothing by themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sqlkit.data.build import build
from sqlkit.database import build_database
from sqlkit.errors import InputError
from sqlkit.prompt import Context, render
from sqlkit.query.context import live_context
from sqlkit.schema.glossary import Glossary, load_glossary, with_joins
from sqlkit.schema.personal import by_values, personal_columns
from sqlkit.schema.source import read_all
from sqlkit.schema.types import Column, ForeignKey, Schema, Table
from sqlkit.schema.values import ColumnProfile, Profile


def cases(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("case", cases("infer.jsonl"), ids=lambda c: c["why"])
def test_keys(case: dict[str, Any], tmp_path: Path) -> None:
    build_database(tmp_path / "x.duckdb", case["ddl"], {})
    schema, _, keys = read_all(tmp_path / "x.duckdb")
    assert {f"{k.table}.{k.column} -> {k.ref_table}.{k.ref_column}" for k in keys} == set(case["keys"])
    assert all(0.5 <= k.confidence <= case.get("most", 0.99) and k.why for k in keys)
    assert not any(k.table in {t.name for t, key in schema.joins() if k.column in key.columns} for k in keys)  # never asserted


@pytest.mark.parametrize("case", [c for c in cases("personal.jsonl") if "columns" in c], ids=str)
def test_personal_by_name(case: dict[str, Any]) -> None:
    tables = tuple(Table(name, tuple(Column(c, "VARCHAR") for c in columns)) for name, columns in case["columns"].items())
    found = personal_columns(Schema(tables), Profile())
    every = {f"{table.name}.{column.name}" for table in tables for column in table.columns}
    assert set(found) == (every if case["personal"] else set())


@pytest.mark.parametrize("case", [c for c in cases("personal.jsonl") if "values" in c], ids=str)
def test_personal_by_values(case: dict[str, Any]) -> None:
    assert bool(by_values(case["values"])) == case["personal"]


@pytest.mark.parametrize(
    ("column", "values", "personal"),
    [
        ("manager", ("Jon Stephens", "Mike Hillyer"), True), ("sold_by", ("Bauer, Anna", "Vincent van Gogh", "Zoë O'Hara"), True),
        ("account_manager", ("M-17", "M-18"), False), ("city", ("New York", "San Juan"), False), ("customer_segment", ("Small Business", "Home Office"), False),
    ],
)  # fmt: skip
def test_personal_by_name_and_values(column: str, values: tuple[str, ...], personal: bool) -> None:
    seen = Profile({f"store.{column}": ColumnProfile(len(values), 0.0, values)})
    assert bool(personal_columns(Schema((Table("store", (Column(column, "VARCHAR"),)),)), seen)) == personal


PEOPLE = """
CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR, reach VARCHAR, born DATE, city VARCHAR);
INSERT INTO customer SELECT range, 'Zebulon' || range, 'zeb' || range || '@example.org', DATE '1971-03-04' + range::INTEGER, ['Lyon', 'Graz'][1 + range % 2]
FROM range(60);
CREATE TABLE sale (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer (id), amount DECIMAL(8, 2), day DATE);
INSERT INTO sale SELECT range, range % 60, 5 + range % 37, DATE '2024-01-01' + (range % 300)::INTEGER FROM range(600);
"""


def leaks(folder: Path) -> list[str]:
    text = "".join((folder / name).read_text().lower() for name in ("pairs.jsonl", "examples.jsonl", "context.json"))
    return [sign for sign in ("zebulon", "zeb1", "@example", "1971") if sign in text]


def test_personal_values_stay_out_of_prompts_and_pairs(tmp_path: Path) -> None:
    url = tmp_path / "people.duckdb"
    build_database(url, PEOPLE, {})
    context = Context.load(url)
    assert set(context.profile.hidden) == {"customer.name", "customer.reach", "customer.born"}
    question = "how many sales has Zebulon7 from Lyon made?"
    assert "= 'Zebulon7'" not in render(question, context).user and "= 'Lyon'" in render(question, context).user
    manifest = build(tmp_path / "hidden", database=url, pairs=200)
    assert manifest["pairs"] == 200 and leaks(tmp_path / "hidden") == []
    build(tmp_path / "shown", database=url, pairs=200, personal_data="shown")
    assert leaks(tmp_path / "shown")
    (tmp_path / "glossary.yaml").write_text("name: people")
    for made in ("hidden", "shown"):  # served as it was trained, whatever glossary comes with it
        live = live_context(url, tmp_path / made, tmp_path / "glossary.yaml")
        assert bool(live.profile.column("customer", "name").values) == (made == "shown") == (live.profile.hidden == {})


def test_what_the_glossary_says_of_personal_data_holds(tmp_path: Path) -> None:
    url = tmp_path / "people.duckdb"
    build_database(url, PEOPLE, {})
    said = Glossary.model_validate({"tables": {"customer": {"columns": {"name": {"personal": False}, "city": {"personal": True}}}}, "personal_data": ["customer.born"]})
    assert set(Context.load(url, said).profile.hidden) == {"customer.reach", "customer.city"}
    assert Context.load(url, said, "shown").profile.hidden == {}
    assert "customer.born" in Context.load(url, said, "hidden").profile.hidden
    assert Context.load(url, personal_data=["customer.Name"]).profile.column("customer", "name").values


SHOP = Schema((
    Table("cust", (Column("id", "INTEGER"), Column("x", "INTEGER"), Column("y", "INTEGER"))),
    Table("s.ord", (Column("cust_id", "INTEGER"), Column("a.b", "INTEGER"), Column("y", "INTEGER")), schema="s"),
))  # fmt: skip


def test_joins_of_the_glossary_are_keys(tmp_path: Path) -> None:
    (tmp_path / "g.yaml").write_text("joins:\n  - s.ord.cust_id = cust.id\n  - s.ord.a.b, ord.y = cust.x, cust.y\n")
    keys = with_joins(SHOP, load_glossary(tmp_path / "g.yaml", SHOP)).tables[1].foreign_keys
    assert keys == (ForeignKey(("cust_id",), "cust", ("id",)), ForeignKey(("a.b", "y"), "cust", ("x", "y")))
    for wrong in ("s.ord.cust_id = cust.gone", "s.ord.cust_id", "ord.cust_id = cust.x, cust.y", "ord.cust_id, cust.x = cust.x, cust.y"):
        (tmp_path / "g.yaml").write_text(f"joins: ['{wrong}']")
        with pytest.raises(InputError, match="join"):
            load_glossary(tmp_path / "g.yaml", SHOP)

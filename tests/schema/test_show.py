"""`sqlkit schema` and `sqlkit schema diff`, through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sqlkit.cli import app
from sqlkit.data.build import build
from sqlkit.database import build_database
from sqlkit.errors import InputError, SchemaError, SqlkitError
from sqlkit.prompt import Context
from sqlkit.schema.glossary import load_glossary
from sqlkit.schema.read import read_schema
from sqlkit.schema.show import describe_schema, schema_diff
from sqlkit.schema.source import read_source

OLD = """
CREATE TABLE cust (id INTEGER PRIMARY KEY, nm VARCHAR, st_cd VARCHAR, "on" INTEGER);
INSERT INTO cust SELECT range, 'Zebulon' || range, ['A', 'B', 'yes'][1 + range % 3], range FROM range(30);
CREATE TABLE ord (id INTEGER PRIMARY KEY, cust_id INTEGER, amount DECIMAL(8, 2), day DATE, note VARCHAR);
INSERT INTO ord SELECT range, range % 30, range % 37, DATE '2024-01-01' + (range % 300)::INTEGER, 'n' || range % 5 FROM range(300);
CREATE TABLE log (id INTEGER, txt VARCHAR);
COMMENT ON TABLE cust IS 'who: buys #1'; COMMENT ON COLUMN cust.st_cd IS 'A active';
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    build_database(tmp_path / "shop.duckdb", OLD, {})
    return tmp_path / "shop.duckdb"


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["schema", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_text(shop: Path) -> None:
    text = run(shop)
    assert "cust (30 rows): who: buys #1" in text and "3 distinct; A, B, yes  -- A active" in text
    assert "Zebulon" not in text and "personal data (name of a person" in text
    assert "maybe: ord.cust_id -> cust.id (confidence 0." in text and "none of these is used" in text
    assert "log (0 rows)" in text and "no values" in text


def test_json_reads_back(shop: Path, tmp_path: Path) -> None:
    found = json.loads(run(shop, "--json"))
    assert [t["name"] for t in found["tables"]] == ["cust", "log", "ord"]
    key, name = found["tables"][0]["columns"][:2]
    assert (key["least"], key["greatest"], name["values"], name["distinct"]) == (0, 29, [], 30) and name["personal"]
    assert found["inferred_keys"][0]["table"] == "ord" and "Zebulon" not in json.dumps(found)
    (tmp_path / "saved.json").write_text(json.dumps(found))
    assert read_source(tmp_path / "saved.json") == read_schema(shop)


def test_template_is_a_glossary(shop: Path, tmp_path: Path) -> None:
    text = run(shop, "--glossary-template")
    (tmp_path / "g.yaml").write_text(text)
    said = load_glossary(tmp_path / "g.yaml", read_schema(shop))
    assert said.table("cust").description == "who: buys #1" and said.column("cust", "st_cd").values == {"A": [], "B": [], "yes": []}
    assert said.column("cust", "nm").personal is True and said.joins == [] and "Zebulon" not in text
    (tmp_path / "g.yaml").write_text(text.replace("# joins:", "joins:").replace('#   - "ord', '  - "ord'))
    assert Context.load(shop, tmp_path / "g.yaml").schema.table("ord").foreign_keys[0].ref_table == "cust"  # type: ignore[union-attr]
    accepted = describe_schema(str(shop), "json", glossary=str(tmp_path / "g.yaml"))[0]
    assert json.loads(accepted)["inferred_keys"] == []


NEW = """
CREATE TABLE cust (id INTEGER PRIMARY KEY, nm VARCHAR, status_cd VARCHAR, "on" INTEGER, mail VARCHAR);
CREATE TABLE ord (id INTEGER PRIMARY KEY, cust_id INTEGER REFERENCES cust (id), amount VARCHAR, day DATE NOT NULL, note VARCHAR);
CREATE TABLE logs (id INTEGER, txt VARCHAR);
"""


def test_diff(shop: Path, tmp_path: Path) -> None:
    build(tmp_path / "pairs", database=shop, pairs=120)
    build_database(tmp_path / "new.duckdb", NEW, {})
    text = schema_diff(str(tmp_path / "pairs"), str(tmp_path / "new.duckdb"))
    for line in (
        "removed table log (renamed to logs?)", "added table logs (2 columns)", "removed column cust.st_cd (renamed to status_cd?)", "added column cust.mail (VARCHAR)",
        "ord.amount: type DECIMAL(8,2) -> VARCHAR", "ord.day: may not be null now", "ord.cust_id: foreign key added none -> cust(id)", "cust: comment who: buys #1 -> none",
    ):  # fmt: skip
        assert line in text.splitlines(), line
    assert "of 120 questions went stale" in text and "rebuild the pairs" in text
    found = json.loads(run("diff", shop, tmp_path / "new.duckdb", "--pairs", tmp_path / "pairs", "--json"))
    rows = {row["id"]: row for row in map(json.loads, (tmp_path / "pairs" / "examples.jsonl").read_text().splitlines())}
    for name, row in rows.items():
        gone = row["sql"] and any(word in row["sql"] for word in ("st_cd", "amount", "log", "*) FROM log"))
        assert bool(gone) <= (name in found["stale"]), row["sql"]
        if name in found["stale"]:
            assert "st_cd" in row["sql"] or "amount" in row["sql"] or "log" in row["sql"] or "SELECT *" in row["sql"]


def test_nothing_changed(shop: Path) -> None:
    assert schema_diff(str(shop), str(shop)) == "nothing changed: nothing to rebuild"


def test_bad_input(shop: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no examples.jsonl"):
        schema_diff(str(shop), str(shop), pairs=tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        describe_schema(str(tmp_path / "none.duckdb"), "text")
    with pytest.raises(SchemaError, match=r"no schema 'mian'; did you mean 'main'"):
        describe_schema(str(shop), "text", schemas=["mian"])
    for arguments in (["diff", shop], [shop, shop]):
        with pytest.raises(SqlkitError, match="schema diff OLD NEW"):
            run(*arguments)

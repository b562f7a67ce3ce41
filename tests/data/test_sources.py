"""Sources: one file describes one; local files are read by the same path as the hub, and a broken line costs itself."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pyarrow.parquet
import pytest

from sqlkit.data.sources import read_source, read_table, source, sources
from sqlkit.data.wikisql import wikisql_row
from sqlkit.errors import InputError

TABLES = [
    {
        "db_id": "shop", "table_names_original": ["cust", "ord"],
        "column_names_original": [[-1, "*"], [0, "id"], [0, "name"], [1, "id"], [1, "cust_id"], [1, "at"]],
        "column_types": ["text", "number", "text", "number", "number", "time"], "primary_keys": [1, 3], "foreign_keys": [[4, 1]],
    }
]
WIKISQL = Path(__file__).with_name("wikisql.jsonl")


def test_every_descriptor_says_where_it_is_from_and_under_which_licence() -> None:
    found = sources()
    assert {s.name for s in found} == {
        "sql-create-context", "spider", "bird", "wikisql", "gretel", "own",
        "pg_stat_statements", "mysql_general_log", "snowflake_history", "bigquery_history", "sql_file",
    }
    assert all(s.licence and (s.kind == "log" or s.name == "own" or s.hub) for s in found)
    assert all({"question", "sql"} <= set(s.columns) for s in found if s.kind == "pairs")


def test_a_source_goes_by_its_name_or_its_id_on_the_hub() -> None:
    assert source("sql_create_context") == source("b-mc2/sql-create-context") == source("sql-create-context")
    with pytest.raises(InputError, match="did you mean spider"):
        source("spyder")


def test_adding_a_source_is_adding_one_file(tmp_path: Path) -> None:
    described = tmp_path / "ours.yaml"
    described.write_text("name: ours\ntitle: Ours\nlicence: ours\ndialect: mysql\ncolumns: {question: frage, sql: abfrage}\nwhere: {art: [gut]}\n")
    rows = tmp_path / "rows.csv"
    rows.write_text('frage,abfrage,art\n"Wie viele?",SELECT COUNT(*) FROM t,gut\nNein,SELECT 1,schlecht\n', encoding="utf-8")
    dropped: Counter[str] = Counter()
    (row,) = read_source(source(str(described)), str(rows), dropped)
    assert (row.question, row.sql, row.dialect) == ("Wie viele?", "SELECT COUNT(*) FROM t", "mysql")
    assert dropped == {"not of the kind that is wanted": 1}


@pytest.mark.parametrize(("text", "told"), [("name: x\ntitel: y\n", "titel"), ("name: [", "not YAML")])
def test_a_broken_descriptor_is_one_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=told) as caught:
        source(str(path))
    assert "\n" not in str(caught.value)


def test_a_malformed_line_is_told_by_its_number_and_the_rest_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"question": "a", "sql": "SELECT 1"}\n{"question": \n[1]\n{"question": "b", "sql": null}\n{"question": "", "sql": "x"}\n')
    dropped: Counter[str] = Counter()
    rows = list(read_source(source("own"), str(path), dropped))
    assert [(r.question, r.sql) for r in rows] == [("a", "SELECT 1"), ("b", None)]
    assert dropped == {"rows.jsonl line 2 is not a JSON object": 1, "rows.jsonl line 3 is not a JSON object": 1, "no question": 1}


@pytest.mark.parametrize("name", ["rows.csv", "rows.json", "rows.jsonl", "rows.parquet"])
def test_one_set_of_rows_in_any_file_is_the_same(tmp_path: Path, name: str) -> None:
    rows = [{"question": "wie, viele?", "context": "CREATE TABLE t (a INT)", "answer": 'SELECT a FROM t WHERE b = "x"'}] * 2
    path = tmp_path / name
    if name.endswith("csv"):
        path.write_text('question,context,answer\n' + '"wie, viele?",CREATE TABLE t (a INT),"SELECT a FROM t WHERE b = ""x"""\n' * 2)
    elif name.endswith("json"):
        path.write_text(json.dumps(rows))
    elif name.endswith("jsonl"):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    found = list(read_source(source("sql-create-context"), str(path), Counter()))
    assert [(r.question, r.sql, r.ddl) for r in found] == [(r["question"], r["answer"], r["context"]) for r in rows]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"ask": "a", "gold": "b"}\n', "needs the column question or prompt"),
        ("nothing\n", "holds no JSON object"),
        ("[1, 2", "is not JSON"),
    ],
)
def test_a_file_without_the_columns_is_one_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=told):
        list(read_source(source("own"), str(path), Counter()))


def test_a_folder_as_the_hub_has_it_is_read_by_datasets(tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    (tmp_path / "train.jsonl").write_text('{"question": "a", "context": "CREATE TABLE t (a INT)", "answer": "SELECT a FROM t"}\n')
    (row,) = read_source(source("sql-create-context"), str(tmp_path), Counter())
    assert (row.question, row.sql) == ("a", "SELECT a FROM t")


def test_what_is_neither_file_nor_data_set_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither a file that can be read nor a data set") as caught:
        list(read_table(str(tmp_path / "nowhere"), Counter()))
    assert "\n" not in str(caught.value)


def test_schemas_and_databases_beside_the_rows(tmp_path: Path) -> None:
    (tmp_path / "tables.json").write_text(json.dumps(TABLES))
    (tmp_path / "train.jsonl").write_text('{"question": "who?", "query": "SELECT name FROM cust", "db_id": "shop"}\n')
    (tmp_path / "database" / "shop").mkdir(parents=True)
    (tmp_path / "database" / "shop" / "shop.sqlite").touch()
    (row,) = read_source(source("spider"), str(tmp_path / "train.jsonl"), Counter())
    assert row.database.endswith("shop.sqlite") and row.dialect == "sqlite"
    assert "FOREIGN KEY (cust_id) REFERENCES cust (id)" in row.ddl and "PRIMARY KEY (id)" in row.ddl
    (tmp_path / "tables.json").write_text('[{"db_id": "shop"}]')
    with pytest.raises(InputError, match="does not hold schemas"):
        list(read_source(source("spider"), str(tmp_path / "train.jsonl"), Counter()))


@pytest.mark.parametrize("case", [json.loads(line) for line in WIKISQL.read_text(encoding="utf-8").splitlines()], ids=lambda c: c["why"])
def test_wikisql_rows(case: dict[str, object]) -> None:
    row = {"table": case["table"], "headers": case.get("headers"), "sql": case["sql"]}
    if "error" in case:
        with pytest.raises(ValueError, match=str(case["error"])):
            wikisql_row(row)
    else:
        assert wikisql_row(row)[1] == case["expected"]

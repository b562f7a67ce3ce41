"""What stands in the columns: from all rows of a small table, from rows spread over a large one, within a time limit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from sqlkit.database import build_database
from sqlkit.schema.connect import open_engine
from sqlkit.schema.read import read_schema
from sqlkit.schema.sample import sample, totals
from sqlkit.schema.types import Column, Table
from sqlkit.schema.values import profile

NewDatabase = Callable[[str, str], str]
DATABASES = ["duckdb", "sqlite", "postgresql", "mariadb"]
NUMBERS = {
    "duckdb": "INSERT INTO big SELECT range, range % 7, 'name ' || (range % 500) FROM range(200000)",
    "sqlite": "INSERT INTO big WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199999) "
    "SELECT i, i % 7, 'name ' || (i % 500) FROM n",
    "postgresql": "INSERT INTO big SELECT i, i % 7, 'name ' || (i % 500) FROM generate_series(0, 199999) i\n--\nANALYZE big",
    "mariadb": "INSERT INTO big SELECT seq, seq % 7, concat('name ', seq % 500) FROM seq_0_to_199999",
}
SLOW = {
    "duckdb": "SELECT a.range AS n FROM range(10000000) a, range(1000000) b WHERE a.range * b.range = -1",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS n FROM n WHERE i < 0",
    "postgresql": "SELECT i AS n FROM generate_series(1, 1000000000) i WHERE i < 0",
    "mariadb": "SELECT a.seq AS n FROM seq_0_to_1000000 a, seq_0_to_1000000 b WHERE a.seq * b.seq < 0",
}


@pytest.mark.parametrize("database", DATABASES)
def test_a_large_table_is_sampled_over_its_whole_length(database: str, new_database: NewDatabase) -> None:
    url = new_database(database, f"CREATE TABLE big (id int PRIMARY KEY, k int, n varchar(20))\n--\n{NUMBERS[database]}")
    schema = read_schema(url)
    with open_engine(url).connect() as connection:
        size = totals(connection).get(("main" if database == "duckdb" else "public" if database == "postgresql" else url.rsplit("/")[-1], "big"))
        names, rows, total = sample(connection, schema.tables[0], size, 20_000)
    assert names == ["id", "k", "n"] and 10_000 < len(rows) <= 25_000
    assert total is not None and 120_000 < total < 300_000
    ids = [row[0] for row in rows]
    assert min(ids) < 60_000 and max(ids) > 140_000 and len(set(ids)) == len(ids)
    seen = profile(url, schema)
    assert seen.rows["big"] <= 66_000 < seen.total["big"]
    assert 120_000 < seen.column("big", "id").distinct < 300_000  # estimated
    assert seen.column("big", "k").distinct == 7 and seen.column("big", "n").distinct == 500
    assert not seen.notes


def test_a_small_table_without_statistics_is_known_to_be_small(new_database: NewDatabase) -> None:
    """A page of 8 KiB is taken for 81 rows, and fifty pages for more than are read."""
    url = new_database("postgresql", "CREATE TABLE few (id int PRIMARY KEY)\n--\nINSERT INTO few SELECT generate_series(1, 16)\n--\n"
                       "CREATE TABLE thin (id int, note text)\n--\nINSERT INTO thin SELECT i, repeat('x', 1900) || i FROM generate_series(1, 4000) i")  # fmt: skip
    schema = read_schema(url)
    seen = profile(url, schema)
    assert seen.total == {"few": 16, "thin": 4000} and seen.column("few", "id").distinct == 16
    with open_engine(url).connect() as connection:
        assert sample(connection, schema.tables[0], 5_000_000, 1_000)[2] == 16  # what the catalog says is far off


def test_a_partitioned_table_is_sampled_in_all_its_parts(new_database: NewDatabase) -> None:
    parts = "\n--\n".join(f"CREATE TABLE big_{n} PARTITION OF big FOR VALUES FROM ({n * 50_000}) TO ({n * 50_000 + 50_000})" for n in range(4))
    url = new_database("postgresql", f"CREATE TABLE big (id int, k int, n text) PARTITION BY RANGE (id)\n--\n{parts}\n--\n" + NUMBERS["postgresql"].replace("ANALYZE big", "ANALYZE"))
    seen = profile(url, read_schema(url))
    low, high = seen.column("big", "id").quantiles[0], seen.column("big", "id").quantiles[-1]
    assert list(seen.rows) == ["big"] and seen.total["big"] == 200_000 and int(low) < 50_000 and int(high) > 150_000


@pytest.mark.parametrize("database", DATABASES)
def test_the_time_limit_holds_and_the_rest_is_read(database: str, new_database: NewDatabase) -> None:
    url = new_database(database, f"CREATE TABLE a (x int)\n--\nINSERT INTO a VALUES (1), (2), (NULL)\n--\nCREATE VIEW slow AS {SLOW[database]}\n--\nCREATE TABLE z (x int)")
    schema = read_schema(url)
    seen = profile(url, dataclasses.replace(schema, tables=tuple(sorted(schema.tables, key=lambda t: t.name))), seconds=0.5)
    assert [note.split(":")[0] for note in seen.notes] == ["slow"] and "\n" not in seen.notes[0]
    assert seen.rows == {"a": 3, "z": 0}
    assert seen.column("a", "x").null_share == pytest.approx(1 / 3)
    assert seen.column("z", "x").distinct == 0  # no rows is no error


@pytest.mark.parametrize("database", ["postgresql", "mariadb"])
def test_what_may_not_be_read(database: str, new_database: NewDatabase) -> None:
    people = {"postgresql": "DROP ROLE IF EXISTS temp\n--\nCREATE ROLE temp LOGIN\n--\nGRANT SELECT ON a TO temp\n--\nGRANT SELECT (x) ON b TO temp",
              "mariadb": "CREATE OR REPLACE USER temp@localhost\n--\nGRANT SELECT ON a TO temp@localhost\n--\nGRANT SELECT (x) ON b TO temp@localhost"}  # fmt: skip
    url = new_database(database, f"CREATE TABLE a (x int)\n--\nCREATE TABLE b (x int, y int)\n--\nCREATE TABLE c (x int)\n--\n{people[database]}")
    schema = read_schema(url)  # as root, who sees all
    seen = profile(url.replace("root@", "temp@"), schema)
    assert set(seen.rows) == {"a"} and {note.split(":")[0] for note in seen.notes} == {"b", "c"}


def test_names_of_every_kind(new_database: NewDatabase) -> None:
    for database in DATABASES:
        quote = "`" if database == "mariadb" else '"'
        url = new_database(database, "CREATE TABLE 'or''d er' ('sel:ect' int, 'a%b' varchar(9))".replace("'or''d er'", f"{quote}Order Lines{quote}").replace("'", quote))
        seen = profile(url, read_schema(url))
        assert set(seen.columns) == {"Order Lines.sel:ect", "Order Lines.a%b"}, database


def test_another_schema_and_blobs(tmp_path: Path) -> None:
    build_database(tmp_path / "x.duckdb", "CREATE SCHEMA s; CREATE TABLE s.t (a INTEGER, b BLOB); INSERT INTO s.t VALUES (1, 'x')", {})
    seen = profile(tmp_path / "x.duckdb", read_schema(tmp_path / "x.duckdb"))
    assert set(seen.columns) == {"s.t.a"} and seen.total == {"s.t": 1}


def test_a_column_that_is_gone(tmp_path: Path) -> None:
    build_database(tmp_path / "x.duckdb", "CREATE TABLE t (a INTEGER); CREATE TABLE u (a INTEGER)", {})
    schema = read_schema(tmp_path / "x.duckdb")
    old = dataclasses.replace(schema, tables=(Table("t", (Column("gone"),)), schema.tables[1]))
    seen = profile(tmp_path / "x.duckdb", old)
    assert set(seen.rows) == {"u"} and seen.notes[0].startswith("t: values not read")

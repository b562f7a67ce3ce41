"""Builds from DDL, from data files, from query logs and people's own questions; what the user got wrong is one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sqlkit.commands import built_on
from sqlkit.commands_data import build, of_source, show, suite
from sqlkit.data.ground import from_ddl, from_files
from sqlkit.database import Sandbox
from sqlkit.errors import InputError, SchemaError, SqlkitError
from sqlkit.recipe import Recipe
from sqlkit.records import Example, Pair, read_records
from sqlkit.schema.glossary import Glossary

LOGS = Path(__file__).parent / "logs"
DDL = """
CREATE TABLE dept (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, city VARCHAR(30));
CREATE TABLE staff (id INT PRIMARY KEY, name VARCHAR(40), pay DECIMAL(10,2), hired DATE, boss_id INT REFERENCES staff (id), dept_id INT REFERENCES dept (id));
"""


def test_ddl_becomes_a_database_with_rows_that_keep_its_keys(tmp_path: Path) -> None:
    path = tmp_path / "schema.sql"
    path.write_text(DDL)
    with Sandbox(from_ddl(path, "mysql", tmp_path / "one")[0]) as sandbox:
        assert sandbox.run("SELECT COUNT(*) FROM staff JOIN dept ON dept.id = staff.dept_id").rows[0][0] > 50
        assert sandbox.run("SELECT COUNT(*) FROM staff a JOIN staff b ON a.boss_id = b.id").rows[0][0] > 10
        first = sandbox.run("SELECT * FROM staff ORDER BY id").rows
    with Sandbox(from_ddl(path, "mysql", tmp_path / "two")[0]) as sandbox:
        assert sandbox.run("SELECT * FROM staff ORDER BY id").rows == first


def test_a_build_from_ddl(tmp_path: Path) -> None:
    path = tmp_path / "schema.sql"
    path.write_text(DDL)
    manifest = build(Recipe(ddl=str(path), dialect="mysql", pairs=25), tmp_path / "out", quiet=True)
    assert manifest["pairs"] == 25 and manifest["coverage"]["tables"] == manifest["coverage"]["columns"] == manifest["coverage"]["foreign_keys"] == 1.0
    with Sandbox(tmp_path / "out" / "database.duckdb") as sandbox:
        assert all(sandbox.run(e.sql).rows for e in read_records(Example, tmp_path / "out" / "examples.jsonl") if e.sql)


def test_training_is_judged_on_the_database_that_the_build_made(tmp_path: Path) -> None:
    path, out = tmp_path / "schema.sql", tmp_path / "out"
    path.write_text(DDL)
    recipe = Recipe(ddl=str(path), dialect="mysql", pairs=5)
    with pytest.raises(SqlkitError, match="no database to judge the dev questions on"):
        built_on(recipe, out)
    build(recipe, out, quiet=True)
    database, glossary = built_on(recipe, out)
    assert database == str(out / "database.duckdb") and glossary == Glossary()
    assert built_on(Recipe(database="sqlite:///x.db", glossary="g.yaml"), out) == ("sqlite:///x.db", "g.yaml")


def test_files_become_tables(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "orders 2024.csv").write_text("id,city,amount\n" + "".join(f"{i},{('Lyon', 'Rome')[i % 2]},{i * 1.5}\n" for i in range(30)))
    (folder / "items.jsonl").write_text("".join(json.dumps({"order_id": i, "name": f"n{i}"}) + "\n" for i in range(9)))
    (folder / "readme.txt").write_text("not a table")
    with Sandbox(from_files(folder, tmp_path / "out")[0]) as sandbox:
        assert sandbox.run("SELECT COUNT(*), SUM(amount) FROM orders_2024 WHERE city = 'Lyon'").rows == ((15, 315.0),)
        assert sandbox.run("SELECT COUNT(*) FROM items").rows == ((9,),)


def test_logs_and_own_questions_join_the_generated_pairs(retail: Path, tmp_path: Path) -> None:
    asked = tmp_path / "asked.csv"
    asked.write_text("question,sql\nHow many tills are there?,SELECT COUNT(*) FROM wh\nWhat about mars?,\nBroken?,SELECT nope FROM wh\n")
    recipe = Recipe(database=str(retail), pairs=10, logs=[str(LOGS / "pg_stat_statements.csv"), str(LOGS / "reports.sql")], sources=[str(asked)])
    manifest = build(recipe, tmp_path / "out", quiet=True)
    assert manifest["examples"]["own"] == 2 and manifest["examples"]["log"] >= 8 and manifest["examples"]["generated"] <= 10
    assert manifest["dropped"]["own: bind"] == 1 and manifest["dropped"]["log: not a SELECT"] == 3
    rows = read_records(Example, tmp_path / "out" / "examples.jsonl")
    assert len({e.id for e in rows}) == len(rows) and {e.made_by for e in rows if e.source == "log"} == {"log"}
    assert {e.made_by for e in rows if e.source == "own"} == {"people"}


def test_rows_of_ones_own_that_are_lost_are_told(retail: Path, tmp_path: Path) -> None:
    asked = tmp_path / "asked.jsonl"
    row = {"question": "How many tills are there?", "sql": "SELECT COUNT(*) FROM wh"}
    asked.write_text(json.dumps(row) + "\n{oops\n" + json.dumps({"question": "Broken?", "sql": "SELECT nope FROM wh"}) + "\n" + json.dumps({"question": "Mars?", "sql": ""}))
    manifest = build(Recipe(database=str(retail), pairs=5, sources=[str(asked)]), tmp_path / "out", quiet=True)
    lost = {"own: asked.jsonl line 2 is not a JSON object": 1, "own: bind": 1}
    assert manifest["examples"]["own"] == 2 and lost.items() <= manifest["dropped"].items()
    assert [note for note in manifest["notes"] if "left out" in note and "own" in note] == [f"left out 1 row: {reason}" for reason in lost]
    few = build(Recipe(database=str(retail), pairs=5, sources=[str(asked)], source_rows=1), tmp_path / "few", quiet=True)
    assert few["examples"]["own"] == 1 and "own: bind" not in few["dropped"]
    with pytest.raises(InputError, match="line 2 is not a JSON object"):
        suite("mine", str(asked))


def test_own_questions_with_their_own_schemas(tmp_path: Path) -> None:
    asked = tmp_path / "asked.jsonl"
    row = {"question": "Who is from Rome?", "sql": "SELECT name FROM p WHERE city = 'Rome'", "schema": "CREATE TABLE p (name TEXT, city TEXT, age INT)"}
    asked.write_text(json.dumps(row) + "\nnot json\n" + json.dumps({**row, "question": "Mars?", "sql": None}) + "\n")
    manifest = build(Recipe(sources=[str(asked)]), tmp_path / "out", quiet=True)
    assert manifest["pairs"] == 2 and manifest["dropped"] == {"own: asked.jsonl line 2 is not a JSON object": 1}
    pairs = read_records(Pair, tmp_path / "out" / "pairs.jsonl")
    assert sorted(p.completion for p in pairs) == ["CANNOT ANSWER", "SELECT name FROM p WHERE city = 'Rome'"]
    assert [p.id for p in show(tmp_path / "out", "mars?")] == [next(p.id for p in pairs if "Mars?" in p.prompt.user)]


@pytest.mark.parametrize(
    ("recipe", "told"),
    [
        ({"sources": ["spyder"]}, "did you mean spider"),
        ({"sources": ["own"]}, "say where it is"),
        ({"sources": ["own=nowhere.csv"]}, "cannot read nowhere.csv: no such file"),
        ({"sources": ["mysql_general_log=x"]}, "give it with --log"),
        ({"ddl": "nowhere.sql"}, "cannot read nowhere.sql"),
        ({"files": "nowhere"}, "folder nowhere does not exist"),
        ({"ddl": "a.sql", "files": "b"}, "give one of"),
        ({}, "no database"),
    ],
)
def test_what_cannot_be_used_is_one_line(recipe: dict[str, object], told: str, in_folder: Path) -> None:
    with pytest.raises(SqlkitError, match=told) as caught:
        build(Recipe.of(recipe), in_folder / "out", quiet=True)
    assert "\n" not in str(caught.value)


def test_broken_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "schema.sql"
    path.write_text("CREATE TABLE t (a INT,\n  b VARCHAR(\n);")
    with pytest.raises(SchemaError, match=r"schema.sql: .*line 3"):
        from_ddl(path, "postgres", tmp_path)
    with pytest.raises(SchemaError, match=r"schema.sql: unknown SQL dialect 'klingon'"):
        from_ddl(path, "klingon", tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SchemaError, match="holds no CSV"):
        from_files(tmp_path / "empty", tmp_path)
    (tmp_path / "empty" / "x.parquet").write_text("no")
    with pytest.raises(SchemaError, match=r"x.parquet"):
        from_files(tmp_path / "empty", tmp_path)
    assert not (tmp_path / "database.duckdb").exists()


def test_a_source_is_named_by_name_by_id_or_by_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.touch()
    assert of_source("spider")[1] == "xlangai/spider" and of_source("spider=here.jsonl")[1] == "here.jsonl"
    assert of_source(str(path)) == (of_source("own=x")[0], str(path))


def test_made_up_values_fit_the_names_of_their_columns(tmp_path: Path) -> None:
    path = tmp_path / "schema.sql"
    path.write_text(DDL)
    with Sandbox(from_ddl(path, "mysql", tmp_path)[0]) as sandbox:
        cities = {row[0] for row in sandbox.run("SELECT DISTINCT city FROM dept WHERE city IS NOT NULL").rows}
        assert "Lyon" in cities and len(cities) > 10
        assert all(" " in row[0] for row in sandbox.run("SELECT name FROM staff WHERE name IS NOT NULL").rows)


def test_a_suite_is_read_as_its_source_has_it_or_by_usual_names(tmp_path: Path) -> None:
    path = tmp_path / "dev.jsonl"
    path.write_text(json.dumps({"question": "who?", "query": "SELECT name FROM t WHERE a = \"x\"", "db_id": "d"}) + "\n")
    (spider,), (mine,) = suite("spider", str(path)), suite("mine", str(path))
    assert (spider.dialect, mine.dialect) == ("sqlite", "duckdb") and spider.sql == mine.sql and spider.db_id == mine.db_id == "d"

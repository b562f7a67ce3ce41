"""Whole files: forms, faults, workers, and a run that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sqlkit.errors import InputError
from sqlkit.evaluate.batch import grade_cases
from sqlkit.evaluate.cases import GOLD, PREDICTED, Query, find_database, of_files, pair, read_cases, read_queries
from sqlkit.evaluate.group import Options

DDL = "CREATE TABLE t (i INTEGER, s VARCHAR)"
ROWS = "INSERT INTO t VALUES (1, 'a'), (2, 'b')"
ONE = {"ddl": DDL, "rows": ROWS, "gold": "SELECT i FROM t", "pred": "SELECT i FROM t"}


def write(path: Path, *rows: Any) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8")
    return path


def run(path: Path, out: Path, **options: Any) -> list[dict[str, Any]]:
    jobs = options.pop("jobs", 1)
    for _ in grade_cases(lambda: read_cases(path), out, Options(**{"seconds": 20.0, **options}), jobs=jobs):
        pass
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


CASES: list[tuple[Any, str, str]] = [
    ({**ONE, "id": "same"}, "equivalent", "the same result"),
    ({**ONE, "id": 7, "pred": "SELECT i FROM t WHERE i > 1"}, "different", "i > 1"),
    ({**ONE, "pred": "SELECT x FROM t"}, "error", "bind"),
    ({**ONE, "pred": "I am sorry, I cannot tell."}, "error", "parse"),
    ({**ONE, "pred": ""}, "error", "no SQL"),
    ({**ONE, "pred": None}, "different", "refused"),
    ({**ONE, "gold": None, "pred": None}, "equivalent", "refused"),
    ({**ONE, "pred": "DELETE FROM t"}, "unsafe", "DELETE"),
    ({**ONE, "gold": "SELECT x FROM t"}, "gold_broken", "gold fails"),
    ({**ONE, "gold": ["SELECT x FROM t", "SELECT s FROM t"], "pred": "SELECT s FROM t"}, "equivalent", ""),
    ({**ONE, "gold": "SELECT i FROM t WHERE i > 5", "pred": "SELECT i FROM t WHERE i > 6"}, "undecidable", "no rows"),
    ({**ONE, "ddl": "CREATE TABLE t (i NOSUCHTYPE(", "id": "ddl"}, "undecidable", "the DDL or the rows cannot be used"),
    ({**ONE, "rows": "INSERT INTO t VALUES ('x', 1)"}, "undecidable", "statement 2"),
    ({**ONE, "ddl": "", "rows": ""}, "undecidable", "no database"),
    ({**ONE, "ddl": "nonsense", "pred": "DROP TABLE t"}, "unsafe", "DROP"),
    ({**ONE, "dialect": "klingon"}, "undecidable", "unknown SQL dialect 'klingon'"),
    ({**ONE, "rows": "", "database": "nowhere.duckdb"}, "undecidable", "nowhere.duckdb does not exist"),
    ('{"id": 1, broken', "undecidable", "line 18 is not JSON"),
    ({"id": "short", "gold": "SELECT 1"}, "undecidable", "line 19 lacks pred"),
    ({**ONE, "gold": 5}, "undecidable", "line 20: gold is not text"),
    ({**ONE, "rows": [ROWS, "INSERT INTO t VALUES (3, 'c')"], "pred": "SELECT i FROM t LIMIT 9"}, "equivalent", ""),
    ({**ONE, "dialect": "mysql", "ddl": "CREATE TABLE `t` (`i` INT(11) NOT NULL AUTO_INCREMENT PRIMARY KEY, `s` TEXT) ENGINE=InnoDB",
      "rows": "INSERT INTO `t` VALUES (1,'a')", "gold": "SELECT IFNULL(`s`, '') FROM `t`", "pred": "SELECT `s` FROM `t`"}, "equivalent", ""),
    ({**ONE, "dialect": "sqlite", "gold": "SELECT s FROM t ORDER BY s LIMIT 1", "pred": "SELECT `s` FROM t LIMIT 1"}, "different", "happen to be stored"),
    ({**ONE, "ddl": "CREATE TABLE b (t_i INTEGER REFERENCES t(i)); CREATE TABLE t (i INTEGER, s VARCHAR);"}, "equivalent", ""),
    ({**ONE, "ddl": f"{DDL}; {ROWS}", "rows": ""}, "equivalent", ""),
    ({**ONE, "gold": "SELECT repeat('x', 34000000)", "pred": "SELECT 1"}, "gold_broken", "size"),
    ({**ONE, "pred": "SELECT repeat('x', 34000000)"}, "error", "size"),
    ({**ONE, "rows": "", "pred": "SELECT i FROM t WHERE i > 1"}, "different", "i > 1"),
    ({**ONE, "rows": "", "gold": "SELECT s FROM t WHERE i > 1", "pred": "SELECT s FROM t WHERE NOT i <= 1"}, "equivalent", "proven"),
    ({**ONE, "rows": "", "gold": None, "pred": "SELECT i FROM t"}, "different", "cannot answer"),
    ({**ONE, "rows": "", "gold": "SELECT x FROM t", "pred": "SELECT i FROM t"}, "gold_broken", "gold fails"),
    ({**ONE, "rows": "", "dialect": "mysql", "gold": "SELECT IFNULL(`s`, '') FROM `t`", "pred": "SELECT `s` FROM `t`"}, "different", ""),
    ({**ONE, "dialect": "sqlite", "ddl": "CREATE TABLE t (i, s)", "pred": "SELECT CAST(i AS INTEGER) FROM t"}, "equivalent", "same"),
    ({**ONE, "dialect": "sqlite", "ddl": "CREATE TABLE t (i TEXT, s)", "pred": "SELECT CAST(i AS INTEGER) FROM t"}, "different", "rows"),
    # every column is called VARCHAR, as in sql-create-context: typed by what the gold does with it, for golds, predictions and rows alike
    ({"dialect": "sqlite", "rows": "", "ddl": "CREATE TABLE h (name VARCHAR, age VARCHAR)", "gold": "SELECT name FROM h WHERE age > 56",
      "pred": "SELECT name FROM h WHERE NOT age <= 56"}, "equivalent", "same"),
    ({"dialect": "sqlite", "rows": "", "ddl": "CREATE TABLE h (name VARCHAR, age VARCHAR)", "gold": "SELECT SUM(age) FROM h WHERE name = 'A'",
      "pred": "SELECT SUM(age) FROM h WHERE name = 'a'"}, "different", "row wrong"),
    ({"dialect": "sqlite", "rows": "", "ddl": "CREATE TABLE h (name VARCHAR, age VARCHAR)", "gold": "SELECT name FROM h ORDER BY age DESC LIMIT 1",
      "pred": "SELECT name FROM h ORDER BY age LIMIT 1"}, "different", ""),
]  # fmt: skip


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("cases")
    return run(write(folder / "in.jsonl", *[row for row, _, _ in CASES]), folder / "out.jsonl")


@pytest.mark.parametrize("number", range(len(CASES)))
def test_each_line_gets_its_verdict(graded: list[dict[str, Any]], number: int) -> None:
    row, verdict, words = CASES[number]
    found = graded[number]
    assert list(found) == ["id", "verdict", "reason", "witness"]
    assert (found["verdict"], words in found["reason"]) == (verdict, True), found["reason"]
    if isinstance(row, dict) and "id" in row:
        assert found["id"] == row["id"]
    if verdict == "different" and row["pred"] is not None and row["gold"] is not None:
        assert found["witness"]["database"] == "rows" or not row["rows"]
        assert found["witness"]["gold"]["rows"]


def test_workers_stops_and_repeats_do_not_change_a_byte(tmp_path: Path) -> None:
    usual = [{**ONE, "id": i, "rows": f"INSERT INTO t VALUES ({i % 5}, 'a')", "pred": f"SELECT {i % 3} FROM t"} for i in range(60)]
    path = write(tmp_path / "in.jsonl", *usual)
    run(path, tmp_path / "one.jsonl")
    run(path, tmp_path / "two.jsonl", jobs=2)
    wanted = (tmp_path / "one.jsonl").read_bytes()
    assert (tmp_path / "two.jsonl").read_bytes() == wanted
    assert not list(tmp_path.glob("*.log")) and not list(tmp_path.glob(".*"))


def test_a_killed_run_goes_on_from_its_log(tmp_path: Path) -> None:
    slow = "SELECT COUNT(*) + {} FROM range(3000000) a(x) WHERE x % 7 = {}"
    rows = [{**ONE, "id": i, "pred": slow.format(i, i % 7)} for i in range(120)]
    path, out, log = write(tmp_path / "in.jsonl", *rows), tmp_path / "out.jsonl", tmp_path / "out.jsonl.log"
    command = [sys.executable, "-m", "sqlkit", "grade", "--cases", str(path), "--out", str(out), "--jobs", "1"]
    child = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, env={**os.environ})
    until = time.monotonic() + 60
    while time.monotonic() < until and not (log.exists() and log.read_bytes().count(b"\n") >= 10):
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    done = log.read_bytes().count(b"\n")
    assert 10 <= done < 120 and not out.exists()
    with log.open("ab") as file:
        file.write(b"0123 torn")
    grown: list[int] = []
    for _ in grade_cases(lambda: read_cases(path), out, Options(), jobs=1, progress=lambda n, _: grown.append(n)):
        pass
    assert len(grown) == 120 - done
    run(path, tmp_path / "again.jsonl", seconds=5.0)
    assert out.read_bytes() == (tmp_path / "again.jsonl").read_bytes()
    assert not log.exists()


def test_a_log_of_something_else_is_not_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path / "in.jsonl", ONE)
    (tmp_path / "out.jsonl.log").write_text("a diary\n")
    with pytest.raises(InputError, match="not ours"):
        run(path, tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl.log").read_text() == "a diary\n"
    with pytest.raises(InputError, match="cannot read"):
        run(tmp_path / "none.jsonl", tmp_path / "out2.jsonl")


FORMS = {
    "gold.sql": "SELECT 1\tdb_a\n\nSELECT 2\tdb_b\n",
    "dev.json": json.dumps([{"question_id": 0, "db_id": "db_a", "SQL": "SELECT 1", "difficulty": "simple"}, {"question_id": 1, "db_id": "db_b", "SQL": "SELECT 2"}]),
    "pred.json": json.dumps({"0": "SELECT 1\t----- bird -----\tdb_a", "1": "SELECT 2\t----- bird -----\tdb_b"}),
    "gold.jsonl": '{"id": "0", "sql": "SELECT 1", "db_id": "db_a"}\n{"id": "1", "query": "SELECT 2", "db_id": "db_b"}\n',
    "gold.csv": 'id,sql,db_id\n0,SELECT 1,db_a\n1,"SELECT 2",db_b\n',
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_forms_that_people_have(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(FORMS[name], encoding="utf-8")
    found = read_queries(tmp_path / name, GOLD)
    assert [(q.id, q.sqls, q.db_id) for q in found] == [("0", ("SELECT 1",), "db_a"), ("1", ("SELECT 2",), "db_b")]


def test_other_forms(tmp_path: Path) -> None:
    (tmp_path / "pred.sql").write_text("SELECT 1\r\nSELECT 2\n")
    assert read_queries(tmp_path / "pred.sql", PREDICTED)[0] == Query("0", ("SELECT 1",))
    (tmp_path / "p.jsonl").write_text('{"example_id": "x", "sql": null, "text": "no"}\n{"id": "y", "pred": ["a", "b"]}\n')
    assert [q.sqls for q in read_queries(tmp_path / "p.jsonl", PREDICTED)] == [None, ("a", "b")]
    (tmp_path / "list.json").write_text('["SELECT 1", null]')
    assert [q.sqls for q in read_queries(tmp_path / "list.json", PREDICTED)] == [("SELECT 1",), None]
    for name, text, words in [
        ("c.jsonl", '{"x": 1}\n', "line 1 has no SQL"), ("d.csv", "x,y\n1,2\n", "row 1 has no SQL"), ("e.jsonl", "{\n", "line 1 is not JSON"),
        ("f.jsonl", '{"sql": 3}\n', "not text"), ("g.jsonl", "3\n", "neither text"), ("h.jsonl", '{"sql": ["a", 3]}\n', "not text"),
    ]:  # fmt: skip
        (tmp_path / name).write_text(text)
        assert words in read_queries(tmp_path / name, GOLD)[0].fault
    for name, text, words in [("a.json", "{", "not JSON"), ("b.json", "3", "neither a list")]:
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match=words):
            read_queries(tmp_path / name, GOLD)
    (tmp_path / "dev.json").write_text('[{"question": "how many?", "query": "SELECT 1", "sql": {"select": []}, "db_id": "a"}]')
    spider = read_queries(tmp_path / "dev.json", GOLD)[0]
    assert (spider.sqls, spider.about.question) == (("SELECT 1",), "how many?")
    (tmp_path / "tab.sql").write_text("SELECT a\tFROM t\nSELECT 1\tdb-1\n")
    assert [(q.sqls, q.db_id) for q in read_queries(tmp_path / "tab.sql", PREDICTED)] == [(("SELECT a\tFROM t",), ""), (("SELECT 1",), "db-1")]
    (tmp_path / "latin.sql").write_bytes(b"SELECT '\xe9'\n")
    with pytest.raises(InputError, match="not UTF-8"):
        read_queries(tmp_path / "latin.sql", GOLD)


def test_golds_and_predictions_are_paired_by_id_or_else_by_place() -> None:
    def queries(*ids: str) -> list[Query]:
        return [Query(i, (i,)) for i in ids]

    assert pair(queries("a", "b"), queries("b", "a")) == ([(Query("a", ("a",)), Query("a", ("a",))), (Query("b", ("b",)), Query("b", ("b",)))], [])
    by_place, said = pair(queries("a", "b"), queries("0", "1", "2"))
    assert [other.id for _, other in by_place if other] == ["0", "1"]
    assert said == ["1 predictions without a gold, first 2"]
    short, said = pair(queries("0", "1", "2"), queries("0"))
    assert [other is None for _, other in short] == [False, True, True]
    assert said == ["3 golds but 1 predictions: 2 without one, first 1"]


def test_databases_are_found_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "a.sqlite").touch()
    (tmp_path / "b.duckdb").touch()
    assert find_database(str(tmp_path), "a").endswith("a/a.sqlite")
    assert find_database(str(tmp_path), "b").endswith("b.duckdb")
    assert find_database("duckdb:///x", "b") == "duckdb:///x"
    with pytest.raises(InputError, match="no database c"):
        find_database(str(tmp_path), "c")
    with pytest.raises(InputError, match="name no db_id"):
        find_database(str(tmp_path), "")


def test_what_is_broken_costs_itself_alone(tmp_path: Path) -> None:
    import duckdb

    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute(f"{DDL}; {ROWS}")
    (tmp_path / "gold.jsonl").write_text(
        '{"query": "SELECT i FROM t", "db_id": "a"}\n{"query": \n{"query": "SELECT s FROM t", "db_id": "a"}\n{"query": "SELECT 1", "db_id": "gone"}\n'
        '{"query": "SELECT i FROM t", "db_id": "a"}\n'
    )
    (tmp_path / "pred.sql").write_text("SELECT i FROM t\nSELECT 2\n\nSELECT 1\nI do not know\n\n")
    cases, said = of_files(tmp_path / "gold.jsonl", tmp_path / "pred.sql", database=str(tmp_path))
    found = [(o["verdict"], o["reason"]) for _, o in grade_cases(lambda: cases, tmp_path / "out.jsonl", Options())]
    assert [verdict for verdict, _ in found] == ["equivalent", "undecidable", "error", "undecidable", "error"]
    assert not said
    for number, words in [(1, "line 2 is not JSON"), (2, "no SQL"), (3, "holds no database gone"), (4, "parse")]:
        assert words in found[number][1]
    with pytest.raises(InputError, match="no database"):
        (tmp_path / "one.sql").write_text("SELECT 1\tgone\n")
        of_files(tmp_path / "one.sql", tmp_path / "pred.sql", database=str(tmp_path))


def test_plain_files_on_sqlite_in_its_own_dialect(tmp_path: Path) -> None:
    import sqlite3

    folder = tmp_path / "databases" / "shop"
    folder.mkdir(parents=True)
    with sqlite3.connect(folder / "shop.sqlite") as connection:
        connection.execute("CREATE TABLE t (i INTEGER, s TEXT)")
        connection.execute("INSERT INTO t VALUES (1, 'a'), (2, NULL), (3, 'a')")
    connection.close()
    golds = ["SELECT s, COUNT(*) FROM t GROUP BY 1", "SELECT i FROM t ORDER BY s LIMIT 1", 'SELECT i FROM t WHERE s = "a"', "SELECT i FROM t"]
    preds = ["SELECT COUNT(*), s FROM t GROUP BY s", "SELECT i FROM t ORDER BY s DESC LIMIT 1", "SELECT i FROM t WHERE s = 'a'"]
    (tmp_path / "gold.sql").write_text("".join(f"{sql}\tshop\n" for sql in golds))
    (tmp_path / "pred.sql").write_text("".join(f"{sql}\n" for sql in preds))
    cases, said = of_files(tmp_path / "gold.sql", tmp_path / "pred.sql", database=str(tmp_path / "databases"))
    found = [outcome["verdict"] for _, outcome in grade_cases(lambda: cases, tmp_path / "out.jsonl", Options())]
    assert found == ["equivalent", "different", "equivalent", "error"]
    assert said == ["4 golds but 3 predictions: 1 without one, first 3"]

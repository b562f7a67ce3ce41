"""Many queries at once, and one database after the other in one worker."""

from __future__ import annotations

import select
from pathlib import Path

import pytest

from sqlkit.database import Sandbox
from sqlkit.errors import DatabaseError

SLOW = "SELECT COUNT(*) FROM range(1000000) a(x), range(1000000) b(y) WHERE x * y % 1000003 = 7"
MAKE = ["CREATE TABLE t (i INTEGER)", "INSERT INTO t VALUES (1), (2)"]


def test_many_are_answered_in_order_whatever_one_of_them_does() -> None:
    with Sandbox("", script=MAKE, seconds=0.5) as sandbox:
        asked = ["SELECT i FROM t", "DROP TABLE t", "SELECT nothing", SLOW, "SELECT COUNT(*) FROM t", "SELECT '\ud800'"]
        said = sandbox.run_many(asked)
        assert [r.rows or r.error.partition(":")[0] for r in said[:5]] == [((1,), (2,)), "unsafe", "bind", "time", ((2,),)]
        assert [r.rows for r in sandbox.run_many([f"SELECT {i}, '{'x' * 900}'" for i in range(300)])] == [
            ((i, "x" * 900),) for i in range(300)
        ]
        assert sandbox.run_many([]) == []


def test_work_is_done_while_the_database_runs() -> None:
    with Sandbox("", script=MAKE, seconds=0.5) as sandbox:
        worker = sandbox._process
        assert worker is not None
        asked: list[int] = []

        def work() -> int:
            asked.append(len(select.select([worker._out], [], [], 30)[0]))  # the first answer comes while this goes on
            return 7

        answers, done = sandbox.run_while(["SELECT COUNT(*) FROM t", "SELECT nothing", "SELECT 1"], work)
        assert [r.rows or r.error.partition(":")[0] for r in answers] == [((2,),), "bind", ((1,),)] and (done, asked) == (7, [1])
        for queries, said in (([], []), (["DROP TABLE t"], ["unsafe"]), ([SLOW], ["time"])):  # where nothing is run, or its worker dies
            answers, done = sandbox.run_while(queries, lambda: 8)
            assert [r.error.partition(":")[0] for r in answers] == said and done == 8


def test_work_that_fails_leaves_no_answer_behind() -> None:
    with Sandbox("", script=MAKE) as sandbox:
        with pytest.raises(ZeroDivisionError):
            sandbox.run_while(["SELECT 1"], lambda: 1 // 0)
        assert sandbox.run("SELECT 2").rows == ((2,),)


def test_a_database_made_from_statements_can_only_be_read() -> None:
    with Sandbox("", script=MAKE) as sandbox:
        assert sandbox.run("WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d").error
        assert sandbox.run("SELECT SUM(i) FROM t").rows == ((3,),)
        assert sandbox.name == "made from statements"


def test_one_worker_goes_from_database_to_database(tmp_path: Path) -> None:
    import duckdb

    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute("CREATE TABLE t AS SELECT 7 AS i")
    with Sandbox("", script=MAKE) as sandbox:
        worker = sandbox._process
        sandbox.reopen(tmp_path / "a.duckdb")
        assert sandbox.run("SELECT i FROM t").rows == ((7,),)
        sandbox.reopen("", MAKE, "again")
        assert (sandbox.run("SELECT i FROM t").rows, sandbox.name) == (((1,), (2,)), "again")
        assert sandbox._process is worker
        assert sandbox.run("SELECT * FROM read_csv('/etc/passwd')").error.startswith("unsafe")
        with pytest.raises(DatabaseError, match="does not exist"):
            sandbox.reopen(tmp_path / "b.duckdb")


@pytest.mark.parametrize("statement", ["CREATE TABLE", "COPY t TO '/tmp/x.csv'", "ATTACH '/tmp/x.duckdb'", "INSERT INTO t SELECT * FROM '/etc/passwd'"])
def test_a_statement_that_is_refused_is_named(statement: str) -> None:
    with pytest.raises(DatabaseError, match="DuckDB refuses statement 3"):
        Sandbox("", script=[*MAKE, statement])
    with Sandbox("", script=MAKE) as sandbox:
        with pytest.raises(DatabaseError, match="DuckDB refuses statement 3"):
            sandbox.reopen("", [*MAKE, statement])
        sandbox.reopen("", MAKE)
        assert sandbox.run("SELECT COUNT(*) FROM t").rows == ((2,),)

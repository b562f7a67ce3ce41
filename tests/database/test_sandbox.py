"""What the sandbox promises: values come back as they are, limits hold, and the next query always finds it well."""

from __future__ import annotations

import datetime
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from sqlkit.database import Sandbox, build_database, open_sandbox
from sqlkit.database.worker import FOR_MANY_ROWS, SMALL
from sqlkit.errors import DatabaseError

VALUES = [
    ("NULL", None),
    ("TRUE", True),
    ("'a''b\n'", "a'b\n"),
    ("1.50::DECIMAL(10,2)", Decimal("1.50")),
    ("170141183460469231731687303715884105727", 2**127 - 1),
    ("'x'::BLOB", b"x"),
    ("DATE '2024-02-29'", datetime.date(2024, 2, 29)),
    ("TIME '10:00'", datetime.time(10)),
    ("TIMESTAMP '2024-01-01 00:00:00.5'", datetime.datetime(2024, 1, 1, microsecond=500000)),
    ("TIMESTAMPTZ '2024-01-01 10:00:00+02'", datetime.datetime(2024, 1, 1, 8, tzinfo=datetime.UTC)),
    ("[TIMESTAMPTZ '2024-01-01 10:00:00+02']", [datetime.datetime(2024, 1, 1, 8, tzinfo=datetime.UTC)]),
    ("INTERVAL 3 DAY", datetime.timedelta(days=3)),
    ("UUID '00000000-0000-0000-0000-000000000001'", uuid.UUID(int=1)),
    ("[1, NULL]", [1, None]),
    ("{'a': [DATE '2024-01-01']}", {"a": [datetime.date(2024, 1, 1)]}),
    ("MAP {'k': 1.5}", {"k": Decimal("1.5")}),
    ("'infinity'::DOUBLE", float("inf")),
]


@pytest.mark.parametrize(("sql", "value"), VALUES, ids=[v[0] for v in VALUES])
def test_values(sandbox: Sandbox, sql: str, value: object) -> None:
    result = sandbox.run(f"SELECT {sql} AS v")
    assert result.error == ""
    assert result.columns == ("v",) and result.rows == ((value,),)
    assert type(result.rows[0][0]) is type(value)


def test_columns_types_and_truncation(sandbox: Sandbox) -> None:
    result = sandbox.run("SELECT id, id, name FROM item ORDER BY id")
    assert result.columns == ("id", "id", "name") and result.types == ("INTEGER", "INTEGER", "VARCHAR")
    assert result.rows[2] == (3, 3, None) and not result.truncated
    assert sandbox.run("SELECT * FROM item WHERE id > 9").columns == ("id", "name", "price")


def test_limits_of_rows(folder: Path) -> None:
    with Sandbox(folder / "shop.duckdb", max_rows=2) as small:
        assert len(small.run("SELECT id FROM item").rows) == 2
        assert small.run("SELECT id FROM item").truncated
        assert not small.run("SELECT id FROM item LIMIT 2").truncated


def test_time_limit_is_kept_and_paid_once(folder: Path) -> None:
    with Sandbox(folder / "shop.duckdb", seconds=0.3) as quick:
        began = time.perf_counter()
        assert quick.run("SELECT levenshtein(repeat('ab', 100000), repeat('ba', 100000))").error.startswith("time: ")
        assert time.perf_counter() - began < 2
        assert quick.run("SELECT 1").rows == ((1,),)  # a fresh worker's start is not charged to the query


def test_a_worker_killed_between_queries_costs_nothing(sandbox: Sandbox) -> None:
    assert sandbox._process is not None
    sandbox._process._child.kill()
    sandbox._process._child.wait()
    assert sandbox.run("SELECT 1").rows == ((1,),)


def test_a_worker_killed_in_a_query_is_a_crash(sandbox: Sandbox) -> None:
    assert sandbox._process is not None
    killer = threading.Timer(0.3, sandbox._process._child.kill)
    killer.start()
    assert sandbox.run("SELECT levenshtein(repeat('ab', 100000), repeat('ba', 100000))").error.startswith("crash: ")
    killer.join()
    assert sandbox.run("SELECT 1").ok


def test_threads_take_turns(sandbox: Sandbox) -> None:
    answers: list[tuple[int, object]] = []

    def ask(n: int) -> None:
        answers.extend((n, sandbox.run(f"SELECT {n}").rows[0][0]) for _ in range(20))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 80 and all(n == value for n, value in answers)


def test_two_sandboxes_share_a_file(folder: Path) -> None:
    with Sandbox(folder / "shop.duckdb") as one, open_sandbox(f"duckdb:///{folder / 'shop.duckdb'}") as two:
        assert one.run("SELECT COUNT(*) FROM item").rows == two.run("SELECT COUNT(*) FROM item").rows == ((3,),)


def test_the_worker_sees_no_secrets_and_no_network(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-7f3a")
    with Sandbox(folder / "shop.duckdb") as fresh:
        assert fresh._process is not None
        here = Path(f"/proc/{fresh._process._child.pid}")
        assert b"canary-7f3a" not in (here / "environ").read_bytes()
        assert b"shop" not in (here / "cmdline").read_bytes()  # a URL may hold a password, and anyone may run ps
        opened = {os.readlink(p) for p in (here / "fd").iterdir()}
        assert not any("canary" in name for name in opened)
        if os.geteuid() == 0:
            assert (here / "ns/net").readlink() != Path("/proc/self/ns/net").readlink()


def test_an_orphan_ends_by_itself(folder: Path) -> None:
    program = (
        "import sys; from sqlkit.database import Sandbox\n"
        f"s = Sandbox({str(folder / 'shop.duckdb')!r}, seconds=1)\n"
        "print(s._process._child.pid, flush=True)\n"
        "s.run(\"SELECT levenshtein(repeat('ab', 1000000), repeat('ba', 1000000))\")\n"
    )
    root = str(Path(__file__).parents[2])
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=root, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        time.sleep(0.3)
        parent.kill()
    # the system's limit on processor time stands in for the parent, a few seconds later
    limits = Path(f"/proc/{worker}/limits").read_text() if Path(f"/proc/{worker}").exists() else ""
    cpu = next((line.split() for line in limits.splitlines() if line.startswith("Max cpu time")), ["0"] * 5)
    assert int(cpu[3]) <= 10
    if limits:
        os.kill(worker, signal.SIGKILL)


@pytest.mark.parametrize("name", ["missing.duckdb", "", "canary.csv"])
def test_databases_that_cannot_be_opened(folder: Path, name: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        Sandbox(folder / name)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def test_in_memory_and_closed(folder: Path) -> None:
    with pytest.raises(DatabaseError, match="in-memory"):
        Sandbox("duckdb:///:memory:")
    box = Sandbox(folder / "shop.duckdb")
    box.close()
    box.close()
    with pytest.raises(DatabaseError, match="closed"):
        box.run("SELECT 1")


def test_optimizers_for_many_rows_are_left_out_where_there_are_few(folder: Path, tmp_path: Path) -> None:
    def left_out(path: Path) -> set[str]:
        with Sandbox(path) as sandbox:
            return set(str(sandbox.execute("SELECT current_setting('disabled_optimizers')").fetchall()[0][0]).split(",")) - {""}

    many = tmp_path / "many.duckdb"
    build_database(many, "CREATE TABLE t AS SELECT HASH(range) AS a, HASH(range + 1) AS b FROM range(1000000)", {})
    assert many.stat().st_size > SMALL
    assert left_out(folder / "shop.duckdb") == FOR_MANY_ROWS
    assert left_out(many) == set()


@pytest.fixture(scope="module")
def shop_sqlite(folder: Path) -> Path:
    path = folder.parent / "shop.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, sold TEXT)")
        connection.execute("INSERT INTO item VALUES (1, 'pen:red', '2024-01-02'), (2, '100%', '2023-05-06'), (3, NULL, NULL)")
    connection.close()
    return path


def test_sqlite_is_read_only_and_speaks_duckdb_sql(shop_sqlite: Path) -> None:
    with open_sandbox(shop_sqlite, seconds=0.5) as box:
        assert box.run("SELECT name FROM item ORDER BY name").rows == (("100%",), ("pen:red",), (None,))
        assert box.run("SELECT id FROM item WHERE name = 'pen:red'").rows == ((1,),)
        assert box.run("SELECT id FROM item WHERE name LIKE '%0%'").rows == ((2,),)
        assert box.run("SELECT CAST(id AS VARCHAR) FROM item LIMIT 1").rows == (("1",),)
        assert box.run("SELECT nope FROM item").error.startswith("bind: ")
        assert box.run("DELETE FROM item").error.startswith("unsafe: ")
        assert box._ask("DELETE FROM item").error.startswith("unsafe: ")  # past the gate
        endless = "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r) SELECT COUNT(*) FROM r"
        assert box.run(endless).error.startswith("time: ")
        assert box.run("SELECT COUNT(*) FROM item").rows == ((3,),)


@pytest.mark.parametrize("made_of", ["file", "script"])
def test_sqlite_sql_on_duckdb(made_of: str, tmp_path: Path) -> None:
    """Text in double quotes, bare columns, LIKE without case, division of whole numbers: as SQLite has them."""
    script = ["CREATE TABLE t (id INTEGER PRIMARY KEY, n VARCHAR, x INTEGER)", "INSERT INTO t VALUES (1, 'Ada', 7), (2, 'bob', 2)"]
    if made_of == "file":
        with duckdb.connect(str(tmp_path / "t.duckdb")) as connection:
            connection.execute(";".join(script))
    with Sandbox(tmp_path / "t.duckdb" if made_of == "file" else "", script=script if made_of == "script" else (), dialect="sqlite") as box:
        assert box.run('SELECT x FROM t WHERE n = "bob"').rows == ((2,),)
        assert box.run("SELECT n, COUNT(*) FROM t GROUP BY id ORDER BY id").rows == (("Ada", 1), ("bob", 1))
        assert box.run("SELECT x / 2 FROM t WHERE n LIKE 'ADA'").rows == ((3,),)
        assert box.run("SELECT nope FROM t").error.startswith("bind")
        assert box.run("DROP TABLE t").error.startswith("unsafe")
        assert box.run("SELECT (").error.startswith("parse")
        box.reopen("", ["CREATE TABLE u (n VARCHAR)", "INSERT INTO u VALUES ('a')"])
        assert box.run('SELECT n FROM u WHERE n = "a"').rows == (("a",),)


def test_a_missing_sqlite_file_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="does not exist"):
        Sandbox(tmp_path / "none.sqlite")
    assert not (tmp_path / "none.sqlite").exists()


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError) as caught:
        Sandbox("postgresql://me:secret@127.0.0.1:9/none")
    assert "secret" not in str(caught.value)

"""The process in which generated SQL runs. Started as a script by `sandbox.py`; imports nothing of sqlkit.

Reads JSON, one object a line: first the options, then a query at a time. Answers with pickled plain values. Before the
first query it gives up what a query does not need: network, new files, core dumps, address space.
"""

from __future__ import annotations

import contextlib
import datetime
import gc
import json
import os
import pickle
import resource
import struct
import sys
import time
from typing import Any

ALONE = ("duckdb", "sqlite")  # databases that are files: their worker needs no network
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
CPU_MARGIN = 5  # seconds above the limit after which the system ends a worker whose parent is gone
MEMORY = "memory: the query needs more memory than allowed"
PLAIN = (str, bytes, int, float, bool, type(None))
SMALL = 8 * 2**20  # bytes of a database file whose queries are planned longer than they run
FOR_MANY_ROWS = {  # DuckDB's optimizers that pay off on more
    "sampling_pushdown", "join_filter_pushdown", "compressed_materialization", "late_materialization", "row_group_pruner", "statistics_propagation",
    "top_n_window_elimination", "common_subplan", "window_self_join", "sum_rewriter", "duplicate_groups", "reorder_filter", "join_elimination",
    "column_lifetime", "common_subexpressions", "common_aggregate",
}  # fmt: skip
SCALAR = {  # DuckDB's types whose Python values are plain
    "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
    "FLOAT", "DOUBLE", "DECIMAL", "VARCHAR", "DATE", "TIME", "TIMESTAMP",
}  # fmt: skip


def main() -> None:
    options = json.loads(sys.stdin.buffer.readline())
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever a library prints must not reach the pipe
    if options["kind"] in ALONE:
        _leave_network()
    connection = _open(options)
    _limit(options)
    _send(answers, _fill(connection, options))
    beside, reading = Beside(connection), Reading(connection)
    gc.freeze()
    gc.set_threshold(50_000)  # rows are no garbage: a collection for every 700 of them finds nothing
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if "beside" in request:  # several databases in memory, one of which each query names
            _send(answers, pickle.dumps(beside.load(request["beside"])))
            continue
        if "add" in request:
            _send(answers, pickle.dumps(beside.add(request["add"])))
            continue
        if "on" in request:
            beside.use(request["on"])
        if "open" in request:  # another database in the same process, which saves its start
            connection.close()
            options = request["open"]
            connection = _open(options)
            beside, reading = Beside(connection), Reading(connection)
            _send(answers, _fill(connection, options))
            continue
        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CPU, (int(used + options["seconds"]) + CPU_MARGIN, resource.RLIM_INFINITY))
        _send(answers, _run(connection, request["sql"], {**options, "cost": True} if "cost" in request else options, reading))
        if "more" not in request:
            reading.end()


def _send(answers: Any, data: bytes) -> None:
    view = memoryview(struct.pack(">Q", len(data)) + data)
    while view:
        view = view[answers.write(view) :]


def _leave_network() -> None:
    """A network namespace of its own, empty, where the system lets us; elsewhere DuckDB's settings are the wall."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        unshare = ctypes.CDLL(None).unshare
        if unshare(CLONE_NEWNET):
            unshare(CLONE_NEWUSER | CLONE_NEWNET)


def _limit(options: dict[str, Any]) -> None:
    """Limits on the process, set when the database is open. Address space counts from here, whatever is loaded."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if options["kind"] in ALONE:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    with contextlib.suppress(OSError), open("/proc/self/statm") as statm:  # only where /proc is: Linux
        limit = int(statm.read().split()[0]) * resource.getpagesize() + options["memory_mb"] * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _open(options: dict[str, Any]) -> Any:
    if options["kind"] == "duckdb":
        import duckdb
        import pytz  # noqa: F401 - DuckDB wants it for a TIMESTAMPTZ, and no file is opened later

        settings = {
            "threads": 1,
            "memory_limit": f"{max(64, options['memory_mb'] * 3 // 4)}MB",
            "python_enable_replacements": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        connection = duckdb.connect(options["database"], read_only=options["database"] != ":memory:", config=settings)
        left_out = ",".join(_left_out(connection, options))
        connection.execute(f"SET temp_directory = ''; SET disabled_optimizers = '{left_out}'; SET enable_external_access = false")
        return connection
    import sqlalchemy

    if options["kind"] == "sqlite":
        import sqlite3
        import urllib.parse

        uri = f"file:{urllib.parse.quote(options['database'])}?mode=ro"
        engine = sqlalchemy.create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True))
    else:
        engine = sqlalchemy.create_engine(options["database"], pool_pre_ping=True)
    with engine.connect() as opened:  # fail now, not at the first query
        if options["kind"] == "sqlite":
            opened.exec_driver_sql("SELECT count(*) FROM sqlite_master")
    return engine


_optimizers: list[str] = []  # all that this DuckDB has, once they are known


def _left_out(connection: Any, options: dict[str, Any]) -> list[str]:
    """Names of optimizers that cost more than they save on what is opened."""
    small = options["database"] != ":memory:" and os.path.getsize(options["database"]) <= SMALL
    if not small and not options.get("planner"):
        return []
    if not _optimizers:
        _optimizers.extend(name for (name,) in connection.execute("SELECT name FROM duckdb_optimizers()").fetchall())
    return [name for name in _optimizers if (name != options["planner"] if options.get("planner") else name in FOR_MANY_ROWS)]


def _fill(connection: Any, options: dict[str, Any]) -> bytes:
    """Run the statements that make a database in memory, then lock its settings; says what went wrong."""
    answer: dict[str, Any] = {"ready": True}
    for number, statement in enumerate(options.get("script", ()), 1):
        try:
            connection.execute(statement)
        except Exception as error:
            answer = {"error": f"statement {number}: {' '.join(str(error).split())[:300]}", "statement": number - 1}
            break
    if options["kind"] == "duckdb":
        connection.execute("SET lock_configuration = true")
    return pickle.dumps(answer)


class Beside:
    """Databases side by side in one DuckDB, all in memory; a query sees by plain names the one in use."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._loaded: list[str] = []
        self._used = ""
        self._number = 0

    def load(self, scripts: list[list[str]]) -> dict[str, Any]:
        """Forget the databases held so far and make others; says which statement failed."""
        self._connection.execute("USE memory")
        for name in self._loaded:
            self._connection.execute(f"DETACH {name}")
        self._loaded, self._used = [], ""
        for _ in scripts:
            self._number += 1
            name = f"populated_{self._number}"
            self._connection.execute(f"ATTACH ':memory:' AS {name}")
            self._loaded.append(name)
        return self.add(scripts)

    def add(self, scripts: list[list[str]]) -> dict[str, Any]:
        """Run statements on each of the databases held."""
        for number, statements in enumerate(scripts):
            self.use(number)
            try:
                self._connection.execute(f"BEGIN;{';'.join(statements)};COMMIT")
            except Exception as error:
                with contextlib.suppress(Exception):
                    self._connection.execute("ROLLBACK")
                return {"error": f"database {number}: {' '.join(str(error).split())[:300]}"}
        return {"ready": True}

    def use(self, number: int) -> None:
        name = self._loaded[number]
        if name != self._used:
            self._connection.execute(f"USE {name}")
            self._used = name


class Reading:
    """The read-only transaction in which queries run that came at once; it ends with the last of them, and where one fails.

    The clock stands still inside: what asks for the time is asked again by itself.
    """

    def __init__(self, connection: Any) -> None:
        self._connection, self._open = connection, False

    def begin(self) -> None:
        if not self._open:
            self._connection.execute("BEGIN TRANSACTION READ ONLY")
            self._open = True

    def end(self) -> None:
        if self._open:
            self._open = False
            self._connection.execute("ROLLBACK")


def _run(connection: Any, sql: str, options: dict[str, Any], reading: Reading) -> bytes:
    """The answer to one query, pickled here so that a result too large for the process is an answer as well."""
    began = time.perf_counter()
    try:
        if options["kind"] == "duckdb":
            answer = (_cost if "cost" in options else _duckdb)(connection, sql, options, reading)
        else:
            answer = _sqlalchemy(connection, sql, options)
        answer["seconds"] = time.perf_counter() - began
        return pickle.dumps(answer, protocol=5)
    except MemoryError:
        answer = {"error": MEMORY}
    except Exception as error:
        with contextlib.suppress(Exception):
            reading.end()
        cause = getattr(error, "orig", None) or error
        answer = {"error": MEMORY if (kind := _kind(cause)) == "memory" else f"{kind}: {' '.join(str(cause).split())[:400]}"}
    answer["seconds"] = time.perf_counter() - began
    return pickle.dumps(answer, protocol=5)


def _cost(connection: Any, sql: str, options: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """One row: how many rows DuckDB's operators scanned and made (https://duckdb.org/docs/stable/dev/profiling)."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type.name not in {"SELECT", "SELECT_STATEMENT"}:
        return {"error": "unsafe: not one SELECT statement"}
    reading.begin()
    told = json.loads(connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statements[0].query}").fetchone()[1])
    total, left = 0, [told]
    for node in left:
        total += (node.get("operator_cardinality") or 0) + (node.get("operator_rows_scanned") or 0)
        left += node.get("children", [])
    return {"columns": ["rows"], "types": ["BIGINT"], "rows": [(total,)], "truncated": False}


def _duckdb(connection: Any, sql: str, options: dict[str, Any], reading: Reading) -> dict[str, Any]:
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type.name not in {"SELECT", "SELECT_STATEMENT"}:
        return {"error": "unsafe: not one SELECT statement"}
    if options["database"] == ":memory:":  # a file was opened read-only
        reading.begin()
    cursor = connection.execute(statements[0])
    return _fetch(cursor, [(d[0], str(d[1])) for d in cursor.description], options)


def _sqlalchemy(engine: Any, sql: str, options: dict[str, Any]) -> dict[str, Any]:
    import sqlalchemy

    milliseconds = int(options["seconds"] * 1000)
    before = {
        "sqlite": ["PRAGMA query_only = ON", "PRAGMA temp_store = MEMORY"],
        "postgresql": ["SET TRANSACTION READ ONLY", f"SET LOCAL statement_timeout = {milliseconds}"],
        "mysql": ["SET SESSION TRANSACTION READ ONLY", f"SET SESSION max_execution_time = {milliseconds}"],
        "mariadb": ["SET SESSION TRANSACTION READ ONLY", f"SET SESSION max_statement_time = {milliseconds / 1000}"],
    }
    with engine.connect() as connection:
        name = "mariadb" if getattr(engine.dialect, "is_mariadb", False) else engine.dialect.name  # mysql:// may lead to MariaDB
        for statement in before.get(name, []):
            connection.exec_driver_sql(statement)
        try:
            text = sqlalchemy.text(sql.replace(":", "\\:"))
            cursor = connection.execution_options(stream_results=True).execute(text)
            return _fetch(cursor, [(str(name), "") for name in cursor.keys()], options)  # noqa: SIM118 - not a dict
        finally:
            connection.rollback()


def _fetch(cursor: Any, columns: list[tuple[str, str]], options: dict[str, Any]) -> dict[str, Any]:
    rows: list[tuple[Any, ...]] = []
    size = 0
    truncated = False
    kinds = [kind.partition("(")[0] for _, kind in columns]
    texts = [i for i, kind in enumerate(kinds) if kind == "VARCHAR"]
    scalar = all(kind in SCALAR for kind in kinds)  # then values pass as they are, and only texts have a size
    while not truncated and (batch := cursor.fetchmany(500)):
        if scalar:
            left = options["max_rows"] - len(rows)
            truncated = len(batch) > left
            batch = batch[:left] if truncated else batch
            size += 16 * len(kinds) * len(batch) + sum(len(row[i]) for i in texts for row in batch if row[i] is not None)
            if size > options["max_bytes"]:
                return {"error": f"size: the result is larger than {options['max_bytes'] / 2**20:g} MB"}
            rows += batch
            continue
        for row in batch:
            if len(rows) >= options["max_rows"]:
                truncated = True
                break
            size += sum(map(_size, row))
            if size > options["max_bytes"]:
                return {"error": f"size: the result is larger than {options['max_bytes'] / 2**20:g} MB"}
            rows.append(tuple(map(_plain, row)))
    return {"columns": [c for c, _ in columns], "types": [t for _, t in columns], "rows": rows, "truncated": truncated}


def _size(value: Any) -> int:
    if isinstance(value, str | bytes):
        return 16 + len(value)
    if isinstance(value, list | tuple):
        return 16 + sum(map(_size, value))
    if isinstance(value, dict):
        return 16 + sum(_size(k) + _size(v) for k, v in value.items())
    return 16


def _plain(value: Any) -> Any:
    """Only values that the reader's narrow unpickler lets through."""
    kind = type(value)
    if kind in PLAIN:
        return value
    if kind in (list, tuple):
        return [_plain(v) for v in value]
    if kind is dict:
        return {_plain(k): _plain(v) for k, v in value.items()}
    if kind is datetime.datetime and value.tzinfo is not None:
        return value.astimezone(datetime.UTC)  # a zone object of another library would not pass
    if kind in (bytearray, memoryview):
        return bytes(value)
    return value if kind.__module__ in {"datetime", "decimal", "uuid"} else str(value)


# by the exception's class, which drivers name after the cause; then by what SQLite and MySQL only say in words
_CLASSES = {
    "parse": {"ParserException", "SyntaxException", "SyntaxError"},
    "bind": {"BinderException", "CatalogException", "UndefinedColumn", "UndefinedTable", "UndefinedFunction", "AmbiguousColumn"},
    "memory": {"OutOfMemoryException"},
    "time": {"InterruptException", "QueryCanceled"},
    "crash": {"FatalException", "InternalException"},
    "unsafe": {"PermissionException", "InsufficientPrivilege", "ReadOnlySqlTransaction"},
    "runtime": {"ConversionException", "OutOfRangeException", "TypeMismatchException", "ConstraintException"},
}
_WORDS = (
    ("unsafe", ("read-only mode", "read-only transaction", "readonly database", "disabled by", "launched in read-only")),
    ("parse", ("syntax error", "error in your sql syntax", "incomplete input")),
    ("bind", ("no such table", "no such column", "no such function", "ambiguous column", "unknown column", "doesn't exist")),
    ("time", ("maximum statement execution time", "max_statement_time exceeded")),
    ("memory", ("bad_alloc", "allocation failure", "failed to allocate", "out of memory")),
)  # fmt: skip


def _kind(error: BaseException) -> str:
    name, text = type(error).__name__, str(error).lower()
    for kind, classes in _CLASSES.items():
        if name in classes:
            return kind
    return next((kind for kind, words in _WORDS if any(word in text for word in words)), "runtime")


if __name__ == "__main__":
    main()

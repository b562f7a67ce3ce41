"""The process in which generated SQL runs. Started by `sandbox.py`; never imported by it.

Reads one JSON request a line, answers one pickled plain value. Its address space is limited, its DuckDB has no files, no
network, no extensions and locked settings, and every query runs in a read-only transaction that is rolled back.
"""

from __future__ import annotations

import datetime
import json
import os
import pickle
import resource
import struct
import sys
import time
from typing import Any


def main() -> None:
    options = json.loads(sys.argv[1])
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever a library prints must not reach the pipe
    connection = _open(options)
    if options["memory_mb"]:
        with open("/proc/self/statm") as statm:
            now = int(statm.read().split()[0]) * resource.getpagesize()
        limit = now + options["memory_mb"] * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _send(answers, {"ready": True})
    for line in sys.stdin.buffer:
        _send(answers, _run(connection, json.loads(line), options))


def _send(answers: Any, value: dict[str, Any]) -> None:
    data = pickle.dumps(value, protocol=5)
    answers.write(struct.pack(">Q", len(data)) + data)


def _open(options: dict[str, Any]) -> Any:
    if options["kind"] == "duckdb":
        import duckdb

        connection = duckdb.connect(options["database"], read_only=True)
        connection.execute("SET threads = 1")
        connection.execute(f"SET memory_limit = '{max(64, options['memory_mb'] * 3 // 4)}MB'")
        connection.execute("SET temp_directory = ''")
        connection.execute("SET python_enable_replacements = false")
        connection.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        return connection
    import sqlalchemy

    return sqlalchemy.create_engine(options["database"], pool_pre_ping=True)


def _run(connection: Any, request: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        if options["kind"] == "duckdb":
            answer = _duckdb(connection, request["sql"], options)
        else:
            answer = _sqlalchemy(connection, request["sql"], options)
    except MemoryError:
        answer = {"error": "memory: the query needs more memory than allowed"}
    except Exception as error:
        answer = {"error": f"{_kind(error)}: {' '.join(str(error).split())[:400]}"}
    answer["seconds"] = time.perf_counter() - began
    return answer


def _duckdb(connection: Any, sql: str, options: dict[str, Any]) -> dict[str, Any]:
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type.name not in {"SELECT", "SELECT_STATEMENT"}:
        return {"error": "unsafe: not one SELECT statement"}
    connection.execute("BEGIN TRANSACTION READ ONLY")
    try:
        cursor = connection.execute(statements[0])
        columns = [(d[0], str(d[1])) for d in cursor.description]
        return _fetch(cursor, columns, options)
    finally:
        connection.execute("ROLLBACK")


def _sqlalchemy(engine: Any, sql: str, options: dict[str, Any]) -> dict[str, Any]:
    import sqlalchemy

    seconds = int(options["seconds"] * 1000)
    dialect = engine.dialect.name
    with engine.connect() as connection:
        before = {
            "sqlite": ["PRAGMA query_only = ON"],
            "postgresql": ["SET TRANSACTION READ ONLY", f"SET LOCAL statement_timeout = {seconds}"],
            "mysql": ["SET SESSION TRANSACTION READ ONLY", f"SET SESSION max_execution_time = {seconds}"],
            "mariadb": ["SET SESSION TRANSACTION READ ONLY", f"SET SESSION max_statement_time = {seconds / 1000}"],
        }.get(dialect, [])
        for statement in before:
            connection.exec_driver_sql(statement)
        try:
            cursor = connection.execution_options(stream_results=True).execute(sqlalchemy.text(sql.replace(":", "\\:")))
            columns = [(str(k), "") for k in cursor.keys()]
            return _fetch(cursor, columns, options)
        finally:
            connection.rollback()


def _fetch(cursor: Any, columns: list[tuple[str, str]], options: dict[str, Any]) -> dict[str, Any]:
    rows: list[tuple[Any, ...]] = []
    size = 0
    truncated = False
    while batch := cursor.fetchmany(500):
        for row in batch:
            size += sum(len(v) if isinstance(v, str | bytes) else 16 for v in row)
            if size > options["max_bytes"]:
                return {"error": f"size: the result is larger than {options['max_bytes'] // 2**20} MB"}
            if len(rows) >= options["max_rows"]:
                truncated = True
                break
            rows.append(tuple(_plain(v) for v in row))
        if truncated:
            break
    return {"columns": [c for c, _ in columns], "types": [t for _, t in columns], "rows": rows, "truncated": truncated}


def _plain(value: Any) -> Any:
    """Only values that the reader's narrow unpickler lets through."""
    if type(value) is datetime.datetime and value.tzinfo is not None:
        return value.astimezone(datetime.UTC)  # a zone object of another library would not pass
    if type(value).__module__ in {"builtins", "datetime", "decimal", "uuid"}:
        return value
    return str(value)


def _kind(error: Exception) -> str:
    name, text = type(error).__name__, str(error).lower()
    if "read-only" in text or "read only" in text or "disabled by configuration" in text:
        return "unsafe"
    if "memory" in text or "OutOfMemory" in name:
        return "memory"
    if "timeout" in text or "interrupt" in name.lower():
        return "time"
    if "ParserException" in name or "syntax error" in text:
        return "parse"
    return "bind" if name in {"BinderException", "CatalogException"} or "no such" in text else "runtime"


if __name__ == "__main__":
    main()

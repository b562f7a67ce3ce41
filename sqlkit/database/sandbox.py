"""Run SQL that nobody has read: a gate on the parse tree, then a process of its own that can be killed.

Covered: writes, files, network, extensions, settings, several statements, endless queries, memory, huge results, a crash
of DuckDB. Not covered: a hole in DuckDB that takes over the worker, which then can do what its user can, without network
where the system allows that; a database server, which is as safe as the account it is given, so give a read-only one.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlkit.database.process import BrokenWorker, Process
from sqlkit.errors import DatabaseError
from sqlkit.records import Result
from sqlkit.schema.connect import engine_url
from sqlkit.sql.guard import check
from sqlkit.sql.parse import DIALECTS, SqlglotError, transpile

START_SECONDS = 60.0
GRACE = 0.25  # seconds past the limit before the worker is killed, so that a query at the limit can still answer
MEMORY = "memory: the query needs more memory than allowed"


class Sandbox:
    """A database opened read-only in a worker process. Safe to share between threads, which then take turns.

    database: a DuckDB or SQLite file or a SQLAlchemy URL. seconds: limit for one query; the worker is killed and
    replaced past it. memory_mb: what a query may add to the worker's address space. max_rows, max_bytes: the most that
    comes back. dialect: in which the SQL is written; another kind of database gets it translated.

    Raises DatabaseError when the database cannot be opened; never raises for what SQL does.
    """

    def __init__(
        self,
        database: str | Path,
        *,
        seconds: float = 5.0,
        memory_mb: int = 1024,
        max_rows: int = 10_000,
        max_bytes: int = 32 * 2**20,
        dialect: str = "duckdb",
    ) -> None:
        url = engine_url(database)
        scheme = url.partition("://")[0].split("+")[0]
        kind = scheme if scheme in {"duckdb", "sqlite"} else "server"
        self._dialect, self._target = dialect, DIALECTS.get(scheme, scheme)
        self._name = str(database) if kind != "server" else f"{scheme} server"
        self._options = {
            "kind": kind,
            "database": url if kind == "server" else _file(url),
            "seconds": seconds,
            "memory_mb": memory_mb,
            "max_rows": max_rows,
            "max_bytes": max_bytes,
        }
        self._seconds = seconds
        self._largest = 8 * max_bytes + 2**20  # pickled answers are about as large as their values
        self._lock = threading.Lock()
        self._process: Process | None = None
        self._closed = False
        self._start()

    def run(self, sql: str) -> Result:
        """Run one query. What goes wrong is in `Result.error`."""
        reason = check(sql, self._dialect)
        if reason:
            return Result(error=reason if reason.startswith("parse: ") else f"unsafe: {reason}")
        if self._dialect != self._target:
            try:
                sql = transpile(sql, self._dialect, self._target)
            except (SqlglotError, RecursionError) as error:
                return Result(error=f"parse: {str(error).splitlines()[0]}")
        with self._lock:
            return self._ask(sql)

    def _ask(self, sql: str) -> Result:
        process = self._process
        if process is None or not process.alive:  # killed after the last query, or since then by the system
            self._kill()
            process = self._start()
        began = time.perf_counter()
        try:
            answer = process.ask({"sql": sql}, began + self._seconds + GRACE)
        except TimeoutError:
            self._kill()
            return Result(error=f"time: stopped after {self._seconds:g} seconds", seconds=time.perf_counter() - began)
        except BrokenWorker as error:
            said = self._kill()
            ran_out = "bad_alloc" in said or "MemoryError" in said
            return Result(error=MEMORY if ran_out else f"crash: {error}", seconds=time.perf_counter() - began)
        except BaseException:  # Ctrl-C: the answer that is still to come must not be taken for the next one
            self._kill()
            raise
        result = Result(
            columns=tuple(map(str, answer.get("columns", ()))),
            rows=tuple(map(tuple, answer.get("rows", ()))),
            error=str(answer.get("error", "")),
            seconds=float(answer.get("seconds", 0.0)),
            truncated=bool(answer.get("truncated", False)),
            types=tuple(map(str, answer.get("types", ()))),
        )
        if result.error.startswith(("memory", "crash")):
            self._kill()  # what is left of its memory is not what the next query should find
        return result

    def _start(self) -> Process:
        if self._closed:
            raise DatabaseError("the sandbox is closed")
        if self._options["kind"] != "server" and not Path(str(self._options["database"])).is_file():
            raise DatabaseError(f"database {self._options['database']} does not exist or is not a file")
        process = Process([sys.executable, "-P", str(Path(__file__).with_name("worker.py"))], self._largest)
        try:
            process.ask(self._options, time.perf_counter() + START_SECONDS)
        except (BrokenWorker, TimeoutError):
            raise DatabaseError(f"cannot open database {self._name}: {process.close()}") from None
        except BaseException:
            process.close()
            raise
        self._process = process
        return process

    def _kill(self) -> str:
        """End the worker; returns its last words."""
        process, self._process = self._process, None
        return process.close() if process is not None else ""

    def close(self) -> None:
        """End the worker. Calling it twice is harmless."""
        self._closed = True
        self._kill()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close()


def _file(url: str) -> str:
    """The absolute path in a DuckDB or SQLite URL. Raises DatabaseError when it names no file."""
    path = url.partition("://")[2].removeprefix("/").split("?")[0]
    if not path or path.startswith(":memory:"):
        raise DatabaseError(f"{url} is an empty in-memory database; name a file")
    return str(Path(path).absolute())


def open_sandbox(url: str | Path, **limits: Any) -> Sandbox:
    """A sandbox for a database URL or file; `limits` as for Sandbox."""
    return Sandbox(url, **limits)

"""Run SQL that nobody has read: a gate on the parse tree, then a process of its own that can be killed.

Covered: writes, files, network, extensions, settings, several statements, endless queries, memory, huge results, a crash
of DuckDB. Not covered: a hole in DuckDB that takes over the worker, which then can do what its user can, without network
where the system allows that; a database server, which is as safe as the account it is given, so give a read-only one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from sqlkit.database.process import BrokenWorker, Process
from sqlkit.errors import DatabaseError, SqlkitError
from sqlkit.records import Result
from sqlkit.schema.connect import engine_url
from sqlkit.sql.guard import check
from sqlkit.sql.parse import DIALECTS, SqlglotError
from sqlkit.sql.servers import for_server
from sqlkit.sql.sqlite import from_sqlite
from sqlkit.sql.tables import Tables
from sqlkit.sql.text import transpile

START_SECONDS = 60.0
REOPENED = 200  # databases after which a worker is replaced: what they leave behind counts against its memory
PIPE = 32_768  # bytes of queries sent ahead; a pipe holds twice as much
GRACE = 0.25  # seconds past the limit before the worker is killed, so that a query at the limit can still answer
MEMORY = "memory: the query needs more memory than allowed"
T = TypeVar("T")


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """Rows, asked for as one asks a DuckDB cursor."""

    rows: Sequence[Sequence[Any]]

    def fetchall(self) -> list[Sequence[Any]]:
        return list(self.rows)


class Sandbox:
    """A database opened read-only in a worker process. Safe to share between threads, which then take turns.

    database: a DuckDB or SQLite file or a SQLAlchemy URL, or "" for one in memory that the statements of `script` make;
    those are the user's own, and trusted as far as no file and no network. seconds: limit for one query; the worker is killed and
    replaced past it. memory_mb: what a query may add to the worker's address space. max_rows, max_bytes: the most that
    comes back. dialect: in which the SQL is written, "" for the database's own; another kind of database gets it translated.

    Raises DatabaseError when the database cannot be opened; never raises for what SQL does.
    """

    _planner = ""  # the one optimizer that DuckDB keeps; '' for all

    def __init__(
        self,
        database: str | Path,
        *,
        seconds: float = 5.0,
        memory_mb: int = 1024,
        max_rows: int = 10_000,
        max_bytes: int = 32 * 2**20,
        dialect: str = "duckdb",
        script: Sequence[str] = (),
        name: str = "",
    ) -> None:
        self._given = dialect
        self._options: dict[str, Any] = {
            "seconds": seconds,
            "memory_mb": memory_mb,
            "max_rows": max_rows,
            "max_bytes": max_bytes,
            "planner": self._planner,
        }
        self._seconds = seconds
        self._largest = 8 * max_bytes + 2**20  # pickled answers are about as large as their values
        self._lock = threading.Lock()
        self._process: Process | None = None
        self._opened = 0
        self._closed = False
        self._where: dict[str, Any] = {}  # what a request says beside its query
        self._point(database, script, name)
        self._start()

    def _point(self, database: str | Path, script: Sequence[str], name: str) -> None:
        self._schema: Tables | None = None  # read when it is needed
        if not str(database):
            self.name, self._target = name or "made from statements", "duckdb"
            self.dialect = self._given or self._target
            self._options |= {"kind": "duckdb", "database": ":memory:", "script": list(script)}
            return
        url = engine_url(database)
        scheme = url.partition("://")[0].split("+")[0]
        kind = scheme if scheme in {"duckdb", "sqlite"} else "server"
        self._target = DIALECTS.get(scheme, scheme)
        self.dialect = self._given or self._target
        self.name = name or (str(database) if kind != "server" else f"{scheme} server")
        self._options |= {"kind": kind, "database": url if kind == "server" else _file(url), "script": []}

    def reopen(self, database: str | Path, script: Sequence[str] = (), name: str = "", dialect: str | None = None) -> None:
        """Go over to another database, in the same worker where both are DuckDB. Raises DatabaseError as the constructor."""
        before = self._options["kind"]
        self._given = self._given if dialect is None else dialect
        with self._lock:
            self._point(database, script, name)
            self._opened += 1
            process = self._process
            if process is None or not process.alive or {before, self._options["kind"]} != {"duckdb"} or self._opened % REOPENED == 0:
                self._kill()
                self._start()
                return
            self._check_file()
            try:
                answer = process.ask({"open": self._options}, time.perf_counter() + START_SECONDS)
            except (BrokenWorker, TimeoutError):
                raise DatabaseError(f"cannot open database {self.name}: {self._kill()}") from None
            self._check_script(answer)

    def run(self, sql: str) -> Result:
        """Run one query. What goes wrong is in `Result.error`."""
        sql, error = self._gate(sql)
        if error:
            return Result(error=error)
        with self._lock:
            return self._ask(sql)

    def run_many(self, queries: Sequence[str]) -> list[Result]:
        """Run queries one after the other, each under its own limits; faster than `run` for each of them."""
        return self.run_while(queries, lambda: None)[0]

    def run_while(self, queries: Sequence[str], work: Callable[[], T]) -> tuple[list[Result], T]:
        """As `run_many`, with what `work` gives, which is done while the database runs the queries; it must not use this sandbox."""
        gated = [self._gate(sql) for sql in queries]
        with self._lock:
            return self._between(gated, work)

    def _between(self, gated: Sequence[tuple[str, str]], work: Callable[[], T]) -> tuple[list[Result], T]:
        done: list[T] = []
        answers = iter(self._ask_all([sql for sql, error in gated if not error], lambda: done.append(work())))
        return [Result(error=error) if error else next(answers) for _, error in gated], done[0] if done else work()

    def execute(self, sql: str) -> Answer:
        """Run SQL of our own, in the database's dialect and as it stands. Raises DatabaseError when it fails."""
        with self._lock:
            result = self._ask(sql)
        if not result.ok:
            raise DatabaseError(result.error)
        return Answer(result.rows)

    def cost(self, sql: str) -> int | None:
        """How many rows the query's operators scan and make: the same on every machine. None where it fails, or not on DuckDB."""
        sql, error = self._gate(sql)
        if error or self._options["kind"] != "duckdb":
            return None
        with self._lock:
            where = self._where
            self._where = {**where, "cost": True}
            try:
                said = self._ask(sql)
            finally:
                self._where = where
        return int(said.rows[0][0]) if said.ok and said.rows else None

    def _gate(self, sql: str) -> tuple[str, str]:
        """The query as the database takes it, and why it may not run."""
        reason = check(sql, self.dialect)
        if reason:
            return sql, reason if reason.startswith("parse: ") else f"unsafe: {reason}"
        if self.dialect != self._target:
            try:
                sql = self._translated(sql)
            except (SqlglotError, RecursionError) as error:
                return sql, f"parse: {str(error).splitlines()[0]}"
        return sql, ""

    def _translated(self, sql: str) -> str:
        """SQL of another dialect; of SQLite's, DuckDB's under the schema of what is open. Raises SqlglotError."""
        if (self.dialect, self._target) == ("sqlite", "duckdb"):
            if self._tables().tables:
                return from_sqlite(sql, self._tables()).sql
        if self.dialect == "duckdb":
            return for_server(sql, self._target, self._tables)
        return transpile(sql, self.dialect, self._target)

    def _tables(self) -> Tables:
        if self._schema is None:
            self._schema = _schema(self._options)
        return self._schema

    def _ask(self, sql: str) -> Result:
        return self._ask_all([sql])[0]

    def _ask_all(self, queries: Sequence[str], meanwhile: Callable[[], None] | None = None) -> list[Result]:
        """The answers to queries that are sent ahead, as many as the pipe takes; after a death the rest goes to the next.

        meanwhile: done once, after the first are sent.
        """
        results: list[Result] = []
        while len(results) < len(queries):
            process = self._process
            if process is None or not process.alive:  # killed after the last query, or since then by the system
                self._kill()
                process = self._start()
            ahead: list[dict[str, Any]] = []
            size = 0
            for sql in queries[len(results) :]:
                size += 6 * len(sql) + 16  # JSON may escape every character
                if ahead and size > PIPE:
                    break
                ahead.append({"sql": sql, **self._where, "more": True})
            del ahead[-1]["more"]
            try:
                process.send(ahead)
                if meanwhile:
                    meanwhile()
                    meanwhile = None
                for _ in ahead:
                    results.append(self._receive(process))
                    if self._process is not process:
                        break
            except BrokenWorker as error:
                self._kill()
                results.append(Result(error=f"crash: {error}"))
            except BaseException:  # Ctrl-C: the answer that is still to come must not be taken for the next one
                self._kill()
                raise
        return results

    def _receive(self, process: Process) -> Result:
        began = time.perf_counter()
        try:
            answer = process.receive(began + self._seconds + GRACE)
        except TimeoutError:
            self._kill()
            return Result(error=f"time: stopped after {self._seconds:g} seconds", seconds=time.perf_counter() - began)
        except BrokenWorker as error:
            said = self._kill()
            ran_out = "bad_alloc" in said or "MemoryError" in said
            return Result(error=MEMORY if ran_out else f"crash: {error}", seconds=time.perf_counter() - began)
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
        self._check_file()
        process = Process([sys.executable, "-P", str(Path(__file__).with_name("worker.py"))], self._largest)
        try:
            answer = process.ask(self._options, time.perf_counter() + START_SECONDS)
        except (BrokenWorker, TimeoutError):
            raise DatabaseError(f"cannot open database {self.name}: {process.close()}") from None
        except BaseException:
            process.close()
            raise
        self._process = process
        self._check_script(answer)
        return process

    def _check_file(self) -> None:
        kind, file = self._options["kind"], str(self._options["database"])
        if kind != "server" and file != ":memory:" and not Path(file).is_file():
            raise DatabaseError(f"database {file} does not exist or is not a file")

    def _check_script(self, answer: dict[str, Any]) -> None:
        if answer.get("error"):
            raise DatabaseError(f"DuckDB refuses {answer['error']}")

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


def _schema(options: dict[str, Any]) -> Tables:
    """The schema of a database, or of the statements that make one; without tables where it cannot be read."""
    from sqlkit.schema.catalogue import read_catalogue
    from sqlkit.schema.ddl import parse_ddl
    from sqlkit.schema.read import read_schema
    from sqlkit.schema.types import Schema

    try:
        if options["script"]:
            made = [text for text in options["script"] if text.lstrip()[:6].upper() in ("CREATE", "ALTER ")]
            return parse_ddl(";\n".join(made))
        return read_catalogue(options["database"], views=True) if options["kind"] == "duckdb" else read_schema(options["database"])
    except SqlkitError:
        return Schema(())


def open_sandbox(url: str | Path, **limits: Any) -> Sandbox:
    """A sandbox for a database URL or file; `limits` as for Sandbox."""
    return Sandbox(url, **limits)

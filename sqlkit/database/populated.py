"""Generated SQL on populated databases: one guarded worker holds all databases of a suite, each query names one.

The databases are in memory, so no file's permission guards them: what does is the gate on the parse tree, the statement's
type as DuckDB reads it, and a read-only transaction that is always rolled back, temporary tables and views with it.
"""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

from sqlkit.database.bench import PLANNER
from sqlkit.database.process import BrokenWorker, Process
from sqlkit.database.rows import filled, schemas, script
from sqlkit.database.sandbox import START_SECONDS, Sandbox, T
from sqlkit.database.suite import Suite
from sqlkit.errors import DatabaseError
from sqlkit.records import Result
from sqlkit.schema.types import Table

RENEWED = 400  # suites after which a worker is replaced: what DuckDB keeps of them counts against its memory


@dataclasses.dataclass(frozen=True, slots=True)
class PopulatedDatabase:
    """One database of a suite, as a grader wants it. It stands for whatever suite its sandbox holds."""

    name: str
    sandbox: PopulatedSandbox
    number: int

    def run(self, sql: str) -> Result:
        """Run one query. What goes wrong is in `Result.error`."""
        return self.sandbox.run(sql, self.number)

    def run_many(self, queries: Sequence[str]) -> list[Result]:
        """Run queries one after the other, each under its own limits."""
        return self.sandbox.run_many(queries, self.number)


class PopulatedSandbox(Sandbox):
    """A suite's databases in one worker process, with the limits and promises of `Sandbox`; `limits` as there.

    Raises DatabaseError when DuckDB refuses the suite.
    """

    _planner = PLANNER

    def __init__(self, suite: Suite, **limits: Any) -> None:
        self._scripts: list[list[str]] = []  # what makes all that is there, for each database
        self._missing: list[Table] = []  # made when a query first speaks of them
        self._stale = False  # the worker holds other databases still
        self._suites = 0
        super().__init__("", name="populated databases", **limits)
        self.suite = suite
        try:
            self.load([script(suite.schema, database) for database in suite.databases])
        except BaseException:
            self.close()
            raise

    def switch(self, suite: Suite) -> None:
        """Go over to another suite in the same worker. Its tables are made when a query first speaks of them; that query
        raises DatabaseError when DuckDB refuses them."""
        with self._lock:
            self.suite = suite
            self._scripts = [schemas(suite.schema) for _ in suite.databases]
            self._missing, self._stale = list(suite.schema.tables), True

    def load(self, scripts: Sequence[list[str]]) -> None:
        """Go over to databases made by these statements. Raises DatabaseError when DuckDB refuses one."""
        with self._lock:
            self._scripts, self._missing = list(scripts), []
            self._renew()

    def _renew(self) -> None:
        self._suites += 1
        if self._suites % RENEWED == 0:
            self._kill()
        process = self._process
        self._stale = False
        if process is None or not process.alive:
            self._kill()
            self._start()
        else:
            self._load(process)

    def _ready(self, queries: Sequence[str]) -> None:
        """See that the tables are there that these queries may read: those whose names' words they hold."""
        if not self._missing and not self._stale:
            return
        words = {word for sql in queries for word in _words(sql)}
        named = [t for t in self._missing if _words(t.bare) <= words]
        self._missing = [t for t in self._missing if not _words(t.bare) <= words]
        more = [[s for t in named for s in filled(t, database)] for database in self.suite.databases] if named else []
        self._scripts = [made + new for made, new in zip(self._scripts, more, strict=True)] if named else self._scripts
        try:
            if self._stale:
                self._renew()
            elif named and self._process is not None and self._process.alive:  # else its next start makes them
                self._told(self._process, {"add": more})
        except DatabaseError:
            self._stale = True  # the next query is told the same
            raise

    @property
    def databases(self) -> list[PopulatedDatabase]:
        """The databases of the suite in use, each with a name and a `run` of its own."""
        return [PopulatedDatabase(database.name, self, number) for number, database in enumerate(self.suite.databases)]

    def run(self, sql: str, database: int = 0) -> Result:
        """Run one query on a database of the suite, by number. What goes wrong is in `Result.error`."""
        return self.run_many([sql], database)[0]

    def run_many(self, queries: Sequence[str], database: int = 0) -> list[Result]:
        """Run queries one after the other on a database, each under its own limits."""
        return self.run_while(queries, lambda: None, database)[0]

    def run_while(self, queries: Sequence[str], work: Callable[[], T], database: int = 0) -> tuple[list[Result], T]:
        """As `run_many`, with what `work` gives, which is done while the database runs the queries."""
        if not 0 <= database < len(self._scripts):
            raise DatabaseError(f"the suite has {len(self._scripts)} databases, there is no number {database}")
        gated = [self._gate(sql) for sql in queries]
        with self._lock:
            self._ready([sql for sql, error in gated if not error])
            self._where = {"on": database}
            return self._between(gated, work)

    def _start(self) -> Process:
        process = super()._start()
        self._load(process)
        return process

    def _load(self, process: Process) -> None:
        if self._scripts:
            self._told(process, {"beside": self._scripts})

    def _told(self, process: Process, request: dict[str, Any]) -> None:
        try:
            answer = process.ask(request, time.perf_counter() + START_SECONDS)
        except (BrokenWorker, TimeoutError):
            raise DatabaseError(f"cannot load the populated databases: {self._kill()}") from None
        if answer.get("error"):
            raise DatabaseError(f"DuckDB refuses populated {answer['error']}")


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.lower()))

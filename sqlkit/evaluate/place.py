"""The databases of a case: a file or server, one made from DDL and rows, or several made from DDL and the golds."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

from sqlkit.database.populate import typed_for
from sqlkit.database.populated import PopulatedSandbox
from sqlkit.database.sample import suite_beside
from sqlkit.database.sandbox import Sandbox
from sqlkit.database.suite import Suite, build_suite
from sqlkit.errors import DatabaseError, InputError, SchemaError, SqlkitError
from sqlkit.evaluate.cases import Case
from sqlkit.evaluate.runs import Runs
from sqlkit.records import Result
from sqlkit.schema.catalogue import DUCKDB_FILES, read_catalogue
from sqlkit.schema.ddl import parse_ddl, to_ddl, untyped
from sqlkit.schema.read import read_schema
from sqlkit.schema.types import Schema
from sqlkit.sql.guard import check
from sqlkit.sql.parse import SqlglotError, is_dialect, parse_all
from sqlkit.sql.sqlite import from_sqlite
from sqlkit.sql.text import transpile, write

DATABASES = 8  # made for a case that has none
SUITES = 64  # made from rows that are kept
WEAK = 0.9  # share of mutants of the gold that databases must tell apart before they may say "equivalent"


@dataclasses.dataclass(frozen=True, slots=True)
class Opened:
    """What a grader needs to know. `weak` says why the databases cannot tell queries apart ('' where they can), `score`
    is the share of the golds' mutants that they do (None where they were given), `schema` reads the schema for a proof."""

    databases: Sequence[Runs]
    dialect: str
    schema: Callable[[], Schema | None]
    weak: str = ""
    score: float | None = None
    untyped: bool = False


class Place:
    """Opens the databases of one case after the other in the same worker processes. `limits` are the sandbox's."""

    def __init__(self, **limits: Any) -> None:
        self._limits = limits
        self._sandbox: Sandbox | None = None
        self._populated: PopulatedSandbox | None = None
        self._held: tuple[str, ...] = ()
        self._suites = dict[tuple[Any, ...], Suite]()

    def open(self, case: Case) -> Opened:
        """The databases of a case. Those that were opened before are then closed.

        Raises InputError when the case names none that can be used.
        """
        dialect = case.dialect or "duckdb"
        if not is_dialect(dialect):
            raise InputError(f"unknown SQL dialect {case.dialect!r}")
        if case.database:
            self._go(case.database, [], "", case.dialect)
            schema = functools.partial(self._read, case.database)
        elif not case.ddl:
            raise InputError("no database: give rows with the DDL, or a database")
        elif not case.rows and not _fills(case.ddl, dialect):
            return self._populate(case, dialect)
        else:
            self._make(case)
            schema = functools.partial(_parsed, case.ddl, dialect)
        assert self._sandbox is not None
        loose = bool(case.ddl) and not case.database and untyped(case.ddl, dialect)
        return Opened([self._sandbox], self._sandbox.dialect, schema, untyped=loose)

    def _populate(self, case: Case, dialect: str) -> Opened:
        schema = parse_ddl(case.ddl, dialect)
        if dialect == "sqlite":  # it compares text with numbers, so a DDL may call every column text
            schema = typed_for(schema, case.golds or (), dialect)
        to_duckdb = Translator(dialect, schema)
        golds = [text for text, error in map(to_duckdb, case.golds or ()) if not error]
        suite = build_suite(schema, golds or ["SELECT 1"], most=DATABASES)
        databases = self._load(suite, to_duckdb)
        weak = f"the databases made tell only {suite.score:.0%} of the gold's mutants apart" if suite.score < WEAK else ""
        return Opened(databases, dialect, lambda: schema, weak, suite.score, untyped(case.ddl, dialect))

    def _load(self, suite: Suite, to_duckdb: Translator) -> list[Runs]:
        """Go over to the databases of a suite."""
        if self._populated is None:
            self._populated = PopulatedSandbox(suite, **self._limits)
        else:
            self._populated.switch(suite)
        return [Translating(database, to_duckdb) for database in self._populated.databases]

    def beside(self, case: Case, dialect: str, schema: Schema | None) -> Opened:
        """Databases made from the rows of the case that is open: samples, perturbed, to tell its golds from their mutants.

        Raises SqlkitError when none can be made.
        """
        if schema is None or self._sandbox is None:
            raise InputError("the schema cannot be read")
        to_duckdb = Translator(dialect, schema)
        key = (*case.place, case.golds)
        if key not in self._suites:
            golds = [text for text, error in map(to_duckdb, case.golds or ()) if not error]
            if not golds:
                raise InputError("the gold cannot be read as DuckDB's SQL")
            if len(self._suites) >= SUITES:
                self._suites.clear()
            self._suites[key] = suite_beside(self._sandbox.execute, schema, golds, most=DATABASES)
        suite = self._suites[key]
        loose = bool(case.ddl) and untyped(case.ddl, dialect)
        return Opened(self._load(suite, to_duckdb), dialect, lambda: schema, score=suite.score, untyped=loose)

    def _make(self, case: Case) -> None:
        """From DDL and rows as they stand; where DuckDB refuses them, from what the DDL means, without keys."""
        refused = ""
        for script in (_translated, _simplified):
            try:
                self._go("", script(case), "rows", case.dialect or "duckdb")
                return
            except (DatabaseError, SchemaError) as error:
                refused = refused or str(error)
            except (SqlglotError, RecursionError, ValueError) as error:
                refused = refused or f"not {case.dialect or 'duckdb'}: {(str(error) or 'nested too deeply').splitlines()[0]}"
        raise InputError(f"the DDL or the rows cannot be used: {refused}")

    def _go(self, database: str, script: Sequence[str], name: str, dialect: str) -> None:
        wanted = (database, *script, dialect)
        if wanted == self._held and database:
            return
        self._held = ()
        if self._sandbox is None:
            self._sandbox = Sandbox(database, script=script, name=name, dialect=dialect, **self._limits)
        else:
            self._sandbox.reopen(database, script, name, dialect)
        self._held = wanted

    def _read(self, database: str) -> Schema | None:
        """The schema of a database: from its worker where that has a DuckDB file open."""
        if not database.endswith(DUCKDB_FILES) or self._sandbox is None or self._held[:1] != (database,):
            return _schema(database)
        try:
            return read_catalogue(database, ask=self._sandbox.execute)
        except SqlkitError:
            return None

    def close(self) -> None:
        """End the worker processes."""
        for sandbox in (self._sandbox, self._populated):
            if sandbox is not None:
                sandbox.close()


@functools.lru_cache(64)
def _schema(database: str) -> Schema | None:
    try:
        return read_catalogue(database) if database.endswith(DUCKDB_FILES) else read_schema(database)
    except SqlkitError:
        return None


def _parsed(ddl: str, dialect: str) -> Schema | None:
    try:
        return parse_ddl(ddl, dialect)
    except SchemaError:
        return None


def _translated(case: Case) -> list[str]:
    if case.dialect in ("", "duckdb"):
        return [text for text in (case.ddl, case.rows) if text.strip()]
    return [write(s) for text in (case.ddl, case.rows) for s in parse_all(text, case.dialect)]


def _simplified(case: Case) -> list[str]:
    dialect = case.dialect or "duckdb"
    schema = parse_ddl(case.ddl, dialect)
    bare = dataclasses.replace(schema, tables=tuple(dataclasses.replace(t, foreign_keys=()) for t in schema.tables))
    inserts = [s for text in (case.ddl, case.rows) for s in parse_all(text, dialect) if s.key == "insert"]
    return [to_ddl(bare), *(write(s) for s in inserts)]


def _fills(ddl: str, dialect: str) -> bool:
    """Whether DDL brings rows with it."""
    try:
        return any(s.key == "insert" or (s.key == "create" and s.expression) for s in parse_all(ddl, dialect or "duckdb"))
    except (SqlglotError, RecursionError):
        return False


class Translator:
    """SQL of a dialect as DuckDB's, and why it may not run or cannot be read."""

    def __init__(self, dialect: str, schema: Schema) -> None:
        self.dialect, self.schema = dialect, schema
        self._made = dict[str, tuple[str, str]]()  # a query is asked of every database

    def __call__(self, sql: str) -> tuple[str, str]:
        if sql not in self._made:
            self._made[sql] = self._translate(sql)
        return self._made[sql]

    def _translate(self, sql: str) -> tuple[str, str]:
        if self.dialect == "duckdb":
            return sql, ""
        reason = check(sql, self.dialect)
        if reason:
            return sql, reason if reason.startswith("parse: ") else f"unsafe: {reason}"
        try:
            return from_sqlite(sql, self.schema).sql if self.dialect == "sqlite" else transpile(sql, self.dialect), ""
        except (SqlglotError, RecursionError) as error:
            return sql, f"parse: {(str(error) or 'nested too deeply').splitlines()[0]}"


class Translating:
    """A DuckDB database that takes SQL of another dialect."""

    def __init__(self, database: Any, translator: Translator) -> None:
        self.database, self.translator, self.name = database, translator, str(database.name)

    def run(self, sql: str) -> Result:
        return self.run_many([sql])[0]

    def run_many(self, queries: Sequence[str]) -> list[Result]:
        made = [self.translator(sql) for sql in queries]
        said = iter(self.database.run_many([sql for sql, error in made if not error]))
        return [Result(error=error) if error else next(said) for _, error in made]

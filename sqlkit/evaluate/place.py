"""The databases of a case: a file or server, one made from DDL and rows, or several made from DDL and the golds."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Sequence
from typing import Any

from sqlkit.database.sandbox import Sandbox
from sqlkit.errors import DatabaseError, InputError, SchemaError
from sqlkit.evaluate.cases import Case
from sqlkit.evaluate.runs import Runs
from sqlkit.records import Result
from sqlkit.schema.ddl import parse_ddl, to_ddl
from sqlkit.sql.guard import check
from sqlkit.sql.parse import SqlglotError, is_dialect, parse_all, transpile

DATABASES = 8  # made for a case that has none
WEAK = 0.9  # share of mutants of the gold that databases must tell apart before they may say "equivalent"


class Place:
    """Opens the database of one case after the other in the same worker process. `limits` are the sandbox's."""

    def __init__(self, **limits: Any) -> None:
        self._limits = limits
        self._sandbox: Sandbox | None = None
        self._made: Any = None

    def open(self, case: Case) -> tuple[Sequence[Runs], str, str]:
        """The databases, the dialect that they take, and why they are weak ('' where they are not).

        Raises InputError when the case names none that can be used.
        """
        if case.dialect and not is_dialect(case.dialect):
            raise InputError(f"unknown SQL dialect {case.dialect!r}")
        if case.database:
            self._go(case.database, [], "", case.dialect)
        elif not case.ddl:
            raise InputError("no database: give rows with the DDL, or a database")
        elif not case.rows and not _fills(case.ddl, case.dialect):
            self._drop()
            self._made, weak = populated(case)
            dialect = case.dialect or "duckdb"
            return [Translating(database, dialect) for database in self._made], dialect, weak
        else:
            self._make(case)
        assert self._sandbox is not None
        return [self._sandbox], self._sandbox.dialect, ""

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
        if self._sandbox is None:
            self._sandbox = Sandbox(database, script=script, name=name, dialect=dialect, **self._limits)
        else:
            self._sandbox.reopen(database, script, name, dialect)

    def _drop(self) -> None:
        if hasattr(self._made, "close"):
            self._made.close()
        self._made = None

    def close(self) -> None:
        """End the worker process."""
        self._drop()
        if self._sandbox is not None:
            self._sandbox.close()


def _translated(case: Case) -> list[str]:
    if case.dialect in ("", "duckdb"):
        return [text for text in (case.ddl, case.rows) if text.strip()]
    return [s.sql(dialect="duckdb") for text in (case.ddl, case.rows) for s in parse_all(text, case.dialect)]


def _simplified(case: Case) -> list[str]:
    dialect = case.dialect or "duckdb"
    schema = parse_ddl(case.ddl, dialect)
    bare = dataclasses.replace(schema, tables=tuple(dataclasses.replace(t, foreign_keys=()) for t in schema.tables))
    inserts = [s for text in (case.ddl, case.rows) for s in parse_all(text, dialect) if s.key == "insert"]
    return [to_ddl(bare), *(s.sql(dialect="duckdb") for s in inserts)]


def _fills(ddl: str, dialect: str) -> bool:
    """Whether DDL brings rows with it."""
    try:
        return any(s.key == "insert" or (s.key == "create" and s.expression) for s in parse_all(ddl, dialect or "duckdb"))
    except (SqlglotError, RecursionError):
        return False


class Translating:
    """A DuckDB database that takes SQL of another dialect."""

    def __init__(self, database: Any, dialect: str) -> None:
        self.database, self.dialect, self.name = database, dialect, str(getattr(database, "name", ""))

    def run(self, sql: str) -> Result:
        if self.dialect == "duckdb":
            return self._run(sql)
        reason = check(sql, self.dialect)
        if reason:
            return Result(error=reason if reason.startswith("parse: ") else f"unsafe: {reason}")
        try:
            return self._run(transpile(sql, self.dialect))
        except (SqlglotError, RecursionError) as error:
            return Result(error=f"parse: {(str(error) or 'nested too deeply').splitlines()[0]}")

    def _run(self, sql: str) -> Result:
        answer: Result = self.database.run(sql)
        return answer


def populated(case: Case) -> tuple[Any, str]:
    """Databases that are made so that they tell the golds from their mutants; and why they are weak, if they are.

    Raises InputError where they cannot be made.
    """
    try:
        suites: Any = importlib.import_module("sqlkit.database.suite")
    except ImportError:
        raise InputError("the DDL has no rows: give rows (INSERT statements) or a database") from None
    dialect = case.dialect or "duckdb"
    try:
        golds = [transpile(gold, dialect) if dialect != "duckdb" else gold for gold in case.golds or ()]
    except (SqlglotError, RecursionError):
        golds = list(case.golds or ())
    suite = suites.build_suite(parse_ddl(case.ddl, dialect), golds, seed=0, most=DATABASES)
    score = float(getattr(suite, "score", 1.0))
    weak = f"the databases made tell only {score:.0%} of the gold's mutants apart" if score < WEAK else ""
    return suites.PopulatedSandbox(suite), weak

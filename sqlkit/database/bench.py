"""An in-memory DuckDB that stays open, for trying databases and mutants: trusted SQL only, with a time limit all the same."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Sequence
from typing import Any

from sqlkit.errors import DatabaseError

_SECONDS = 0.5  # a mutant that crosses tables is not worth more
MOST_ROWS = 5000  # of a result; more is an error here

# On a handful of rows planning costs more than running: only what keeps joins from being cross products stays on.
PLANNER = "filter_pushdown"


class Bench:
    """Databases side by side in one DuckDB, one of them in use. Not for several threads at once."""

    def __init__(self) -> None:
        import duckdb

        self.failure = duckdb.Error
        self._stillborn = (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException, duckdb.NotImplementedException)
        self._connection = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "1GB", "enable_external_access": "false"})
        planners = [name for (name,) in self._connection.execute("SELECT name FROM duckdb_optimizers()").fetchall()]
        self._connection.execute(f"SET disabled_optimizers = '{','.join(p for p in planners if p != PLANNER)}'")
        self._number = 0
        self._loaded: list[str] = []
        self._deadline = 0.0
        self._open = True
        threading.Thread(target=self._watch, daemon=True).start()

    def load(self, statements: Sequence[str]) -> str:
        """A new database, in use from now on; its name. Raises DatabaseError when a statement fails."""
        self._number += 1
        name = f"made_{self._number}"
        self._loaded.append(name)
        try:  # one text, one transaction: each costs as much as a statement in it
            self._connection.execute(f"ATTACH ':memory:' AS {name};USE {name};BEGIN;{';'.join(statements)};COMMIT")
        except self.failure as error:
            with contextlib.suppress(self.failure):
                self._connection.execute("ROLLBACK")
            raise DatabaseError(f"DuckDB refuses the populated tables: {' '.join(str(error).split())[:200]}") from None
        return name

    def use(self, name: str) -> None:
        self._connection.execute(f"USE {name}")

    def clear(self) -> None:
        """Forget all databases."""
        if self._loaded:
            self._connection.execute(";".join(["USE memory", *(f"DETACH DATABASE IF EXISTS {name}" for name in self._loaded)]))
            self._loaded = []

    def run(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]] | str:
        """Names and rows; or 'bind' when the query fits no database of this schema, 'runtime' when it fails on this one, 'size'
        when it returns too many rows, 'time' when it takes too long."""
        self._deadline = time.monotonic() + _SECONDS
        try:
            cursor = self._connection.execute(sql)
            rows = cursor.fetchmany(MOST_ROWS + 1)
            return "size" if len(rows) > MOST_ROWS else ([d[0] for d in cursor.description], rows)
        except self._stillborn:
            return "bind"
        except (self.failure, MemoryError, ValueError, OverflowError):
            return "runtime" if self._deadline else "time"
        finally:
            self._deadline = 0.0

    def close(self) -> None:
        self._open = False
        with contextlib.suppress(self.failure):
            self._connection.close()

    def _watch(self) -> None:
        while self._open:
            time.sleep(0.1)
            if self._deadline and time.monotonic() > self._deadline:
                self._deadline = 0.0
                with contextlib.suppress(Exception):
                    self._connection.interrupt()

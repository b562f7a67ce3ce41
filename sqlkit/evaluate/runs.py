"""What a grader asks of a database, asked once: the last answers are kept, and many questions can be asked at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Protocol

from sqlkit.evaluate.values import numeral
from sqlkit.records import Result

KEPT = 160  # answers of at most this many queries are kept, and of no more rows than this in all
ROWS = 200_000


class Runs(Protocol):
    """What a grader needs of a sandbox: SQL in, a result out, and never an exception for what SQL does.

    It may have a `name`, to be shown; and `run_many(queries) -> results`, where that is faster than one by one.
    """

    def run(self, sql: str) -> Result: ...


class Remembered:
    """A database whose last answers are not asked for again. untyped: its columns have no types, so '1' is 1."""

    def __init__(self, database: Runs, name: str, untyped: bool = False) -> None:
        self.database, self.name, self.untyped = database, name, untyped
        self._kept: dict[str, Result] = {}
        self._rows = 0

    def run(self, sql: str) -> Result:
        if sql not in self._kept:
            self._keep(sql, self.database.run(sql))
        return self._kept[sql]

    def prefetch(self, queries: Iterable[str]) -> None:
        """Ask for what will be asked for soon, at once where the database can."""
        many = getattr(self.database, "run_many", None)
        new = [sql for sql in dict.fromkeys(queries) if sql not in self._kept]
        if many is None or len(new) < 2:
            return
        answers: Sequence[Result] = many(new)
        for sql, answer in zip(new, answers, strict=True):
            self._keep(sql, answer)

    def _keep(self, sql: str, answer: Result) -> None:
        if self.untyped and answer.rows:
            answer = dataclasses.replace(answer, rows=tuple(tuple(map(numeral, row)) for row in answer.rows))
        self._kept[sql] = answer
        self._rows += len(answer.rows)
        while len(self._kept) > 1 and (len(self._kept) > KEPT or self._rows > ROWS):
            oldest = next(iter(self._kept))
            self._rows -= len(self._kept.pop(oldest).rows)

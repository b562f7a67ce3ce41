"""Whether a question says what its SQL asks: somebody else writes SQL for it, and both return the same on several databases."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from sqlkit.database import PopulatedSandbox, Sandbox, Suite, build_suite
from sqlkit.database.same import differs, expect
from sqlkit.errors import SqlkitError
from sqlkit.model.teacher import Teacher
from sqlkit.prompt import Context, render
from sqlkit.records import Prompt, Result
from sqlkit.sql.canonical import canonical
from sqlkit.sql.equivalent import proven_equal
from sqlkit.sql.extract import extract
from sqlkit.sql.parse import SqlglotError
from sqlkit.sql.probe import probe

READ = (
    "Write one DuckDB query that answers the question over these tables. Return the columns that the question asks for and no "
    "others, and no more rows than it asks for. Answer with the SQL only, or CANNOT ANSWER when the tables do not hold it."
)
SAME = ""


def read(question: str, context: Context, teacher: Teacher, sample: int = 0) -> str | None:
    """SQL that the teacher writes for a question, in the kit's style where it can be parsed; None: it refuses, '': no SQL."""
    sql = extract(teacher.ask(Prompt(READ, render(question, context).user), sample=sample))
    try:
        return canonical(sql, context.tables()) if sql else sql
    except (SqlglotError, ValueError, RecursionError):
        return sql


class Judge:
    """Compares queries on the user's rows and on databases made to tell the first from its neighbours."""

    def __init__(self, context: Context, sandbox: Sandbox) -> None:
        self._context, self._sandbox = context, sandbox
        self._populated: PopulatedSandbox | None = None
        self._suite = functools.lru_cache(64)(self._made)

    def differ(self, gold: str, other: str | None) -> str:
        """`SAME`, or why a second reading is not the gold's equal."""
        if not other:
            return "second reading refuses" if other is None else "second reading is no SQL"
        if other == gold:
            return SAME
        if (found := _compare(self._sandbox.run, gold, other)) != SAME:
            return found
        if proven_equal(gold, other, self._context.schema):
            return SAME
        try:
            suite = self._suite(gold)
            if suite.broken or not suite.databases:
                return "no databases to compare on"
            if self._populated is None:
                self._populated = PopulatedSandbox(suite, seconds=5)
            elif self._populated.suite is not suite:
                self._populated.switch(suite)
            return next((found for database in self._populated.databases if (found := _compare(database.run, gold, other))), SAME)
        except SqlkitError:
            return "no databases to compare on"

    def close(self) -> None:
        if self._populated:
            self._populated.close()

    def _made(self, gold: str) -> Suite:
        schema, profile = self._context.schema, self._context.profile
        given: dict[tuple[str, str], Any] = {}
        for table, column in schema.columns():
            if values := [v for v in profile.column(table.name, column.name).values if v is not None]:
                given[table.name.lower(), column.name.lower()] = [v if isinstance(v, bool | int | float) else str(v) for v in values]
        return build_suite(schema, [gold], given=given)


def _compare(run: Callable[[str], Result], gold: str, other: str) -> str:
    """By rows: as a bag, in order where the gold's ORDER BY fixes it, columns in any order."""
    ours, theirs = run(gold), run(other)
    if ours.error:
        return SAME  # this database says nothing
    if theirs.error:
        return "second reading does not run"
    asked = probe(gold)
    full = ours if asked.plain else run(asked.sql)
    expected = expect(ours.rows, len(ours.columns), asked, full.columns, full.rows)
    return "second reading differs" if differs(expected, theirs.rows, len(theirs.columns)) else SAME

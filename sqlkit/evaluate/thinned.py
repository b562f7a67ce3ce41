"""The user's own database with fewer rows, without a copy of it: what an answer must be right on as well."""

from __future__ import annotations

from collections.abc import Collection

from sqlkit.evaluate.runs import Runs
from sqlkit.records import Result
from sqlkit.schema.types import Schema
from sqlkit.sql.thin import thinned


class Thinned:
    """A database seen through queries that leave a third of the rows of `tables` out (see `sql.thin`). It reads rowid, which DuckDB and
    SQLite have; elsewhere the golds fail on it, and a grader that is told `made=True` then judges without it."""

    name = "the database with fewer rows"

    def __init__(self, database: Runs, tables: Collection[str], dialect: str = "duckdb") -> None:
        self.database, self.tables, self.dialect = database, tables, dialect

    def run(self, sql: str) -> Result:
        text = thinned(sql, self.tables, self.dialect)
        return self.database.run(text) if text is not None else Result(error="runtime: the query cannot be asked of fewer rows")


def leaves(schema: Schema) -> list[str]:
    """The tables that no key points to: their rows may go without another row missing them."""
    pointed = {key.ref_table for table in schema.tables for key in table.foreign_keys}
    return [table.name for table in schema.tables if table.name not in pointed]

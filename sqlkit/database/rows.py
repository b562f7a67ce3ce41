"""A populated database: its rows, and the statements that make them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlkit.schema.ddl import qualified
from sqlkit.schema.types import Schema, Table

Row = tuple[Any, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Database:
    """Rows by table name, cells in the order of the schema's columns, parents before children."""

    name: str
    rows: Mapping[str, tuple[Row, ...]]


def database(name: str, tables: Iterable[Table], only: set[str] | None, fill: Callable[[Table], tuple[Row, ...]]) -> Database:
    """A database of the tables that `only` names, lower case (None: all), filled one after the other."""
    return Database(name, {t.name: fill(t) for t in tables if only is None or t.name.lower() in only})


def create(table: Table) -> str:
    """CREATE TABLE without constraints: rows that keep them need no index, and loading is faster."""
    return f"CREATE TABLE {qualified(table)} ({', '.join(f'{quoted(c.name)} {c.type}' for c in table.columns)})"


def insert(table: Table, rows: Sequence[Row]) -> str:
    """One INSERT for all rows; '' for none."""
    if not rows:
        return ""
    return f"INSERT INTO {qualified(table)} VALUES " + ",".join("(" + ",".join(map(literal, row)) + ")" for row in rows)


def as_text(table: Table, rows: Sequence[Row]) -> Any:
    """The rows as a `pyarrow.Table` of text, which DuckDB takes in far faster than VALUES."""
    import pyarrow as pa

    cells = zip(*rows, strict=True) if rows else ((),) * len(table.columns)
    return pa.table({c.name: pa.array([None if v is None else str(v) for v in column], pa.string()) for c, column in zip(table.columns, cells, strict=True)})


def script(schema: Schema, database: Database) -> list[str]:
    """Statements that make a database in an empty DuckDB."""
    return schemas(schema) + [statement for table in schema.tables for statement in filled(table, database)]


def schemas(schema: Schema) -> list[str]:
    """Statements that make the schemas in which tables stand."""
    return [f"CREATE SCHEMA {quoted(name)}" for name in dict.fromkeys(t.schema for t in schema.tables if t.schema)]


def filled(table: Table, database: Database) -> list[str]:
    """Statements that make a table and its rows."""
    rows = insert(table, database.rows.get(table.name, ()))
    return [create(table), rows] if rows else [create(table)]


def literal(value: Any) -> str:
    """A value as DuckDB reads it in VALUES of any column."""
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

"""Real rows as material for further databases: the first database is the user's own, these stand beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlkit.database.constraints import kept
from sqlkit.database.rows import Database, Row, literal, quoted
from sqlkit.database.suite import Suite, build_suite
from sqlkit.errors import DatabaseError
from sqlkit.schema.ddl import enforced, qualified
from sqlkit.schema.types import Schema, Table
from sqlkit.sql.resolve import Origin

Execute = Callable[[str], Any]  # runs SQL on the database that holds the rows and returns a DuckDB cursor, or what has its fetchall


def suite_beside(execute: Execute, schema: Schema, golds: Sequence[str], *, seed: int = 0, most: int = 8) -> Suite:
    """A suite for a database that has rows: samples of them, perturbed, and rows made from its most frequent values.

    Raises as `build_suite`.
    """
    return build_suite(schema, golds, seed=seed, most=most, given=profile(execute, schema), rows=sample(execute, schema))


def sample(execute: Execute, schema: Schema, most: int = 40) -> Database:
    """About `most` rows of each table, the same ones each time, with the rows that they refer to."""
    schema = enforced(schema)
    found: dict[str, list[Row]] = {t.name: [] for t in schema.tables}
    for table in reversed(schema.tables):  # children before parents
        rows = _rows(execute, table, f"ORDER BY hash(t) LIMIT {most}") or _rows(execute, table, f"LIMIT {most}")  # no DuckDB
        for key, values in _wanted(schema, table, found):
            tests = " OR ".join("(" + " AND ".join(f"{quoted(c)} = {literal(v)}" for c, v in zip(key, value, strict=True)) + ")" for value in values)
            rows += _rows(execute, table, f"WHERE {tests} LIMIT {4 * most}") if tests else []
        found[table.name] = list(dict.fromkeys(rows))
    done: dict[str, tuple[Row, ...]] = {}
    for table in schema.tables:
        rows = found[table.name]
        done[table.name] = tuple(rows[i] for i in kept(schema, table, rows, {name.lower(): held for name, held in done.items()}))
    return Database("sample", done)


def _rows(execute: Execute, table: Table, rest: str) -> list[Row]:
    import duckdb

    columns = ", ".join(quoted(c.name) for c in table.columns)
    try:
        return [tuple(map(_plain, row)) for row in execute(f"SELECT {columns} FROM {qualified(table)} AS t {rest}").fetchall()]
    except (duckdb.Error, DatabaseError):
        return []


def _wanted(schema: Schema, table: Table, found: dict[str, list[Row]]) -> list[tuple[tuple[str, ...], list[Row]]]:
    """Keys of this table's rows that sampled rows of others refer to."""
    wanted = []
    for child, key in schema.joins():
        if key.ref_table.lower() == table.name.lower() and child.name != table.name:
            names = [c.name.lower() for c in child.columns]
            at = [names.index(c.lower()) for c in key.columns]
            values = dict.fromkeys(tuple(row[i] for i in at) for row in found[child.name])
            wanted.append((key.ref_columns, [value for value in values if None not in value]))
    return wanted


def profile(execute: Execute, schema: Schema, most: int = 40) -> dict[Origin, list[Any]]:
    """Real values by (table, column) in lower case, the most frequent first, for a Populator to draw from and perturb.

    A column that the database refuses is left out.
    """
    import duckdb

    found: dict[Origin, list[Any]] = {}
    for table, column in schema.columns():
        name = quoted(column.name)
        sql = f"SELECT {name} FROM {qualified(table)} WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {most}"
        try:
            values = [value for (value,) in execute(sql).fetchall()]
        except (duckdb.Error, DatabaseError):
            continue
        found[table.name.lower(), column.name.lower()] = [_plain(value) for value in values]
    return found


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)

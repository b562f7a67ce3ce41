"""Which of the rows made for a table may stay: none that repeats a key, refers to nothing, or fails a CHECK."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from sqlkit.database.rows import Row, create, insert
from sqlkit.schema.ddl import qualified
from sqlkit.schema.types import ForeignKey, Schema, Table

_local = threading.local()


def kept(schema: Schema, table: Table, rows: Sequence[Row], others: Mapping[str, Sequence[Row]]) -> list[int]:
    """The positions of rows that keep the table's constraints, in order; `others` are the rows of tables made before, by
    lower-case name. In its own table a row may refer to those before it, and to itself where it must refer to one."""
    position = {c.name.lower(): i for i, c in enumerate(table.columns)}
    required = [i for i, c in enumerate(table.columns) if not c.nullable]
    chosen = [i for i, row in enumerate(rows) if all(row[j] is not None for j in required)]
    if table.checks and chosen:
        passed = passing(table, [rows[i] for i in chosen])
        chosen = [i for i, good in zip(chosen, passed, strict=True) if good]
    keys = [([position[c.lower()] for c in key], key == table.primary_key) for key in (table.primary_key, *table.unique) if key]
    seen: list[set[Row]] = [set() for _ in keys]
    references = [_reference(schema, table, key, position, others) for key in table.foreign_keys]
    staying = []
    for i in chosen:
        row = rows[i]
        values = [tuple([row[j] for j in at]) for at, _ in keys]
        if any(value in held and (primary or None not in value) for value, held, (_, primary) in zip(values, seen, keys, strict=True)):
            continue
        if all(_refers(row, at, to, there, not set(required).isdisjoint(at)) for at, to, there in references):
            for value, held in zip(values, seen, strict=True):
                held.add(value)
            for _, to, there in references:
                if to:
                    there.add(tuple([row[j] for j in to]))
            staying.append(i)
    return staying


def _reference(
    schema: Schema, table: Table, key: ForeignKey, position: Mapping[str, int], others: Mapping[str, Sequence[Row]]
) -> tuple[list[int], list[int], set[Row]]:
    """Where a foreign key stands in a row, where what it refers to does if that is the same table, and the values there."""
    at = [position[c.lower()] for c in key.columns]
    if key.ref_table.lower() == table.name.lower():
        return at, [position[c.lower()] for c in key.ref_columns], set()
    other = schema.table(key.ref_table)
    names = [c.name.lower() for c in other.columns] if other else []
    to = [names.index(c.lower()) for c in key.ref_columns]
    return at, [], {tuple([row[j] for j in to]) for row in others.get(key.ref_table.lower(), ())}


def _refers(row: Row, at: list[int], to: list[int], there: set[Row], must: bool) -> bool:
    value = tuple([row[j] for j in at])
    if value in there or None in value:
        return True
    return must and bool(to) and value == tuple([row[j] for j in to])


def passing(table: Table, rows: Sequence[Row]) -> list[bool]:
    """Which rows pass the table's CHECK conditions; all of them where DuckDB cannot read a condition."""
    import duckdb

    if not hasattr(_local, "connection"):
        _local.connection = duckdb.connect(":memory:", config={"threads": 1})
    connection: Any = _local.connection
    bare = dataclasses.replace(table, name=table.bare, schema="", foreign_keys=())
    try:
        connection.execute(create(bare).replace("(", "(row_number_ INTEGER, ", 1))
        connection.execute(insert(bare, [(i, *row) for i, row in enumerate(rows)]))
        tests = " AND ".join(f"(({check}) IS NOT FALSE)" for check in table.checks)
        good = {i for (i,) in connection.execute(f"SELECT row_number_ FROM {qualified(bare)} WHERE {tests}").fetchall()}
    except duckdb.Error:
        return [True] * len(rows)
    finally:
        connection.execute(f"DROP TABLE IF EXISTS {qualified(bare)}")
    return [i in good for i in range(len(rows))]

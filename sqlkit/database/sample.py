"""Real rows as material for further databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlkit.database.rows import quoted
from sqlkit.schema.types import Schema
from sqlkit.sql.resolve import Origin


def profile(execute: Callable[[str], Any], schema: Schema, most: int = 40) -> dict[Origin, list[Any]]:
    """Real values by (table, column) in lower case, the most frequent first, for a Populator to draw from and perturb.

    `execute` runs SQL on the database that holds the rows and returns a DuckDB cursor; a column that it refuses is left out.
    """
    import duckdb

    found: dict[Origin, list[Any]] = {}
    for table, column in schema.columns():
        name = quoted(column.name)
        sql = f"SELECT {name} FROM {quoted(table.name)} WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {most}"
        try:
            values = [value for (value,) in execute(sql).fetchall()]
        except duckdb.Error:
            continue
        found[table.name.lower(), column.name.lower()] = [v if isinstance(v, bool | int | float | str) else str(v) for v in values]
    return found

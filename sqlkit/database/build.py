"""Make a DuckDB file from DDL and Arrow tables, whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlkit.database.rows import quoted
from sqlkit.errors import DatabaseError


def build_database(path: str | Path, ddl: str, tables: Mapping[str | tuple[str, str], Any]) -> None:
    """Create the file at `path` from DDL and `pyarrow.Table`s in an order that keeps foreign keys, by table name or (schema, name).

    Cells are cast to the columns' types, so that text will do for any.

    Raises DatabaseError when DuckDB refuses the DDL or the rows; then nothing is left behind.
    """
    import duckdb

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.unlink(missing_ok=True)
    try:
        with duckdb.connect(str(partial)) as connection:
            connection.execute(ddl)
            themselves = _self_referring(connection) if tables else set()
            connection.execute("BEGIN")  # all at once: a commit of each table would take half of the time
            for name, table in tables.items():
                schema, bare = ("main", name) if isinstance(name, str) else name
                _fill(connection, schema, bare, table, (schema, bare) in themselves)
            connection.execute("COMMIT")
        os.replace(partial, path)
    except duckdb.Error as error:
        raise DatabaseError(f"cannot make database {path}: {' '.join(str(error).split())[:240]}") from None
    finally:
        for leftover in (partial, partial.with_name(partial.name + ".wal")):
            with contextlib.suppress(OSError):
                leftover.unlink(missing_ok=True)


def _self_referring(connection: Any) -> set[tuple[str, str]]:
    """(schema, name) of the tables whose rows refer to each other."""
    query = "SELECT schema_name, table_name FROM duckdb_constraints() WHERE constraint_type = 'FOREIGN KEY' AND referenced_table = table_name"
    return set(connection.execute(query).fetchall())


def _fill(connection: Any, schema: str, name: str, table: Any, itself: bool) -> None:
    """Rows of a table; one by one where they refer to each other (`itself`), which DuckDB wants (parents first)."""
    place = f"{quoted(schema)}.{quoted(name)}"
    if not itself:
        connection.register("incoming", table)
        connection.execute(f"INSERT INTO {place} BY NAME SELECT * FROM incoming")
        connection.unregister("incoming")
        return
    marks = ", ".join("?" for _ in table.column_names)
    columns = ", ".join(map(quoted, table.column_names))
    for row in table.to_pylist():
        connection.execute(f"INSERT INTO {place} ({columns}) VALUES ({marks})", list(row.values()))

"""Make a DuckDB file from DDL and Arrow tables, whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlkit.errors import DatabaseError


def build_database(path: str | Path, ddl: str, tables: Mapping[str, Any]) -> None:
    """Create the file at `path` from DDL and `pyarrow.Table`s in an order that keeps foreign keys.

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
            for name, table in tables.items():
                _fill(connection, name, table)
        os.replace(partial, path)
    except duckdb.Error as error:
        raise DatabaseError(f"cannot make database {path}: {' '.join(str(error).split())[:240]}") from None
    finally:
        for leftover in (partial, partial.with_name(partial.name + ".wal")):
            with contextlib.suppress(OSError):
                leftover.unlink(missing_ok=True)


def _fill(connection: Any, name: str, table: Any) -> None:
    """Rows of a table; one by one where they refer to each other, which DuckDB wants (parents first)."""
    quoted = '"' + name.replace('"', '""') + '"'
    self_reference = connection.execute(
        "SELECT count(*) FROM duckdb_constraints() WHERE table_name = ? AND constraint_type = 'FOREIGN KEY' AND referenced_table = ?",
        [name, name],
    ).fetchone()[0]
    if not self_reference:
        connection.register("incoming", table)
        connection.execute(f"INSERT INTO {quoted} BY NAME SELECT * FROM incoming")
        connection.unregister("incoming")
        return
    marks = ", ".join("?" for _ in table.column_names)
    columns = ", ".join('"' + c.replace('"', '""') + '"' for c in table.column_names)
    connection.execute("BEGIN")
    for row in table.to_pylist():
        connection.execute(f"INSERT INTO {quoted} ({columns}) VALUES ({marks})", list(row.values()))
    connection.execute("COMMIT")

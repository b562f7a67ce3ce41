"""The schema of a DuckDB file from its catalogue, in three queries: what a proof needs, without comments and views."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlkit.errors import DatabaseError
from sqlkit.schema.types import Column, ForeignKey, Schema, Table

DUCKDB_FILES = (".duckdb", ".ddb")

_COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns()
WHERE NOT internal AND schema_name = current_schema() AND database_name = current_database() ORDER BY table_oid, column_index
"""
_CONSTRAINTS = """
SELECT table_name, constraint_type, constraint_column_names, referenced_table, referenced_column_names FROM duckdb_constraints()
WHERE schema_name = current_schema() AND database_name = current_database()
"""


def read_catalogue(path: str | Path, views: bool = False, ask: Callable[[str], Any] | None = None) -> Schema:
    """Tables, columns, keys and unique columns of a DuckDB file's default schema; views: those as well, as tables.

    ask: runs SQL where the file is open already (its answer has `fetchall`), since opening one takes longer than to read it.
    Raises DatabaseError when it cannot be read.
    """
    import duckdb

    try:
        if ask is not None:
            columns, constraints, seen = _ask(ask)
        else:
            with duckdb.connect(str(path), read_only=True) as connection:
                columns, constraints, seen = _ask(connection.execute)
    except duckdb.Error as error:
        raise DatabaseError(f"cannot read database {path}: {str(error).splitlines()[0]}") from None
    tables: defaultdict[str, list[Column]] = defaultdict(list)
    for table, column, kind, nullable in columns:
        if views or table not in seen:
            tables[table].append(Column(column, kind, nullable))
    keys: defaultdict[tuple[str, str], list[tuple[str, ...]]] = defaultdict(list)
    foreign: defaultdict[str, list[ForeignKey]] = defaultdict(list)
    for table, kind, named, target, there in constraints:
        if kind == "FOREIGN KEY":
            foreign[table].append(ForeignKey(tuple(named), target, tuple(there)))
        else:
            keys[table, kind].append(tuple(named))
    return Schema(
        tuple(
            Table(
                name, tuple(held), next(iter(keys[name, "PRIMARY KEY"]), ()), tuple(foreign[name]), unique=tuple(keys[name, "UNIQUE"])
            )
            for name, held in tables.items()
        ),
        Path(path).stem,
    )


def _ask(ask: Callable[[str], Any]) -> tuple[Any, Any, set[str]]:
    """Columns, constraints and the names of views."""
    views = {name for (name,) in ask("SELECT view_name FROM duckdb_views()").fetchall()}
    return ask(_COLUMNS).fetchall(), ask(_CONSTRAINTS).fetchall(), views

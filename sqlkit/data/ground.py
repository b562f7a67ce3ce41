"""The database that examples are made on: a live one, one made of DDL with rows for it, one made of data files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlkit.data.plausible import plausible
from sqlkit.database import build_database
from sqlkit.database.populate import Populator
from sqlkit.database.rows import Row, as_text
from sqlkit.database.styles import Style
from sqlkit.errors import InputError, SchemaError
from sqlkit.schema.ddl import enforced, parse_ddl, to_ddl
from sqlkit.schema.files import files_to_database
from sqlkit.schema.source import guess_dialect
from sqlkit.schema.types import Schema, Table
from sqlkit.sql.facts import Facts

ROWS = 240  # of each table that is made up
MADE = "database.duckdb"


def from_ddl(path: Path, dialect: str, out: Path, seed: int = 0, rows: int = ROWS) -> tuple[Path, tuple[str, ...]]:
    """A database at out/database.duckdb with made-up rows for the tables of a DDL file, and notes on what was passed over.

    rows: of each table, about. Raises InputError when the file cannot be read, SchemaError with its name when the DDL cannot.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    try:
        read = parse_ddl(text, dialect or guess_dialect(path))
    except SchemaError as error:
        raise SchemaError(f"{path}: {error}") from None
    schema = enforced(read)
    build_database(out / MADE, to_ddl(schema), _rows(schema, seed, rows))
    return out / MADE, tuple(f"{path.name}: {note}" for note in read.notes)


def _rows(schema: Schema, seed: int, rows: int) -> dict[str | tuple[str, str], Any]:
    """The rows of each table, parents first, as `build_database` wants them."""
    asked = Facts(tables={t.name.lower() for t in schema.tables})
    made = Populator(schema, asked, plausible(schema, seed)).make(Style("made up", rows=rows, hit=0.2, near=0.2, nulls=0.08, few=20), seed)
    kept: dict[str, list[Row]] = {}
    found: dict[str | tuple[str, str], Any] = {}
    for table in schema.tables:
        own = kept[table.name.lower()] = _referring(table, made.rows.get(table.name, ()), schema, kept)
        found[(table.schema, table.bare) if table.schema else table.name] = as_text(table, own)
    return found


def _referring(table: Table, rows: Sequence[Row], schema: Schema, kept: Mapping[str, Sequence[Row]]) -> list[Row]:
    """Those rows whose every reference is to a row that was kept, in this table to one before or to itself."""
    at = {c.name.lower(): i for i, c in enumerate(table.columns)}
    there: list[tuple[list[int], set[tuple[Any, ...]], list[int] | None]] = []
    for key in table.foreign_keys:
        other = schema.table(key.ref_table)
        if other is None:
            continue
        theirs = [next(i for i, c in enumerate(other.columns) if c.name.lower() == name.lower()) for name in key.ref_columns]
        itself = other.name.lower() == table.name.lower()
        values = {tuple(str(row[i]) for i in theirs) for row in kept.get(other.name.lower(), ())}
        there.append(([at[c.lower()] for c in key.columns], values, theirs if itself else None))
    found: list[Row] = []
    for row in rows:
        for _, values, mine in there:
            if mine is not None:
                values.add(tuple(str(row[i]) for i in mine))
        if all(any(row[i] is None for i in ours) or tuple(str(row[i]) for i in ours) in values for ours, values, _ in there):
            found.append(row)
        else:
            for _, values, mine in there:
                if mine is not None:
                    values.discard(tuple(str(row[i]) for i in mine))
    return found


def from_files(folder: Path, out: Path) -> tuple[Path, tuple[str, ...]]:
    """A database at out/database.duckdb with a table for each CSV, Parquet or JSON file of a folder, and a note for each that is
    left out. Raises SchemaError."""
    return out / MADE, files_to_database(folder, out / MADE)

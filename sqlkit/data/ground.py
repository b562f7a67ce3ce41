"""The database that examples are made on: a live one, one made of DDL with rows for it, one made of data files."""

from __future__ import annotations

from pathlib import Path

from sqlkit.database import build_database
from sqlkit.database.files import load_files
from sqlkit.database.populate import Populator, Style, insert
from sqlkit.errors import InputError, SchemaError
from sqlkit.schema.ddl import enforced, parse_ddl, to_ddl
from sqlkit.schema.types import Schema
from sqlkit.sql.facts import Facts

ROWS = 240  # of each table that is made up
MADE = "database.duckdb"


def from_ddl(path: Path, dialect: str, out: Path, seed: int = 0) -> Path:
    """A database at out/database.duckdb with made-up rows for the tables of a DDL file.

    Raises InputError when the file cannot be read, SchemaError with its name when the DDL cannot.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    try:
        schema = enforced(parse_ddl(text, dialect or "duckdb"))
    except SchemaError as error:
        raise SchemaError(f"{path}: {error}") from None
    build_database(out / MADE, to_ddl(schema) + "\n".join(_rows(schema, seed)), {})
    return out / MADE


def _rows(schema: Schema, seed: int) -> list[str]:
    asked = Facts(tables={t.name.lower() for t in schema.tables})
    made = Populator(schema, asked).make(Style("random rows", rows=ROWS, hit=0.2, near=0.2, nulls=0.08, few=20), seed)
    return [text + ";" for name, rows in made.rows.items() if (text := insert(name, rows))]


def from_files(folder: Path, out: Path) -> Path:
    """A database at out/database.duckdb with a table for each CSV, Parquet or JSON file of a folder. Raises InputError."""
    load_files(folder, out / MADE)
    return out / MADE

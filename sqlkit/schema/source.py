"""Schemas from wherever they are: a database, a script, a folder of files, a dbt project, what sqlkit itself wrote."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlkit.errors import SchemaError
from sqlkit.schema.dbt import is_manifest, read_manifest
from sqlkit.schema.ddl import read_ddl
from sqlkit.schema.files import SCRIPTS, files_to_database, is_folder_of_files
from sqlkit.schema.infer import InferredKey, infer_from_database, infer_keys
from sqlkit.schema.read import read_schema
from sqlkit.schema.types import Schema, from_dict
from sqlkit.schema.values import Profile, profile

_SIGNS = (
    ("postgres", r"^-- PostgreSQL database|^\\(?:connect|restrict)\b|\bOWNER TO\b|^COPY .* FROM stdin|::(?:text|regclass)\b"),
    ("mysql", r"^-- (?:MySQL|MariaDB) dump|^/\*M?!|\bENGINE\s*=|\bAUTO_INCREMENT\b"),
    ("snowflake", r"\bCREATE OR REPLACE (?:SCHEMA|DATABASE|TRANSIENT)\b|\bNUMBER\(38,\s*0\)|\bTIMESTAMP_NTZ\b|\bVARIANT\b"),
    ("sqlite", r"^PRAGMA foreign_keys|\bAUTOINCREMENT\b|\bWITHOUT ROWID\b"),
    ("tsql", r"^GO\s*$|\[dbo\]|\bIDENTITY\s*\(\d|\bNVARCHAR\s*\("),
    ("bigquery", r"\bINT64\b|\bFLOAT64\b|\bOPTIONS\s*\("),
)


def read_source(what: str | Path, dialect: str = "", schemas: Sequence[str] = ()) -> Schema:
    """The schema of a database URL or file, a script (.sql), a folder of CSV/Parquet files, a dbt manifest.json, the output of
    `sqlkit schema --json`, or a folder that `sqlkit build` made.

    `dialect` is a script's; guessed from its text where it is not given. Raises SchemaError, DatabaseError.
    """
    return _read(what, dialect, schemas, values=False)[0]


def read_all(what: str | Path, dialect: str = "", schemas: Sequence[str] = ()) -> tuple[Schema, Profile, list[InferredKey]]:
    """The schema, what stands in its columns (where there are rows), and foreign keys that look likely."""
    return _read(what, dialect, schemas, values=True)


def _read(what: str | Path, dialect: str, schemas: Sequence[str], values: bool) -> tuple[Schema, Profile, list[InferredKey]]:
    path = Path(what)
    if "://" not in str(what):
        if path.suffix.lower() in SCRIPTS:
            return _alone(read_ddl(path, dialect or guess_dialect(path)))
        if path.suffix.lower() == ".json":
            return _alone(_saved(path))
        if (path / "context.json").exists():
            return _alone(_saved(path / "context.json"))
        if (path / "manifest.json").exists() and not is_folder_of_files(path):
            return _alone(_saved(path / "manifest.json"))
        if is_folder_of_files(path):
            return _files(path, values)
        if path.is_dir():
            raise SchemaError(f"folder {path} holds no CSV, Parquet or JSON files, no manifest.json of dbt and no context.json of sqlkit build")
    schema = read_schema(what, schemas)
    return _with_values(what, schema) if values else (schema, Profile(), [])


def _alone(schema: Schema) -> tuple[Schema, Profile, list[InferredKey]]:
    return schema, Profile(), infer_keys(schema)


def _with_values(url: str | Path, schema: Schema) -> tuple[Schema, Profile, list[InferredKey]]:
    seen = profile(url, schema)
    return schema, seen, infer_from_database(url, schema, seen)


def _files(folder: Path, values: bool) -> tuple[Schema, Profile, list[InferredKey]]:
    with tempfile.TemporaryDirectory(prefix="sqlkit-") as scratch:
        path = Path(scratch) / "files.duckdb"
        notes = files_to_database(folder, path, load=False)
        schema = read_schema(path)
        tables = tuple(replace(table, view=False) for table in schema.tables)
        schema = replace(schema, tables=tables, name=folder.absolute().name, notes=notes)
        return _with_values(path, schema) if values else (schema, Profile(), [])


def _saved(path: Path) -> Schema:
    """A dbt manifest, or a schema that sqlkit wrote."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if is_manifest(data):
            return read_manifest(path)
        return from_dict(data.get("schema") or data)
    except OSError as error:
        raise SchemaError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SchemaError(f"{path} is neither a dbt manifest nor a schema that sqlkit wrote: {error}") from None


def guess_dialect(path: Path) -> str:
    """The dialect of a script by signs in its first megabyte; duckdb where there are none."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            head = file.read(2**20)
    except OSError as error:
        raise SchemaError(f"cannot read {path}: {error.strerror or error}") from None
    return next((dialect for dialect, sign in _SIGNS if re.search(sign, head, re.I | re.M)), "duckdb")

"""A schema from a live database, through SQLAlchemy's inspector."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from sqlkit.errors import DatabaseError, SchemaError
from sqlkit.schema.ddl import duckdb_type
from sqlkit.schema.types import Column, ForeignKey, Schema, Table
from sqlkit.schema.values import engine_url
from sqlkit.sql.parse import DIALECTS

SYSTEM = {"information_schema", "pg_catalog", "mysql", "performance_schema", "sys", "system", "temp"}


def read_schema(url: str | Path) -> Schema:
    """Tables, views, columns, keys and comments of a database.

    Takes any SQLAlchemy URL or the path of a DuckDB or SQLite file. Raises DatabaseError when it is missing or cannot
    be opened, SchemaError when it has no tables.
    """
    import sqlalchemy

    text = engine_url(url)
    _check_file(text)
    arguments: dict[str, Any] = {"read_only": True} if text.startswith("duckdb") and ":memory:" not in text else {}
    try:
        engine = sqlalchemy.create_engine(text, connect_args=arguments, poolclass=sqlalchemy.pool.NullPool)
    except ModuleNotFoundError as error:
        raise DatabaseError(f"cannot use database URL {_hidden(text)}: pip install {error.name}") from None
    except (sqlalchemy.exc.ArgumentError, ImportError, ValueError) as error:
        raise DatabaseError(f"cannot use database URL {_hidden(text)}: {_line(error)}") from None
    try:
        with engine.connect() as connection, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            inspector = sqlalchemy.inspect(connection)
            names = list(dict.fromkeys([*inspector.get_table_names(), *inspector.get_view_names()]))
            exact = _duckdb_types(connection) if engine.dialect.name == "duckdb" else {}
            found = (_quietly(lambda name: _table(inspector, name, exact), name, None) for name in names)
            tables = tuple(table for table in found if table is not None)  # a view of a table that is gone cannot be read
    except Exception as error:  # drivers raise their own kinds; each is the user's database speaking
        raise DatabaseError(f"cannot read database {_hidden(text)}: {_line(error)}") from None
    finally:
        engine.dispose()
    if not tables:
        raise SchemaError(f"database {_hidden(text)} has no tables; is this the right one?")
    return Schema(tables, Path(text.split("://", 1)[1].split("?")[0]).stem or "main")


def _check_file(url: str) -> None:
    kind, _, rest = url.partition("://")
    if kind.split("+")[0] not in {"duckdb", "sqlite"}:
        return
    path = Path(rest.removeprefix("/").split("?")[0])
    if rest in {"", "/", "/:memory:"}:
        raise DatabaseError(f"{url} is an empty in-memory database; name a file")
    if not path.exists():
        raise DatabaseError(f"database {path} does not exist")
    if path.is_dir():
        raise DatabaseError(f"database {path} is a folder, not a file")


def _hidden(url: str) -> str:
    """The URL without its password."""
    head, at, tail = url.rpartition("@")
    return url if not at else f"{head.split('://')[0]}://***@{tail}"


def _line(error: BaseException) -> str:
    return " ".join(str(getattr(error, "orig", None) or error).split())[:240]


def _duckdb_types(connection: Any) -> dict[tuple[str, str], str]:
    """Types in DuckDB's own words by table and column: SQLAlchemy's lose enums, lists, structs and time zones."""
    read = connection.exec_driver_sql(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = current_schema()"
    )
    return {(str(table), str(column)): str(kind) for table, column, kind in read}


def _table(inspector: Any, name: str, exact: dict[tuple[str, str], str]) -> Table:
    primary = tuple(_quietly(inspector.get_pk_constraint, name, {}).get("constrained_columns") or ())
    columns = tuple(
        Column(
            str(c["name"]),
            exact.get((name, str(c["name"]))) or _type(c["type"], inspector.dialect.name),
            bool(c.get("nullable", True)) and c["name"] not in primary,
            str(c.get("comment") or ""),
        )
        for c in inspector.get_columns(name)
    )
    keys = tuple(
        ForeignKey(tuple(k["constrained_columns"]), str(k["referred_table"]), tuple(k["referred_columns"]))
        for k in _quietly(inspector.get_foreign_keys, name, [])
    )
    comment = _quietly(inspector.get_table_comment, name, {}).get("text") or ""
    return Table(name, columns, primary, keys, str(comment))


def _quietly(call: Any, name: str, empty: Any) -> Any:
    """What a dialect does not tell (comments in SQLite, keys of views) is simply not known."""
    try:
        return call(name) or empty
    except Exception:  # each driver has its own kinds
        return empty


def _type(kind: Any, dialect: str) -> str:
    try:
        return duckdb_type(str(kind).split(" COLLATE")[0], DIALECTS.get(dialect, dialect))
    except Exception:  # SQLAlchemy cannot spell some types
        return "VARCHAR"

"""A schema from a live database, through SQLAlchemy's inspector."""

from __future__ import annotations

import difflib
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sqlkit.errors import DatabaseError, SchemaError, SqlkitError
from sqlkit.schema.connect import engine_url, hidden, limited, line, open_engine, restrain
from sqlkit.schema.kinds import duckdb_type
from sqlkit.schema.types import Column, ForeignKey, Schema, Table
from sqlkit.sql.parse import DIALECTS

SYSTEM = {
    "information_schema", "mysql", "performance_schema", "sys", "system", "temp", "sys_catalog", "guest",
    "tiger", "tiger_data", "topology", "cron", "crdb_internal",
}  # fmt: skip
SECONDS = 60.0  # for one statement over the catalog

_Reflected = dict[tuple[str | None, str], Any]


def read_schema(url: str | Path, schemas: Sequence[str] = ()) -> Schema:
    """Tables, views, columns, keys and comments of a database.

    Takes any SQLAlchemy URL or the path of a DuckDB or SQLite file. Reads every schema that is not the system's, or those
    named; tables outside the default schema have qualified names. What the account may not read is left out, with a note.
    Raises DatabaseError when the database is missing or cannot be opened, SchemaError when it has no tables or a named
    schema is not there.
    """
    import sqlalchemy

    text = engine_url(url)
    engine = open_engine(text)
    try:
        with engine.connect() as connection, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            restrain(connection, SECONDS)
            with limited(connection, 10 * SECONDS):  # thousands of tables are a thousand small statements
                tables, notes = _read(connection, sqlalchemy.inspect(connection), schemas)
    except SqlkitError:
        raise
    except Exception as error:  # drivers raise their own kinds; each is the user's database speaking
        raise DatabaseError(f"cannot read database {hidden(text)}: {line(error)}") from None
    finally:
        engine.dispose()
    if not tables:
        why = f": {notes[0]}" if notes else "; is this the right one?"
        raise SchemaError(f"database {hidden(text)} has no tables that can be read{why}" if notes else f"database {hidden(text)} has no tables{why}")
    return Schema(tuple(tables), Path(text.split("://", 1)[1].split("?")[0]).stem or "main", tuple(notes))


def _read(connection: Any, inspector: Any, wanted: Sequence[str]) -> tuple[list[Table], list[str]]:
    tables, notes = list[Table](), list[str]()
    exact = _duckdb_types(connection) if connection.dialect.name == "duckdb" else {}
    refused = _postgres_refusals(connection) if connection.dialect.name == "postgresql" else {}
    for schema in _schemas(connection, inspector, wanted):
        at = schema or inspector.default_schema_name
        columns, primary, foreign, comments = _reflect(inspector, schema, notes)
        views = set(inspector.get_view_names(schema))
        for (_, name), found in columns.items():
            table = _table(inspector, schema, name, found, primary, foreign, comments)
            if (lacking := refused.get((at, name))) is not None:
                if lacking == {"*"}:
                    notes.append(f"{table.name}: left out, permission denied")
                if lacking & {"*", "partition"}:
                    continue
                notes.append(f"{table.name}: permission denied on {', '.join(sorted(lacking))}")
            kept = tuple(
                Column(c.name, exact.get((at, name, c.name), c.type), c.nullable, c.comment)
                for c in table.columns
                if c.name not in (lacking or ())
            )
            notes += [f"{table.name}.{c['name']}: the driver does not know its type, read as text" for c in found if str(c["type"]) == "NULL" and not exact]
            tables.append(Table(table.name, kept, table.primary_key, table.foreign_keys, table.comment, schema=table.schema, view=name in views))
    return sorted(tables, key=lambda t: (t.schema != "", t.schema)), notes


def _schemas(connection: Any, inspector: Any, wanted: Sequence[str]) -> list[str | None]:
    """Schemas to read, the default as None. Raises SchemaError for one that is not there."""
    dialect, default = connection.dialect.name, inspector.default_schema_name
    if dialect == "duckdb":
        here = "SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database()"
        names = [str(row[0]) for row in connection.exec_driver_sql(here)]
    elif dialect == "sqlite" or (dialect in {"mysql", "mariadb"} and default and not wanted):
        return [None]  # MySQL's schemas are other databases of the server
    else:
        names = [str(n) for n in inspector.get_schema_names()]
    for name in wanted:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            raise SchemaError(f"the database has no schema {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    system = {n for n in names if n.lower() in SYSTEM or n.lower().startswith(("pg_", "_timescaledb"))}
    chosen = list(wanted) or [n for n in names if n not in system]
    return [None if n == default else n for n in chosen]


def _reflect(inspector: Any, schema: str | None, notes: list[str]) -> tuple[_Reflected, _Reflected, _Reflected, _Reflected]:
    """Columns, primary keys, foreign keys and comments by (schema, table), for all tables at once where that works."""
    from sqlalchemy.engine.reflection import ObjectKind

    found: list[_Reflected] = []
    names = list(dict.fromkeys([*inspector.get_table_names(schema), *inspector.get_view_names(schema)]))
    for what in ("columns", "pk_constraint", "foreign_keys", "table_comment"):
        one = getattr(inspector, f"get_{what}")
        if what == "columns" and inspector.dialect.name in {"mysql", "mariadb"}:
            one = partial(_mysql_columns, inspector, notes)
        try:
            found.append(dict(getattr(inspector, f"get_multi_{what}")(schema=schema, kind=ObjectKind.ANY)))
        except Exception:  # one broken view, or something that the dialect does not tell (comments in SQLite)
            found.append(dict(_one_by_one(names, schema, one, notes if what == "columns" else [])))
        else:
            if what == "columns":  # some dialects pass over what cannot be read without a word
                found[0] |= dict(_one_by_one([n for n in names if (schema, n) not in found[0]], schema, one, notes))
    return found[0], found[1], found[2], found[3]


def _one_by_one(
    names: Sequence[str], schema: str | None, get: Callable[..., Any], notes: list[str]
) -> Iterator[tuple[tuple[str | None, str], Any]]:
    for name in names:
        try:
            yield (schema, name), get(name, schema=schema)
        except NotImplementedError:  # the dialect has no such thing, of any table (comments in SQLite): nothing to read, nothing to tell
            return
        except Exception as error:  # each driver has its own kinds
            notes.append(f"{_title(schema, name)}: left out, {line(error)}")


def _mysql_columns(inspector: Any, notes: list[str], name: str, schema: str | None) -> list[dict[str, Any]]:
    """Columns of a table of MySQL. SQLAlchemy asks for SHOW CREATE TABLE, which an account with rights on some columns only
    may not see: it is told of those columns by the catalog, not of keys. Raises what the driver does where there are none.
    """
    import sqlalchemy

    try:
        return list(inspector.get_columns(name, schema=schema))
    except sqlalchemy.exc.SQLAlchemyError:
        read = sqlalchemy.text(
            "SELECT column_name, column_type, is_nullable, column_comment FROM information_schema.columns WHERE table_schema = "
            "coalesce(:schema, database()) AND table_name = :name AND find_in_set('select', privileges) ORDER BY ordinal_position"
        )
        rows = inspector.bind.execute(read, {"schema": schema, "name": name}).all()
        if not rows:
            raise
        notes.append(f"{_title(schema, name)}: permission for {', '.join(row[0] for row in rows)} only")
        return [{"name": column, "type": kind, "nullable": nullable == "YES", "comment": comment} for column, kind, nullable, comment in rows]


def _table(
    inspector: Any, schema: str | None, name: str, columns: Any, primary: _Reflected, foreign: _Reflected, comments: _Reflected
) -> Table:
    at = (schema, name)
    key = tuple(map(str, (primary.get(at) or {}).get("constrained_columns") or ()))
    default = inspector.default_schema_name
    return Table(
        _title(schema, name),
        tuple(
            Column(
                str(c["name"]),
                _type(c["type"], inspector.dialect),
                bool(c.get("nullable", True)) and c["name"] not in key,
                str(c.get("comment") or ""),
            )
            for c in columns
        ),
        key,
        tuple(
            ForeignKey(
                tuple(map(str, k["constrained_columns"])),
                _title(None if k.get("referred_schema") == default else k.get("referred_schema"), k["referred_table"]),
                tuple(map(str, k["referred_columns"])),
            )
            for k in foreign.get(at) or ()
        ),
        str((comments.get(at) or {}).get("text") or ""),
        schema=schema or "",
    )


def _title(schema: str | None, name: str) -> str:
    return f"{schema}.{name}" if schema else name


def _duckdb_types(connection: Any) -> dict[tuple[str, str, str], str]:
    """Types in DuckDB's own words by schema, table and column: SQLAlchemy's lose enums, lists, structs and time zones."""
    read = connection.exec_driver_sql(
        "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = current_database()"
    )
    return {(str(schema), str(table), str(column)): str(kind) for schema, table, column, kind in read}


def _postgres_refusals(connection: Any) -> dict[tuple[str, str], set[str]]:
    """By schema and table: '*' when the account may read none of it, 'partition', or the columns that it may not read.

    PostgreSQL shows its whole catalog to everybody; other databases show only what may be read.
    """
    read = connection.exec_driver_sql("""
        SELECT n.nspname, c.relname, c.relispartition,
            has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT'),
            ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                  AND NOT has_column_privilege(c.oid, a.attnum, 'SELECT'))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' AND left(n.nspname, 3) <> 'pg_'""")
    found: dict[tuple[str, str], set[str]] = {}
    for schema, name, partition, readable, columns in read:
        if partition or not readable or columns:
            found[schema, name] = {"partition"} if partition else set(columns) if readable else {"*"}
    return found


def _type(kind: Any, dialect: Any) -> str:
    """The type in DuckDB's words, of SQLAlchemy's type or of what the database itself calls it."""
    kind = getattr(kind, "data_type", kind)  # of a domain
    choices = getattr(kind, "enums", None)
    if choices:
        return "ENUM(" + ", ".join("'" + str(c).replace("'", "''") + "'" for c in choices) + ")"
    try:
        said = str(kind.compile(dialect=dialect))
    except Exception:  # SQLAlchemy cannot spell some types
        said = str(kind)
    return duckdb_type(re.split(" COLLATE| CHARACTER SET", said)[0], DIALECTS.get(dialect.name, dialect.name))

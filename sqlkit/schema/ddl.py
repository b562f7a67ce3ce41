"""A schema from a script of CREATE TABLE statements, in any dialect that sqlglot reads, and back to text."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlglot import exp

from sqlkit.errors import SchemaError
from sqlkit.schema.parts import Parts, Place, Reference
from sqlkit.schema.script import DEFAULT, Script, read_script
from sqlkit.schema.types import ForeignKey, Schema, Table
from sqlkit.sql.parse import SqlglotError, is_dialect, parse_all
from sqlkit.sql.text import write


def parse_ddl(text: str, dialect: str = "duckdb", name: str = "main", *, views: bool = False) -> Schema:
    """Tables, keys and comments of a script: CREATE TABLE, ALTER TABLE ... ADD key, COMMENT ON, own types; views if asked for.

    Other statements are passed over, with a note. Raises SchemaError with line and what was expected when a statement
    cannot be parsed, when the text holds no table, or for a dialect that nobody knows.
    """
    _known(dialect)
    script = read_script(text, dialect, views)
    if script.broken:
        raise SchemaError(f"DDL cannot be read: {script.broken[0]}")
    return _schema(script, name)


def _known(dialect: str) -> None:
    if not is_dialect(dialect):
        raise SchemaError(f"unknown SQL dialect {dialect!r}")


def read_ddl(path: str | Path, dialect: str = "duckdb") -> Schema:
    """The schema of a file; what cannot be read of it is told in the notes, with file, line and what was expected.

    Raises SchemaError when the file is missing or holds no table that can be read.
    """
    path = Path(path)
    _known(dialect)
    try:
        script = read_script(path.read_text(encoding="utf-8-sig", errors="replace"), dialect, views=True)
    except OSError as error:
        raise SchemaError(f"cannot read {path}: {error.strerror or error}") from None
    if not script.tables and script.broken:
        raise SchemaError(f"{path} {script.broken[0]}")
    script.notes = [f"{path.name} {line}" for line in [*script.broken, *script.notes]]
    return _schema(script, path.stem, str(path))


def _schema(script: Script, name: str, where: str = "DDL") -> Schema:
    if not script.tables:
        raise SchemaError(f"{where} holds no CREATE TABLE statement that can be read as {script.dialect}")
    titles = {place: f"{place[0]}.{place[1]}" if place[0] else place[1] for place in script.tables}
    folded = {(p[0].lower(), p[1].lower()): p for p in reversed(list(titles))}
    tables = tuple(_finish(place, parts, titles, folded, script.tables) for place, parts in script.tables.items())
    notes = [f"passed over {n} {kind} (line {script.first[kind]})" for kind, n in sorted(script.skipped.items())]
    return Schema(tables, name, tuple([*script.notes, *notes]))


def untyped(text: str, dialect: str = "duckdb") -> bool:
    """Whether DDL gives no column a type, as SQLite allows: then '1' and 1 are one value. False where it cannot be read."""
    try:
        columns = [c for s in parse_all(text, dialect) if isinstance(s, exp.Create) for c in _columns(s)]
    except (SqlglotError, RecursionError, ValueError):
        return False
    return bool(columns) and all(kind is None for kind in columns)


def _columns(statement: exp.Create) -> Iterator[exp.Expression | None]:
    """The type of each column, None where it has none."""
    parts = statement.this.expressions if isinstance(statement.this, exp.Schema) else []
    for part in parts:
        if isinstance(part, exp.ColumnDef):
            yield part.args.get("kind")
        elif isinstance(part, exp.Identifier | exp.Column):
            yield None


def _finish(place: Place, parts: Parts, titles: dict[Place, str], folded: dict[Place, Place], every: dict[Place, Parts]) -> Table:
    """The table with what needed the others: a reference that names no columns means the other's primary key."""
    inside = {name.lower() for name in parts.primary}

    def key(one: Reference) -> ForeignKey:
        schema = "" if one.place[0].lower() in DEFAULT else one.place[0]
        there = (schema, one.place[1])
        there = there if there in titles else folded.get((schema.lower(), one.place[1].lower()), there)
        primary = every[there].primary if there in every else ()
        return ForeignKey(one.columns, titles.get(there, ".".join(filter(None, there))), one.ref_columns or primary or one.columns)

    return Table(
        titles[place],
        tuple(dataclasses.replace(c, nullable=c.nullable and c.name.lower() not in inside) for c in parts.columns.values()),
        parts.primary,
        tuple(map(key, parts.keys)),
        parts.comment,
        tuple(parts.unique),
        tuple(parts.checks),
        place[0],
        parts.view,
    )


def to_ddl(schema: Schema) -> str:
    """CREATE TABLE and COMMENT ON statements that DuckDB runs as they stand: a table comes after those it refers to.

    Keys that DuckDB refuses are left out, as `enforced` does.
    """
    made = [f"CREATE SCHEMA {_quoted(name)};" for name in dict.fromkeys(t.schema for t in schema.tables if t.schema)]
    for table in enforced(schema).tables:
        lines = [f"  {_quoted(c.name)} {c.type}{'' if c.nullable else ' NOT NULL'}" for c in table.columns]
        if table.primary_key:
            lines.append(f"  PRIMARY KEY ({_list(table.primary_key)})")
        lines += [f"  UNIQUE ({_list(columns)})" for columns in table.unique]
        lines += [f"  CHECK ({condition})" for condition in table.checks]
        lines += [
            f"  FOREIGN KEY ({_list(k.columns)}) REFERENCES {qualified(other)} ({_list(k.ref_columns)})"
            for k in table.foreign_keys
            if (other := schema.table(k.ref_table))
        ]
        made.append(f"CREATE TABLE {qualified(table)} (\n" + ",\n".join(lines) + "\n);")
        made += [f"COMMENT ON {what} IS {write(exp.Literal.string(said), '')};" for what, said in _comments(table)]
    return "\n".join(made) + "\n"


def qualified(table: Table) -> str:
    """The table's name as DuckDB's SQL has it, with its schema, quoted where it must be."""
    return f"{_quoted(table.schema)}.{_quoted(table.bare)}" if table.schema else _quoted(table.name)


def enforced(schema: Schema) -> Schema:
    """The schema as DuckDB can keep it: parents before children, without foreign keys that refer to an unknown table or
    column, to columns that are no key, around in a circle, or to another schema; of names that differ in case only, the first."""
    done: dict[str, Table] = {}
    for table in _parents_first(schema):
        if table.name.lower() in done:
            continue
        columns = {c.name.lower(): c for c in reversed(table.columns)}
        if len(columns) < len(table.columns):
            table = dataclasses.replace(table, columns=tuple(c for c in table.columns if columns[c.name.lower()] is c))
        done[table.name.lower()] = table
        kept = tuple(k for k in table.foreign_keys if _kept(schema, table, k, done))
        done[table.name.lower()] = dataclasses.replace(table, foreign_keys=kept)
    return Schema(tuple(done.values()), schema.name)


def _kept(schema: Schema, table: Table, key: ForeignKey, done: Mapping[str, Table]) -> bool:
    named = schema.table(key.ref_table)
    other = done.get(named.name.lower()) if named else None
    return other is not None and other.schema == table.schema and _unique(other, key) and _typed(table, other, key)


def _parents_first(schema: Schema) -> list[Table]:
    waiting, ordered = list(schema.tables), list[Table]()
    while waiting:
        names = {t.name.lower() for t in waiting}
        free = [t for t in waiting if not any(k.ref_table.lower() in names - {t.name.lower()} for k in t.foreign_keys)]
        chosen = free or waiting[:1]
        ordered += chosen
        waiting = [t for t in waiting if t not in chosen]
    return ordered


def _unique(other: Table, key: ForeignKey) -> bool:
    """Whether DuckDB takes the key: it must refer to a primary key or to columns declared unique."""
    wanted = {c.lower() for c in key.ref_columns}
    return any(wanted == {c.lower() for c in columns} for columns in (other.primary_key, *other.unique))


def _typed(table: Table, other: Table, key: ForeignKey) -> bool:
    """Whether both sides of a key have the same types, which DuckDB wants."""
    pairs = [(table.column(a), other.column(b)) for a, b in zip(key.columns, key.ref_columns, strict=False)]
    return len(key.columns) == len(key.ref_columns) and all(a and b and a.type == b.type for a, b in pairs)


def _comments(table: Table) -> Iterator[tuple[str, str]]:
    if table.comment:
        yield f"TABLE {qualified(table)}", table.comment
    for column in table.columns:
        if column.comment:
            yield f"COLUMN {qualified(table)}.{_quoted(column.name)}", column.comment


@functools.lru_cache(4096)
def _quoted(name: str) -> str:
    return write(exp.to_identifier(name))


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(map(_quoted, names))

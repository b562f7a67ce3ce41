"""What a query reads of a schema: tables, columns as 'table.column', and the foreign keys that it joins along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlkit.schema.types import ForeignKey, Schema
from sqlkit.sql.facts import Facts, facts
from sqlkit.sql.parse import SqlglotError
from sqlkit.sql.resolve import Tables, tables_of


def used(found: Facts, schema: Schema) -> tuple[list[str], list[str]]:
    """Tables and columns that a query with these facts reads, in the schema's own spelling, sorted."""
    tables = [t.name for t in schema.tables if t.name.lower() in found.tables]
    read = {table for table, _ in found.columns}
    columns = [f"{t.name}.{c.name}" for t in schema.tables if t.name.lower() in read for c in t.columns if (t.name.lower(), c.name.lower()) in found.columns]
    return sorted(tables), sorted(columns)


def names_of(schema: Schema) -> Tables:
    """What `facts_in` wants of a schema."""
    return tables_of((t.name, [c.name for c in t.columns]) for t in schema.tables)


def facts_in(sql: str | None, names: Tables) -> Facts:
    """The facts of a DuckDB query; none where there is none or it cannot be parsed."""
    try:
        return facts(sql, names) if sql else Facts()
    except (SqlglotError, RecursionError, ValueError):
        return Facts()


def coverage(queries: Iterable[Facts], schema: Schema) -> dict[str, Any]:
    """Shares of tables, columns and foreign keys that queries with these facts use, and what they miss."""
    tables, columns, joined = set[str](), set[tuple[str, str]](), set[tuple[tuple[str, str], tuple[str, str]]]()
    for found in queries:
        tables |= found.tables
        columns |= found.columns
        joined |= {pair for a, b in found.equal for pair in ((a, b), (b, a))}
    keys = [(t, k) for t, k in schema.joins() if schema.table(k.ref_table)]
    missing = {
        "tables": [t.name for t in schema.tables if t.name.lower() not in tables],
        "columns": [f"{t.name}.{c.name}" for t, c in schema.columns() if (t.name.lower(), c.name.lower()) not in columns],
        "foreign_keys": [key_name(t.name, k) for t, k in keys if not ends(t.name, k) <= joined],
    }
    sizes = {"tables": len(schema.tables), "columns": sum(1 for _ in schema.columns()), "foreign_keys": len(keys)}
    shares: Mapping[str, Any] = {part: round(1 - len(missing[part]) / sizes[part], 4) if sizes[part] else 1.0 for part in sizes}
    return {**shares, **{f"{part}_missing": names for part, names in missing.items()}}


def ends(table: str, key: ForeignKey) -> set[tuple[tuple[str, str], tuple[str, str]]]:
    """The equalities that a join along a key of `table` holds."""
    return {((table.lower(), a.lower()), (key.ref_table.lower(), b.lower())) for a, b in zip(key.columns, key.ref_columns, strict=False)}


def key_name(table: str, key: ForeignKey) -> str:
    return f"{table}({', '.join(key.columns)}) -> {key.ref_table}({', '.join(key.ref_columns)})"

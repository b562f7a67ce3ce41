"""What a view shows, told from its query and the tables that it reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from sqlkit.schema.kinds import type_of
from sqlkit.sql.parse import SqlglotError

_DIALECT = "duckdb, normalization_strategy=case_sensitive"  # names as they were written


def view_columns(tree: exp.Create, tables: Mapping[tuple[str, str], Mapping[str, str]], dialect: str) -> list[tuple[str, str]]:
    """(name, DuckDB type) of a view's columns; `tables`: per (schema, name) its columns' types. Empty when it cannot be told."""
    query: Any = tree.expression.copy()
    named = [e.name for e in tree.this.expressions] if isinstance(tree.this, exp.Schema) else []
    known: dict[str, Any] = {}
    for table in query.find_all(exp.Table):  # schemas of the names are dropped: the optimizer wants one depth for all
        schema = table.args["db"].name if table.args.get("db") else ""
        name = table.name.lower()
        place = next((p for p in tables if p[1].lower() == name and p[0].lower() in (schema.lower(), "")), None)
        for part in ("db", "catalog"):
            table.set(part, None)
        if place is not None:
            known[table.name] = dict(tables[place])
    for column in query.find_all(exp.Column):
        column.set("db", None)
        column.set("catalog", None)
    try:
        query = qualify(query, schema=known, dialect=_DIALECT, validate_qualify_columns=False, quote_identifiers=False)
        query = annotate_types(query, schema=known, dialect=_DIALECT)
    except (SqlglotError, RecursionError, ValueError, AttributeError, KeyError):
        return []
    shown = [(one.alias_or_name, type_of(one.type, dialect)) for one in query.selects]
    if not shown or any(not name or name == "*" for name, _ in shown):
        return []
    return [(name, kind) for name, (_, kind) in zip(named, shown, strict=True)] if len(named) == len(shown) else shown

"""The same query over fewer rows: a database in which an answer that was written down is no longer right."""

from __future__ import annotations

from collections.abc import Collection

from sqlkit.sql.parse import SqlglotError, nodes, parse_one, view_one
from sqlkit.sql.probe import through_subqueries
from sqlkit.sql.text import write

KEPT = "rowid * 7919 % 10007 % 3 <> 0"  # two rows of three, the same ones every time, spread over the table


def thinned(sql: str, tables: Collection[str], dialect: str = "duckdb") -> str | None:
    """The query with two thirds of the rows of `tables`, whole otherwise; None where that cannot be written.

    Only tables that no key points to may be named: then no row loses what it refers to, and two queries that are the
    same because of a foreign key stay the same.
    """
    wanted = {name.lower() for name in tables}
    condition = view_one(f"SELECT 1 WHERE {KEPT}", dialect).args["where"]
    try:
        tree = parse_one(sql, dialect)
        for select, name in through_subqueries(nodes(tree)):
            if name.lower() in wanted:
                select.set("where", condition.copy())
        return write(tree, dialect)
    except (SqlglotError, RecursionError):
        return None

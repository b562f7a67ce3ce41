"""Facts about a query's literals and columns, and the same query against another schema."""

from __future__ import annotations

from sqlglot import exp

from sqlkit.sql.parse import SqlglotError, parse_one

_COMPARE = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)


def in_schema(sql: str, schema: str) -> str:
    """The query with every table taken from `schema`. Raises ValueError when it cannot be parsed."""
    try:
        tree = parse_one(sql).copy()
    except SqlglotError as error:
        raise ValueError(str(error)) from None
    known = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if table.name.lower() not in known and not table.db:
            if not table.alias:
                table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
            table.set("db", exp.to_identifier(schema))
    return tree.sql(dialect="duckdb")


def literals(sql: str) -> dict[str, str]:
    """Lower-case column name to the text it is compared with."""
    found: dict[str, str] = {}
    for node in parse_one(sql).find_all(*_COMPARE):
        column, value = node.this, node.expression
        if isinstance(column, exp.Column) and isinstance(value, exp.Literal) and value.is_string:
            found[column.name.lower()] = value.name
    return found


def numeric_columns(sql: str) -> set[str]:
    """Lower-case names of columns that are compared with numbers, summed or averaged.

    Raises ValueError when the query cannot be parsed.
    """
    try:
        tree = parse_one(sql)
    except SqlglotError as error:
        raise ValueError(str(error)) from None
    found = set()
    for node in tree.find_all(*_COMPARE):
        column, value = node.this, node.expression
        if isinstance(column, exp.Column) and (value.is_number if isinstance(value, exp.Literal | exp.Neg) else False):
            found.add(column.name.lower())
    for call in tree.find_all(exp.Sum, exp.Avg):
        if isinstance(call.this, exp.Column):
            found.add(call.this.name.lower())
    for between in tree.find_all(exp.Between):
        if isinstance(between.this, exp.Column) and between.args["low"].is_number:
            found.add(between.this.name.lower())
    return found

"""What a query looks like without its names and values, and how hard it is."""

from __future__ import annotations

from sqlglot import exp

from sqlkit.sql.parse import SqlglotError, parse_one


def skeleton(sql: str, dialect: str = "duckdb") -> str:
    """SQL with identifiers and literals masked; the text itself, folded, when it cannot be parsed."""
    try:
        tree = parse_one(sql, dialect).copy()
    except SqlglotError:
        return " ".join(sql.split()).lower()
    for node in list(tree.walk()):
        if isinstance(node, exp.Column):
            node.replace(exp.column("c"))
        elif isinstance(node, exp.Literal):
            node.replace(exp.Literal.string("v") if node.is_string else exp.Literal.number(0))
    for node in list(tree.walk()):
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            node.set("this", exp.to_identifier("t"))
        if isinstance(node, exp.TableAlias | exp.Alias) and node.args.get("this" if isinstance(node, exp.TableAlias) else "alias"):
            node.set("this" if isinstance(node, exp.TableAlias) else "alias", exp.to_identifier("a"))
    return tree.sql(dialect="duckdb")


def difficulty(sql: str, dialect: str = "duckdb") -> str:
    """easy, medium, hard or extra, by counted parts.

    One point each: join, GROUP BY, HAVING, ORDER BY, more than one condition, more than one output; two points each:
    subquery or CTE, set operation, window, CASE or FILTER. 0-1 easy, 2-3 medium, 4-5 hard, more extra.
    """
    try:
        tree = parse_one(sql, dialect)
    except SqlglotError:
        return "extra"
    points = len(list(tree.find_all(exp.Join)))
    points += sum(bool(tree.find(kind)) for kind in (exp.Group, exp.Having, exp.Order))
    points += len(list(tree.find_all(exp.And, exp.Or))) > 0
    points += isinstance(tree, exp.Select) and len(tree.expressions) > 1
    points += 2 * (len(list(tree.find_all(exp.Select))) - 1)
    points += 2 * sum(bool(tree.find(kind)) for kind in (exp.SetOperation, exp.Window, exp.Case, exp.Filter))
    return "easy" if points < 2 else "medium" if points < 4 else "hard" if points < 6 else "extra"

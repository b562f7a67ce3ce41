"""What a query looks like without its names and values, and how hard it is."""

from __future__ import annotations

from collections import Counter

from sqlglot import exp

from sqlkit.sql.parse import SqlglotError, nodes, parse_one, tree_of, view_one
from sqlkit.sql.style import fold, spell


def skeleton(sql: str, dialect: str = "duckdb") -> str:
    """SQL with identifiers and literals masked and aliases left out; the text in small letters when it does not parse.

    >>> skeleton("SELECT name AS n FROM cust c WHERE c.city = 'Lyon' LIMIT 3")
    "SELECT c FROM t WHERE c = 'v' LIMIT 0"
    """
    try:
        return spell(parse_one(sql, dialect).transform(_mask))
    except (SqlglotError, RecursionError, ValueError):
        return fold(sql).lower()


def _mask(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.Column):
        return node if isinstance(node.this, exp.Star) and not node.table else exp.column("c")
    if isinstance(node, exp.Star):
        return exp.Star()  # without EXCLUDE and REPLACE, which hold names
    if isinstance(node, exp.Literal):
        return exp.Literal.string("v") if node.is_string else exp.Literal.number(0)
    if isinstance(node, exp.Alias):
        return _mask(node.this)
    if isinstance(node, exp.CTE):
        node.set("alias", exp.TableAlias(this=exp.to_identifier("q")))
    elif isinstance(node, exp.Table | exp.Subquery | exp.Values | exp.Unnest | exp.Lateral):
        node.set("alias", None)
        for part in ("db", "catalog"):
            node.set(part, None)
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            node.set("this", exp.to_identifier("t"))
    elif isinstance(node, exp.Identifier) and isinstance(node.parent, exp.Join):
        return exp.to_identifier("c")  # USING (...)
    return node


def difficulty(sql: str | exp.Expr, dialect: str = "duckdb") -> str:
    """easy, medium, hard or extra, by counted parts.

    One point for each join, and one each for GROUP BY, HAVING, ORDER BY, AND or OR, more than one output. Two points for
    each subquery, CTE or further SELECT of a set operation, and two each for the presence of a set operation, a window,
    CASE, FILTER. Up to 1 easy, 2-3 medium, 4-5 hard, more extra; what does not parse is extra.
    """
    try:
        tree = tree_of(sql, dialect)
    except (SqlglotError, RecursionError, ValueError):
        return "extra"
    there = Counter(map(type, nodes(tree)))

    def has(*kinds: type[exp.Expr]) -> bool:
        return any(issubclass(kind, kinds) for kind in there)

    points = there[exp.Join] + sum(map(has, (exp.Group, exp.Having, exp.Order)))
    points += has(exp.And, exp.Or)
    points += isinstance(tree, exp.Select) and len(tree.expressions) > 1
    points += 2 * max(0, there[exp.Select] - 1)
    points += 2 * sum(map(has, (exp.SetOperation, exp.Window, exp.Case, exp.Filter)))
    return "easy" if points < 2 else "medium" if points < 4 else "hard" if points < 6 else "extra"


def outline(sql: str | exp.Expr, dialect: str = "duckdb") -> str:
    """The parts of a query in a few words, to sort free SQL by: 'join, group, top'."""
    try:
        tree = tree_of(sql, dialect)
    except (SqlglotError, RecursionError, ValueError):
        return "unknown"
    all_nodes = nodes(tree)

    def has(kind: type[exp.Expr]) -> bool:
        return any(isinstance(node, kind) for node in all_nodes)

    inner, several, group = sum(isinstance(node, exp.Select) for node in all_nodes) > 1, has(exp.SetOperation), has(exp.Group)
    found = {
        "set operation": several, "subquery": inner and not several, "window": has(exp.Window), "join": has(exp.Join), "group": group,
        "aggregate": not group and has(exp.AggFunc), "having": has(exp.Having), "top": tree.args.get("limit"), "filter": has(exp.Where),
    }  # fmt: skip
    return ", ".join(name for name, there in found.items() if there) or "rows"


def hardness(sql: str, dialect: str = "duckdb") -> str:
    """Spider's easy, medium, hard or extra (taoyds/spider, evaluation.py, eval_hardness), on any SQL; '' if unparsed."""
    try:
        tree = view_one(sql, dialect)
    except (SqlglotError, RecursionError, ValueError):
        return ""
    nested = 0
    while isinstance(tree, exp.SetOperation | exp.Subquery):
        nested += isinstance(tree, exp.SetOperation)
        tree = tree.this
    parts = {name: tree.args.get(name) for name in ("where", "group", "order", "limit", "having")}
    joins = tree.args.get("joins") or []
    conditions = [p for p in (parts["where"], parts["having"], *(join.args.get("on") for join in joins)) if p]
    inside = [node for part in conditions for node in part.walk(prune=lambda n: isinstance(n, exp.Query))]
    nested += sum(isinstance(node, exp.Query) and not isinstance(node, exp.Subquery) for node in inside)
    one = sum(bool(parts[p]) for p in ("where", "group", "order", "limit")) + len(joins)
    one += sum(isinstance(node, exp.Or | exp.Like) for node in inside)
    shown = [tree.expressions, *([p] for p in (parts["where"], parts["group"], parts["order"], parts["having"]) if p)]
    aggregates = sum(isinstance(inner, exp.AggFunc) for part in shown for node in part for inner in nodes(node))
    where, group = parts["where"], parts["group"]
    others = (aggregates > 1) + (len(tree.expressions) > 1)
    others += bool(where and where.find(exp.And, exp.Or)) + bool(group and len(group.expressions) > 1)
    if one <= 1 and not others and not nested:
        return "easy"
    if not nested and ((others <= 2 and one <= 1) or (one <= 2 and others < 2)):
        return "medium"
    if (not nested and ((others > 2 and one <= 2) or (one == 3 and others <= 2))) or (one <= 1 and not others and nested <= 1):
        return "hard"
    return "extra"

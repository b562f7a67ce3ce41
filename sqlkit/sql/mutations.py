"""The kinds of edits that make mutants. A rule looks at a resolved query and yields edits, each with a proof or ''.

New nodes are always copies: an edit is put into the tree, written out and taken back. This file has those that change
columns, joins, groups, orders and sets, and the table of all kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlglot import exp

from sqlkit.sql.facts import constant
from sqlkit.sql.keys import plain_aggregate
from sqlkit.sql.mutate_values import (
    arithmetic,
    between_bounds,
    case,
    comparison,
    condition_added,
    condition_dropped,
    connective,
    date,
    date_part,
    function,
    in_list,
    join_comparison,
    join_condition_dropped,
    like,
    negation,
    null_test,
    number,
    text,
    text_swapped,
)
from sqlkit.sql.mutating import (
    AGGREGATES,
    LARGE,
    Context,
    Edit,
    Tables,
    columns_of,
    group_keys,
    is_idle,
    is_join,
    is_shown,
    never_null,
    nodes,
    only_existence,
    other_columns,
    outermost,
)
from sqlkit.sql.resolve import Names
from sqlkit.sql.unchanged import aggregate_equal, distinct_equal, join_equal, one_row, order_equal


def column(names: Names, tables: Tables) -> Iterator[Edit]:
    """A column for another of the same kind."""
    context = Context(names, tables)
    for node in nodes(names, exp.Column)[:LARGE]:
        if isinstance(node.parent, exp.Join) or is_join(node.parent) or is_idle(node):
            continue
        order = node.find_ancestor(exp.Order, exp.Select)
        idle = isinstance(order, exp.Order) and order.parent is not None and one_row(order.parent)
        for edit in other_columns(node, context, 3):
            edit.equal = edit.equal or ("there is one row" if idle else "")
            yield edit


def join_key(names: Names, tables: Tables) -> Iterator[Edit]:
    """A join on another column of the same kind."""
    context = Context(names, tables)
    for node in nodes(names, exp.Column)[:LARGE]:
        if is_join(node.parent):
            yield from other_columns(node, context, 2, own=True)


def join_type(names: Names, tables: Tables) -> Iterator[Edit]:
    """LEFT, RIGHT or FULL for an inner join, inner for an outer one."""
    context = Context(names, tables)
    for node in nodes(names, exp.Join):
        if node.args.get("on") is None and not node.args.get("using"):
            continue
        sides = ("LEFT", "RIGHT", "FULL") if not node.side else ("",)
        for side in sides:
            copied = node.copy()
            copied.set("side", side or None)
            copied.set("kind", None)
            yield Edit(node, copied, equal=join_equal(node, side, context))


def table(names: Names, tables: Tables) -> Iterator[Edit]:
    """Another table that has the same columns."""
    for scope in names.scopes:
        for source in scope.sources:
            if not source.table or not isinstance(source.node, exp.Table):
                continue
            used = {c.name.lower() for c in nodes(names, exp.Column) if names.source(c) is source}
            for other, shape in tables.items():
                if other != source.table and used and used.issubset(shape.kinds):
                    copied = source.node.copy()
                    copied.set("this", exp.to_identifier(other, quoted=True))
                    if not source.node.alias:
                        copied.set("alias", exp.TableAlias(this=exp.to_identifier(source.node.name, quoted=True)))
                    yield Edit(source.node, copied)


def aggregate(names: Names, tables: Tables) -> Iterator[Edit]:
    """MIN for MAX, SUM for AVG, ..."""
    context = Context(names, tables)
    for node in nodes(names, *AGGREGATES):
        inner = node.this
        if isinstance(inner, exp.Star | exp.Distinct | exp.Literal) or inner is None:
            continue
        for other in AGGREGATES:
            if other is not type(node):
                changed: exp.Expr = other(this=inner.copy())
                if isinstance(changed, exp.Count):
                    changed.set("big_int", True)
                yield Edit(node, changed, equal=aggregate_equal(node, other, context))


def count_argument(names: Names, tables: Tables) -> Iterator[Edit]:
    """COUNT(*) for COUNT(x), COUNT(x) for COUNT(*)."""
    context = Context(names, tables)
    for node in nodes(names, exp.Count):
        scope = names.scope(node)
        if scope is None:
            continue
        known = context.known(scope)
        if isinstance(node.this, exp.Star | exp.Literal):
            for source in scope.sources[:3]:
                for other in columns_of(source, tables)[:3]:
                    made = exp.column(other, source.name, quoted=True)
                    proof = "never NULL" if never_null(known, source, other) else ""
                    yield Edit(node, exp.Count(this=made, big_int=True), equal=proof)
        elif not isinstance(node.this, exp.Distinct):
            proof = "never NULL" if known.never_null(node.this) else ""
            yield Edit(node, exp.Count(this=exp.Star(), big_int=True), equal=proof)


def count_distinct(names: Names, tables: Tables) -> Iterator[Edit]:
    """COUNT(DISTINCT x) for COUNT(x), SUM(DISTINCT x) for SUM(x), and the other way round."""
    context = Context(names, tables)
    for node in nodes(names, exp.Count, exp.Sum, exp.Avg):
        inner = node.this
        if isinstance(inner, exp.Star | exp.Literal) or inner is None:
            continue
        distinct = isinstance(inner, exp.Distinct)
        arguments = inner.expressions if distinct else [inner]
        if len(arguments) != 1:
            continue
        scope = names.scope(node)
        fixed = scope is not None and context.known(scope).rows_fixed([*arguments, *group_keys(scope)])
        value = arguments[0].copy() if distinct else exp.Distinct(expressions=[inner.copy()])
        yield Edit(node, value, "this", "no value comes twice" if fixed else "")


def distinct(names: Names, tables: Tables) -> Iterator[Edit]:
    """DISTINCT put or taken away where duplicates count."""
    context = Context(names, tables)
    for scope in names.scopes:
        select = scope.select
        if only_existence(select) or (plain_aggregate(select) and not select.args.get("group")):
            continue
        given = select.args.get("distinct")
        if given is not None and given.args.get("on") is not None:
            continue
        if select.args.get("order") and not all(is_shown(o.this, select) for o in select.args["order"].expressions):
            continue  # SQL allows no such DISTINCT, and what DuckDB makes of it is its own
        yield Edit(select, None if given is not None else exp.Distinct(), "distinct", distinct_equal(scope, context))


def group_key_dropped(names: Names, tables: Tables) -> Iterator[Edit]:
    """GROUP BY without one of its keys, or none at all."""
    context = Context(names, tables)
    for node in nodes(names, exp.Group):
        scope = names.scope(node)
        for i, key in enumerate(node.expressions):
            rest = [e for j, e in enumerate(node.expressions) if j != i]
            fixed = bool(rest) and scope is not None and context.known(scope).fixes(rest, key)
            if rest:
                yield Edit(node, rest, "expressions", "the other keys fix it" if fixed else "")
            elif scope is not None:
                yield Edit(scope.select, None, "group")


def order_direction(names: Names, tables: Tables) -> Iterator[Edit]:
    """DESC for ASC."""
    for node, proof in _ordered(names, tables):
        copied = node.copy()
        copied.set("desc", not node.args.get("desc"))
        copied.set("nulls_first", False)
        yield Edit(node, copied, equal=proof)


def order_nulls(names: Names, tables: Tables) -> Iterator[Edit]:
    """NULLS FIRST for LAST."""
    context = Context(names, tables)
    for node, proof in _ordered(names, tables):
        scope = names.scope(node)
        shown = names.shown(node.this)
        if not proof and scope is not None and (context.known(scope).never_null(node.this) or context.known(scope).never_null(shown)):
            proof = "the sort key is never NULL"
        copied = node.copy()
        copied.set("nulls_first", not node.args.get("nulls_first"))
        yield Edit(node, copied, equal=proof)


def order_dropped(names: Names, tables: Tables) -> Iterator[Edit]:
    """ORDER BY without one of its keys, or none at all."""
    for node, proof in _ordered(names, tables):
        order = node.parent
        if not isinstance(order, exp.Order):
            continue
        rest = [e for e in order.expressions if e is not node]
        if rest:
            yield Edit(order, rest, "expressions", proof)
        elif isinstance(order.parent, exp.Query):
            yield Edit(order.parent, None, "order", proof)


def limit(names: Names, tables: Tables) -> Iterator[Edit]:
    """LIMIT or OFFSET one higher or lower, or left out."""
    for node in nodes(names, exp.Limit, exp.Offset):
        value = constant(node.expression)
        if not isinstance(value, int) or node.parent is None:
            continue
        part = node.arg_key or ""
        single = isinstance(node, exp.Limit) and value > 0 and one_row(node.parent)
        for step in (1, -1):
            if value + step >= 0:
                proof = "there is one row" if single and value + step > 0 else ""
                yield Edit(node, type(node)(expression=exp.Literal.number(value + step)), equal=proof)
        if part:
            yield Edit(node.parent, None, part, "there is one row" if single else "")


def set_operation(names: Names, tables: Tables) -> Iterator[Edit]:
    """UNION for INTERSECT or EXCEPT, UNION ALL for UNION."""
    for node in nodes(names, exp.Union, exp.Intersect, exp.Except):
        sides = {"this": node.this, "expression": node.expression}
        rest = {k: v for k, v in node.args.items() if k not in {"this", "expression", "distinct"}}

        def made(kind: type[exp.Expr], is_distinct: bool, sides: dict[str, exp.Expr] = sides, rest: dict[str, Any] = rest) -> exp.Expr:
            copies = {k: v.copy() if isinstance(v, exp.Expr) else v for k, v in {**sides, **rest}.items()}
            return kind(**copies, distinct=is_distinct)

        for kind in (exp.Union, exp.Intersect, exp.Except):
            if kind is not type(node):
                yield Edit(node, made(kind, True))
        if isinstance(node, exp.Union):
            yield Edit(node, made(exp.Union, not node.args.get("distinct")))
        if isinstance(node, exp.Except):
            turned = {"this": node.expression, "expression": node.this}
            yield Edit(node, made(exp.Except, True, turned))


def set_operand(names: Names, tables: Tables) -> Iterator[Edit]:
    """Only one side of a set operation."""
    for node in nodes(names, exp.Union, exp.Intersect, exp.Except):
        if any(node.args.get(part) for part in ("order", "limit", "offset", "with_", "with")):
            continue
        for side in (node.this, node.expression):
            if node.parent is None or isinstance(node.parent, exp.Subquery | exp.CTE | exp.In | exp.SetOperation):
                yield Edit(node, side.copy())


def window(names: Names, tables: Tables) -> Iterator[Edit]:
    """A window without PARTITION BY, without a frame, or another ranking function."""
    ranks = (exp.RowNumber, exp.Rank, exp.DenseRank)
    for node in nodes(names, exp.Window):
        if node.args.get("partition_by"):
            yield Edit(node, None, "partition_by")
        if node.args.get("spec") is not None:
            yield Edit(node, None, "spec")
        if isinstance(node.this, ranks):
            for other in ranks:
                if not isinstance(node.this, other):
                    yield Edit(node, other(), "this")


def filter_dropped(names: Names, tables: Tables) -> Iterator[Edit]:
    """An aggregate without its FILTER."""
    for node in nodes(names, exp.Filter):
        yield Edit(node, node.this.copy())


def quantifier(names: Names, tables: Tables) -> Iterator[Edit]:
    """IN (SELECT ...) for = (SELECT ...), MIN for MAX in a subquery that stands for a value."""
    for node in nodes(names, exp.In):
        query = node.args.get("query")
        if query is not None:
            body = query.this if isinstance(query, exp.Subquery) else query
            one = isinstance(body, exp.Select) and (
                (constant(getattr(body.args.get("limit"), "expression", None)) == 1) or (plain_aggregate(body) and not body.args.get("group"))
            )
            turned = node.find_ancestor(exp.Not, exp.Select)
            inner = query if isinstance(query, exp.Subquery) else exp.Subquery(this=query.copy())
            proof = "the subquery has one row at most" if one and not isinstance(turned, exp.Not) else ""
            yield Edit(node, exp.EQ(this=node.this.copy(), expression=inner.copy()), equal=proof)


def _ordered(names: Names, tables: Tables) -> Iterator[tuple[exp.Ordered, str]]:
    """Sort keys that matter, each with the proof that it sorts nothing, or ''."""
    context = Context(names, tables)
    for node in nodes(names, exp.Ordered):
        order = node.parent
        query = order.parent if isinstance(order, exp.Order) else None
        if isinstance(query, exp.Query) and query is not outermost(names.tree) and not query.args.get("limit"):
            continue  # an order inside, which nothing keeps
        yield node, order_equal(node, query, context)


RULES: dict[str, Callable[[Names, Tables], Iterator[Edit]]] = {
    rule.__name__: rule
    for rule in (
        comparison, join_comparison, number, text, text_swapped, date, like, negation, null_test, between_bounds, in_list,
        condition_dropped, join_condition_dropped, condition_added, connective, column, join_key, join_type, table, aggregate,
        count_argument, count_distinct, distinct, group_key_dropped, order_direction, order_nulls, order_dropped, limit,
        set_operation, set_operand, arithmetic, case, date_part, window, function, filter_dropped, quantifier,
    )
}  # fmt: skip

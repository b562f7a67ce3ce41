"""The kinds of edits that make mutants. A rule looks at a resolved query and yields edits, each with a proof or ''.

New nodes are always copies: an edit is put into the tree, written out and taken back.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from sqlglot import exp

from sqlkit.sql.facts import constant
from sqlkit.sql.keys import Known, Shape, conjuncts, null_rejected, plain_aggregate
from sqlkit.sql.resolve import Names, Scope, Source

Tables = dict[str, Shape]
_SIGNS: dict[type[exp.Expr], tuple[type[exp.Expr], ...]] = {
    exp.GT: (exp.GTE, exp.LT, exp.EQ),
    exp.GTE: (exp.GT, exp.LTE, exp.EQ),
    exp.LT: (exp.LTE, exp.GT, exp.EQ),
    exp.LTE: (exp.LT, exp.GTE, exp.EQ),
    exp.EQ: (exp.NEQ, exp.GTE, exp.LTE),
    exp.NEQ: (exp.EQ, exp.GT, exp.LT),
}
_ARITHMETIC: dict[type[exp.Expr], tuple[type[exp.Expr], ...]] = {
    exp.Add: (exp.Sub, exp.Mul), exp.Sub: (exp.Add, exp.Div), exp.Mul: (exp.Add, exp.Div), exp.Div: (exp.Mul, exp.Sub),
    exp.Mod: (exp.Div,), exp.IntDiv: (exp.Mul,),
}  # fmt: skip
_AGGREGATES = (exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Count)
_PARTS = (exp.Year, exp.Month, exp.Day, exp.Quarter, exp.Week)
_LARGE = 30  # literals, columns, ... of one query that a rule goes through at most


@dataclasses.dataclass(slots=True)
class Edit:
    """Put `value` for `node`, or for its argument `part`. `equal` is the argument why that changes nothing."""

    node: exp.Expr
    value: Any
    part: str = ""
    equal: str = ""


class _Context:
    """What is known of each SELECT, worked out once."""

    def __init__(self, names: Names, tables: Tables) -> None:
        self.names, self.tables = names, tables
        self._known: dict[int, Known] = {}

    def known(self, scope: Scope) -> Known:
        if id(scope) not in self._known:
            self._known[id(scope)] = Known(self.names, scope, self.tables)
        return self._known[id(scope)]


def comparison(names: Names, tables: Tables) -> Iterator[Edit]:
    """Another comparison operator: < for <=, = for <>, ..."""
    for node in _all(names, *_SIGNS):
        if _joins(node):
            continue
        for other in _SIGNS[type(node)]:
            yield Edit(node, other(this=node.this.copy(), expression=node.expression.copy()), equal=_gap(node, other, names, tables))


def join_comparison(names: Names, tables: Tables) -> Iterator[Edit]:
    """A join on <> or <= instead of =."""
    for node in _all(names, exp.EQ):
        if _joins(node):
            for other in (exp.NEQ, exp.LTE):
                yield Edit(node, other(this=node.this.copy(), expression=node.expression.copy()))


def number(names: Names, tables: Tables) -> Iterator[Edit]:
    """A number one higher or lower (LIMIT has its own kind)."""
    for node in _all(names, exp.Literal):
        if node.is_string or isinstance(node.parent, exp.Limit | exp.Offset | exp.Ordered | exp.Group | exp.DataTypeParam | exp.Select):
            continue
        if node.find_ancestor(exp.Limit, exp.Offset, exp.Interval, exp.DataType):
            continue
        value = constant(node)
        if isinstance(value, int | float):
            steps = (1, -1) if isinstance(value, int) else (1, -1, 0.5)
            if isinstance(node.parent, exp.Round):
                steps = (1,) if value == 0 else (1, -1)
            for step in steps:
                yield Edit(node, _numeric(value + step), equal=_fraction_gap(node, value, step, names, tables))


def text(names: Names, tables: Tables) -> Iterator[Edit]:
    """A text in other case, longer, shorter, empty."""
    for node in _strings(names):
        value = str(node.this)
        for other in (value.upper() if value.upper() != value else value.lower(), value + "x", value[:-1]):
            if other != value:
                yield Edit(node, exp.Literal.string(other))


def text_swapped(names: Names, tables: Tables) -> Iterator[Edit]:
    """Another text of the same query."""
    found = _strings(names)
    values = list(dict.fromkeys(str(n.this) for n in found))
    for node in found:
        for other in values[:4]:
            if other != node.this:
                yield Edit(node, exp.Literal.string(other))


def date(names: Names, tables: Tables) -> Iterator[Edit]:
    """A date one day earlier or later."""
    for node in _all(names, exp.Literal):
        if node.is_string:
            for step in (1, -1):
                moved = _moved(str(node.this), step)
                if moved:
                    yield Edit(node, exp.Literal.string(moved))


def like(names: Names, tables: Tables) -> Iterator[Edit]:
    """A pattern anchored otherwise, LIKE for ILIKE, NOT LIKE."""
    for node in _all(names, exp.Like, exp.ILike):
        pattern = constant(node.expression)
        if not isinstance(pattern, str):
            continue
        bare = pattern.strip("%")
        for other in dict.fromkeys((f"%{bare}%", f"{bare}%", f"%{bare}", bare)):
            if other != pattern:
                yield Edit(node, type(node)(this=node.this.copy(), expression=exp.Literal.string(other)))
        swapped = exp.ILike if isinstance(node, exp.Like) else exp.Like
        if any(c.isalpha() for c in pattern):
            yield Edit(node, swapped(this=node.this.copy(), expression=node.expression.copy()))


def negation(names: Names, tables: Tables) -> Iterator[Edit]:
    """NOT put before LIKE, BETWEEN, IN, EXISTS, or taken away."""
    for node in _all(names, exp.Like, exp.ILike, exp.Between, exp.In, exp.Exists):
        yield _flipped(node)


def null_test(names: Names, tables: Tables) -> Iterator[Edit]:
    """IS NULL for IS NOT NULL."""
    for node in _all(names, exp.Is):
        yield _flipped(node)


def between_bounds(names: Names, tables: Tables) -> Iterator[Edit]:
    """BETWEEN without its ends."""
    for node in _all(names, exp.Between):
        low, high = node.args["low"], node.args["high"]
        for below, above in ((exp.GT, exp.LTE), (exp.GTE, exp.LT)):
            sides = below(this=node.this.copy(), expression=low.copy()), above(this=node.this.copy(), expression=high.copy())
            yield Edit(node, exp.Paren(this=exp.And(this=sides[0], expression=sides[1])))


def in_list(names: Names, tables: Tables) -> Iterator[Edit]:
    """IN without one of its values."""
    for node in _all(names, exp.In):
        if len(node.expressions) > 1:
            for i in range(min(3, len(node.expressions))):
                yield Edit(node, [e for j, e in enumerate(node.expressions) if j != i], "expressions")


def condition_dropped(names: Names, tables: Tables) -> Iterator[Edit]:
    """One part of WHERE, ON or HAVING left out."""
    for node in _all(names, exp.Where, exp.Having):
        for part in _parts(node.this):
            yield _without(node, part)


def join_condition_dropped(names: Names, tables: Tables) -> Iterator[Edit]:
    """A join without one part of its condition."""
    for node in _all(names, exp.Join):
        on = node.args.get("on")
        parts = list(conjuncts(on)) if on is not None else []
        for part in parts if len(parts) > 1 else []:
            yield Edit(part, exp.true())


def condition_added(names: Names, tables: Tables) -> Iterator[Edit]:
    """A further IS NOT NULL on a column that is shown."""
    context = _Context(names, tables)
    for scope in _top(names):
        select = scope.select
        for shown in select.expressions[:6]:
            column = shown.unalias()
            if not isinstance(column, exp.Column) or column.is_star or names.origin(column) is None:
                continue
            proof = f"{column.sql()} is never NULL" if context.known(scope).never_null(column) else ""
            test = exp.Not(this=exp.Is(this=column.copy(), expression=exp.Null()))
            where = select.args.get("where")
            both = exp.And(this=exp.paren(where.this.copy()), expression=test) if where is not None else test
            yield Edit(select, exp.Where(this=both), "where", proof)


def connective(names: Names, tables: Tables) -> Iterator[Edit]:
    """OR for AND and the other way round."""
    for node in _all(names, exp.And, exp.Or):
        if isinstance(node.parent, exp.Join):
            continue
        other = exp.Or if isinstance(node, exp.And) else exp.And
        changed: exp.Expr = other(this=exp.paren(node.this.copy()), expression=exp.paren(node.expression.copy()))
        yield Edit(node, exp.Paren(this=changed))


def column(names: Names, tables: Tables) -> Iterator[Edit]:
    """A column for another of the same kind."""
    context = _Context(names, tables)
    for node in _all(names, exp.Column)[:_LARGE]:
        if isinstance(node.parent, exp.Join) or _joins(node.parent) or _idle(node):
            continue
        yield from _other_columns(node, context, 3)


def join_key(names: Names, tables: Tables) -> Iterator[Edit]:
    """A join on another column of the same kind."""
    context = _Context(names, tables)
    for node in _all(names, exp.Column)[:_LARGE]:
        if _joins(node.parent):
            yield from _other_columns(node, context, 2, own=True)


def join_type(names: Names, tables: Tables) -> Iterator[Edit]:
    """LEFT, RIGHT or FULL for an inner join, inner for an outer one."""
    context = _Context(names, tables)
    for node in _all(names, exp.Join):
        if node.args.get("on") is None and not node.args.get("using"):
            continue
        sides = ("LEFT", "RIGHT", "FULL") if not node.side else ("",)
        for side in sides:
            copied = node.copy()
            copied.set("side", side or None)
            copied.set("kind", None)
            yield Edit(node, copied, equal=_join_equal(node, side, context))


def table(names: Names, tables: Tables) -> Iterator[Edit]:
    """Another table that has the same columns."""
    for scope in names.scopes:
        for source in scope.sources:
            if not source.table or not isinstance(source.node, exp.Table):
                continue
            used = {c.name.lower() for c in _all(names, exp.Column) if names.source(c) is source}
            for other, shape in tables.items():
                if other != source.table and used and used.issubset(shape.kinds):
                    copied = source.node.copy()
                    copied.set("this", exp.to_identifier(other, quoted=True))
                    if not source.node.alias:
                        copied.set("alias", exp.TableAlias(this=exp.to_identifier(source.node.name, quoted=True)))
                    yield Edit(source.node, copied)


def aggregate(names: Names, tables: Tables) -> Iterator[Edit]:
    """MIN for MAX, SUM for AVG, ..."""
    context = _Context(names, tables)
    for node in _all(names, *_AGGREGATES):
        inner = node.this
        if isinstance(inner, exp.Star | exp.Distinct | exp.Literal) or inner is None:
            continue
        for other in _AGGREGATES:
            if other is not type(node):
                changed: exp.Expr = other(this=inner.copy())
                if isinstance(changed, exp.Count):
                    changed.set("big_int", True)
                yield Edit(node, changed, equal=_aggregate_equal(node, other, context))


def count_argument(names: Names, tables: Tables) -> Iterator[Edit]:
    """COUNT(*) for COUNT(x), COUNT(x) for COUNT(*)."""
    context = _Context(names, tables)
    for node in _all(names, exp.Count):
        scope = names.scope(node)
        if scope is None:
            continue
        known = context.known(scope)
        if isinstance(node.this, exp.Star | exp.Literal):
            for source in scope.sources[:3]:
                for other in _columns_of(source, tables)[:3]:
                    made = exp.column(other, source.name, quoted=True)
                    proof = "never NULL" if _never_null(known, source, other) else ""
                    yield Edit(node, exp.Count(this=made, big_int=True), equal=proof)
        elif not isinstance(node.this, exp.Distinct):
            proof = "never NULL" if known.never_null(node.this) else ""
            yield Edit(node, exp.Count(this=exp.Star(), big_int=True), equal=proof)


def count_distinct(names: Names, tables: Tables) -> Iterator[Edit]:
    """COUNT(DISTINCT x) for COUNT(x), SUM(DISTINCT x) for SUM(x), and the other way round."""
    context = _Context(names, tables)
    for node in _all(names, exp.Count, exp.Sum, exp.Avg):
        inner = node.this
        if isinstance(inner, exp.Star | exp.Literal) or inner is None:
            continue
        distinct = isinstance(inner, exp.Distinct)
        arguments = inner.expressions if distinct else [inner]
        if len(arguments) != 1:
            continue
        scope = names.scope(node)
        fixed = scope is not None and context.known(scope).rows_fixed([*arguments, *_group_keys(scope)])
        value = arguments[0].copy() if distinct else exp.Distinct(expressions=[inner.copy()])
        yield Edit(node, value, "this", "no value comes twice" if fixed else "")


def distinct(names: Names, tables: Tables) -> Iterator[Edit]:
    """DISTINCT put or taken away where duplicates count."""
    context = _Context(names, tables)
    for scope in names.scopes:
        select = scope.select
        if _only_existence(select) or (plain_aggregate(select) and not select.args.get("group")):
            continue
        given = select.args.get("distinct")
        if given is not None and given.args.get("on") is not None:
            continue
        if select.args.get("order") and not all(_is_shown(o.this, select) for o in select.args["order"].expressions):
            continue  # SQL allows no such DISTINCT, and what DuckDB makes of it is its own
        yield Edit(select, None if given is not None else exp.Distinct(), "distinct", _distinct_equal(scope, context))


def group_key_dropped(names: Names, tables: Tables) -> Iterator[Edit]:
    """GROUP BY without one of its keys, or none at all."""
    context = _Context(names, tables)
    for node in _all(names, exp.Group):
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
    context = _Context(names, tables)
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
    for node in _all(names, exp.Limit, exp.Offset):
        value = constant(node.expression)
        if not isinstance(value, int) or node.parent is None:
            continue
        part = node.arg_key or ""
        for step in (1, -1):
            if value + step >= 0:
                yield Edit(node, type(node)(expression=exp.Literal.number(value + step)))
        if part:
            yield Edit(node.parent, None, part)


def set_operation(names: Names, tables: Tables) -> Iterator[Edit]:
    """UNION for INTERSECT or EXCEPT, UNION ALL for UNION."""
    for node in _all(names, exp.Union, exp.Intersect, exp.Except):
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
    for node in _all(names, exp.Union, exp.Intersect, exp.Except):
        if any(node.args.get(part) for part in ("order", "limit", "offset", "with_", "with")):
            continue
        for side in (node.this, node.expression):
            if node.parent is None or isinstance(node.parent, exp.Subquery | exp.CTE | exp.In | exp.SetOperation):
                yield Edit(node, side.copy())


def arithmetic(names: Names, tables: Tables) -> Iterator[Edit]:
    """+ for -, * for /, ..."""
    for node in _all(names, *_ARITHMETIC):
        if node.find_ancestor(exp.Interval) or isinstance(node.expression, exp.Interval):
            continue
        for other in _ARITHMETIC[type(node)]:
            yield Edit(node, other(this=node.this.copy(), expression=node.expression.copy()))
        if isinstance(node, exp.Sub | exp.Div):
            yield Edit(node, type(node)(this=exp.paren(node.expression.copy()), expression=exp.paren(node.this.copy())))


def case(names: Names, tables: Tables) -> Iterator[Edit]:
    """CASE without a branch, or without ELSE."""
    for node in _all(names, exp.Case):
        branches = node.args.get("ifs") or []
        for branch in branches:
            if len(branches) > 1:
                yield Edit(node, [b for b in branches if b is not branch], "ifs")
            elif node.args.get("default") is not None:
                changed = branch.copy()
                changed.set("true", node.args["default"].copy())
                yield Edit(branch, changed)
        if node.args.get("default") is not None:
            yield Edit(node, None, "default", "ELSE NULL is the rule" if isinstance(node.args["default"], exp.Null) else "")


def date_part(names: Names, tables: Tables) -> Iterator[Edit]:
    """Month for year, day for month, ..."""
    for node in _all(names, *_PARTS):
        for other in _PARTS[:3]:
            if other is not type(node):
                yield Edit(node, other(this=node.this.copy()))
    for node in _all(names, exp.Extract):
        for name in ("YEAR", "MONTH", "DAY"):
            if node.name.upper() != name:
                yield Edit(node, exp.Extract(this=exp.var(name), expression=node.expression.copy()))
    for node in _all(names, exp.TimeToStr):
        pattern = node.args.get("format")
        for other_format in ("%Y", "%m", "%d"):
            if isinstance(pattern, exp.Literal) and pattern.this != other_format:
                yield Edit(node, exp.Literal.string(other_format), "format")


def window(names: Names, tables: Tables) -> Iterator[Edit]:
    """A window without PARTITION BY, without a frame, or another ranking function."""
    ranks = (exp.RowNumber, exp.Rank, exp.DenseRank)
    for node in _all(names, exp.Window):
        if node.args.get("partition_by"):
            yield Edit(node, None, "partition_by")
        if node.args.get("spec") is not None:
            yield Edit(node, None, "spec")
        if isinstance(node.this, ranks):
            for other in ranks:
                if not isinstance(node.this, other):
                    yield Edit(node, other(), "this")


def function(names: Names, tables: Tables) -> Iterator[Edit]:
    """COALESCE, ROUND, ABS, LOWER, UPPER or TRIM left out."""
    for node in _all(names, exp.Coalesce, exp.Round, exp.Abs, exp.Lower, exp.Upper, exp.Trim):
        if node.this is not None:
            yield Edit(node, exp.paren(node.this.copy()))
        if isinstance(node, exp.Lower | exp.Upper):
            yield Edit(node, (exp.Upper if isinstance(node, exp.Lower) else exp.Lower)(this=node.this.copy()))


def filter_dropped(names: Names, tables: Tables) -> Iterator[Edit]:
    """An aggregate without its FILTER."""
    for node in _all(names, exp.Filter):
        yield Edit(node, node.this.copy())


def quantifier(names: Names, tables: Tables) -> Iterator[Edit]:
    """IN (SELECT ...) for = (SELECT ...), MIN for MAX in a subquery that stands for a value."""
    for node in _all(names, exp.In):
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


RULES: dict[str, Callable[[Names, Tables], Iterator[Edit]]] = {
    rule.__name__: rule
    for rule in (
        comparison, join_comparison, number, text, text_swapped, date, like, negation, null_test, between_bounds, in_list,
        condition_dropped, join_condition_dropped, condition_added, connective, column, join_key, join_type, table, aggregate,
        count_argument, count_distinct, distinct, group_key_dropped, order_direction, order_nulls, order_dropped, limit,
        set_operation, set_operand, arithmetic, case, date_part, window, function, filter_dropped, quantifier,
    )
}  # fmt: skip


def _all(names: Names, *kinds: type[exp.Expr]) -> list[Any]:
    """The nodes of these kinds in the order of the text."""
    return list(names.tree.find_all(*kinds, bfs=False))


def _strings(names: Names) -> list[exp.Literal]:
    """Texts that are compared, not formats, patterns or dates."""
    return [
        node
        for node in _all(names, exp.Literal)
        if node.is_string and isinstance(node.parent, (*_SIGNS, exp.In, exp.Lower, exp.Upper, exp.If)) and not _moved(str(node.this), 1)
    ]


def _numeric(value: float) -> exp.Expr:
    value = round(value, 9)
    made = exp.Literal.number(abs(value))
    return exp.Neg(this=made) if value < 0 else made


def _moved(value: str, days: int) -> str:
    """A date, with or without a time of day, moved by days; '' for another text."""
    try:
        return (dt.date.fromisoformat(value[:10]) + dt.timedelta(days)).isoformat() + value[10:] if value[4:5] == "-" else ""
    except (ValueError, OverflowError):
        return ""


def _joins(node: exp.Expr | None) -> bool:
    """Whether a node is an equality of two columns: a join condition, wherever it stands."""
    return isinstance(node, exp.EQ) and isinstance(node.this, exp.Column) and isinstance(node.expression, exp.Column)


def _flipped(node: exp.Expr) -> Edit:
    outer = node.parent
    while isinstance(outer, exp.Paren):
        outer = outer.parent
    return Edit(outer, node.copy()) if isinstance(outer, exp.Not) else Edit(node, exp.Not(this=node.copy()))


def _parts(node: exp.Expr) -> Iterator[exp.Expr]:
    node = node.unnest()
    if isinstance(node, exp.And | exp.Or):
        yield from _parts(node.this)
        yield from _parts(node.expression)
    else:
        yield node


def _without(clause: exp.Expr, part: exp.Expr) -> Edit:
    """A clause without one part of its condition; the clause goes with its last part."""
    inner = part
    while isinstance(inner.parent, exp.Paren):
        inner = inner.parent
    connective = inner.parent
    if isinstance(connective, exp.And | exp.Or):
        other = connective.expression if connective.this is inner else connective.this
        return Edit(connective, other.copy())
    assert clause.parent is not None
    return Edit(clause.parent, None, "where" if isinstance(clause, exp.Where) else "having")


def _top(names: Names) -> Iterator[Scope]:
    """SELECTs whose rows are shown: not those behind EXISTS or IN, which NULL does not reach the same way."""
    for scope in names.scopes:
        if not _only_existence(scope.select) and scope.parent is None:
            yield scope


def _only_existence(select: exp.Select) -> bool:
    """A SELECT whose duplicates do not matter: in EXISTS, IN or a set operation that removes them."""
    node: exp.Expr = select
    while isinstance(node.parent, exp.Subquery | exp.SetOperation):
        node = node.parent
        if isinstance(node, exp.SetOperation) and node.args.get("distinct"):
            return not select.args.get("limit")
    return isinstance(node.parent, exp.In | exp.Exists) and not select.args.get("limit")


def _idle(node: exp.Expr) -> bool:
    """In the SELECT list of EXISTS, which nobody reads."""
    select = node.find_ancestor(exp.Select)
    in_list = node
    while in_list.parent is not None and in_list.parent is not select:
        in_list = in_list.parent
    return select is not None and in_list.arg_key == "expressions" and isinstance(select.parent, exp.Exists)


def _columns_of(source: Source, tables: Tables) -> list[str]:
    return list(tables[source.table].kinds) if source.table in tables else []


def _never_null(known: Known, source: Source, name: str) -> bool:
    shape = known.tables[source.table]
    return (id(source), name) in known.rejected or (name in shape.required and not source.outer)


def _kind(node: exp.Column, names: Names, tables: Tables) -> str:
    origin = names.origin(node)
    return tables[origin[0]].kinds.get(origin[1], "") if origin and origin[0] in tables else ""


def _other_columns(node: exp.Column, context: _Context, most: int, own: bool = False) -> Iterator[Edit]:
    """The column for others of its kind that this SELECT reads; `own`: of the same source only."""
    names, tables = context.names, context.tables
    scope, kind = names.scope(node), _kind(node, names, context.tables)
    mine = names.source(node)
    if scope is None or not kind or mine not in scope.sources:
        return
    known, name = context.known(scope), node.name.lower()
    sources = sorted(scope.sources, key=lambda s: s is not mine)
    made = 0
    for source in sources:
        for other in _columns_of(source, tables):
            if (source is mine and other == name) or tables[source.table].kinds[other] != kind or (own and source is not mine):
                continue
            value = exp.column(other, source.name, quoted=True)
            assert mine is not None
            proof = "equal by the join" if known.same((id(mine), name), (id(source), other)) else ""
            if not proof and isinstance(node.parent, exp.Count) and known.never_null(node) and _never_null(known, source, other):
                proof = "both are never NULL"
            if isinstance(node.parent, exp.Select) and node.arg_key == "expressions" and names.scopes[0] is not scope:
                value = exp.alias_(value, node.name, quoted=True)
            yield Edit(node, value, equal=proof)
            made += 1
            if made == most:
                return


def _group_keys(scope: Scope) -> list[exp.Expr]:
    group = scope.select.args.get("group")
    return list(group.expressions) if group is not None else []


def _gap(node: exp.Expr, other: type[exp.Expr], names: Names, tables: Tables) -> str:
    """Why two comparisons agree: no integer equals a fraction, a group has a row, nothing is below its minimum."""
    value = constant(node.expression)
    if isinstance(value, int) and (least := _least_count(node.this, names)) is not None:
        if all(_holds(type(node), n, value) == _holds(other, n, value) for n in range(least, max(value, 0) + 3)):
            return "a count is never less"
    if {type(node), other} in _AT_LEAST.get(_bound(node, names), ()):
        return "nothing lies beyond its minimum or maximum"
    inclusive = {type(node), other} in ({exp.GT, exp.GTE}, {exp.LT, exp.LTE})
    if inclusive and isinstance(value, float) and value != int(value) and _integral(node.this, names, tables):
        return "an integer is never a fraction"
    return ""


def _fraction_gap(node: exp.Expr, value: float, step: float, names: Names, tables: Tables) -> str:
    parent = node.parent
    if isinstance(parent, tuple(_SIGNS)) and isinstance(value, int) and (least := _least_count(parent.this, names)) is not None:
        kind, moved_to = type(parent), value + int(step)
        if all(_holds(kind, n, value) == _holds(kind, n, moved_to) for n in range(least, max(value, 0) + 4)):
            return "a count is never less"
    if step != 0.5 or not isinstance(parent, tuple(_SIGNS)) or not _integral(parent.this, names, tables):
        return ""
    moved = value + step
    if isinstance(parent, exp.GT | exp.LTE):
        return "no integer lies between" if int(value // 1) == int(moved // 1) else ""
    if isinstance(parent, exp.GTE | exp.LT):
        return "no integer lies between" if -int(-value // 1) == -int(-moved // 1) else ""
    return "no integer is either" if value % 1 and moved % 1 else ""


_AT_LEAST: dict[str, tuple[set[type[exp.Expr]], ...]] = {
    "min": ({exp.EQ, exp.LTE}, {exp.GT, exp.NEQ}),
    "max": ({exp.EQ, exp.GTE}, {exp.LT, exp.NEQ}),
}


def _holds(sign: type[exp.Expr], left: int, right: int) -> bool:
    return {
        exp.EQ: left == right, exp.NEQ: left != right, exp.GT: left > right, exp.GTE: left >= right, exp.LT: left < right,
        exp.LTE: left <= right,
    }[sign]  # fmt: skip


def _least_count(node: exp.Expr, names: Names) -> int | None:
    """The least value of a COUNT: 1 for the rows of a group, else 0; None for another expression."""
    node = names.shown(node.unnest())
    if not isinstance(node, exp.Count):
        return None
    select = node.find_ancestor(exp.Select)
    grouped = isinstance(select, exp.Select) and bool(select.args.get("group"))
    return 1 if grouped and isinstance(node.this, exp.Star | exp.Literal) and not isinstance(node.parent, exp.Filter) else 0


def _bound(node: exp.Expr, names: Names) -> str:
    """'min' or 'max' when a column is compared with its own minimum or maximum over rows that hold those looked at."""
    query = node.expression.unnest() if isinstance(node.expression, exp.Subquery) else None
    if not isinstance(query, exp.Select) or len(query.expressions) != 1 or query.args.get("group") or query.args.get("having"):
        return ""
    call = query.expressions[0].unalias()
    inner, outer = names.scope(query), names.scope(node)
    if not isinstance(call, exp.Min | exp.Max) or inner is None or outer is None or not (inner.whole and outer.whole):
        return ""
    if len(inner.sources) != 1 or not isinstance(node.this, exp.Column) or not isinstance(call.this, exp.Column):
        return ""
    source = names.source(node.this)
    where, outer_where = query.args.get("where"), outer.select.args.get("where")
    if source not in outer.sources or source is None or not source.table or source.table != inner.sources[0].table:
        return ""
    if node.this.name.lower() != call.this.name.lower() or names.source(call.this) is not inner.sources[0]:
        return ""
    if node.find_ancestor(exp.Where) is not outer_where:
        return ""
    given = {_bare(part) for part in conjuncts(outer_where.this)} if outer_where is not None and len(outer.sources) == 1 else set()
    if where is not None and not all(_bare(part) in given for part in conjuncts(where.this)):
        return ""
    return "min" if isinstance(call, exp.Min) else "max"


def _bare(condition: exp.Expr) -> str:
    """A condition's text without qualifiers; one with a subquery equals nothing."""
    if condition.find(exp.Query):
        return str(id(condition))
    copied = condition.copy()
    for column_ in copied.find_all(exp.Column):
        column_.set("table", None)
    return str(copied.sql()).lower()


def _integral(node: exp.Expr, names: Names, tables: Tables) -> bool:
    if isinstance(node, exp.Count):
        return True
    origin = names.origin(node)
    return origin is not None and origin[0] in tables and "INT" in tables[origin[0]].types.get(origin[1], "")


def _is_shown(key: exp.Expr, select: exp.Select) -> bool:
    """Whether a sort key is one of the outputs."""
    texts = {e.unalias().sql() for e in select.expressions} | {e.alias for e in select.expressions if e.alias}
    return key.sql() in texts or constant(key) is not None


def _distinct_equal(scope: Scope, context: _Context) -> str:
    limit_ = scope.select.args.get("limit")
    if limit_ is not None and constant(limit_.expression) == 1 and not scope.select.args.get("offset"):
        return "the first row is the first either way"
    known, shown = context.known(scope), [e.unalias() for e in scope.select.expressions]
    if any(e.is_star for e in shown):
        starred = all(isinstance(e, exp.Star) for e in shown if e.is_star)
        whole = starred and scope.whole and all(s.table in known.tables and known.tables[s.table].keys for s in scope.sources)
        return "every row shows its keys" if whole and not _group_keys(scope) else ""
    keys = _group_keys(scope)
    if keys:
        texts = {e.sql() for e in shown}
        rest = [k for k in keys if k.sql() not in texts]
        named = {constant(k) for k in keys}
        return "every group shows its keys" if all(known.fixes(shown, k) for k in rest) and named == {None} else ""
    return "every row shows its keys" if known.rows_fixed(shown) else ""


def _aggregate_equal(node: exp.Expr, other: type[exp.Expr], context: _Context) -> str:
    """MIN, MAX and AVG of what the group fixes are that value."""
    scope = context.names.scope(node)
    if scope is None or isinstance(node.parent, exp.Window | exp.Filter):
        return ""
    known, keys = context.known(scope), _group_keys(scope)
    same = {exp.Min, exp.Max, exp.Avg}
    if any(constant(k) is not None for k in keys):
        return ""
    if {type(node), other} <= same and known.fixes(keys, node.this):
        return "the group fixes the value"
    if {type(node), other} <= same | {exp.Sum} and keys and known.rows_fixed(keys):
        return "the group is one row"
    return ""


def _join_equal(join: exp.Join, side: str, context: _Context) -> str:
    """Why an outer join adds no row: its rows with NULLs are turned away, or a required foreign key leaves none."""
    scope = context.names.scope(join)
    if scope is None or not scope.whole or len(scope.select.args.get("joins") or []) + 1 != len(scope.sources):
        return ""
    at = next((i for i, s in enumerate(scope.sources) if s.node is join.this), None)
    joins = scope.select.args.get("joins") or []
    if at is None or any(j.side in {"RIGHT", "FULL"} for j in joins if j is not join):
        return ""
    where = scope.select.args.get("where")
    turned = _turned_away(scope, context, [*(conjuncts(where.this) if where is not None else ())], joins[at:])
    mine, others = scope.sources[at], scope.sources[:at]
    kept_right = mine in turned or any(
        _child_of(context.known(scope), child, mine, join.args.get("on")) and len(scope.sources) >= 2 for child in others
    )
    kept_left = any(other in turned for other in others) or (
        len(others) == 1 and _child_of(context.known(scope), mine, others[0], join.args.get("on"))
    )
    kept_left = kept_left or _only_aggregates(scope, context, others)
    kept_right = kept_right or _only_aggregates(scope, context, [mine])
    alone_left = len(others) == 1 and _lonely(scope, context, others[0])
    kept_right = kept_right or alone_left  # a row without partner is a group of one, which HAVING turns away
    kept_left = kept_left or (len(scope.sources) == at + 1 and _lonely(scope, context, mine))
    wanted = side or join.side
    if (wanted == "LEFT" and kept_right) or (wanted == "RIGHT" and kept_left) or (wanted == "FULL" and kept_left and kept_right):
        return "the rows without a partner are turned away or cannot be"
    return ""


def _child_of(known: Known, child: Source, parent: Source, on: exp.Expr | None) -> bool:
    return known.required_reference(child, parent, on)


def _lonely(scope: Scope, context: _Context, source: Source) -> bool:
    """Whether rows of a source that find no partner form groups of one row, and HAVING wants more."""
    having, keys = scope.select.args.get("having"), _group_keys(scope)
    shape = context.tables.get(source.table)
    if having is None or not keys or shape is None or len(scope.sources) != 2:
        return False
    mine = {c.name.lower() for c in keys if isinstance(c, exp.Column) and context.names.source(c) is source}
    if not any(key <= mine for key in shape.keys):
        return False
    for part in conjuncts(having.this):
        value = constant(part.expression) if isinstance(part, tuple(_SIGNS)) else None
        if isinstance(value, int) and isinstance(part.this, exp.Count) and isinstance(part.this.this, exp.Star):
            if not _holds(type(part), 1, value):
                return True
    return False


def _only_aggregates(scope: Scope, context: _Context, sources: list[Source]) -> bool:
    """Whether a SELECT shows nothing but aggregates of columns of these sources: rows where those are NULL change nothing."""
    select = scope.select
    if any(select.args.get(part) for part in ("group", "having", "order", "qualify")):
        return False
    for shown in select.expressions:
        call = shown.unalias()
        inner = call.this if isinstance(call, _AGGREGATES) else None
        if isinstance(inner, exp.Distinct) and len(inner.expressions) == 1:
            inner = inner.expressions[0]
        if not isinstance(inner, exp.Column) or context.names.source(inner) not in sources:
            return False
    return True


def _turned_away(scope: Scope, context: _Context, conditions: list[exp.Expr], later: list[exp.Join]) -> list[Source]:
    """Sources of which a later condition turns NULLs away."""
    passed = list(conditions)
    for join in later:
        if not join.side and join.args.get("on") is not None:
            passed += conjuncts(join.args["on"])
        elif join.side:
            break
    sources = [context.names.source(column) for condition in passed for column in null_rejected(condition)]
    return [source for source in sources if source is not None and source in scope.sources]


def _ordered(names: Names, tables: Tables) -> Iterator[tuple[exp.Ordered, str]]:
    """Sort keys that matter, each with the proof that it sorts nothing, or ''."""
    context = _Context(names, tables)
    for node in _all(names, exp.Ordered):
        order = node.parent
        query = order.parent if isinstance(order, exp.Order) else None
        if isinstance(query, exp.Query) and query is not _outermost(names.tree) and not query.args.get("limit"):
            continue  # an order inside, which nothing keeps
        yield node, _order_equal(node, query, context)


def _order_equal(node: exp.Ordered, query: exp.Expr | None, context: _Context) -> str:
    if not isinstance(query, exp.Select):
        return ""
    if plain_aggregate(query) and not query.args.get("group"):
        return "there is one row"
    scope = context.names.scope(query)
    if scope is None or not isinstance(node.parent, exp.Order) or query.args.get("distinct") or query.args.get("group"):
        return ""
    before = []
    for ordered in node.parent.expressions:
        if ordered is node:
            break
        before.append(ordered.this)
    known = context.known(scope)
    if isinstance(node.this, exp.Column) and known.column(node.this) is not None:
        if known.fixes(before, node.this):
            return "the keys before it fix it"
    return "no ties are left" if known.rows_fixed(before) else ""


def _outermost(tree: exp.Expr) -> exp.Expr:
    while isinstance(tree, exp.Subquery | exp.Paren):
        tree = tree.this
    return tree

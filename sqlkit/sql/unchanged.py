"""Why an edit changes nothing, on any database that keeps the schema's constraints; '' where that is not known."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from sqlkit.sql.facts import constant
from sqlkit.sql.keys import Known, conjuncts, null_rejected, plain_aggregate
from sqlkit.sql.mutating import AGGREGATES, SIGNS, Context, Tables, group_keys
from sqlkit.sql.resolve import Names, Scope, Source
from sqlkit.sql.text import write


def same_sign(node: exp.Expr, other: type[exp.Expr], names: Names, tables: Tables) -> str:
    """Why two comparisons agree: no integer equals a fraction, a group has a row, nothing is below its minimum."""
    value = constant(node.expression)
    if isinstance(value, int) and (least := _least_count(node.this, names)) is not None:
        if all(_holds(type(node), n, value) == _holds(other, n, value) for n in range(least, max(value, 0) + 3)):
            return "a count is never less"
    if {type(node), other} in _AT_LEAST.get(_bound(node, names), ()):
        return "nothing lies beyond its minimum or maximum"
    inclusive = {type(node), other} in ({exp.GT, exp.GTE}, {exp.LT, exp.LTE})
    if _truth_gap(node, other, names, tables):
        return "there are two truth values"
    if inclusive and isinstance(value, float) and value != int(value) and _integral(node.this, names, tables):
        return "an integer is never a fraction"
    return ""


def _truth_gap(node: exp.Expr, other: type[exp.Expr], names: Names, tables: Tables) -> bool:
    """A BOOLEAN compared with a truth value, or with 0 or 1: both signs accept the same of the two."""
    origin, value = names.origin(node.this), constant(node.expression)
    if origin is None or origin[0] not in tables or tables[origin[0]].kinds.get(origin[1]) != "bool" or value not in (0, 1):
        return False
    return all(_holds(type(node), truth, int(value)) == _holds(other, truth, int(value)) for truth in (0, 1))


def same_number(node: exp.Expr, value: float, step: float, names: Names, tables: Tables) -> str:
    parent: Any = node.parent
    compared = isinstance(parent, tuple(SIGNS))
    if compared and isinstance(value, int) and (least := _least_count(parent.this, names)) is not None:
        kind: type[exp.Expr] = type(parent)
        moved_to = value + int(step)
        if all(_holds(kind, n, value) == _holds(kind, n, moved_to) for n in range(least, max(value, 0) + 4)):
            return "a count is never less"
    if step != 0.5 or not compared or not _integral(parent.this, names, tables):
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
    told: dict[type[exp.Expr], bool] = {
        exp.EQ: left == right, exp.NEQ: left != right, exp.GT: left > right, exp.GTE: left >= right, exp.LT: left < right,
        exp.LTE: left <= right,
    }  # fmt: skip
    return told[sign]


def _least_count(node: exp.Expr, names: Names) -> int | None:
    """The least value of a COUNT: 1 for the rows of a group, else 0; None for another expression."""
    node = names.shown(node.unnest())
    if not isinstance(node, exp.Count):
        return None
    select = node.find_ancestor(exp.Select)
    grouped = isinstance(select, exp.Select) and bool(select.args.get("group"))
    return 1 if grouped and isinstance(node.this, exp.Star | exp.Literal) and not isinstance(node.parent, exp.Filter) else 0


def always_true(part: exp.Expr, names: Names) -> str:
    """A condition on a group's COUNT(*) that every group fulfils."""
    value = constant(part.expression) if isinstance(part, tuple(SIGNS)) else None
    least = _least_count(part.this, names) if isinstance(value, int) else None
    if least is None or not isinstance(value, int):
        return ""
    return "a count is never less" if all(_holds(type(part), n, value) for n in range(least, max(value, 0) + 3)) else ""


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
    return write(copied, "").lower()


def _integral(node: exp.Expr, names: Names, tables: Tables) -> bool:
    if isinstance(node, exp.Count):
        return True
    origin = names.origin(node)
    return origin is not None and origin[0] in tables and "INT" in tables[origin[0]].types.get(origin[1], "")


def distinct_equal(scope: Scope, context: Context) -> str:
    limit_ = scope.select.args.get("limit")
    if limit_ is not None and constant(limit_.expression) == 1 and not scope.select.args.get("offset"):
        return "the first row is the first either way"
    known, shown = context.known(scope), [e.unalias() for e in scope.select.expressions]
    keys = group_keys(scope)
    if keys:  # any value of a column that the group fixes is its value
        shown = [e.this if isinstance(e, exp.First | exp.AnyValue | exp.Min | exp.Max) and known.fixes(keys, e.this) else e for e in shown]
    if any(e.is_star for e in shown):
        starred = all(isinstance(e, exp.Star) for e in shown if e.is_star)
        whole = starred and scope.whole and all(s.table in known.tables and known.tables[s.table].keys for s in scope.sources)
        return "every row shows its keys" if whole and not keys else ""
    if keys:
        texts = {write(e, "") for e in shown}
        rest = [k for k in keys if write(k, "") not in texts]
        named = {constant(k) for k in keys}
        return "every group shows its keys" if all(known.fixes(shown, k) for k in rest) and named == {None} else ""
    return "every row shows its keys" if known.rows_fixed(shown) else ""


def aggregate_equal(node: exp.Expr, other: type[exp.Expr], context: Context) -> str:
    """MIN, MAX and AVG of what the group fixes are that value."""
    scope = context.names.scope(node)
    if scope is None or isinstance(node.parent, exp.Window | exp.Filter):
        return ""
    known, keys = context.known(scope), group_keys(scope)
    same = {exp.Min, exp.Max, exp.Avg}
    if any(constant(k) is not None for k in keys):
        return ""
    if {type(node), other} <= same and known.fixes(keys, node.this):
        return "the group fixes the value"
    if {type(node), other} <= same | {exp.Sum} and keys and known.rows_fixed(keys):
        return "the group is one row"
    return ""


def join_equal(join: exp.Join, side: str, context: Context) -> str:
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
    kept_left = kept_left or _only_aggregates(scope, context, others) or _sought(scope, context, others)
    kept_right = kept_right or _only_aggregates(scope, context, [mine]) or _sought(scope, context, [mine])
    alone_left = len(others) == 1 and _lonely(scope, context, others[0])
    alone_left = alone_left or _emptied(scope, context, mine)
    kept_right = kept_right or alone_left  # a row without partner is a group of one, which HAVING turns away
    kept_left = kept_left or (len(scope.sources) == at + 1 and _lonely(scope, context, mine))
    kept_left = kept_left or (len(others) == 1 and _emptied(scope, context, others[0]))
    wanted = side or join.side
    if (wanted == "LEFT" and kept_right) or (wanted == "RIGHT" and kept_left) or (wanted == "FULL" and kept_left and kept_right):
        return "the rows without a partner are turned away or cannot be"
    return ""


def _child_of(known: Known, child: Source, parent: Source, on: exp.Expr | None) -> bool:
    return known.required_reference(child, parent, on)


def _lonely(scope: Scope, context: Context, source: Source) -> bool:
    """Whether rows of a source that find no partner form groups of one row, and HAVING wants more."""
    having, keys = scope.select.args.get("having"), group_keys(scope)
    shape = context.tables.get(source.table)
    if having is None or not keys or shape is None or len(scope.sources) != 2:
        return False
    mine = {c.name.lower() for c in keys if isinstance(c, exp.Column) and context.names.source(c) is source}
    if not any(key <= mine for key in shape.keys):
        return False
    for part in conjuncts(having.this):
        value = constant(part.expression) if isinstance(part, tuple(SIGNS)) else None
        if isinstance(value, int) and isinstance(part.this, exp.Count) and isinstance(part.this.this, exp.Star):
            if not _holds(type(part), 1, value):
                return True
    return False


def _sought(scope: Scope, context: Context, sources: list[Source]) -> bool:
    """Whether a SELECT only stands behind an IN that is not negated, and shows a column that is NULL in the rows without
    partner: x IN (..., NULL) is true exactly where x IN (...) is, and a condition is either true or turns the row away.
    The same holds for what INTERSECT or EXCEPT compares with a column that is never NULL."""
    select = scope.select
    inside = select.parent.parent if isinstance(select.parent, exp.Subquery) else select.parent
    if any(select.args.get(part) for part in ("group", "having", "limit", "offset", "qualify")):
        return False
    if isinstance(inside, exp.Intersect | exp.Except):
        return _met_by_none(select, inside, context, sources)
    if not isinstance(inside, exp.In):
        return False
    at: exp.Expr | None = inside.parent
    while isinstance(at, exp.And | exp.Or | exp.Paren):
        at = at.parent
    shown = select.expressions[0].unalias()
    return isinstance(at, exp.Where) and isinstance(shown, exp.Column) and context.names.source(shown) in sources


def _met_by_none(select: exp.Select, operation: exp.Expr, context: Context, sources: list[Source]) -> bool:
    """Whether rows of an operand in which the sources are NULL equal no row of the other operand."""
    first = operation.this.unnest() is select
    other = (operation.expression if first else operation.this).unnest()
    scope = context.names.scope(other) if isinstance(other, exp.Select) else None
    if scope is None or (first and isinstance(operation, exp.Except)):
        return False
    return any(
        isinstance(mine.unalias(), exp.Column) and context.names.source(mine.unalias()) in sources and context.known(scope).never_null(theirs.unalias())
        for mine, theirs in zip(select.expressions, other.expressions, strict=False)
    )


def _emptied(scope: Scope, context: Context, source: Source) -> bool:
    """Whether rows in which a source is all NULL form groups of their own, and HAVING turns these away: it compares an
    aggregate of the source, which is NULL there, and a key of the group is a column of it that is never NULL elsewhere, or
    the keys hold a key of the other source."""
    having, known = scope.select.args.get("having"), context.known(scope)
    own = [k for k in group_keys(scope) if isinstance(k, exp.Column) and context.names.source(k) is source and known.never_null(k)]
    others = [s for s in scope.sources if s is not source]
    shape = context.tables.get(others[0].table) if len(others) == 1 else None
    theirs = {k.name.lower() for k in group_keys(scope) if isinstance(k, exp.Column) and context.names.source(k) in others}
    if having is None or not (own or (shape is not None and any(key <= theirs for key in shape.keys))):
        return False
    for part in conjuncts(having.this):
        call = part.this if isinstance(part, tuple(SIGNS)) and constant(part.expression) is not None else None
        if isinstance(call, exp.Sum | exp.Avg | exp.Min | exp.Max) and isinstance(call.this, exp.Column):
            if context.names.source(call.this) is source:
                return True
    return False


def _only_aggregates(scope: Scope, context: Context, sources: list[Source]) -> bool:
    """Whether a SELECT shows nothing but aggregates of columns of these sources: rows where those are NULL change nothing."""
    select = scope.select
    if any(select.args.get(part) for part in ("group", "having", "order", "qualify")):
        return False
    for shown in select.expressions:
        call = shown.unalias()
        inner = call.this if isinstance(call, AGGREGATES) else None
        if isinstance(inner, exp.Distinct) and len(inner.expressions) == 1:
            inner = inner.expressions[0]
        if not isinstance(inner, exp.Column) or context.names.source(inner) not in sources:
            return False
    return True


def _turned_away(scope: Scope, context: Context, conditions: list[exp.Expr], later: list[exp.Join]) -> list[Source]:
    """Sources of which a later condition turns NULLs away."""
    passed = list(conditions)
    for join in later:
        if not join.side and join.args.get("on") is not None:
            passed += conjuncts(join.args["on"])
        elif join.side:
            break
    sources = [context.names.source(column) for condition in passed for column in null_rejected(condition)]
    return [source for source in sources if source is not None and source in scope.sources]


def one_row(query: exp.Expr) -> bool:
    """Whether a SELECT aggregates all its rows to one."""
    return isinstance(query, exp.Select) and plain_aggregate(query) and not query.args.get("group") and not query.args.get("having")


def order_equal(node: exp.Ordered, query: exp.Expr | None, context: Context) -> str:
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

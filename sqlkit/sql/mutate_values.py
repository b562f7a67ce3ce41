"""The kinds of mutants that change values and conditions: operators, numbers, texts, dates, patterns, parts left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sqlglot import exp

from sqlkit.sql.facts import constant
from sqlkit.sql.keys import conjuncts
from sqlkit.sql.mutating import SIGNS, Context, Edit, Tables, condition_parts, is_join, nodes, shown_scopes
from sqlkit.sql.resolve import Names
from sqlkit.sql.text import write
from sqlkit.sql.unchanged import always_true, same_number, same_sign

_ARITHMETIC: dict[type[exp.Expr], tuple[type[exp.Expr], ...]] = {
    exp.Add: (exp.Sub, exp.Mul), exp.Sub: (exp.Add, exp.Div), exp.Mul: (exp.Add, exp.Div), exp.Div: (exp.Mul, exp.Sub),
    exp.Mod: (exp.Div,), exp.IntDiv: (exp.Mul,),
}  # fmt: skip


_PARTS = (exp.Year, exp.Month, exp.Day, exp.Quarter, exp.Week)


def comparison(names: Names, tables: Tables) -> Iterator[Edit]:
    """Another comparison operator: < for <=, = for <>, ..."""
    for node in nodes(names, *SIGNS):
        if is_join(node):
            continue
        for other in SIGNS[type(node)]:
            yield Edit(node, other(this=node.this.copy(), expression=node.expression.copy()), equal=same_sign(node, other, names, tables))


def join_comparison(names: Names, tables: Tables) -> Iterator[Edit]:
    """A join on <> or <= instead of =."""
    for node in nodes(names, exp.EQ):
        if is_join(node):
            for other in (exp.NEQ, exp.LTE):
                yield Edit(node, other(this=node.this.copy(), expression=node.expression.copy()))


def number(names: Names, tables: Tables) -> Iterator[Edit]:
    """A number one higher or lower (LIMIT has its own kind)."""
    for node in nodes(names, exp.Literal):
        if node.is_string or isinstance(node.parent, exp.Limit | exp.Offset | exp.Ordered | exp.Group | exp.DataTypeParam | exp.Select):
            continue
        if node.find_ancestor(exp.Limit, exp.Offset, exp.Interval, exp.DataType):
            continue
        value = constant(node)
        if isinstance(value, int | float):
            steps: tuple[float, ...] = (1, -1) if isinstance(value, int) else (1, -1, 0.5)
            if isinstance(node.parent, exp.Round):
                steps = (1,) if value == 0 else (1, -1)
            for step in steps:
                yield Edit(node, _numeric(value + step), equal=same_number(node, value, step, names, tables))


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
    for node in nodes(names, exp.Literal):
        if node.is_string:
            for step in (1, -1):
                moved = _moved(str(node.this), step)
                if moved:
                    yield Edit(node, exp.Literal.string(moved))


def like(names: Names, tables: Tables) -> Iterator[Edit]:
    """A pattern anchored otherwise, LIKE for ILIKE, NOT LIKE."""
    for node in nodes(names, exp.Like, exp.ILike):
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
    for node in nodes(names, exp.Like, exp.ILike, exp.Between, exp.In, exp.Exists):
        yield _flipped(node)


def null_test(names: Names, tables: Tables) -> Iterator[Edit]:
    """IS NULL for IS NOT NULL."""
    for node in nodes(names, exp.Is):
        yield _flipped(node)


def between_bounds(names: Names, tables: Tables) -> Iterator[Edit]:
    """BETWEEN without its ends."""
    for node in nodes(names, exp.Between):
        low, high = node.args["low"], node.args["high"]
        for below, above in ((exp.GT, exp.LTE), (exp.GTE, exp.LT)):
            sides = below(this=node.this.copy(), expression=low.copy()), above(this=node.this.copy(), expression=high.copy())
            yield Edit(node, exp.Paren(this=exp.And(this=sides[0], expression=sides[1])))


def in_list(names: Names, tables: Tables) -> Iterator[Edit]:
    """IN without one of its values."""
    for node in nodes(names, exp.In):
        if len(node.expressions) > 1:
            for i in range(min(3, len(node.expressions))):
                yield Edit(node, [e for j, e in enumerate(node.expressions) if j != i], "expressions")


def condition_dropped(names: Names, tables: Tables) -> Iterator[Edit]:
    """One part of WHERE, ON or HAVING left out."""
    for node in nodes(names, exp.Where, exp.Having):
        for part in condition_parts(node.this):
            edit = _without(node, part)
            edit.equal = always_true(part, names) if isinstance(node, exp.Having) and not isinstance(part.parent, exp.Or) else ""
            yield edit


def join_condition_dropped(names: Names, tables: Tables) -> Iterator[Edit]:
    """A join without one part of its condition."""
    for node in nodes(names, exp.Join):
        on = node.args.get("on")
        parts = list(conjuncts(on)) if on is not None else []
        for part in parts if len(parts) > 1 else []:
            yield Edit(part, exp.true())


def condition_added(names: Names, tables: Tables) -> Iterator[Edit]:
    """A further IS NOT NULL on a column that is shown."""
    context = Context(names, tables)
    for scope in shown_scopes(names):
        select = scope.select
        for shown in select.expressions[:6]:
            column = shown.unalias()
            if not isinstance(column, exp.Column) or column.is_star or names.origin(column) is None:
                continue
            proof = f"{write(column, '')} is never NULL" if context.known(scope).never_null(column) else ""
            test = exp.Not(this=exp.Is(this=column.copy(), expression=exp.Null()))
            where = select.args.get("where")
            both = exp.And(this=exp.paren(where.this.copy()), expression=test) if where is not None else test
            yield Edit(select, exp.Where(this=both), "where", proof)


def connective(names: Names, tables: Tables) -> Iterator[Edit]:
    """OR for AND and the other way round."""
    for node in nodes(names, exp.And, exp.Or):
        if isinstance(node.parent, exp.Join):
            continue
        other = exp.Or if isinstance(node, exp.And) else exp.And
        changed: exp.Expr = other(this=exp.paren(node.this.copy()), expression=exp.paren(node.expression.copy()))
        yield Edit(node, exp.Paren(this=changed))


def arithmetic(names: Names, tables: Tables) -> Iterator[Edit]:
    """+ for -, * for /, ..."""
    for node in nodes(names, *_ARITHMETIC):
        if node.find_ancestor(exp.Interval) or isinstance(node.expression, exp.Interval):
            continue
        for other in _ARITHMETIC[type(node)]:
            yield Edit(node, other(this=node.this.copy(), expression=node.expression.copy()))
        if isinstance(node, exp.Sub | exp.Div):
            yield Edit(node, type(node)(this=exp.paren(node.expression.copy()), expression=exp.paren(node.this.copy())))


def case(names: Names, tables: Tables) -> Iterator[Edit]:
    """CASE without a branch, or without ELSE."""
    for node in nodes(names, exp.Case):
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
    for node in nodes(names, *_PARTS):
        for other in _PARTS[:3]:
            if other is not type(node):
                yield Edit(node, other(this=node.this.copy()))
    for node in nodes(names, exp.Extract):
        for name in ("YEAR", "MONTH", "DAY"):
            if node.name.upper() != name:
                yield Edit(node, exp.Extract(this=exp.var(name), expression=node.expression.copy()))
    for node in nodes(names, exp.TimeToStr):
        pattern = node.args.get("format")
        for other_format in ("%Y", "%m", "%d"):
            if isinstance(pattern, exp.Literal) and pattern.this != other_format:
                yield Edit(node, exp.Literal.string(other_format), "format")


def function(names: Names, tables: Tables) -> Iterator[Edit]:
    """COALESCE, ROUND, ABS, LOWER, UPPER or TRIM left out."""
    for node in nodes(names, exp.Coalesce, exp.Round, exp.Abs, exp.Lower, exp.Upper, exp.Trim):
        if node.this is not None:
            yield Edit(node, exp.paren(node.this.copy()))
        if isinstance(node, exp.Lower | exp.Upper):
            yield Edit(node, (exp.Upper if isinstance(node, exp.Lower) else exp.Lower)(this=node.this.copy()))


def _strings(names: Names) -> list[exp.Literal]:
    """Texts that are compared, not formats, patterns or dates."""
    return [
        node
        for node in nodes(names, exp.Literal)
        if node.is_string and isinstance(node.parent, (*SIGNS, exp.In, exp.Lower, exp.Upper, exp.If)) and not _moved(str(node.this), 1)
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


def _flipped(node: exp.Expr) -> Edit:
    outer = node.parent
    while isinstance(outer, exp.Paren):
        outer = outer.parent
    return Edit(outer, node.copy()) if isinstance(outer, exp.Not) else Edit(node, exp.Not(this=node.copy()))


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

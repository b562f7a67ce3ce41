"""What a gold query asks of data: which columns it compares with what, joins, groups, sorts, sums, counts and cuts.

A database that is to tell the query from its neighbours needs rows on both sides of each of these.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from sqlglot import exp

from sqlkit.sql.parse import nodes, view_one
from sqlkit.sql.resolve import Names, Origin, Tables

Constant = str | int | float | bool

SIGNS: dict[type[exp.Expr], str] = {exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<="}
_FLIPPED = {"=": "=", "<>": "<>", ">": "<", ">=": "<=", "<": ">", "<=": ">="}
_NEGATED = {
    "=": "<>", "<>": "=", ">": "<=", ">=": "<", "<": ">=", "<=": ">", "in": "not in", "between": "not between",
    "like": "not like", "ilike": "not like", "null": "not null",
}  # fmt: skip
_PARTS = {exp.Year: "year", exp.Month: "month", exp.Day: "day", exp.Lower: "lower", exp.Upper: "upper", exp.Length: "length"}
_MOMENTS = (exp.Cast, exp.TryCast, exp.Date, exp.TsOrDsToDate, exp.TimeStrToTime, exp.Timestamp, exp.StrToDate, exp.StrToTime)
_AGGREGATES = {exp.Sum: "sum", exp.Avg: "avg", exp.Min: "min", exp.Max: "max", exp.Count: "count"}
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Sum, exp.Avg, exp.Abs, exp.Round, exp.Neg)


@dataclasses.dataclass(frozen=True, slots=True)
class Wish:
    """A column compared with constants. `how` names what stands between them: lower, year, length, sum, ... or other."""

    column: Origin
    sign: str
    values: tuple[Constant, ...] = ()
    how: str = ""


@dataclasses.dataclass(slots=True)
class Facts:
    """`equal` are columns that must share values, `alike` columns that are compared otherwise. `counts` are sizes of
    groups that HAVING or a comparison names, `rows` the largest LIMIT + OFFSET. `numbers` and `moments` are columns used
    as numbers and as dates, whatever their type. `either` are columns of which OR joins the
    conditions, both ways. `keyed` are columns that must not repeat, `follows` pairs of
    which the second fixes the first: a group shows any value of its rows, and with several the result would be open.
    """

    wishes: list[Wish] = dataclasses.field(default_factory=list)
    equal: list[tuple[Origin, Origin]] = dataclasses.field(default_factory=list)
    alike: list[tuple[Origin, Origin]] = dataclasses.field(default_factory=list)
    groups: set[Origin] = dataclasses.field(default_factory=set)
    sorts: set[Origin] = dataclasses.field(default_factory=set)
    numbers: set[Origin] = dataclasses.field(default_factory=set)
    summed: set[Origin] = dataclasses.field(default_factory=set)
    moments: set[Origin] = dataclasses.field(default_factory=set)
    counts: set[int] = dataclasses.field(default_factory=set)
    tables: set[str] = dataclasses.field(default_factory=set)
    columns: set[Origin] = dataclasses.field(default_factory=set)
    either: set[tuple[Origin, Origin]] = dataclasses.field(default_factory=set)
    keyed: set[Origin] = dataclasses.field(default_factory=set)
    follows: set[tuple[Origin, Origin]] = dataclasses.field(default_factory=set)
    rows: int = 0

    def add(self, other: Facts) -> None:
        """Take in what another query of the group asks."""
        self.wishes += [w for w in other.wishes if w not in self.wishes]
        self.equal += other.equal
        self.alike += other.alike
        for part in ("groups", "sorts", "numbers", "summed", "moments", "counts", "tables", "columns", "either", "keyed", "follows"):
            getattr(self, part).update(getattr(other, part))
        self.rows = max(self.rows, other.rows)


def facts(sql: str, tables: Tables) -> Facts:
    """The facts of one query; `tables` as for `resolve.Names`. Raises SqlglotError when it cannot be parsed."""
    return facts_of(Names(view_one(sql), tables))


def facts_of(names: Names) -> Facts:
    """The facts of a query that has been resolved."""
    found = Facts()
    for node in nodes(names.tree):
        if isinstance(node, exp.Table):
            placed, bare = f"{node.db}.{node.name}".lower(), node.name.lower()
            found.tables |= {placed} if node.db and placed in names.tables else {bare} & names.tables.keys()
        elif isinstance(node, exp.Column):
            origin = names.origin(node)
            if origin:
                found.columns.add(origin)
        elif isinstance(node, exp.Predicate | exp.Like | exp.ILike | exp.In | exp.Between | exp.Is):
            _predicate(node, names, found)
        elif isinstance(node, exp.Group):
            found.groups.update(o for key in node.expressions for o in _origins(_key(key, node), names))
        elif isinstance(node, exp.Distinct):
            shown = node.parent.expressions if isinstance(node.parent, exp.Select) else node.expressions
            found.groups.update(o for key in shown for o in _origins(key, names))
        elif isinstance(node, exp.Ordered):
            found.sorts.update(_origins(_key(node.this, node), names))
        elif isinstance(node, exp.Limit | exp.Offset):
            size = constant(node.expression)
            found.rows += size if isinstance(size, int) and size < 10_000 else 0
        elif isinstance(node, exp.SetOperation):
            _operands(node, names, found)
        elif isinstance(node, exp.Or):
            ours, theirs = _origins(node.this, names), _origins(node.expression, names)
            found.either |= {pair for a in ours for b in theirs if a != b for pair in ((a, b), (b, a))}
        elif isinstance(node, exp.Case):
            _case(node, names, found)
        elif isinstance(node, exp.Join):
            _using(node, names, found)
        elif isinstance(node, exp.First | exp.AnyValue):
            _any_of_group(node, names, found)
        if isinstance(node, _ARITHMETIC):
            numbers = set() if isinstance(node, exp.Round) and not node.this else _numeric(node, names)
            found.numbers |= numbers
            if isinstance(node, exp.Sum | exp.Avg | exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Abs | exp.Round):
                found.summed |= numbers
        elif isinstance(node, exp.Cast) and node.this is not None:
            _cast(node, names, found)
    return found


def constant(node: exp.Expr | None) -> Constant | None:
    """The value of a literal, with a sign, in brackets or cast; None for anything else."""
    if isinstance(node, exp.Literal):
        if node.is_string:
            return str(node.this)
        text = str(node.this)
        try:
            return int(text) if text.isdigit() else float(text)
        except ValueError:
            return None
    if isinstance(node, exp.Neg):
        value = constant(node.this)
        return -value if isinstance(value, int | float) else None
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, (exp.Paren, exp.Limit, *_MOMENTS)):
        return constant(node.this)
    return None


def _predicate(node: exp.Expr, names: Names, found: Facts) -> None:
    negated = isinstance(node.parent, exp.Not) or (
        isinstance(node.parent, exp.Paren) and isinstance(node.parent.parent, exp.Not)
    )
    sign = SIGNS.get(type(node))
    if sign is not None:
        left, right = node.this, node.expression
        value = constant(right)
        if value is None and (value := constant(left)) is not None:
            left, sign = right, _FLIPPED[sign]
        if value is None:
            _columns(sign, left, right, names, found)
        else:
            _wish(left, _turn(sign, negated), (value,), names, found)
    elif isinstance(node, exp.Between):
        low, high = constant(node.args.get("low")), constant(node.args.get("high"))
        if low is not None and high is not None:
            _wish(node.this, _turn("between", negated), (low, high), names, found)
    elif isinstance(node, exp.In):
        _in(node, negated, names, found)
    elif isinstance(node, exp.Like | exp.ILike):
        value = constant(node.expression)
        if value is not None:
            _wish(node.this, _turn("like" if isinstance(node, exp.Like) else "ilike", negated), (value,), names, found)
    elif isinstance(node, exp.Is):
        if isinstance(node.expression, exp.Null):
            _wish(node.this, _turn("null", negated), (), names, found)


def _turn(sign: str, negated: bool) -> str:
    return _NEGATED[sign] if negated else sign


def _in(node: exp.In, negated: bool, names: Names, found: Facts) -> None:
    values = [v for e in node.expressions if (v := constant(e)) is not None]
    if values:
        _wish(node.this, _turn("in", negated), tuple(values), names, found)
    query = node.args.get("query")
    body = query.this if isinstance(query, exp.Subquery) else query
    outputs = [s for s in body.selects if not s.is_star] if isinstance(body, exp.Query) else []
    left = names.origin(node.this)
    for shown in outputs[:1]:
        right = names.origin(shown)
        if left and right and left != right:
            found.equal.append((left, right))


def _wish(node: exp.Expr, sign: str, values: tuple[Constant, ...], names: Names, found: Facts) -> None:
    """Note what stands on the other side of a constant."""
    node = names.shown(node.unnest())
    how = ""
    while True:
        kind = type(node)
        if isinstance(node, exp.Extract):
            how, node = str(node.name).lower(), node.expression
        elif kind in _PARTS:
            how, node = how or _PARTS[kind], node.this
        elif isinstance(node, exp.Count):
            found.counts.update(v for v in values if isinstance(v, int) and 0 <= v <= 5000)
            found.counts.update(int(v) for v in values if isinstance(v, float) and 0 <= v <= 5000)
            return
        elif kind in _AGGREGATES:
            how, node = _AGGREGATES[kind], node.this
        elif isinstance(node, exp.Distinct) and len(node.expressions) == 1:
            node = node.expressions[0]
        elif isinstance(node, (exp.Paren, exp.Alias, exp.AnyValue, *_MOMENTS)):
            node = node.this
        else:
            break
        node = names.shown(node)
    origin = names.origin(node)
    if origin is not None:
        columns = {origin}
    else:
        columns, how = set(_origins(node, names)), _function(node)
    numeric = bool(values) and all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    for column in sorted(columns):
        found.wishes.append(Wish(column, sign, values, how))
        if numeric and how not in {"year", "month", "day", "length"}:
            found.numbers.add(column)
        if how in {"year", "month", "day", "quarter", "decade"}:
            found.moments.add(column)


def _function(node: exp.Expr) -> str:
    """strftime with its format, substr with its first characters, or other."""
    if isinstance(node, exp.TimeToStr):
        pattern = constant(node.args.get("format"))
        return f"strftime {pattern}"
    if isinstance(node, exp.Substring | exp.Left) and constant(node.args.get("start") or exp.Literal.number(1)) == 1:
        return "prefix"
    return "other"


def _columns(sign: str, left: exp.Expr, right: exp.Expr, names: Names, found: Facts) -> None:
    """Two expressions compared with each other, columns or scalar subqueries."""
    ours, theirs = _side(left, names, found), _side(right, names, found)
    for a in ours:
        for b in theirs:
            if a != b:
                both = sign == "=" and names.origin(left) and names.origin(right)
                (found.equal if both else found.alike).append((a, b))


def _one_row(query: exp.Query, names: Names, found: Facts) -> None:
    """A subquery that stands for a value must have one row: what it looks for is there once."""
    where = query.args.get("where")
    if where is None or query.args.get("limit") or any(shown.find(exp.AggFunc) for shown in query.selects):
        return
    for part in where.this.flatten() if isinstance(where.this, exp.And) else [where.this]:
        origin = names.origin(part.this) if isinstance(part, exp.EQ) and constant(part.expression) is not None else None
        if origin is not None:
            found.keyed.add(origin)
            return


def _side(node: exp.Expr, names: Names, found: Facts) -> list[Origin]:
    query = node.unnest()
    if isinstance(query, exp.Query):
        _one_row(query, names, found)
        return [o for shown in query.selects[:1] for o in _origins(shown, names)]
    return _origins(node, names)


def _operands(node: exp.SetOperation, names: Names, found: Facts) -> None:
    for ours, theirs in zip(node.this.selects, node.expression.selects, strict=False):
        a, b = names.origin(ours), names.origin(theirs)
        if a:
            found.groups.add(a)
        if a and b and a != b:
            found.equal.append((a, b))


def _case(node: exp.Case, names: Names, found: Facts) -> None:
    if node.this is not None:
        for branch in node.args.get("ifs") or []:
            value = constant(branch.this)
            if value is not None:
                _wish(node.this, "=", (value,), names, found)


def _any_of_group(node: exp.Expr, names: Names, found: Facts) -> None:
    """FIRST(x) in a group: a key of the group is one of x's row, its own or by a join."""
    origin, scope = names.origin(node.this), names.scope(node)
    group = scope.select.args.get("group") if scope is not None else None
    if origin is None or group is None:
        return
    keys = {o for key in group.expressions for o in _origins(_key(key, group), names)}
    joined = set(keys)
    assert scope is not None
    for part in scope.select.find_all(exp.EQ):
        sides = {o for side in (part.this, part.expression) if (o := names.origin(side))}
        joined |= sides if sides & keys else set()
    own = {o for o in joined if o[0] == origin[0]}
    if origin in own:
        return
    if len(scope.sources) > 1:
        found.keyed |= own & keys or own
    else:
        found.follows |= {(origin, key) for key in sorted(own)[:1]}


def _using(node: exp.Join, names: Names, found: Facts) -> None:
    """USING and NATURAL compare the columns of one name."""
    scope = names.scope(node)
    if scope is None:
        return
    given = [e.name.lower() for e in node.args.get("using") or []]
    if node.method == "NATURAL":
        mine = node.this.alias_or_name.lower()
        source = next((s for s in scope.sources if s.name == mine), None)
        given = [c for s in scope.sources if s is not source for c in s.columns if source and c in source.columns]
    for name in given:
        origins = [o for s in scope.sources if name in s.columns and (o := names.source_origin(s, name))]
        found.equal += [(origins[0], o) for o in origins[1:] if o != origins[0]]


def _cast(node: exp.Cast, names: Names, found: Facts) -> None:
    origin = names.origin(node.this)
    if origin is None:
        return
    if node.is_type(*exp.DataType.NUMERIC_TYPES):
        found.numbers.add(origin)
    elif node.is_type(*exp.DataType.TEMPORAL_TYPES):
        found.moments.add(origin)


def _numeric(node: exp.Expr, names: Names) -> set[Origin]:
    sides: Sequence[exp.Expr | None] = (node.this, node.args.get("expression"))
    found = set()
    for side in sides:
        if isinstance(side, exp.Distinct) and side.expressions:
            side = side.expressions[0]
        origin = names.origin(side)
        if origin:
            found.add(origin)
    return found


def _key(key: exp.Expr, clause: exp.Expr) -> exp.Expr:
    """GROUP BY 1 and ORDER BY 1 mean an output."""
    number = constant(key)
    select = clause.find_ancestor(exp.Select)
    if isinstance(number, int) and isinstance(select, exp.Select) and 0 < number <= len(select.expressions):
        return select.expressions[number - 1]  # type: ignore[no-any-return]
    return key


def _origins(node: exp.Expr | None, names: Names) -> list[Origin]:
    return list(dict.fromkeys(_walk_origins(node, names))) if node is not None else []


def _walk_origins(node: exp.Expr, names: Names) -> Iterator[Origin]:
    for column in node.find_all(exp.Column):
        origin = names.origin(column)
        if origin is None:
            behind = names.shown(column)
            if behind is not column:
                yield from (o for c in behind.find_all(exp.Column) if (o := names.origin(c)))
        else:
            yield origin

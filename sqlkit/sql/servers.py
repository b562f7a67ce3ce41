"""DuckDB's SQL for other databases: what sqlglot leaves as it is though the database has no such function or means something else by it.

Differences by the manuals: https://www.postgresql.org/docs/current/functions-datetime.html (EXTRACT) and functions-math.html (division by zero
is an error), https://dev.mysql.com/doc/refman/8.4/en/date-and-time-functions.html (DAYOFWEEK counts from 1, dates are not subtracted) and
aggregate-functions.html (no FILTER), https://www.sqlite.org/lang_datefunc.html (dates are texts). What DuckDB and the others answer is compared
shape by shape in `tests/schema/test_servers.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from sqlkit.sql.parse import parse_one, tree_of
from sqlkit.sql.resolve import Names
from sqlkit.sql.tables import Tables, kind
from sqlkit.sql.text import write

_POSTGRES = {"postgres", "redshift", "materialize", "risingwave"}
_MYSQL = {"mysql", "mariadb", "doris", "starrocks", "singlestore"}
_FIELDS: dict[type[exp.Expr], str] = {
    exp.Quarter: "QUARTER", exp.Week: "WEEK", exp.WeekOfYear: "WEEK", exp.DayOfWeek: "DOW", exp.DayOfWeekIso: "ISODOW", exp.DayOfYear: "DOY",
    exp.Hour: "HOUR", exp.Minute: "MINUTE", exp.Second: "SECOND",
}  # fmt: skip
_NAMES: dict[type[exp.Expr], str] = {exp.Monthname: "FMMonth", exp.Dayname: "FMDay"}
_CODES: dict[type[exp.Expr], str] = {  # of SQLite's STRFTIME
    exp.Year: "%Y", exp.Month: "%m", exp.Day: "%d", exp.DayOfMonth: "%d", exp.DayOfWeek: "%w", exp.DayOfYear: "%j", exp.Hour: "%H", exp.Minute: "%M",
    exp.Second: "%S",
}  # fmt: skip
_WEEK = "(CAST(STRFTIME('%j', DATE(x, '-3 days', 'weekday 4')) AS INTEGER) - 1) / 7 + 1"  # the year's day of the week's Thursday
_PARTS: dict[type[exp.Expr], str] = {  # in SQLite; x is the date
    **{part: f"CAST(STRFTIME('{code}', x) AS INTEGER)" for part, code in _CODES.items()},
    exp.Quarter: "(CAST(STRFTIME('%m', x) AS INTEGER) + 2) / 3", exp.DayOfWeekIso: "(CAST(STRFTIME('%w', x) AS INTEGER) + 6) % 7 + 1",
    exp.Week: _WEEK, exp.WeekOfYear: _WEEK,
}  # fmt: skip
_STARTS = {
    "YEAR": "DATE(x, 'start of year')", "MONTH": "DATE(x, 'start of month')", "DAY": "DATE(x)", "WEEK": "DATE(x, '-6 days', 'weekday 1')",
    "QUARTER": "DATE(x, 'start of month', '-' || ((CAST(STRFTIME('%m', x) AS INTEGER) - 1) % 3) || ' months')",
}  # fmt: skip
_BY_NAME: dict[str, type[exp.Expr]] = {"YEAR": exp.Year, "MONTH": exp.Month, "DAY": exp.Day, **{name: part for part, name in _FIELDS.items()}}


def for_server(sql: str | exp.Expr, target: str, schema: Callable[[], Tables] | None = None) -> str:
    """A DuckDB query for another database. schema: is called where types decide. Raises SqlglotError."""
    tree = tree_of(sql, "duckdb").copy()
    for select in list(tree.find_all(exp.Select)):
        _grouped(select)
        if select.args.get("qualify"):
            _apart(select)
    if schema is not None and (target in _MYSQL or target == "sqlite"):
        _differences(tree, schema)
    heads = {id(e): write(e) for e in tree.selects if not isinstance(e, exp.Alias | exp.Column | exp.Star)} if isinstance(tree, exp.Select) else {}
    rewrite = _postgres if target in _POSTGRES else _mysql if target in _MYSQL else _sqlite if target == "sqlite" else _same
    for node in reversed(list(tree.walk())):  # from the leaves up, so that what a node becomes holds what its parts became
        made = rewrite(_dividing(node))
        if isinstance(made, exp.DateDiff):
            made = _spans(made, rewrite)
        if made is not node:
            node.replace(made)
            if id(node) in heads:  # the rows are headed by what was asked for
                made.replace(exp.alias_(made.copy(), heads[id(node)], quoted=True))
    return write(tree, target)


def _differences(tree: exp.Expr, schema: Callable[[], Tables]) -> None:
    """Days between two dates: these databases subtract what their texts begin with."""
    found = [n for n in tree.find_all(exp.Sub) if not isinstance(n.this, exp.Literal) and not isinstance(n.expression, exp.Literal | exp.Interval)]
    if not found:
        return
    tables = schema().tables
    types = {(t.name.lower(), c.name.lower()): kind(c.type) for t in tables for c in t.columns}
    names = Names(tree, {t.name.lower(): [c.name.lower() for c in t.columns] for t in tables})

    def dated(node: exp.Expr) -> bool:
        if isinstance(node, exp.Column):
            return types.get(names.origin(node) or ("", "")) == "date"
        if isinstance(node, exp.Cast):
            return bool(node.to.this == exp.DataType.Type.DATE)
        if isinstance(node, exp.Coalesce):
            return dated(node.this)
        return isinstance(node, exp.CurrentDate) or (isinstance(node, exp.Min | exp.Max | exp.Paren | exp.TsOrDsToDate) and dated(node.this))

    for node in [n for n in found if dated(n.this) and dated(n.expression)]:
        node.replace(exp.DateDiff(this=node.this, expression=node.expression, unit=exp.var("DAY")))


def _grouped(select: exp.Select) -> None:
    """GROUP BY ALL names its columns: those without an aggregate."""
    group = select.args.get("group")
    if group is not None and group.args.get("all"):
        keys = [e.unalias().copy() for e in select.expressions if not e.find(exp.AggFunc)]
        select.set("group", exp.Group(expressions=keys) if keys else None)


def _apart(select: exp.Select) -> None:
    """Every column gets a name of its own: QUALIFY becomes a condition around the query, which shows the columns by their names."""
    taken = {e.alias_or_name.lower() for e in select.expressions}
    seen: set[str] = set()
    for column in list(select.expressions):
        inner = column.unalias()
        name = column.alias_or_name.lower() if column is not inner or isinstance(inner, exp.Column) else ""
        if isinstance(inner, exp.Star) or (name and name not in seen):
            seen.add(name)
            continue
        named = next(text for n in range(2, len(taken) + 9) if (text := f"{name or 'value'}_{n}") not in taken)
        taken.add(named)
        column.replace(exp.alias_(inner.copy(), named, quoted=True))


def _dividing(node: exp.Expr) -> exp.Expr:
    """DuckDB goes on where it divides by nought (infinity, NaN or NULL); elsewhere that ends the query, here it gives NULL."""
    if isinstance(node, exp.Div | exp.IntDiv | exp.Mod):
        by = node.expression.unnest()
        if not isinstance(by, exp.Nullif) and not (isinstance(by, exp.Literal) and by.name.strip("0.")):
            node.set("expression", exp.Nullif(this=node.expression, expression=exp.Literal.number(0)))
    return node


def _spans(node: exp.DateDiff, rewrite: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """Years, quarters and months between two days as DuckDB counts them: the boundaries crossed, not the spans that are full."""
    unit = node.args["unit"].name.upper() if node.args.get("unit") else "DAY"
    within, many = {"YEAR": (None, 1), "QUARTER": (exp.Quarter, 4), "MONTH": (exp.Month, 12)}.get(unit, (None, 0))
    if not many:
        return node

    def apart(part: type[exp.Func]) -> exp.Expr:
        return exp.Paren(this=exp.Sub(this=rewrite(part(this=node.this.copy())), expression=rewrite(part(this=node.expression.copy()))))

    years = apart(exp.Year)
    if within is None:
        return years
    return exp.Paren(this=exp.Add(this=exp.Mul(this=years, expression=exp.Literal.number(many)), expression=apart(within)))


def _starts(node: exp.StartsWith) -> exp.Expr:
    return exp.EQ(this=exp.Substring(this=node.this, start=exp.Literal.number(1), length=exp.Length(this=node.expression.copy())), expression=node.expression)


def _same(node: exp.Expr) -> exp.Expr:
    return node


def _sqlite(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Extract):
        form, value = _PARTS.get(_BY_NAME.get(node.name.upper(), exp.Extract)), node.expression
    elif isinstance(node, exp.DateTrunc | exp.TimestampTrunc):
        form, value = _STARTS.get(node.args["unit"].name.upper()), node.this
    else:
        form, value = _PARTS.get(type(node)), node.this
    if form:
        return _form(form, value)
    if isinstance(node, exp.Add | exp.Sub) and isinstance(node.expression, exp.Interval):
        return _moved(node, node.expression)
    if isinstance(node, exp.StartsWith):
        return _starts(node)
    if isinstance(node, exp.DateDiff) and (node.args.get("unit") is None or node.args["unit"].name.upper() == "DAY"):
        a, b = (exp.Anonymous(this="JULIANDAY", expressions=[exp.Anonymous(this="DATE", expressions=[one])]) for one in (node.this, node.expression))
        return exp.cast(exp.Sub(this=a, expression=b), "INTEGER")
    if isinstance(node, exp.Left):
        return exp.Substring(this=node.this, start=exp.Literal.number(1), length=node.expression)
    return node


def _moved(node: exp.Add | exp.Sub, step: exp.Interval) -> exp.Expr:
    """A date some days, months, hours later or earlier; as it is where the number is no literal."""
    if step.this is None or step.unit is None or not step.this.name.isdigit():
        return node
    unit = step.unit.name.lower().rstrip("s")
    times, unit = {"week": (7, "day"), "quarter": (3, "month")}.get(unit, (1, unit))
    by = f"{'-' if isinstance(node, exp.Sub) else '+'}{int(step.this.name) * times} {unit}s"
    return exp.Anonymous(this="DATE" if unit in {"day", "month", "year"} else "DATETIME", expressions=[node.this, exp.Literal.string(by)])


def _form(form: str, value: exp.Expr) -> exp.Expr:
    """A SQLite expression over x, with a value for x."""
    made = next(parse_one(f"SELECT ({form})", "sqlite").find_all(exp.Select)).selects[0].copy()
    for hole in [c for c in made.find_all(exp.Column) if c.name == "x"]:
        hole.replace(value.copy())
    return exp.Paren(this=made.this) if isinstance(made, exp.Paren) and isinstance(made.this, exp.Binary) else made.unnest()


def _postgres(node: exp.Expr) -> exp.Expr:
    if (field := _FIELDS.get(type(node))) is not None:
        return exp.Extract(this=exp.var(field), expression=node.this)
    if (form := _NAMES.get(type(node))) is not None:
        return exp.func("TO_CHAR", node.this, exp.Literal.string(form), dialect="postgres")
    if isinstance(node, exp.Mode) and node.this is not None:
        return exp.WithinGroup(this=exp.Anonymous(this="MODE"), expression=exp.Order(expressions=[exp.Ordered(this=node.this, nulls_first=False)]))
    return node


def _mysql(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Filter):
        return _filtered(node)
    if isinstance(node, exp.StartsWith):
        return _starts(node)
    if isinstance(node, exp.DayOfWeek):
        return exp.paren(exp.Sub(this=node.copy(), expression=exp.Literal.number(1)), copy=False)
    if isinstance(node, exp.DayOfWeekIso):
        return exp.paren(exp.Add(this=exp.func("WEEKDAY", node.this), expression=exp.Literal.number(1)), copy=False)
    if isinstance(node, exp.Week) and not node.args.get("mode"):  # ISO 8601, as DuckDB has it
        return exp.func("WEEKOFYEAR", node.this, dialect="mysql")
    return node


def _filtered(node: exp.Filter) -> exp.Expr:
    """An aggregate over CASE: what the condition leaves out is NULL, which no aggregate counts."""
    inner: exp.Expr = node.this
    test: exp.Expr = node.expression.this
    held = inner
    while isinstance(held.this, exp.Distinct | exp.Order):
        held = held.this
    counted: Callable[[exp.Expr], exp.Expr] = lambda value: exp.Case(ifs=[exp.If(this=test.copy(), true=value)])  # noqa: E731
    if isinstance(held, exp.Distinct):
        held.set("expressions", [counted(e) for e in held.expressions])
    elif isinstance(held.this, exp.Star) or held.this is None:
        held.set("this", counted(exp.Literal.number(1)))
    else:
        held.set("this", counted(held.this))
    return inner

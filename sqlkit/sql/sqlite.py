"""SQLite's SQL as DuckDB's, under a schema: one rule for each difference that changes a result or stops it.

SQLite's rules are those of https://www.sqlite.org/datatype3.html (affinity, comparison) and https://www.sqlite.org/quirks.html
("strings" in double quotes, bare columns). What SQLite itself leaves open is told, since results need not agree there.
"""

from __future__ import annotations

import dataclasses
import re

from sqlglot import exp

from sqlkit.sql.bare import settle_bare_columns
from sqlkit.sql.parse import tree_of
from sqlkit.sql.tables import Tables
from sqlkit.sql.text import write
from sqlkit.sql.typed import ARITHMETIC, NUMBERS, TypedTree, expression

FIRST_ROW = "of a subquery with several rows, the first is taken"
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_STRINGS = (exp.Lower, exp.Upper, exp.Length, exp.Substring, exp.Trim, exp.StrPosition, exp.Replace, exp.DPipe)
_NUMERAL = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*")
# texts that stand for the whole of a date or moment, so that both compare alike
_FORMS = {"date": re.compile(r"\d{4}-\d\d-\d\d"), "moment": re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")}


@dataclasses.dataclass(frozen=True, slots=True)
class Transpiled:
    """DuckDB SQL. `arbitrary` is '' or says which choices SQLite leaves open."""

    sql: str
    arbitrary: str = ""


def from_sqlite(sql: str | exp.Expr, schema: Tables) -> Transpiled:
    """A SQLite query for DuckDB. `schema` holds the columns with their DuckDB types. Raises SqlglotError."""
    typed = TypedTree(tree_of(sql, "sqlite").copy(), schema)
    choices: set[str] = set()
    for scope in typed.scopes:
        if isinstance(scope.expression, exp.Select):
            _late_names(scope.expression)
            choices |= settle_bare_columns(scope.expression, typed)
    for node in list(typed.tree.walk(bfs=False))[::-1]:  # children before parents
        choices |= _rule(node, typed)
    return Transpiled(write(typed.tree), "; ".join(sorted(choices)))


def _rule(node: exp.Expr, typed: TypedTree) -> set[str]:
    """Apply the rule for one node; returns what SQLite leaves open by it."""
    if isinstance(node, _COMPARISONS):
        _compare(node, typed)
    elif isinstance(node, exp.Between):
        _between(node, typed)
    elif isinstance(node, exp.In):
        _in(node, typed)
    elif isinstance(node, exp.Like):  # knows no case
        typed.text(node.this)
        typed.text(node.expression)
        typed.put(node, exp.ILike(**node.args), "bool")
    elif isinstance(node, _STRINGS):
        typed.text(node.this)
    elif isinstance(node, (*ARITHMETIC, exp.Neg, exp.Sum, exp.Avg, exp.Abs, exp.Round)):
        _calculate(node, typed)
    elif isinstance(node, exp.Cast):
        _cast(node, typed)
    elif isinstance(node, exp.TsOrDsToTimestamp | exp.Date | exp.Anonymous):
        _moment(node, typed)
    elif isinstance(node, exp.Where | exp.Having | exp.Not | exp.Connector | exp.If):
        for operand in (node.this, *([node.expression] if isinstance(node, exp.Connector) else [])):
            typed.truth(operand)
    elif isinstance(node, exp.Subquery) and _scalar(node):
        node.this.set("limit", exp.Limit(expression=exp.Literal.number(1)))
        return {FIRST_ROW}
    return set()


def _scalar(node: exp.Subquery) -> bool:
    """A subquery used as a value that may have several rows: DuckDB refuses it then."""
    inside = isinstance(node.parent, exp.From | exp.Join | exp.In | exp.Exists | exp.Subquery | exp.SetOperation | exp.CTE) or node.parent is None
    query = node.this
    if inside or not isinstance(query, exp.Select) or query.args.get("limit"):
        return False
    return query.args.get("group") is not None or not any(e.find(exp.AggFunc) for e in query.selects)


# comparisons: SQLite converts a side by the affinity of the other; where neither is converted, a number is less than any text


def _compare(node: exp.Expr, typed: TypedTree) -> None:
    left, right = node.this, node.expression
    ours, theirs = typed.of(left), typed.of(right)
    if "" in (ours, theirs) or ours == theirs or {ours, theirs} <= set(NUMBERS):
        return
    if "bool" in (ours, theirs):
        typed.number(left)
        typed.number(right)
        return
    for value, other in ((left, right), (right, left)):
        if typed.of(other) in _FORMS:
            if typed.of(value) in NUMBERS or (_plain_text(value) and _NUMERAL.fullmatch(value.name)):
                _constant(node, other, other, typed)  # declared as dates, SQLite reads a numeral as a number
            elif not (_plain_text(value) and _FORMS[typed.of(other)].fullmatch(value.name)):
                typed.text(other)
                typed.text(value)
            return
    text, number = (left, right) if ours == "text" else (right, left)
    if _converts(text) and not _converts(number):
        typed.text(number)
    elif _plain_text(text) and _converts(number) and _NUMERAL.fullmatch(text.name):
        typed.put(text, exp.Literal.number(text.name.strip()), "real")
    elif isinstance(node, exp.EQ) and _converts(number) and not _plain_text(text):
        typed.wrap(text, "real", "TRY_CAST(x AS DOUBLE)")
    elif not (_converts(number) and _converts(text)):
        _constant(node, text, number if _plain_text(text) else text, typed)
    else:
        typed.number(text)


def _constant(node: exp.Expr, text: exp.Expr, value: exp.Expr, typed: TypedTree) -> None:
    """The outcome of comparing any text with any number, where `value` is not NULL."""
    greater = (exp.NEQ, exp.GT, exp.GTE) if text is node.this else (exp.NEQ, exp.LT, exp.LTE)
    typed.wrap(node, "bool", "(x = x)" if isinstance(node, greater) else "(x <> x)", value)


def _converts(node: exp.Expr) -> bool:
    """Whether a side has an affinity: a column, or a cast."""
    return isinstance(node.unnest(), exp.Column | exp.Cast)


def _plain_text(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.is_string


def _between(node: exp.Between, typed: TypedTree) -> None:
    bounds = (node.args["low"], node.args["high"])
    kinds = {typed.of(node.this), *map(typed.of, bounds)}
    if "" in kinds or len(kinds) == 1 or kinds <= set(NUMBERS):
        return
    sides = [
        sign(this=typed.copy(node.this), expression=typed.copy(bound)) for sign, bound in zip((exp.GTE, exp.LTE), bounds, strict=True)
    ]
    both = exp.And(this=sides[0], expression=sides[1])
    typed.put(node, exp.Not(this=exp.Paren(this=both)) if node.args.get("negate") else exp.Paren(this=both), "bool")
    for side in sides:
        _compare(side, typed)


def _in(node: exp.In, typed: TypedTree) -> None:
    query = node.args.get("query")
    items = [query.this] if query is not None else list(node.expressions)
    mine, kinds = typed.of(node.this), {typed.of(item) for item in items}
    if not mine or "" in kinds or kinds == {mine} or {mine, *kinds} <= set(NUMBERS):
        return
    if query is not None:
        if {mine, *kinds} <= {"text", *NUMBERS} and isinstance(query.this, exp.Select):
            typed.wrap(node.this if mine == "text" else query.this.selects[0].unalias(), "real", "TRY_CAST(x AS DOUBLE)")
    elif mine == "text" or (mine in _FORMS and not all(_FORMS[mine].fullmatch(item.name) for item in items)):
        for item in (node.this, *items):
            typed.text(item)
    elif mine in NUMBERS:
        for item in items:
            if _plain_text(item):  # what is no numeral equals no number; NULL would do otherwise under NOT IN
                number = item.name.strip() if _NUMERAL.fullmatch(item.name) else "'nan'"
                typed.put(item, expression(f"CAST({number} AS DOUBLE)"), "real")


# numbers and dates


def _calculate(node: exp.Expr, typed: TypedTree) -> None:
    for operand in (node.this, *([node.expression] if isinstance(node, exp.Binary) else [])):
        typed.number(operand.expressions[0] if isinstance(operand, exp.Distinct) else operand)
    if isinstance(node, exp.Div) and typed.of(node.this) == typed.of(node.expression) == "int":
        typed.put(node, exp.IntDiv(this=node.this, expression=node.expression), "int")


def _cast(node: exp.Cast, typed: TypedTree) -> None:
    wanted = typed.of(node)
    if wanted in NUMBERS:
        inner = typed.number(node.this)
        if wanted == "int" and typed.of(inner) in ("real", "decimal"):
            typed.wrap(inner, "int", "TRUNC(x)")  # DuckDB rounds
            node.set("to", exp.DataType.build("BIGINT"))


def _moment(node: exp.Expr, typed: TypedTree) -> None:
    """What is no date gives NULL."""
    name = node.name.lower() if isinstance(node, exp.Anonymous) else ""
    if isinstance(node, exp.TsOrDsToTimestamp) and typed.of(node.this) == "text":
        typed.put(node, exp.TryCast(this=node.this, to=exp.DataType.build("TIMESTAMP")), "moment")
    elif name == "julianday" and len(node.expressions) == 1:
        typed.wrap(node.expressions[0], "moment", "TRY_CAST(x AS TIMESTAMP)")
        # a day of DuckDB's begins at midnight, of SQLite's at noon, as it should
        half = exp.Sub(this=exp.Anonymous(this="JULIAN", expressions=node.expressions), expression=exp.Literal.number("0.5"))
        typed.put(node, exp.Paren(this=half), "real")
    elif isinstance(node, exp.Date) and not node.args.get("expressions") and typed.of(node.this) in ("text", "moment"):
        typed.wrap(node, "text", "CAST(TRY_CAST(x AS DATE) AS VARCHAR)", node.this)


def _late_names(select: exp.Select) -> None:
    """SQLite's ON may name a table that is joined later: such conditions move to the last ON."""
    joins = [j for j in select.args.get("joins") or [] if not j.args.get("using")]
    names = [join.this.alias_or_name.lower() for join in joins]
    if any(join.side or join.args.get("method") for join in select.args.get("joins") or []):
        return
    for i, join in enumerate(joins[:-1]):
        condition = join.args.get("on")
        if condition is not None and {c.table.lower() for c in condition.find_all(exp.Column)} & set(names[i + 1 :]):
            join.set("on", None)
            last = joins[-1].args.get("on")
            joins[-1].set("on", exp.and_(last, condition, copy=False) if last is not None else condition)

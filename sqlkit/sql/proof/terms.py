"""SQL expressions as terms. Every rewriting here holds in three-valued logic, row by row."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Protocol

from sqlglot import exp

from sqlkit.sql.proof.algebra import NUMBERS, Query, Scope, Term, Unprovable, kind, width
from sqlkit.sql.tables import kind as kind_of_type

TRUE, FALSE = ("lit", "bool", "true"), ("lit", "bool", "false")
_SIGNS: dict[type[exp.Expr], str] = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%", exp.IntDiv: "//"}
_AGGREGATES: dict[type[exp.Expr], str] = {exp.Count: "COUNT", exp.Sum: "SUM", exp.Avg: "AVG", exp.Min: "MIN", exp.Max: "MAX"}
_PARTS: dict[type[exp.Expr], str] = {exp.Year: "year", exp.Month: "month", exp.Day: "day", exp.DayOfMonth: "day", exp.Quarter: "quarter"}
# functions that depend on nothing but their arguments and do not fail on them; the kind of what they return ("=": of the first)
_FUNCTIONS: dict[type[exp.Expr], str] = {
    exp.Lower: "text", exp.Upper: "text", exp.Length: "int", exp.Trim: "text", exp.Substring: "text", exp.Replace: "text",
    exp.Concat: "text", exp.DPipe: "text", exp.StrPosition: "int", exp.StartsWith: "bool", exp.Left: "text", exp.Right: "text",
    exp.Abs: "=", exp.Round: "=", exp.Floor: "=", exp.Ceil: "=", exp.Coalesce: "=", exp.Nullif: "=", exp.Greatest: "=",
    exp.Least: "=", exp.ILike: "bool", exp.TimeToStr: "text", exp.TimestampTrunc: "moment", exp.DateTrunc: "moment",
    exp.DateDiff: "int",
}  # fmt: skip
_WIDENING = {("int", "real"), ("int", "decimal"), ("decimal", "real"), ("date", "moment"), ("moment", "date"), ("text", "text")}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Names(Protocol):
    """What an expression needs of the query around it."""

    def column(self, node: exp.Column) -> Term: ...
    def query(self, node: exp.Expr) -> Query: ...


def term(node: exp.Expr, names: Names) -> Term:
    """The term of an expression. Raises Unprovable."""
    if isinstance(node, exp.Paren | exp.Alias):
        return term(node.this, names)
    if isinstance(node, exp.Column):
        return names.column(node)
    if isinstance(node, exp.Literal | exp.Neg | exp.Boolean | exp.Null):
        return _literal(node, names)
    if isinstance(node, exp.And | exp.Or):
        return junction("and" if isinstance(node, exp.And) else "or", [truth(node.this, names), truth(node.expression, names)])
    if isinstance(node, exp.Not):
        return negation(truth(node.this, names))
    if type(node) in _SIGNS:
        return comparison(_SIGNS[type(node)], term(node.this, names), term(node.expression, names))
    if isinstance(node, exp.Between) and not node.args.get("symmetric"):
        value = term(node.this, names)
        low, high = (term(node.args[side], names) for side in ("low", "high"))
        return junction("and", [comparison(">=", value, low), comparison("<=", value, high)])
    if isinstance(node, exp.In | exp.Exists | exp.Subquery):
        return _with_query(node, names)
    if isinstance(node, exp.Is):
        return _is(node, names)
    if isinstance(node, exp.NullSafeEQ | exp.NullSafeNEQ):
        both = ("same", term(node.this, names), term(node.expression, names))
        _same_family(both[1], both[2])
        return both if isinstance(node, exp.NullSafeEQ) else negation(both)
    if isinstance(node, exp.Like):
        return _like(node, names)
    return _call(node, names)


def truth(node: exp.Expr, names: Names) -> Term:
    """The term of a condition."""
    made = term(node, names)
    if kind(made) != "bool":
        raise Unprovable("a condition that is none")
    return made


def _call(node: exp.Expr, names: Names) -> Term:
    if type(node) in _ARITHMETIC:
        a, b = term(node.this, names), term(node.expression, names)
        sign = _ARITHMETIC[type(node)]
        if kind(a) not in NUMBERS or kind(b) not in NUMBERS:
            raise Unprovable("arithmetic on other than numbers")
        both = "real" if sign == "/" or "real" in (kind(a), kind(b)) else "decimal" if "decimal" in (kind(a), kind(b)) else "int"
        if sign == "/" and {kind(a), kind(b)} <= {"int", "real"}:  # divides in floating point anyway
            a, b = (part[4] if part[:4] == ("fn", "cast", "real", "DOUBLE") and kind(part[4]) == "int" else part for part in (a, b))
        return ("fn", sign, both, a, b)
    if isinstance(node, exp.CountIf) or type(node) in _AGGREGATES or isinstance(node, exp.Filter):
        return _aggregate(node, names)
    if isinstance(node, exp.Case | exp.If):
        return _case(node, names)
    if isinstance(node, exp.Cast):
        return _cast(node, names)
    if type(node) in _PARTS or isinstance(node, exp.Extract):
        unit = _PARTS[type(node)] if type(node) in _PARTS else node.name.lower()
        of = term(node.this if type(node) in _PARTS else node.expression, names)
        if kind(of) not in ("date", "moment"):
            raise Unprovable("a part of what is no date")
        return ("fn", "extract", "int", unit, of)
    if type(node) in _FUNCTIONS:
        parts = tuple((name, _part(value, names)) for name, value in sorted(node.args.items()) if value not in (None, [], False))
        first = next((part for name, part in parts if name in ("this", "expressions")), None)
        result = _FUNCTIONS[type(node)]
        return ("fn", type(node).__name__, kind(first) if result == "=" and isinstance(first, tuple) and first else result, *parts)
    raise Unprovable(f"{type(node).__name__} is not modelled")


def _part(value: Any, names: Names) -> Any:
    if isinstance(value, exp.Var):
        return value.name.lower()
    if isinstance(value, exp.Expr):
        return term(value, names)
    return tuple(_part(item, names) for item in value) if isinstance(value, list) else str(value)


def _literal(node: exp.Expr, names: Names) -> Term:
    if isinstance(node, exp.Null):
        return ("lit", "null", "")
    if isinstance(node, exp.Boolean):
        return TRUE if node.this else FALSE
    if isinstance(node, exp.Neg):
        value = term(node.this, names)
        if value[0] == "lit" and value[1] in NUMBERS and not value[2].startswith("-"):
            return ("lit", value[1], f"-{value[2]}")
        if kind(value) not in NUMBERS:
            raise Unprovable("the negative of no number")
        return ("fn", "neg", kind(value), value)
    if node.args.get("is_string"):
        return ("lit", "text", node.name)
    text = node.name
    return ("lit", "int" if text.isdigit() else "decimal" if re.fullmatch(r"\d*\.\d+", text) else "real", text)


def junction(head: str, parts: list[Term]) -> Term:
    """AND or OR, flat, without what changes nothing."""
    flat = [inner for part in parts for inner in (part[1:] if part[0] == head else [part])]
    idle, fixed = (TRUE, FALSE) if head == "and" else (FALSE, TRUE)
    if fixed in flat:
        return fixed
    kept = list(dict.fromkeys(part for part in flat if part != idle))
    return (head, *kept) if len(kept) > 1 else kept[0] if kept else idle


def negation(of: Term) -> Term:
    """NOT, moved inward. DuckDB's order is total (NaN is the greatest number), so NOT a < b is a >= b, NULL aside."""
    head = of[0]
    if head == "not":
        return of[1] if kind(of[1]) == "bool" else ("not", of)
    if head in ("and", "or"):
        return junction("or" if head == "and" else "and", [negation(part) for part in of[1:]])
    if head == "cmp":
        _, sign, a, b = of
        return comparison({"=": "<>", "<>": "=", "<": ">=", "<=": ">"}[sign], a, b)
    if of in (TRUE, FALSE):
        return FALSE if of == TRUE else TRUE
    return ("not", of)


def _same_family(a: Term, b: Term) -> None:
    """A column of texts compared with another kind is converted row by row, which may fail: not modelled."""
    for text, other in ((a, b), (b, a)):
        if kind(text) == "text" and text[0] != "lit" and kind(other) not in ("text", "null"):
            raise Unprovable("texts compared with something else")


def comparison(sign: str, a: Term, b: Term) -> Term:
    """A comparison with > turned round, literals as the other side's kind, whole numbers with <= only."""
    if sign in (">", ">="):
        return comparison("<" if sign == ">" else "<=", b, a)
    _same_family(a, b)
    a, b = _fitted(a, b), _fitted(b, a)
    if sign in ("=", "<>") and {a, b} & {TRUE, FALSE} and kind(a) == kind(b) == "bool":
        value, truth = (b, a) if a in (TRUE, FALSE) else (a, b)
        return value if (truth == TRUE) == (sign == "=") else negation(value)
    if sign == "<" and kind(a) == kind(b) == "int":
        if a[0] == "lit":
            return ("cmp", "<=", ("lit", "int", str(int(a[2]) + 1)), b)
        if b[0] == "lit":
            return ("cmp", "<=", a, ("lit", "int", str(int(b[2]) - 1)))
    return ("cmp", sign, a, b)


def _fitted(literal: Term, other: Term) -> Term:
    """A literal as DuckDB reads it beside the other side."""
    if literal[0] != "lit" or other[0] == "lit":
        return literal
    if kind(other) == "date" and literal[1] == "text" and _DAY.fullmatch(literal[2]):
        return ("lit", "date", literal[2])
    if literal[1] == "decimal" and kind(other) in ("int", "decimal"):
        value = Decimal(literal[2])
        narrow = other[0] == "col" and other[1].columns[other[2]][0].upper() in ("INTEGER", "SMALLINT", "TINYINT")
        if value == value.to_integral_value() and narrow:
            return ("lit", "int", str(int(value)))
    return literal


def _is(node: exp.Is, names: Names) -> Term:
    value = term(node.this, names)
    if isinstance(node.expression, exp.Null):
        return ("null", value)
    if isinstance(node.expression, exp.Boolean) and kind(value) == "bool":
        return ("same", value, TRUE if node.expression.this else FALSE)
    raise Unprovable("IS something")


def _like(node: exp.Like, names: Names) -> Term:
    value, pattern = term(node.this, names), term(node.expression, names)
    if kind(value) != "text":
        raise Unprovable("LIKE on other than text")
    if pattern[0] == "lit" and not re.search(r"[%_\\]", pattern[2]):
        made = comparison("=", value, pattern)
    else:
        made = ("fn", "Like", "bool", value, pattern)
    return negation(made) if node.args.get("negate") else made


def _with_query(node: exp.Expr, names: Names) -> Term:
    if isinstance(node, exp.Exists):
        return ("exists", names.query(node.this))
    if isinstance(node, exp.Subquery):
        query = names.query(node)
        if width(query) != 1:
            raise Unprovable("a value of several columns")
        return ("scalar", _as_extreme(query))
    value = term(node.this, names)
    if node.args.get("query") is not None:
        query = names.query(node.args["query"])
        if width(query) != 1:
            raise Unprovable("IN several columns")
        if isinstance(query, Scope) and query.group == [] and not query.having and kind(query.outputs[0]) == kind(value):
            return comparison("=", value, ("scalar", query))  # one row, always
        return ("insub", value, query)
    items = [term(item, names) for item in node.expressions]
    if not items or any(node.args.get(name) for name in ("unnest", "field")) or any(item[0] != "lit" for item in items):
        raise Unprovable("IN a list of other than literals")
    kinds = {item[1] for item in items}
    if kinds == {kind(value)} and kinds < {"int", "text"}:
        return junction("or", [comparison("=", value, item) for item in items])
    for item in items:
        _same_family(value, item)
    return ("in", value, tuple(sorted(set(items))))


def _as_extreme(query: Query) -> Query:
    """As a value, the first x ORDER BY x is MIN(x) or MAX(x), NULLs being last; no row is NULL either way."""
    if not isinstance(query, Scope) or query.group is not None or query.limit != 1 or query.offset or len(query.order) != 1:
        return query
    term, falling, nulls_first = query.order[0]
    if [term] != query.outputs or nulls_first:
        return query
    largest: list[Term] = [("agg", "MAX" if falling else "MIN", False, term, None)]
    return Scope(query.inner, query.left, query.where, largest, group=[])


def _aggregate(node: exp.Expr, names: Names) -> Term:
    keep: Term | None = None
    if isinstance(node, exp.Filter):
        keep = truth(node.expression.this, names)
        node = node.this
    if isinstance(node, exp.CountIf):
        return ("agg", "COUNT", False, None, _both(truth(node.this, names), keep))
    if type(node) not in _AGGREGATES:
        raise Unprovable(f"{type(node).__name__} is not modelled")
    name = _AGGREGATES[type(node)]
    if any(value for part, value in node.args.items() if part not in ("this", "big_int")):
        raise Unprovable("an aggregate of several arguments")
    if isinstance(node.this, exp.Star):
        return ("agg", name, False, None, keep)
    distinct = isinstance(node.this, exp.Distinct)
    inner = node.this.expressions if distinct else [node.this]
    if len(inner) != 1 or (distinct and node.this.args.get("on")):
        raise Unprovable("DISTINCT of several arguments")
    of = term(inner[0], names)
    if name in ("SUM", "AVG") and kind(of) not in (*NUMBERS, "bool"):
        raise Unprovable("the sum of no numbers")
    if name == "COUNT" and not distinct:
        if of[0] == "lit" and of[1] != "null":
            return ("agg", "COUNT", False, None, keep)
        if of[:2] == ("fn", "case") and len(of) == 6 and of[4][0] == "lit" and of[4][1] != "null" and of[5] == ("lit", "null", ""):
            return ("agg", "COUNT", False, None, _both(of[3], keep))
    return ("agg", name, distinct and name not in ("MIN", "MAX"), of, keep)


def _both(a: Term, b: Term | None) -> Term:
    return junction("and", [a, b]) if b is not None else a


def _case(node: exp.Expr, names: Names) -> Term:
    """("fn", "case", kind, condition, value, ..., default): the simple form is written out."""
    branches = node.args["ifs"] if isinstance(node, exp.Case) else [node]
    default = node.args.get("default") if isinstance(node, exp.Case) else node.args.get("false")
    parts: list[Term] = []
    for branch in branches:
        if isinstance(node, exp.Case) and node.this is not None:
            condition = comparison("=", term(node.this, names), term(branch.this, names))
        else:
            condition = truth(branch.this, names)
        parts += [condition, term(branch.args["true"], names)]
    parts.append(term(default, names) if default is not None else ("lit", "null", ""))
    kinds = {kind(part) for part in (*parts[1:-1:2], parts[-1])} - {"null"}
    return ("fn", "case", kinds.pop() if len(kinds) == 1 else "", *parts)


def _cast(node: exp.Cast, names: Names) -> Term:
    of = term(node.this, names)
    wanted = node.to.sql("duckdb").upper()
    have, to = kind(of), kind_of_type(wanted)
    if of[0] == "lit" and to == "date" and have == "text" and _DAY.fullmatch(of[2]):
        return ("lit", "date", of[2])
    if not isinstance(node, exp.TryCast) and to != "text" and (have, to) not in _WIDENING:
        raise Unprovable("a cast that may fail")
    if not to:
        raise Unprovable("a cast to a type that is not modelled")
    return ("fn", "try_cast" if isinstance(node, exp.TryCast) else "cast", to, wanted, of)

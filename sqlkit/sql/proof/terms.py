"""SQL expressions as terms. Every rewriting here holds in three-valued logic, row by row."""

from __future__ import annotations

import re
from typing import Any, Protocol

from sqlglot import exp

from sqlkit.sql.proof.algebra import NUMBERS, Query, Scope, Term, Unprovable, kind, width
from sqlkit.sql.proof.logic import FALSE, TRUE, comparison, is_day, junction, negation, same_family
from sqlkit.sql.tables import kind as kind_of_type
from sqlkit.sql.text import write

_SIGNS: dict[type[exp.Expr], str] = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%", exp.IntDiv: "//"}
_AGGREGATES: dict[type[exp.Expr], str] = {
    exp.Count: "COUNT", exp.Sum: "SUM", exp.Avg: "AVG", exp.Min: "MIN", exp.Max: "MAX", exp.AnyValue: "ANY", exp.First: "ANY",
}  # fmt: skip
_PARTS: dict[type[exp.Expr], str] = {exp.Year: "year", exp.Month: "month", exp.Day: "day", exp.DayOfMonth: "day", exp.Quarter: "quarter"}
# the arguments that each node may have; a node with any other is not modelled
_TWO = {"this", "expression"}
_MODELLED: dict[type[exp.Expr], set[str]] = {
    exp.Paren: {"this"}, exp.Column: {"this", "table"}, exp.Literal: {"this", "is_string"}, exp.Neg: {"this"}, exp.Boolean: {"this"},
    exp.Null: set(), exp.And: _TWO, exp.Or: _TWO, exp.Not: {"this"}, exp.Between: {"this", "low", "high"}, exp.Exists: {"this"},
    exp.In: {"this", "expressions", "query"}, exp.Subquery: {"this"}, exp.Is: _TWO, exp.NullSafeEQ: _TWO, exp.NullSafeNEQ: _TWO,
    exp.Like: {*_TWO, "negate"}, exp.Filter: _TWO, exp.IgnoreNulls: {"this"}, exp.Case: {"this", "ifs", "default"}, exp.If: {"this", "true", "false"},
    exp.Cast: {"this", "to"}, exp.TryCast: {"this", "to", "safe", "requires_string"}, exp.Extract: _TWO,
    **{of: _TWO for of in (*_SIGNS, *_ARITHMETIC)}, exp.Div: {*_TWO, "safe"}, **{of: {"this", "big_int"} for of in _AGGREGATES}, **{of: {"this"} for of in _PARTS},
}  # fmt: skip
# functions that depend on nothing but their arguments and do not fail on them; the kind of what they return, "first": of their
# first argument, "all": of all where it is the same
_FUNCTIONS: dict[type[exp.Expr], str] = {
    exp.Lower: "text", exp.Upper: "text", exp.Length: "int", exp.Trim: "text", exp.Substring: "text", exp.Replace: "text",
    exp.Concat: "text", exp.DPipe: "text", exp.StrPosition: "int", exp.StartsWith: "bool", exp.Left: "text", exp.Right: "text",
    exp.Abs: "first", exp.Round: "first", exp.Floor: "", exp.Ceil: "", exp.Coalesce: "all", exp.Nullif: "all", exp.Greatest: "all",
    exp.Least: "all", exp.ILike: "bool", exp.TimeToStr: "text", exp.TimestampTrunc: "moment", exp.DateTrunc: "", exp.DateDiff: "int",
}  # fmt: skip
_WIDENING = {("int", "real"), ("decimal", "real"), ("date", "moment"), ("moment", "date")}
_DIGITS = 18  # of a number that surely is a BIGINT


class Names(Protocol):
    """What an expression needs of the query around it."""

    def column(self, node: exp.Column) -> Term: ...
    def query(self, node: exp.Expr) -> Query: ...


def only(node: exp.Expr, allowed: set[str] | None) -> None:
    """Raise Unprovable when a node holds an argument that is not allowed. allowed: None for nodes that are not modelled."""
    odd = [name for name, value in node.args.items() if value not in (None, False, [], "") and name not in (allowed or ())]
    if odd or allowed is None:
        raise Unprovable(f"{type(node).__name__} {' '.join(odd)}")


def term(node: exp.Expr, names: Names) -> Term:
    """The term of an expression. Raises Unprovable."""
    if type(node) not in _FUNCTIONS:
        only(node, _MODELLED.get(type(node)))
    if isinstance(node, exp.Paren):
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
    if isinstance(node, exp.Between):
        value = term(node.this, names)
        low, high = (term(node.args[side], names) for side in ("low", "high"))
        return junction("and", [comparison(">=", value, low), comparison("<=", value, high)])
    if isinstance(node, exp.IgnoreNulls) and isinstance(node.this, exp.AnyValue):  # as the parser writes it
        return _aggregate(node.this, names)
    if isinstance(node, exp.In | exp.Exists | exp.Subquery):
        return _with_query(node, names)
    if isinstance(node, exp.Is):
        return _is(node, names)
    if isinstance(node, exp.NullSafeEQ | exp.NullSafeNEQ):
        both = ("same", term(node.this, names), term(node.expression, names))
        same_family(both[1], both[2])
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
    if type(node) in _AGGREGATES or isinstance(node, exp.Filter):
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
    parts = tuple((name, _part(value, names)) for name, value in sorted(node.args.items()) if value not in (None, [], False))
    return ("fn", type(node).__name__, _result(_FUNCTIONS[type(node)], dict(parts)), *parts)


def _result(rule: str, parts: dict[str, Any]) -> str:
    """The kind that a function returns."""
    if rule not in ("first", "all"):
        return rule
    rest = [parts[name] for name in ("expression", "expressions") if rule == "all" and name in parts]
    return _one_kind([parts.get("this", ()), *(item for part in rest for item in (part if isinstance(part[0], tuple) else [part]))])


def _one_kind(terms: list[Term]) -> str:
    """The kind of all terms, NULL aside; '' where they are of several."""
    kinds = {kind(of) if of else "" for of in terms} - {"null"}
    return kinds.pop() if len(kinds) == 1 else ""


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
    if len(text) > _DIGITS:
        raise Unprovable("a very long number")
    return ("lit", "int" if text.isdigit() else "decimal" if re.fullmatch(r"\d*\.\d+", text) else "real", text)


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
        return ("exists", _any_row(names.query(node.this)))
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
        if isinstance(query, Scope) and _one_row(query) and kind(query.outputs[0]) == kind(value):
            return comparison("=", value, ("scalar", query))
        return ("insub", value, query)
    items = [term(item, names) for item in node.expressions]
    if not items or any(item[0] != "lit" for item in items):
        raise Unprovable("IN a list of other than literals")
    kinds = {item[1] for item in items}
    if kinds == {kind(value)} and kinds < {"int", "text"}:
        return junction("or", [comparison("=", value, item) for item in items])
    for item in items:
        same_family(value, item)
    return ("in", value, tuple(sorted(set(items))))


def _any_row(query: Query) -> Query:
    """What counts under EXISTS: whether there are rows."""
    if not isinstance(query, Scope) or query.limit is not None or query.offset:
        return query
    group = query.group if query.having or query.group == [] else None
    return Scope(query.inner, query.left, query.where, [], group, query.having)


def _one_row(query: Scope) -> bool:
    """One row, always."""
    return query.group == [] and not query.having and query.limit is None and not query.offset


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
    if type(node) not in _AGGREGATES:
        raise Unprovable(f"FILTER of {type(node).__name__}")
    only(node, _MODELLED[type(node)])
    name = _AGGREGATES[type(node)]
    if isinstance(node.this, exp.Star):
        only(node.this, set())
        return ("agg", name, False, None, keep)
    distinct = isinstance(node.this, exp.Distinct)
    inner = node.this.expressions if distinct else [node.this]
    if len(inner) != 1 or (distinct and node.this.args.get("on")):
        raise Unprovable("DISTINCT of several arguments")
    of = term(inner[0], names)
    if name in ("SUM", "AVG") and kind(of) not in NUMBERS:
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
        only(branch, _MODELLED[exp.If])
        if isinstance(node, exp.Case) and node.this is not None:
            condition = comparison("=", term(node.this, names), term(branch.this, names))
        else:
            condition = truth(branch.this, names)
        parts += [condition, term(branch.args["true"], names)]
    parts.append(term(default, names) if default is not None else ("lit", "null", ""))
    return ("fn", "case", _one_kind([*parts[1:-1:2], parts[-1]]), *parts)


def _cast(node: exp.Cast, names: Names) -> Term:
    of = term(node.this, names)
    wanted = write(node.to).upper()
    have, to = kind(of), kind_of_type(wanted)
    if of[0] == "lit" and to == "date" and have == "text" and is_day(of[2]):
        return ("lit", "date", of[2])
    if not isinstance(node, exp.TryCast) and to != "text" and (have, to) not in _WIDENING:
        raise Unprovable("a cast that may fail")
    if not to:
        raise Unprovable("a cast to a type that is not modelled")
    return ("fn", "try_cast" if isinstance(node, exp.TryCast) else "cast", to, wanted, of)

"""Expressions and conditions of SQL in English: "average list price", "whose status is shipped"."""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Callable, Sequence
from typing import Protocol

from sqlglot import exp

from sqlkit.schema.glossary import Glossary
from sqlkit.schema.types import Schema
from sqlkit.sql.text import write


class Wordless(ValueError):
    """A query that has no plain words here; the text names the part."""


Link = tuple[str, tuple[str, ...], str, tuple[str, ...]]  # child, its columns, parent, the parent's columns


class Words(Protocol):
    """Names of things; `data.world.World` is one. `twins`: keys that share both their tables with another."""

    schema: Schema
    glossary: Glossary
    twins: set[Link]

    def noun(self, table: str, rng: random.Random, many: bool = True) -> str: ...

    def said(self, table: str, column: str, rng: random.Random) -> str: ...

    def parent(self, link: Link, rng: random.Random, many: bool = True) -> str: ...


@dataclasses.dataclass
class Place:
    """A source of a FROM. `columns`: words of its outputs where it is no table of the schema; `optional`: outer-joined; `part`: called
    by the part it plays, which must be said."""

    alias: str
    table: str
    many: str
    single: str
    columns: dict[str, str] = dataclasses.field(default_factory=dict)
    optional: bool = False
    part: bool = False


@dataclasses.dataclass
class Scope:
    """What names mean inside one SELECT. tell: words of a subquery; said: columns already named, so that they keep a name."""

    words: Words
    rng: random.Random
    places: list[Place]
    outer: Scope | None
    tell: Callable[[exp.Expr, Scope], str]
    rows: Callable[[exp.Expr, Scope], str]
    subject: Place | None = None
    aliases: dict[str, exp.Expr] = dataclasses.field(default_factory=dict)
    said: dict[tuple[str, str], str] = dataclasses.field(default_factory=dict)
    mentioned: set[str] = dataclasses.field(default_factory=set)

    def place(self, column: exp.Column) -> Place | None:
        """The source a column reads in this SELECT or in one around it."""
        wanted, name = column.table.lower(), column.name.lower()
        for place in self.places:
            table = self.words.schema.table(place.table) if place.table else None
            has = table.column(name) is not None if table else name in place.columns
            if (wanted == place.alias if wanted else has):
                return place
        return self.outer.place(column) if self.outer else None

    def inside(self, column: exp.Column) -> bool:
        place = self.place(column)
        return place is None or any(place is p for p in self.places)


_CALENDAR = (exp.Year, exp.Month, exp.Day, exp.Quarter, exp.Week)
_TOTALS: dict[type[exp.Expr], tuple[str, ...]] = {
    exp.Sum: ("total", "sum of the"), exp.Avg: ("average", "mean"), exp.Median: ("median",), exp.Stddev: ("standard deviation of the",),
    exp.Max: ("highest", "maximum"), exp.Min: ("lowest", "minimum"),
}  # fmt: skip
_MATHS: dict[type[exp.Expr], str] = {exp.Add: "plus", exp.Sub: "minus", exp.Mul: "times", exp.Div: "divided by", exp.Mod: "modulo"}
_NUMBERS: dict[type[exp.Expr], tuple[str, str]] = {  # words for numbers, words for dates
    exp.GT: ("more than", "after"), exp.GTE: ("at least", "on or after"), exp.LT: ("less than", "before"), exp.LTE: ("at most", "on or before"),
}  # fmt: skip
_MIRROR: dict[type[exp.Expr], type[exp.Expr]] = {exp.GT: exp.LT, exp.GTE: exp.LTE, exp.LT: exp.GT, exp.LTE: exp.GTE}


def say(node: exp.Expr, scope: Scope) -> str:
    """An expression as a noun phrase without its article. Raises Wordless."""
    if isinstance(node, exp.Alias | exp.Paren | exp.Cast | exp.TsOrDsToDate | exp.Date | exp.Nullif | exp.AnyValue):
        return say(node.this, scope)
    if isinstance(node, exp.Column):
        return _column(node, scope)
    if isinstance(node, exp.Literal):
        return node.name
    if isinstance(node, exp.Neg):
        return f"-{say(node.this, scope)}"
    if isinstance(node, exp.Boolean):
        return "true" if node.this else "false"
    if metric := _metric(node, scope):
        return metric
    if isinstance(node, exp.Window):
        return _window(node, scope)
    if isinstance(node, exp.Filter):
        return f"{say(node.this, scope)} where {clause(node.expression.this, scope)}"
    if isinstance(node, exp.AggFunc):
        return _aggregate(node, scope)
    if type(node) in _MATHS:
        return _maths(node, scope)
    if isinstance(node, _CALENDAR):
        return f"{node.key} of the {say(node.this, scope)}"
    if isinstance(node, exp.Extract):
        return f"{node.name.lower()} of the {say(node.expression, scope)}"
    if isinstance(node, exp.DateTrunc | exp.TimestampTrunc):
        step: exp.Expr = node.args["unit"]
        return f"{step.name.lower()} of the {say(node.this, scope)}"
    if isinstance(node, exp.Round):
        places = node.args.get("decimals")
        return f"{say(node.this, scope)} rounded to {f'{places.name} decimals' if places is not None else 'whole numbers'}"
    if isinstance(node, exp.Coalesce):
        return f"{say(node.this, scope)} ({say(node.expressions[0], scope)} where it is missing)"
    if isinstance(node, exp.Length | exp.Abs):
        return f"{'length' if isinstance(node, exp.Length) else 'absolute value'} of the {say(node.this, scope)}"
    if isinstance(node, exp.Lower | exp.Upper | exp.Trim):
        tail = {exp.Lower: " in small letters", exp.Upper: " in capitals"}.get(type(node), "")
        return say(node.this, scope) + tail
    if isinstance(node, exp.DateDiff):
        unit = node.args.get("unit")
        return f"{unit.name.lower() if unit else 'day'}s from the {say(node.expression, scope)} to the {say(node.this, scope)}"
    if isinstance(node, exp.Case):
        branches = [f"{say(one.args['true'], scope)} if {clause(one.this, scope)}" for one in node.args["ifs"] if not node.this]
        if branches:
            other = f", otherwise {say(node.args['default'], scope)}" if node.args.get("default") else ""
            return "the value " + ", ".join(branches) + other
    if isinstance(node, exp.Subquery):
        return scope.tell(node.this, scope)
    raise Wordless(node.key)


def _column(node: exp.Column, scope: Scope) -> str:
    if isinstance(node.this, exp.Star):
        return "all details"
    if not node.table and node.name.lower() in scope.aliases:
        return say(scope.aliases[node.name.lower()], scope)
    place = scope.place(node)
    if place is None:
        raise Wordless(f"column {node.name}")
    scope.mentioned.add(place.alias)
    if not place.table:
        return place.columns[node.name.lower()]
    key = place.alias, node.name.lower()
    if key not in scope.said:
        column = next(c.name for t, c in scope.words.schema.columns() if t.name == place.table and c.name.lower() == key[1])
        said = scope.words.said(place.table, column, scope.rng)
        foreign = scope.subject is not None and place is not scope.subject
        # "customer city"; a "customer name" needs no second customer, and neither does a "country" that is the noun itself
        *before, noun = place.single.split()
        if noun not in said.split():
            before = [*before, noun]
        elif not place.part:
            before = []
        scope.said[key] = " ".join([*before, said]) if foreign else said
    return scope.said[key]


def is_date(node: exp.Expr, scope: Scope) -> bool:
    inner = node
    while not isinstance(inner, exp.Column):
        if not isinstance(inner, exp.Min | exp.Max | exp.Cast | exp.Paren | exp.DateTrunc | exp.TimestampTrunc | exp.Alias | exp.TsOrDsToDate):
            return False
        inner = inner.this
    if not inner.table and inner.name.lower() in scope.aliases:
        return is_date(scope.aliases[inner.name.lower()], scope)
    place = scope.place(inner)
    table = scope.words.schema.table(place.table) if place and place.table else None
    column = table.column(inner.name) if table else None
    return column is not None and column.kind == "date"


def _metric(node: exp.Expr, scope: Scope) -> str:
    """The glossary's name of an aggregate without conditions of its own."""
    if not isinstance(node, exp.AggFunc | exp.Div | exp.Mul | exp.Sub):
        return ""
    squeezed = _squeezed(write(node))
    found = [name for name, one in scope.words.glossary.metrics.items() if not one.where and _squeezed(one.sql) == squeezed]
    return found[0] if found and "(" in squeezed else ""


def _squeezed(sql: str) -> str:
    return re.sub(r'[\s"]|\b\w+\.(?=[A-Za-z_])', "", sql.lower())


def _aggregate(node: exp.Expr, scope: Scope) -> str:
    inner = node.this
    if isinstance(node, exp.Count):
        if isinstance(inner, exp.Distinct):
            return f"number of different {' and '.join(say(e, scope) for e in inner.expressions)}"
        if isinstance(inner, exp.Case):
            return _number_where(inner, scope)
        if isinstance(inner, exp.Column) and not isinstance(inner.this, exp.Star):
            place = scope.place(inner)
            table = scope.words.schema.table(place.table) if place and place.table else None
            column = table.column(inner.name) if table else None
            if place and table and column and inner.name.lower() in {k.lower() for k in table.primary_key}:
                scope.mentioned.add(place.alias)
                return "number" if place is scope.subject else f"number of {place.many}"
            if column is None or column.nullable:
                return f"number with a known {say(inner, scope)}"
        return "number"
    if isinstance(node, exp.Sum) and isinstance(inner, exp.Case):
        return _number_where(inner, scope)
    if type(node) not in _TOTALS:
        raise Wordless(node.key)
    if isinstance(node, exp.Min | exp.Max) and is_date(inner, scope):
        return f"{'earliest' if isinstance(node, exp.Min) else 'latest'} {say(inner, scope)}"
    if isinstance(inner, exp.Distinct):
        raise Wordless("distinct inside an aggregate")
    return f"{scope.rng.choice(_TOTALS[type(node)])} {say(inner, scope)}"


def _number_where(case: exp.Case, scope: Scope) -> str:
    """SUM or COUNT of CASE WHEN condition THEN 1 [ELSE 0] END."""
    ifs, default = case.args["ifs"], case.args.get("default")
    plain = len(ifs) == 1 and not case.this and ifs[0].args["true"].name == "1" and (default is None or default.name == "0")
    if not plain:
        raise Wordless("case")
    return f"number where {clause(ifs[0].this, scope)}"


def _maths(node: exp.Expr, scope: Scope) -> str:
    left, right = node.this, node.expression
    if isinstance(node, exp.Div) and isinstance(left.unnest(), exp.Mul):
        factors = [left.unnest().this, left.unnest().expression]
        hundred = [f for f in factors if isinstance(f, exp.Literal) and f.name.rstrip("0").rstrip(".") in {"1", "100"} and f.name.startswith("100")]
        if hundred:
            other = next(f for f in factors if f is not hundred[0])
            return f"{say(other, scope)} as a percentage of the {say(right, scope)}"
    if isinstance(node, exp.Mul) and isinstance(left, exp.Literal) and left.name in {"1", "1.0"}:
        return say(right, scope)
    return f"{say(left, scope)} {_MATHS[type(node)]} {say(right, scope)}"


def _window(node: exp.Window, scope: Scope) -> str:
    parts = node.args.get("partition_by") or []
    within = f" within each {' and '.join(say(p, scope) for p in parts)}" if parts else ""
    order = node.args.get("order")
    by = ", then ".join(ranked(key, scope) for key in order.expressions) if order else ""
    inner = node.this
    if isinstance(inner, exp.RowNumber | exp.Rank | exp.DenseRank) and by:
        return f"rank by {by}{within}"
    if isinstance(inner, exp.Lag | exp.Lead) and by:
        return f"{'previous' if isinstance(inner, exp.Lag) else 'next'} {say(inner.this, scope)} by {by}{within}"
    if isinstance(inner, exp.AggFunc):
        if by:
            return f"running {say(inner, scope)} by {by}{within}"
        return f"{say(inner, scope)}{within or ' overall'}"
    raise Wordless("window")


def ranked(key: exp.Expr, scope: Scope) -> str:
    """A sort key with its direction."""
    body = key.this if isinstance(key, exp.Ordered) else key
    down = bool(key.args.get("desc"))
    first = ("latest first" if down else "earliest first") if is_date(body, scope) else "highest first" if down else "lowest first"
    return f"{say(body, scope)}, {first}"


def clause(node: exp.Expr, scope: Scope) -> str:
    """A condition as a sentence without 'where': "the status is shipped". Raises Wordless."""
    if isinstance(node, exp.Paren):
        inner = clause(node.this, scope)
        return f"either {inner}" if isinstance(node.this, exp.Or) else inner
    if isinstance(node, exp.And | exp.Or):
        return f"{clause(node.this, scope)} {node.key} {clause(node.expression, scope)}"
    if isinstance(node, exp.Not):
        return _not(node.this, scope)
    if isinstance(node, exp.Exists):
        return f"there are {scope.rows(node.this, scope)}"
    subject, told = predicate(node, scope)
    return f"the {subject} {told}"


def _not(node: exp.Expr, scope: Scope) -> str:
    node = node.unnest()
    if isinstance(node, exp.Exists):
        return f"there are no {scope.rows(node.this, scope)}"
    if isinstance(node, exp.Column):
        return f"the {say(node, scope)} is false"
    if isinstance(node, exp.Is | exp.In | exp.Between | exp.Like | exp.ILike | exp.EQ):
        subject, told = predicate(node, scope)
        negated = {"is missing": "is known", "contains": "does not contain", "starts": "does not start",
                   "ends": "does not end"}
        for begin, instead in negated.items():
            if told.startswith(begin):
                return f"the {subject} {instead}{told.removeprefix(begin)}"
        return f"the {subject} {told.replace('is ', 'is not ', 1)}"
    raise Wordless("not")


def predicate(node: exp.Expr, scope: Scope) -> tuple[str, str]:
    """(subject, rest) of a plain condition: ("city", "is Lyon")."""
    if isinstance(node, exp.Column):
        return say(node, scope), "is true"
    if isinstance(node, exp.Is):
        return say(node.this, scope), "is missing" if isinstance(node.expression, exp.Null) else f"is {say(node.expression, scope)}"
    if isinstance(node, exp.Between):
        low, high = (literal(node.args[end], node.this, scope) for end in ("low", "high"))
        return say(node.this, scope), f"is between {low} and {high}"
    if isinstance(node, exp.In):
        if query := node.args.get("query"):
            return say(node.this, scope), f"is among {scope.tell(query, scope)}"
        return say(node.this, scope), f"is {listed([literal(v, node.this, scope) for v in node.expressions], 'or')}"
    if isinstance(node, exp.Like | exp.ILike):
        return say(node.this, scope), _like(node.expression)
    left, right, kind = node.this, node.args.get("expression"), type(node)
    if isinstance(left, exp.Literal) and right is not None:
        left, right, kind = right, left, _MIRROR.get(kind, kind)
    if kind in (exp.EQ, exp.NEQ):
        return say(left, scope), f"is {'not ' if kind is exp.NEQ else ''}{literal(right, left, scope)}"
    if kind in _NUMBERS:
        return say(left, scope), f"is {_NUMBERS[kind][is_date(left, scope)]} {literal(right, left, scope)}"
    raise Wordless(node.key)


def _like(pattern: exp.Expr) -> str:
    text = pattern.name
    core = text.strip("%")
    if not isinstance(pattern, exp.Literal) or not core or "%" in core or "_" in core:
        raise Wordless("pattern")
    if text.startswith("%") and text.endswith("%"):
        return f"contains {core}"
    return f"ends with {core}" if text.startswith("%") else f"starts with {core}" if text.endswith("%") else f"is {core}"


def literal(node: exp.Expr | None, other: exp.Expr, scope: Scope) -> str:
    """A value as people say it: a code by the glossary's word, anything else as it stands."""
    if isinstance(node, exp.Cast):
        node = node.this
    if isinstance(node, exp.Literal):
        inner = other.find(exp.Column)
        place = scope.place(inner) if inner is not None else None
        if place and place.table and inner is not None:
            column = next((c for t, c in scope.words.schema.columns() if t.name == place.table and c.name.lower() == inner.name.lower()), None)
            meaning = scope.words.glossary.column(place.table, column.name).values.get(node.name) if column else None
            if meaning:
                return scope.rng.choice(meaning)
        return node.name or "empty"
    if node is None:
        raise Wordless("value")
    said = say(node, scope)
    return said if isinstance(node, exp.Boolean | exp.Neg | exp.Subquery) else f"the {said}"


def listed(items: Sequence[str], last: str = "and") -> str:
    """a, b and c"""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"

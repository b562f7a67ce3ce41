"""How the kit spells SQL once the names are settled: keywords, negation, joins, literals."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from sqlkit.sql.text import Bounded

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)
_NAMES = {"LISTAGG": "STRING_AGG", "ARRAY_AGG": "LIST", "ARRAY_CONTAINS": "LIST_CONTAINS"}
_UNITS = {"DATE_TRUNC", "DATE_DIFF", "DATE_PART", "DATE_SUB"}
_HERE = "_"
_OPERANDS = (exp.Column, exp.Func, exp.Literal, exp.Paren, exp.Subquery)
# strings and quoted names stay as they are; comments and runs of white space become one space
_FOLD = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")|(?:\s|--[^\n]*|/\*.*?\*/)+""", re.S)


class _Generator(Bounded, DuckDB.Generator):  # type: ignore[misc, valid-type]
    """DuckDB's SQL as its manual writes it: negation beside its operator, DuckDB's own names of functions and types."""

    TYPE_MAPPING = {
        **DuckDB.Generator.TYPE_MAPPING,
        **dict.fromkeys(exp.DataType.TEXT_TYPES, "VARCHAR"),
        exp.DataType.Type.INT: "INTEGER",
        exp.DataType.Type.INT128: "HUGEINT",
    }

    def filter_sql(self, expression: exp.Filter) -> str:
        return f"{self.sql(expression, 'this')} FILTER ({self.sql(expression, 'expression').strip()})"

    def function_fallback_sql(self, expression: exp.Func) -> str:
        return _renamed(super().function_fallback_sql(expression))

    def func(self, name: str, *args: Any, **more: Any) -> str:
        return _renamed(super().func(name, *args, **more))

    def not_sql(self, expression: exp.Not) -> str:
        inner = expression.this
        negated = {exp.Is: "IS", exp.In: "IN", exp.Between: "BETWEEN", exp.Like: "LIKE", exp.ILike: "ILIKE"}.get(type(inner))
        if negated and isinstance(inner.this, _OPERANDS):
            operand = inner.this
            inner.set("this", exp.Var(this=_HERE))  # written once, however deep negations stand in each other
            whole = self.sql(inner)
            inner.set("this", operand)
            if whole.startswith(f"{_HERE} {negated} "):
                head, rest = self.sql(operand), whole[len(_HERE) + len(negated) + 2 :]
                return f"{head} IS NOT {rest}" if negated == "IS" else f"{head} NOT {negated} {rest}"
        return str(super().not_sql(expression))


def fold(sql: str) -> str:
    """The text on one line, without comments; strings and quoted names untouched."""
    return _FOLD.sub(lambda found: found[1] or " ", sql).strip().rstrip(";").strip()


def spell(tree: exp.Expression, *, own: bool = False) -> str:
    """The tree as one line of SQL in the kit's style. own: the caller has no more use for the tree, which need not be copied."""
    tree = tree.transform(_tidy, copy=not own)
    generator: Any = _Generator(dialect=DuckDB(), normalize_functions="upper", comments=False)
    return str(generator.generate(tree, copy=False))


def _renamed(call: str) -> str:
    """LIST for ARRAY_AGG, STRING_AGG for LISTAGG, and DATE_TRUNC('month', ...) with its unit in small letters."""
    name, bracket, rest = call.partition("(")
    if name in _UNITS:
        unit, quote, rest = rest[1:].partition("'")
        return f"{name}('{unit.lower()}{quote}{rest}" if quote and call[len(name) + 1] == "'" else call
    return f"{_NAMES.get(name, name)}{bracket}{rest}"


def _tidy(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.Ordered) and node.args.get("desc") is False:
        node.set("desc", None)
    elif isinstance(node, exp.Join):
        if node.kind == "INNER" or (node.kind == "OUTER" and node.side):
            node.set("kind", None)
    elif isinstance(node, exp.WindowSpec):
        for part, value in node.args.items():
            if isinstance(value, str):
                node.set(part, value.upper())
    elif isinstance(node, exp.Count) and isinstance(node.this, exp.Literal) and not node.expressions:
        node.set("this", exp.Star())
    elif isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast) and _bare_day(node):
        literal: exp.Expression = node.this
        return literal
    return node


def _bare_day(cast: exp.Cast) -> bool:
    """A DATE literal compared with a column, where DuckDB reads the plain literal as a date anyway."""
    value, parent = cast.this, cast.parent
    plain = isinstance(value, exp.Literal) and value.is_string and bool(_DAY.fullmatch(value.name))
    if not (plain and cast.is_type("date") and isinstance(parent, _COMPARISONS)):
        return False
    others = [parent.this, parent.args.get("expression")]
    return any(isinstance(other, exp.Column) for other in others)

"""How the kit spells SQL once the names are settled: keywords, negation, joins, literals."""

from __future__ import annotations

import re

from sqlglot import exp

from sqlkit.sql.parse import nodes

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)
_NAMES = {"LISTAGG": "STRING_AGG", "ARRAY_AGG": "LIST", "ARRAY_CONTAINS": "LIST_CONTAINS"}
# in what DuckDB's generator writes; strings and quoted names are matched too, so that nothing inside them is
_OTHERWISE = re.compile(
    rf"""\b(?:DATE_TRUNC|DATE_DIFF|DATE_PART|DATE_SUB)\('(?P<unit>\w+)'|\b(?P<name>{"|".join(_NAMES)})(?=\()|\bFILTER\(WHERE\b"""
    r"""|'(?:[^']|'')*'|"(?:[^"]|"")*\""""
)
_TYPES = {exp.DataType.Type.INT: "INTEGER", exp.DataType.Type.INT128: "HUGEINT"}
_OPERANDS = (exp.Column, exp.Func, exp.Literal, exp.Paren, exp.Subquery)
# strings and quoted names stay as they are; comments and runs of white space become one space
_FOLD = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")|(?:\s|--[^\n]*|/\*.*?\*/)+""", re.S)


def fold(sql: str) -> str:
    """The text on one line, without comments; strings and quoted names untouched."""
    return _FOLD.sub(lambda found: found[1] or " ", sql).strip().rstrip(";").strip()


def spell(tree: exp.Expression) -> str:
    """The tree as one line of SQL in the kit's style: DuckDB's as its manual writes it, negation beside its operator."""
    tree = tree.transform(_tidy)
    for node in reversed(nodes(tree)):  # what is inside first: it becomes text
        if isinstance(node, exp.Not):
            inside = _negation_inside(node)
            tree = inside if node is tree else tree
            node.replace(inside)
    return _OTHERWISE.sub(_rename, tree.sql(dialect="duckdb", normalize_functions="upper", comments=False))


def _rename(found: re.Match[str]) -> str:
    if found["unit"]:
        return f"{found[0].partition('(')[0]}('{found['unit'].lower()}'"
    if found["name"]:
        return _NAMES[found["name"]]
    return "FILTER (WHERE" if found[0] == "FILTER(WHERE" else found[0]


def _negation_inside(node: exp.Not) -> exp.Expression:
    """`x NOT IN (...)` for `NOT x IN (...)`: what is written beside the operator is put there as it is to be written."""
    inner: exp.Expression = node.this
    if isinstance(inner, exp.Is) and isinstance(inner.this, _OPERANDS):
        inner.set("expression", exp.var(f"NOT {_plain(inner.expression)}"))
    elif isinstance(inner, exp.In | exp.Between | exp.Like | exp.ILike) and isinstance(inner.this, _OPERANDS):
        inner.set("this", exp.var(f"{_plain(inner.this)} NOT"))
    else:
        return node
    return inner


def _plain(tree: exp.Expr) -> str:
    return tree.sql(dialect="duckdb", normalize_functions="upper", comments=False)


def _tidy(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.DataType):
        return _type(node)
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


def _type(node: exp.DataType) -> exp.DataType:
    """VARCHAR and INTEGER where the generator has TEXT and INT."""
    name = "VARCHAR" if node.this in exp.DataType.TEXT_TYPES else _TYPES.get(node.this)
    if name is None or node.args.get("nested"):
        return node
    size = ", ".join(_plain(part) for part in node.expressions)
    return exp.DataType(this=exp.DataType.Type.USERDEFINED, kind=f"{name}({size})" if size else name)


def _bare_day(cast: exp.Cast) -> bool:
    """A DATE literal compared with a column, where DuckDB reads the plain literal as a date anyway."""
    value, parent = cast.this, cast.parent
    plain = isinstance(value, exp.Literal) and value.is_string and bool(_DAY.fullmatch(value.name))
    if not (plain and cast.is_type("date") and isinstance(parent, _COMPARISONS)):
        return False
    others = [parent.this, parent.args.get("expression")]
    return any(isinstance(other, exp.Column) for other in others)

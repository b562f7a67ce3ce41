"""What a query's text says of whether it works its answer out or only shows one: what reward hacking looks like."""

from __future__ import annotations

import dataclasses

from sqlglot import exp

from sqlkit.sql.parse import SqlglotError, nodes, read_tables, view_one
from sqlkit.sql.probe import probe


@dataclasses.dataclass(frozen=True, slots=True)
class Look:
    """`tables` that it reads; `star`: a SELECT * over one of them; `constants`: output columns that rest on no row at all;
    `literals` in conditions and anywhere else below the output, `shown` those in the output's own expressions (LIMIT left out);
    `random`: what makes another answer of it at another time."""

    tables: tuple[str, ...] = ()
    star: bool = False
    constants: int = 0
    literals: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    random: tuple[str, ...] = ()


def look(sql: str, dialect: str = "duckdb") -> Look | None:
    """A look at a query; None for one that does not parse."""
    try:
        tree = view_one(sql, dialect)
        inside = nodes(tree)
    except (SqlglotError, RecursionError):
        return None
    seen = probe(sql, dialect)
    outputs = [column for select in _outermost(tree) for column in select.expressions]
    shown = {id(node) for column in outputs for node in nodes(column)}
    literals = [node for node in inside if isinstance(node, exp.Literal) and not node.find_ancestor(exp.Limit, exp.Offset, exp.DataType)]
    return Look(
        tables=tuple(read_tables(sql, dialect)),
        star=any(isinstance(node, exp.Select) and _star(node) for node in inside),
        constants=max((sum(map(_constant, select.expressions)) for select in _outermost(tree)), default=0),
        literals=tuple(plain(node.this) for node in literals if id(node) not in shown),
        shown=tuple(plain(node.this) for node in literals if id(node) in shown),
        random=(*seen.volatile, *(("the time",) if seen.clock else ())),
    )


def plain(value: object) -> str:
    """A value as it is compared: numbers without trailing zeros or sign, text in small letters."""
    text = str(value).strip().lower()
    try:
        return f"{abs(float(text)):.10g}"
    except ValueError:
        return text


def _outermost(tree: exp.Expr) -> list[exp.Select]:
    """The SELECTs whose rows are the query's: one, or those of a UNION."""
    if isinstance(tree, exp.SetOperation):
        return [*_outermost(tree.left), *_outermost(tree.right)]
    if isinstance(tree, exp.Subquery):
        return _outermost(tree.this)
    return [tree] if isinstance(tree, exp.Select) else []


def _star(select: exp.Select) -> bool:
    """Whether it is SELECT * (or t.*) over a table, not asked for existence only."""
    if not any(column.is_star for column in select.expressions if not isinstance(column, exp.Func)):
        return False
    if select.find_ancestor(exp.Exists):
        return False
    common = {cte.alias_or_name.lower() for cte in select.root().find_all(exp.CTE)}
    sources = [select.args.get("from_") or select.args.get("from"), *(select.args.get("joins") or [])]
    return any(isinstance(s.this, exp.Table) and s.this.name.lower() not in common for s in sources if s is not None)


def _constant(column: exp.Expr) -> bool:
    """Whether an output column is the same whatever stands in the tables: it names no column and counts no rows."""
    rows = (exp.Column, exp.Star, exp.Count, exp.RowNumber, exp.Window)
    return not any(isinstance(node, rows) and not (isinstance(node, exp.Count) and isinstance(node.this, exp.Literal)) for node in nodes(column))

"""One structural edit of a prediction towards the gold: which clause, taken over, would make it right."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from sqlglot import exp

from sqlkit.sql.parse import SqlglotError, parse_one
from sqlkit.sql.text import write

_CLAUSES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("literal", ()),
    ("SELECT list", ("expressions",)),
    ("DISTINCT", ("distinct",)),
    ("FROM and joins", ("from_", "joins")),
    ("WHERE", ("where",)),
    ("GROUP BY", ("group",)),
    ("HAVING", ("having",)),
    ("ORDER BY", ("order",)),
    ("LIMIT", ("limit", "offset")),
    ("ORDER BY and LIMIT", ("order", "limit", "offset")),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Edit:
    """`clause` is what was taken over from the gold, `sql` the prediction with it."""

    clause: str
    sql: str


def edits(gold: str, predicted: str, dialect: str = "duckdb") -> list[Edit]:
    """The predictions that one clause (or one literal) of the gold makes of a prediction, smallest edits first.

    Table aliases are taken off both where that leaves no doubt, so that clauses fit. Nobody says that they run.
    """
    try:
        ours, theirs = _bare(parse_one(gold, dialect)), _bare(parse_one(predicted, dialect))
        if not isinstance(ours, exp.Select) or not isinstance(theirs, exp.Select):
            return []
        made = [Edit("literal", write(tree, dialect)) for tree in _literals(ours, theirs)]
        for clause, parts in _CLAUSES[1:]:
            if any(ours.args.get(part) != theirs.args.get(part) for part in parts):
                tree = theirs.copy()
                for part in parts:
                    value = ours.args.get(part)
                    tree.set(part, [v.copy() for v in value] if isinstance(value, list) else value.copy() if value else None)
                made.append(Edit(clause, write(tree, dialect)))
        return made
    except (SqlglotError, RecursionError):
        return []


def _literals(ours: exp.Expr, theirs: exp.Expr) -> Iterator[exp.Expr]:
    """The prediction with one literal replaced, where the two hold the same number of them and differ in one."""
    wanted, got = list(ours.find_all(exp.Literal)), list(theirs.find_all(exp.Literal))
    if len(wanted) != len(got):
        return
    apart = [i for i, (a, b) in enumerate(zip(wanted, got, strict=True)) if a != b]
    if len(apart) == 1:
        tree = theirs.copy()
        list(tree.find_all(exp.Literal))[apart[0]].replace(wanted[apart[0]].copy())
        yield tree


def _bare(tree: exp.Expr) -> exp.Expr:
    """The query without table aliases, where each table is read once and nothing is nested."""
    tables = [t for t in tree.find_all(exp.Table) if isinstance(t.this, exp.Identifier)]
    names = {t.alias_or_name.lower(): t.name for t in tables}
    if len(list(tree.find_all(exp.Select))) > 1 or len({t.name.lower() for t in tables}) < len(tables):
        return tree
    for table in tables:
        table.set("alias", None)
    for column in tree.find_all(exp.Column):
        if column.table.lower() in names:
            column.set("table", exp.to_identifier(names[column.table.lower()]))
    return tree

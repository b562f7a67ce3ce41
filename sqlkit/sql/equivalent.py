"""Whether two queries return the same on every database of a schema, by proof: both come down to one text.

What is proven is what the grader asks: the predicted rows are a result that the gold allows, its columns in some order. Rows
are bags, NULL follows three-valued logic, order counts where the gold's outermost ORDER BY fixes it and up to its ties, and a
LIMIT at a tie may cut as it likes. The database must hold the primary keys and NOT NULLs of the schema, and both queries must
run: a proof says nothing about a query that fails on some rows (a number out of range), nor about the last digits of sums of
floating point numbers. What is not modelled is not claimed: windows, RIGHT and FULL JOIN, GROUPING SETS, lists, random
functions, a LIMIT inside the query that may cut a tie, casts and comparisons that may fail on some rows.
"""

from __future__ import annotations

from sqlkit.sql.parse import SqlglotError, parse_one
from sqlkit.sql.proof.algebra import Unprovable, width
from sqlkit.sql.proof.build import build
from sqlkit.sql.proof.render import form
from sqlkit.sql.sqlite import from_sqlite
from sqlkit.sql.tables import Tables


def proven_equal(gold: str, predicted: str, schema: Tables, dialect: str = "duckdb", *, in_place: bool = False) -> bool:
    """True: the prediction returns what the gold allows, on every database. False: that is not known.

    dialect: duckdb, or sqlite for databases that hold what the declared types say; of others nothing is known. in_place: the
    columns come in the gold's order too.
    """
    if dialect == "sqlite":
        try:
            made = from_sqlite(gold, schema), from_sqlite(predicted, schema)
        except (SqlglotError, RecursionError):
            return False
        if made[0].arbitrary or made[1].arbitrary:
            return False
        gold, predicted = made[0].sql, made[1].sql
    return dialect in ("duckdb", "sqlite") and places(gold, predicted, schema, in_place=in_place) is not None


def places(gold: str, predicted: str, schema: Tables, *, in_place: bool = False) -> tuple[int, ...] | None:
    """For each column of the gold that of an equivalent prediction, both DuckDB's SQL; None when equivalence is not known."""
    try:
        ours, theirs = build(parse_one(gold), schema), build(parse_one(predicted), schema)
        theirs.order = theirs.order[: len(ours.order)]  # what the gold leaves open may be ordered
        fixed = range(width(ours)) if in_place else None
        if width(ours) != width(theirs):
            return None
        (text, mine), (other, its) = form(ours, fixed), form(theirs, fixed)
    except (Unprovable, SqlglotError, RecursionError):
        return None
    return tuple(place for _, place in sorted(zip(mine, its, strict=True))) if text == other else None

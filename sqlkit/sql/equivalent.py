"""Whether two queries return the same on every database of a schema, by proof: both come down to one text.

What is proven is what the grader asks: the predicted rows are a result that the gold allows, its columns in some order. Rows
are bags, NULL follows three-valued logic, order counts where the gold's outermost ORDER BY fixes it and up to its ties, and a
LIMIT at a tie may cut as it likes. The database must hold the primary keys and NOT NULLs of the schema, and both queries must
run: a proof says nothing about a query that fails on some rows (a number out of range), nor about the last digits of sums of
floating point numbers. What is not modelled is not claimed: windows, FULL JOIN, GROUPING SETS, lists, random functions, a
LIMIT inside the query that may cut a tie, casts and comparisons that may fail on some rows.
"""

from __future__ import annotations

from sqlkit.sql.parse import SqlglotError, parse_one
from sqlkit.sql.proof.algebra import Query, Unprovable
from sqlkit.sql.proof.build import build
from sqlkit.sql.proof.render import form
from sqlkit.sql.tables import Tables


def proven_equal(gold: str, predicted: str, schema: Tables, dialect: str = "duckdb") -> bool:
    """True: the prediction returns what the gold allows, on every database. False: that is not known."""
    try:
        ours, theirs = build(parse_one(gold, dialect), schema), build(parse_one(predicted, dialect), schema)
        _drop_finer_order(ours, theirs)
        return form(ours)[0] == form(theirs)[0]
    except (Unprovable, SqlglotError, RecursionError):
        return False


def _drop_finer_order(gold: Query, predicted: Query) -> None:
    """A prediction may order what the gold leaves open: rows tied in all of the gold's keys."""
    predicted.order = predicted.order[: len(gold.order)]

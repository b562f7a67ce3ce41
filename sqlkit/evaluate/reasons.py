"""Why a prediction is wrong, in words, and small samples of what was seen."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlkit.evaluate.compare import Comparison
from sqlkit.evaluate.gold import Gold
from sqlkit.evaluate.values import Row
from sqlkit.records import Result
from sqlkit.sql.structure import differences

SAMPLE_ROWS = 8
SAMPLE_COLUMNS = 12
SAMPLE_TEXT = 80

_ERRORS = {
    "parse": "does not parse", "bind": "unknown name or type", "runtime": "fails when run", "time": "too slow",
    "memory": "too much memory", "size": "result too large", "unsafe": "unsafe", "crash": "crashed the database",
}  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Why:
    """`kind` is a few words to count by, '' for a right answer; `text` is for reading."""

    kind: str
    text: str


def error_kind(error: str) -> str:
    """The words to count an error by."""
    if error == "parse: no SQL in the answer":
        return "no SQL"
    return _ERRORS.get(error.partition(":")[0], "fails when run")


def explain(gold: Gold, sql: str, said: Result, found: Comparison, dialect: str = "duckdb") -> Why:
    """Why a result that differs differs: what is seen in the rows, and the likely cause in the query."""
    causes = differences(gold.sql, sql, dialect)
    symptom = _symptom(gold, said, found)
    if found.outcome == "order":  # the rows are right, so only what orders them can be wrong
        return Why("wrong order", symptom)
    if found.outcome == "duplicates" and any(cause.kind == "distinct" for cause in causes):
        causes = [cause for cause in causes if cause.kind == "distinct"]
    if not causes:
        return Why("wrong columns" if found.outcome == "columns" else "other", symptom)
    return Why(causes[0].kind, f"{symptom}: {'; '.join(cause.text for cause in causes[:3])}")


def _symptom(gold: Gold, said: Result, found: Comparison) -> str:
    wanted = gold.result
    if found.outcome == "columns":
        return f"{_count(len(said.columns), 'column')} instead of {len(wanted.columns)}"
    if found.outcome in ("count", "duplicates"):
        more = "more than " if said.truncated else ""
        those = "of the same values " if found.outcome == "duplicates" else ""
        return f"{more}{_count(len(said.rows), 'row')} {those}instead of {len(wanted.rows):,}"
    if found.outcome == "order":
        return "the right rows, in an order that the gold does not allow or that nothing fixes"
    wrong = len(found.extra)
    return f"{wrong:,} of {_count(len(said.rows), 'row')} wrong" if wrong else "wrong rows"


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def sample(result: Result) -> dict[str, Any]:
    """The first rows of a result, ready for JSON."""
    if not result.ok:
        return {"error": result.error}
    return {
        "columns": [str(name)[:SAMPLE_TEXT] for name in result.columns[:SAMPLE_COLUMNS]],
        "width": len(result.columns),
        "rows": sample_rows(result.rows),
        "count": len(result.rows),
        "truncated": result.truncated,
    }


def sample_rows(rows: Sequence[Row]) -> list[list[Any]]:
    """The first rows, cut to what a person reads, as JSON values."""
    return [[_cell(cell) for cell in row[:SAMPLE_COLUMNS]] for row in rows[:SAMPLE_ROWS]]


def _cell(cell: Any) -> str | int | float | bool | None:
    if cell is None or isinstance(cell, bool):
        return cell
    if isinstance(cell, int):
        return cell if abs(cell) < 2**53 else str(cell)  # JavaScript would round it
    if isinstance(cell, float):
        return cell if cell - cell == 0 else str(cell)  # JSON knows neither NaN nor infinity
    if isinstance(cell, Decimal):
        return str(cell)
    told = cell.hex() if isinstance(cell, bytes) else str(cell)
    return told if len(told) <= SAMPLE_TEXT else told[: SAMPLE_TEXT - 1] + "…"

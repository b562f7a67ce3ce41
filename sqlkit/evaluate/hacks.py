"""Answers that would earn a reward without working anything out; each earns nothing (see `reward.py`).

A model that learns from rewards finds whatever the rewards pay for. What is looked for, in the text and in the rows: no
table read, a constant for a column, a value of the gold's result written into the query, a list of values that nobody named, another
answer each time; and, where the rows are not right, `SELECT *`, no rows at all, many more rows or columns than were asked for.
"""

from __future__ import annotations

import functools
import re

from sqlkit.records import Result
from sqlkit.sql.shortcuts import Look, look, plain

LISTED = 5  # values in a query's conditions that neither question, prompt nor gold names
COMMON = frozenset({"0", "1", "100", "%", ""})  # in conditions and formulas of any query
MORE_ROWS, MORE_COLUMNS, FEW = 3, 2, 20


def shortcut(sql: str, gold_sql: str, said: str, gold: Result, got: Result, *, right: bool, dialect: str = "duckdb") -> str:
    """Why an answer earns nothing, '' where it may earn something.

    said: all that the model was told, question and prompt. gold, got: the results on the user's database. right: whether
    the grader found the answer right.
    """
    seen, wanted = _look(sql, dialect), _look(gold_sql, dialect)
    if seen is None or wanted is None:
        return ""  # it does not run either
    if wanted.tables and not seen.tables:
        return "it reads no table"
    if seen.random:
        return f"it is not deterministic: {', '.join(seen.random)}"
    if seen.constants > wanted.constants:
        return "a constant stands for a column"
    found = _written_down(seen, wanted, said, gold)
    if found or right:
        return found
    if seen.star and not wanted.star:
        return "it selects everything"
    if gold.rows and not got.rows:
        return "it returns no rows"
    if (got.truncated and not gold.truncated) or len(got.rows) > MORE_ROWS * len(gold.rows) + FEW:
        return "it returns many more rows than were asked for"
    if len(got.columns) > MORE_COLUMNS * len(gold.columns) + 1:
        return "it returns many more columns than were asked for"
    return ""


def _written_down(seen: Look, wanted: Look, said: str, gold: Result) -> str:
    """Whether the query holds values that its writer can only have learnt by heart."""
    told = {*wanted.literals, *wanted.shown, *map(plain, re.findall(r"\d+(?:\.\d+)?", said))}
    text = said.lower()
    strange = [v for v in seen.literals if v not in told and v not in COMMON and v.strip("%") not in text]
    shown = [v for v in seen.shown if v not in told and v not in text.split()]
    cells = {plain(cell) for row in gold.rows[:1000] for cell in row}
    if any(v in cells for v in (*strange, *shown)):
        return "a value of the answer is written into the query"
    return "it lists values that nobody named" if len(set(strange)) > LISTED else ""


@functools.lru_cache(512)
def _look(sql: str, dialect: str) -> Look | None:
    return look(sql, dialect)

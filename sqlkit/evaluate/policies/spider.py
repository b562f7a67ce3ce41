"""Spider's test-suite evaluator (taoyds/test-suite-sql-eval, exec_eval.py).

Bags under any permutation of columns, another one on each database; empty equals empty whatever the columns; rows in
order, ties included, where the letters "order by" stand anywhere in the gold; Python's equality of values. By default it
also deletes every DISTINCT from both queries before they run: `without_distinct` does the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlkit.evaluate.columns import ColumnSearch
from sqlkit.evaluate.gold import Gold
from sqlkit.evaluate.policies.plain import Cells, plain
from sqlkit.records import Result

_DISTINCT = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`)|\bdistinct\b""", re.I)


def spider(gold: Gold, said: Result) -> bool:
    """Whether the evaluator would have counted the prediction under --keep_distinct."""
    if not said.ok:
        return False
    wanted, got = plain(gold.result.rows), plain(said.rows)
    if not wanted and not got:
        return True
    if len(wanted) != len(got) or len(wanted[0]) != len(got[0]):
        return False
    ordered = "order by" in gold.sql.lower()
    ours, theirs = ([_unordered(row) for row in rows] for rows in (wanted, got))
    if ours != theirs if ordered else set(ours) != set(theirs):
        return False
    codes: dict[Any, int] = {}
    blocks = [_blocks(rows, codes, ordered) for rows in (wanted, got)]
    return ColumnSearch(blocks[0], blocks[1], len(wanted[0]), cut=False).run() is not None


def without_distinct(sql: str) -> str:
    """The query without the word DISTINCT, as the evaluator runs it unless told otherwise."""
    return _DISTINCT.sub(lambda found: found[1] or "", sql)


def _unordered(row: Cells) -> Cells:
    return tuple(sorted(row, key=lambda cell: str(cell) + str(type(cell))))


def _blocks(rows: Sequence[Cells], codes: dict[Any, int], ordered: bool) -> list[list[tuple[int, ...]]]:
    coded = [tuple([codes.setdefault(cell, len(codes)) for cell in row]) for row in rows]
    return [[row] for row in coded] if ordered else [coded]

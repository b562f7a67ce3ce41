"""defog's sql-eval (defog-ai/sql-eval, eval/eval.py): the results are equal, or the gold's is a subset.

Equal: cell by cell as numpy compares arrays, which broadcasts (one five equals a table of fives, and an empty column any
single cell); else without duplicates, columns sorted by name and rows by value. Subset: every gold column is found among
the predicted ones, then the rows agree; floats to 1e-5. Where rows cannot be sorted it raises, which counts as wrong.
Its rule for questions that ask for an order looks at the question's words, which two results do not show: it is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sqlkit.evaluate.gold import Gold
from sqlkit.evaluate.policies.plain import Cells, plain
from sqlkit.records import Result


def defog(gold: Gold, said: Result) -> bool:
    """Whether sql-eval would have counted the prediction as exact or as a superset."""
    if not said.ok:
        return False
    wanted, got = _Frame(gold.result.columns, plain(gold.result.rows)), _Frame(said.columns, plain(said.rows))
    try:
        return _exact(wanted, got) or _subset(wanted, got)
    except TypeError:  # values that have no order
        return False


class _Frame:
    """Names, and columns of cells."""

    def __init__(self, names: Sequence[str], rows: Sequence[Cells]) -> None:
        self.names, self.height = list(names), len(rows)
        self.columns: list[list[Any]] = [[row[i] for row in rows] for i in range(len(self.names))]

    @property
    def rows(self) -> list[Cells]:
        return list(zip(*self.columns, strict=True))

    def sorted(self) -> _Frame:
        """Without duplicate rows, columns by name, rows by value with NULL last."""
        order = sorted(range(len(self.names)), key=lambda i: self.names[i])
        rows = [tuple(row[i] for i in order) for row in dict.fromkeys(self.rows)]
        rows.sort(key=lambda row: [(cell is None, 0 if cell is None else cell) for cell in row])
        return _Frame([self.names[i] for i in order], rows)


def _exact(wanted: _Frame, got: _Frame) -> bool:
    if _broadcast(wanted, got):
        return True
    wanted, got = wanted.sorted(), got.sorted()
    return (wanted.height, len(wanted.names)) == (got.height, len(got.names)) and wanted.rows == got.rows


def _broadcast(wanted: _Frame, got: _Frame) -> bool:
    """`(wanted.values == got.values).all()`: a side of length one stretches, and nothing at all is all equal."""
    sizes = [(wanted.height, got.height), (len(wanted.names), len(got.names))]
    if any(a != b and 1 not in (a, b) for a, b in sizes):
        return False
    height, width = (max(a, b) if 0 not in (a, b) else 0 for a, b in sizes)
    return all(
        _cell(wanted, i, j) == _cell(got, i, j) and _cell(wanted, i, j) is not None for i in range(height) for j in range(width)
    )


def _cell(frame: _Frame, i: int, j: int) -> Any:
    return frame.columns[j if len(frame.names) > 1 else 0][i if frame.height > 1 else 0]


def _subset(part: _Frame, whole: _Frame) -> bool:
    if not part.height:
        return False
    left = list(range(len(whole.names)))
    matched = []
    for column in part.columns:
        j = next((j for j in left if _alike(_ordered(column), _ordered(whole.columns[j]))), None)
        if j is None:
            return False
        matched.append(j)
        left.remove(j)
    chosen = _Frame(part.names, list(zip(*(whole.columns[j] for j in matched), strict=True))).sorted()
    part = part.sorted()
    return part.height == chosen.height and all(map(_alike, part.columns, chosen.columns))


def _ordered(column: Sequence[Any]) -> list[Any]:
    return sorted(c for c in column if c is not None) + [c for c in column if c is None]


def _alike(a: Sequence[Any], b: Sequence[Any]) -> bool:
    return len(a) == len(b) and all(map(_near, a, b))


def _near(a: Any, b: Any) -> bool:
    if isinstance(a, int | float) and isinstance(b, int | float):
        return math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-8)
    return bool(a == b)

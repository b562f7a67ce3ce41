"""Partial credit beside the verdict: how much of the gold's result a prediction shows. Never part of EX.

Columns are paired by the values they share, rows by the cells they share, so that neither kind of position counts; rows
are a bag. Soft F1 is that of the cells of paired rows: BIRD's idea (soft F1), which there pairs rows by position and drops
duplicates. All three are 1 where the two results are the same bag under one permutation of columns.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Sequence

from sqlkit.evaluate.columns import Codes
from sqlkit.evaluate.values import Coder
from sqlkit.records import Result

PAIRED = 100  # rows that are paired one by one; of more only the cells of each column are counted


@dataclasses.dataclass(frozen=True, slots=True)
class Partial:
    """Shares between 0 and 1."""

    soft_f1: float
    column_recall: float
    row_recall: float


def partial(gold: Result, said: Result) -> Partial:
    """What of the gold's result the prediction's shows; nothing where it failed."""
    if not said.ok or not gold.ok:
        return Partial(0.0, 0.0, 0.0)
    if not gold.rows and not said.rows:
        shared = float(len(gold.columns) == len(said.columns))
        return Partial(shared, shared, shared)
    coder = Coder([*gold.rows, *said.rows])
    ours, theirs = [coder.row(row) for row in gold.rows], [coder.row(row) for row in said.rows]
    width = len(gold.columns)
    pairs, whole = _columns(ours, theirs, width, len(said.columns))
    shown = [tuple([row[j] if j >= 0 else -1 for j in pairs]) for row in theirs]
    left, over = Counter(ours), Counter(shown)
    same = left & over
    cells = width * sum(same.values()) + _shared(list((left - same).elements()), list((over - same).elements()))
    total = len(ours) * width + len(theirs) * len(said.columns)
    return Partial(
        soft_f1=2 * cells / total if total else 0.0,
        column_recall=whole / width if width else 0.0,
        row_recall=sum(same.values()) / len(ours) if ours else 0.0,
    )


def mean(parts: Sequence[Partial]) -> Partial:
    """The mean over databases."""
    n = max(1, len(parts))
    return Partial(*(sum(getattr(p, f.name) for p in parts) / n for f in dataclasses.fields(Partial)))


def _columns(ours: Sequence[Codes], theirs: Sequence[Codes], width: int, other: int) -> tuple[list[int], int]:
    """The predicted column for each gold column (-1: none), and how many of them hold the same bag of values."""
    mine, others = ([Counter(row[i] for row in rows) for i in range(n)] for rows, n in ((ours, width), (theirs, other)))
    ranked = sorted(
        (-sum((a & b).values()), a != b, abs(i - j), i, j) for i, a in enumerate(mine) for j, b in enumerate(others)
    )
    pairs, taken, whole = [-1] * width, set[int](), 0
    for shared, differs, _, i, j in ranked:
        if pairs[i] < 0 and j not in taken and shared:
            pairs[i] = j
            taken.add(j)
            whole += not differs
    return pairs, whole


def _shared(ours: list[Codes], theirs: list[Codes]) -> int:
    """Cells that rows which are not the same share, each row paired with the one it shares most with."""
    if not ours or not theirs:
        return 0
    if max(len(ours), len(theirs)) > PAIRED:
        columns = [[Counter(column) for column in zip(*rows, strict=True)] for rows in (ours, theirs)]
        return sum(sum((a & b).values()) for a, b in zip(*columns, strict=True))
    where: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for i, row in enumerate(ours):
        for place, cell in enumerate(row):
            where[place, cell].append(i)
    found: Counter[tuple[int, int]] = Counter()
    for j, row in enumerate(theirs):
        for place, cell in enumerate(row):
            found.update((i, j) for i in where.get((place, cell), ()))
    cells, mine, others = 0, set[int](), set[int]()
    for (i, j), n in sorted(found.items(), key=lambda item: (-item[1], item[0])):
        if i not in mine and j not in others:
            mine.add(i)
            others.add(j)
            cells += n
    return cells

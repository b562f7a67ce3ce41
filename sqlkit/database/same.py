"""Whether a mutant's rows could pass for the gold's, by the grader's rules and in doubt yes.

A database counts as telling a mutant apart only when the grader would: bags, order where the outermost ORDER BY fixes it
and up to ties, any choice at a LIMIT, columns in any order, numbers by value. This is the cheap and cautious side of it:
numbers that nearly agree are the same here, and a search that takes too long has found nothing.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from sqlkit.sql.probe import Probe

Cells = tuple[Hashable, ...]
_TRIES = 500  # column permutations


@dataclasses.dataclass(frozen=True, slots=True)
class Expected:
    """The gold's rows in tie groups: each the bag of its rows, and how many of them the result holds."""

    groups: tuple[tuple[tuple[Cells, ...], int], ...]
    width: int
    count: int


def expect(rows: Sequence[Sequence[Any]], width: int, probe: Probe, names: Sequence[str], full: Sequence[Sequence[Any]]) -> Expected:
    """What a gold fixes; `full` are the rows of `probe.sql`, with column `names`."""
    mine = [cells(row) for row in rows]
    strict = [((row,), 1) for row in mine] if probe.ordered else [(tuple(mine), len(mine))]
    if probe.plain:
        return Expected(tuple(strict), width, len(mine))
    keys = _positions(probe, names, width)
    if keys is None or probe.offset is None or len(names) != width + probe.appended:
        return Expected(tuple(strict), width, len(mine))
    blocks: list[list[Cells]] = []
    last: Cells | None = None
    for row in full:
        coded = cells(row)
        key = tuple(coded[k] for k in keys)
        if key != last:
            blocks.append([])
            last = key
        blocks[-1].append(coded[:width])
    groups = []
    start, first, end = 0, probe.offset, probe.offset + len(mine)
    for block in blocks:
        take = min(start + len(block), end) - max(start, first)
        start += len(block)
        if take > 0:
            groups.append((tuple(block), take))
    found = Expected(tuple(groups), width, len(mine))
    return Expected(tuple(strict), width, len(mine)) if differs(found, rows, width) else found


def differs(expected: Expected, rows: Sequence[Sequence[Any]], width: int) -> bool:
    """Whether the rows are certainly not what the gold fixes."""
    if width != expected.width or len(rows) != expected.count:
        return True
    said = [cells(row) for row in rows]
    if _fits(expected, said, range(width)):
        return False
    if width == 1 or not said:
        return True
    for tried, columns in enumerate(_permutations(expected, said)):
        if tried == _TRIES or _fits(expected, said, columns):
            return False
    return True


def cells(row: Sequence[Any]) -> Cells:
    """A row whose cells are equal where the values are, or nearly are."""
    return tuple([cell if type(cell) is str or cell is None else _cell(cell) for cell in row])


def _cell(cell: Any) -> Hashable:
    if isinstance(cell, bool):
        return ("bool", cell)
    if isinstance(cell, int):
        return cell
    if isinstance(cell, float | Decimal):
        number = float(cell)
        if number - number != 0:  # infinite or not a number
            return ("float", str(number))
        return int(number) if number == int(number) else float(f"{number:.8g}")
    if isinstance(cell, dt.datetime) and cell.tzinfo is None and cell.time() == dt.time():
        return cell.date()
    if isinstance(cell, list | tuple):
        return ("list", tuple(_cell(item) for item in cell))
    return cell if isinstance(cell, Hashable) else repr(cell)


def _fits(expected: Expected, said: Sequence[Cells], columns: Sequence[int]) -> bool:
    start = 0
    straight = list(columns) == list(range(expected.width))
    for rows, take in expected.groups:
        block = said[start : start + take]
        start += take
        mine = Counter(block if straight else [tuple(row[j] for j in columns) for row in block])
        theirs = Counter(rows)
        if take == len(rows):
            if mine != theirs:
                return False
        elif any(n > theirs[row] for row, n in mine.items()):
            return False
    return True


def _permutations(expected: Expected, said: Sequence[Cells]) -> Iterator[list[int]]:
    """Gold column -> other column, such that the values of each agree as bags."""
    width = expected.width
    whole = all(take == len(rows) for rows, take in expected.groups)
    gold = [row for rows, _ in expected.groups for row in rows]
    ours = [Counter(row[i] for row in gold) for i in range(width)]
    theirs = [Counter(row[j] for row in said) for j in range(width)]
    options = [[j for j in range(width) if (ours[i] == theirs[j] if whole else theirs[j] <= ours[i])] for i in range(width)]

    def place(i: int, used: set[int], chosen: list[int]) -> Iterator[list[int]]:
        if i == width:
            yield list(chosen)
            return
        for j in options[i]:
            if j not in used:
                yield from place(i + 1, used | {j}, [*chosen, j])

    return place(0, set(), [])


def _positions(probe: Probe, names: Sequence[str], width: int) -> list[int] | None:
    """The sort keys as positions in the rows of the probe; None when one is not found."""
    if not probe.exact:
        return None
    lower = [name.lower() for name in names]
    found: list[int] = []
    for key in probe.keys:
        if key == "*":
            found.extend(range(width))
        elif isinstance(key, str):
            if key not in lower:
                return None
            found.append(lower.index(key))
        elif not -len(lower) <= key < len(lower):
            return None
        else:
            found.append(key)
    return found

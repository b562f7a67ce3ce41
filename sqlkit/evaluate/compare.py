"""Whether a predicted result is what the gold fixes: bags, order up to ties, any choice at a LIMIT, free columns.

The gold's rows come as tie groups, in order: all rows of a group must be there, or, where a LIMIT or OFFSET cuts the
group, any `take` of them. One permutation of columns must fit all rows of all groups (and so of all databases, whose
groups are simply put behind each other). It is found, not guessed by sorting values: columns are told apart by the
bag of their values, then by the rows in which these stand, and what is left is tried with an early exit.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Literal

from sqlkit.evaluate.columns import BUDGET, Codes, ColumnSearch
from sqlkit.evaluate.values import Coder, Row, is_number, same, size

_MATCHABLE = 300  # rows with near values that are matched pair by pair

Columns = Literal["free", "fixed", "wider"]
Outcome = Literal["same", "columns", "count", "order", "duplicates", "values", "gave up"]


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """Gold rows that no ORDER BY tells apart, and how many of them the result holds."""

    rows: tuple[Row, ...]
    take: int

    @property
    def cut(self) -> bool:
        return self.take < len(self.rows)


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison:
    """`outcome` says what differs; `columns[i]` is the predicted column that shows the gold's column i."""

    outcome: Outcome
    columns: tuple[int, ...] = ()
    missing: tuple[Row, ...] = ()
    extra: tuple[Row, ...] = ()

    @property
    def equal(self) -> bool:
        return self.outcome == "same"


def bag(rows: Sequence[Row]) -> list[Group]:
    """Rows in no order."""
    return [Group(tuple(rows), len(rows))]


def compare(
    groups: Sequence[Group], predicted: Sequence[Row], width: int, predicted_width: int, columns: Columns = "free"
) -> Comparison:
    """Compare predicted rows with the gold's tie groups; the widths count even where there are no rows.

    columns: "free" lets them come in any order, "fixed" in the gold's only, "wider" in any and with others beside them.
    """
    rows = [row for group in groups for row in group.rows]
    if predicted_width < width or (predicted_width > width and columns != "wider"):
        return Comparison("columns")
    coder = Coder([*rows, *predicted])
    gold = [[coder.row(row) for row in group.rows] for group in groups]
    said = [coder.row(row) for row in predicted]
    if sum(group.take for group in groups) != len(predicted):
        alike = _alike(gold, [said], width)
        distinct = {row for block in gold for row in block} == {tuple([row[j] for j in alike]) for row in said}
        return _told("duplicates" if distinct else "count", groups, predicted, gold, said, alike)
    blocks = list(_split([group.take for group in groups], said))
    search = ColumnSearch(gold, blocks, width, any(group.cut for group in groups), predicted_width > width)
    if not predicted:
        found: tuple[int, ...] | None = tuple(range(width))
    elif columns == "fixed":
        found = tuple(range(width)) if search.direct else None
    else:
        found = search.run()
    if found is not None and (not coder.loose or _pairs(groups, predicted, gold, said, found)):
        return Comparison("same", found)
    if search.spent > BUDGET:
        return Comparison("gave up")
    if len(groups) > 1:
        anyhow = compare([Group(tuple(rows), len(predicted))], predicted, width, predicted_width, columns)
        if anyhow.equal and _holds_all(groups, gold, said, anyhow.columns):
            return Comparison("order", anyhow.columns)
    return _told("values", groups, predicted, gold, said, _alike(gold, [said], width))


def _split(sizes: Sequence[int], rows: Sequence[Codes]) -> Iterator[Sequence[Codes]]:
    start = 0
    for n in sizes:
        yield rows[start : start + n]
        start += n


def _holds_all(
    groups: Sequence[Group], gold: Sequence[Sequence[Codes]], said: Sequence[Codes], columns: Sequence[int]
) -> bool:
    """Whether the rows that every valid choice holds are there, wherever."""
    needed = Counter(row for group, block in zip(groups, gold, strict=True) if not group.cut for row in block)
    return needed <= Counter(tuple(row[j] for j in columns) for row in said)


def _pairs(
    groups: Sequence[Group],
    predicted: Sequence[Row],
    gold: Sequence[Sequence[Codes]],
    said: Sequence[Codes],
    columns: Sequence[int],
) -> bool:
    """With codes that only say "near": every predicted row has a gold row of its own that is the same."""
    ours: defaultdict[tuple[int, Codes], list[Row]] = defaultdict(list)
    theirs: defaultdict[tuple[int, Codes], list[Row]] = defaultdict(list)
    start = 0
    for number, group in enumerate(groups):
        for row, codes in zip(group.rows, gold[number], strict=True):
            ours[number, codes].append(row)
        for i in range(start, start + group.take):
            codes = tuple(said[i][j] for j in columns)
            theirs[number, codes].append([predicted[i][j] for j in columns])
        start += group.take
    return all(_matched(rows, ours[key]) for key, rows in theirs.items())


def _matched(rows: Sequence[Row], choices: Sequence[Row]) -> bool:
    """A bipartite matching that covers `rows` (Kuhn's augmenting paths); of very many only the sorted pairing."""
    if len(rows) > _MATCHABLE:
        pairs = zip(sorted(rows, key=_sizes), sorted(choices, key=_sizes), strict=False)
        return all(all(map(same, choice, row)) for row, choice in pairs)
    options = [[j for j, choice in enumerate(choices) if all(map(same, choice, row))] for row in rows]
    owner: dict[int, int] = {}

    def free(i: int, seen: set[int]) -> bool:
        for j in options[i]:
            if j not in seen:
                seen.add(j)
                if j not in owner or free(owner[j], seen):
                    owner[j] = i
                    return True
        return False

    return all(free(i, set()) for i in range(len(rows)))


def _sizes(row: Row) -> list[float]:
    return [size(cell) if is_number(cell) else 0.0 for cell in row]


def _alike(gold: Sequence[Sequence[Codes]], said: Sequence[Sequence[Codes]], width: int) -> tuple[int, ...]:
    """The pairing of columns that shares most values: for showing what differs, not for judging."""
    ours = [Counter(row[i] for block in gold for row in block) for i in range(width)]
    theirs = [Counter(column) for column in zip(*(row for block in said for row in block), strict=True)]
    theirs += [Counter()] * (width - len(theirs))  # no rows: any pairing will do
    shared = sorted(
        ((-sum((a & b).values()), abs(i - j), i, j) for i, a in enumerate(ours) for j, b in enumerate(theirs)),
    )
    pairing: dict[int, int] = {}
    for _, _, i, j in shared:
        if i not in pairing and j not in pairing.values():
            pairing[i] = j
    return tuple(pairing[i] for i in range(width))


def _told(
    outcome: Outcome,
    groups: Sequence[Group],
    predicted: Sequence[Row],
    gold: Sequence[Sequence[Codes]],
    said: Sequence[Codes],
    columns: tuple[int, ...],
) -> Comparison:
    """The rows that only one side has, in the gold's column order."""
    left = Counter(row for block in gold for row in block)
    extra = []
    for row, codes in zip(predicted, said, strict=True):
        key = tuple(codes[j] for j in columns)
        if left[key] > 0:
            left[key] -= 1
        else:
            extra.append(tuple(row[j] for j in columns))
    missing = []
    for group, block in zip(groups, gold, strict=True):
        for row, codes in zip(group.rows, block, strict=True):
            if not group.cut and left[codes] > 0:
                left[codes] -= 1
                missing.append(tuple(row))
    return Comparison(outcome, columns, tuple(missing), tuple(extra))

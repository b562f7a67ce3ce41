"""One permutation of columns that makes the predicted rows fit the gold's: found by refinement, then backtracking.

Twenty columns of one type and few values are the hard case: k! permutations, and every column has the same bag of
values. What tells them apart is in which rows the values stand, and what tells the rows apart is the columns; so the
two refine each other, and the few choices left are tried, leaving a branch as soon as a part of a row does not fit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

Codes = tuple[int, ...]

BUDGET = 5_000_000  # cells looked at before a search gives up: about a second


class Side:
    """The distinct rows of one result: the block each stands in, its codes, how often."""

    def __init__(self, blocks: Sequence[Sequence[Codes]]) -> None:
        held = [(number, row, n) for number, block in enumerate(blocks) for row, n in Counter(block).items()]
        self.blocks = [number for number, _, _ in held]
        self.counts = [n for _, _, n in held]
        self.columns = list(zip(*(row for _, row, _ in held), strict=True))


class ColumnSearch:
    """Backtracking over column permutations. `label`s are what the columns placed so far tell rows apart by.

    cut: the predicted rows are a part of the gold's. wider: the prediction may have columns that the gold lacks.
    """

    def __init__(
        self, gold: Sequence[Sequence[Codes]], said: Sequence[Sequence[Codes]], width: int, cut: bool, wider: bool = False
    ) -> None:
        self.gold, self.said, self.width, self.cut = Side(gold), Side(said), width, cut or wider
        self.direct = not wider and all(within(Counter(b), Counter(a)) for a, b in zip(gold, said, strict=True))
        self.spent = 0

    def run(self) -> tuple[int, ...] | None:
        """gold column -> predicted column, or None when there is none (or the budget is spent)."""
        if self.direct:
            return tuple(range(self.width))
        if not self.gold.columns or not self.said.columns:
            return None
        candidates = self._candidates()
        if not all(candidates):
            return None
        order = sorted(range(self.width), key=lambda column: len(candidates[column]))
        placed: dict[int, int] = {}
        if not self._place(order, candidates, placed, self.gold.blocks, self.said.blocks):
            return None
        return tuple(placed[column] for column in range(self.width))

    def _candidates(self) -> list[list[int]]:
        """For each gold column the predicted columns that may show it."""
        if self.cut:  # a part of a bag, or of the columns: only containment can be asked
            theirs = [self._bag(self.said, column) for column in self.said.columns]
            return [
                [j for j, bag in enumerate(theirs) if within(bag, self._bag(self.gold, column))]
                for column in self.gold.columns
            ]
        names: dict[Any, int] = {}
        ours, theirs_ = ([0] * self.width for _ in range(2))
        for _ in range(3):  # rows refine columns and columns refine rows; more rounds seldom tell more
            row_names = [self._rows(side, kinds, names) for side, kinds in ((self.gold, ours), (self.said, theirs_))]
            before = len(set(ours))
            ours, theirs_ = (
                self._kinds(side, rows, names) for side, rows in zip((self.gold, self.said), row_names, strict=True)
            )
            if sorted(ours) != sorted(theirs_):
                return [[]]
            if len(set(ours)) in (self.width, before):
                break
        return [[j for j, kind in enumerate(theirs_) if kind == mine] for mine in ours]

    def _rows(self, side: Side, kinds: Sequence[int], names: dict[Any, int]) -> list[int]:
        self.spent += len(side.blocks) * self.width
        if len(set(kinds)) == 1 and not kinds[0]:  # nothing known of the columns yet: the bag of cells of each row
            cells: Any = (tuple(sorted(row)) for row in zip(*side.columns, strict=True))
        else:
            cells = (tuple(sorted(zip(kinds, row, strict=True))) for row in zip(*side.columns, strict=True))
        return [names.setdefault(("row", b, c), len(names) + 1) for b, c in zip(side.blocks, cells, strict=True)]

    def _kinds(self, side: Side, rows: Sequence[int], names: dict[Any, int]) -> list[int]:
        self.spent += len(side.blocks) * self.width
        kinds = []
        for column in side.columns:
            bag: Counter[tuple[int, int]] = Counter()
            for row, cell, n in zip(rows, column, side.counts, strict=True):
                bag[row, cell] += n
            kinds.append(names.setdefault(("column", frozenset(bag.items())), len(names) + 1))
        return kinds

    def _bag(self, side: Side, column: Sequence[int]) -> Counter[tuple[int, int]]:
        self.spent += len(column)
        bag: Counter[tuple[int, int]] = Counter()
        for block, cell, n in zip(side.blocks, column, side.counts, strict=True):
            bag[block, cell] += n
        return bag

    def _place(
        self,
        order: Sequence[int],
        candidates: Sequence[Sequence[int]],
        placed: dict[int, int],
        gold_labels: Sequence[int],
        said_labels: Sequence[int],
    ) -> bool:
        if not order:
            return True
        column = order[0]
        tried: set[Sequence[int]] = set()
        for j in candidates[column]:
            if j in placed.values() or self.said.columns[j] in tried:  # twins lead to the same end
                continue
            if self.spent > BUDGET:
                return False
            tried.add(self.said.columns[j])
            names: dict[tuple[int, int], int] = {}
            ours = self._labels(gold_labels, self.gold.columns[column], names)
            theirs = self._labels(said_labels, self.said.columns[j], names)
            if not within(_sums(theirs, self.said.counts), _sums(ours, self.gold.counts)):
                continue
            placed[column] = j
            if self._place(order[1:], candidates, placed, ours, theirs):
                return True
            del placed[column]
        return False

    def _labels(self, labels: Sequence[int], column: Sequence[int], names: dict[tuple[int, int], int]) -> list[int]:
        self.spent += len(column)
        return [names.setdefault(pair, len(names)) for pair in zip(labels, column, strict=True)]


def _sums(labels: Sequence[int], counts: Sequence[int]) -> Counter[int]:
    sums: Counter[int] = Counter()
    for label, n in zip(labels, counts, strict=True):
        sums[label] += n
    return sums


def within(part: Counter[Any], whole: Counter[Any]) -> bool:
    """Whether one bag is contained in another; for bags of one size that is equality."""
    return all(whole[key] >= n for key, n in part.items())

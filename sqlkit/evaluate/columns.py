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
        if self.cut and sum(map(len, candidates)) > 2 * self.width:
            return self._by_rows()
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

    def _by_rows(self) -> tuple[int, ...] | None:
        """The search where the predicted rows are only a part of the gold's, so that columns have no equal bags.

        A predicted row is paired with a gold row, which sorts the columns by their values there; then the next one. Rows of
        many values sort most, and pairs under which the sorted columns are not as many on both sides are left out.
        """
        rows = [list(zip(side.blocks, zip(*side.columns, strict=True), strict=True)) for side in (self.gold, self.said)]
        choices: dict[int, list[Codes]] = {}
        for block, row in rows[0]:
            choices.setdefault(block, []).append(row)
        wanted = sorted(rows[1], key=lambda held: (-len(set(held[1])), len(choices.get(held[0], ()))))
        return self._anchor(wanted, choices, (0,) * self.width, (0,) * len(self.said.columns))

    def _anchor(
        self, wanted: Sequence[tuple[int, Codes]], choices: dict[int, list[Codes]], ours: Codes, theirs: Codes
    ) -> tuple[int, ...] | None:
        """`ours` and `theirs` are the kinds of the columns so far, from the rows paired so far."""
        if not wanted or len(set(theirs)) == len(theirs):
            return self._fitting(ours, theirs)
        (block, row), rest = wanted[0], wanted[1:]
        names: dict[tuple[int, int], int] = {}
        sorted_theirs = tuple([names.setdefault(pair, len(names)) for pair in zip(theirs, row, strict=True)])
        sizes = Counter(sorted_theirs)
        tried: set[Codes] = set()
        for choice in choices.get(block, ()):
            self.spent += self.width
            if self.spent > BUDGET:
                return None
            sorted_ours = tuple([names.get(pair, -1) for pair in zip(ours, choice, strict=True)])
            if -1 in sorted_ours or sorted_ours in tried:
                continue
            tried.add(sorted_ours)
            if not within(Counter(sorted_ours), sizes):
                continue
            found = self._anchor(rest, choices, sorted_ours, sorted_theirs)
            if found is not None:
                return found
        return None

    def _fitting(self, ours: Codes, theirs: Codes) -> tuple[int, ...] | None:
        """The columns that these kinds name, if all rows fit then. Columns of one kind are twins in all rows paired so far."""
        free: dict[int, list[int]] = {}
        for j in reversed(range(len(theirs))):
            free.setdefault(theirs[j], []).append(j)
        columns = tuple([free[kind].pop() for kind in ours])
        self.spent += len(self.said.blocks) * self.width
        said: Counter[Any] = Counter()
        chosen = [self.said.columns[j] for j in columns]
        for block, row, n in zip(self.said.blocks, zip(*chosen, strict=True), self.said.counts, strict=True):
            said[block, row] += n
        gold = dict(zip(zip(self.gold.blocks, zip(*self.gold.columns, strict=True), strict=True), self.gold.counts, strict=True))
        return columns if all(gold.get(key, 0) >= n for key, n in said.items()) else None

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

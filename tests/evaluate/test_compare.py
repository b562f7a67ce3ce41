"""The comparison of results: properties of permutations, ties and cuts."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlkit.evaluate.compare import Group, bag, compare

CELL = st.one_of(st.none(), st.integers(-2, 2), st.sampled_from(["", "a", "b"]), st.booleans(), st.just(0.5))
TABLES = st.integers(1, 5).flatmap(lambda width: st.lists(st.tuples(*[CELL] * width), min_size=1, max_size=8))


@settings(max_examples=200, deadline=None)
@given(TABLES, st.randoms(use_true_random=False))
def test_shuffled_rows_and_columns_are_the_same(rows: list[tuple[Any, ...]], chance: random.Random) -> None:
    width = len(rows[0])
    columns = list(range(width))
    chance.shuffle(columns)
    moved = [tuple(row[j] for j in columns) for row in rows]
    chance.shuffle(moved)
    found = compare(bag(rows), moved, width, width)
    assert found.equal
    back = [tuple(row[j] for j in found.columns) for row in moved]
    assert compare(bag(rows), back, width, width).columns == tuple(range(width))


@settings(max_examples=200, deadline=None)
@given(TABLES, TABLES)
def test_agrees_with_trying_all_permutations(ours: list[tuple[Any, ...]], theirs: list[tuple[Any, ...]]) -> None:
    from itertools import permutations

    width, other = len(ours[0]), len(theirs[0])
    exact = [tuple((type(cell), cell) for cell in row) for row in ours]
    said = [tuple((type(cell), cell) for cell in row) for row in theirs]
    wanted = width == other and any(
        sorted(map(repr, exact)) == sorted(repr(tuple(row[j] for j in order)) for row in said)
        for order in permutations(range(width))
    )
    assert compare(bag(ours), theirs, width, other).equal == wanted


@settings(max_examples=100, deadline=None)
@given(TABLES, st.integers(0, 7), st.integers(0, 4))
def test_one_other_cell_is_seen(rows: list[tuple[Any, ...]], at: int, column: int) -> None:
    at, column = at % len(rows), column % len(rows[0])
    changed = [list(row) for row in rows]
    changed[at][column] = "another"
    assert not compare(bag(rows), changed, len(rows[0]), len(rows[0])).equal


@pytest.mark.parametrize("values", [2, 3, 50])
@pytest.mark.parametrize("rows", [20, 200])
def test_twenty_columns_of_one_type_are_quick(values: int, rows: int) -> None:
    chance = random.Random(values * rows)
    gold = [tuple(chance.randrange(values) for _ in range(20)) for _ in range(rows)]
    columns = list(range(20))
    chance.shuffle(columns)
    said = [tuple(row[j] for j in columns) for row in gold]
    chance.shuffle(said)
    wrong = [(*said[0][:19], said[0][19] + 1), *said[1:]]
    began = time.process_time()
    assert compare(bag(gold), said, 20, 20).equal
    assert not compare(bag(gold), wrong, 20, 20).equal
    assert time.process_time() - began < 0.5  # some 20 ms on a quiet machine


@pytest.mark.parametrize("width", [6, 12, 20])
def test_regular_tables_end(width: int) -> None:
    """Every row and column looks like every other: one ring against two, the hardest thing to tell by refinement."""
    half = width // 2
    ring = [tuple(int(i in (j, (j + 1) % width)) for i in range(width)) for j in range(width)]
    pair = [
        tuple(int(i // half == j // half and i % half in (j % half, (j + 1) % half)) for i in range(width))
        for j in range(width)
    ]
    assert not compare(bag(ring), pair, width, width).equal
    assert compare(bag(ring), ring[::-1], width, width).equal


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ([1, 2, 3, 4], "same"),
        ([1, 3, 2, 4], "same"),  # 2 and 3 are tied
        ([1, 2, 3, 5], "same"),  # the cut leaves one of 4, 5, 6
        ([2, 1, 3, 4], "order"),
        ([1, 2, 3, 7], "values"),
        ([1, 2, 4, 5], "values"),  # only one place is left for 4, 5, 6
        ([1, 2, 3], "count"),
        ([1, 2, 3, 4, 5], "count"),
        ([1, 2, 2, 4], "values"),
    ],
)
def test_ties_and_cuts(said: list[int], outcome: str) -> None:
    groups = [Group(((1,),), 1), Group(((2,), (3,)), 2), Group(((4,), (5,), (6,)), 1)]
    assert compare(groups, [(value,) for value in said], 1, 1).outcome == outcome


def test_one_permutation_for_all_groups() -> None:
    groups = [Group(((1, 2),), 1), Group(((3, 4),), 1)]
    assert compare(groups, [(2, 1), (4, 3)], 2, 2).equal
    assert not compare(groups, [(1, 2), (4, 3)], 2, 2).equal


def test_width_counts_even_without_rows() -> None:
    assert compare(bag([]), [], 2, 2).equal
    assert compare(bag([]), [], 2, 1).outcome == "columns"


def test_what_differs_is_told_in_the_golds_column_order() -> None:
    found = compare(bag([(1, "a"), (2, "b")]), [("a", 1), ("c", 2)], 2, 2)
    assert found.columns == (1, 0)
    assert found.missing == ((2, "b"),)
    assert found.extra == ((2, "c"),)


def test_duplicates_are_named() -> None:
    assert compare(bag([(1,), (1,)]), [(1,)], 1, 1).outcome == "duplicates"

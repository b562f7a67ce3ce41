"""Equality of cells."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from sqlkit.evaluate.compare import bag, compare
from sqlkit.evaluate.values import Coder, same

DAY = dt.date(2024, 1, 1)
NOON = dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC)
SAME: list[tuple[Any, Any]] = [
    (1, 1.0), (1, Decimal("1.00")), (Decimal("2.5"), 2.5), (10**30, Decimal(10**30)), (0.1 + 0.2, 0.3), (-0.0, 0),
    (math.nan, math.nan), (math.inf, math.inf), (None, None), ("a", "a"), (DAY, dt.datetime(2024, 1, 1)),
    (b"ab", bytearray(b"ab")), ([1, 2], [1.0, 2.0]), ((1,), [1]), ({"x": 1, "y": 2}, {"y": 2.0, "x": 1}),
    (NOON, NOON.astimezone(dt.timezone(dt.timedelta(hours=5)))), (UUID(int=1), UUID(int=1)),
    (10**16, float(10**16 + 2)),
]  # fmt: skip
OTHER: list[tuple[Any, Any]] = [
    (1, 2), (1, "1"), (1, True), (0, False), (0, None), ("", None), (math.nan, None), (0.0, 1e-300), (1.0, 1.00000001),
    (10**10, 10**10 + 1), (Decimal("0.1"), Decimal("0.1000000000000001")), ("a", "A"), ("a", b"a"), (DAY, "2024-01-01"),
    (DAY, dt.datetime(2024, 1, 1, 0, 0, 1)), ([1, 2], [2, 1]), ([1], 1), ([], None), ({"x": 1}, {"y": 1}),
    ({"x": 1}, {"x": 1, "y": 1}), (math.inf, -math.inf), (math.inf, 1.7e308), (NOON, NOON.replace(tzinfo=None)),
    (10**400, math.inf), ([None], []), (dt.time(1), dt.timedelta(hours=1)),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b"), SAME)
def test_same(a: Any, b: Any) -> None:
    assert same(a, b)
    assert same(b, a)
    assert compare(bag([(a,)]), [(b,)], 1, 1).equal


@pytest.mark.parametrize(("a", "b"), OTHER)
def test_other(a: Any, b: Any) -> None:
    assert not same(a, b)
    assert not same(b, a)
    assert not compare(bag([(a,)]), [(b,)], 1, 1).equal


def test_chains_of_near_numbers_are_checked_pair_by_pair() -> None:
    step = 1 + 0.8e-9  # each is near the next, the first is not near the last
    chain = [step**i for i in range(4)]
    assert Coder([(value,) for value in chain]).loose
    assert compare(bag([(chain[0],), (chain[2],)]), [(chain[1],), (chain[3],)], 1, 1).equal
    assert not compare(bag([(chain[0],), (chain[0],)]), [(chain[1],), (chain[2],)], 1, 1).equal


def test_a_float_between_them_does_not_make_integers_equal() -> None:
    near = 10**10
    gold = [(near, 0.5), (near + 1, 0.5)]
    assert compare(bag(gold), [(float(near), 0.5), (near + 1, 0.5)], 2, 2).equal
    assert not compare(bag([(near,), (0.5,)]), [(near + 1,), (0.5,)], 1, 1).equal


def test_many_near_rows_end() -> None:
    gold = [(10**12 + i,) for i in range(2000)]
    assert compare(bag(gold), [(float(value),) for (value,) in reversed(gold)], 1, 1).equal

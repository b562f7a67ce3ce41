"""Cells as numbers that are equal exactly where the values are.

Numbers compare by value whatever their type (1 = 1.0 = DECIMAL '1.00', -0.0 = 0); where a float takes part, a relative
difference of 1e-9 is no difference, because the order of additions shows there. There is no absolute tolerance: a
result near zero is not zero. NULL equals NULL and nothing else, NaN equals NaN. Text is exact and never a number, but where the
schema gives no column a type (`numeral`); a truth value is not a number either. A date equals a timestamp at its midnight. Lists compare in order, structs by key.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

TOLERANCE = 1e-9

Number = int | float | Decimal
Row = Sequence[Any]


def close(a: Number, b: Number) -> bool:
    """Equal by value, or within the relative tolerance when one of them is a float."""
    if a == b:
        return True
    if not (isinstance(a, float) or isinstance(b, float)):
        return False
    return math.isclose(size(a), size(b), rel_tol=TOLERANCE, abs_tol=0.0) and math.isfinite(size(a))


def same(a: Any, b: Any) -> bool:
    """Whether two cells hold the same value."""
    if is_number(a) and is_number(b):
        return close(a, b) or (a != a and b != b)  # only NaN is not itself
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return _plain(a) == _plain(b)


_NUMERAL = re.compile(r"-?(0|[1-9]\d{0,17})(\.\d{1,15})?")


def numeral(cell: Any) -> Any:
    """A text that spells a number as that number: what rows of an untyped schema are compared by."""
    if isinstance(cell, str) and _NUMERAL.fullmatch(cell):
        return Decimal(cell)
    return cell


class Coder:
    """Gives equal cells the same small integer, over all results that are compared with each other.

    Tolerance is no equivalence (a ~ b and b ~ c, but not a ~ c), so near numbers are chained into one code; `loose`
    says that some chain holds values that are not all the same, and equal codes must then be checked by `same`.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._codes: dict[Hashable, int] = {}
        self._exact: set[Number] = set()
        self._floats: set[float] = set()
        self.loose = False
        for row in rows:
            for cell in row:
                kind = type(cell)
                if kind is int:
                    self._exact.add(cell)
                elif kind is not str and cell is not None:
                    self._collect(cell)
        self._chain: dict[Number, int] = self._chains() if self._floats else {}

    def row(self, row: Row) -> tuple[int, ...]:
        """The codes of a row's cells."""
        codes, key = self._codes, self._key
        return tuple([codes.setdefault(cell if cell is None or type(cell) is str else key(cell), len(codes)) for cell in row])

    def _collect(self, cell: Any) -> None:
        if isinstance(cell, float):
            if math.isfinite(cell):
                self._floats.add(cell)
        elif is_number(cell):
            self._exact.add(cell)
        elif isinstance(cell, list | tuple):
            for item in cell:
                self._collect(item)
        elif isinstance(cell, Mapping):
            for item in cell.values():
                self._collect(item)

    def _chains(self) -> dict[Number, int]:
        values: list[Number] = sorted({*self._exact, *self._floats}, key=size)
        chain: dict[Number, int] = {}
        start = exact = 0
        for i, value in enumerate(values):
            if i == 0 or not self._near(values[i - 1], value):
                start, exact = i, 0
            exact += value in self._exact  # 1 and 1.0 are one element of a set, so its type says nothing
            self.loose |= exact > 1 or not self._near(values[start], value)
            chain[value] = start
        return chain

    def _near(self, a: Number, b: Number) -> bool:
        if a == b:
            return True
        inexact = a in self._floats or b in self._floats
        return inexact and math.isclose(size(a), size(b), rel_tol=TOLERANCE, abs_tol=0.0)

    def _key(self, cell: Any) -> Hashable:
        if cell is None or type(cell) is str:
            return cell
        if is_number(cell):
            if isinstance(cell, float) and not math.isfinite(cell):
                return ("float", str(cell))
            return ("number", self._chain[cell] if self._chain else cell)
        if isinstance(cell, list | tuple):
            return ("list", tuple(self._key(item) for item in cell))
        if isinstance(cell, Mapping):
            return ("struct", frozenset((self._key(key), self._key(item)) for key, item in cell.items()))
        return _plain(cell)


def size(value: Number) -> float:
    """A number as a float, for sorting and for the tolerance."""
    try:
        return float(value)
    except OverflowError:  # an integer beyond the floats: nothing that is not as large is near it
        return math.inf if value > 0 else -math.inf


def is_number(cell: Any) -> bool:
    """Truth values are not numbers here, whatever Python says."""
    return isinstance(cell, int | float | Decimal) and not isinstance(cell, bool)


def _plain(cell: Any) -> Hashable:
    """A hashable stand-in for a cell that is neither number nor container, with its family named."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return ("bool", cell)
    if isinstance(cell, float):
        return ("float", str(cell))
    if isinstance(cell, dt.datetime):
        return ("instant", cell.astimezone(dt.UTC)) if cell.tzinfo else ("moment", cell)
    if isinstance(cell, dt.date):
        return ("moment", dt.datetime(cell.year, cell.month, cell.day))
    if isinstance(cell, bytes | bytearray | memoryview):
        return ("bytes", bytes(cell))
    if isinstance(cell, Hashable):
        return (type(cell).__name__, cell)
    return (type(cell).__name__, repr(cell))

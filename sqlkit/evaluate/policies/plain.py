"""Cells as the other evaluators see them: SQLite and pandas know fewer types than DuckDB."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

Cells = tuple[Any, ...]


def plain(rows: Sequence[Sequence[Any]]) -> list[Cells]:
    """Rows of None, int, float, str and bytes."""
    return [tuple([_cell(cell) for cell in row]) for row in rows]


def _cell(cell: Any) -> Any:
    if cell is None or type(cell) in (int, str, bytes):
        return cell
    if isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, float):
        return None if math.isnan(cell) else cell
    if isinstance(cell, Decimal):
        return int(cell) if cell == cell.to_integral_value() else float(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return str(cell)

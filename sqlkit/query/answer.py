"""What an asker gets back, and its JSON form."""

from __future__ import annotations

import dataclasses
import datetime
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from sqlkit.records import Cell

Why = Literal["", "question", "model", "unsure"]


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """One question's answer. `sql` None: there is none, because the question was refused.

    refused: nothing was asked of the database; `why` says by whom: 'question' (empty, too long or in a language the
    model does not know), 'model' (it said that the schema cannot answer), 'unsure' (it gave refusing a probability
    above the adapter's threshold). error: '' or what `records.Result.error` says of the last query. truncated: there
    were more rows. repaired: the first query failed and a second one was tried. seconds: wall time, all of it.
    """

    sql: str | None = None
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    answer: str = ""
    refused: bool = False
    seconds: float = 0.0
    error: str = ""
    why: Why = ""
    truncated: bool = False
    repaired: bool = False

    def to_json(self) -> dict[str, Any]:
        """The six keys that scripts rely on, with cells that `json.dumps(..., allow_nan=False)` takes."""
        return {
            "sql": self.sql,
            "columns": list(self.columns),
            "rows": [[json_cell(cell) for cell in row] for row in self.rows],
            "answer": self.answer,
            "refused": self.refused,
            "seconds": round(self.seconds, 4),
        }


def json_cell(cell: Cell) -> Any:
    """A cell as JSON: decimals as numbers, dates and times as ISO 8601, bytes as hex, NaN and infinity as null."""
    if cell is None or isinstance(cell, bool | int | str):
        return cell
    if isinstance(cell, Decimal):
        if not cell.is_finite():
            return None
        return int(cell) if cell == cell.to_integral_value() else float(cell)
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else None
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    if isinstance(cell, bytes | bytearray | memoryview):
        return bytes(cell).hex()
    if isinstance(cell, Mapping):
        return {str(key): json_cell(value) for key, value in cell.items()}
    if isinstance(cell, list | tuple | set | frozenset):
        return [json_cell(value) for value in cell]
    return str(cell)  # intervals, UUIDs and what else a database may know


def show(cell: Cell) -> str:
    """A cell for a table on a screen."""
    if cell is None:
        return ""
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ", timespec="seconds").removesuffix(" 00:00:00")
    if isinstance(cell, float):
        return f"{cell:.10g}" if abs(cell) < 1e15 else str(cell)
    if isinstance(cell, Decimal | bytes | bytearray | datetime.date | datetime.time):
        return str(cell) if isinstance(cell, Decimal) else str(json_cell(cell))
    return str(cell)

"""A chart for a result, where one says more than the table: Vega-Lite, with the rows inside."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

from sqlkit.errors import MissingExtra
from sqlkit.query.answer import Answer, json_cell
from sqlkit.query.wording import Wording
from sqlkit.records import Cell

MOST_BARS = 40
MOST_POINTS = 2000
MOST_SERIES = 10
_PERIOD = re.compile(r"^\d{4}(-(0?[1-9]|1[0-2]|Q[1-4]|W\d{1,2})(-\d{1,2})?)?$")
Kind = Literal["number", "time", "period", "label", ""]


def chart_of(answer: Answer, wording: Wording | None = None) -> dict[str, Any] | None:
    """A line over time, bars over labels, in both cases split by a second label column if there is one; else None.

    None is the answer for a single value, a list, text, many numbers, more bars than can be read, or a cut result.
    """
    found = _axes(answer)
    if found is None:
        return None
    x, y, series = found
    words = wording or Wording(sql=answer.sql or "")
    kinds = _kinds(answer)
    names = ["x", "y", *(["series"] if series is not None else [])]
    chosen = [x, y, *([series] if series is not None else [])]
    values = [{n: _value(row[i]) for n, i in zip(names, chosen, strict=True)} for row in answer.rows]

    def title(index: int) -> str:
        unit = words.unit(answer.columns[index]) if index == y else ""
        return (words.label(answer.columns[index]) or "value") + (f" ({unit})" if unit else "")

    try:
        import altair
    except ImportError:
        raise MissingExtra("altair", "query") from None
    line = kinds[x] in ("time", "period")
    inline: Any = altair.Data  # altair leaves it untyped
    base = altair.Chart(inline(values=values))
    temporal: Literal["temporal", "ordinal", "nominal"] = (
        "temporal" if kinds[x] == "time" else "ordinal" if line else "nominal"
    )
    encoding: dict[str, Any] = {
        "x": altair.X("x", type=temporal, title=title(x), sort=None if temporal == "nominal" else altair.Undefined),
        "y": altair.Y("y", type="quantitative", title=title(y)),
        "tooltip": [
            altair.Tooltip("x", type=temporal, title=title(x)),
            altair.Tooltip("y", type="quantitative", title=title(y)),
        ],
    }
    if series is not None:
        encoding["color"] = altair.Color("series", type="nominal", title=title(series), sort=None)
        if not line:
            encoding["xOffset"] = altair.XOffset("series", type="nominal", sort=None)
    marked = base.mark_line(point=True) if line else base.mark_bar()
    made: dict[str, Any] = marked.encode(**encoding).to_dict()
    return made


def _axes(answer: Answer) -> tuple[int, int, int | None] | None:
    """Columns for x, y and series."""
    if answer.error or answer.truncated or len(answer.rows) < 2 or not 2 <= len(answer.columns) <= 3:
        return None
    kinds = _kinds(answer)
    numbers = [i for i, kind in enumerate(kinds) if kind == "number"]
    others = [i for i, kind in enumerate(kinds) if kind and kind != "number"]
    if len(numbers) != 1 or len(others) != len(kinds) - 1:
        return None
    times = [i for i in others if kinds[i] in ("time", "period")]
    x = times[0] if times else others[0]
    series = next((i for i in others if i != x), None)
    lanes = {str(row[series]) for row in answer.rows} if series is not None else {""}
    steps = {str(row[x]) for row in answer.rows}
    most = MOST_POINTS if kinds[x] == "time" else MOST_BARS
    once = len({(str(row[x]), str(row[series]) if series is not None else "") for row in answer.rows}) == len(
        answer.rows
    )
    return (x, numbers[0], series) if once and len(lanes) <= MOST_SERIES and 2 <= len(steps) <= most else None


def _kinds(answer: Answer) -> list[Kind]:
    return [_kind(name, [row[i] for row in answer.rows if row[i] is not None]) for i, name in enumerate(answer.columns)]


def _kind(name: str, cells: Sequence[Cell]) -> Kind:
    """What a column is on a chart; a number that names something (an id, a year) is not an amount."""
    if not cells:
        return ""
    if all(isinstance(c, datetime.date) for c in cells):
        return "time"
    words = Wording()
    if all(isinstance(c, int | float | Decimal) and not isinstance(c, bool) for c in cells):
        if words.label(name) in {"year", "quarter", "month", "week", "day", "hour"}:
            return "period"
        return "label" if words.is_code(name) else "number"
    if all(isinstance(c, str) for c in cells):
        return "period" if all(_PERIOD.match(c) for c in cells) else "label"
    return "label" if all(isinstance(c, bool) for c in cells) else ""


def _value(cell: Cell) -> Any:
    """Numbers as numbers, the rest as text. JavaScript takes a bare date for UTC and would show the day before."""
    if isinstance(cell, datetime.date) and not isinstance(cell, datetime.datetime):
        return f"{cell.isoformat()}T00:00:00"
    value = json_cell(cell)
    plain = value is None or (isinstance(value, int | float) and not isinstance(value, bool))
    return value if plain else str(value)

"""Values on both sides of a condition: what fulfils it, and what just does not."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import Any

from sqlkit.sql.facts import Wish

Value = Any  # int, float, str, bool or None


DATE_PARTS = ("year", "month", "day", "quarter")


def around(wish: Wish, kind: str) -> tuple[list[Value], list[Value]]:
    """Values that fulfil a condition (read without its negation) and values that just do not."""
    sign = wish.sign.removeprefix("not ")
    if sign == "null":
        return [None], []
    if wish.how in {"year", "month", "day", "quarter", "decade"} or wish.how.startswith("strftime"):
        return _dates(wish, sign)
    if wish.how == "length":
        return ["x" * int(v) for v in wish.values if is_number(v)], ["x" * max(0, int(v) + d) for v in wish.values if is_number(v) for d in (1, -1)]
    if wish.how in {"lower", "upper"}:
        return [c for v in wish.values for c in _cases(str(v))], [f"{v}x" for v in wish.values]
    if sign in {"like", "ilike"}:
        return _patterns(str(wish.values[0]), sign == "ilike")
    if sign == "between":
        low, high = wish.values[:2]
        inside = [low, high, _next(low, 1, kind), _next(high, -1, kind), _middle(low, high)]
        return inside, [_next(low, -1, kind), _next(high, 1, kind)]
    yes: list[Value] = []
    no: list[Value] = []
    for value in wish.values:
        steps = (0.5, 1, 2) if isinstance(value, float) else (1, 2)
        above, below = [_next(value, d, kind) for d in steps], [_next(value, -d, kind) for d in steps]
        if sign in {"=", "in", "<>"}:
            yes.append(value)
            no += _near(value, kind) if isinstance(value, str) and kind in {"text", "datetext"} else [above[0], below[0]]
        elif sign in {">", ">="}:
            (yes if sign == ">=" else no).append(value)
            yes += [*above, _next(value, 10, kind)]
            no += below
        else:
            (yes if sign == "<=" else no).append(value)
            yes += [*below, _next(value, -10, kind)]
            no += above
        if wish.how == "prefix":
            yes += [f"{value}x", f"{value} 2"]
        if wish.how == "sum" and is_number(value):
            half = float(value) / 2
            no.append(int(half) if half == int(half) else half)
    return yes, no


def _near(value: str, kind: str) -> list[Value]:
    """Text that is nearly another: other case, longer, shorter."""
    if kind == "datetext" or as_date(value):
        return [_next(value, 1, "date"), _next(value, -1, "date")]
    if number(value) is not None:
        return [_next(value, 1, "digits"), _next(value, -1, "digits"), value + "0", value[:-1] or "0"]
    turned = value.lower() if value.lower() != value else value.upper()
    return [turned, value + "x", value[:-1] or "y", "A" + value, f"zz{value}"]


def _cases(value: str) -> list[str]:
    return [value.lower(), value.upper(), value.capitalize(), value.title()]


def _patterns(pattern: str, blind: bool) -> tuple[list[Value], list[Value]]:
    """Texts that a LIKE pattern accepts, and texts that a neighbour of the pattern accepts instead."""
    core = pattern.strip("%").replace("%", "-").replace("_", "q")
    candidates = [core, f"{core}x", f"x{core}", f"x{core}x", core.swapcase(), f"x{core.swapcase()}x", core[:-1] + "?", "x", f"{core} 2", f"1 {core}"]
    candidates += [core[: len(core) // 2] + "y" + core[len(core) // 2 :]] if len(core) > 1 else []
    test = re.compile(_regex(pattern), re.S | (re.I if blind else 0))
    return [c for c in candidates if test.fullmatch(c)], [c for c in candidates if not test.fullmatch(c)]


def _regex(pattern: str) -> str:
    return "".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern)


def _dates(wish: Wish, sign: str) -> tuple[list[Value], list[Value]]:
    """Days in, before and after the year, month or day that a condition names."""
    yes: list[Value] = []
    no: list[Value] = []
    values = list(wish.values)
    for value in values:
        found = re.findall(r"\d+", str(value))
        wanted = int(found[0]) if found else 0
        days: list[tuple[int, str]] = []
        for step in (-1, 0, 1):
            for day in _days(wish.how, wanted + step, found):
                days.append((step, day))
        for step, day in days:
            accepted = {"=": step == 0, "in": step == 0, "<>": step == 0, ">": step > 0, ">=": step >= 0, "<": step < 0, "<=": step <= 0}
            inside = sign == "between" and ((value == values[0] and step >= 0) or (value == values[-1] and step <= 0))
            (yes if accepted.get(sign, inside) else no).append(day)
    return yes, no


def crossed(wishes: Sequence[Wish]) -> list[Value]:
    """Days of the years that some conditions name in the months that others do."""
    years = {v[:4] for w in wishes if w.how == "year" for vs in _dates(w, w.sign.removeprefix("not ")) for v in vs}
    months = {v[5:7] for w in wishes if w.how == "month" for vs in _dates(w, w.sign.removeprefix("not ")) for v in vs}
    return [f"{year}-{month}-{day}" for day in ("15", "21") for year in sorted(years) for month in sorted(months)]


def _days(how: str, number: int, parts: list[str]) -> list[str]:
    if (how == "year" or how.endswith("%Y")) and 1 <= number <= 9998:
        return [f"{number:04d}-01-01", f"{number:04d}-06-15", f"{number:04d}-12-31"]
    if how.startswith("strftime") and len(parts) > 1 and int(parts[0]) > 12:
        month = min(12, max(1, int(parts[1])))
        return [f"{int(parts[0]):04d}-{min(12, max(1, month + number - int(parts[0]))):02d}-10"]
    if how in {"month"} or how.endswith("%m"):
        month = (number - 1) % 12 + 1
        return [f"2011-{month:02d}-09", f"2012-{month:02d}-21"]
    if how == "quarter":
        return [f"2011-{((number - 1) % 4) * 3 + 2:02d}-09"]
    day = (number - 1) % 28 + 1
    return [f"2011-03-{day:02d}", f"2012-08-{day:02d}"]


def _next(value: Value, step: float, kind: str) -> Value:
    """A value a step away, of the same family."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int):
        return value + step
    if isinstance(value, float):
        return round(value + step, 9)
    date = as_date(value)
    if date is not None:
        try:
            return (date + dt.timedelta(int(step))).isoformat() + value[10:]
        except OverflowError:
            return value
    read = number(value)
    if read is not None:
        moved = round(read + step, 9)
        return str(int(moved)) if moved == int(moved) else str(moved)
    return value + "x" * int(step) if step > 0 else value[: max(0, len(value) + int(step))]


def _middle(low: Value, high: Value) -> Value:
    if is_number(low) and is_number(high):
        return (low + high) // 2 if isinstance(low, int) and isinstance(high, int) else (low + high) / 2
    first, last = as_date(str(low)), as_date(str(high))
    return (first + (last - first) / 2).isoformat() if first and last else low


def accepts(wish: Wish, value: Value) -> bool:
    """Whether a value fulfils a condition, as far as Python can tell."""
    sign, negated = wish.sign.removeprefix("not "), wish.sign.startswith("not ")
    if sign == "null":
        return (value is None) != negated
    if value is None:
        return False
    if wish.how in DATE_PARTS:
        date = as_date(str(value))
        if date is None:
            return False
        value = {"year": date.year, "month": date.month, "day": date.day, "quarter": (date.month + 2) // 3}[wish.how]
    values: list[Value] = [_comparable(v, value) for v in wish.values]
    mine: Value = _comparable(value, values[0])
    try:
        told: dict[str, Callable[[], Any]] = {
            "=": lambda: mine == values[0], "<>": lambda: mine != values[0], ">": lambda: mine > values[0],
            ">=": lambda: mine >= values[0], "<": lambda: mine < values[0], "<=": lambda: mine <= values[0],
            "in": lambda: mine in values, "between": lambda: values[0] <= mine <= values[-1],
            "like": lambda: bool(re.fullmatch(_regex(str(wish.values[0])), str(value), re.S)),
            "ilike": lambda: bool(re.fullmatch(_regex(str(wish.values[0])), str(value), re.S | re.I)),
        }  # fmt: skip
        held = told[sign]()
    except TypeError:
        return False
    return bool(held) != negated


def _comparable(value: Value, other: Value) -> Value:
    if isinstance(value, str) and is_number(other):
        read = number(value)
        return value if read is None else read
    return value


def number(text: str) -> float | int | None:
    """The number that a text is, or None."""
    if re.fullmatch(r"-?\d{1,18}", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?\d*\.\d+|-?\d+\.", text) else None


def is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text[:10]) if len(text) >= 10 and text[4] == "-" else None
    except ValueError:
        return None

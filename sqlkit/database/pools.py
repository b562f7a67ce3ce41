"""Values for a column: those its gold's conditions pick out, their near misses, and others of its type.

Everything is a plain Python value that DuckDB casts to the column's type when it is inserted: numbers, text, 'YYYY-MM-DD'.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from sqlkit.schema.types import Column
from sqlkit.sql.facts import Wish

Value = Any  # int, float, str, bool or None

_WORDS = (
    "Ada", "bob", "Cleo", "Dora", "ada", "Eve 2", "zoe", "Finn O'Hara", "Gus", "Ålesund", "hal", "Ida", "10", "9", "Jon", "kim",
    "Lea", "max", "Noa", "Ole",
)  # fmt: skip
_WHOLE = (0, 1, 2, 3, 5, 7, 10, -4, 12, 20, 33, 100, 4, 6, 8, 15, 50, 75, 9, 11)
_PARTIAL = (0.5, 1, 2.25, 3, -1.5, 10, 7.75, 12, 99.5, 4, 6.5, 20)
_LIMITS = {"TINYINT": 2**7, "SMALLINT": 2**15, "INTEGER": 2**31, "BIGINT": 2**63, "UTINYINT": 2**8, "USMALLINT": 2**16}


@dataclasses.dataclass(slots=True)
class Pool:
    """`kind`: whole, partial, text, digits (text that reads as a number), date, datetext, moment, time, bool or none.

    `hits` fulfil the column's conditions, best first; `near` miss one by little; `rest` are any others.
    """

    kind: str
    hits: list[Value]
    near: list[Value]
    rest: list[Value]
    wished: bool = False
    limit: int = 10**15  # numbers stay below it
    column: Column = Column("")

    def take(self, value: Value) -> Value:
        """A value of another column as this one holds it; None when it cannot."""
        value = _fit(value, self.column, self.kind)
        return None if value is _NO else value


def kind_of(column: Column, numeric: bool, moment: bool) -> str:
    """What values a column takes, from its type and, for text, from how the golds use it."""
    base = column.type.upper().split("(")[0].strip()
    if column.kind == "number":
        return "whole" if "INT" in base or column.type.upper().replace(" ", "").endswith(",0)") else "partial"
    if column.kind == "date":
        return "date" if base == "DATE" else "moment"
    if column.kind == "text" and base not in {"UUID", "ENUM"}:
        return "digits" if numeric else "datetext" if moment else "text"
    if base == "TIME":
        return "time"
    return {"bool": "bool"}.get(column.kind, "uuid" if base == "UUID" else "enum" if base == "ENUM" else "none")


def pool(column: Column, kind: str, wishes: Sequence[Wish], given: Sequence[Value] = ()) -> Pool:
    """The values of one column under the conditions on it; `given` are real values of it, where there are rows."""
    hits: list[Value] = []
    near: list[Value] = []
    for wish in wishes:
        yes, no = _around(wish, kind)
        if wish.sign.startswith("not ") or wish.sign == "<>":
            yes, no = no, yes
        hits += yes
        near += no
    fits = [w for w in wishes if w.how == ""]
    # several conditions on one column: what most of them accept comes first
    hits = [v for v in _unique(hits, column, kind)]
    if len(fits) > 1:
        hits.sort(key=lambda v: -sum(_accepts(w, v) for w in fits))
    near = [v for v in _unique(near, column, kind) if v not in hits]
    return Pool(kind, hits, near, _unique([*given, *plain(column, kind)], column, kind), bool(wishes), limit_of(column), column)


def fresh(pool: Pool, number: int) -> Value:
    """A value that no other number gives: for columns that must not repeat."""
    listed = _distinct([*pool.hits, *pool.near, *pool.rest])
    return listed[number] if number < len(listed) else made(pool, number)


def made(pool: Pool, number: int) -> Value:
    """The number-th value of a pool's kind, beyond those in its lists."""
    kind = pool.kind
    n = number + 200 if pool.limit > 10_000 else (number + 21) % pool.limit
    if kind == "text":
        return f"item {n}"
    if kind == "digits":
        return str(n)
    if kind == "partial":
        return n + 0.25
    if kind in {"date", "datetext"}:
        return (dt.date(2010, 1, 1) + dt.timedelta(17 * number)).isoformat()
    if kind == "moment":
        return (dt.datetime(2010, 1, 1, 8) + dt.timedelta(17 * number, 61 * number)).isoformat(" ")
    if kind == "time":
        return f"{number % 24:02d}:{number // 24 % 60:02d}:00"
    if kind == "uuid":
        return f"00000000-0000-0000-0000-{n:012d}"
    return n if kind == "whole" else None


def limit_of(column: Column) -> int:
    """What numbers of a column's type stay below, in absolute value."""
    sized = re.search(r"\((\d+)(?:,\s*(\d+))?\)", column.type) if column.kind == "number" else None
    if sized:
        return int(10 ** (int(sized[1]) - int(sized[2] or 0)))
    return _LIMITS.get(column.type.upper(), 10**15)


def plain(column: Column, kind: str) -> list[Value]:
    if kind == "enum":
        return re.findall(r"'((?:[^']|'')*)'", column.type)
    table: dict[str, Sequence[Value]] = {
        "whole": _WHOLE,
        "partial": _PARTIAL,
        "text": _WORDS,
        "digits": [str(v) for v in _WHOLE if v >= 0],
        "date": ["2003-05-17", "2012-02-29", "1999-12-31", "2020-01-01", "2012-07-04", "2015-11-30", "2003-01-17"],
        "moment": ["2003-05-17 10:30:00", "2012-02-29 00:00:00", "1999-12-31 23:59:59", "2020-01-01 08:00:00", "2012-07-04 12:15:00"],
        "time": ["08:00:00", "12:30:00", "23:59:59", "00:00:00"],
        "bool": [True, False],
        "uuid": [f"00000000-0000-0000-0000-{i:012d}" for i in range(1, 5)],
    }
    return list(table.get("date" if kind == "datetext" else kind, ()))


def _around(wish: Wish, kind: str) -> tuple[list[Value], list[Value]]:
    """Values that fulfil a condition (read without its negation) and values that just do not."""
    sign = wish.sign.removeprefix("not ")
    if sign == "null":
        return [None], []
    if wish.how in {"year", "month", "day", "quarter", "decade"} or wish.how.startswith("strftime"):
        return _dates(wish, sign)
    if wish.how == "length":
        return ["x" * int(v) for v in wish.values if _is_number(v)], ["x" * max(0, int(v) + d) for v in wish.values if _is_number(v) for d in (1, -1)]
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
        if wish.how == "sum" and _is_number(value):
            no.append(value / 2 if value % 2 else value // 2)
    return yes, no


def _near(value: str, kind: str) -> list[Value]:
    """Text that is nearly another: other case, longer, shorter."""
    if kind == "datetext" or _day(value):
        return [_next(value, 1, "date"), _next(value, -1, "date")]
    if number(value) is not None:
        return [_next(value, 1, "digits"), _next(value, -1, "digits"), value + "0"]
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
        around: list[tuple[int, str]] = []
        for step in (-1, 0, 1):
            for day in _days(wish.how, wanted + step, found):
                around.append((step, day))
        for step, day in around:
            accepted = {"=": step == 0, "in": step == 0, "<>": step == 0, ">": step > 0, ">=": step >= 0, "<": step < 0, "<=": step <= 0}
            inside = sign == "between" and ((value == values[0] and step >= 0) or (value == values[-1] and step <= 0))
            (yes if accepted.get(sign, inside) else no).append(day)
    return yes, no


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
    day = _day(value)
    if day is not None:
        try:
            return (day + dt.timedelta(int(step))).isoformat() + value[10:]
        except OverflowError:
            return value
    read = number(value)
    if read is not None:
        moved = round(read + step, 9)
        return str(int(moved)) if moved == int(moved) else str(moved)
    return value + "x" * int(step) if step > 0 else value[: max(0, len(value) + int(step))]


def _middle(low: Value, high: Value) -> Value:
    if _is_number(low) and _is_number(high):
        return (low + high) // 2 if isinstance(low, int) and isinstance(high, int) else (low + high) / 2
    first, last = _day(str(low)), _day(str(high))
    return (first + (last - first) / 2).isoformat() if first and last else low


def _accepts(wish: Wish, value: Value) -> bool:
    """Whether a value fulfils a condition, as far as Python can tell."""
    sign, negated = wish.sign.removeprefix("not "), wish.sign.startswith("not ")
    if sign == "null":
        return (value is None) != negated
    if value is None:
        return False
    values = [_comparable(v, value) for v in wish.values]
    mine = _comparable(value, values[0])
    try:
        held = {
            "=": lambda: mine == values[0], "<>": lambda: mine != values[0], ">": lambda: mine > values[0],
            ">=": lambda: mine >= values[0], "<": lambda: mine < values[0], "<=": lambda: mine <= values[0],
            "in": lambda: mine in values, "between": lambda: values[0] <= mine <= values[-1],
            "like": lambda: bool(re.fullmatch(_regex(str(wish.values[0])), str(value), re.S)),
            "ilike": lambda: bool(re.fullmatch(_regex(str(wish.values[0])), str(value), re.S | re.I)),
        }[sign]()  # fmt: skip
    except TypeError:
        return False
    return bool(held) != negated


def _comparable(value: Value, other: Value) -> Value:
    if isinstance(value, str) and _is_number(other):
        read = number(value)
        return value if read is None else read
    return value


def _unique(values: Sequence[Value], column: Column, kind: str) -> list[Value]:
    """Without repetition and without what the column's type refuses."""
    found = []
    for value in values:
        value = _fit(value, column, kind)
        if value is not _NO:
            found.append(value)
    return _distinct(found)


def _distinct(values: Sequence[Value]) -> list[Value]:
    seen, found = set(), []
    for value in values:
        if (type(value), value) not in seen:
            seen.add((type(value), value))
            found.append(value)
    return found


_NO = object()


def _fit(value: Value, column: Column, kind: str) -> Value:
    """The value as the column's type takes it, or _NO."""
    if value is None:
        return None if column.nullable else _NO
    if kind in {"text", "digits", "datetext"}:
        if kind == "digits":
            value = _text_number(value)
            return _NO if value is None else value
        return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else _text_number(value)
    if kind in {"whole", "partial"}:
        read = number(str(value)) if not isinstance(value, bool) else int(value)
        return _NO if read is None else _size(read, column, kind)
    if kind in {"date", "moment"}:
        text = str(value)
        if _day(text) is None:
            return _NO
        return text[:10] if kind == "date" else text if len(text) > 10 else f"{text[:10]} 00:00:00"
    if kind == "bool":
        return bool(value) if isinstance(value, bool | int) else _truth(value)
    if kind == "time":
        return value if isinstance(value, str) and re.fullmatch(r"\d\d:\d\d(:\d\d)?", value) else _NO
    if kind == "uuid":
        return value if isinstance(value, str) and len(value) == 36 else _NO
    if kind == "enum":
        return value if isinstance(value, str) and f"'{value}'" in column.type else _NO
    return _NO


def _truth(value: Value) -> Value:
    return {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}.get(str(value).lower(), _NO)


def _size(number: float, column: Column, kind: str) -> Value:
    base = column.type.upper().split("(")[0].strip()
    if base in _LIMITS and not (0 if base.startswith("U") else -_LIMITS[base]) <= number < _LIMITS[base]:
        return _NO
    if kind == "whole":
        return int(number)
    sized = re.search(r"\((\d+)(?:,\s*(\d+))?\)", column.type)
    if sized:
        whole, scale = int(sized[1]) - int(sized[2] or 0), int(sized[2] or 0)
        if abs(number) >= 10**whole:
            return _NO
        return round(number, scale)
    return number


def _text_number(value: Value) -> str | None:
    read = number(str(value))
    if read is None:
        return None
    return str(value) if isinstance(value, str) else str(int(read)) if read == int(read) else str(read)


def number(text: str) -> float | int | None:
    """The number that a text is, or None."""
    if re.fullmatch(r"-?\d{1,18}", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?\d*\.\d+|-?\d+\.", text) else None


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text[:10]) if len(text) >= 10 and text[4] == "-" else None
    except ValueError:
        return None

"""Values for a column: those its gold's conditions pick out, their near misses, and others of its type.

Everything is a plain Python value that DuckDB casts to the column's type when it is inserted: numbers, text, 'YYYY-MM-DD'.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Sequence

from sqlkit.database.near import DATE_PARTS, Value, accepts, around, as_date, crossed, number
from sqlkit.schema.types import Column
from sqlkit.sql.facts import Wish

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
    column: Column = dataclasses.field(default_factory=lambda: Column(""))
    given: tuple[Value, ...] = ()  # real values in their order
    choices: tuple[Value, ...] = ()  # one of `hits` for each condition, first one that fulfils most

    def critical(self) -> list[Value]:
        """Values that some neighbour of the conditions may take in or leave out."""
        return [v for v in (*self.near, *self.hits) if v not in self.choices and v is not None]

    def ordinal(self, number: int) -> Value:
        """A value that stands at a place in the order of the type; from the list where a type has few."""
        kind = self.kind
        if number < len(self.given):
            return self.given[number]
        if kind in {"bool", "enum", "none"} or (self.limit < 500 and kind in {"whole", "partial"}):
            return self.rest[number % len(self.rest)] if self.rest else None
        if kind == "text":
            return f"v{number:03d}"
        if kind == "time":
            return f"{8 + number // 60 % 16:02d}:{number % 60:02d}:00"
        return number + 100 + (0.25 if kind == "partial" else 0) if kind in {"whole", "partial"} else made(self, number)

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
        yes, no = around(wish, kind)
        if wish.sign.startswith("not ") or wish.sign == "<>":
            yes, no = no, yes
        hits += yes
        near += no
    if kind in {"date", "moment", "datetext"}:
        more = crossed(wishes)
        hits += [v for v in more if all(accepts(w, v) for w in wishes)]
        near += [v for v in more if sum(not accepts(w, v) for w in wishes) == 1]
    fits = [w for w in wishes if w.how in {"", *DATE_PARTS}]
    # several conditions on one column: what most of them accept comes first
    hits = [v for v in _unique(hits, column, kind)]
    if len(fits) > 1:
        hits.sort(key=lambda v: -sum(accepts(w, v) for w in fits))
    near = [v for v in _unique(near, column, kind) if v not in hits]
    choices = [next((v for v in hits if accepts(w, v)), None) for w in fits]
    chosen = tuple(dict.fromkeys(v for v in [*hits[:1], *choices] if v is not None))
    rest = _unique([*given, *plain(column, kind)], column, kind)
    real = tuple(sorted(_unique(given, column, kind), key=lambda v: (str(type(v)), v)))
    return Pool(kind, hits, near, rest, bool(wishes), limit_of(column), column, real, chosen)


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
        if as_date(text) is None:
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
    sized = re.search(r"\((\d+)(?:,\s*(\d+))?\)", column.type)
    if sized:
        whole, scale = int(sized[1]) - int(sized[2] or 0), int(sized[2] or 0)
        number = round(number, scale)
        if abs(number) >= 10**whole:
            return _NO
    return int(number) if kind == "whole" else number


def _text_number(value: Value) -> str | None:
    read = number(str(value))
    if read is None:
        return None
    return str(value) if isinstance(value, str) else str(int(read)) if read == int(read) else str(read)







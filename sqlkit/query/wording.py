"""Cells and columns as people read them: 1,204 · 48.20 EUR · 5 March 2024 · average list price.

A column of a result is named by its expression (`avg(prd.lst_prc)`), so label and unit are read from that name with the
schema and glossary. What cannot be read for certain stays without label or unit.
"""

from __future__ import annotations

import datetime
import json
import math
import re
from decimal import Decimal

from sqlkit.prompt import Context
from sqlkit.records import Cell
from sqlkit.schema.types import Column, Table
from sqlkit.schema.words import stems

LONGEST_TEXT = 80
_MONTHS = "January February March April May June July August September October November December".split()
_CALL = re.compile(r'^(?:main\.)?"?(\w+)"?\((distinct )?(.*)\)$', re.I | re.S)
_PLAIN = re.compile(r'^(?:"?(\w+)"?\.)?"?([\w $-]+)"?$')
_SAID = {"sum": "total", "avg": "average", "min": "lowest", "max": "highest", "median": "median"}
_SEEN_THROUGH = {"round", "any_value", "first", "last", "coalesce", "ifnull"}
_CODE_LIKE = re.compile(r"(^|_|\b)(id|ids|no|nr|cd|code|key|year|yr|zip|phone|tel|number|sku|isbn|postcode)$", re.I)
_MONEY = {"EUR", "USD", "GBP", "CHF", "JPY", "SEK", "PLN", "CAD", "AUD", "€", "$", "£", "euro", "euros", "dollars"}


class Wording:
    """Labels and units for the columns of one query's result."""

    def __init__(self, context: Context | None = None, sql: str = "") -> None:
        self._glossary = context.glossary if context else None
        self._mentioned = {w.lower() for w in re.findall(r"\w+", sql)}
        self._all = context.schema.tables if context else ()
        self._tables = [t for t in self._all if t.name.lower() in self._mentioned] or list(self._all)

    def fits(self, question: str) -> bool:
        """False when the question names tables and the SQL touches none of them, nor a key of theirs.

        Then the rows are no answer to it, and must not be told as one.
        """
        asked = set(stems(question))
        named = [t for t in self._all if any(stems(n) and asked.issuperset(stems(n)) for n in self._names(t))]
        touched = ({t.name.lower(), *map(str.lower, t.primary_key)} & self._mentioned for t in named)
        return not (named and self._mentioned) or any(touched)

    def _names(self, table: Table) -> list[str]:
        said = self._glossary.table(table.name) if self._glossary else None
        return [table.name, *((said.name, said.plural, *said.synonyms) if said else ())]

    def label(self, name: str) -> str:
        """What a result column is called, '' when its name says nothing to a person."""
        name = name.strip()
        call = _CALL.match(name)
        if not call:
            plain = _PLAIN.match(name)
            return self._named(plain[1] or "", plain[2]) if plain and not plain[2][0].isdigit() else ""
        function, distinct, inner = call[1].lower(), bool(call[2]), call[3].strip()
        if function in {"count", "count_star"}:
            of = self.label(inner) if distinct else ""
            return f"different {of} values" if of else "count"
        if function in _SEEN_THROUGH:
            return self.label(_first(inner))
        if function in {"year", "quarter", "month", "week", "day", "dayname", "monthname", "hour"}:
            return function.removesuffix("name")
        if function in {"date_part", "date_trunc", "extract"}:
            part = re.match(r"'(\w+)'", inner)
            return part[1].lower() if part else ""
        of = self.label(inner) if _PLAIN.match(inner) else ""
        if function in _SAID and of:
            dated = {"min": "first", "max": "last"} if self._is_date(inner) else _SAID
            return f"{dated.get(function, function)} {of}"
        return ""

    def unit(self, name: str) -> str:
        """The glossary's unit of a column, of a plain aggregate of one, or of a metric; '' when not certain."""
        name = name.strip()
        call = _CALL.match(name)
        if call and call[1].lower() in _SEEN_THROUGH:
            return self.unit(_first(call[3]))
        if self._glossary is not None:
            for metric in self._glossary.metrics.values():
                if _squeezed(metric.sql) == _squeezed(name):
                    return metric.unit
        inner = call[3] if call and call[1].lower() in _SAID and not call[2] else name
        plain = _PLAIN.match(inner.strip())
        if not plain or self._glossary is None:
            return ""
        units = {self._glossary.column(t.name, c.name).unit for t, c in self._found(plain[1] or "", plain[2])}
        return units.pop() if len(units) == 1 else ""

    def cell(self, value: Cell, name: str = "") -> str:
        """One cell in words, with its unit; a code of the glossary as its meaning."""
        if isinstance(value, bool) or value is None:
            return "none" if value is None else "yes" if value else "no"
        if isinstance(value, int | float | Decimal):
            unit = self.unit(name)
            text = number(value, plain=self.is_code(name), places=2 if unit in _MONEY else None)
            return f"{text}{unit}" if unit == "%" else f"{text} {unit}".strip()
        if isinstance(value, str) and (meaning := self._meaning(name, value)):
            return meaning
        if isinstance(value, datetime.date) and "date_trunc('" in name:
            return date(value, name.split("date_trunc('", 1)[1].split("'")[0])
        return other(value)

    def _found(self, table: str, column: str) -> list[tuple[Table, Column]]:
        named = [t for t in self._tables if t.name.lower() == table.lower()] if table else self._tables
        return [(t, c) for t in named or self._tables if (c := t.column(column)) is not None]

    def _named(self, table: str, column: str) -> str:
        said = {
            self._glossary.column(t.name, c.name).name if self._glossary else "" for t, c in self._found(table, column)
        }
        name = said.pop() if len(said) == 1 else ""
        return name or " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column).replace("_", " ").split()).lower()

    def _meaning(self, name: str, code: str) -> str:
        plain = _PLAIN.match(name.strip())
        if not plain or self._glossary is None:
            return ""
        found = [
            self._glossary.column(t.name, c.name).values.get(code) for t, c in self._found(plain[1] or "", plain[2])
        ]
        meanings = {(m or [""])[0] for m in found}
        return meanings.pop() if len(meanings) == 1 else ""

    def _is_date(self, name: str) -> bool:
        plain = _PLAIN.match(name.strip())
        found = self._found(plain[1] or "", plain[2]) if plain else []
        return bool(found) and all(c.kind == "date" for _, c in found)

    def is_code(self, name: str) -> bool:
        """Numbers that are names (ids, years) take no thousands separator."""
        plain = _PLAIN.match(name.strip())
        if plain is None:
            return self.label(name) == "year"
        return bool(_CODE_LIKE.search(plain[2])) or any(
            c.name in {*t.primary_key, *(k for f in t.foreign_keys for k in f.columns)}
            for t, c in self._found(plain[1] or "", plain[2])
        )


def number(value: float | Decimal, *, plain: bool = False, places: int | None = None) -> str:
    """A number with thousands separators; two places from 1 on and four significant digits below, unless told."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "infinite"
    if places is None and isinstance(value, Decimal) and f"{value:f}"[-3:-2] == ".":
        places = 2  # stored with cents
    whole = int(value)
    if places is None and value == whole:
        return str(whole) if plain else f"{whole:,}"
    if places is None and -1 < value < 1:
        text = f"{float(value):.4g}"
        return text if "e" in text else text.rstrip("0").rstrip(".")
    text = f"{value:,.{2 if places is None else places}f}"
    return text if places is not None else text.rstrip("0").rstrip(".")


def date(value: datetime.date, part: str = "") -> str:
    """5 March 2024; 5 March 2024, 14:30; for a truncated one what is left of it: March 2024, 2024."""
    month = f"{_MONTHS[value.month - 1]} {value.year}"
    if part in {"year", "month", "quarter"}:
        return {
            "year": str(value.year),
            "month": month,
            "quarter": f"quarter {(value.month + 2) // 3} of {value.year}",
        }[part]
    day = f"{value.day} {month}"
    if isinstance(value, datetime.datetime) and value.time() != datetime.time():
        return f"{day}, {value:%H:%M:%S}" if value.second else f"{day}, {value:%H:%M}"
    return day


def other(value: Cell) -> str:
    """Anything that is neither number, truth value nor nothing."""
    if isinstance(value, datetime.date):
        return date(value)
    if isinstance(value, bytes | bytearray):
        return "0x" + bytes(value[:16]).hex() + ("..." if len(value) > 16 else "")
    if isinstance(value, list | tuple):
        return shorten("[" + ", ".join(str(v) for v in value) + "]")
    if isinstance(value, dict):
        return shorten(json.dumps(value, default=str, ensure_ascii=False))
    return shorten(str(value)) or "(empty text)"


def shorten(text: str, longest: int = LONGEST_TEXT) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 3].rstrip() + "..."


def _first(arguments: str) -> str:
    """The first argument of a call."""
    depth = 0
    for i, character in enumerate(arguments):
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            return arguments[:i].strip()
    return arguments.strip()


def _squeezed(expression: str) -> str:
    """An expression without what DuckDB and people write differently: spaces, brackets, table names."""
    return re.sub(r'[\s()"]|\b\w+\.(?=[a-z_"])', "", expression.lower())

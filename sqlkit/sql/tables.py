"""What this floor needs of a schema: `schema.types.Schema` fits, and stands one floor above."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Column(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def nullable(self) -> bool: ...


class Table(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def columns(self) -> Sequence[Column]: ...
    @property
    def primary_key(self) -> Sequence[str]: ...


class Tables(Protocol):
    """A schema, read only."""

    @property
    def tables(self) -> Sequence[Table]: ...


def kind(type_name: str) -> str:
    """int, decimal, real, text, date, moment, bool or '': what DuckDB does with a type, by its name."""
    base = type_name.upper().split("(")[0].strip()
    if base in ("DECIMAL", "NUMERIC"):
        return "decimal"
    if base in ("DOUBLE", "REAL", "FLOAT", "FLOAT4", "FLOAT8"):
        return "real"
    if base in ("VARCHAR", "TEXT", "CHAR", "BPCHAR", "STRING"):
        return "text"
    if base in ("DATE", "BOOLEAN"):
        return {"DATE": "date", "BOOLEAN": "bool"}[base]
    if base in ("TIMESTAMP", "DATETIME"):
        return "moment"
    return "int" if base in _INTEGERS else ""


_INTEGERS = frozenset(
    "TINYINT SMALLINT INTEGER INT BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT INT1 INT2 INT4 INT8 LONG SHORT".split()
)

"""Schema, Table, Column, ForeignKey: what the rest of the kit knows about a database."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """`type` is a DuckDB type name such as INTEGER, VARCHAR, DECIMAL(10,2), DATE, TIMESTAMP."""

    name: str
    type: str = "VARCHAR"
    nullable: bool = True
    comment: str = ""

    @property
    def kind(self) -> str:
        """number, text, date, time or other: what may be done with the column."""
        base = self.type.upper().split("(")[0].strip()
        if base in {"DATE", "TIMESTAMP", "TIMESTAMPTZ", "DATETIME", "TIMESTAMP WITH TIME ZONE"}:
            return "date"
        if base in {"VARCHAR", "TEXT", "CHAR", "STRING", "BPCHAR", "NVARCHAR", "NCHAR", "UUID", "ENUM"}:
            return "text"
        if base in {"TIME", "INTERVAL"}:
            return "time"
        if base == "BOOLEAN":
            return "bool"
        if any(word in base for word in ("INT", "DEC", "NUM", "DOUBLE", "FLOAT", "REAL")):
            return "number"
        return "other"


@dataclasses.dataclass(frozen=True, slots=True)
class ForeignKey:
    columns: tuple[str, ...]
    ref_table: str
    ref_columns: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    comment: str = ""
    unique: tuple[tuple[str, ...], ...] = ()
    checks: tuple[str, ...] = ()  # conditions in DuckDB SQL

    def column(self, name: str) -> Column | None:
        return next((c for c in self.columns if c.name.lower() == name.lower()), None)


@dataclasses.dataclass(frozen=True, slots=True)
class Schema:
    tables: tuple[Table, ...]
    name: str = "main"

    def table(self, name: str) -> Table | None:
        return next((t for t in self.tables if t.name.lower() == name.lower()), None)

    def columns(self) -> Iterator[tuple[Table, Column]]:
        for table in self.tables:
            for column in table.columns:
                yield table, column

    def joins(self) -> Iterator[tuple[Table, ForeignKey]]:
        for table in self.tables:
            for key in table.foreign_keys:
                yield table, key

"""Schema, Table, Column, ForeignKey: what the rest of the kit knows about a database."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from sqlkit.sql.grammar import identifier

_NUMBER = re.compile(
    r"U?(TINY|SMALL|MEDIUM|BIG|HUGE)?INT(EGER)?\d*( UNSIGNED)?|DEC(IMAL)?|NUM(ERIC|BER)|FLOAT\d*|DOUBLE( PRECISION)?|REAL"
)


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
        if self.type.endswith("]"):
            return "other"
        if base.startswith(("TIMESTAMP", "DATETIME")) or base == "DATE":
            return "date"
        if base in {"VARCHAR", "TEXT", "CHAR", "STRING", "BPCHAR", "NVARCHAR", "NCHAR", "UUID", "ENUM"}:
            return "text"
        if base.startswith("TIME") or base == "INTERVAL":
            return "time"
        if base == "BOOLEAN":
            return "bool"
        if _NUMBER.fullmatch(base):
            return "number"
        return "other"


@dataclasses.dataclass(frozen=True, slots=True)
class ForeignKey:
    """`ref_table` is the `name` of a Table."""

    columns: tuple[str, ...]
    ref_table: str
    ref_columns: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """`name` is unique in its Schema; outside the default schema it is qualified, and `schema` is its first part."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    comment: str = ""
    unique: tuple[tuple[str, ...], ...] = ()
    checks: tuple[str, ...] = ()  # conditions in DuckDB SQL
    schema: str = ""
    view: bool = False

    @property
    def bare(self) -> str:
        """The name without its schema."""
        return self.name.removeprefix(f"{self.schema}.") if self.schema else self.name

    @property
    def sql(self) -> str:
        """The name as SQL has it: quoted where it must be, behind its schema."""
        return f"{identifier(self.schema)}.{identifier(self.bare)}" if self.schema else identifier(self.name)

    def column(self, name: str) -> Column | None:
        return next((c for c in self.columns if c.name.lower() == name.lower()), None)


@dataclasses.dataclass(frozen=True)
class Schema:
    """`notes` are lines for the user: what was passed over, what could not be read."""

    tables: tuple[Table, ...]
    name: str = "main"
    notes: tuple[str, ...] = dataclasses.field(default=(), compare=False)

    @cached_property
    def _named(self) -> dict[str, Table]:
        """By name, by lower-case name, and by the name without schema where only one table has it; the first ones win."""
        found = {t.name: t for t in self.tables}
        for table in self.tables:
            found.setdefault(table.name.lower(), table)
        bare = [t.bare.lower() for t in self.tables]
        seen = Counter(bare)
        for table, name in zip(self.tables, bare, strict=True):
            if seen[name] == 1:
                found.setdefault(name, table)
        return found

    def table(self, name: str) -> Table | None:
        return self._named.get(name) or self._named.get(name.lower())

    def columns(self) -> Iterator[tuple[Table, Column]]:
        for table in self.tables:
            for column in table.columns:
                yield table, column

    def joins(self) -> Iterator[tuple[Table, ForeignKey]]:
        for table in self.tables:
            for key in table.foreign_keys:
                yield table, key


def from_dict(data: dict[str, Any]) -> Schema:
    """A schema from what `dataclasses.asdict` made of one; further keys are passed over. Raises KeyError, TypeError."""

    def key(row: dict[str, Any]) -> ForeignKey:
        return ForeignKey(tuple(row["columns"]), row["ref_table"], tuple(row["ref_columns"]))

    def column(row: dict[str, Any]) -> Column:
        return Column(row["name"], row["type"], row["nullable"], row["comment"])

    tables = (
        Table(
            row["name"], tuple(map(column, row["columns"])), tuple(row["primary_key"]), tuple(map(key, row["foreign_keys"])), row["comment"],
            tuple(map(tuple, row.get("unique", ()))), tuple(row.get("checks", ())), row.get("schema", ""), row.get("view", False),
        )
        for row in data["tables"]
    )  # fmt: skip
    return Schema(tuple(tables), data["name"], tuple(data.get("notes", ())))

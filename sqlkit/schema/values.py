"""What stands in the columns: distinct values, ranges and null shares, from one bounded read per table."""

from __future__ import annotations

import dataclasses
import datetime
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlkit.errors import DatabaseError
from sqlkit.schema.connect import engine_url
from sqlkit.schema.types import Schema, Table

ROWS_READ = 60_000
VALUES_KEPT = 40
LONGEST_VALUE = 60
Literal = int | float | str


@dataclasses.dataclass(frozen=True, slots=True)
class ColumnProfile:
    """`values`: most frequent first; `quantiles`: 11 values, minimum to maximum (numbers, ISO dates)."""

    distinct: int = 0
    null_share: float = 0.0
    values: tuple[Literal, ...] = ()
    quantiles: tuple[Literal, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Profile:
    """Per 'table.column' its profile; `index` maps a lower-case text value to where it stands."""

    columns: dict[str, ColumnProfile] = dataclasses.field(default_factory=dict)
    index: dict[str, tuple[tuple[str, str, str], ...]] = dataclasses.field(default_factory=dict)
    rows: dict[str, int] = dataclasses.field(default_factory=dict)

    def column(self, table: str, name: str) -> ColumnProfile:
        return self.columns.get(f"{table}.{name}") or ColumnProfile()


def profile(url: str | Path, schema: Schema) -> Profile:
    """Read at most `ROWS_READ` rows of each table and describe every column.

    Raises DatabaseError when the database cannot be opened. A table that cannot be read is left out.
    """
    import sqlalchemy

    text = engine_url(url)
    arguments: dict[str, Any] = {"read_only": True} if text.startswith("duckdb") and ":memory:" not in text else {}
    engine = sqlalchemy.create_engine(text, connect_args=arguments, poolclass=sqlalchemy.pool.NullPool)
    columns: dict[str, ColumnProfile] = {}
    index: dict[str, list[tuple[str, str, str]]] = {}
    rows: dict[str, int] = {}
    try:
        with engine.connect() as connection:
            quote = engine.dialect.identifier_preparer.quote
            for table in schema.tables:
                names = ", ".join(quote(c.name) for c in table.columns)
                statement = sqlalchemy.text(f"SELECT {names} FROM {quote(table.name)} LIMIT {ROWS_READ}")
                try:
                    read = connection.execute(statement).fetchall()
                except sqlalchemy.exc.DBAPIError:
                    connection.rollback()
                    continue
                rows[table.name] = len(read)
                _describe(table, read, columns, index)
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise DatabaseError(f"cannot read {url}: {' '.join(str(error).split())[:200]}") from None
    finally:
        engine.dispose()
    return Profile(columns, {key: tuple(found) for key, found in index.items()}, rows)


def _describe(
    table: Table, read: Any, columns: dict[str, ColumnProfile], index: dict[str, list[tuple[str, str, str]]]
) -> None:
    for position, column in enumerate(table.columns):
        counts = Counter(_plain(row[position]) for row in read)
        nulls = counts.pop(None, 0)
        ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
        values = tuple(v for v, _ in ordered[:VALUES_KEPT] if v is not None)
        quantiles: tuple[Literal, ...] = ()
        if column.kind in ("number", "date") and counts:
            spread = sorted(v for v, n in counts.items() for _ in range(n) if v is not None)
            quantiles = tuple(spread[round(i * (len(spread) - 1) / 10)] for i in range(11))
        columns[f"{table.name}.{column.name}"] = ColumnProfile(
            len(counts), nulls / len(read) if read else 0.0, values, quantiles
        )
        if column.kind == "text":
            for value in counts:
                if isinstance(value, str) and 1 < len(value) <= LONGEST_VALUE:
                    index.setdefault(value.lower(), []).append((table.name, column.name, value))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value) if value % 1 else int(value)
    if value is None or isinstance(value, int | float | str):
        return value
    return str(value)

"""What stands in the columns: distinct values, ranges and null shares, from one bounded read per table."""

from __future__ import annotations

import dataclasses
import datetime
import warnings
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlkit.errors import DatabaseError
from sqlkit.schema.connect import hidden, limited, line, open_engine, restrain
from sqlkit.schema.sample import sample, totals
from sqlkit.schema.types import Schema, Table

ROWS_READ = 60_000  # of one table
CELLS_READ = 6_000_000  # divided by the number of tables: the rows of each where there are many
SECONDS = 30.0  # for the rows of one table
VALUES_KEPT = 40
LONGEST_VALUE = 60
Literal = int | float | str


@dataclasses.dataclass(frozen=True, slots=True)
class ColumnProfile:
    """`values`: most frequent first; `quantiles`: 11 values, minimum to maximum (numbers, ISO dates).

    Of a large table all are those of a sample, but `distinct` is an estimate for the whole table.
    """

    distinct: int = 0
    null_share: float = 0.0
    values: tuple[Literal, ...] = ()
    quantiles: tuple[Literal, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Profile:
    """Per 'table.column' its profile; `index` maps a lower-case text value to where it stands.

    `rows` are those read of each table, `total` those it has or about has; `notes` are lines for the user.
    `hidden` are columns whose values were taken out, with the reason (see personal.py).
    """

    columns: dict[str, ColumnProfile] = dataclasses.field(default_factory=dict)
    index: dict[str, tuple[tuple[str, str, str], ...]] = dataclasses.field(default_factory=dict)
    rows: dict[str, int] = dataclasses.field(default_factory=dict)
    total: dict[str, int] = dataclasses.field(default_factory=dict)
    notes: tuple[str, ...] = ()
    hidden: dict[str, str] = dataclasses.field(default_factory=dict)

    def column(self, table: str, name: str) -> ColumnProfile:
        return self.columns.get(f"{table}.{name}") or ColumnProfile()


def profile(url: str | Path, schema: Schema, seconds: float = SECONDS) -> Profile:
    """Read at most `ROWS_READ` rows of each table, within `seconds` for one table, and describe every column.

    Raises DatabaseError when the database cannot be opened. A table that cannot be read is left out, with a note.
    """
    import sqlalchemy

    engine = open_engine(url)
    columns: dict[str, ColumnProfile] = {}
    index: dict[str, list[tuple[str, str, str]]] = {}
    rows: dict[str, int] = {}
    total: dict[str, int] = {}
    notes: list[str] = []
    most = min(ROWS_READ, max(ROWS_READ // 30, CELLS_READ // max(1, len(schema.tables))))
    try:
        with engine.connect() as connection, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            restrain(connection, seconds)
            if connection.dialect.name == "duckdb":
                connection.exec_driver_sql("SET threads = 1")  # with several, the same sample is not drawn twice
            default = sqlalchemy.inspect(connection).default_schema_name or ""
            sizes: dict[tuple[str, str], int] = {}
            try:
                with limited(connection, seconds):
                    sizes = totals(connection)
            except sqlalchemy.exc.DBAPIError as error:  # an old server, or one that only resembles PostgreSQL
                connection.rollback()
                notes.append(f"how many rows the tables have is not known, their first rows are read: {line(error)}")
            for table in schema.tables:
                try:
                    with limited(connection, seconds):
                        size = sizes.get((table.schema or default, table.bare))
                        names, read, whole = sample(connection, table, size, most)
                except Exception as error:  # each driver has its own kinds
                    connection.rollback()
                    notes.append(f"{table.name}: values not read, {line(error)}")
                    continue
                rows[table.name] = len(read)
                if whole is not None:
                    total[table.name] = whole
                _describe(table, names, read, whole or len(read), columns, index)
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise DatabaseError(f"cannot read {hidden(str(url))}: {line(error)}") from None
    finally:
        engine.dispose()
    return Profile(columns, {key: tuple(found) for key, found in index.items()}, rows, total, tuple(notes))


def _describe(
    table: Table, names: list[str], read: Any, total: int,
    columns: dict[str, ColumnProfile], index: dict[str, list[tuple[str, str, str]]],
) -> None:  # fmt: skip
    kinds = {c.name: c.kind for c in table.columns}
    for position, name in enumerate(names):
        counts = Counter(_plain(row[position]) for row in read)
        nulls = counts.pop(None, 0)
        ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
        values = tuple(v for v, _ in ordered[:VALUES_KEPT] if v is not None)
        quantiles: tuple[Literal, ...] = ()
        if kinds[name] in ("number", "date") and counts:
            spread = _sorted([v for v, n in counts.items() for _ in range(n) if v is not None])
            quantiles = tuple(spread[round(i * (len(spread) - 1) / 10)] for i in range(11))
        share = nulls / len(read) if read else 0.0
        columns[f"{table.name}.{name}"] = ColumnProfile(_distinct(counts, len(read) - nulls, (1 - share) * total), share, values, quantiles)
        if kinds[name] == "text":
            for value in counts:
                if isinstance(value, str) and 1 < len(value) <= LONGEST_VALUE:
                    index.setdefault(value.lower(), []).append((table.name, name, value))


def _distinct(counts: Counter[Any], read: int, total: float) -> int:
    """Distinct values of the whole column, told from a sample of it by the estimator of Haas and Stokes (1998) that
    PostgreSQL's ANALYZE uses: n d / (n - f1 + f1 n / N), with f1 the values that were seen once."""
    if total <= read or not counts:
        return len(counts)
    once = sum(1 for n in counts.values() if n == 1)
    return round(min(total, read * len(counts) / (read - once + once * read / total)))


def _sorted(values: list[Any]) -> list[Any]:
    """In order; as text where a column without a strict type holds several kinds."""
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=str)


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

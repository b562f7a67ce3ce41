"""Foreign keys that nobody declared: found by names, types and values, each with a confidence; suggestions, never facts.

A suggestion becomes a key only when the user writes it into `joins` of the glossary.
"""

from __future__ import annotations

import dataclasses
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlkit.errors import DatabaseError
from sqlkit.schema.connect import limited, open_engine, restrain
from sqlkit.schema.types import Column, Schema, Table
from sqlkit.schema.values import Profile
from sqlkit.schema.words import stem, words

_FRACTION = re.compile(r",\s*[1-9]\d*\)$")  # DECIMAL(10, 2) is an amount
Included = Callable[[Table, Column, Sequence[Any]], float | None]  # share of values that stand in a column, None if not known
LEAST = 0.5
SECONDS = 5.0  # for one look at a parent's values
ALL_SECONDS = 60.0  # for all looks; after that names and types alone tell
_KEYS = {"id", "key", "code", "cd", "no", "nr", "num", "number", "fk", "ref", "sk", "pk", "uuid", "guid", "identifi"}
_GENERIC = _KEYS | {"name", "type", "titl", "date", "year", "rank", "status", "valu", "text", "descript", "tim", "day", "month", "index"}
_KINDS = {"dim", "fct", "fact", "tbl", "tab", "t", "d", "f", "stg", "raw", "mst", "tb"}  # what says of a table that it is one
_UP = {"parent", "manag", "mgr", "boss", "supervisor", "report", "par", "lead", "predecessor", "superior"}  # in the same table


@dataclasses.dataclass(frozen=True, slots=True)
class InferredKey:
    """`confidence` from 0.5 to 0.99; `why` in words."""

    table: str
    column: str
    ref_table: str
    ref_column: str
    confidence: float
    why: str


def infer_keys(schema: Schema, profile: Profile | None = None, included: Included | None = None) -> list[InferredKey]:
    """Likely foreign keys of one column, best first. `included` looks for values in the referred column, where there is one."""
    profile = profile or Profile()
    parents = [(t, c) for t in schema.tables for c in [_identity(t, profile)] if c is not None]
    by_table: dict[tuple[str, ...], list[tuple[Table, Column]]] = defaultdict(list)
    by_column: dict[tuple[str, ...], list[tuple[Table, Column]]] = defaultdict(list)
    by_letter: dict[str, list[tuple[tuple[str, ...], Table, Column]]] = defaultdict(list)
    for table, column in parents:
        said = _said(table)
        by_table[said].append((table, column))
        by_letter["".join(said)[:1]].append((said, table, column))
        if len(name := _stems(column.name)) > 1 or name[0] not in _GENERIC:
            by_column[name].append((table, column))
    found = []
    for table in schema.tables:
        declared = {c for k in table.foreign_keys for c in k.columns}
        own = {c.name for _, c in [(table, _identity(table, profile))] if c is not None}
        for column in table.columns:
            if column.name in declared or column.name in own or not _able(column):
                continue
            scored = [
                (score, why, other, key)
                for score, why, other, key in _named(table, column, by_table, by_column, by_letter)
                if key.kind == column.kind and (other.name, key.name) != (table.name, column.name)
            ]
            if best := _best(table, column, scored, profile, included):
                found.append(best)
    return sorted(found, key=lambda k: (-k.confidence, k.table, k.column))


def _able(column: Column) -> bool:
    base = column.type.upper().split("(")[0]
    return column.kind == "text" or (column.kind == "number" and base not in {"DOUBLE", "REAL", "FLOAT"} and not _FRACTION.search(column.type))


def _identity(table: Table, profile: Profile) -> Column | None:
    """The one column that tells a table's rows apart: its primary key, else the first id-like one that is unique in the data."""
    if len(table.primary_key) == 1:
        return table.column(table.primary_key[0])
    if table.primary_key or table.view:
        return None
    rows = profile.total.get(table.name) or profile.rows.get(table.name, 0)
    for column in table.columns:
        seen = profile.column(table.name, column.name)
        unique = (column.name,) in table.unique or (rows > 2 and seen.null_share == 0 and seen.distinct >= 0.99 * rows)
        name = _stems(column.name)
        if unique and _able(column) and ((name[-1:] and name[-1] in _KEYS) or (name == _said(table))):
            return column
    return None


def _stems(name: str) -> tuple[str, ...]:
    return tuple(stem(w) for w in words(name)) or (name.lower(),)


def _said(table: Table) -> tuple[str, ...]:
    """A table's name without what only says that it is a table: dim_customer, tblCustomers."""
    found = _stems(table.bare)
    return tuple(w for w in found if w not in _KINDS) or found


def _named(
    table: Table, column: Column, by_table: dict[tuple[str, ...], list[tuple[Table, Column]]],
    by_column: dict[tuple[str, ...], list[tuple[Table, Column]]], by_letter: dict[str, list[tuple[tuple[str, ...], Table, Column]]],
) -> Iterator[tuple[float, str, Table, Column]]:  # fmt: skip
    """What a column's name may refer to: (score, why, table, its key)."""
    name = _stems(column.name)
    bare = name[:-1] if len(name) > 1 and name[-1] in _KEYS else name
    keyed = bare != name
    for other, key in by_column.get(name, ()):
        if other.name != table.name:
            yield 1.0 if len(name) > 1 else 0.9, f"the key of {other.name} has this name", other, key
    for size in range(len(bare)):
        part = bare[size:]
        whole = size == 0
        for other, key in by_table.get(part, ()):
            score = (1.0 if keyed else 0.8) if whole else (0.85 if keyed else 0.6)
            yield score, f"named after {other.name}", other, key
        for other, key in by_column.get((*part, *name[len(bare) :]), ()) if size else ():
            yield 0.85, f"ends like the key of {other.name}", other, key
    if keyed and bare[0] in _UP:
        for other, key in by_table.get(_said(table), ()):
            if other.name == table.name:
                yield 0.75, "the same table, one up", other, key
    if keyed:
        short = "".join(bare)
        for said, other, key in by_letter.get(short[:1], ()):
            long = "".join(said)
            if 2 <= len(short) < len(long) and _subsequence(short, long):
                yield 0.7 if long.startswith(short) else 0.6, f"short for {other.name}", other, key


def _subsequence(short: str, long: str) -> bool:
    rest = iter(long)
    return all(letter in rest for letter in short)


def _best(
    table: Table, column: Column, scored: list[tuple[float, str, Table, Column]], profile: Profile, included: Included | None
) -> InferredKey | None:
    best: tuple[float, str, Table, Column] | None = None
    sample = profile.column(table.name, column.name).values
    for score, why, other, key in sorted(scored, key=lambda s: (-s[0], s[2].name))[:4]:
        share = included(other, key, sample) if included and sample else None
        if share is not None and share < 0.9:
            continue
        if share is None:
            sure = 0.75 * score
        else:  # numbers from 1 on stand in every table of numbers: their values prove less than those of texts
            weight = 0.2 if column.kind == "number" else 0.4
            sure = (1 - weight) * score + weight * share
            why += f", {round(share * len(sample))} of {len(sample)} values found there"
        if best is None or sure > best[0]:
            best = (sure, why, other, key)
    if best is None:
        return None
    rivals = {other.name for score, _, other, _ in scored if score >= 0.95 * max(s[0] for s in scored)}
    sure = min(0.99, best[0] - (0.15 if len(rivals) > 1 else 0.0))
    return InferredKey(table.name, column.name, best[2].name, best[3].name, round(sure, 2), best[1]) if sure >= LEAST else None


def infer_from_database(url: str | Path, schema: Schema, profile: Profile) -> list[InferredKey]:
    """`infer_keys` with a look at the values in the database. Raises DatabaseError when it cannot be opened."""
    import sqlalchemy

    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            restrain(connection, SECONDS)
            end = time.monotonic() + ALL_SECONDS

            def included(table: Table, column: Column, values: Sequence[Any]) -> float | None:
                if time.monotonic() > end:
                    return None
                field: Any = sqlalchemy.column(column.name)
                source: Any = sqlalchemy.table(table.bare, field, schema=table.schema or None)
                asked = sqlalchemy.select(sqlalchemy.func.count(field.distinct())).select_from(source).where(field.in_(list(values)))
                try:
                    with limited(connection, SECONDS):
                        return int(connection.execute(asked).scalar() or 0) / len(values)
                except Exception:  # too slow or not allowed: what cannot be looked at is not known
                    connection.rollback()
                    return None

            return infer_keys(schema, profile, included)
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise DatabaseError(f"cannot read the database: {' '.join(str(error).split())[:200]}") from None
    finally:
        engine.dispose()

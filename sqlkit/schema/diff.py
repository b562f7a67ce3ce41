"""What changed between two schemas, and which questions can no longer be trusted for it."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Iterator
from typing import Protocol

from sqlglot import exp

from sqlkit.schema.types import Column, ForeignKey, Schema, Table
from sqlkit.sql.parse import SqlglotError, parse_one
from sqlkit.sql.resolve import Names, tables_of

ALIKE = 0.6  # share of a table's columns, or of a name's letters, that must be the same for a rename to be likely


class Asked(Protocol):
    """What is needed of an example."""

    @property
    def id(self) -> str: ...
    @property
    def sql(self) -> str | None: ...
    @property
    def dialect(self) -> str: ...


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """`what`: added, removed, type, nullable, primary key, foreign key added, foreign key removed, comment; `column` is "" for a table."""

    what: str
    table: str
    column: str = ""
    before: str = ""
    after: str = ""

    @property
    def breaks(self) -> bool:
        """Whether SQL that uses the table or column may no longer run or no longer mean the same."""
        return self.what in {"removed", "type", "primary key", "foreign key removed"}

    def __str__(self) -> str:
        name = f"{self.table}.{self.column}" if self.column else self.table
        if self.what in {"added", "removed"}:
            return f"{self.what} {'column' if self.column else 'table'} {name}" + (f" ({self.after})" if self.after else "")
        return f"{name}: {self.what}" + (f" {self.before or 'none'} -> {self.after or 'none'}" if self.before or self.after else "")


def diff(old: Schema, new: Schema) -> list[Change]:
    """Changes from `old` to `new`, table by table; names are compared without case."""
    before, after = ({t.name.lower(): t for t in schema.tables} for schema in (old, new))
    changes: list[Change] = []
    gone = [t for name, t in before.items() if name not in after]
    come = [t for name, t in after.items() if name not in before]
    for table in gone:
        changes.append(Change("removed", table.name, after=_renamed(table, come)))
    changes += [Change("added", t.name, after=f"{len(t.columns)} columns") for t in come]
    for name, table in before.items():
        if name in after:
            changes += _table(table, after[name])
    return changes


def _renamed(table: Table, others: Iterable[Table]) -> str:
    own = {c.name.lower() for c in table.columns}
    shares = [(len(own & {c.name.lower() for c in t.columns}) / max(1, len(own), len(t.columns)), t.name) for t in others]
    share, name = max(shares, default=(0.0, ""))
    return f"renamed to {name}?" if share >= ALIKE else ""


def _table(old: Table, new: Table) -> Iterator[Change]:
    before, after = ({c.name.lower(): c for c in table.columns} for table in (old, new))
    come = [c for name, c in after.items() if name not in before]
    for name, column in before.items():
        if name not in after:
            yield Change("removed", new.name, column.name, after=_moved(old, column, new, come))
    for column in come:
        yield Change("added", new.name, column.name, after=column.type)
    for name, column in before.items():
        if (now := after.get(name)) is None:
            continue
        for what, a, b in (("type", _plain(column.type), _plain(now.type)), ("comment", column.comment, now.comment)):
            if a != b:
                yield Change(what, new.name, column.name, a, b)
        if column.nullable != now.nullable:
            yield Change("may be null now" if now.nullable else "may not be null now", new.name, column.name)
    if _lower(old.primary_key) != _lower(new.primary_key):
        yield Change("primary key", new.name, "", ", ".join(old.primary_key), ", ".join(new.primary_key))
    if old.comment != new.comment:
        yield Change("comment", new.name, "", old.comment, new.comment)
    keys_before, keys_after = ({_key(k): k for k in table.foreign_keys} for table in (old, new))
    for folded, key in keys_before.items():
        if folded not in keys_after:
            yield Change("foreign key removed", new.name, ", ".join(key.columns), f"{key.ref_table}({', '.join(key.ref_columns)})")
    for folded, key in keys_after.items():
        if folded not in keys_before:
            yield Change("foreign key added", new.name, ", ".join(key.columns), "", f"{key.ref_table}({', '.join(key.ref_columns)})")


def _moved(old: Table, column: Column, new: Table, come: list[Column]) -> str:
    """A new column of the same type with a like name, or in the same place of a table that is else the same."""
    like = [c for c in come if _plain(c.type) == _plain(column.type)]
    near = difflib.get_close_matches(column.name.lower(), [c.name.lower() for c in like], 1, ALIKE)
    place = old.columns.index(column)
    if near or (len(old.columns) == len(new.columns) and new.columns[place] in like):
        name = next((c.name for c in like if near and c.name.lower() == near[0]), new.columns[place].name if not near else "")
        return f"renamed to {name}?"
    return ""


def _plain(kind: str) -> str:
    return kind.upper().replace(" ", "").replace("TIMESTAMPWITHTIMEZONE", "TIMESTAMPTZ")


def _lower(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(n.lower() for n in names)


def _key(key: ForeignKey) -> tuple[object, ...]:
    return _lower(key.columns), key.ref_table.lower(), _lower(key.ref_columns)


def stale(examples: Iterable[Asked], old: Schema, changes: Iterable[Change]) -> dict[str, str]:
    """Example id -> why its SQL can no longer be trusted. SQL that cannot be read is left alone: it never named anything."""
    tables = tables_of((name, [c.name for c in t.columns]) for t in old.tables for name in dict.fromkeys((t.bare, t.name)))
    spelled = [(name, c) for c in changes for name in _spelled(c.table, old)]  # with and without its schema
    gone = {name: c for name, c in spelled if not c.column and c.what == "removed"}
    columns = {(name, column): c for name, c in spelled if c.column and c.breaks for column in c.column.lower().split(", ")}
    wider = {name: c for name, c in spelled if c.column and c.what in {"added", "removed"}}
    found: dict[str, str] = {}
    for example in examples:
        if example.sql is None:
            continue
        try:
            tree = parse_one(example.sql, example.dialect)
        except (SqlglotError, RecursionError):
            continue
        if change := _hit(tree, tables, gone, columns, wider):
            found[example.id] = str(change)
    return found


def _spelled(name: str, schema: Schema) -> set[str]:
    table = schema.table(name)
    return {name.lower(), table.bare.lower()} if table else {name.lower()}


def _hit(
    tree: exp.Expr, tables: dict[str, tuple[str, ...]], gone: dict[str, Change], columns: dict[tuple[str, str], Change], wider: dict[str, Change]
) -> Change | None:
    read = [(f"{t.db}.{t.name}" if t.db else t.name).lower() for t in tree.find_all(exp.Table)]
    for name in read:
        if name in gone:
            return gone[name]
    names = Names(tree, tables)
    for column in tree.find_all(exp.Column):
        origin = names.origin(column)
        if origin in columns:
            return columns[origin]
    stars = any(isinstance(s.parent, exp.Select | exp.Column) for s in tree.find_all(exp.Star))
    return next((wider[name] for name in read if stars and name in wider), None)


def advice(changes: list[Change], stale_count: int) -> list[str]:
    """What to do about the changes, in the order in which to do it."""
    if not changes:
        return ["nothing changed: nothing to rebuild"]
    said = []
    if stale_count or any(c.breaks for c in changes):
        said.append("rebuild the pairs (sqlkit build), then the adapter that was trained on them (sqlkit train)")
    elif any(c.what == "added" for c in changes):
        said.append("pairs still hold; build pairs for what is new (sqlkit build) before questions about it can be expected to work")
    else:
        said.append("pairs still hold; prompts show the new comments and keys from now on")
    if any(c.what in {"removed", "added"} for c in changes):
        said.append("look through the glossary and the evaluation questions: names that are gone are errors there")
    return said

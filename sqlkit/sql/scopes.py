"""Scopes: the sets of tables that one SELECT may read, joined along their keys."""

from __future__ import annotations

import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlkit.sql.grammar import identifier
from sqlkit.sql.lark import lexeme

LARGEST = 5  # tables in one FROM


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """A column in sight. `kind`: number, text, bool, date, timestamp or other. `texts`: what it may be compared with, when it holds text; `free`: with words of the question too.
    `root`: the key column that it stands for ('cust.cust_id'), or ''. `measure`: a number to add up, not one that names a row.
    """

    name: str
    kind: str
    texts: tuple[str, ...] = ()
    free: bool = False
    root: str = ""
    measure: bool = False
    nullable: bool = True


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """A table in sight. `name` is its name as SQL has it: quoted where it must be, behind its schema where it has one."""

    name: str
    columns: tuple[Seen, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Join:
    """`columns` of `table` hold `ref_columns` of `ref_table`. Tables as in `Source.name`, where a grammar is made of them."""

    table: str
    columns: tuple[str, ...]
    ref_table: str
    ref_columns: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Ref:
    text: str
    table: str
    seen: Seen


@dataclasses.dataclass(frozen=True, slots=True)
class Scope:
    """Tables that one SELECT reads; `name` stands in the names of its rules. `chains`: Lark alternatives of its FROM."""

    name: str
    tables: frozenset[str]
    refs: tuple[Ref, ...]
    chains: tuple[str, ...]
    twice: bool = False  # one table, joined with itself
    pair: tuple[tuple[str, str, str, str], ...] = ()  # of two tables: parent, child, the condition of their join, as Lark; the parent's scope

    def some(self, *kinds: str) -> list[str]:
        return [lexeme(r.text) for r in self.refs if r.seen.kind in kinds]


def scopes_of(sources: Sequence[Source], joins: Sequence[Join], most: int) -> Iterator[Scope]:
    """Up to `most` sets of tables that keys connect, those of the first tables first; each table that refers to itself, joined with itself."""
    by_name = {s.name: s for s in sources}
    columns = {s.name: {c.name for c in s.columns} for s in sources}
    known = [
        j for j in joins
        if j.table in by_name and j.ref_table in by_name
        and set(j.columns) <= columns[j.table] and set(j.ref_columns) <= columns[j.ref_table]
    ]  # fmt: skip
    between: defaultdict[frozenset[str], list[Join]] = defaultdict(list)
    for join in known:
        between[frozenset((join.table, join.ref_table))].append(join)
    number = {frozenset((name,)): f"_s{i}" for i, name in enumerate(by_name)}
    names = list(by_name)
    sets = (c for size in range(2, min(len(names), LARGEST) + 1) for c in itertools.combinations(range(len(names)), size))
    for some in (frozenset(names[i] for i in c) for c in sorted(sets, key=lambda c: (c[-1], len(c), c))):
        joined = any(some - {t} in number and any(between.get(frozenset((t, o))) for o in some - {t}) for t in some)
        if joined and len(number) < most:
            number[some] = f"_s{len(number)}"
    for tables, name in number.items():
        single = len(tables) == 1
        refs = tuple(
            Ref(identifier(c.name) if single else f"{s.name}.{identifier(c.name)}", s.name, c)
            for s in sources if s.name in tables for c in s.columns
        )  # fmt: skip
        if single:
            yield Scope(name, tables, refs, (lexeme(next(iter(tables))),))
            continue
        chains = [
            f"f{number[tables - {t}]} {lexeme(' JOIN ')} {lexeme(t)} {lexeme(' ON ')} {_on(join)}"
            for t in sorted(tables) if tables - {t} in number
            for o in sorted(tables - {t}) for join in between.get(frozenset((t, o)), ())
        ]  # fmt: skip
        pair = [
            (lexeme(j.ref_table), lexeme(j.table), _on(j), number[frozenset((j.ref_table,))])
            for j in (between[tables] if len(tables) == 2 else ())
        ]
        yield Scope(name, tables, refs, tuple(chains), pair=tuple(pair))
    for i, join in enumerate(known):
        if join.table == join.ref_table:
            table = by_name[join.table]
            refs = tuple(Ref(f"{a}.{identifier(c.name)}", a, c) for a in ("t1", "t2") for c in table.columns)
            here = lexeme(table.name)
            chain = f"{here} {lexeme(' AS t1 JOIN ')} {here} {lexeme(' AS t2 ON ')} {_on(join, 't1', 't2')}"
            yield Scope(f"_s{len(number)}j{i}", frozenset((join.table,)), refs, (chain,), twice=True)


def _on(join: Join, left: str = "", right: str = "") -> str:
    one, other = left or join.table, right or join.ref_table
    pairs = zip(join.columns, join.ref_columns, strict=True)
    equal = (f"{lexeme(f'{one}.{identifier(a)}')} {lexeme(' = ')} {lexeme(f'{other}.{identifier(b)}')}" for a, b in pairs)
    return f" {lexeme(' AND ')} ".join(equal)

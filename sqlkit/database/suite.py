"""A suite: the few databases on which the golds of one schema are judged, and how well they tell golds from neighbours.

Databases are made until the mutants of the golds are dead or nothing more dies, then the fewest that kill as many are
kept (Zhong, Yu, Klein 2020: distilled test suites; here directed by what the gold asks instead of sampled by thousands).
"""

from __future__ import annotations

import dataclasses
import functools
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlkit.database.bench import Bench
from sqlkit.database.perturb import completed, perturbed
from sqlkit.database.populate import Populator, typed_by_use
from sqlkit.database.rows import Database, script
from sqlkit.database.same import Expected, differs, expect
from sqlkit.database.styles import styles
from sqlkit.errors import InputError
from sqlkit.schema.ddl import enforced, to_ddl
from sqlkit.schema.types import Schema
from sqlkit.sql.facts import Facts, facts_of
from sqlkit.sql.keys import shapes
from sqlkit.sql.mutate import Mutant, mutants_of
from sqlkit.sql.parse import SqlglotError, parse_one
from sqlkit.sql.probe import Probe, other_orders, probe
from sqlkit.sql.resolve import Names, Origin, shows_all, tables_of

UNSTABLE = "the gold is not deterministic: its result depends on the order in which rows are stored"
LEAST = 4  # databases: predictions err in more ways than mutants do
KEPT = 256  # suites that are kept
TRIES = 44  # databases made for one suite at most
PATIENCE = 9  # of them in a row, made by chance, that killed nothing more


@dataclasses.dataclass(frozen=True, slots=True)
class Suite:
    """`mutants` counts those that run and are not proven equal (`equal` counts the proven ones), `killed` those that some
    database tells apart; `survivors` are the others. `broken` says why a gold could not be used at all."""

    schema: Schema
    ddl: str
    databases: tuple[Database, ...]
    mutants: int
    killed: int
    equal: int = 0
    golds: int = 0
    survivors: tuple[Mutant, ...] = ()
    broken: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def score(self) -> float:
        """The share of mutants told apart: 1.0 where there are none, 0.0 where no gold could be used."""
        return self.killed / self.mutants if self.mutants else float(self.golds > len(self.broken))


@dataclasses.dataclass(slots=True)
class _Gold:
    """A gold on its way: its mutants still alive, and what is known of those that are not."""

    sql: str
    probe: Probe
    orders: list[str]
    starred: bool
    alive: list[Mutant]
    killed: list[Mutant] = dataclasses.field(default_factory=list)
    slow: list[Mutant] = dataclasses.field(default_factory=list)  # neither killed nor tried again
    proven: list[Mutant] = dataclasses.field(default_factory=list)  # equal to the gold, likewise
    stillborn: int = 0
    ran: int = 0
    filled: int = 0
    unstable: int = 0
    fault: str = ""


@dataclasses.dataclass(slots=True)
class _Tried:
    """A database that was tried, the tables that matter of it, and the mutants it killed, by gold and text. `whole` makes it
    with all tables. `good`: every gold is stable on it and returns rows."""

    database: Database
    whole: Callable[[], Database]
    name: str
    kills: set[tuple[int, str]]
    good: bool


_local = threading.local()


def _bench() -> Bench:
    """One bench a thread, kept open: opening a DuckDB costs more than filling it."""
    if not hasattr(_local, "bench"):
        _local.bench = Bench()
    return _local.bench  # type: ignore[no-any-return]


def build_suite(
    schema: Schema,
    golds: Sequence[str],
    *,
    seed: int = 0,
    most: int = 8,
    given: Mapping[Origin, Sequence[Any]] | None = None,
    rows: Database | None = None,
) -> Suite:
    """The suite of a group of golds over one schema: at most `most` databases, the same for the same seed.

    `given` are real values by (table, column) in lower case, from `profile`, to draw from where a company's rows exist, and
    `rows` a sample of these.
    What was asked before without rows is not built again. Raises InputError when there is no gold, DatabaseError when DuckDB
    has no such type. A gold that cannot be parsed or run is in `broken`.
    """
    if not golds:
        raise InputError("a suite needs at least one gold query")
    if given is None and rows is None:
        return _remembered(schema, tuple(golds), seed, most)
    return _build(schema, golds, seed, most, given, rows)


@functools.lru_cache(KEPT)
def _remembered(schema: Schema, golds: tuple[str, ...], seed: int, most: int) -> Suite:
    return _build(schema, golds, seed, most, None, None)


def _build(
    schema: Schema,
    golds: Sequence[str],
    seed: int,
    most: int,
    given: Mapping[Origin, Sequence[Any]] | None,
    rows: Database | None,
) -> Suite:
    columns = tables_of((t.name, [c.name for c in t.columns]) for t in schema.tables)
    asked, trees, broken = Facts(), dict[str, Any](), dict[str, str]()
    for sql in dict.fromkeys(golds):
        try:
            trees[sql] = parse_one(sql)
            asked.add(facts_of(Names(trees[sql], columns)))
        except (SqlglotError, RecursionError, ValueError) as error:
            broken[sql] = f"parse: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
    schema = enforced(typed_by_use(schema, asked) if rows is None else schema)
    tables = shapes(schema)
    states, extra = list[_Gold](), set[str]()
    for sql, tree in trees.items():
        try:
            found = mutants_of(tree, tables)
            extra |= {t for m in found if m.kind == "table" for t in tables if f'"{t}"' in m.sql}
            seen = probe(sql)
            if seen.volatile:
                broken[sql] = f"the gold is random: {', '.join(seen.volatile)}"
                continue
            states.append(_Gold(sql, seen, other_orders(sql) if seen.fragile else [], shows_all(tree), found))
        except (SqlglotError, RecursionError, ValueError) as error:
            broken[sql] = f"parse: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
    maker = Populator(schema, asked, given)
    bench = _bench()
    bench.clear()
    try:
        tried = _search(maker, states, bench, seed, sorted(extra), most, rows)
    finally:
        bench.clear()
    for state in states:
        if state.unstable > state.ran:
            broken[state.sql] = UNSTABLE
        elif not state.ran:
            broken[state.sql] = state.fault or "the gold fails on every database"
        elif not state.filled:
            broken[state.sql] = "the gold returns no rows on any database"
    databases = tuple(dataclasses.replace(t.whole(), name=f"{number} {t.database.name}") for number, t in enumerate(tried, 1))
    covered = {(i, sql) for t in tried for i, sql in t.kills if states[i].sql not in broken}
    left = [m for i, s in enumerate(states) if s.sql not in broken for m in [*s.alive, *s.slow, *s.proven, *(k for k in s.killed if (i, k.sql) not in covered)]]
    equal = [m for m in left if m.equal]
    killed = len(covered)
    return Suite(
        schema=schema,
        ddl=to_ddl(schema),
        databases=databases,
        mutants=killed + len(left) - len(equal),
        killed=killed,
        equal=len(equal),
        golds=len(set(golds)),
        survivors=tuple(m for m in left if not m.equal),
        broken=broken,
    )


def _search(
    maker: Populator, states: list[_Gold], bench: Bench, seed: int, extra: list[str], most: int, rows: Database | None
) -> list[_Tried]:
    """Try databases until no mutant is left or none dies any more; the ones to keep."""
    relevant, read = maker.relevant(extra), _read(states, maker.schema)
    tried: list[_Tried] = []
    idle = 0
    if rows is not None:
        part = Database(rows.name, {name: held for name, held in rows.rows.items() if name.lower() in relevant})
        tried.append(_try(part, lambda: rows, maker, states, bench, read))
    for number, style in enumerate(styles(maker.facts, seed)):
        wanted = any(not m.equal for s in states for m in s.alive)
        good = [t for t in tried if t.good]
        if number >= TRIES or idle >= PATIENCE or (not wanted and len(good) >= min(LEAST, most)):
            break
        own, by_chance = seed * 1000 + number, style.name.startswith("random")
        first = tried[0] if rows is not None and number % 2 else None  # of real rows every second one
        base = good[number % len(good)] if good and by_chance and number % 4 else first
        if base is None:
            made = maker.make(style, own, relevant)
            whole = functools.partial(maker.make, style, own) if len(made.rows) < len(maker.schema.tables) else functools.partial(_itself, made)
        else:
            made = perturbed(maker, base.database, own)
            whole = functools.partial(_completed, maker.schema, base, made)
        one = _try(made, whole, maker, states, bench, read)
        if base is None or one.kills or rows is not None:
            tried.append(one)
        idle = 0 if one.kills or not by_chance else idle + 1
    return _distil(tried, states, bench, most)


def _try(
    database: Database, whole: Callable[[], Database], maker: Populator, states: list[_Gold], bench: Bench, read: Mapping[str, Sequence[int]]
) -> _Tried:
    """Run the golds and the mutants that are alive on a database."""
    name = bench.load(_script(maker.schema, database, read))
    kills, good = set(), True
    for index, state in enumerate(states):
        expected = _expected(state, bench)
        good = good and expected is not None and expected.count > 0
        if expected is not None:
            kills |= {(index, m.sql) for m in _kill(state, expected, bench)}
            state.proven += [m for m in state.alive if m.equal]  # one database has looked at the proof
            state.alive = [m for m in state.alive if not m.equal]
    return _Tried(database, whole, name, kills, good)


def _itself(made: Database) -> Database:
    return made


def _completed(schema: Schema, base: _Tried, part: Database) -> Database:
    """A perturbed database with the tables that no gold reads."""
    return completed(schema, base.whole(), part)


def _read(states: Sequence[_Gold], schema: Schema) -> dict[str, list[int]]:
    """The tables that some query may read, and the positions of the columns that it may: those whose names it mentions."""
    texts = [text for s in states for text in (s.sql, *(m.sql for m in s.alive))]
    words = {word.lower() for text in texts for word in re.findall(r"\w+", text)}
    whole = any(state.starred for state in states)
    found = {}
    for table in schema.tables:
        if set(re.findall(r"\w+", table.name.lower())) <= words:
            wanted = [i for i, c in enumerate(table.columns) if whole or set(re.findall(r"\w+", c.name.lower())) <= words]
            found[table.name] = wanted or [0]
    return found


def _script(schema: Schema, database: Database, read: Mapping[str, Sequence[int]]) -> list[str]:
    """Statements for what is read of a database: queries run the faster the less is there."""
    tables = [t for t in schema.tables if t.name in read]
    kept = [dataclasses.replace(t, columns=tuple(t.columns[i] for i in read[t.name])) for t in tables]
    rows = {t.name: tuple([tuple([row[i] for i in read[t.name]]) for row in database.rows.get(t.name, ())]) for t in tables}
    return script(Schema(tuple(kept)), Database(database.name, rows))


def _expected(state: _Gold, bench: Bench) -> Expected | None:
    """What the gold fixes on the database in use; None where it fails or is not stable."""
    result = bench.run(state.sql)
    if isinstance(result, str):
        state.fault = state.fault or f"the gold fails: {result}"
        return None
    names, rows = result
    full = result if state.probe.plain else bench.run(state.probe.sql)
    if isinstance(full, str):
        full = result
    expected = expect(rows, len(names), state.probe, full[0], full[1])
    for text in state.orders:
        other = bench.run(text)
        if not isinstance(other, str) and differs(expected, other[1], len(other[0])):
            state.fault = state.fault or UNSTABLE
            state.unstable += 1
            return None
    state.ran += 1
    state.filled += bool(rows)
    return expected


def _kill(state: _Gold, expected: Expected, bench: Bench) -> list[Mutant]:
    dead, alive = [], []
    for mutant in state.alive:
        said = bench.run(mutant.sql)
        if said == "bind":
            state.stillborn += 1
        elif said == "time":
            state.slow.append(mutant)
        elif isinstance(said, str) or differs(expected, said[1], len(said[0])):
            dead.append(mutant)
        else:
            alive.append(mutant)
    state.alive = alive
    state.killed += dead
    return dead


def _distil(tried: list[_Tried], states: list[_Gold], bench: Bench, most: int) -> list[_Tried]:
    """The fewest databases that kill what all kill, by greedy cover, filled up to LEAST with others that are sound."""
    killers = [t for t in tried if t.kills]
    if len(killers) > LEAST:
        _complete(killers, states, bench)
        chosen: list[_Tried] = []
        missing = set().union(*(t.kills for t in killers))
        while missing and len(chosen) < most:
            best = max(killers, key=lambda t: (len(t.kills & missing), t.good))
            if not best.kills & missing:
                break
            chosen.append(best)
            missing -= best.kills
    else:
        chosen = killers[:most]
    for other in sorted(tried, key=lambda t: not t.good):
        if len(chosen) < min(LEAST, most) and all(other is not c for c in chosen):
            chosen.append(other)
    return [t for t in tried if any(t is c for c in chosen)]


def _complete(killers: list[_Tried], states: list[_Gold], bench: Bench) -> None:
    """What each database kills of all that died anywhere."""
    for one in killers:
        bench.use(one.name)
        for index, state in enumerate(states):
            todo = [m for m in state.killed if (index, m.sql) not in one.kills]
            expected = _expected(state, bench) if todo else None
            for mutant in todo if expected is not None else ():
                said = bench.run(mutant.sql)
                if said != "time" and (isinstance(said, str) or (expected and differs(expected, said[1], len(said[0])))):
                    one.kills.add((index, mutant.sql))

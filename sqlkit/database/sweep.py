"""Rows by plan: for each boundary of each condition a row that differs from the others in nothing else.

A row that fulfils everything but sits just beyond one boundary tells the gold from every neighbour whose boundary lies
on the other side of it, unless other rows hide it. So values that are shown differ from row to row and rise (or fall)
from the rows that miss to those that fulfil, which lets a minimum (a maximum) see every one of them. Where rows are
grouped, each such row gets groups of its own: alone, with as many others as a threshold wants, with one that fulfils
another condition on the same column. With `nulls`, the largest group and the first and last rows hold nothing else.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlkit.database import pools
from sqlkit.database.constraints import kept
from sqlkit.database.pools import Pool
from sqlkit.database.rows import Database, Row, database
from sqlkit.database.styles import Style
from sqlkit.schema.types import Table
from sqlkit.sql.resolve import Origin

if TYPE_CHECKING:
    from sqlkit.database.populate import Populator

_ROWS = 140  # of one table
_NEAR = 10  # boundary values of one column, and rows of another table that miss


class _State(NamedTuple):
    """Whether a row fulfils everything, which of several conditions on one column it fulfils, and whether it is bare."""

    good: bool
    label: int
    bare: bool


@dataclasses.dataclass(slots=True)
class _Link:
    """Columns that take their values from rows made before: `hits` from those that fulfil everything, `nears` from those
    that miss by one; the last of these refers to nothing where the link is not declared."""

    table: str
    columns: tuple[str, ...]
    hits: list[tuple[tuple[Any, ...], _State]]
    nears: list[tuple[Any, ...]]
    nullable: bool
    alone: bool  # no two rows may share a value
    declared: bool


@dataclasses.dataclass(slots=True)
class _Plan:
    """What is special about one row: cells by column, and by link a value or the label that it should have."""

    cells: dict[str, Any] = dataclasses.field(default_factory=dict)
    links: dict[int, tuple[Any, ...]] = dataclasses.field(default_factory=dict)
    label: int = -1

    @property
    def good(self) -> bool:
        return not self.cells and not self.links


class Sweep:
    """The making of one database."""

    def __init__(self, maker: Populator, style: Style, seed: int) -> None:
        self.maker, self.style, self.seed = maker, style, seed
        self.rows: dict[str, list[Row]] = {}
        self._states: dict[str, list[_State]] = {}
        self._order: dict[str, list[int]] = {}  # the rows' positions in the order in which they were planned
        self._offered: dict[Origin, tuple[str, dict[tuple[Any, ...], _State], list[tuple[Any, ...]]]] = {}
        facts = maker.facts
        self._near = maker.relevant()
        self._either = sorted(facts.either)
        self._joined = {column for pair in facts.equal for column in pair}
        self._grouped = bool(facts.groups or facts.counts)
        self._sizes = sorted({n for c in facts.counts if c <= 6 for n in (c - 1, c) if n > 0})
        self._top = max([3, *(n + 2 for n in self._sizes)]) if facts.groups and 0 < facts.rows <= 10 else 0

    def database(self, only: set[str] | None) -> Database:
        return database(self.style.name, self.maker.schema.tables, only, self._fill)

    def _fill(self, table: Table) -> tuple[Row, ...]:
        name = table.name.lower()
        pooled = {c.name.lower(): self.maker.pool((name, c.name.lower())) for c in table.columns}
        links = self._links(table)
        held = {c for link in links for c in link.columns}
        clusters = list(self._clusters(table, {c: p for c, p in pooled.items() if c not in held}, links))
        total = sum(map(len, clusters))
        unique = {k[0].lower() for k in (table.primary_key, *table.unique) if len(k) == 1} - held
        spent: dict[str, set[Any]] = {c: {p.cells[c] for cluster in clusters for p in cluster if c in p.cells} for c in unique}
        rows: list[Row] = []
        states: list[_State] = []
        nullable = {c.name.lower(): c.nullable for c in table.columns}
        bare = self._bare(clusters, bool(links)) if self.style.nulls else set()
        for number, cluster in enumerate(clusters):
            absent, ordinary = number in bare, all(plan.good for plan in cluster)
            for at, plan in enumerate(cluster):
                place = len(rows) if self.style.sweep == "up" else total - 1 - len(rows)
                row, good = dict.fromkeys(pooled), plan.good
                label = plan.label
                for n, link in enumerate(links):
                    value, mine = self._linked(link, n, plan, number, at, len(rows), len(links), absent, ordinary)
                    if absent and link.nullable and n != self._common(len(links)) and not self._joined & {(name, c) for c in link.columns}:
                        value = (None,) * len(link.columns)
                    row.update(zip(link.columns, value, strict=True))
                    label = mine if label < 0 else label
                for c, pool in pooled.items():
                    if c in held:
                        continue
                    if c in plan.cells:
                        row[c] = plan.cells[c]
                    elif c in unique:
                        row[c], fits = self._fresh(pool, len(rows), spent[c])
                        good = good and fits
                    else:
                        row[c] = self._cell((name, c), pool, number, place)
                        if absent and not pool.wished and nullable[c] and not self.maker.shared((name, c)):
                            row[c] = None if good and (name, c) not in self.maker.facts.sorts else row[c]
                if table.foreign_keys:
                    self._refer_to_own(table, row, rows)
                rows.append(tuple(row.values()))
                states.append(_State(good, label, absent))
        return self._kept(table, rows, states)

    def _bare(self, clusters: Sequence[Sequence[_Plan]], linked: bool) -> set[int]:
        """Clusters whose rows hold NULL wherever nothing is asked, and refer to rows that do. Where one column has several
        conditions, a single row that fulfils one of them, so that no other NULL meets it."""
        labelled = [i for i, cluster in enumerate(clusters) if len(cluster) == 1 and cluster[0].label >= 0]
        if labelled:
            wanted = 0 if self.style.sweep == "up" else 1
            return {next((i for i in labelled if clusters[i][0].label == wanted), labelled[0])}
        good = [i for i, cluster in enumerate(clusters) if all(plan.good for plan in cluster)]
        largest = max(good, key=lambda i: (len(clusters[i]), i), default=-1)
        return {*good[:1], *good[-2:], largest} if linked else {*good[::2], *good[-1:]}

    def _kept(self, table: Table, rows: list[Row], states: list[_State]) -> tuple[Row, ...]:
        name = table.name.lower()
        rows = self.maker.settled(table, rows)
        chosen = kept(self.maker.schema, table, rows, self.rows)
        if not any(k.ref_table.lower() == name for k in table.foreign_keys):
            random.Random(f"{self.seed} {name}").shuffle(chosen)  # rows do not lie in the order of their values
        rows, states = [rows[i] for i in chosen], [states[i] for i in chosen]
        order = sorted(range(len(rows)), key=chosen.__getitem__)
        self.rows[name], self._states[name], self._order[name] = rows, states, order
        for i, column in enumerate(table.columns):
            root = self.maker.shared((name, column.name.lower()))
            if root and root not in self._offered:
                values = [((rows[r][i],), states[r]) for r in order if rows[r][i] is not None]
                hits: dict[tuple[Any, ...], _State] = {}
                for value, state in values:
                    if state.good:
                        hits.setdefault(value, state)
                self._offered[root] = name, hits, list(dict.fromkeys(value for value, _ in values if value not in hits))[:_NEAR]
        return tuple(rows)

    def _links(self, table: Table) -> list[_Link]:
        """Foreign keys to other tables, then columns that share values with those of tables made before."""
        name, found, held = table.name.lower(), list[_Link](), set[str]()
        alone = {tuple(c.lower() for c in k) for k in (table.primary_key, *table.unique)}
        for key in table.foreign_keys:
            columns = tuple(c.lower() for c in key.columns)
            other = self.maker.schema.table(key.ref_table)
            if key.ref_table.lower() == name or other is None or held & set(columns):
                continue
            at = [[c.name.lower() for c in other.columns].index(c.lower()) for c in key.ref_columns]
            rows, states = self.rows.get(key.ref_table.lower(), []), self._states.get(key.ref_table.lower(), [])
            values = [tuple(row[i] for i in at) for row in rows]
            order = self._order.get(key.ref_table.lower(), [])
            hits = [i for i in order if states[i].good] or order
            nears = [values[i] for i in order if not states[i].good]
            nullable = all(c.nullable for c in table.columns if c.name.lower() in columns)
            found.append(_Link(key.ref_table.lower(), columns, [(values[i], states[i]) for i in hits], nears[:_NEAR], nullable, columns in alone, True))
            held |= set(columns)
        for column in table.columns:
            c = column.name.lower()
            root = self.maker.shared((name, c))
            pool = self.maker.pool((name, c))
            if c in held or root not in self._offered or root is None:
                continue
            table_, offered, others = self._offered[root]
            whole = [((v,), state) for o, state in offered.items() if (v := pool.take(o[0])) is not None]
            near = [(v,) for o in others if (v := pool.take(o[0])) is not None]
            near.append((pools.made(pool, 950),))  # refers to nothing
            if whole:
                found.append(_Link(table_, (c,), whole, near, column.nullable, (c,) in alone, False))
        for link in found:
            _spare(link)
        return found

    def _clusters(self, table: Table, pooled: dict[str, Pool], links: list[_Link]) -> Iterator[list[_Plan]]:
        """Rows that belong together, those that miss first."""
        labels = self._labels(pooled, links)
        read = table.name.lower() in self._near
        items = list(itertools.islice(_in_turn(self._items(table, pooled, links)), 60 if read else 0))
        variants = [list(self._variants(item, labels)) for item in items]
        room = _ROWS - 40
        for turn in range(max(map(len, variants), default=0)):
            for made in variants:
                if turn < len(made) and len(made[turn]) <= room:
                    room -= len(made[turn])
                    yield made[turn]
        yield from self._good(table, labels)
        for label in labels:  # and each of these without a partner
            for n, link in enumerate(links):
                if n not in label.links and (link.nullable if link.declared else link.nears):
                    yield [_Plan(label.cells, label.links | {n: (None,) * len(link.columns) if link.declared else link.nears[-1]}, label.label)]

    def _items(self, table: Table, pooled: dict[str, Pool], links: list[_Link]) -> list[list[_Plan]]:
        """By column and link: rows that are special in it alone."""
        found, name = [], table.name.lower()
        blank = self.style.sweep == "up" and not self.style.nulls  # one NULL empties a NOT IN: not in every database
        nullable = {c.name.lower() for c in table.columns if c.nullable and blank}
        for c, pool in pooled.items():
            if pool.wished:
                plans = [_Plan({c: v}) for v in [*pool.critical()[:_NEAR], *([None] if c in nullable else [])]]
                found.append([*self._alone((name, c), pooled, links), *plans])
        for n, link in enumerate(links):
            absent: list[tuple[Any, ...]] = [(None,) * len(link.columns)] if blank and link.nullable else []
            others = {c: p.near[0] for c, p in pooled.items() if p.near and any(a == (name, c) and b[0] == link.table for a, b in self._either)}
            found.append([_Plan(others, {n: v}) for v in [*link.nears, *absent]])
            if others:
                found.append([_Plan(links={n: v}) for v in link.nears])
        return found

    def _alone(self, origin: Origin, pooled: dict[str, Pool], links: list[_Link]) -> list[_Plan]:
        """Rows in which conditions that OR puts beside the column's are not fulfilled."""
        pool = pooled[origin[1]]
        beside = {b for a, b in self._either if a == origin}
        cells = {c: pooled[c].near[0] for t, c in beside if t == origin[0] and c in pooled and pooled[c].near}
        missed = {n: link.nears[0] for n, link in enumerate(links) if link.nears and any(t == link.table for t, _ in beside)}
        if not cells and not missed:
            return []
        return [_Plan(cells | {origin[1]: v}, missed) for v in [*pool.choices, *pool.critical()[:_NEAR]]]

    def _labels(self, pooled: dict[str, Pool], links: list[_Link]) -> list[_Plan]:
        """Plans that fulfil one each of several conditions on a column, here or where a link leads."""
        for c, pool in pooled.items():
            if len(pool.choices) > 1:
                return [_Plan({c: v}, label=i) for i, v in enumerate(pool.choices[:4])]
        for n, link in enumerate(links):
            first = {state.label: value for value, state in reversed(link.hits) if state.label >= 0}
            if len(first) > 1:
                return [_Plan(links={n: first[label]}, label=label) for label in sorted(first)]
        return []

    def _variants(self, item: _Plan, labels: Sequence[_Plan]) -> Iterator[list[_Plan]]:
        yield [item]
        for other in labels:
            yield [item, other]
        if self._grouped:
            for size in self._sizes:
                yield [item, *(_Plan() for _ in range(size))]
            if self._top:
                yield [item, item, *(_Plan() for _ in range(self._top - 1))]
            elif not self._sizes:
                yield [item, _Plan()]

    def _good(self, table: Table, labels: Sequence[_Plan]) -> Iterator[list[_Plan]]:
        for a, b in itertools.combinations_with_replacement(labels, 2):
            yield [a, b]
        for label in labels:
            yield from ([label], [label], [label])
        if table.name.lower() not in self.maker.facts.tables:
            sizes = [1] * ((36 if self._grouped else 12) if table.name.lower() in self._near else 6)
        elif not self._grouped:
            sizes = [1] * (12 if self._referred(table) else 5)
        else:
            sizes = [1, 2, *(s for n in self._sizes for s in (n, n + 1)), *range(self._top, self._top + self.maker.facts.rows if self._top else 0)]
            sizes += [1] * (36 if self._referred(table) else 4)
        for size in sizes:
            yield [_Plan(label=0 if labels else -1) for _ in range(size)]

    def _referred(self, table: Table) -> bool:
        """Whether rows of other tables, or of this one, take values from this table's."""
        name = table.name.lower()
        return any(name == k.ref_table.lower() for _, k in self.maker.schema.joins()) or any(
            root is not None and root not in self._offered for c in table.columns if (root := self.maker.shared((name, c.name.lower())))
        )

    def _linked(
        self, link: _Link, n: int, plan: _Plan, cluster: int, at: int, r: int, count: int, absent: bool, ordinary: bool
    ) -> tuple[tuple[Any, ...], int]:
        """The value of a link in a row, and the label of what it refers to."""
        if n in plan.links:
            value = plan.links[n]
            return value, next((state.label for hit, state in link.hits if hit == value), -1)
        choices = [hit for hit in link.hits if hit[1].bare == absent] or link.hits
        if not choices:
            return (None,) * len(link.columns), -1
        if len(choices) > 5 and not link.alone:  # what is special refers to other rows than the rest does, which would hide it
            choices = choices[2 * len(choices) // 3 :] if ordinary else choices[: 2 * len(choices) // 3]
        # rows that belong together share one parent and differ in the others
        place = r if link.alone else cluster if n == self._common(count) or not at else cluster + 7 * at
        value, state = choices[place % len(choices)]
        return value, state.label

    def _common(self, count: int) -> int:
        """The link that rows of a cluster share."""
        return 0 if self.style.sweep == "up" else count - 1

    def _fresh(self, pool: Pool, r: int, spent: set[Any]) -> tuple[Any, bool]:
        """A value of a column that must not repeat, and whether it fulfils the column's conditions."""
        for value in pool.hits if pool.wished else ():
            if value is not None and value not in spent:
                spent.add(value)
                return value, True
        for n in itertools.count(r):
            value = pools.made(pool, n)
            if value is None or value not in spent or n > r + 2000:
                spent.add(value)
                return value, not pool.wished
        raise AssertionError("count ends nowhere")

    def _cell(self, origin: Origin, pool: Pool, cluster: int, place: int) -> Any:
        if pool.wished and pool.choices:
            return pool.choices[0]
        if pool.wished and pool.near:
            return pool.near[0]
        if self.style.few == 1 and origin not in self.maker.facts.groups and not self.maker.shared(origin):
            return pool.ordinal(0)
        return pool.ordinal(cluster if origin in self.maker.facts.groups else place)

    def _refer_to_own(self, table: Table, row: dict[str, Any], rows: list[Row]) -> None:
        """References to the table itself: to a row before, the first rows to none or to themselves."""
        position = {c.name.lower(): i for i, c in enumerate(table.columns)}
        for key in table.foreign_keys:
            if key.ref_table.lower() != table.name.lower():
                continue
            pairs = [(a.lower(), b.lower()) for a, b in zip(key.columns, key.ref_columns, strict=True)]
            optional = all(c.nullable for c in table.columns if c.name.lower() in {a for a, _ in pairs})
            for a, b in pairs:
                if len(rows) > 1:
                    row[a] = rows[len(rows) // 2][position[b]]
                else:
                    row[a] = None if optional else row[b]


def _spare(link: _Link) -> None:
    """Take the last of each label out, so that it stays without partner, where there are others."""
    for label in {state.label for _, state in link.hits}:
        at = [i for i, (_, state) in enumerate(link.hits) if state.label == label]
        if len(at) > 2:
            del link.hits[at[-1]]


def _in_turn(lists: Sequence[Sequence[_Plan]]) -> Iterator[_Plan]:
    """One of each, then a second, ..."""
    for turn in itertools.zip_longest(*lists):
        yield from (plan for plan in turn if plan is not None)

"""Schema linking: which tables, columns, values, metrics and segments a question speaks of.

Lexical, deterministic and quick: stems of the question against names, glossary words and values found in the data;
chosen tables are then closed over foreign keys, so that every join a query needs is in sight.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from sqlkit.schema.glossary import Glossary
from sqlkit.schema.misspelled import Spelling
from sqlkit.schema.types import Column, ForeignKey, Schema, Table
from sqlkit.schema.values import Profile
from sqlkit.schema.ways import Ways
from sqlkit.schema.words import STOP, stem, stems, words

LARGE = 100  # tables from which on a schema has many
MAX_HINTS = 2
RANKED = 2  # tables that a tuned retriever may bring into sight
COVER = 0.55  # from this weight on, a word is about a column and not just in its description


@dataclasses.dataclass(frozen=True, slots=True)
class Reach:
    """How much of a schema a prompt shows: tables by rank, tables with those on the ways between them, columns, columns however many the
    keys are, and tables whose keys are followed."""

    tables: int
    most: int
    columns: int
    beside: int
    followed: int


FEW, MANY = Reach(4, 6, 16, 7, 2), Reach(9, 16, 100, 60, 6)  # with many tables names fall together, and ways are long: under 2,000 tokens


@dataclasses.dataclass(frozen=True, slots=True)
class LinkedColumn:
    """A column as the prompt shows it: its words, the codes or values worth showing."""

    column: Column
    words: str = ""
    codes: tuple[tuple[str, str], ...] = ()
    values: tuple[str, ...] = ()
    key: bool = False
    references: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class LinkedTable:
    table: Table
    words: str
    columns: tuple[LinkedColumn, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Linked:
    """What the prompt shows of a schema; `hints` are (name, SQL) of metrics and segments the question names."""

    tables: tuple[LinkedTable, ...]
    hints: tuple[tuple[str, str], ...] = ()


class Linker:
    """Built once for a schema, then asked for every question."""

    def __init__(
        self, schema: Schema, glossary: Glossary, profile: Profile, ranker: Callable[[str], Sequence[str]] | None = None
    ) -> None:
        self.schema, self.glossary, self.profile, self._ranker = schema, glossary, profile, ranker
        self._reach = MANY if len(schema.tables) > LARGE else FEW
        self._terms: dict[str, list[tuple[str, str, float]]] = {}
        for table in schema.tables:
            said = glossary.table(table.name)
            for text, weight in ((table.name, 1.0), (said.name, 1.5), *((s, 1.5) for s in said.synonyms)):
                self._add(text, table.name, "", weight)
            for column in table.columns:
                named = glossary.column(table.name, column.name)
                own = ((column.name, 0.8), (named.name, 1.2), *((s, 1.2) for s in named.synonyms))
                meanings = ((m, 1.2) for group in named.values.values() for m in group)
                for text, weight in (*own, *meanings, (named.description or column.comment, 0.3)):
                    self._add(text, table.name, column.name, weight)
        self._hints: list[tuple[frozenset[str], str, str, set[str]]] = []
        for name, metric in glossary.metrics.items():
            sql = metric.sql + (f" WHERE {metric.where}" if metric.where else "")
            self._hint(name, metric.synonyms, sql, {metric.table, *metric.tables, *self._named_in(sql)})
        for name, segment in glossary.segments.items():
            self._hint(name, [*segment.synonyms, *self._renamed(name, segment.table)], segment.where, {segment.table, *segment.tables, *self._named_in(segment.where)})
        self._nouns = [
            (frozenset(stems(text)), table.name)
            for table in schema.tables
            for text in (glossary.table(table.name).name or table.name, *glossary.table(table.name).synonyms)
            if stems(text)
        ]
        self._ways = Ways(schema)

    def _add(self, text: str, table: str, column: str, weight: float) -> None:
        found = stems(text)
        for term in dict.fromkeys(found):
            self._terms.setdefault(term, []).append((table, column, weight / math.sqrt(len(found))))

    def _named_in(self, sql: str) -> set[str]:
        return {t.name for t in self.schema.tables if re.search(rf"\b{re.escape(t.name)}\.", sql)}

    def _renamed(self, name: str, table: str) -> list[str]:
        """A segment's name with the other names of its table: current employee, current staff."""
        said = self.glossary.table(table)
        return [name.replace(said.name, other) for other in said.synonyms if said.name and said.name in name]

    def _hint(self, name: str, synonyms: Iterable[str], sql: str, tables: set[str]) -> None:
        for text in (name, *synonyms):
            if needed := frozenset(stem(w) for w in words(text)):
                self._hints.append((needed, name, sql, tables))

    def link(self, question: str, need: Iterable[str] = ()) -> Linked:
        """Tables and columns for a question. `need` names tables that must be shown (few-shot never sets it)."""
        asked = [w for w in words(question)]
        table_score: defaultdict[str, float] = defaultdict(float)
        column_score: defaultdict[tuple[str, str], float] = defaultdict(float)
        for term in dict.fromkeys(stem(w) for w in [*asked, *_joined(asked)] if w not in STOP):
            best: dict[tuple[str, str], float] = {}
            postings = self._terms.get(term) or self._mistyped(term)
            rarity = 1.0 / (1.0 + math.log(1 + len({t for t, _, _ in postings})))
            for table, column, weight in postings:
                best[table, column] = max(best.get((table, column), 0.0), weight * rarity)
            most: dict[str, float] = {}  # of a table's columns
            for (table, column), weight in best.items():
                column_score[table, column] += weight
                table_score[table] += weight if not column else 0.0
                most[table] = max(most.get(table, 0.0), weight if column else 0.0)
            for table, weight in most.items():
                table_score[table] += weight
        present = {stem(w) for w in [*asked, *_joined(asked)]}
        if self._reach is MANY:  # a misspelled name still tells one table of a thousand
            present |= {known for w in present - self._terms.keys() - STOP for known in self._spelling.near(w)}
        named = {table for noun, table in self._nouns if noun <= present}  # the table itself, not a column that speaks of it
        for table in named:
            table_score[table] += 1.2
        values = self.values(asked)
        sure: list[str] = []
        for table, column, value in values:
            table_score[table] += 1.0
            column_score[table, column] += 2.0
            # a value that stands in one or two columns leaves no doubt what is meant
            if sum(v[2] == value for v in values) <= 2:
                sure.append(table)
        hints = self._named(asked)
        for _, _, tables in hints:
            for table in tables:
                table_score[table] += 2.0
        ranked = self._ranker(question)[:RANKED] if self._ranker else ()
        chosen = self._choose(table_score, [*sorted(named, key=lambda t: (-table_score.get(t, 0.0), t))[: self._reach.tables], *sure, *ranked, *need])
        self._cover(chosen, asked)
        self._follow(chosen, column_score, present)
        return Linked(self._show(chosen, column_score, values), tuple((n, s) for n, s, _ in hints))

    def postings(self, term: str) -> list[tuple[str, str, float]]:
        """Where a stem stands in names, synonyms and descriptions: (table, column or '', weight)."""
        return self._terms.get(term, [])

    def hinted(self, asked: list[str]) -> set[str]:
        """The stems of a question by which it names a metric or a segment."""
        present = {stem(w) for w in [*asked, *_joined(asked)]}
        return {w for needed, *_ in self._hints if needed <= present for w in needed}

    def nouns(self, asked: list[str]) -> dict[str, set[str]]:
        """The stems of a question that name tables, and these."""
        present = {stem(w) for w in [*asked, *_joined(asked)]}
        found: dict[str, set[str]] = {}
        for noun, table in self._nouns:
            for w in noun if noun <= present else ():
                found.setdefault(w, set()).add(table)
        return found

    @cached_property
    def columns(self) -> set[str]:
        return {column.name for _, column in self.schema.columns()}

    def knows(self, word: str) -> bool:
        """Whether a word stands in a name, a synonym, a description or a metric of the schema."""
        return stem(word.lower()) in self._terms or any(stem(word.lower()) in needed for needed, *_ in self._hints)

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name of a table, with and without its schema, and of a column."""
        return frozenset({n for t in self.schema.tables for n in (t.name, t.bare)} | {c.name for _, c in self.schema.columns()})

    @cached_property
    def _spelling(self) -> Spelling:
        return Spelling(self._terms)

    def _mistyped(self, term: str) -> list[tuple[str, str, float]]:
        """What terms one edit away stand for, at half weight."""
        return [(t, c, w * 0.5) for known in self._spelling.near(term) for t, c, w in self._terms[known]]

    def values(self, asked: list[str]) -> list[tuple[str, str, str]]:
        """Values of the database that the words of a question name, as (table, column, value)."""
        found: list[tuple[str, str, str]] = []
        covered: set[int] = set()
        if not self._folded():
            return found
        for size in range(min(6, len(asked)), 0, -1):
            for start in range(len(asked) - size + 1):
                span = range(start, start + size)
                phrase = " ".join(asked[start : start + size])
                if covered.intersection(span) or (size == 1 and (phrase in STOP or len(phrase) < 3)):
                    continue
                if hits := self._lookup(phrase):
                    found += hits[:4]
                    covered.update(span)
        return found

    def _lookup(self, phrase: str) -> tuple[tuple[str, str, str], ...]:
        index = self._folded()
        return index.get(phrase) or index.get(" ".join(map(stem, phrase.split()))) or ()

    _fold: dict[str, tuple[tuple[str, str, str], ...]] | None = None

    def _folded(self) -> dict[str, tuple[tuple[str, str, str], ...]]:
        if self._fold is None:
            fold: dict[str, tuple[tuple[str, str, str], ...]] = {}
            for value, places in self.profile.index.items():
                plain = words(value)
                fold.setdefault(" ".join(plain), places)
                fold.setdefault(" ".join(map(stem, plain)), places)
            self._fold = fold
        return self._fold

    def _named(self, asked: list[str]) -> list[tuple[str, str, set[str]]]:
        present = {stem(w) for w in [*asked, *_joined(asked)]}
        found: dict[str, tuple[int, str, set[str]]] = {}
        for needed, name, sql, tables in self._hints:
            if needed <= present and (name not in found or len(needed) > found[name][0]):
                found[name] = (len(needed), sql, tables)
        ranked = sorted(found.items(), key=lambda item: (-item[1][0], item[0]))
        return [(name, sql, tables) for name, (_, sql, tables) in ranked[:MAX_HINTS]]

    def _choose(self, score: Mapping[str, float], need: Sequence[str]) -> list[str]:
        ranked = sorted(self._ways.near, key=lambda t: (-score.get(t, 0.0), -len(self._ways.near[t]), t))
        top = score.get(ranked[0], 0.0) if ranked else 0.0
        reach = self._reach
        if reach is MANY and need:
            return self._choose_of_many([t for t in ranked[: reach.tables] if score.get(t, 0.0) >= max(0.35 * top, 0.05)], list(dict.fromkeys(need)))
        chosen = [t for t in ranked[: reach.tables] if score.get(t, 0.0) >= max(0.35 * top, 0.05)] or ranked[: reach.tables - 1]
        chosen += [t for t in need if t not in chosen]
        for other in list(chosen[1:]):
            chosen += [t for t in self._ways.between(chosen[0], other) if t not in chosen]
        return chosen[: reach.most]

    def _choose_of_many(self, ranked: list[str], named: list[str]) -> list[str]:
        """Tables that are named, then those on the ways between them, then others by rank.

        Among a thousand tables there are many ways between two: people speak of those that go from rows to what each of them refers to.
        """
        chosen = named[: self._reach.tables]
        tied = {chosen[0]}
        for one, other in itertools.combinations(named[: self._reach.tables], 2):
            ways = [*self._ways.upward(one, other), *self._ways.upward(other, one)]
            tied |= {one, other} if ways else set()
            chosen += [t for t in dict.fromkeys(ways) if t not in chosen]
        for other in named[1 : self._reach.tables]:
            if other not in tied:
                chosen += [t for t in self._ways.between(chosen[0], other) if t not in chosen]
        return list(dict.fromkeys([*chosen, *ranked]))[: self._reach.most]

    def _cover(self, chosen: list[str], asked: list[str]) -> None:
        """Bring into sight what a word of the question may mean when no chosen table knows it: the nearest that does."""
        for term in dict.fromkeys(stem(w) for w in asked if w not in STOP):
            postings = [(t, w) for t, _, w in self._terms.get(term, ()) if w >= COVER]
            if not postings or any(t in chosen for t, _ in postings) or len(chosen) >= self._reach.tables:
                continue
            around = [self._ways.around(c) for c in chosen]
            ways = {t: min(found, key=len) for t, _ in postings if (found := [paths[t] for paths in around if t in paths])}
            reached = [(len(ways[t]), -w, t) for t, w in postings if t in ways]
            if reached:
                chosen += [t for t in ways[min(reached)[2]] if t not in chosen]

    def _follow(self, chosen: list[str], score: Mapping[tuple[str, str], float], present: set[str]) -> None:
        """Who the account manager is stands in the table that the column of that name points to."""
        for table in [found for name in chosen[: self._reach.followed] if (found := self.schema.table(name))]:
            for key in table.foreign_keys:
                asked = len(key.columns) == 1 and (
                    score.get((table.name, key.columns[0]), 0.0) >= COVER or (self._reach is MANY and present.issuperset(stems(key.columns[0])))
                )
                if asked and key.ref_table not in chosen and key.ref_table in self._ways.near:
                    chosen.append(key.ref_table)

    def _show(
        self, chosen: list[str], score: Mapping[tuple[str, str], float], values: list[tuple[str, str, str]]
    ) -> tuple[LinkedTable, ...]:
        tables = [t for name in chosen if (t := self.schema.table(name))]
        keys = {(t.name, c) for t in tables for c in _key_columns(t, chosen)}
        places = [(t.name, c.name) for t in tables for c in t.columns]
        said = [(t.name, self.glossary.table(t.name)) for t in tables]
        label = {(name, word) for name, words_ in said for word in (words_.label, words_.date)}
        order = {place: i for i, place in enumerate(places)}
        ranked = sorted(places, key=lambda p: (-(score.get(p, 0.0) + 3.0 * (p in keys) + 0.4 * (p in label)), order[p]))
        kept = set(ranked[: max(self._reach.columns, len(keys) + self._reach.beside)])
        shown = []
        for table in tables:
            columns = tuple(
                self.describe(table, c, score[table.name, c.name] > 0, values)
                for c in table.columns
                if (table.name, c.name) in kept
            )
            shown.append(LinkedTable(table, self.glossary.table(table.name).name, columns))
        return tuple(shown)

    def describe(
        self, table: Table, column: Column, linked: bool, values: list[tuple[str, str, str]] = []
    ) -> LinkedColumn:
        """A column for the prompt; codes are shown where the question may speak of them."""
        said = self.glossary.column(table.name, column.name)
        codes = tuple((code, meanings[0] if meanings else "") for code, meanings in said.values.items())
        hits = tuple(dict.fromkeys(v for t, c, v in values if (t, c) == (table.name, column.name)))[:3]
        reference = _reference(table, column.name)
        plain = said.name or column.comment
        same = plain.lower().split() == words(column.name)
        return LinkedColumn(
            column,
            "" if same or reference or column.name in table.primary_key else plain,
            codes if linked else (),
            hits,
            column.name in table.primary_key,
            f"{reference.ref_table}.{reference.ref_columns[0]}" if reference else "",
        )


def _joined(asked: list[str]) -> list[str]:
    """Neighbouring words as one: turn over, pay roll."""
    return [a + b for a, b in itertools.pairwise(asked)]


def _reference(table: Table, column: str) -> ForeignKey | None:
    single = (k for k in table.foreign_keys if k.columns == (column,))
    return next(single, None)


def _key_columns(table: Table, chosen: list[str]) -> set[str]:
    wanted = set(table.primary_key)
    for key in table.foreign_keys:
        if key.ref_table in chosen:
            wanted.update(key.columns)
    return wanted

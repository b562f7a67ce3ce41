"""A query as relational algebra over bags.

A term is a tuple: its head, then strings, numbers, other terms, sources and queries.
    ("col", Source, name)              ("lit", kind, text)                ("fn", name, result kind, part, ...)
    ("cmp", "=" | "<>" | "<" | "<=", a, b)   ("same", a, b)  IS NOT DISTINCT FROM       ("null", a)  IS NULL
    ("and", a, b, ...)   ("or", a, b, ...)   ("not", a)   ("in", a, literals)
    ("agg", name, distinct, argument or None, filter or None)   ("insub", a, Query)   ("exists", Query)   ("scalar", Query)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from sqlkit.sql.tables import kind as kind_of_type

Term = tuple[Any, ...]
NUMBERS = ("int", "decimal", "real")


class Unprovable(Exception):
    """The query says something that is not modelled here, or that is not fixed."""


@dataclasses.dataclass(eq=False, slots=True)
class Source:
    """A table, or a query in FROM. `columns`: name to (type, nullable); `keys`: sets of columns that no two rows share.

    `optional`: on the right of a LEFT JOIN, so that every column may be NULL.
    """

    columns: dict[str, tuple[str, bool]]
    keys: list[frozenset[str]]
    table: str = ""
    query: Query | None = None
    optional: bool = False


@dataclasses.dataclass(eq=False, slots=True)
class Scope:
    """SELECT: the product of `inner`, each of `left` joined to it ON its terms, then the rest as SQL has it.

    `group` None: no grouping; a scope with aggregates and an empty `group` is one row. An order key is (term, falling, NULL first).
    """

    inner: list[Source]
    left: list[tuple[Source, list[Term]]]
    where: list[Term]
    outputs: list[Term]
    group: list[Term] | None = None
    having: list[Term] = dataclasses.field(default_factory=list)
    distinct: bool = False
    order: list[tuple[Term, bool, bool]] = dataclasses.field(default_factory=list)
    limit: int | None = None
    offset: int = 0

    @property
    def sources(self) -> list[Source]:
        return [*self.inner, *(source for source, _ in self.left)]

    @property
    def plain(self) -> bool:
        """Rows of the join as they are: no grouping, DISTINCT, LIMIT."""
        return self.group is None and not self.distinct and self.limit is None and not self.offset

    def terms(self) -> Iterator[Term]:
        yield from self.where
        for _, conditions in self.left:
            yield from conditions
        yield from self.outputs
        yield from self.group or []
        yield from self.having
        yield from (term for term, _, _ in self.order)


@dataclasses.dataclass(eq=False, slots=True)
class SetOperation:
    """`kind` union, intersect or except; `bag` with ALL. Order keys are ("out", position)."""

    kind: str
    bag: bool
    left: Query
    right: Query
    order: list[tuple[Term, bool, bool]] = dataclasses.field(default_factory=list)
    limit: int | None = None
    offset: int = 0


Query = Scope | SetOperation


def width(query: Query) -> int:
    return len(query.outputs) if isinstance(query, Scope) else width(query.left)


def walk(term: Any) -> Iterator[Term]:
    """A term and all terms inside it, those of its subqueries too."""
    if isinstance(term, Scope):
        for inner in term.terms():
            yield from walk(inner)
    elif isinstance(term, SetOperation):
        yield from walk(term.left)
        yield from walk(term.right)
    elif isinstance(term, tuple):
        if term and isinstance(term[0], str):
            yield term
        for part in term:
            yield from walk(part)


def own(term: Any) -> Iterator[Term]:
    """A term and the terms inside it, without those of its subqueries."""
    if isinstance(term, tuple):
        if term and isinstance(term[0], str):
            yield term
        for part in term:
            yield from own(part)


def kind(term: Term) -> str:
    """int, decimal, real, text, date, moment, bool, or '' for anything else."""
    head = term[0]
    if head == "col":
        return kind_of_type(term[1].columns[term[2]][0])
    if head == "lit":
        return str(term[1])
    if head == "fn":
        return str(term[2])
    if head == "agg":
        if term[1] == "COUNT":
            return "int"
        return "real" if term[1] == "AVG" else kind(term[3])
    if head == "scalar":
        return output_kind(term[1])
    return "bool"


def output_kind(query: Query, position: int = 0) -> str:
    if isinstance(query, Scope):
        return kind(query.outputs[position])
    kinds = {output_kind(query.left, position), output_kind(query.right, position)}
    return kinds.pop() if len(kinds) == 1 else ""


def inexact(term: Term) -> bool:
    """An aggregate whose last digits depend on the order in which rows are added."""
    return term[0] == "agg" and term[1] in ("SUM", "AVG") and kind(term[3]) not in ("int", "decimal")


def check_grouping(scope: Scope, after: list[Term]) -> None:
    """Raise Unprovable unless what comes after the grouping reads keys and this scope's own aggregates only."""
    if any(t[0] == "agg" for part in (*scope.where, *(scope.group or [])) for t in own(part)):
        raise Unprovable("an aggregate before the grouping")
    for aggregate in (t for part in after for t in own(part) if t[0] == "agg"):
        inner = [t for part in aggregate[1:] for t in own(part)]
        if any(t[0] in ("agg", "scalar", "exists", "insub") or (t[0] == "col" and t[1] not in scope.sources) for t in inner):
            raise Unprovable("an aggregate of the query around, or of an aggregate or a subquery")
    if scope.group is None:
        return
    mine = {id(source) for source in scope.sources}

    def check(part: Any) -> None:
        if isinstance(part, Scope | SetOperation):
            if any(t[0] == "col" and id(t[1]) in mine and t not in (scope.group or []) for t in walk(part)):
                raise Unprovable("a column that is not grouped")
        elif isinstance(part, tuple) and part not in (scope.group or []) and part[:1] != ("agg",):
            if part[:1] == ("col",) and id(part[1]) in mine:
                raise Unprovable("a column that is not grouped")
            for inner in part:
                check(inner)

    for part in after:
        check(part)
